"""The model of targets.csv: what a cohort is to reach at an occasion."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, PrivateAttr, ValidationInfo

from schemas.base import Code, StrictModel
from schemas.enums import TargetDirection
from schemas.formats import reason_of
from schemas.programme_tables import PrintedIn, is_fraction_or_thousands, is_printed, printed_number

_REASONS = ", or nc or ne"
"""What other numbers may be instead of a number."""


def _is_target(printed: str, fields: ValidationInfo) -> str:
    if reason_of(printed) is not None:
        raise ValueError("expected a number, or no line for this indicator")
    try:
        return is_printed(printed, fields)
    except ValueError as error:
        raise ValueError(str(error).replace(_REASONS, "")) from error


def _blank_is_at_least(value: object) -> object:
    return TargetDirection.AT_LEAST if value == "" else value


class Target(StrictModel):
    """What an indicator of a cohort is to reach at an occasion: a line of targets.csv.

    Attributes:
        cohort_code: Code of the cohort.
        occasion_code: Code of the occasion.
        indicator_code: An indicator of structures whose over_structures is sum or mean.
        target: The number, in the programme's locale. Of an indicator that accumulates, it is for the sum of all
            periods up to the occasion.
        direction: The side of the target on which the figure of the cohort is to be.
    """

    cohort_code: Code
    occasion_code: Code
    indicator_code: Code
    target: Annotated[str, AfterValidator(_is_target)]
    direction: Annotated[TargetDirection, BeforeValidator(_blank_is_at_least)] = TargetDirection.AT_LEAST
    _locale: str | None = PrivateAttr(default=None)

    def model_post_init(self, context: object, /) -> None:
        """Keep the locale of the programme, by which the number is read."""
        self._locale = context.locale if isinstance(context, PrintedIn) else None

    @property
    def number(self) -> float | None:
        """The target as a number; None where the locale is not known and it has two readings."""
        read = printed_number(self.target, self._locale)
        return None if read.misreading is not None else float(read.text)

    @property
    def is_fraction_or_thousands(self) -> bool:
        """Whether the target is a fraction only by the locale."""
        return is_fraction_or_thousands(self.target, self._locale)

    @property
    def is_percentage(self) -> bool:
        """Whether a percent sign is written."""
        return self.target.rstrip().endswith("%")
