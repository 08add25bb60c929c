"""Hold who answers, when, and how far answers have advanced by then."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from gettext import NullTranslations


@dataclass(frozen=True, slots=True)
class Growth:
    """How answers that nothing determines advance over the months.

    Attributes:
        head_start: Months that are added before choices advance: without any, nobody has advanced at first.
        spread: The width of the range of numbers that no limit narrows.
        spread_a_month: The width that is added each month; 0 for numbers that do not grow.
    """

    head_start: int
    spread: int
    spread_a_month: int


@dataclass(frozen=True, slots=True)
class Answering:
    """An enrolment, a respondent or a person at an occasion.

    Attributes:
        who: The enrolment, with the number of the respondent or person where there are several.
        months: The months since the training, at least 1.
        began_on: The day from which events are counted: the end of the training.
        answered_on: The day of the answer: no event is later.
        growth: How answers advance.
        chance: Returns a number in [0, 1) that depends on the texts that it is given.
        words: The language of the programme.
    """

    who: str
    months: int
    began_on: date
    answered_on: date
    growth: Growth
    chance: Callable[..., float]
    words: NullTranslations

    @property
    def grows(self) -> bool:
        """Whether numbers grow over the months."""
        return self.growth.spread_a_month > 0

    @property
    def spread(self) -> int:
        """The width of the range of numbers that no limit narrows."""
        return max(self.growth.spread, self.growth.spread_a_month * self.months)

    def place(self, key: str) -> float:
        """Return where in its range the answer of this respondent lies, the same at every occasion."""
        return self.chance(self.who, key)

    def reached(self, place: float, count: int) -> int:
        """Return which of some steps, from 0, has been reached: the later ones need months."""
        months = self.months + self.growth.head_start
        return int(place * count * months / (months + 6))
