"""Read a programme folder, and report all its mistakes at once, each with its file and line."""

import contextlib
import copy
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from schemas.errors import Mistake, ProgrammeError, UsageError
from schemas.programme import Programme, Settings
from schemas.programme_tables import CrosswalkLine, Enrolment, Indicator, PublishedFigure, RecodeLine
from tasks.programme.figures import check_figures
from tasks.programme.lines import Lines, read_yaml, sentence, unknown_key
from tasks.programme.participants import check_participants
from tasks.programme.questionnaires import (
    Version,
    check_against_questionnaires,
    questionnaire_texts,
    read_questionnaires,
)
from tasks.programme.recoding import check_recoding
from tasks.programme.references import check_references
from tasks.programme.tables import read_table, text_of
from tasks.questionnaires.elements import questionnaire_of
from tasks.questionnaires.questionnaire import Questionnaire

SETTINGS_FILE = "programme.yaml"
TABLE_FILES: dict[str, type[BaseModel]] = {
    "structures.csv": Enrolment,
    "codebook.csv": Indicator,
    "crosswalk.csv": CrosswalkLine,
    "recodes.csv": RecodeLine,
}
PUBLISHED_FILE = "published.csv"
"""The only table that a folder may omit."""


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
        raise UsageError(
            f"{folder} is not a programme folder: it has no {SETTINGS_FILE}. "
            "Name one with --programme DIR or ESSAIM_PROGRAMME, or write one with essaim init DIR or essaim demo DIR."
        )
    mistakes: list[Mistake] = []
    optional = (PUBLISHED_FILE,) if (folder / PUBLISHED_FILE).exists() else ()
    contents = {name: text_of(folder / name, name, mistakes) for name in (SETTINGS_FILE, *TABLE_FILES, *optional)}
    settings, settings_lines = _settings(contents[SETTINGS_FILE], mistakes)
    enrolments = read_table("structures.csv", Enrolment, contents["structures.csv"], mistakes)
    indicators = read_table("codebook.csv", Indicator, contents["codebook.csv"], mistakes)
    crosswalk = read_table("crosswalk.csv", CrosswalkLine, contents["crosswalk.csv"], mistakes)
    recodes = read_table("recodes.csv", RecodeLine, contents["recodes.csv"], mistakes)
    published = read_table(PUBLISHED_FILE, PublishedFigure, contents.get(PUBLISHED_FILE, ""), mistakes)
    questionnaire_contents = questionnaire_texts(folder, mistakes) | dict(renewed or {})
    questionnaires = read_questionnaires(questionnaire_contents, settings, mistakes)
    if settings is not None:
        lines = Lines(SETTINGS_FILE, settings_lines)
        mistakes += check_references(settings, lines, enrolments, indicators, crosswalk, recodes)
        mistakes += check_figures(settings, lines, indicators, published)
        mistakes += check_participants(settings, lines, indicators, crosswalk)
        known: dict[Version, Questionnaire] = {}
        if against_questionnaires:
            known = {version: questionnaire_of(elements) for version, elements in questionnaires.items()}
            mistakes += check_against_questionnaires(settings, lines, known, crosswalk)
        mistakes += check_recoding(settings, known, indicators, crosswalk, recodes)
    if mistakes or settings is None:
        raise ProgrammeError(mistakes)
    return Programme(
        version=_version(contents | questionnaire_contents),
        settings=settings,
        enrolments=[line.value for line in enrolments],
        indicators=[line.value for line in indicators],
        crosswalk=[line.value for line in crosswalk],
        recodes=[line.value for line in recodes],
        published=[line.value for line in published],
        questionnaires=questionnaires,
    )


def _version(contents: dict[str, str]) -> str:
    digest = hashlib.sha256()
    for name, content in sorted(contents.items()):
        digest.update(f"{name}\0{content}\0".encode())
    return digest.hexdigest()


def _settings(content: str, mistakes: list[Mistake]) -> tuple[Settings | None, dict[tuple[str | int, ...], int]]:
    if not content:
        return None, {}
    data, lines, yaml_mistakes = read_yaml(SETTINGS_FILE, content)
    mistakes += yaml_mistakes
    if yaml_mistakes:
        return None, lines
    try:
        return Settings.model_validate(data), lines
    except ValidationError as error:
        where = Lines(SETTINGS_FILE, lines)
        problems = [
            (problem, unknown_key(where, Settings, problem) if _is_unknown_key(problem) else sentence(where, problem))
            for problem in error.errors()
        ]
        mistakes += [mistake for _, mistake in problems]
    # Where a guess at the intended spelling is valid, the files can be checked against each other all the same.
    with contextlib.suppress(ValidationError, LookupError, TypeError):
        return Settings.model_validate(_with_corrections(data, problems)), lines
    return None, lines


def _is_unknown_key(problem: ErrorDetails) -> bool:
    return problem["type"] == "extra_forbidden"


def _with_corrections(data: object, problems: Sequence[tuple[ErrorDetails, Mistake]]) -> object:
    """Return the settings with each misspelling replaced by the nearest valid spelling."""
    corrected = copy.deepcopy(data)
    for problem, mistake in problems:
        *parents, last = problem["loc"]
        place: Any = corrected
        for part in parents:
            place = place[part]
        if _is_unknown_key(problem):
            value = place.pop(last)
            if mistake.nearest:
                place.setdefault(mistake.nearest, value)
        elif mistake.nearest:
            place[last] = mistake.nearest
    return corrected
