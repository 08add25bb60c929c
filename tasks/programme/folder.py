"""Reads a programme folder. All of its mistakes are reported at once, each with its file and line."""

import contextlib
import copy
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from schemas.errors import Mistake, ProgrammeError, UsageError
from schemas.programme import CrosswalkLine, Enrolment, Indicator, Programme, PublishedFigure, RecodeLine, Settings
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
"""The one table that a folder may do without."""


def read_programme(
    folder: Path, *, against_questionnaires: bool = True, renewed: Mapping[str, str] | None = None
) -> Programme:
    """Read and check a programme folder.

    Without `against_questionnaires`, the crosswalk need not fit the questionnaires that the folder holds: somebody is
    about to renew them. `renewed` are contents that such files will have, by their names.

    Raises:
        UsageError: the folder is not a programme folder.
        ProgrammeError: it has mistakes; all of them.
    """
    if not (folder / SETTINGS_FILE).is_file():
        raise UsageError(
            f"{folder} is not a programme folder: it has no {SETTINGS_FILE}. "
            "Name one with --programme DIR or ESSAIM_PROGRAMME, or make one with essaim init DIR (or essaim demo DIR)."
        )
    mistakes: list[Mistake] = []
    there = (PUBLISHED_FILE,) if (folder / PUBLISHED_FILE).exists() else ()
    contents = {name: text_of(folder / name, name, mistakes) for name in (SETTINGS_FILE, *TABLE_FILES, *there)}
    settings, settings_lines = _settings(contents[SETTINGS_FILE], mistakes)
    enrolments = read_table("structures.csv", Enrolment, contents["structures.csv"], mistakes)
    indicators = read_table("codebook.csv", Indicator, contents["codebook.csv"], mistakes)
    crosswalk = read_table("crosswalk.csv", CrosswalkLine, contents["crosswalk.csv"], mistakes)
    recodes = read_table("recodes.csv", RecodeLine, contents["recodes.csv"], mistakes)
    published = read_table(PUBLISHED_FILE, PublishedFigure, contents.get(PUBLISHED_FILE, ""), mistakes)
    written = questionnaire_texts(folder, mistakes) | dict(renewed or {})
    questionnaires = read_questionnaires(written, settings, mistakes)
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
        version=_version(contents | written),
        settings=settings,
        enrolments=[x.value for x in enrolments],
        indicators=[x.value for x in indicators],
        crosswalk=[x.value for x in crosswalk],
        recodes=[x.value for x in recodes],
        published=[x.value for x in published],
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
    data, lines, found = read_yaml(SETTINGS_FILE, content)
    mistakes += found
    if found:
        return None, lines
    try:
        return Settings.model_validate(data), lines
    except ValidationError as error:
        where = Lines(SETTINGS_FILE, lines)
        told = [
            (problem, unknown_key(where, Settings, problem) if _is_unknown_key(problem) else sentence(where, problem))
            for problem in error.errors()
        ]
        mistakes += [mistake for _, mistake in told]
    # What cannot be put right by its nearest spelling hides what the files say of each other until it is corrected.
    with contextlib.suppress(ValidationError, LookupError, TypeError):
        return Settings.model_validate(_as_meant(data, told)), lines
    return None, lines


def _is_unknown_key(problem: ErrorDetails) -> bool:
    return problem["type"] == "extra_forbidden"


def _as_meant(data: object, told: Sequence[tuple[ErrorDetails, Mistake]]) -> object:
    """The data with its misspellings put right, so that what the files say of each other can still be checked."""
    meant = copy.deepcopy(data)
    for problem, mistake in told:
        *parents, last = problem["loc"]
        place: Any = meant
        for part in parents:
            place = place[part]
        if _is_unknown_key(problem):
            value = place.pop(last)
            if mistake.nearest:
                place.setdefault(mistake.nearest, value)
        elif mistake.nearest:
            place[last] = mistake.nearest
    return meant
