"""Read a programme folder, and report all its mistakes at once, each with its file and line."""

import contextlib
import copy
import hashlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from schemas.attributes import AttributeLine, AttributeValue
from schemas.corrections import Correction, CorrectionLine
from schemas.errors import Mistake, ProgrammeError, UsageError
from schemas.programme import Programme, Settings
from schemas.programme_tables import CrosswalkLine, Enrolment, Indicator, PrintedIn, PublishedFigure, RecodeLine
from schemas.settings import ProjectPaths
from schemas.targets import Target
from tasks.i18n import language
from tasks.programme.attributes import read_attributes
from tasks.programme.corrections import ProgrammeTables, read_corrections
from tasks.programme.figures import check_figures
from tasks.programme.files import file_of, instead_of, misplaced, text_of
from tasks.programme.inheriting import with_inherited
from tasks.programme.lines import Lines
from tasks.programme.lines import Path as Loc
from tasks.programme.own_expectations import FOLDER as EXPECTATIONS
from tasks.programme.own_expectations import expectation_texts, read_expectations
from tasks.programme.participants import check_participants
from tasks.programme.places import name_of, path_in, value_at
from tasks.programme.questionnaires import FOLDER as QUESTIONNAIRES
from tasks.programme.questionnaires import (
    Version,
    check_against_questionnaires,
    questionnaire_texts,
    read_questionnaires,
)
from tasks.programme.recoding import check_recoding
from tasks.programme.references import check_references
from tasks.programme.table_files import text_of_table
from tasks.programme.tables import header_of, read_table
from tasks.programme.targets import check_targets
from tasks.programme.words import KEEP, Worded, sentence, unknown_key
from tasks.programme.yaml_text import read_yaml
from tasks.questionnaires.elements import questionnaire_of
from tasks.questionnaires.questionnaire import Questionnaire

SETTINGS_FILE = "programme.yaml"
TABLE_FILES: dict[str, type[BaseModel]] = {
    "structures.csv": Enrolment,
    "codebook.csv": Indicator,
    "crosswalk.csv": CrosswalkLine,
}
"""The tables that each folder has."""
RECODES_FILE = "recodes.csv"
PUBLISHED_FILE = "published.csv"
CORRECTIONS_FILE = "corrections.csv"
ATTRIBUTES_FILE = "attributes.csv"
TARGETS_FILE = "targets.csv"
OPTIONAL_FILES: dict[str, type[BaseModel]] = {
    RECODES_FILE: RecodeLine,
    ATTRIBUTES_FILE: AttributeLine,
    PUBLISHED_FILE: PublishedFigure,
    CORRECTIONS_FILE: CorrectionLine,
    TARGETS_FILE: Target,
}
"""The tables that a folder may omit."""
_FIRST_LINES = "its lines, such as programme: my_programme (essaim init DIR writes a file to fill in)"


def read_programme(
    folder: Path, *, against_questionnaires: bool = True, renewed: Mapping[str, str] | None = None
) -> Programme:
    """Read and check a programme folder.

    Args:
        folder: The folder.
        against_questionnaires: Check the crosswalk against the questionnaires in the folder. False where they are
            about to be replaced.
        renewed: New contents of questionnaire files, by name, to read instead of the files.

    Raises:
        UsageError: The folder is not a programme folder.
        ProgrammeError: The folder has mistakes. The error lists them all.
    """
    if not (folder / SETTINGS_FILE).is_file():
        raise UsageError(_no_settings(folder))
    mistakes = list(misplaced(folder, (*OPTIONAL_FILES, QUESTIONNAIRES, EXPECTATIONS)))
    contents = {SETTINGS_FILE: text_of(folder / SETTINGS_FILE, SETTINGS_FILE, mistakes, starts_with=_FIRST_LINES)}
    contents |= {name: _table_text(folder, name, model, mistakes) for name, model in TABLE_FILES.items()}
    for name, model in OPTIONAL_FILES.items():
        if file_of(folder, name).exists():
            contents[name] = _table_text(folder, name, model, mistakes)
    names = {name: file_of(folder, name).name for name in (*TABLE_FILES, *OPTIONAL_FILES)}
    read = _settings(contents[SETTINGS_FILE], mistakes)
    settings = read.settings
    enrolments = read_table(names["structures.csv"], Enrolment, contents["structures.csv"], mistakes)
    indicators = read_table(names["codebook.csv"], Indicator, contents["codebook.csv"], mistakes)
    crosswalk = read_table(
        names["crosswalk.csv"], CrosswalkLine, contents["crosswalk.csv"], mistakes, several="version"
    )
    # Without the file there is no recode. Of one that cannot be read, or has another name, none is known.
    of_recodes = contents.get(RECODES_FILE, "" if instead_of(folder, RECODES_FILE) else header_of(RecodeLine))
    recodes = read_table(names[RECODES_FILE], RecodeLine, of_recodes, mistakes)
    printed_in = PrintedIn(read.locale)
    published = read_table(
        names[PUBLISHED_FILE], PublishedFigure, contents.get(PUBLISHED_FILE, ""), mistakes, context=printed_in
    )
    targets = read_table(names[TARGETS_FILE], Target, contents.get(TARGETS_FILE, ""), mistakes, context=printed_in)
    corrected = read_table(names[CORRECTIONS_FILE], CorrectionLine, contents.get(CORRECTIONS_FILE, ""), mistakes)
    # Its columns are known where the settings are.
    declared = [attribute.code for attribute in settings.attributes] if settings is not None else []
    attributes = contents.get(ATTRIBUTES_FILE, "") if settings is not None else ""
    attribute_lines = read_table(names[ATTRIBUTES_FILE], AttributeLine, attributes, mistakes, more_columns=declared)
    attribute_values: list[AttributeValue] = []
    corrections: list[Correction] = []
    questionnaire_contents = questionnaire_texts(folder, mistakes) | dict(renewed or {})
    questionnaires = read_questionnaires(questionnaire_contents, settings, crosswalk, mistakes)
    expectation_contents = expectation_texts(folder, mistakes)
    own_expectations = read_expectations(expectation_contents, settings, crosswalk, mistakes)
    if settings is not None:
        attribute_values, found = read_attributes(settings, read.lines, enrolments, attribute_lines)
        found += check_references(settings, read.lines, enrolments, indicators, crosswalk, recodes, attribute_values)
        found += check_figures(settings, read.lines, indicators, published)
        found += check_targets(settings, indicators, crosswalk, targets)
        found += check_participants(settings, read.lines, indicators, crosswalk)
        known: dict[Version, Questionnaire] = {}
        if against_questionnaires:
            known = {version: questionnaire_of(elements) for version, elements in questionnaires.items()}
            found += check_against_questionnaires(settings, read.lines, known, crosswalk)
        found += check_recoding(settings, known, indicators, crosswalk, recodes)
        tables = ProgrammeTables(enrolments, indicators, crosswalk, recodes, known)
        corrections, wrong_corrections = read_corrections(settings, tables, corrected)
        found += wrong_corrections
        # Another mistake on a line of programme.yaml that has one may be that of the value it was corrected to.
        wrong = {(mistake.file, mistake.line) for mistake in mistakes if mistake.file == SETTINGS_FILE}
        mistakes += [mistake for mistake in found if (mistake.file, mistake.line) not in wrong]
    if mistakes or settings is None:
        # A line of the crosswalk for several versions has the same mistake in each.
        raise ProgrammeError(list(dict.fromkeys(mistakes)))
    return Programme(
        version=_version(contents | questionnaire_contents | expectation_contents),
        settings=_named(settings, folder),
        enrolments=[line.value for line in enrolments],
        indicators=[line.value for line in indicators],
        crosswalk=[line.value for line in crosswalk],
        recodes=[line.value for line in recodes],
        published=[line.value for line in published],
        corrections=corrections,
        attribute_values=attribute_values,
        targets=[line.value for line in targets],
        questionnaires=questionnaires,
        own_expectations=own_expectations,
    )


def _named(settings: Settings, folder: Path) -> Settings:
    """Return settings whose name says that answers are invented, where they are: mails and reports show the name."""
    if not ProjectPaths(folder).invented.exists():
        return settings
    _ = language(settings.locale).gettext
    return settings.model_copy(update={"name": _("{name}: invented answers").format(name=settings.name)})


def _no_settings(folder: Path) -> str:
    if other := instead_of(folder, SETTINGS_FILE):
        return f"{folder} has a file {other}, and no {SETTINGS_FILE}. Rename {other} to {SETTINGS_FILE}."
    if below := sorted(path.parent for path in folder.glob(f"*/{SETTINGS_FILE}")):
        return f"{folder} is not a programme folder, but {below[0]} is: it has a {SETTINGS_FILE}. Name that one."
    return (
        f"{folder} is not a programme folder: it has no {SETTINGS_FILE}. "
        "Name one with --programme DIR or ESSAIM_PROGRAMME, or write one with essaim init DIR or essaim demo DIR."
    )


def _table_text(folder: Path, name: str, model: type[BaseModel], mistakes: list[Mistake]) -> str:
    return text_of_table(folder, name, mistakes, starts_with=f"its first line: {header_of(model)}")


def _version(contents: dict[str, str]) -> str:
    digest = hashlib.sha256()
    for name, content in sorted(contents.items()):
        digest.update(f"{name}\0{content}\0".encode())
    return digest.hexdigest()


@dataclass(frozen=True, slots=True)
class _Settings:
    """The contents of programme.yaml.

    Attributes:
        settings: The settings, with each mistake whose correction is certain put right; None if others are in them.
        lines: The line of each value.
        locale: The locale of the programme, also where the settings have mistakes; None if it cannot be known.
    """

    settings: Settings | None
    lines: Lines
    locale: str | None


def _settings(content: str, mistakes: list[Mistake]) -> _Settings:
    nothing = _Settings(None, Lines(SETTINGS_FILE), None)
    if not content:
        return nothing
    text, taken_over = with_inherited(read_yaml(SETTINGS_FILE, content))
    mistakes += text.mistakes
    if text.data is None:
        return nothing
    if not isinstance(text.data, dict) or not text.data:
        mistakes.append(Mistake(SETTINGS_FILE, 1, "none of the lines of a programme", _FIRST_LINES))
        return nothing
    lines, data = text.lines, text.data
    mistakes += [
        Mistake(SETTINGS_FILE, lines.of(path), f"{name_of(data, path)} = {lines.typed[path]}", _of_unclear(data, path))
        for path in sorted(text.unclear, key=str)
        if not _is_within(path, taken_over)
    ]
    problems: list[_Problem] = []
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        # A mistake in what is taken over from another version is reported there.
        problems = [
            problem
            for problem in _problems(lines, error, text.unclear)
            if not _is_within(path_in(problem.details["loc"]), taken_over)
        ]
        mistakes += [problem.worded.mistake for problem in problems]
        settings = None
    # Where a guess at what was meant is valid, the files can be checked against each other all the same.
    if problems:
        with contextlib.suppress(ValidationError, LookupError, TypeError, AttributeError):
            settings = Settings.model_validate(_with_corrections(data, problems))
    locale = cast("dict[str, object]", data).get("locale", "fr")
    return _Settings(settings, lines, locale if isinstance(locale, str) and locale in ("fr", "en") else None)


def _is_within(path: Loc, places: Collection[Loc]) -> bool:
    return any(path[:length] in places for length in range(len(path) + 1))


def _of_unclear(data: object, path: Loc) -> str:
    typed = str(value_at(data, path))
    plain = typed.lstrip("0") or "0"
    key = next((part for part in reversed(path) if isinstance(part, str)), "")
    field = _model_at(Settings, path[: len(path) - 1 - path[::-1].index(key)]).model_fields.get(key) if key else None
    if field is not None and _is_text(field.annotation):
        return f'a text in quotes, as {typed} alone is a number: write "{typed}"'
    return f"a number without a zero before it: write {plain}" if plain.isdecimal() else "a number in decimal digits"


def _is_text(annotation: Any) -> bool:
    return annotation is str or any(map(_is_text, get_args(annotation)))


@dataclass(frozen=True, slots=True)
class _Problem:
    details: ErrorDetails
    worded: Worded


def _problems(lines: Lines, error: ValidationError, unclear: Collection[Loc]) -> Iterator[_Problem]:
    """Yield the causes: a key that is there under another spelling is not missing."""
    details = [problem for problem in error.errors() if path_in(problem["loc"]) not in unclear]
    meant: set[Loc] = set()
    explained: set[Loc] = set()
    for problem in filter(_is_unknown_key, details):
        known = _model_at(Settings, problem["loc"][:-1]).model_fields
        fields = [field.alias or name for name, field in known.items()]
        worded = unknown_key(lines, fields, problem["loc"])
        meant.add((*problem["loc"][:-1], worded.field))
        explained |= {worded.explains} - {()}
        yield _Problem(problem, worded)
    for problem in details:
        is_explained = path_in(problem["loc"]) in explained
        is_there = problem["type"] == "missing" and problem["loc"] in meant
        if not _is_unknown_key(problem) and not is_explained and not is_there:
            yield _Problem(problem, sentence(lines, problem))


def _model_at(model: type[BaseModel], loc: Sequence[str | int]) -> type[BaseModel]:
    for part in loc:
        if isinstance(part, str) and part in model.model_fields:
            model = _model_in(model.model_fields[part].annotation) or model
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for argument in get_args(annotation) if (found := _model_in(argument))), None)


def _is_unknown_key(problem: ErrorDetails) -> bool:
    return problem["type"] == "extra_forbidden"


def _with_corrections(data: object, problems: Sequence[_Problem]) -> object:
    """Return the settings with each value replaced by the one that was certainly meant."""
    corrected = copy.deepcopy(data)
    for problem in problems:
        *parents, last = path_in(problem.details["loc"])
        place: Any = value_at(corrected, tuple(parents))
        if _is_unknown_key(problem.details):
            place.setdefault(problem.worded.field or last, place.pop(last))
        elif problem.worded.correction is not KEEP:
            place[last] = problem.worded.correction
    return corrected
