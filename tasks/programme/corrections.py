"""Read corrections.csv against the other files: the returns and items that it names, and their values."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from schemas.corrections import Correction, CorrectionLine
from schemas.enums import InstrumentKind
from schemas.errors import Mistake
from schemas.instruments import Instrument, InstrumentVersion
from schemas.programme import Settings
from schemas.programme_tables import CrosswalkLine, Enrolment, Indicator, RecodeLine
from tasks.programme.corrected_values import AskedAnswer, asked_answer
from tasks.programme.declared import Declared, declared_once, indicator_by_code, structures_in, unknown
from tasks.programme.lines import Lines, Located
from tasks.programme.questionnaires import Version
from tasks.programme.spellings import nearest, shown
from tasks.programme.tables import Table
from tasks.questionnaires.questionnaire import Questionnaire
from tasks.questionnaires.response_columns import fields_of

_PARTS = 4
_LISTED = 12
_RESPONSE = re.compile("[1-9][0-9]{0,17}")


@dataclass(frozen=True)
class ProgrammeTables:
    """The other tables of a programme folder, as far as they could be read, and its questionnaires."""

    enrolments: Table[Enrolment]
    indicators: Table[Indicator]
    crosswalk: Table[CrosswalkLine]
    recodes: Table[RecodeLine]
    questionnaires: Mapping[Version, Questionnaire]

    @cached_property
    def indicator_by_code(self) -> dict[str, Indicator]:
        """The indicators by code."""
        return indicator_by_code(self.indicators)

    @cached_property
    def source_values(self) -> dict[str, list[str]]:
        """The values that each recode lists."""
        values: dict[str, list[str]] = {}
        for line in self.recodes:
            values.setdefault(line.value.recode, []).append(line.value.source_value)
        return values

    @cached_property
    def structures(self) -> Declared:
        """The present and former codes of the structures."""
        return structures_in(self.enrolments)

    def crossings(self, instrument_code: str, version: int) -> dict[str, list[CrosswalkLine]]:
        """Return the crosswalk lines of an instrument version, by item."""
        items: dict[str, list[CrosswalkLine]] = {}
        for line in (line.value for line in self.crosswalk):
            if (line.instrument_code, line.version) == (instrument_code, version):
                items.setdefault(line.item, []).append(line)
        return items


@dataclass(frozen=True, slots=True)
class _Return:
    """The return that a line corrects; its instrument version decides how its answers are read."""

    expected_return_id: str
    instrument: Instrument
    version: InstrumentVersion


def read_corrections(
    settings: Settings, tables: ProgrammeTables, lines: Table[CorrectionLine]
) -> tuple[list[Correction], list[Mistake]]:
    """Return the valid corrections, and the mistakes in the lines.

    Args:
        settings: The settings of the programme.
        tables: The other tables.
        lines: The lines of corrections.csv.
    """
    corrections: dict[tuple[str, str], list[Correction]] = {}
    mistakes: list[Mistake] = []
    for line in lines:
        corrected = _return_of(line, settings, tables, mistakes)
        if corrected is None:
            continue
        found = [*_in_respondent(line, corrected.instrument), *_in_item(line, corrected, tables)]
        asked = None if found else _asked(line, corrected, tables)
        if asked is not None:
            correction = _as_read(line, corrected, asked)
            earlier = corrections.setdefault((correction.expected_return_id, correction.item), [])
            found = list(_in_values(line, asked)) or list(_continues(line, asked, correction, earlier))
            earlier.append(correction)
        mistakes += found
    return [one for of_item in corrections.values() for one in _in_order(of_item)], mistakes


def _mistake(line: Located[CorrectionLine], found: str, expected: str, near: str = "") -> Mistake:
    return Mistake(line.file, line.line, found, expected, near)


def _return_of(
    line: Located[CorrectionLine], settings: Settings, tables: ProgrammeTables, mistakes: list[Mistake]
) -> _Return | None:
    """Return the return that a line names; None, with a mistake where it is certain, if there is none."""
    written = line.value.expected_return_id
    if len(parts := written.split("/")) != _PARTS:
        expected = "cohort/structure/occasion/instrument, as essaim status shows it"
        mistakes.append(_mistake(line, f"expected_return_id = {shown(written)}", expected))
        return None
    cohort_code, structure_code, occasion_code, instrument_code = parts
    where = Lines(line.file, {(): line.line})
    cohorts = {cohort.code: cohort for cohort in settings.cohorts}
    instruments = {instrument.code: instrument for instrument in settings.instruments}
    found = [
        *unknown(where, (), "cohort", cohort_code, declared_once(cohort.code for cohort in settings.cohorts)),
        *unknown(where, (), "structure", structure_code, tables.structures),
        *unknown(where, (), "occasion", occasion_code, declared_once(one.code for one in settings.occasions)),
        *unknown(where, (), "instrument", instrument_code, declared_once(one.code for one in settings.instruments)),
    ]
    cohort, instrument = cohorts.get(cohort_code), instruments.get(instrument_code)
    mistakes += found
    if found or cohort is None or instrument is None:
        return None
    enrolled = [one.value for one in tables.enrolments if structure_code in one.value.codes]
    enrolment = next((one for one in enrolled if one.cohort_code == cohort_code), None)
    if enrolment is None:
        if tables.enrolments.is_complete:
            of = f"a cohort of {structure_code} ({', '.join(one.cohort_code for one in enrolled)})"
            mistakes.append(_mistake(line, f"structure {shown(structure_code)} in {cohort_code}", of))
        return None
    version = instrument.version_at(occasion_code)
    if version is None or cohort.innovation not in instrument.innovations:
        listed = f"one at which it is owed ({', '.join(o for v in instrument.versions for o in v.occasions)})"
        found, expected = f"occasion {shown(occasion_code)} of {instrument_code}", listed
        if cohort.innovation not in instrument.innovations:
            owed = [one.code for one in settings.instruments if cohort.innovation in one.innovations]
            found = f"instrument {shown(instrument_code)} of {cohort_code}"
            expected = f"one that it owes ({', '.join(owed)})"
        mistakes.append(_mistake(line, found, expected))
        return None
    return _Return(f"{enrolment.enrolment_id}/{occasion_code}/{instrument_code}", instrument, version)


def _in_respondent(line: Located[CorrectionLine], instrument: Instrument) -> Iterator[Mistake]:
    respondent = line.value.respondent
    if respondent is None:
        if instrument.respondents.several and instrument.kind is InstrumentKind.LIMESURVEY:
            yield _mistake(line, "no respondent", f"the id of the response: several people answer {instrument.code}")
    elif instrument.kind is not InstrumentKind.LIMESURVEY:
        yield _mistake(line, f"respondent = {shown(respondent)}", f"no respondent: {instrument.code} is a workbook")
    elif not _RESPONSE.fullmatch(respondent):
        yield _mistake(line, f"respondent = {shown(respondent)}", "the id of the response in the survey, such as 17")


def _in_item(line: Located[CorrectionLine], corrected: _Return, tables: ProgrammeTables) -> Iterator[Mistake]:
    """Yield a mistake for an item that does not exist, is not mapped, or belongs to rows about people."""
    item, instrument, version = line.value.item, corrected.instrument, corrected.version
    of = f"of version {version.version} of {instrument.code}"
    in_rows = {sheet.item_of(column): sheet.name for sheet in version.sheets for column in sheet.columns}
    mapped = [one for one in tables.crossings(instrument.code, version.version) if one not in in_rows]
    if item in mapped:
        return
    if item in in_rows:
        found = f"item {shown(item)}, of the rows of people in {in_rows[item]}"
        yield _mistake(
            line, found, "an item with one answer per return: rows are corrected in the workbook, sent again"
        )
        return
    asked = {sheet.item_of(field) for sheet in version.sheets for field in sheet.fields}
    questionnaire = tables.questionnaires.get((instrument.code, version.version))
    asked |= set(fields_of(questionnaire)) if questionnaire else set()
    if not tables.crosswalk.is_complete:
        return
    listed = f"{', '.join(mapped[:_LISTED])}{', …' if len(mapped) > _LISTED else ''}"
    if item in asked:
        found = f"item {shown(item)} {of}, which no line of crosswalk.csv maps"
        yield _mistake(line, found, f"one that is mapped ({listed})")
        return
    yield _mistake(line, f"item {shown(item)} {of}", f"one that is mapped ({listed})", nearest(item, mapped))


def _asked(line: Located[CorrectionLine], corrected: _Return, tables: ProgrammeTables) -> AskedAnswer | None:
    """Return how the answers to the item are written; None where a mistake elsewhere hides it."""
    crossings = tables.crossings(corrected.instrument.code, corrected.version.version).get(line.value.item)
    if not crossings:
        return None
    return asked_answer(
        corrected.instrument, corrected.version, crossings[0], tables.indicator_by_code, tables.source_values
    )


def _as_read(line: Located[CorrectionLine], corrected: _Return, asked: AskedAnswer) -> Correction:
    one = line.value
    return Correction(
        expected_return_id=corrected.expected_return_id,
        respondent=one.respondent or "",
        item=one.item,
        rank=1,
        old_value=asked.read(one.old_value).text,
        new_value=asked.read(one.new_value).text,
        reason=one.reason,
        author=one.author,
        line=line.line,
    )


def _in_values(line: Located[CorrectionLine], asked: AskedAnswer) -> Iterator[Mistake]:
    one = line.value
    old, new = asked.read(one.old_value), asked.read(one.new_value)
    for column, written, read in (("old_value", one.old_value, old), ("new_value", one.new_value, new)):
        if read.misreading is not None:
            yield _mistake(line, f"{column} = {shown(written)} of {one.item}", asked.expected(read))
    if old.misreading is not None or new.misreading is not None:
        return
    if expected := asked.refused(new):
        yield _mistake(
            line, f"new_value = {shown(one.new_value)} of {one.item}", expected, nearest(new.text, asked.choices)
        )
    elif asked.key(old.text) == asked.key(new.text):
        found = f"old_value = {shown(one.old_value)} and new_value = {shown(one.new_value)}, which are the same answer"
        yield _mistake(line, found, "another new_value, or no such line")


def _continues(
    line: Located[CorrectionLine], asked: AskedAnswer, correction: Correction, earlier: Sequence[Correction]
) -> Iterator[Mistake]:
    """Yield a mistake for a second correction of an answer, unless it continues from the one before."""
    beside = [one for one in earlier if "" in (one.respondent, correction.respondent)]
    if others := [one for one in beside if one.respondent != correction.respondent]:
        found = f"a correction of response {correction.respondent or others[-1].respondent} and of the only one"
        yield _mistake(line, found, f"the same respondent as on line {others[-1].line}")
        return
    same = [one for one in earlier if one.respondent == correction.respondent]
    if same and asked.key(same[-1].new_value) != asked.key(correction.old_value):
        expected = (
            f"one (on line {same[-1].line}), or old_value {shown(same[-1].new_value)} where it continues from there"
        )
        yield _mistake(line, f"another correction of {line.value.item} of the same return", expected)


def _in_order(corrections: Iterable[Correction]) -> Iterator[Correction]:
    """Yield the corrections of an item with their places among those of the same respondent."""
    ranks: Counter[str] = Counter()
    for one in corrections:
        ranks[one.respondent] += 1
        yield replace(one, rank=ranks[one.respondent])
