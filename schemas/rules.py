"""Rules between the answers of one return, those of two occasions, and the cells of one row, as they are declared."""

from typing import Annotated, Self

from pydantic import Discriminator, Field, Tag, model_validator

from schemas.base import Code, StrictModel
from schemas.enums import Severity


class AtMost(StrictModel):
    """`item` is at most `at_most`, another item, where both are numbers."""

    item: str
    at_most: str
    severity: Severity = Severity.ERROR

    @property
    def items(self) -> tuple[str, ...]:
        """The items that it speaks of."""
        return (self.item, self.at_most)


class CountsWith(StrictModel):
    """Where `item` is above zero, each other item named in `counts_with` is at least so much.

    A rally counts with at least 15 participants and 6 companies.
    """

    item: str
    counts_with: dict[str, float] = Field(min_length=1)
    severity: Severity = Severity.WARNING

    @property
    def items(self) -> tuple[str, ...]:
        """The items that it speaks of."""
        return (self.item, *self.counts_with)


class ChangesWithin(StrictModel):
    """`item` is at least and at most so many times what it was the last time that it was a number above 0."""

    item: str
    at_least_times: Annotated[float | None, Field(ge=0)] = None
    at_most_times: Annotated[float | None, Field(gt=0)] = None
    severity: Severity = Severity.WARNING

    @property
    def items(self) -> tuple[str, ...]:
        """The items that it speaks of."""
        return (self.item,)

    @model_validator(mode="after")
    def _has_bounds(self) -> Self:
        least, most = self.at_least_times, self.at_most_times
        if (least is None and most is None) or (least is not None and most is not None and least > most):
            raise ValueError("expected at_least_times, or at_most_times, or both in this order")
        return self


def _which(rule: object) -> str:
    """A rule is known by its keys: one that is misspelt is told once, and not for each kind of rule."""
    keys: set[str] = set(rule) if isinstance(rule, dict) else set(type(rule).model_fields)  # pyright: ignore[reportUnknownArgumentType, reportAttributeAccessIssue] what YAML gives, or a rule
    if "counts_with" in keys:
        return "counts_with"
    return "changes" if keys & {"at_least_times", "at_most_times"} else "at_most"


Rule = Annotated[
    Annotated[AtMost, Tag("at_most")]
    | Annotated[CountsWith, Tag("counts_with")]
    | Annotated[ChangesWithin, Tag("changes")],
    Discriminator(_which),
]


class RowOrder(StrictModel):
    """The cell of `column` is at least, or at most, that of another column in its row, where both have a value.

    Days and numbers can be compared: a day that somebody left is no earlier than the day that they came.
    """

    column: Code
    at_least: Code | None = None
    at_most: Code | None = None
    severity: Severity = Severity.ERROR

    @property
    def other(self) -> str:
        """The column that it is compared with."""
        return self.at_least or self.at_most or ""

    @model_validator(mode="after")
    def _has_one_bound(self) -> Self:
        if (self.at_least is None) == (self.at_most is None):
            raise ValueError("expected either at_least or at_most, and the code of another column")
        if self.other == self.column:
            raise ValueError(f"expected another column than {self.column}")
        return self


class RowCondition(StrictModel):
    """The cell of `column` is filled in only where, or is needed where, another column has one of some values.

    A kind of contract is asked only where somebody found work. Where the other cell is nc or ne, nothing is said.
    """

    column: Code
    only_where: Annotated[dict[Code, list[str]], Field(min_length=1, max_length=1)] | None = None
    needed_where: Annotated[dict[Code, list[str]], Field(min_length=1, max_length=1)] | None = None
    severity: Severity = Severity.ERROR

    @property
    def other(self) -> str:
        """The column that it depends on."""
        return next(iter(self.only_where or self.needed_where or {"": []}))

    @property
    def values(self) -> list[str]:
        """The values of that column which are meant."""
        return next(iter((self.only_where or self.needed_where or {"": []}).values()))

    @model_validator(mode="after")
    def _has_one_condition(self) -> Self:
        if (self.only_where is None) == (self.needed_where is None) or not self.values:
            raise ValueError("expected either only_where or needed_where, and the values of one other column")
        if self.other == self.column:
            raise ValueError(f"expected another column than {self.column}")
        return self


def _which_of_a_row(rule: object) -> str:
    keys: set[str] = set(rule) if isinstance(rule, dict) else set(type(rule).model_fields)  # pyright: ignore[reportUnknownArgumentType, reportAttributeAccessIssue] what YAML gives, or a rule
    return "condition" if keys & {"only_where", "needed_where"} else "order"


RowRule = Annotated[
    Annotated[RowOrder, Tag("order")] | Annotated[RowCondition, Tag("condition")], Discriminator(_which_of_a_row)
]
