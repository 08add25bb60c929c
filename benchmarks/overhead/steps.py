"""Run a number of empty steps in this process: `python -m benchmarks.overhead.steps plain|flow COUNT`.

The output is the duration in seconds.
"""

import sys
import time
from collections.abc import Callable

from tasks.pipeline.prefect_step import as_step


def nothing(number: int) -> int:
    """Return the argument; an empty step."""
    return number


def named(number: int) -> str:
    """Name a step by its number, as steps of a collection are named by survey."""
    return f"step {number}"


def main() -> None:
    """Run the steps, with or without Prefect."""
    how, count = sys.argv[1], int(sys.argv[2])
    step = as_step(nothing, "nothing", named=named)

    def steps() -> float:
        started = time.perf_counter()
        for number in range(count):
            step(number)
        return time.perf_counter() - started

    seconds = _in_a_flow(steps) if how == "flow" else steps()
    sys.stdout.write(f"{seconds}\n")


def _in_a_flow(steps: Callable[[], float]) -> float:
    from prefect import flow

    return flow(name="overhead", persist_result=False)(steps)()


if __name__ == "__main__":
    main()
