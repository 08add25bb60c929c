"""What evaluators follow, and who stands in for them, as programme.yaml states it.

Days are local to the programme. The first and the last day of a period belong to it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Discriminator, Field, Tag, model_validator

from schemas.base import Code, Contradiction, Day
from schemas.base import StrictModel as _Model

_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Period:
    """The days from one day to another, both included; None has no limit."""

    from_on: date | None = None
    to_on: date | None = None

    def holds_on(self, day: date) -> bool:
        """Return whether a day is in the period."""
        return (self.from_on is None or self.from_on <= day) and (self.to_on is None or day <= self.to_on)

    def contains(self, other: "Period") -> bool:
        """Return whether all days of another period are in this one."""
        return not other.without(self)

    def common(self, other: "Period") -> "Period | None":
        """Return the days that are in both periods; None if there are none."""
        first = max((day for day in (self.from_on, other.from_on) if day is not None), default=None)
        last = min((day for day in (self.to_on, other.to_on) if day is not None), default=None)
        return None if first is not None and last is not None and last < first else Period(first, last)

    def without(self, other: "Period") -> list["Period"]:
        """Return the days of this period that are not in another one, as periods in order."""
        both = self.common(other)
        if both is None:
            return [self]
        left: list[Period] = []
        if both.from_on not in (None, self.from_on, date.min):
            left.append(Period(self.from_on, both.from_on - _ONE_DAY))
        if both.to_on not in (None, self.to_on, date.max):
            left.append(Period(both.to_on + _ONE_DAY, self.to_on))
        return left


def merged(periods: Iterable[Period]) -> list[Period]:
    """Return the days of some periods as periods in order, of which no two overlap or adjoin."""
    together: list[Period] = []
    for period in sorted(periods, key=lambda one: one.from_on or date.min):
        last = together[-1] if together else None
        adjoins = last is not None and (
            last.to_on is None or period.from_on is None or period.from_on - last.to_on <= _ONE_DAY
        )
        if last is None or not adjoins:
            together.append(period)
        elif last.to_on is not None and (period.to_on is None or period.to_on > last.to_on):
            together[-1] = Period(last.from_on, period.to_on)
    return together


class FollowedKind(StrEnum):
    """What an evaluator can follow. Each kind is a key of `Followed`."""

    INNOVATION = "innovation"
    COHORT = "cohort"
    STRUCTURE = "structure"
    ATTRIBUTE = "attribute"


class Followed(_Model):
    """An entry of `follows` that states what it names, and from which day to which: exactly one of the kinds.

    Attributes:
        innovation: Code of an innovation, for all its structures.
        cohort: Code of a cohort, for all its structures.
        structure: Code of a structure, in all its cohorts.
        attribute: Code of an attribute, for all structures with `value`, on the days on which they have it.
        value: The value of the attribute; None beside another kind.
        from_on: First day; None for no limit.
        to_on: Last day; None for no limit.
    """

    innovation: Code | None = None
    cohort: Code | None = None
    structure: Code | None = None
    attribute: Code | None = None
    value: Annotated[str, Field(min_length=1)] | None = None
    from_on: Day | None = Field(default=None, alias="from")
    to_on: Day | None = Field(default=None, alias="to")

    @property
    def what(self) -> tuple[FollowedKind, str]:
        """The kind and the code; the code of an attribute with its value, such as `region=North`."""
        if self.attribute is not None:
            return FollowedKind.ATTRIBUTE, value_of(self.attribute, self.value or "")
        return next((kind, code) for kind in FollowedKind if (code := getattr(self, kind.value)) is not None)

    @property
    def period(self) -> Period:
        """The days from `from` to `to`."""
        return Period(self.from_on, self.to_on)

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        named = [kind.value for kind in FollowedKind if getattr(self, kind.value) is not None]
        if len(named) != 1:
            found = f"{' and '.join(named)} together" if named else "nothing that is followed"
            raise Contradiction(found, f"exactly one of {', '.join(FollowedKind)}")
        if (self.attribute is None) != (self.value is None):
            found = "attribute without value" if self.value is None else f"value: {self.value} without attribute"
            raise Contradiction(found, "attribute and value together, such as {attribute: region, value: North}")
        return self

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        _refuse_backwards(self.period)
        return self


def value_of(attribute_code: str, value: str) -> str:
    """Return how an attribute and its value are named together."""
    return f"{attribute_code}={value}"


class Substitute(_Model):
    """Who stands in for an evaluator, and gets the alerts that the absent one would.

    Attributes:
        evaluator: Code of the evaluator who stands in.
        from_on: First day of the absence.
        to_on: Last day of the absence; None for no limit.
    """

    evaluator: Code
    from_on: Day = Field(alias="from")
    to_on: Day | None = Field(default=None, alias="to")

    @property
    def period(self) -> Period:
        """The days from `from` to `to`."""
        return Period(self.from_on, self.to_on)

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        _refuse_backwards(self.period)
        return self


def _refuse_backwards(period: Period) -> None:
    if period.from_on is not None and period.to_on is not None and period.to_on < period.from_on:
        raise Contradiction(f"to: {period.to_on}", f"{period.from_on}, the day of from, or a later day", "to")


Follow = Annotated[
    Annotated[Code, Tag("[code]")] | Annotated[Followed, Tag("[entry]")],
    Discriminator(lambda value: "[entry]" if isinstance(value, dict | Followed) else "[code]"),
]
"""An entry of `follows`: a code alone, which names an innovation, a cohort or a structure, or `Followed`."""
