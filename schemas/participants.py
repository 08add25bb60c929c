"""The model of the attributes of participants, and the age band of a person.

Days are local to the programme; ages are in whole years.
"""

from datetime import date
from itertools import pairwise
from typing import Annotated, Self

from pydantic import Field, model_validator

from schemas.attributes import LabelledCode
from schemas.base import Code, Contradiction, Whole

LEAST_YEARS = 5
"""The narrowest age band: a narrower one comes close to the birth date."""

_OLDEST = 120
"""An age above it is an error of the birth date, and the band is unknown."""


class ParticipantAttribute(LabelledCode):
    """Something that is known of participants, by which their figures are grouped: an indicator, or an age band.

    Attributes:
        code: Code of the attribute.
        label_fr: Label in French.
        label_en: Label in English.
        indicator: Code of a choice of level `participant`, whose first known value counts; None for an age band.
        birth_date: Code of the column with the birth date, an identifier of tables of people; None for an indicator.
        bands: The ages at which a new band begins: `[26, 50]` has the bands 0-25, 26-49 and 50+. The age is that at
            the anchor date of the enrolment.
    """

    indicator: Code | None = None
    birth_date: Code | None = None
    bands: list[Annotated[Whole, Field(ge=LEAST_YEARS, le=_OLDEST)]] = Field(default_factory=list[int])

    @model_validator(mode="after")
    def _is_one_of_two(self) -> Self:
        if (self.indicator is None) == (self.birth_date is None):
            found = "neither indicator nor birth_date" if self.indicator is None else "both indicator and birth_date"
            raise Contradiction(
                found, "either indicator: a choice of participants, or birth_date: a column, with bands"
            )
        if self.indicator is not None and self.bands:
            raise Contradiction("bands of an indicator", "bands with birth_date only", "bands")
        if self.birth_date is not None and not self.bands:
            raise Contradiction("birth_date without bands", "bands, such as [26, 50]", "birth_date")
        for lower, upper in pairwise(self.bands):
            if upper - lower < LEAST_YEARS:
                found = f"bands that begin at {lower} and {upper}"
                expected = f"ages in order, at least {LEAST_YEARS} years apart"
                raise Contradiction(found, expected, "bands")
        return self

    @property
    def band_names(self) -> tuple[str, ...]:
        """The names of the bands, the youngest first."""
        limits = [0, *self.bands]
        return (*(f"{lower}-{upper - 1}" for lower, upper in pairwise(limits)), f"{limits[-1]}+")

    def band_of(self, born_on: date, day: date) -> str | None:
        """Return the band of a person's age on a day; None for somebody not yet born, or older than 120."""
        age = age_on(born_on, day)
        if not 0 <= age <= _OLDEST:
            return None
        return self.band_names[sum(age >= bound for bound in self.bands)]


def age_on(born_on: date, day: date) -> int:
    """Return an age in whole years on a day, negative before the birth.

    Somebody born on 29 February grows older on 1 March in other years.
    """
    return day.year - born_on.year - ((day.month, day.day) < (born_on.month, born_on.day))
