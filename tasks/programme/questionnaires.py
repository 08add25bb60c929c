"""Read and check the questionnaires that the crosswalk was written for, all of them optional.

They are the files `questionnaires/<instrument>-<version>.csv`, which `essaim drift --accept` writes. They list all
items that a crosswalk can map.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from schemas.enums import ElementKind, InstrumentKind
from schemas.errors import Mistake
from schemas.programme import Programme, Settings
from schemas.programme_tables import CrosswalkLine
from schemas.questionnaire import Element
from tasks.programme.files import texts_of
from tasks.programme.lines import Lines, Located
from tasks.programme.nothing_to_report import check_nothing_against_questionnaires
from tasks.programme.spellings import nearest, shown
from tasks.programme.tables import Table, header_of, read_table
from tasks.questionnaires.elements import questionnaire_of
from tasks.questionnaires.questionnaire import Questionnaire
from tasks.questionnaires.response_columns import fields_of
from tasks.questionnaires.unclear_codes import ANOTHER_CODE, RESERVED, reserved_codes

FOLDER = "questionnaires"

Version = tuple[str, int]
"""An instrument's code and the number of one of its versions."""


def questionnaire_file(instrument_code: str, version: int) -> str:
    """Return the path of the questionnaire of an instrument version, relative to the programme folder."""
    return f"{FOLDER}/{instrument_code}-{version}.csv"


def questionnaire_texts(folder: Path, mistakes: list[Mistake]) -> dict[str, str]:
    """Read the contents of the questionnaire files.

    Args:
        folder: The programme folder.
        mistakes: The list to which mistakes are appended.

    Returns:
        Contents by path relative to the programme folder; empty without a folder `questionnaires`.
    """
    expected = "a folder with a file for each version of a survey"
    starts_with = f"its first line: {header_of(Element)}"
    return texts_of(folder, FOLDER, ".csv", mistakes, expected=expected, starts_with=starts_with)


def read_questionnaires(
    texts: Mapping[str, str], settings: Settings | None, crosswalk: Table[CrosswalkLine], mistakes: list[Mistake]
) -> dict[Version, tuple[Element, ...]]:
    """Parse questionnaire files.

    Args:
        texts: Contents by path relative to the programme folder.
        settings: The programme's settings, which name the expected files; None if they could not be read.
        crosswalk: The crosswalk, where a version that no instrument has is reported.
        mistakes: The list to which mistakes are appended.

    Returns:
        The elements of the questionnaires without mistakes, by instrument and version.
    """
    files = _files(settings) if settings is not None else {}
    declared = (
        {(i.code, v.version) for i in settings.instruments for v in i.versions} if settings is not None else set()
    )
    crossed = {(line.value.instrument_code, line.value.version) for line in crosswalk} - declared
    reported = {questionnaire_file(*version) for version in crossed}
    read: dict[Version, tuple[Element, ...]] = {}
    for name, text in texts.items():
        if settings is not None and name not in files and name not in reported:
            found = "a questionnaire of no instrument version"
            expected = f"one of {', '.join(files)}" if files else "none, for no instrument is a limesurvey survey"
            mistakes.append(Mistake(name, 0, found, expected, nearest(name, files)))
        before = len(mistakes)
        # Essaim writes it, with whatever letters the survey server holds.
        located = read_table(name, Element, text, mistakes, is_typed=False)
        if text and len(mistakes) == before:
            mistakes.extend(_among_rows(name, located))
        if text and len(mistakes) == before:
            mistakes.extend(_reserved(name, located))
        if text and len(mistakes) == before and name in files:
            read[files[name]] = tuple(line.value for line in located)
    return read


def check_against_questionnaires(
    settings: Settings,
    lines: Lines,
    questionnaires: Mapping[Version, Questionnaire],
    crosswalk: Table[CrosswalkLine],
) -> Iterator[Mistake]:
    """Yield the crosswalk lines whose item does not exist, and the identifiers that are not questions."""
    fields = {version: fields_of(questionnaire) for version, questionnaire in questionnaires.items()}
    for line in crosswalk:
        crossing = line.value
        version = (crossing.instrument_code, crossing.version)
        if version in fields and crossing.item not in fields[version]:
            yield Mistake(
                line.file, line.line, f"item {shown(crossing.item)}",
                f"a field of {questionnaire_file(*version)} (essaim drift --accept saves the live questionnaire)",
                nearest(crossing.item, fields[version]),
            )  # fmt: skip
    yield from _identifiers(settings, lines, questionnaires)
    yield from check_nothing_against_questionnaires(settings, lines, questionnaires)


def baseline_of(programme: Programme, instrument_code: str, version: int) -> Questionnaire | None:
    """Return the questionnaire that the crosswalk of an instrument version was written for; None without a file."""
    elements = programme.questionnaires.get((instrument_code, version))
    return questionnaire_of(elements) if elements else None


def _files(settings: Settings) -> dict[str, Version]:
    return {
        questionnaire_file(instrument.code, version.version): (instrument.code, version.version)
        for instrument in settings.instruments
        if instrument.kind is InstrumentKind.LIMESURVEY
        for version in instrument.versions
    }


def _among_rows(name: str, located: Sequence[Located[Element]]) -> Iterator[Mistake]:
    heads = {x.value.question_code: x.value for x in located if x.value.element is ElementKind.QUESTION}
    languages = {line.value.language for line in located}
    first: dict[object, int] = {}
    translated: dict[tuple[object, ...], set[str]] = {}
    places: dict[tuple[object, ...], int] = {}
    if not located:
        yield Mistake(name, 0, "no question", "a line for each question, subquestion and option")
    for line in located:
        row = line.value
        thing = (row.element, row.question_code, row.code, row.scale)
        if (thing, row.language) in first:
            where = f"it once (it stands at line {first[thing, row.language]})"
            yield Mistake(name, line.line, f"the same {row.element} in the same language again", where)
        first.setdefault((thing, row.language), line.line)
        translated.setdefault(thing, set()).add(row.language)
        places.setdefault(thing, line.line)
        yield from (Mistake(name, line.line, found, expected, near) for found, expected, near in _in_row(row, heads))
    for thing, present in translated.items():
        if present != languages:
            missing = ", ".join(shown(language) for language in sorted(languages - present))
            yield Mistake(name, places[thing], f"no line for it in {missing}", "a line in each language of the file")


def _reserved(name: str, located: Sequence[Located[Element]]) -> Iterator[Mistake]:
    """Yield the questions whose code is that of a column of the export: a collection refuses their survey."""
    first = {line.value.question_code: line.line for line in reversed(located)}
    for code in reserved_codes(questionnaire_of(line.value for line in located)):
        yield Mistake(name, first[code], f"a question with the code {shown(code)}, {RESERVED}", ANOTHER_CODE)


def _in_row(row: Element, heads: Mapping[str, Element]) -> Iterator[tuple[str, str, str]]:
    if not row.question_code or not row.letter or not row.language:
        yield "a line without question_code, letter or language", "all three", ""
    if row.scale not in (0, 1):
        yield f"scale {row.scale}", "0 or 1", ""
    if (row.element is ElementKind.QUESTION) == bool(row.code):
        expected = "none for a question" if row.code else f"the code of the {row.element}"
        yield f"code {shown(row.code)}", expected, ""
    head = heads.get(row.question_code)
    if head is None:
        found = f"the {row.element} of {shown(row.question_code)}"
        yield found, "a question that has a line of its own", nearest(row.question_code, heads)
    elif (row.letter, row.has_other) != (head.letter, head.has_other):
        expected = f"letter {head.letter} and has_other {str(head.has_other).lower()}, as its question has"
        yield f"letter {row.letter} and has_other {str(row.has_other).lower()}", expected, ""


def _identifiers(
    settings: Settings, lines: Lines, questionnaires: Mapping[Version, Questionnaire]
) -> Iterator[Mistake]:
    """Yield the identifiers that are not questions, for instruments of which every version has a questionnaire.

    A misspelt identifier would let answers that name people into the warehouse.
    """
    for i, instrument in enumerate(settings.instruments):
        versions = [(instrument.code, version.version) for version in instrument.versions]
        if not all(version in questionnaires for version in versions):
            continue
        questions = {question.code for version in versions for question in questionnaires[version].questions}
        for j, code in enumerate(instrument.identifiers):
            if code not in questions:
                where = lines.of(("instruments", i, "identifiers", j))
                found = f"the identifier {shown(code)}"
                yield Mistake(lines.file, where, found, "a question of this instrument", nearest(code, questions))
