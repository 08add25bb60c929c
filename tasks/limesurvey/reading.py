"""Typed reading of the server's JSON: what is missing or of another type is refused, by name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import cast

_WHOLE = re.compile(r"-?[0-9]{1,18}")

Refuse = Callable[[str], Exception]
"""Makes the error for what was found."""


class Row:
    """One JSON object."""

    def __init__(self, data: object, refuse: Refuse) -> None:
        if not isinstance(data, dict):
            raise refuse(f"{_kind(data)} where an object should be")
        self._data = cast("dict[str, object]", data)
        self._refuse = refuse

    def __contains__(self, name: str) -> bool:
        return name in self._data

    def _value(self, name: str) -> object:
        if name not in self._data:
            raise self._refuse(f"there is no {name!r} in it")
        return self._data[name]

    def integer(self, name: str) -> int:
        """A whole number; the server writes some as texts."""
        value = self._value(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, str) and (number := whole_number(value)) is not None:
            return number
        raise self._refuse(f"{name!r} is {_kind(value)}, not a whole number")

    def optional_integer(self, name: str) -> int | None:
        """A whole number, `None` where there is none."""
        return self.integer(name) if self._data.get(name) is not None else None

    def number(self, name: str) -> float:
        """A number."""
        value = self._value(name)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        raise self._refuse(f"{name!r} is {_kind(value)}, not a number")

    def text(self, name: str) -> str:
        """A text; null is an empty one."""
        value = self._value(name)
        if value is None:
            return ""
        if isinstance(value, str):
            return value
        raise self._refuse(f"{name!r} is {_kind(value)}, not a text")

    def optional_text(self, name: str) -> str | None:
        """A text or null."""
        value = self._value(name)
        if value is None or isinstance(value, str):
            return value
        raise self._refuse(f"{name!r} is {_kind(value)}, not a text")

    def flag(self, name: str) -> bool:
        """`Y` or `N`."""
        value = self.text(name)
        if value not in {"Y", "N"}:
            raise self._refuse(f"{name!r} is {value!r}, not Y or N")
        return value == "Y"

    def moment(self, name: str) -> datetime | None:
        """A naive date and time; `None` for null and for nothing."""
        return parsed_moment(self.optional_text(name), lambda found: self._refuse(f"{name!r} is {found}"))

    def row(self, name: str) -> Row:
        """An object in the object."""
        return Row(self._value(name), self._refuse)

    def items(self) -> Iterator[tuple[str, object]]:
        """All names and values."""
        yield from self._data.items()

    def without(self, *names: str) -> Mapping[str, object]:
        """The other names and values."""
        return {name: value for name, value in self._data.items() if name not in names}


def whole_number(text: str) -> int | None:
    """Return the whole number that a text holds in ASCII digits, at most 18 of them; None for anything else.

    `str.isdigit` accepts digits that `int` refuses, such as a superscript.
    """
    return int(text) if _WHOLE.fullmatch(text) else None


def rows(result: object, refuse: Refuse) -> list[Row]:
    """A JSON list of objects."""
    if not isinstance(result, list):
        raise refuse(f"{_kind(result)} where a list should be")
    return [Row(item, refuse) for item in cast("list[object]", result)]


def parsed_moment(text: str | None, refuse: Refuse) -> datetime | None:
    """`YYYY-MM-DD HH:MM[:SS]`, naive, in the server's zone; `None` for null and for nothing."""
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise refuse(f"{text!r}, not a date") from None
    if moment.tzinfo is not None:
        raise refuse(f"{text!r}, a date with a time zone")
    return moment


def _kind(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "a text"
        case list():
            return "a list"
        case _:
            return "an object"
