"""Rules between the answers of a return, between two occasions, and between the cells of a row, as declared."""

from typing import Annotated, Self, cast

from pydantic import BaseModel, Discriminator, Field, Tag, model_validator

from schemas.base import Code, Contradiction, Number, StrictModel
from schemas.enums import Severity


class AtMost(StrictModel):
    """`item` must be at most `at_most`, another item, if both are numbers.

    Attributes:
        item: The question or item (`sheet!code`) that must not be larger.
        at_most: The question or item that it is compared with.
        severity: Severity of a violation.
    """

    item: str
    at_most: str
    severity: Severity = Severity.ERROR

    @property
    def items(self) -> tuple[str, ...]:
        """The items that the rule refers to."""
        return (self.item, self.at_most)


class CountsWith(StrictModel):
    """If `item` is above zero, each item in `counts_with` must be at least the number beside it.

    For example, a rally counts with at least 15 participants and 6 companies.

    Attributes:
        item: The question or item (`sheet!code`) that counts on a condition.
        counts_with: The other questions or items, each with its lowest number.
        severity: Severity of a violation.
    """

    item: str
    counts_with: dict[str, Number] = Field(min_length=1)
    severity: Severity = Severity.WARNING

    @property
    def items(self) -> tuple[str, ...]:
        """The items that the rule refers to."""
        return (self.item, *self.counts_with)


class ChangesWithin(StrictModel):
    """The ratio of `item` to its last value above 0 must be within bounds.

    Attributes:
        item: The question or item (`sheet!code`).
        at_least_times: Lower bound of the ratio; None for no bound.
        at_most_times: Upper bound of the ratio; None for no bound.
        severity: Severity of a violation.
    """

    item: str
    at_least_times: Annotated[Number | None, Field(ge=0)] = None
    at_most_times: Annotated[Number | None, Field(gt=0)] = None
    severity: Severity = Severity.WARNING

    @property
    def items(self) -> tuple[str, ...]:
        """The items that the rule refers to."""
        return (self.item,)

    @model_validator(mode="after")
    def _has_bounds(self) -> Self:
        least, most = self.at_least_times, self.at_most_times
        if (least is None and most is None) or (least is not None and most is not None and least > most):
            found = (
                "no bounds"
                if least is None and most is None
                else f"at_least_times {least:g} above at_most_times {most:g}"
            )
            raise Contradiction(found, "at_least_times, or at_most_times, or both with at_least_times as the lower one")
        return self


def _keys_of(rule: object) -> set[str]:
    if isinstance(rule, BaseModel):
        return set(type(rule).model_fields)
    return set(map(str, cast("dict[object, object]", rule))) if isinstance(rule, dict) else set()


def _kind_of_rule(rule: object) -> str:
    """Return the kind of a rule, from its keys.

    Pydantic then reports a misspelt key once, not for each kind of rule.
    """
    keys = _keys_of(rule)
    if "counts_with" in keys:
        return "counts_with"
    return "changes" if keys & {"at_least_times", "at_most_times"} else "at_most"


Rule = Annotated[
    Annotated[AtMost, Tag("at_most")]
    | Annotated[CountsWith, Tag("counts_with")]
    | Annotated[ChangesWithin, Tag("changes")],
    Discriminator(_kind_of_rule),
]


class RowOrder(StrictModel):
    """The cell of `column` must be at least, or at most, another cell of its row, if both have a value.

    Days and numbers can be compared: for example, a person's last day must not be before the first day.

    Attributes:
        column: Code of the column.
        at_least: Code of the column that it must not be below; None beside `at_most`.
        at_most: Code of the column that it must not be above; None beside `at_least`.
        severity: Severity of a violation.
    """

    column: Code
    at_least: Code | None = None
    at_most: Code | None = None
    severity: Severity = Severity.ERROR

    @property
    def other(self) -> str:
        """The column to compare with."""
        return self.at_least or self.at_most or ""

    @model_validator(mode="after")
    def _has_one_bound(self) -> Self:
        if (self.at_least is None) == (self.at_most is None):
            found = "neither at_least nor at_most" if self.at_least is None else "both at_least and at_most"
            raise Contradiction(found, "one of them, with the code of another column")
        if self.other == self.column:
            raise Contradiction(f"{self.column} compared with itself", "the code of another column")
        return self


class RowCondition(StrictModel):
    """The cell of `column` may be filled in only if, or must be filled in if, another column has one of some values.

    For example, the kind of contract is asked only of people who found work. If the other cell is `nc` or `ne`, the
    rule does not apply.

    Attributes:
        column: Code of the column that depends on another column.
        only_where: Code of the other column, and the values with which `column` may be filled in.
        needed_where: Code of the other column, and the values with which `column` must be filled in.
        severity: Severity of a violation.
    """

    column: Code
    only_where: Annotated[dict[Code, list[str]], Field(min_length=1, max_length=1)] | None = None
    needed_where: Annotated[dict[Code, list[str]], Field(min_length=1, max_length=1)] | None = None
    severity: Severity = Severity.ERROR

    @property
    def other(self) -> str:
        """The column that the rule depends on."""
        return next(iter(self.only_where or self.needed_where or {"": []}))

    @property
    def values(self) -> list[str]:
        """The values of the other column with which the rule applies."""
        return next(iter((self.only_where or self.needed_where or {"": []}).values()))

    @model_validator(mode="after")
    def _has_one_condition(self) -> Self:
        if (self.only_where is None) == (self.needed_where is None) or not self.values:
            neither = self.only_where is None and self.needed_where is None
            found = "neither only_where nor needed_where" if neither else "both only_where and needed_where"
            if (self.only_where is None) != (self.needed_where is None):
                found = f"no values of {self.other}"
            raise Contradiction(found, "either only_where or needed_where, with the values of one other column")
        if self.other == self.column:
            raise Contradiction(f"a condition of {self.column} on itself", "the code of another column")
        return self


def _kind_of_row_rule(rule: object) -> str:
    keys = _keys_of(rule)
    return "condition" if keys & {"only_where", "needed_where"} else "order"


RowRule = Annotated[
    Annotated[RowOrder, Tag("order")] | Annotated[RowCondition, Tag("condition")], Discriminator(_kind_of_row_rule)
]
