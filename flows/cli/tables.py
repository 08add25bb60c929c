"""Lay a table out for a terminal: nothing but text is broken, and a table that is too wide is printed row by row."""

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

_ESCAPES = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n"}
_NARROWEST_TEXT = 16
"""Width below which no column of text is squeezed."""
_BESIDE = 3
"""Width that a column takes beside its content: a space on both sides, and one between two columns."""
_PART_OF_NAME = re.compile(r"[^_]*_?")


@dataclass(frozen=True, slots=True)
class _Column:
    """A column, and how wide it must be and would like to be."""

    name: str
    cells: tuple[str, ...]
    is_numeric: bool
    is_text: bool

    @property
    def widest(self) -> int:
        return max(map(cell_len, (self.name, *self._lines)))

    @property
    def narrowest(self) -> int:
        name = max(map(len, _PART_OF_NAME.findall(self.name)))
        if not self.is_text:
            return max(name, *map(cell_len, self._lines))
        words = max(map(cell_len, " ".join(self.cells).split()), default=0)
        return min(self.widest, max(name, words, _NARROWEST_TEXT))

    @property
    def _lines(self) -> list[str]:
        return [line for cell in self.cells for line in cell.split("\n")] or [""]


def table_of(names: Sequence[str], rows: Sequence[Sequence[object]], title: str | None, width: int | None) -> Group:
    """Lay out a table. Columns without a value are named below it.

    Nulls are blank, and an empty text is shown as `""`. Control characters are shown as escapes, so that a value cannot
    steer the terminal. Numbers, days, instants and texts without a space, such as references, are never broken.

    Args:
        names: Names of the columns.
        rows: The rows, each in the order of the columns.
        title: Title above the table.
        width: Width of the terminal; None for as wide as needed.

    Returns:
        What Rich prints.
    """
    shown = [place for place in range(len(names)) if not rows or any(row[place] is not None for row in rows)]
    columns = [_column(names[place], [row[place] for row in rows]) for place in shown]
    needed = sum(column.narrowest + _BESIDE for column in columns) + 1
    parts: list[RenderableType] = []
    if width is not None and needed > width and rows:
        parts += [Text(title, "bold")] if title else []
        parts += _row_by_row(columns, len(rows), width)
    else:
        parts.append(_side_by_side(columns, len(rows), title, width))
    empty = ", ".join(name for place, name in enumerate(names) if place not in shown)
    return Group(*parts, *([Text(f"Without a value: {empty}.", "dim")] if empty else []))


def _column(name: str, values: Sequence[object]) -> _Column:
    given = [value for value in values if value is not None]
    return _Column(
        name.translate(_ESCAPES),
        tuple("" if value is None else str(value).translate(_ESCAPES) or '""' for value in values),
        is_numeric=any(isinstance(value, (int, float)) for value in given),
        is_text=any(isinstance(value, str) and " " in value.strip() for value in given),
    )


def _side_by_side(columns: Sequence[_Column], count: int, title: str | None, width: int | None) -> Table:
    widths = _widths(columns, width)
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    for column, room in zip(columns, widths, strict=True):
        table.add_column(
            Text(_broken_name(column.name, room)),
            justify="right" if column.is_numeric else "left",
            width=room,
            no_wrap=not column.is_text,
        )
    for place in range(count):
        table.add_row(*(Text(column.cells[place]) for column in columns))
    return table


def _widths(columns: Sequence[_Column], width: int | None) -> list[int]:
    """Share the width out: each column has what it must have, the rest goes to those that want least more."""
    if width is None:
        return [column.widest for column in columns]
    widths = [column.narrowest for column in columns]
    room = width - 1 - sum(one + _BESIDE for one in widths)
    wanted = sorted((column.widest - widths[place], place) for place, column in enumerate(columns))
    for number, (more, place) in enumerate(wanted):
        given = min(more, room // (len(wanted) - number))
        widths[place] += given
        room -= given
    return widths


def _broken_name(name: str, width: int) -> str:
    """Break the name of a column after underscores, where it is wider than the column."""
    lines = [""]
    for part in _PART_OF_NAME.findall(name):
        if lines[-1] and len(lines[-1] + part) > width:
            lines.append("")
        lines[-1] += part
    return "\n".join(lines)


def _row_by_row(columns: Sequence[_Column], count: int, width: int) -> Iterator[RenderableType]:
    margin = max(len(column.name) for column in columns) + 2
    room = max(width - margin, _NARROWEST_TEXT)
    for place in range(count):
        yield Text(f"── {place + 1} of {count} ".ljust(min(width, 40), "─"), "dim")
        for column in columns:
            cell = column.cells[place]
            lines = textwrap.wrap(cell, room, break_long_words=False, break_on_hyphens=False) if column.is_text else []
            for number, line in enumerate(lines or [cell]):
                name = Text(column.name.ljust(margin) if number == 0 else " " * margin, "bold", no_wrap=True)
                name.overflow = "ignore"
                yield name.append(line, "not bold")
