"""The rows of the published views that a report is made of, with the columns that it needs."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class InnovationRow:
    """An innovation: a row of `marts.dim_innovation`."""

    innovation_code: str
    innovation_name: str
    rank: int


@dataclass(frozen=True, slots=True)
class CohortRow:
    """A cohort: a row of `marts.dim_cohort`."""

    cohort_code: str
    cohort_name: str


@dataclass(frozen=True, slots=True)
class IndicatorRow:
    """An indicator: a row of `marts.dim_indicator`."""

    indicator_code: str
    label_fr: str
    label_en: str


@dataclass(frozen=True, slots=True)
class OccasionRow:
    """An occasion: a row of `marts.dim_occasion`."""

    occasion_code: str
    offset_days: int


@dataclass(frozen=True, slots=True)
class RateRow:
    """An innovation at an occasion: a row of `analytics.return_rates`."""

    group_code: str
    occasion_code: str
    n_expected: int
    n_received: int
    n_on_time: int
    n_late: int
    n_nothing_to_report: int
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
    """An expected return that needs a person: a row of `analytics.return_status`."""

    expected_return_id: str
    innovation_code: str
    cohort_code: str
    structure_code: str
    structure_name: str
    occasion_code: str
    instrument_code: str
    evaluator_codes: str | None
    due_on: date
    original_due_on: date
    state: str
    state_reason: str | None
    snoozed_until_on: date | None
    answered_pct: float | None
    source_detail: str | None
    substitute_codes: str | None = None


@dataclass(frozen=True, slots=True)
class StateRow:
    """The number of expected returns in a state, counted from `analytics.return_status`."""

    state: str
    n_returns: int


@dataclass(frozen=True, slots=True)
class ClosureRow:
    """A survey that nobody can answer, and the number of its returns still to come, from `analytics.return_status`."""

    instrument_code: str
    source_id: str
    survey_closure: str
    survey_closure_on: date | None
    n_returns: int


@dataclass(frozen=True, slots=True)
class ResultRow:
    """A consolidated figure: a row of `analytics.consolidated_results`."""

    innovation_code: str
    indicator_code: str
    innovation_rank: int
    indicator_rank: int
    value: float | None
    missing_reason: str | None
    n_reported: int
    n_expected: int
    n_values: int
    n_values_expected: int
    is_broken: bool


@dataclass(frozen=True, slots=True)
class AttributeRateRow:
    """A value of an attribute of structures at an occasion: a row of `analytics.return_rates`."""

    grouping: str
    group_code: str
    n_expected: int
    n_received: int


@dataclass(frozen=True, slots=True)
class AttributeResultRow:
    """A figure of all innovations for a value of an attribute: a row of `analytics.results_by_attribute`."""

    attribute_code: str
    attribute_value: str
    value_rank: int | None
    indicator_code: str
    value: float | None
    missing_reason: str | None
    n_reported: int
    n_expected: int
    n_values: int
    n_values_expected: int
    is_broken: bool


@dataclass(frozen=True, slots=True)
class RetentionRow:
    """A cohort at an occasion: a row of `analytics.cohort_retention`."""

    cohort_code: str
    innovation_code: str
    occasion_code: str
    months: int
    n_enrolled: int
    n_left: int
    n_moved: int
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
class MissesRow:
    """An enrolment that missed occasions in a row and has not left: a row of `analytics.enrolment_presence`."""

    enrolment_id: str
    innovation_code: str
    cohort_code: str
    structure_name: str
    grouping: str
    group_code: str
    n_misses_in_a_row: int
    evaluator_codes: str | None
    substitute_codes: str | None = None


@dataclass(frozen=True, slots=True)
class AdoptionRow:
    """The number of structures at a level of adoption in a phase, counted from `analytics.adoption_matrix`."""

    innovation_code: str
    indicator_code: str
    phase: int
    adoption: str
    n_structures: int


@dataclass(frozen=True, slots=True)
class DurationRow:
    """All cohorts of an innovation at a number of months: a row of `analytics.adoption_duration`."""

    innovation_code: str
    months: int
    reached_share: float | None
    confidence_lower: float | None
    confidence_upper: float | None
    median_months: int | None
    n_at_risk: int
    n_events: int
    n_censored: int
    n_reported: int
    n_expected: int
    lower_value: float | None
    upper_value: float | None
    n_reached_before: int = 0


@dataclass(frozen=True, slots=True)
class ReconciliationRow:
    """A published figure and the figure in the warehouse: a row of `analytics.reconciliation`."""

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
    """The number of changes of a kind since a day, from `analytics.revisions` and `analytics.corrections`."""

    innovation_code: str
    kind: str
    n_returns: int


@dataclass(frozen=True, slots=True)
class ParticipantRow:
    """A count of participants, suppressed where few persons stand behind it: a row of `participant_results`."""

    innovation_code: str
    occasion_code: str
    attribute_code: str
    attribute_value: str
    measure_kind: str
    measure_code: str
    value: str
    offset_days: int
    attribute_rank: int
    attribute_value_rank: int
    value_rank: int
    n_persons: int | None
    n_known: int | None
    n_with_value: int | None
    share_pct: float | None
    value_mean: float | None
    missing_reason: str | None


@dataclass(frozen=True, slots=True)
class FindingRow:
    """A finding that deserves a look: a row of `analytics.surveillance`."""

    finding_id: str
    kind: str
    state: str
    cohort_code: str
    structure_name: str | None
    occasion_code: str | None
    instrument_code: str | None
    indicator_code: str | None
    question_code: str | None
    other_enrolment_id: str | None
    value_number: float | None
    value_text: str | None
    centre: float | None
    lower_value: float | None
    upper_value: float | None
    n_compared: int | None
    pattern: str | None
    current_number: float | None
    reported_on: date
    reason: str | None
    author: str | None
    evaluator_codes: str | None


@dataclass(frozen=True, slots=True)
class TargetRow:
    """A target of a cohort: a row of `analytics.target_progress`."""

    target_id: str
    cohort_code: str
    occasion_code: str
    indicator_code: str
    unit: str | None
    direction: str
    target: float
    last_due_on: date | None
    value: float | None
    missing_reason: str | None
    lower_value: float | None
    upper_value: float | None
    n_reported: int
    n_expected: int
    status: str


@dataclass(frozen=True, slots=True)
class ReportRows:
    """The rows of a report, read in one snapshot of the views.

    Attributes:
        minimum_structures: The threshold of disclosure that the views were built with.
        known_minimum_structures: The threshold known on the as-of date, which may be lower.
    """

    as_of: date
    minimum_structures: int
    known_minimum_structures: int
    innovations: list[InnovationRow]
    cohorts: list[CohortRow]
    indicators: list[IndicatorRow]
    occasions: list[OccasionRow]
    rates: list[RateRow]
    owed: list[OwedRow]
    states: list[StateRow]
    closures: list[ClosureRow]
    results: list[ResultRow]
    attribute_rates: list[AttributeRateRow]
    attribute_results: list[AttributeResultRow]
    retention: list[RetentionRow]
    misses: list[MissesRow]
    adoption: list[AdoptionRow]
    durations: list[DurationRow]
    reconciliation: list[ReconciliationRow]
    revisions: list[RevisionRow]
    participants: list[ParticipantRow]
    findings: list[FindingRow]
    targets: list[TargetRow]
