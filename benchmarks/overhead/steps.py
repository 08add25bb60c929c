"""Runs so many steps that do nothing, in this process: `python -m benchmarks.overhead.steps plain|flow COUNT`.

Prints the seconds that they took.
"""

import sys
import time
from collections.abc import Callable

from tasks.pipeline.prefect_step import as_step


def nothing(number: int) -> int:
    """What a step costs that costs nothing."""
    return number


def named(number: int) -> str:
    """As the steps of a collection are, for their surveys."""
    return f"step {number}"


def main() -> None:
    """Run the steps, with Prefect or without."""
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
