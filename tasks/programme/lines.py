"""Find the line of each value in a programme folder, to report mistakes by line."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

Path = tuple[str | int, ...]
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Located(Generic[Value]):
    """A line of a table, with its file and line number."""

    value: Value
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Lines:
    """The line of each value in a file.

    Attributes:
        by_path: Line numbers by path of keys and indexes; the path () is the whole file.
        typed: Values as they were typed without quotes, by path.
        data: The contents of the file, by which the places of mistakes are named.
    """

    file: str
    by_path: Mapping[Path, int] = field(default_factory=dict[Path, int])
    typed: Mapping[Path, str] = field(default_factory=dict[Path, str])
    data: object = None

    def of(self, path: Path) -> int:
        """Return the line of a value, or of the closest one around it; 0 if there is none."""
        while path and path not in self.by_path:
            path = path[:-1]
        return self.by_path.get(path, 0)
