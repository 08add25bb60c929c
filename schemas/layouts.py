"""The layout of a workbook, as its instrument declares it: sheets with one question per line, and tables of rows."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from schemas.base import Code, Contradiction, Number, StrictModel, Whole
from schemas.enums import IndicatorKind, OtherRows, Role
from schemas.rules import RowCondition, RowRule

SHEET_NAME, LONGEST_SHEET_NAME = re.compile(r"^[^:\\/?*\[\]!']+$"), 31
"""The names that spreadsheet programs accept, without the `!` that ends the name of a sheet in an item."""

DAY_FORMATS = ("%d/%m/%Y", "%Y-%m-%d")
"""The default formats of days. The month never comes before the day."""


def _has_day_month_and_year(day_format: str) -> str:
    # Each of these days survives a round trip only if the format has day, month and a year of four digits.
    for day in (datetime(2021, 3, 4), datetime(2021, 4, 3), datetime(1962, 3, 4)):  # noqa: DTZ001 a date has no zone
        try:
            is_same = datetime.strptime(day.strftime(day_format), day_format) == day  # noqa: DTZ007 a day has no zone
        except ValueError:
            is_same = False
        if not is_same:
            raise ValueError("expected a format with day, month and year of four digits, such as %d/%m/%Y")
    return day_format


DayFormat = Annotated[str, AfterValidator(_has_day_month_and_year)]
Label = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class AskedField(StrictModel):
    """A cell, or each cell of a column.

    Without `kind`, `allowed_values` and limits, those of the indicator apply that the crosswalk maps the field to. A
    field that is not mapped accepts any value.

    Attributes:
        code: Code of the field, unique in the sheet.
        label: Label of the cell, or header of the column.
        spellings: Other accepted wordings of the label.
        kind: Type of the value.
        unit: Unit of the value.
        minimum: Lowest valid number.
        maximum: Highest valid number.
        allowed_values: The valid values of a choice.
        required: Whether a blank is an error.
        role: Whether the value is an indicator's, identifies a person, or is free text.
        any_order: Whether the order of the parts of an identifier does not count: `Martin-Durand` is `Durand Martin`.
        day_formats: Accepted formats of days, as for `strptime`.
    """

    code: Code
    label: Label
    spellings: list[Label] = Field(default_factory=list[str])
    kind: IndicatorKind | None = None
    unit: str | None = None
    minimum: Number | None = None
    maximum: Number | None = None
    allowed_values: list[Label] = Field(default_factory=list[str])
    required: bool = False
    role: Role = Role.INDICATOR
    any_order: bool = False
    day_formats: list[DayFormat] = Field(default=list(DAY_FORMATS), min_length=1)

    @property
    def labels(self) -> tuple[str, ...]:
        """Every accepted wording of the label, the declared label first."""
        return (self.label, *self.spellings)

    @model_validator(mode="after")
    def _limits_fit_the_kind(self) -> Self:
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise Contradiction(f"minimum {self.minimum:g}", f"at most {self.maximum:g}, the maximum", "minimum")
        has_limits = self.minimum is not None or self.maximum is not None
        if has_limits and self.kind is not None and not self.kind.is_numeric:
            raise Contradiction(
                f"limits of a {self.kind}", "minimum and maximum of a count or a number only", "minimum"
            )
        if self.kind is IndicatorKind.CHOICE and not self.allowed_values:
            raise Contradiction("no allowed_values of a choice", "allowed_values, such as [Yes, No] in quotes", "kind")
        if self.allowed_values and self.kind not in (None, IndicatorKind.CHOICE):
            raise Contradiction(f"allowed_values of a {self.kind}", "allowed_values of a choice only", "allowed_values")
        return self

    @model_validator(mode="after")
    def _has_parts_in_any_order(self) -> Self:
        if self.any_order and self.role is not Role.IDENTIFIER:
            raise Contradiction(f"any_order with the role {self.role}", "any_order with role: identifier", "any_order")
        if self.any_order and self.kind not in (None, IndicatorKind.TEXT):
            raise Contradiction(f"any_order of a {self.kind}", "any_order of a text only", "any_order")
        return self


class Item(AskedField):
    """A line of a sheet with one question per line: the label is in the first column, the value in the second."""

    @model_validator(mode="after")
    def _is_not_an_identifier(self) -> Self:
        if self.role is Role.IDENTIFIER:
            raise Contradiction(
                "role: identifier", "another role: only the columns of a table can identify people", "role"
            )
        return self


class TableColumn(AskedField):
    """A column of a table. `label` is its header."""


class Sheet(StrictModel):
    """A sheet: either `items` with one question per line, or `columns` of a table with one row per person or action.

    The identifiers of a row become its pseudonym and are then discarded.

    Attributes:
        name: Name of the sheet.
        spellings: Other accepted names of the sheet.
        items: The lines of a sheet with one question per line.
        columns: The columns of a table.
        rules: Rules between the cells of each row of a table.
        repeats: Whether the same person may be in several rows.
        minimum_rows: Smallest valid number of rows.
        other_rows: Whether rows of totals, examples and notes are left out with a warning, or refused.
    """

    name: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_SHEET_NAME, pattern=SHEET_NAME.pattern)]
    spellings: list[Label] = Field(default_factory=list[str])
    items: list[Item] = Field(default_factory=list[Item])
    columns: list[TableColumn] = Field(default_factory=list[TableColumn])
    rules: list[RowRule] = Field(default_factory=list[RowRule])
    repeats: bool = False
    minimum_rows: Annotated[Whole, Field(ge=0)] = 0
    other_rows: OtherRows = OtherRows.LEAVE_OUT

    @property
    def is_table(self) -> bool:
        """Whether the sheet is a table of rows."""
        return bool(self.columns)

    @property
    def identifies_people(self) -> bool:
        """Whether its rows are people: some of its columns identify them."""
        return any(column.role is Role.IDENTIFIER for column in self.columns)

    @property
    def fields(self) -> Sequence[AskedField]:
        """The columns or items of the sheet, in order."""
        return self.columns or self.items

    @property
    def names(self) -> tuple[str, ...]:
        """Every accepted name of the sheet, the declared name first."""
        return (self.name, *self.spellings)

    @property
    def conditions(self) -> dict[str, tuple[str, ...]]:
        """The columns that a rule asks under a condition, with those that decide it: in it, and in their conditions."""
        read: dict[str, set[str]] = {}
        for rule in self.rules:
            if isinstance(rule, RowCondition):
                read.setdefault(rule.column, set()).add(rule.other)
        found: dict[str, tuple[str, ...]] = {}
        for code in read:
            others, waiting = set[str](), [code]
            while waiting:
                new = read.get(waiting.pop(), set()) - others
                others |= new
                waiting += new
            found[code] = tuple(sorted(others - {code}))
        return found

    def item_of(self, field: AskedField) -> str:
        """Return the item that a field is called in the crosswalk: `sheet!code`."""
        return f"{self.name}!{field.code}"

    @model_validator(mode="after")
    def _is_one_of_two(self) -> Self:
        if bool(self.items) == bool(self.columns):
            found = "both items and columns" if self.items else "neither items nor columns"
            raise Contradiction(found, "items for one question per line, or columns for a table")
        if not self.is_table and (self.repeats or self.minimum_rows or self.other_rows is not OtherRows.LEAVE_OUT):
            for_tables = {
                "repeats": self.repeats,
                "minimum_rows": self.minimum_rows,
                "other_rows": self.other_rows is not OtherRows.LEAVE_OUT,
            }
            named = next(name for name, is_set in for_tables.items() if is_set)
            raise Contradiction(f"{named} beside items", f"{named} of a sheet with columns only", named)
        if not self.is_table and self.rules:
            raise Contradiction("rules beside items", "rules between items under the version, beside sheets", "rules")
        return self

    @model_validator(mode="after")
    def _has_distinct_labels(self) -> Self:
        for repeated in _repeated(plain_label(label) for field in self.fields for label in field.labels):
            raise Contradiction(f"the label “{repeated}” twice", "each label once on a sheet")
        return self


def _repeated(words: Iterator[str]) -> Iterator[str]:
    seen: set[str] = set()
    for word in words:
        if word in seen:
            yield word
        seen.add(word)


def plain(label: str) -> str:
    """Normalize a label: fold case, and unify spaces, apostrophes and composed accents."""
    folded = unicodedata.normalize("NFKC", label).casefold().replace("’", "'")
    return " ".join(folded.split())


def plain_label(label: str) -> str:
    """Normalize a label, without the signs that mark it as required or end it: “Nom *”, “Nom :”."""
    return plain(label).strip(" *:")
