"""Assemble hand-written statements on `raw`, one per view, as an analyst would write them for the benchmark.

They rely on properties of the benchmark's programme that a view cannot rely on:

- one version of the programme, loaded once; one instrument with one version, which structures fill in, with all items
  at every occasion;
- one respondent; every return complete, checked once and never withdrawn; a source that can always be read;
- no decisions, no locks, no departures; one evaluator per innovation; equal due dates within a cohort;
- one item per indicator, and no break in series; published indicators are sums, and none is suppressed;
- only a blank and `nc` mean a missing value;
- every person occurs once in each table, with all cells filled in, under one pseudonym key.
"""

from dataclasses import dataclass

from benchmarks.views import of_people, of_results, of_returns, of_values

_CAME = (of_returns.LATEST, of_returns.STATUS)
_REPORTED = (of_returns.LATEST, of_values.REPORTED)
_BOTH = (*_CAME, of_returns.ENROLLED, of_values.REPORTED)
_CONSOLIDATED = (*_BOTH, of_results.LAST, of_results.CONSOLIDATED)


@dataclass(frozen=True)
class _View:
    """The statement for a view.

    Attributes:
        parts: The common table expressions.
        last: The name of the last of them.
        columns: The columns compared exactly.
        rounded: The columns compared to nine decimals.
    """

    parts: tuple[str, ...]
    last: str
    columns: str
    rounded: str = ""  # floating-point sums depend on the order of addition


_VIEWS = {
    "return_status": _View(
        (*_CAME, of_returns.ENROLLED, of_returns.FOLLOWED),
        "followed",
        "expected_return_id, structure_code, occasion_code, evaluator_codes, due_on, arrived_on, days_late, state, "
        "return_id",
    ),
    "return_rates": _View(
        (*_BOTH, of_returns.RATES),
        "rated",
        "grouping, group_code, occasion_code, n_expected, n_received, n_on_time, n_late, n_missing, n_open, "
        "n_core_items, n_core_items_with_value",
        "returned_pct, on_time_pct, usable_pct, rr6_pct",
    ),
    "fct_observation": _View(
        _REPORTED, "reported", "return_id, indicator_code, item, value_number, value_text, missing_reason"
    ),
    "cohort_panel": _View(
        (*_CAME, of_values.REPORTED, of_values.PANEL),
        "panel",
        "enrolment_id, occasion_code, indicator_code, value_number, value_text, missing_reason, is_due, return_id, "
        "presence_pattern, presence_class, is_enrolment_balanced, is_balanced",
    ),
    "cohort_indicators": _View(
        (*_BOTH, of_values.LEVELS),
        "levels",
        "cohort_code, months, indicator_code, missing_reason, n_enrolled, n_expected, n_reported, n_balanced",
        "value, value_change, lower_value, upper_value, balanced_value, balanced_change",
    ),
    "cohort_retention": _View(
        (*_CAME, of_returns.ENROLLED, of_returns.RETENTION),
        "retained",
        "cohort_code, occasion_code, months, n_enrolled, n_expected, n_reported, n_wave_base, n_wave_retained, n_base, "
        "n_base_retained, n_returners",
        "wave_retention_pct, base_retention_pct, attrition_pct",
    ),
    "adoption_matrix": _View(
        (*_CAME, of_values.REPORTED, of_values.MATRIX),
        "matrix",
        "enrolment_id, indicator_code, phase, occasion_code, adoption, missing_reason, is_due, return_id",
    ),
    "adoption_duration": _View(
        (*_BOTH, of_results.DURATION),
        "durations",
        "innovation_code, cohort_code, months, median_months, n_at_risk, n_events, n_censored, n_reported, n_expected",
        "reached_share, standard_error, confidence_lower, confidence_upper, lower_value, upper_value",
    ),
    "consolidated_results": _View(
        _CONSOLIDATED,
        "consolidated",
        "innovation_code, indicator_code, missing_reason, n_reported, n_expected",
        "value, lower_value, upper_value",
    ),
    "consolidated_table": _View(
        (*_CONSOLIDATED, of_results.PRINTED),
        "printed",
        "innovation_code, structures, persons_concerned, persons_returned_to_work, professionals, companies, rank",
    ),
    "participant_outcomes": _View(
        (*_CAME, of_people.FOLLOWED),
        "followed",
        "enrolment_id, occasion_code, pseudonym, is_seen, was_seen_before, entered_work, entered_work_missing_reason, "
        "contract_kind, contract_kind_missing_reason, in_training, in_training_missing_reason, "
        "first_in_work_occasion_code, return_id",
    ),
    "reconciliation": _View(
        (*_CONSOLIDATED, of_results.RECONCILED),
        "reconciled",
        "published_code, held_missing_reason, agreement, is_contradicted, n_reported, n_expected",
        "held_value, difference",
    ),
    "provenance": _View(
        (*_CAME, of_values.REPORTED, of_results.LAST, of_results.PROVEN),
        "proven",
        "return_id, indicator_code, item, value_number, value_text, missing_reason, origin, location, answer_text, "
        "is_consolidated",
    ),
    "revisions": _View(
        (of_returns.REVISED,),
        "revised",
        "return_id, kind, expected_return_id, answered_on, known_on, is_counted, previous_return_id, n_changed_items",
    ),
}
VIEWS = tuple(_VIEWS)


def statement(view: str, as_of: str, known_by: str) -> str:
    """Return the hand-written statement for the compared columns of a view."""
    own = _VIEWS[view]
    text = f"with {','.join(own.parts)} select {_columns(own)} from {own.last}"
    return text.format(as_of=as_of, known_by=known_by)


def reading(view: str) -> str:
    """Return the statement that reads the compared columns from the view."""
    schema = "marts" if view.startswith("fct_") else "analytics"
    return f"select {_columns(_VIEWS[view])} from {schema}.{view}"


def compared(view: str, table: str) -> str:
    """Return the statement that reads a result table with rounded columns."""
    own = _VIEWS[view]
    rounded = [f"cast({name} as decimal(28, 9)) as {name}" for name in own.rounded.split(", ") if name]
    return f"select {', '.join([own.columns, *rounded])} from {table}"


def _columns(view: _View) -> str:
    return ", ".join(columns for columns in (view.columns, view.rounded) if columns)
