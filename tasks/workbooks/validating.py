"""Validate workbooks after they are read: every rule of the programme, and who can resolve what breaks it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from gettext import NullTranslations

from schemas.enums import Severity
from schemas.programme import Programme
from schemas.tables import Row
from tasks.records import Finding, ReturnVersion
from tasks.schedule.expected_returns import day_of
from tasks.validation.counts import Validated
from tasks.validation.nothing_to_report import settled
from tasks.validation.successions import ANSWERED_BY_HEIR, answered_by_heir
from tasks.validation.validate import check_returns
from tasks.workbooks.offered import attribute_to_programme
from tasks.workbooks.templates import numbers_before
from warehouse.last_values import Values


def validated(
    returns: Sequence[ReturnVersion],
    programme: Programme,
    words: NullTranslations,
    plan: Mapping[str, Row],
    values: Values,
    counted: list[Validated],
) -> tuple[ReturnVersion, ...]:
    """Validate workbooks against their questionnaires, the codebook and the numbers reported before.

    Args:
        returns: The workbooks.
        programme: The programme.
        words: The language of the findings.
        plan: The latest plan row of each expected return, by id.
        values: The reported values.
        counted: The list to add the counts of the checks to.
    """
    before = {r.expected_return_id: numbers_before(programme, r.expected_return_id, values) for r in returns}
    due = {id_: day_of(plan[id_], "due_on") for id_ in before if id_ in plan}
    ended = answered_by_heir(due, programme, words)
    checked = check_returns(returns, programme, words, before, counted)
    attributed = (attribute_to_programme(settled(received, programme, words), programme, words) for received in checked)
    return tuple(_warned(received, ended) for received in attributed)


def _warned(received: ReturnVersion, ended: Mapping[str, tuple[str, str]]) -> ReturnVersion:
    """Return a workbook with a warning if another enrolment answers for its return."""
    if received.expected_return_id not in ended:
        return received
    words = ended[received.expected_return_id]
    finding = Finding("", received.expected_return_id, ANSWERED_BY_HEIR, Severity.WARNING, *words)
    return replace(received, findings=(*received.findings, finding))
