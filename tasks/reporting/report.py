"""A report: everything that its page tells, as it is read. Every number is one of the views', or a sum of theirs."""

from dataclasses import dataclass
from datetime import date

from warehouse.report_rows import DurationRow, OwedRow, ReconciliationRow, RetentionRow, RevisionRow


@dataclass(frozen=True, slots=True)
class Fraction:
    """A rate: its numerator, its denominator, and percent to one decimal; None where the denominator is 0."""

    numerator: int
    denominator: int
    percent: float | None


@dataclass(frozen=True, slots=True)
class Returns:
    """The returns of an innovation (or of all) that have fallen due, at one occasion or at all of them."""

    innovation_code: str
    name: str
    occasion_code: str
    expected: int
    returned: Fraction
    on_time: Fraction
    usable: Fraction
    parts: dict[str, int]
    """How many are in each state; they add up to `expected`."""


@dataclass(frozen=True, slots=True)
class Owed:
    """An expected return that needs a person. `days` have passed since it was due."""

    row: OwedRow
    cohort: str
    instrument: str
    days: int


@dataclass(frozen=True, slots=True)
class ConsolidatedFigure:
    """A consolidated figure: a value, or `printed` for why there is none, and what it rests on.

    It is broken where its values are of several series.
    """

    indicator_code: str
    value: float | None
    printed: str
    n_reported: int
    n_expected: int
    is_broken: bool


@dataclass(frozen=True, slots=True)
class ConsolidatedLine:
    """An innovation, or TOTAL, and its figures in the order of the indicators."""

    innovation_code: str
    name: str
    cells: tuple[ConsolidatedFigure, ...]


@dataclass(frozen=True, slots=True)
class Retention:
    """A cohort at an occasion that has fallen due."""

    row: RetentionRow
    cohort: str
    wave: Fraction
    base: Fraction


@dataclass(frozen=True, slots=True)
class AdoptionCount:
    """How many structures are where with a criterion in a phase. Suppressed where too few told it.

    `place` is that of the innovation in publications.
    """

    innovation_code: str
    name: str
    place: int
    indicator_code: str
    criterion: str
    phase: int
    counts: dict[str, int]
    total: int
    is_suppressed: bool


@dataclass(frozen=True, slots=True)
class Duration:
    """How long an innovation takes until a first result. Suppressed where too few told it."""

    innovation_code: str
    name: str
    rows: tuple[DurationRow, ...]
    is_suppressed: bool


@dataclass(frozen=True, slots=True)
class Reconciled:
    """A published figure that differs, or that another one contradicts."""

    row: ReconciliationRow
    name: str
    indicator: str


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that the page tells. `since` is the day after which revisions are counted, where one was named."""

    programme: str
    locale: str
    as_of: date
    is_rebuilt: bool
    since: date | None
    minimum_structures: int
    n_structures: int
    total: Returns
    innovations: tuple[Returns, ...]
    occasions: tuple[Returns, ...]
    not_counted: dict[str, int]
    owed: dict[str, tuple[Owed, ...]]
    indicators: tuple[str, ...]
    consolidated: tuple[ConsolidatedLine, ...]
    retention: tuple[Retention, ...]
    adoption: tuple[AdoptionCount, ...]
    durations: tuple[Duration, ...]
    n_published: int
    n_agreeing: int
    reconciled: tuple[Reconciled, ...]
    revisions: tuple[RevisionRow, ...]
    names: dict[str, str]
