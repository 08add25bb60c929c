"""A step of a benchmark, in a process of its own."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def apart(
    name: str, module: str, *arguments: str, home: Path, settings: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """What a module tells when it runs with these arguments: the JSON in its last line. `home` is its HOME.

    The benchmark ends where it fails.
    """
    sys.stderr.write(f"{name} …\n")
    ran = subprocess.run(
        [sys.executable, "-m", module, *arguments],
        env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(home), **(settings or {})},
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode:
        sys.exit(f"{name} failed:\n{ran.stderr}")
    told = ran.stdout.splitlines()[-1]
    sys.stderr.write(f"{name}: {told}\n")
    return json.loads(told)
