"""The rows of the published views that a report is made of, each in the columns that it needs."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class InnovationRow:
    """An innovation, of `marts.dim_innovation`."""

    innovation_code: str
    innovation_name: str
    rank: int


@dataclass(frozen=True, slots=True)
class CohortRow:
    """A cohort, of `marts.dim_cohort`."""

    cohort_code: str
    cohort_name: str


@dataclass(frozen=True, slots=True)
class IndicatorRow:
    """An indicator, of `marts.dim_indicator`."""

    indicator_code: str
    label_fr: str
    label_en: str


@dataclass(frozen=True, slots=True)
class OccasionRow:
    """An occasion, of `marts.dim_occasion`."""

    occasion_code: str
    months: int


@dataclass(frozen=True, slots=True)
class RateRow:
    """An innovation and an occasion, of `analytics.return_rates`."""

    group_code: str
    occasion_code: str
    n_expected: int
    n_received: int
    n_on_time: int
    n_late: int
    n_partial: int
    n_quarantined: int
    n_missing: int
    n_unverifiable: int
    n_open: int
    n_core_items: int
    n_core_items_with_value: int
    returned_pct: float | None
    on_time_pct: float | None
    usable_pct: float | None


@dataclass(frozen=True, slots=True)
class OwedRow:
    """An expected return that needs a person, of `analytics.return_status`."""

    expected_return_id: str
    innovation_code: str
    cohort_code: str
    structure_code: str
    structure_name: str
    occasion_code: str
    instrument_code: str
    evaluator_codes: str | None
    due_on: date
    state: str
    snoozed_until_on: date | None
    answered_pct: float | None
    source_detail: str | None


@dataclass(frozen=True, slots=True)
class StateRow:
    """How many expected returns are in a state, of `analytics.return_status`."""

    state: str
    n_returns: int


@dataclass(frozen=True, slots=True)
class ResultRow:
    """A consolidated figure, of `analytics.consolidated_results`."""

    innovation_code: str
    indicator_code: str
    innovation_rank: int
    indicator_rank: int
    value: float | None
    missing_reason: str | None
    n_reported: int
    n_expected: int
    is_broken: bool


@dataclass(frozen=True, slots=True)
class RetentionRow:
    """A cohort and an occasion, of `analytics.cohort_retention`."""

    cohort_code: str
    innovation_code: str
    occasion_code: str
    months: int
    n_enrolled: int
    n_left: int
    n_expected: int
    n_reported: int
    n_wave_base: int
    n_wave_retained: int
    n_base: int
    n_base_retained: int
    n_base_left: int
    wave_retention_pct: float | None
    base_retention_pct: float | None


@dataclass(frozen=True, slots=True)
class AdoptionRow:
    """How many structures are at a value of a criterion in a phase, of `analytics.adoption_matrix`."""

    innovation_code: str
    indicator_code: str
    phase: int
    adoption: str
    n_structures: int


@dataclass(frozen=True, slots=True)
class DurationRow:
    """All cohorts of an innovation and months, of `analytics.adoption_duration`."""

    innovation_code: str
    months: int
    reached_share: float | None
    n_at_risk: int
    n_events: int
    n_censored: int
    n_reported: int
    n_expected: int
    lower_value: float
    upper_value: float


@dataclass(frozen=True, slots=True)
class ReconciliationRow:
    """A published figure, of `analytics.reconciliation`."""

    published_code: str
    innovation_code: str
    measure: str
    indicator_code: str | None
    printed: str
    held_value: float | None
    held_missing_reason: str | None
    difference: float | None
    agreement: str
    is_contradicted: bool
    report: str
    place: str
    note: str | None


@dataclass(frozen=True, slots=True)
class RevisionRow:
    """How many changes of a kind became known since a day, of `analytics.revisions`."""

    innovation_code: str
    kind: str
    n_returns: int


@dataclass(frozen=True, slots=True)
class ReportRows:
    """The rows that a report is made of, all of one moment. Nothing is in them that the views do not hold."""

    as_of: date
    minimum_structures: int
    innovations: list[InnovationRow]
    cohorts: list[CohortRow]
    indicators: list[IndicatorRow]
    occasions: list[OccasionRow]
    rates: list[RateRow]
    owed: list[OwedRow]
    states: list[StateRow]
    results: list[ResultRow]
    retention: list[RetentionRow]
    adoption: list[AdoptionRow]
    durations: list[DurationRow]
    reconciliation: list[ReconciliationRow]
    revisions: list[RevisionRow]
