"""Look up a view by name and write its rows in the format of the target file."""

import difflib
from collections.abc import Callable
from pathlib import Path

from schemas.errors import UsageError
from tasks.dictionary.views import View, views
from tasks.exporting.exported import Exported
from tasks.exporting.opendocument import write_ods
from tasks.exporting.plain import write_csv, write_parquet
from tasks.exporting.statistics import write_dta, write_sav
from tasks.exporting.workbook import write_xlsx
from tasks.replacing import replaced

Writer = Callable[[Exported, str, Path], None]
FORMATS: dict[str, Writer] = {
    ".parquet": write_parquet,
    ".csv": write_csv,
    ".xlsx": write_xlsx,
    ".ods": write_ods,
    ".sav": write_sav,
    ".dta": write_dta,
}
"""The writer of each format, by file extension."""


def view_named(name: str) -> View:
    """Look up a view of `analytics` or a table of `marts`.

    Args:
        name: The name of the view, with or without its schema.

    Raises:
        UsageError: No view has this name.
    """
    known = views()
    view = known.get(name.rpartition(".")[2])
    if view is None or name not in (view.name, f"{view.schema}.{view.name}"):
        close = difflib.get_close_matches(name, known, n=1, cutoff=0.3)
        suggestion = f" Did you mean {close[0]}?" if close else ""
        raise UsageError(f"{name!r} is not a view.{suggestion} The views are: {', '.join(known)}.")
    return view


def format_of(target: Path) -> str:
    """Return the extension of a file in lower case, such as `.csv`.

    Raises:
        UsageError: There is no writer for the extension.
    """
    ending = target.suffix.lower()
    if ending not in FORMATS:
        raise UsageError(
            f"{target.name}: unknown export format {ending or '(no extension)'!r}. "
            f"Name the file with one of these extensions: {', '.join(FORMATS)}."
        )
    return ending


def write_export(exported: Exported, target: Path, locale: str) -> None:
    """Write rows to a file, replacing an existing file atomically.

    Args:
        exported: The rows and their description.
        target: The file to write; its extension selects the format.
        locale: The language of labels and descriptions, `fr` or `en`.

    Raises:
        UsageError: There is no writer for the extension, the rows exceed a limit of the format, or the target is not a
            file.
        OSError: The file cannot be written.
    """
    ending = format_of(target)
    with replaced(target) as arriving:
        FORMATS[ending](exported, locale, arriving)
