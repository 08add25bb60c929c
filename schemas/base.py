"""Base classes of the models of the programme folder."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, LiteralString, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, StringConstraints
from pydantic_core import PydanticCustomError

CODE = re.compile(r"^[A-Za-z0-9][A-Za-z0-9_-]*$")
LONGEST_CODE = 40
Code = Annotated[str, StringConstraints(pattern=CODE.pattern, max_length=LONGEST_CODE)]
"""A code. It contains none of the separators that identifiers are composed with (`/`, `!`, `:`, `|`)."""

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
EMAIL = re.compile(rf"^{_ATOM}(\.{_ATOM})*@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+$")
"""One e-mail address, without characters that a mail server could read as a second address or as the end of a line."""
Email = Annotated[str, StringConstraints(pattern=EMAIL.pattern)]

_ISO_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


def _is_a_day(value: object) -> object:
    # Pydantic reads a number as the seconds since 1970: the day 45747 of a spreadsheet would be 1 January 1970.
    is_text_of_day = isinstance(value, str) and _ISO_DAY.fullmatch(value)
    if value is None or is_text_of_day or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    raise PydanticCustomError("date_type", "expected a day such as 2025-03-31")


def _is_no_flag(error: LiteralString) -> BeforeValidator:
    """Return a validator that refuses the yes of YAML, which Pydantic reads as 1."""

    def validate(value: object) -> object:
        if isinstance(value, bool):
            raise PydanticCustomError(error, "expected a number")
        return value

    return BeforeValidator(validate)


Day = Annotated[date, BeforeValidator(_is_a_day)]
"""A day, written as 2025-03-31 and in no other form."""
Whole = Annotated[int, _is_no_flag("int_type")]
"""A whole number."""
Number = Annotated[float, _is_no_flag("float_type")]
"""A number."""


class Contradiction(ValueError):
    """A validator found values that are each valid, and contradict each other.

    Attributes:
        found: What was found.
        expected: What is valid instead.
        field: The field on whose line it is reported; empty for the first line of the whole.
    """

    def __init__(self, found: str, expected: str, field: str = "") -> None:
        super().__init__(f"found {found}; expected {expected}")
        self.found = found
        self.expected = expected
        self.field = field


class StrictModel(BaseModel):
    """An immutable model that rejects unknown keys.

    A misspelt key would otherwise be a rule that silently does not apply.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    def model_copy(self, *, update: Mapping[str, Any] | None = None, deep: bool = False) -> Self:
        """Return a copy with some fields changed, without the properties that were computed from the others."""
        copy = super().model_copy(update=update, deep=deep)
        for name in vars(copy).keys() - type(self).model_fields.keys():
            object.__delattr__(copy, name)
        return copy
