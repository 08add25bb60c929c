"""The `essaim` command of an installation.

The packages `flows`, `tasks`, `schemas` and `warehouse` have common names. A wheel contains them inside this package,
where no other distribution writes, and the command puts this folder first on the search path
(docs/decisions/0024-one-folder-in-a-wheel.md).
"""

import os
import sys
from pathlib import Path

_HERE = Path(__file__).parent
ROOT = _HERE if (_HERE / "flows").is_dir() else _HERE.parent
"""The folder that contains the packages: this folder in a wheel, the repository in a checkout."""


def main() -> None:
    """Run the command with the packages of this installation, in this process and in every process that it starts."""
    sys.path.insert(0, str(ROOT))
    search_path = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = f"{ROOT}{os.pathsep}{search_path}" if search_path else str(ROOT)
    # `python -m` searches the working directory first: a `flows` folder there would hide the installed package.
    os.environ["PYTHONSAFEPATH"] = "1"
    from flows.__main__ import main as run

    run()
