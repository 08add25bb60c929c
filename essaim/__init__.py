"""The `essaim` command of an installation.

The packages `flows`, `tasks`, `schemas` and `warehouse` have common names. A wheel keeps them inside this folder, where
no other distribution writes, and the command searches this folder first (docs/decisions/0024-one-folder-in-a-wheel.md).
"""

import os
import sys
from pathlib import Path

_HERE = Path(__file__).parent
ROOT = _HERE if (_HERE / "flows").is_dir() else _HERE.parent
"""The folder that holds the packages: this one in a wheel, the repository in a checkout."""


def main() -> None:
    """Run the command with the packages of this installation, here and in every process that it starts."""
    sys.path.insert(0, str(ROOT))
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = f"{ROOT}{os.pathsep}{before}" if before else str(ROOT)
    # `python -m` would search the working directory first: a `flows` folder there would hide ours.
    os.environ["PYTHONSAFEPATH"] = "1"
    from flows.__main__ import main as run

    run()
