"""Reads a programme folder. All of its mistakes are reported at once, each with its file and line."""

import contextlib
import copy
import csv
import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from schemas.errors import Mistake, ProgrammeError, UsageError
from schemas.programme import CrosswalkLine, Enrolment, Indicator, Programme, RecodeLine, Settings
from tasks.programme.lines import Lines, Located, nearest, read_yaml, sentence, unknown_key
from tasks.programme.references import check_references

SETTINGS_FILE = "programme.yaml"
TABLE_FILES: dict[str, type[BaseModel]] = {
    "structures.csv": Enrolment,
    "codebook.csv": Indicator,
    "crosswalk.csv": CrosswalkLine,
    "recodes.csv": RecodeLine,
}

Line = TypeVar("Line", bound=BaseModel)


def read_programme(folder: Path) -> Programme:
    """Read and check a programme folder.

    Raises:
        UsageError: the folder is not a programme folder.
        ProgrammeError: it has mistakes; all of them.
    """
    if not (folder / SETTINGS_FILE).is_file():
        raise UsageError(
            f"{folder} is not a programme folder: it has no {SETTINGS_FILE}. "
            "Name one with --programme DIR or ESSAIM_PROGRAMME, or make one with essaim demo DIR."
        )
    mistakes: list[Mistake] = []
    contents = {name: _text_of(folder / name, mistakes) for name in (SETTINGS_FILE, *TABLE_FILES)}
    settings, settings_lines = _settings(contents[SETTINGS_FILE], mistakes)
    enrolments = _table("structures.csv", Enrolment, contents, mistakes)
    indicators = _table("codebook.csv", Indicator, contents, mistakes)
    crosswalk = _table("crosswalk.csv", CrosswalkLine, contents, mistakes)
    recodes = _table("recodes.csv", RecodeLine, contents, mistakes)
    if settings is not None:
        lines = Lines(SETTINGS_FILE, settings_lines)
        mistakes += check_references(settings, lines, enrolments, indicators, crosswalk, recodes)
    if mistakes or settings is None:
        raise ProgrammeError(mistakes)
    return Programme(
        version=_version(contents),
        settings=settings,
        enrolments=[x.value for x in enrolments],
        indicators=[x.value for x in indicators],
        crosswalk=[x.value for x in crosswalk],
        recodes=[x.value for x in recodes],
    )


def _text_of(path: Path, mistakes: list[Mistake]) -> str:
    try:
        content = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        mistakes.append(Mistake(path.name, 0, "no such file", "this file in the programme folder"))
    except UnicodeDecodeError as error:
        mistakes.append(
            Mistake(path.name, 0, f"a byte that is not UTF-8 at position {error.start}", "text saved as UTF-8")
        )
    except OSError as error:
        mistakes.append(Mistake(path.name, 0, f"a file that cannot be read ({error.strerror})", "one that can"))
    else:
        if not content:
            mistakes.append(Mistake(path.name, 0, "an empty file", "what a programme folder says in it"))
        return content
    return ""


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


def _table(name: str, model: type[Line], contents: dict[str, str], mistakes: list[Mistake]) -> Sequence[Located[Line]]:
    if not contents[name]:
        return []
    reader = csv.DictReader(io.StringIO(contents[name]), strict=True)
    located: list[Located[Line]] = []
    try:
        if not _header_is_right(name, model, reader.fieldnames or [], mistakes):
            return []
        for row in reader:
            line = reader.line_num
            if None in row or None in row.values():
                mistakes.append(
                    Mistake(
                        name, line, "another number of cells", f"{len(reader.fieldnames or [])} cells, as in the header"
                    )
                )
                continue
            try:
                located.append(Located(model.model_validate(row), name, line))
            except ValidationError as error:
                where = Lines(name, {(): line})
                mistakes.extend(sentence(where, problem) for problem in error.errors())
    except csv.Error as error:
        mistakes.append(Mistake(name, reader.line_num, f"text that is not CSV ({error})", "cells separated by commas"))
    return located


def _header_is_right(name: str, model: type[BaseModel], header: Sequence[str], mistakes: list[Mistake]) -> bool:
    expected = list(model.model_fields)
    before = len(mistakes)
    mistakes.extend(
        Mistake(name, 1, f"column {column!r}", f"one of {', '.join(expected)}", nearest(column, expected))
        for column in header
        if column not in expected
    )
    mistakes.extend(
        Mistake(name, 1, f"no column {column!r}", f"the columns {', '.join(expected)}")
        for column in expected
        if column not in header
    )
    if len(set(header)) < len(header):
        mistakes.append(Mistake(name, 1, "the same column twice", "each column once"))
    return len(mistakes) == before
