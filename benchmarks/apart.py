"""Run a step of a benchmark in a separate process."""

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
    """Run a module in a separate process and return the JSON in the last line of its output.

    A failure of the process ends the benchmark.

    Args:
        name: The label for progress messages.
        module: The module to run.
        *arguments: The arguments of the module.
        home: The working directory, and HOME of the process.
        settings: Additional environment variables.
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
    last_line = ran.stdout.splitlines()[-1]
    sys.stderr.write(f"{name}: {last_line}\n")
    return json.loads(last_line)
