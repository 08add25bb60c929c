"""Attribute refused cells that the form itself accepts to the programme: their sender followed the form."""

from collections.abc import Iterable
from dataclasses import replace
from gettext import NullTranslations

from schemas.enums import ResolvedBy, Severity
from schemas.expectations import IsOneOf, IsText, IsWithin
from schemas.programme import Programme
from tasks.records import Answer, Finding, ReturnVersion
from tasks.workbooks.assigning import CHANGED_LAYOUT, version_due
from tasks.workbooks.sheet_fields import SheetField, layouts_of


def attribute_to_programme(received: ReturnVersion, programme: Programme, language: NullTranslations) -> ReturnVersion:
    """Mark the errors of a checked workbook that its sender cannot resolve.

    These are all errors of a workbook that was made for another version of the instrument, and the answers that the
    form accepts and codebook or crosswalk refuse.

    Args:
        received: The checked return.
        programme: The programme.
        language: The language of the findings.
    """
    if any(finding.check_name == CHANGED_LAYOUT for finding in received.findings):
        findings = tuple(replace(finding, resolved_by=ResolvedBy.PROGRAMME) for finding in received.findings)
        return replace(received, findings=findings)
    version = version_due(programme, received.expected_return_id)
    if version is None or not received.is_quarantined:
        return received
    fields = {
        field.item: field
        for layout in layouts_of(programme, received.instrument_code, version)
        for field in layout.fields
    }
    recodes = {line.item: line.recode for line in programme.crosswalk_of(received.instrument_code, version.version)}
    answers = {answer.item: answer for answer in received.answers}
    findings = tuple(_explained(finding, fields, recodes, answers, language) for finding in received.findings)
    return replace(received, findings=findings)


def _explained(
    finding: Finding,
    fields: dict[str, SheetField],
    recodes: dict[str, str | None],
    answers: dict[str, Answer],
    language: NullTranslations,
) -> Finding:
    field, answer = fields.get(finding.item), answers.get(finding.item)
    if field is None or answer is None or finding.severity is not Severity.ERROR:
        return finding
    _ = language.gettext
    match finding.check_name:
        case IsOneOf.__name__ if answer.value_text in field.choices and recodes.get(finding.item):
            # The choices are those of the programme folder, so they name nobody.
            found = _("the choice “{value}” of the form").format(value=answer.value_text)
            expected = _("a line for “{value}” in recodes.csv, recode {recode}: the crosswalk lacks it").format(
                value=answer.value_text, recode=recodes[finding.item]
            )
        case IsOneOf.__name__ if answer.value_text in field.choices:
            found = _("the choice “{value}” of the form").format(value=answer.value_text)
            expected = _("“{value}” among the allowed values of the indicator in codebook.csv").format(
                value=answer.value_text
            )
        case IsWithin.__name__ if _is_within(answer.value_text, field):
            found = finding.found
            expected = _("limits of the indicator in codebook.csv as wide as those of the form")
        case IsText.__name__:
            found = finding.found
            expected = _("a kind of the indicator in codebook.csv that is the kind of the form")
        case _:
            return finding
    return replace(finding, found=found, expected=expected, resolved_by=ResolvedBy.PROGRAMME)


def _is_within(text: str | None, field: SheetField) -> bool:
    try:
        number = float((text or "").replace(",", "."))
    except ValueError:
        return False
    return (field.minimum is None or number >= field.minimum) and (field.maximum is None or number <= field.maximum)


def for_sender(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings that the sender of a workbook can resolve."""
    return tuple(finding for finding in findings if finding.resolved_by is ResolvedBy.SENDER)
