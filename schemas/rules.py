"""Rules between the answers of one return, and between those of two occasions, as an instrument declares them."""

from typing import Annotated, Self

from pydantic import Discriminator, Field, Tag, model_validator

from schemas.states import Severity
from schemas.strict import StrictModel


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
