"""Serve the survey until standard input ends; the first line of output is the address."""

import sys

from benchmarks.surveys.programme import state
from tasks.simulator import serve

if __name__ == "__main__":
    with serve(state(int(sys.argv[1]))) as simulator:
        sys.stdout.write(f"{simulator.url}\n")
        sys.stdout.flush()
        sys.stdin.read()
