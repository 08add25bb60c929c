"""Which view goes into which kind of file."""

import difflib
from collections.abc import Callable
from pathlib import Path

from schemas.errors import UsageError
from tasks.dictionary.views import View, views
from tasks.exporting.exported import Exported
from tasks.exporting.plain import write_csv, write_parquet
from tasks.exporting.statistics import write_dta, write_sav
from tasks.exporting.workbook import write_xlsx

Writer = Callable[[Exported, str, Path], None]
FORMATS: dict[str, Writer] = {
    ".parquet": write_parquet,
    ".csv": write_csv,
    ".xlsx": write_xlsx,
    ".sav": write_sav,
    ".dta": write_dta,
}
"""What writes a file, by the ending of its name."""


def view_named(name: str) -> View:
    """A view of `analytics` or a table of `marts`, by its name, with or without the schema before it.

    Raises:
        UsageError: there is none of this name.
    """
    known = views()
    found = known.get(name.rpartition(".")[2])
    if found is None or name not in (found.name, f"{found.schema}.{found.name}"):
        close = difflib.get_close_matches(name, known, n=1, cutoff=0.3)
        nearest = f" The nearest is {close[0]}." if close else ""
        raise UsageError(f"{name!r} is no view.{nearest} There are: {', '.join(known)}.")
    return found


def format_of(target: Path) -> str:
    """The ending that says the format of a file, in small letters.

    Raises:
        UsageError: it says none.
    """
    ending = target.suffix.lower()
    if ending not in FORMATS:
        raise UsageError(
            f"{target.name} has no ending that says how to write it. Expected one of {', '.join(FORMATS)}."
        )
    return ending


def write_export(exported: Exported, target: Path, locale: str) -> None:
    """Write rows, labelled in `fr` or `en`. A file that is there is replaced, in one step.

    Raises:
        UsageError: the ending says no format, or the format cannot hold what the rows hold.
    """
    ending = format_of(target)
    arriving = target.with_name(f".{target.stem}.arriving{ending}")
    try:
        FORMATS[ending](exported, locale, arriving)
        arriving.replace(target)
    finally:
        arriving.unlink(missing_ok=True)
