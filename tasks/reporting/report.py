"""Define the contents of a report. Every number comes from a view or is a sum of such numbers."""

from dataclasses import dataclass
from datetime import date

from schemas.enums import Adoption, FindingState
from tasks.reporting.participants import ParticipantTable
from warehouse.report_rows import (
    DurationRow,
    FindingRow,
    MissesRow,
    OwedRow,
    ReconciliationRow,
    RetentionRow,
    RevisionRow,
    TargetRow,
)


@dataclass(frozen=True, slots=True)
class Fraction:
    """A rate: numerator, denominator, and percentage to one decimal (None if the denominator is 0)."""

    numerator: int
    denominator: int
    percent: float | None


@dataclass(frozen=True, slots=True)
class Returns:
    """The due returns of one innovation or of all, at one occasion or at all."""

    innovation_code: str
    name: str
    occasion_code: str
    expected: int
    returned: Fraction
    on_time: Fraction
    usable: Fraction
    parts: dict[str, int]
    """The number of returns by state; their sum is `expected`."""
    nothing_to_report: int = 0
    """Of the returned ones, the number with nothing to report."""


@dataclass(frozen=True, slots=True)
class Owed:
    """An expected return that needs action.

    Attributes:
        days: The number of days since its due date.
        reason: Why it has not been received, in words; empty where its state says it.
    """

    row: OwedRow
    cohort: str
    instrument: str
    days: int
    reason: str


@dataclass(frozen=True, slots=True)
class Closure:
    """A survey that nobody can answer: which instrument, why in words, and how many of its returns are to come."""

    instrument: str
    source_id: str
    sentence: str
    n_returns: int


@dataclass(frozen=True, slots=True)
class Misses:
    """A structure that missed occasions in a row; `instrument` is empty where it missed all that it fills in."""

    row: MissesRow
    cohort: str
    instrument: str


@dataclass(frozen=True, slots=True)
class ConsolidatedFigure:
    """A consolidated figure.

    Attributes:
        indicator_code: The indicator, or `structures` for the number of structures.
        value: The value; None if there is none.
        printed: The printed sign of the missing reason; empty if there is a value.
        n_reported: The number of structures that reported the indicator.
        n_expected: The number of structures for which the indicator has fallen due.
        n_values: The number of known values; of an indicator that accumulates, one for each period.
        n_values_expected: The number of values that have fallen due.
        is_broken: Whether the figure combines values of several series.
    """

    indicator_code: str
    value: float | None
    printed: str
    n_reported: int
    n_expected: int
    n_values: int
    n_values_expected: int
    is_broken: bool


@dataclass(frozen=True, slots=True)
class ConsolidatedLine:
    """The figures of an innovation, or of TOTAL, in the order of the indicators."""

    innovation_code: str
    name: str
    cells: tuple[ConsolidatedFigure, ...]


@dataclass(frozen=True, slots=True)
class AttributeLine:
    """The figures of the structures with a value of an attribute, in all innovations.

    Attributes:
        value: The value; empty for structures without one.
        returned: Their complete returns of those that have fallen due, each by the value on its due date.
        cells: Their figures, in the order of the indicators, by the value on the day of the report.
    """

    value: str
    returned: Fraction
    cells: tuple[ConsolidatedFigure, ...]


@dataclass(frozen=True, slots=True)
class AttributeTable:
    """The values of an attribute of structures, in the order of the programme, with their figures."""

    attribute_code: str
    label: str
    lines: tuple[AttributeLine, ...]


@dataclass(frozen=True, slots=True)
class Retention:
    """The retention of a cohort at an occasion that has fallen due."""

    row: RetentionRow
    cohort: str
    wave: Fraction
    base: Fraction


@dataclass(frozen=True, slots=True)
class AdoptionCount:
    """The number of structures by state of adoption, for a criterion and a phase.

    Attributes:
        innovation_code: The innovation.
        name: The name of the innovation.
        place: The rank of the innovation in publications.
        indicator_code: The criterion.
        criterion: The label of the criterion.
        phase: The phase.
        counts: The number of structures by state of adoption.
        total: The sum of `counts`.
        is_suppressed: Whether too few structures reported the criterion to publish the counts.
    """

    innovation_code: str
    name: str
    place: int
    indicator_code: str
    criterion: str
    phase: int
    counts: dict[Adoption, int]
    total: int
    is_suppressed: bool


@dataclass(frozen=True, slots=True)
class Duration:
    """The time to a first result of an innovation; suppressed if too few structures reported it."""

    innovation_code: str
    name: str
    rows: tuple[DurationRow, ...]
    is_suppressed: bool


@dataclass(frozen=True, slots=True)
class Reconciled:
    """A published figure that differs from the warehouse, or that another published figure contradicts."""

    row: ReconciliationRow
    name: str
    indicator: str


@dataclass(frozen=True, slots=True)
class Finding:
    """A finding that deserves a look; `subject` is the indicator, the instrument or the question that it is about."""

    row: FindingRow
    cohort: str
    subject: str


@dataclass(frozen=True, slots=True)
class Findings:
    """The findings of one state: all that there are, and those that the page lists, the latest first."""

    count: int
    listed: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Target:
    """A target of a cohort, with the names of the cohort and of the indicator."""

    row: TargetRow
    cohort: str
    indicator: str


@dataclass(frozen=True, slots=True)
class Report:
    """The contents of the page; `since` is the date after which revisions are counted, if one was given."""

    programme: str
    locale: str
    as_of: date
    is_rebuilt: bool
    since: date | None
    minimum_structures: int
    known_minimum_structures: int
    n_structures: int
    total: Returns
    innovations: tuple[Returns, ...]
    occasions: tuple[Returns, ...]
    not_counted: dict[str, int]
    closures: tuple[Closure, ...]
    owed: dict[str, tuple[Owed, ...]]
    misses: tuple[Misses, ...]
    indicators: tuple[str, ...]
    consolidated: tuple[ConsolidatedLine, ...]
    attributes: tuple[AttributeTable, ...]
    retention: tuple[Retention, ...]
    adoption: tuple[AdoptionCount, ...]
    durations: tuple[Duration, ...]
    n_published: int
    n_agreeing: int
    reconciled: tuple[Reconciled, ...]
    revisions: tuple[RevisionRow, ...]
    participants: tuple[ParticipantTable, ...]
    findings: dict[FindingState, Findings]
    targets: tuple[Target, ...]
    names: dict[str, str]
