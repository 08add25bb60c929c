"""Check what says in a return that there is nothing to report, and which indicators are zero then."""

from collections.abc import Iterator, Mapping

from schemas.enums import InstrumentKind, Level
from schemas.errors import Mistake
from schemas.instruments import Instrument
from schemas.layouts import AskedField
from schemas.programme import Settings
from schemas.programme_tables import Indicator
from tasks.programme.declared import unknown
from tasks.programme.lines import Lines, Path
from tasks.programme.spellings import nearest, shown
from tasks.programme.tables import Table
from tasks.questionnaires.questionnaire import Questionnaire
from tasks.questionnaires.response_columns import fields_of


def check_nothing_to_report(settings: Settings, lines: Lines, indicators: Table[Indicator]) -> Iterator[Mistake]:
    """Yield the mistakes in `nothing_to_report` of the instruments, and in `zero_if_nothing` of the codebook."""
    for i, instrument in enumerate(settings.instruments):
        if instrument.kind is InstrumentKind.WORKBOOK:
            yield from _in_workbook(lines, ("instruments", i, "nothing_to_report"), instrument)
    for line in indicators:
        if expected := _not_zero(line.value):
            found = f"zero_if_nothing of {line.value.indicator_code}"
            yield Mistake(line.file, line.line, found, expected)


def _in_workbook(lines: Lines, path: Path, instrument: Instrument) -> Iterator[Mistake]:
    declared = instrument.nothing_to_report
    if declared is None or declared.item is None:
        return
    fields: dict[str, list[AskedField]] = {}
    for version in instrument.versions:
        for sheet in version.sheets:
            for field in sheet.items:
                fields.setdefault(sheet.item_of(field), []).append(field)
    of = f"of {instrument.code}"
    yield from unknown(lines, (*path, "item"), "item", declared.item, fields, of)
    for version_field in fields.get(declared.item, ()):
        choices = version_field.allowed_values
        for j, value in enumerate(declared.values if choices else ()):
            if value not in choices:
                found = f"{shown(value)}, an answer to {declared.item}"
                expected = f"one of its allowed_values ({', '.join(choices)})"
                near = nearest(value, choices)
                yield Mistake(lines.file, lines.of((*path, "values", j)), found, expected, near)


def _not_zero(indicator: Indicator) -> str:
    """Return what is expected instead of `zero_if_nothing`; empty where it makes sense."""
    if not indicator.zero_if_nothing:
        return ""
    if not indicator.kind.is_numeric:
        return f"zero_if_nothing of a count or a number only: a {indicator.kind} has no zero"
    if indicator.level is not Level.STRUCTURE:
        return "zero_if_nothing of an indicator of level structure: a table without rows lists nobody"
    if indicator.minimum is not None and indicator.minimum > 0:
        return f"a minimum of at most 0, or no zero_if_nothing: its minimum is {indicator.minimum:g}"
    if indicator.maximum is not None and indicator.maximum < 0:
        return f"a maximum of at least 0, or no zero_if_nothing: its maximum is {indicator.maximum:g}"
    return ""


def check_nothing_against_questionnaires(
    settings: Settings, lines: Lines, questionnaires: Mapping[tuple[str, int], Questionnaire]
) -> Iterator[Mistake]:
    """Yield the questions of `nothing_to_report` that no questionnaire of the instrument asks.

    Where a version of the survey has no questionnaire, it may ask the question.
    """
    for i, instrument in enumerate(settings.instruments):
        declared = instrument.nothing_to_report
        versions = [(instrument.code, version.version) for version in instrument.versions]
        if declared is None or declared.item is None or not all(version in questionnaires for version in versions):
            continue
        fields = {heading for version in versions for heading in fields_of(questionnaires[version])}
        if declared.item not in fields:
            where = lines.of(("instruments", i, "nothing_to_report", "item"))
            found, expected = f"item {shown(declared.item)}", f"a question of {instrument.code}"
            yield Mistake(lines.file, where, found, expected, nearest(declared.item, fields))
