"""Arrange the counts of participants of a report: a table for each innovation and last occasion of its measures."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from schemas.attributes import UNKNOWN
from schemas.enums import MissingReason, Outcome
from schemas.programme import Programme
from warehouse.report_rows import ParticipantRow

_OUTCOMES = (Outcome.ENTERED_WORK.value, Outcome.IN_TRAINING.value)


@dataclass(frozen=True, slots=True)
class ParticipantFigure:
    """A share of the persons whose value is known, or the mean of a number.

    Attributes:
        row: The row of the view.
        printed: The printed sign of the missing reason; empty if there is a figure.
    """

    row: ParticipantRow
    printed: str


@dataclass(frozen=True, slots=True)
class ParticipantLine:
    """The figures of an outcome, of a value of a choice, or of a number, in the order of the groups.

    Attributes:
        code: The outcome or the indicator, with the value of a choice.
        outcome: The outcome; empty for an indicator.
        label: The label of the indicator; empty for an outcome.
        value: The value of a choice; empty otherwise.
        cells: The figures; None where the indicator is what the group is made by.
    """

    code: str
    outcome: str
    label: str
    value: str
    cells: tuple[ParticipantFigure | None, ...]


@dataclass(frozen=True, slots=True)
class ParticipantGroup:
    """A group of participants: the label of an attribute and a value of it; both are empty for all persons."""

    label: str
    value: str


@dataclass(frozen=True, slots=True)
class ParticipantTable:
    """The counts of participants of an innovation at the last occasion of some measures."""

    innovation_code: str
    name: str
    occasion_code: str
    groups: tuple[ParticipantGroup, ...]
    lines: tuple[ParticipantLine, ...]


def participant_tables(
    rows: Sequence[ParticipantRow],
    programme: Programme,
    names: Mapping[str, str],
    labels: Mapping[str, str],
    printed: Mapping[str, str],
    locale: str,
) -> Iterable[ParticipantTable]:
    """Yield the tables of each innovation with participants: one for each last occasion of its measures.

    Args:
        rows: The rows of the view.
        programme: The source of the labels of attributes.
        names: The names of innovations.
        labels: The labels of indicators.
        printed: The printed sign of each missing reason.
        locale: The language of the page.
    """
    attributes = {one.code: one.label(locale) for one in programme.settings.participants.attributes}
    for code, name in names.items():
        of_innovation = [row for row in rows if row.innovation_code == code and _is_shown(row, programme)]
        if not of_innovation:
            continue
        for last, of_occasion in _at_last_occasions(of_innovation):
            yield _table(code, name, last, of_occasion, attributes, labels, printed)


def _at_last_occasions(rows: Sequence[ParticipantRow]) -> Iterable[tuple[str, list[ParticipantRow]]]:
    """Yield the last occasion at which some measures were asked, with their rows: the latest first.

    People of tables are followed: they have rows of what an occasion does not ask, all of them `not_evaluated`.
    """
    occasions: dict[tuple[str, str], tuple[bool, int, str]] = {}
    for row in rows:
        measure, is_asked = (row.measure_kind, row.measure_code), row.missing_reason != MissingReason.NOT_EVALUATED
        occasion = (is_asked, row.offset_days, row.occasion_code)
        occasions[measure] = max(occasions.get(measure, occasion), occasion)
    for _, last in sorted({(offset_days, code) for _, offset_days, code in occasions.values()}, reverse=True):
        yield (
            last,
            [
                row
                for row in rows
                if row.occasion_code == last and occasions[row.measure_kind, row.measure_code][2] == last
            ],
        )


def _table(
    code: str,
    name: str,
    occasion_code: str,
    rows: Iterable[ParticipantRow],
    attributes: Mapping[str, str],
    labels: Mapping[str, str],
    printed: Mapping[str, str],
) -> ParticipantTable:
    cells = {
        (row.attribute_code, row.attribute_value, row.measure_kind, row.measure_code, row.value): row for row in rows
    }
    ranks = {
        row_key[:2]: (row.attribute_rank, row.attribute_value_rank, row.attribute_value)
        for row_key, row in cells.items()
    }
    groups = sorted(ranks, key=lambda group: ranks[group])
    return ParticipantTable(
        code,
        name,
        occasion_code,
        tuple(
            ParticipantGroup(attributes.get(attribute, attribute), "" if value == UNKNOWN else value)
            for attribute, value in groups
        ),
        tuple(
            ParticipantLine(
                measure if kind == "outcome" or not value else f"{measure}/{value}",
                measure if kind == "outcome" else "",
                "" if kind == "outcome" else labels.get(measure, measure),
                "" if kind == "outcome" else value,
                tuple(_figure(cells.get((*group, kind, measure, value)), printed) for group in groups),
            )
            for kind, measure, value in _measures(cells.values())
        ),
    )


def _measures(rows: Iterable[ParticipantRow]) -> list[tuple[str, str, str]]:
    """Return the outcomes, then the indicators, each with its values in the order of the codebook."""
    ranks = {(row.measure_kind, row.measure_code, row.value): row.value_rank for row in rows}
    return sorted(ranks, key=lambda one: (one[0] != "outcome", one[1], ranks[one], one[2]))


def _is_shown(row: ParticipantRow, programme: Programme) -> bool:
    """Return whether a row has a share or a mean: of days and texts, only the number of known ones is counted."""
    if row.measure_kind == "outcome":
        return row.measure_code in _OUTCOMES
    indicator = programme.indicator_by_code.get(row.measure_code)
    return indicator is not None and (bool(row.value) or indicator.kind.is_numeric)


def _figure(row: ParticipantRow | None, printed: Mapping[str, str]) -> ParticipantFigure | None:
    if row is None:
        return None
    # Of a group of nobody, nothing is missing.
    return ParticipantFigure(row, printed.get(row.missing_reason or "", "") if row.n_persons != 0 else "")
