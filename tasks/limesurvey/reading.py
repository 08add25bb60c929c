"""Read typed values from the server's JSON; refuse by name what is missing or of another type."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import cast

_WHOLE = re.compile(r"-?[0-9]{1,18}")

Refuse = Callable[[str], Exception]
"""Make the exception for what was found instead of the expected value."""


class Row:
    """One JSON object. Each reader raises what `refuse` makes for a missing name or a value of another type."""

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
        """Return a whole number; the server writes some as text."""
        value = self._value(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, str) and (number := whole_number(value)) is not None:
            return number
        raise self._refuse(f"{name!r} is {_kind(value)}, not a whole number")

    def optional_integer(self, name: str) -> int | None:
        """Return a whole number, or None where the name is missing or null."""
        return self.integer(name) if self._data.get(name) is not None else None

    def text(self, name: str) -> str:
        """Return a text; an empty one for null."""
        return self.optional_text(name) or ""

    def optional_text(self, name: str) -> str | None:
        """Return a text, or None for null."""
        value = self._value(name)
        if value is None or isinstance(value, str):
            return value
        raise self._refuse(f"{name!r} is {_kind(value)}, not a text")

    def flag(self, name: str) -> bool:
        """Return True for `Y` and False for `N`."""
        value = self.text(name)
        if value not in {"Y", "N"}:
            raise self._refuse(f"{name!r} is {value!r}, not Y or N")
        return value == "Y"

    def moment(self, name: str) -> datetime | None:
        """Return a naive date and time in the server's zone, or None for null and an empty text."""
        return parsed_moment(self.optional_text(name), lambda found: self._refuse(f"{name!r} is {found}"))

    def items(self) -> Iterator[tuple[str, object]]:
        """Iterate over all names and values."""
        yield from self._data.items()

    def without(self, *names: str) -> Mapping[str, object]:
        """Return all values but those of some names."""
        return {name: value for name, value in self._data.items() if name not in names}


def whole_number(text: str) -> int | None:
    """Return the whole number that a text holds in ASCII digits, at most 18 of them; None for anything else.

    `str.isdigit` accepts digits that `int` refuses, such as a superscript.
    """
    return int(text) if _WHOLE.fullmatch(text) else None


def rows(result: object, refuse: Refuse) -> list[Row]:
    """Return the objects of a JSON list."""
    if not isinstance(result, list):
        raise refuse(f"{_kind(result)} where a list should be")
    return [Row(item, refuse) for item in cast("list[object]", result)]


def parsed_moment(text: str | None, refuse: Refuse) -> datetime | None:
    """Parse `YYYY-MM-DD HH:MM[:SS]`, naive, in the server's zone; return None for null and an empty text."""
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
    """Return the JSON type of a value, as part of a sentence."""
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
