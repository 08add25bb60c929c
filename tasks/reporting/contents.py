"""Arrange the rows of the views in the order of the report."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from schemas.attributes import UNKNOWN
from schemas.enums import Adoption, FilledBy, FindingState, MissingReason, ReturnState, StateReason, SurveyClosure
from schemas.programme import Programme
from tasks.i18n import day_in_words, language
from tasks.reporting.participants import participant_tables
from tasks.reporting.report import (
    AdoptionCount,
    AttributeLine,
    AttributeTable,
    Closure,
    ConsolidatedFigure,
    ConsolidatedLine,
    Duration,
    Finding,
    Findings,
    Fraction,
    Misses,
    Owed,
    Reconciled,
    Report,
    Retention,
    Returns,
    Target,
)
from tasks.state_reasons import closure_in_words, reason_in_words
from warehouse.report_rows import (
    AdoptionRow,
    AttributeResultRow,
    ClosureRow,
    DurationRow,
    FindingRow,
    MissesRow,
    OwedRow,
    RateRow,
    ReportRows,
    ResultRow,
)

TOTAL = "TOTAL"
STRUCTURES = "structures"
OWED_STATES = (ReturnState.MISSING, ReturnState.PARTIAL, ReturnState.QUARANTINED, ReturnState.UNVERIFIABLE)
_LISTED = 50
"""Highest number of findings of each state that the page lists."""
PRINTED_REASONS = {
    MissingReason.NOT_COMMUNICATED.value: "nc",
    MissingReason.NOT_EVALUATED.value: "ne",
    MissingReason.NOT_APPLICABLE.value: "ne",
    MissingReason.SUPPRESSED.value: "s",
}
"""The printed sign for each missing reason. What does not apply is `ne`, as in returns. `s` is Insee's sign for
statistical secrecy."""


def percentage(numerator: int, denominator: int) -> float | None:
    """Return a percentage, rounded half up to one decimal like the views; None if the denominator is 0."""
    return (numerator * 2000 + denominator) // (2 * denominator) / 10 if denominator else None


def contents(
    rows: ReportRows, programme: Programme, locale: str, *, is_rebuilt: bool = False, since: date | None = None
) -> Report:
    """Arrange the rows as a report.

    Args:
        rows: The rows of the views.
        programme: The source of the names of instruments, which no view holds.
        locale: The language of the page, `fr` or `en`.
        is_rebuilt: Whether the views were rebuilt for a past date.
        since: The date after which the report lists revisions; None to leave them out.
    """
    names = {row.innovation_code: row.innovation_name for row in rows.innovations}
    cohorts = {row.cohort_code: row.cohort_name for row in rows.cohorts}
    labels = {row.indicator_code: row.label_fr if locale == "fr" else row.label_en for row in rows.indicators}
    instruments = {instrument.code: instrument.name for instrument in programme.settings.instruments}
    by_innovation = {code: [rate for rate in rows.rates if rate.group_code == code] for code in names}
    offsets = {row.occasion_code: row.offset_days for row in rows.occasions}
    indicators = _indicators(rows.results)
    published = rows.reconciliation
    return Report(
        programme=programme.settings.name,
        locale=locale,
        as_of=rows.as_of,
        is_rebuilt=is_rebuilt,
        since=since,
        minimum_structures=rows.minimum_structures,
        known_minimum_structures=rows.known_minimum_structures,
        n_structures=_structures(rows.results),
        total=_summed(TOTAL, "", rows.rates),
        innovations=tuple(_summed(code, names[code], rates) for code, rates in by_innovation.items()),
        occasions=tuple(
            _at_occasion(names[code], rate)
            for code, rates in by_innovation.items()
            for rate in sorted(rates, key=lambda rate: offsets.get(rate.occasion_code, 0))
            if rate.n_expected
        ),
        not_counted=_not_counted(rows),
        closures=tuple(
            Closure(
                instruments.get(row.instrument_code, row.instrument_code),
                row.source_id,
                _closure(row, locale),
                row.n_returns,
            )
            for row in rows.closures
        ),
        owed={
            state.value: tuple(
                Owed(
                    row,
                    cohorts.get(row.cohort_code, row.cohort_code),
                    instruments.get(row.instrument_code, row.instrument_code),
                    (rows.as_of - row.due_on).days,
                    _reason(row, locale),
                )
                for row in rows.owed
                if row.state == state
            )
            for state in OWED_STATES
        },
        misses=tuple(_misses(rows.misses, programme, cohorts)),
        indicators=tuple("" if code == STRUCTURES else labels.get(code, code) for code in indicators),
        consolidated=tuple(_consolidated(rows.results, indicators, names)),
        attributes=tuple(_attributes(rows, programme, indicators, locale)),
        retention=tuple(
            Retention(
                row,
                cohorts.get(row.cohort_code, row.cohort_code),
                Fraction(row.n_wave_retained, row.n_wave_base, row.wave_retention_pct),
                Fraction(row.n_base_retained, row.n_base, row.base_retention_pct),
            )
            for code in names
            for row in sorted(rows.retention, key=lambda row: (row.cohort_code, offsets.get(row.occasion_code, 0)))
            if row.innovation_code == code and row.n_expected
        ),
        adoption=tuple(_adoption(rows.adoption, names, labels, rows.minimum_structures)),
        durations=tuple(_durations(rows.durations, names, rows.minimum_structures)),
        n_published=len(published),
        n_agreeing=sum(row.agreement == "same" for row in published),
        reconciled=tuple(
            Reconciled(row, names.get(row.innovation_code, ""), labels.get(row.indicator_code or "", ""))
            for row in published
            if row.agreement != "same" or row.is_contradicted
        ),
        revisions=tuple(rows.revisions),
        participants=tuple(participant_tables(rows.participants, programme, names, labels, PRINTED_REASONS, locale)),
        findings={state: _findings(rows.findings, state, cohorts, labels, instruments) for state in FindingState},
        targets=tuple(
            Target(
                row,
                cohorts.get(row.cohort_code, row.cohort_code),
                labels.get(row.indicator_code, row.indicator_code),
            )
            for row in sorted(rows.targets, key=lambda row: (row.cohort_code, offsets.get(row.occasion_code, 0)))
        ),
        names=names,
    )


def _closure(row: ClosureRow, locale: str) -> str:
    day = day_in_words(row.survey_closure_on, locale) if row.survey_closure_on else ""
    return closure_in_words(SurveyClosure(row.survey_closure), day, language(locale))


def _reason(row: OwedRow, locale: str) -> str:
    if row.state_reason is None or row.state == ReturnState.UNVERIFIABLE:
        return ""
    return reason_in_words(StateReason(row.state_reason), language(locale))


def _summed(code: str, name: str, rates: Sequence[RateRow]) -> Returns:
    def total(column: str) -> int:
        return sum(getattr(rate, column) for rate in rates)

    def fraction(numerator: str, denominator: str) -> Fraction:
        return Fraction(total(numerator), total(denominator), percentage(total(numerator), total(denominator)))

    return Returns(
        innovation_code=code,
        name=name,
        occasion_code="",
        expected=total("n_expected"),
        returned=fraction("n_received", "n_expected"),
        on_time=fraction("n_on_time", "n_expected"),
        usable=fraction("n_core_items_with_value", "n_core_items"),
        parts={
            ReturnState.RECEIVED.value: total("n_on_time"),
            **{state: total(f"n_{state}") for state in _PARTS[1:]},
        },
        nothing_to_report=total("n_nothing_to_report"),
    )


_PARTS = ("received", "late", "partial", "quarantined", "missing", "unverifiable", "open")


def _at_occasion(name: str, rate: RateRow) -> Returns:
    summed = _summed(rate.group_code, name, [rate])
    return Returns(
        innovation_code=rate.group_code,
        name=name,
        occasion_code=rate.occasion_code,
        expected=rate.n_expected,
        returned=Fraction(rate.n_received, rate.n_expected, rate.returned_pct),
        on_time=Fraction(rate.n_on_time, rate.n_expected, rate.on_time_pct),
        usable=Fraction(rate.n_core_items_with_value, rate.n_core_items, rate.usable_pct),
        parts=summed.parts,
        nothing_to_report=rate.n_nothing_to_report,
    )


def _not_counted(rows: ReportRows) -> dict[str, int]:
    """Count the expected returns outside the rates, by state; open returns within the grace period are in the rates."""
    states = {row.state: row.n_returns for row in rows.states}
    return {
        ReturnState.SCHEDULED.value: states.get(ReturnState.SCHEDULED, 0),
        ReturnState.OPEN.value: states.get(ReturnState.OPEN, 0) - sum(rate.n_open for rate in rows.rates),
        ReturnState.LEFT.value: states.get(ReturnState.LEFT, 0),
        ReturnState.WAIVED.value: states.get(ReturnState.WAIVED, 0),
    }


def _misses(misses: Sequence[MissesRow], programme: Programme, cohorts: Mapping[str, str]) -> Iterable[Misses]:
    """Return the structures that missed returns of their own in a row.

    Instruments of a structure that missed all of its returns as often are left out, and so are those of evaluators.
    """
    own = {each.code: each.name for each in programme.settings.instruments if each.filled_by is FilledBy.STRUCTURE}
    named = {("filled_by", FilledBy.STRUCTURE.value): ""} | {("instrument", code): name for code, name in own.items()}
    of_all = {row.enrolment_id: row.n_misses_in_a_row for row in misses if row.group_code == FilledBy.STRUCTURE}
    for row in misses:
        name = named.get((row.grouping, row.group_code))
        if name == "" or (name and row.n_misses_in_a_row > of_all.get(row.enrolment_id, 0)):
            yield Misses(row, cohorts.get(row.cohort_code, row.cohort_code), name)


def _findings(
    rows: Iterable[FindingRow],
    state: FindingState,
    cohorts: Mapping[str, str],
    labels: Mapping[str, str],
    instruments: Mapping[str, str],
) -> Findings:
    def subject(row: FindingRow) -> str:
        if row.indicator_code:
            return labels.get(row.indicator_code, row.indicator_code)
        instrument = row.instrument_code or ""
        return row.question_code or instruments.get(instrument, instrument)

    found = [
        Finding(row, cohorts.get(row.cohort_code, row.cohort_code), subject(row)) for row in rows if row.state == state
    ]
    return Findings(len(found), tuple(found[:_LISTED]))


def _structures(results: Iterable[ResultRow]) -> int:
    counts = (row.n_reported for row in results if (row.innovation_code, row.indicator_code) == (TOTAL, STRUCTURES))
    return next(counts, 0)


def _indicators(results: Iterable[ResultRow]) -> list[str]:
    ranked = {row.indicator_code: row.indicator_rank for row in results}
    return sorted(ranked, key=lambda code: (ranked[code], code))


def _consolidated(
    results: Sequence[ResultRow], indicators: Sequence[str], names: dict[str, str]
) -> Iterable[ConsolidatedLine]:
    cells = {(row.innovation_code, row.indicator_code): row for row in results}
    for code in dict.fromkeys(row.innovation_code for row in results):
        yield ConsolidatedLine(
            code,
            names.get(code, ""),
            tuple(_figure(cells[code, indicator]) for indicator in indicators),
        )


def _figure(row: ResultRow | AttributeResultRow) -> ConsolidatedFigure:
    printed = PRINTED_REASONS.get(row.missing_reason or "", "")
    return ConsolidatedFigure(
        row.indicator_code,
        row.value,
        printed,
        row.n_reported,
        row.n_expected,
        row.n_values,
        row.n_values_expected,
        row.is_broken,
    )


def _attributes(
    rows: ReportRows, programme: Programme, indicators: Sequence[str], locale: str
) -> Iterable[AttributeTable]:
    cells = {(row.attribute_code, row.attribute_value, row.indicator_code): row for row in rows.attribute_results}
    returns: dict[tuple[str, str], tuple[int, int]] = {}
    for rate in rows.attribute_rates:
        received, expected = returns.get((rate.grouping, rate.group_code), (0, 0))
        returns[rate.grouping, rate.group_code] = received + rate.n_received, expected + rate.n_expected
    for attribute in programme.settings.attributes:
        ranks = {row.attribute_value: row.value_rank for row in cells.values() if row.attribute_code == attribute.code}
        # Structures without a value come last.
        values = sorted(ranks, key=lambda value: (ranks[value] is None, ranks[value] or 0, value))
        lines = [
            AttributeLine(
                "" if value == UNKNOWN else value,
                Fraction(*(counts := returns.get((attribute.code, value), (0, 0))), percentage(*counts)),
                tuple(_figure(cells[attribute.code, value, indicator]) for indicator in indicators),
            )
            for value in values
        ]
        if lines:
            yield AttributeTable(attribute.code, attribute.label(locale), tuple(lines))


def _adoption(
    rows: Iterable[AdoptionRow], names: dict[str, str], labels: dict[str, str], minimum: int
) -> Iterable[AdoptionCount]:
    grids: dict[tuple[str, str, int], dict[str, int]] = defaultdict(dict)
    for row in rows:
        grids[row.innovation_code, row.indicator_code, row.phase][row.adoption] = row.n_structures
    place = {code: number for number, code in enumerate(names)}
    for code, indicator, phase in sorted(grids, key=lambda grid: (place.get(grid[0], len(place)), *grid)):
        counts = {adoption: grids[code, indicator, phase].get(adoption, 0) for adoption in Adoption}
        total = sum(counts.values())
        yield AdoptionCount(
            code,
            names.get(code, code),
            place.get(code, len(place)),
            indicator,
            labels.get(indicator, indicator),
            phase,
            counts,
            total,
            is_suppressed=0 < total - counts[Adoption.NOT_SHOWN] - counts[Adoption.UNKNOWN] < minimum,
        )


def _durations(rows: Sequence[DurationRow], names: dict[str, str], minimum: int) -> Iterable[Duration]:
    for code, name in names.items():
        own = tuple(row for row in rows if row.innovation_code == code)
        if own:
            yield Duration(code, name, own, is_suppressed=0 < own[0].n_reported < minimum)
