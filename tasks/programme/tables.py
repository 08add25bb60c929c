"""Read the tables of a programme folder: CSV files whose columns are the fields of a model."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from schemas.errors import Mistake
from tasks.programme.lines import Lines, Located, nearest, sentence

Line = TypeVar("Line", bound=BaseModel)


def text_of(path: Path, name: str, mistakes: list[Mistake]) -> str:
    """Read a text file.

    Args:
        path: The file.
        name: Its name in the mistakes.
        mistakes: Gets the mistake of a file that cannot be read.

    Returns:
        The content; empty if the file cannot be read.
    """
    try:
        content = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        mistakes.append(Mistake(name, 0, "no such file", "this file in the programme folder"))
    except UnicodeDecodeError as error:
        mistakes.append(Mistake(name, 0, f"a byte that is not UTF-8 at position {error.start}", "text saved as UTF-8"))
    except OSError as error:
        mistakes.append(Mistake(name, 0, f"a file that cannot be read ({error.strerror})", "one that can"))
    else:
        if not content:
            mistakes.append(Mistake(name, 0, "an empty file", "its content"))
        return content
    return ""


def read_table(name: str, model: type[Line], content: str, mistakes: list[Mistake]) -> Sequence[Located[Line]]:
    """Parse a table.

    A column that may be blank may be left out, so that a folder stays valid when a later version adds columns.

    Args:
        name: Name of the file.
        model: Model of a line.
        content: Content of the file.
        mistakes: Gets the mistakes of invalid lines.

    Returns:
        The valid lines.
    """
    if not content:
        return []
    reader = csv.DictReader(io.StringIO(content), strict=True)
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
        for column, field in model.model_fields.items()
        if field.is_required() and column not in header
    )
    if len(set(header)) < len(header):
        mistakes.append(Mistake(name, 1, "the same column twice", "each column once"))
    return len(mistakes) == before
