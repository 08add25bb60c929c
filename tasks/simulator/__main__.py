"""Serves surveys from a process of its own: `python -m tasks.simulator survey.lss --fill 200000`.

A benchmark that measures a client needs this, since a simulator within its process would take its time from it. The
first line on standard output is the address; it serves until its standard input ends, or until it is interrupted.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path

from tasks.simulator.server import serve
from tasks.simulator.state import State, User
from tasks.simulator.survey import Survey


def main(arguments: list[str] | None = None) -> None:
    """Reads the arguments and serves."""
    parser = argparse.ArgumentParser(prog="python -m tasks.simulator", description="Serves simulated surveys.")
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE.lss")
    parser.add_argument("--fill", type=int, default=0, metavar="N", help="add N invented responses to each survey")
    parser.add_argument("--seed", type=int, default=0, help="the same seed gives the same responses")
    parser.add_argument("--user", default="admin")
    parser.add_argument("--password", default="password")
    parser.add_argument("--port", type=int, default=0)
    chosen = parser.parse_args(arguments)
    surveys = [Survey.from_lss(file) for file in chosen.files]
    for survey in surveys:
        survey.activate()
        survey.fill(chosen.fill, seed=chosen.seed)
    with serve(State(surveys, [User(chosen.user, chosen.password)]), port=chosen.port) as simulator:
        sys.stdout.write(f"{simulator.url}\n")
        sys.stdout.flush()
        with contextlib.suppress(KeyboardInterrupt):
            sys.stdin.read()


if __name__ == "__main__":
    main()
