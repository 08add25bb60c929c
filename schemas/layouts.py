"""What a workbook looks like, as its instrument declares it: sheets of one question a line, and tables of rows."""

import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from schemas.base import Code, StrictModel
from schemas.enums import IndicatorKind, Role
from schemas.rules import RowRule

DAY_FORMATS = ("%d/%m/%Y", "%Y-%m-%d")
"""How days are written where nothing else is declared: the day first, never the month."""


def _tells_a_day(day_format: str) -> str:
    # Two days that only a format with year, month and day can tell from each other and from the first.
    for day in (datetime(2021, 3, 4), datetime(2021, 4, 3), datetime(1962, 3, 4)):  # noqa: DTZ001 a date has no zone
        try:
            same = datetime.strptime(day.strftime(day_format), day_format) == day  # noqa: DTZ007 a day has no zone
        except ValueError:
            same = False
        if not same:
            raise ValueError("expected a format with day, month and year of four digits, such as %d/%m/%Y")
    return day_format


DayFormat = Annotated[str, AfterValidator(_tells_a_day)]
Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class AskedField(StrictModel):
    """What stands in one cell, or in each cell of a column.

    Without `kind`, `allowed_values` and limits, those of the indicator count that the crosswalk gives it to; where it
    gives none, anything may stand there. A blank is an error where it is `required`. `spellings` are other wordings of
    the label that are understood.
    """

    code: Code
    label: Label
    spellings: list[Label] = Field(default_factory=list[str])
    kind: IndicatorKind | None = None
    unit: str | None = None
    minimum: float | None = None
    maximum: float | None = None
    allowed_values: list[Label] = Field(default_factory=list[str])
    required: bool = False
    role: Role = Role.INDICATOR
    day_formats: list[DayFormat] = Field(default=list(DAY_FORMATS), min_length=1)

    @property
    def labels(self) -> tuple[str, ...]:
        """Every wording that it is known by, its own first."""
        return (self.label, *self.spellings)

    @model_validator(mode="after")
    def _limits_fit_the_kind(self) -> Self:
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError(f"expected a minimum of at most {self.maximum:g}, the maximum")
        has_limits = self.minimum is not None or self.maximum is not None
        if has_limits and self.kind is not None and not self.kind.is_numeric:
            raise ValueError(f"expected limits of numbers only; {self.code} is a {self.kind}")
        if self.kind is IndicatorKind.CHOICE and not self.allowed_values:
            raise ValueError(f"expected allowed_values of the choice {self.code}")
        if self.allowed_values and self.kind not in (None, IndicatorKind.CHOICE):
            raise ValueError(f"expected allowed_values of a choice only; {self.code} is a {self.kind}")
        return self


class Item(AskedField):
    """One line of a sheet with one question a line: `label` stands in the first column, the value in the second."""

    @model_validator(mode="after")
    def _names_nobody(self) -> Self:
        if self.role is Role.IDENTIFIER:
            raise ValueError(f"expected identifiers as columns of a table only; {self.code} is a single line")
        return self


class TableColumn(AskedField):
    """One column of a table of rows: `label` is its header."""


class Sheet(StrictModel):
    """One sheet: either `items`, one question a line, or `columns` of a table with one row a person or an action.

    The identifiers of a row become its pseudonym and are dropped. The same person stands in one row only, unless
    `repeats`. A table has at least `minimum_rows`, and `rules` between the cells of each.
    """

    name: Annotated[str, StringConstraints(min_length=1, max_length=31, pattern=r"^[^:\\/?*\[\]!']+$")]
    spellings: list[Label] = Field(default_factory=list[str])
    items: list[Item] = Field(default_factory=list[Item])
    columns: list[TableColumn] = Field(default_factory=list[TableColumn])
    rules: list[RowRule] = Field(default_factory=list[RowRule])
    repeats: bool = False
    minimum_rows: Annotated[int, Field(ge=0)] = 0

    @property
    def is_table(self) -> bool:
        """Whether it holds rows, and not one question a line."""
        return bool(self.columns)

    @property
    def fields(self) -> Sequence[AskedField]:
        """What is asked on it, in its order."""
        return self.columns or self.items

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that the sheet is known by, its own first."""
        return (self.name, *self.spellings)

    def item_of(self, field: AskedField) -> str:
        """What the crosswalk calls one of its fields."""
        return f"{self.name}!{field.code}"

    @model_validator(mode="after")
    def _is_one_of_two(self) -> Self:
        if bool(self.items) == bool(self.columns):
            raise ValueError(f"expected items or columns of the sheet {self.name}, and not both")
        if not self.is_table and (self.repeats or self.minimum_rows):
            raise ValueError(f"expected repeats and minimum_rows of tables only; {self.name} has items")
        if not self.is_table and self.rules:
            raise ValueError(f"expected rules between items beside sheets, not in one; {self.name} has items")
        return self

    @model_validator(mode="after")
    def _tells_its_fields_apart(self) -> Self:
        for repeated in _repeated(plain(label) for field in self.fields for label in field.labels):
            raise ValueError(f"expected each label once; “{repeated}” stands twice on the sheet {self.name}")
        return self


def _repeated(words: Iterator[str]) -> Iterator[str]:
    seen: set[str] = set()
    for word in words:
        if word in seen:
            yield word
        seen.add(word)


def plain(label: str) -> str:
    """A label without what people change without meaning to: case, spaces, kinds of apostrophe, composed accents."""
    folded = unicodedata.normalize("NFKC", label).casefold().replace("’", "'")
    return " ".join(folded.split())
