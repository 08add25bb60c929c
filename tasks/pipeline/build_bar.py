"""Show on a terminal how far a build of the views is."""

import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager

from tasks.transform.dbt_build import Node


@contextmanager
def build_bar() -> Generator[Callable[[Node], None] | None]:
    """Yield what a build calls with each node that is done; None where nobody watches a terminal.

    The bar is on the standard error output, appears with the first node, and leaves nothing behind.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console  # only terminals need it
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("Building the views"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None, visible=False)

        def observe(node: Node) -> None:
            bar.update(task, total=node.total, advance=1, visible=True)

        yield observe
