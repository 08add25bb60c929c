"""The order in which the places of a return are read."""

import re

_CELL = re.compile(r"(?P<sheet>.*)!(?P<column>[A-Z]{0,3})(?P<row>[0-9]{1,7})")


def reading_order(location: str) -> tuple[str, int, int, str]:
    """Return a sort key: by sheet, then by row and column (`Sheet!B5` before `Sheet!B10`); other places by name."""
    cell = _CELL.fullmatch(location)
    if cell is None:
        return (location, 0, 0, "")
    return (cell["sheet"], int(cell["row"]), len(cell["column"]), cell["column"])
