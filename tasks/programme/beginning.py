"""Write a programme folder to begin with: an empty one with the values to fill in, or a complete example."""

import json
import re
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import available_timezones

from schemas.errors import UsageError
from schemas.months import months_after
from schemas.package_data import package_path
from tasks.programme.folder import CORRECTIONS_FILE, OPTIONAL_FILES, RECODES_FILE, SETTINGS_FILE, TABLE_FILES
from tasks.programme.tables import header_of

_EMPTY = package_path("tasks.programme", "empty", SETTINGS_FILE)
_TABLES = TABLE_FILES | {name: OPTIONAL_FILES[name] for name in (RECODES_FILE, CORRECTIONS_FILE)}
_IGNORED = "# Output of the runs, and keys: back it up (docs/operating.md), do not version it.\nvar/\n"


TIMEZONE = "Europe/Paris"
"""The time zone of a programme in French that names none."""
_OVERDUE, _WITHIN_GRACE = timedelta(days=40), timedelta(days=5)
"""How long ago the latest returns of the two cohorts of the example have become due, give or take a few days."""


def begin_programme(folder: Path, locale: str = "fr", timezone: str = TIMEZONE) -> list[Path]:
    """Write an empty programme to a folder, and return its files.

    Args:
        folder: The folder, new or empty.
        locale: The language of what evaluators and structures read, `fr` or `en`.
        timezone: The time zone of the programme's days.

    Raises:
        UsageError: The folder is not empty, or is a file; or there is no such time zone.
    """
    _refuse(folder, timezone)
    name = folder.resolve().name
    code = re.sub(r"[^A-Za-z0-9]+", "_", name).strip("_")[:40] or "programme"
    settings = _EMPTY.read_text(encoding="utf-8")
    contents = {
        # Quoted as JSON, which YAML reads too, because a folder may have any name.
        SETTINGS_FILE: settings.replace("{timezone}", timezone)
        .replace("{locale}", locale)
        .replace("{code}", json.dumps(code))
        .replace("{name}", json.dumps(name, ensure_ascii=False)),
        **{file: f"{header_of(model)}\n" for file, model in _TABLES.items()},
        ".gitignore": _IGNORED,
    }
    (folder / "inbox").mkdir(parents=True)
    for file, content in contents.items():
        (folder / file).write_text(content, encoding="utf-8")
    return [folder / file for file in contents]


def begin_example(folder: Path, locale: str, timezone: str, today: date) -> list[Path]:
    """Write an example of a programme to a folder, and return its files. All of it is invented.

    The trainings of its two cohorts ended so long ago that some of its returns are overdue, some have just become due,
    and some are to come.

    Args:
        folder: The folder, new or empty.
        locale: The language of the whole example, `fr` or `en`.
        timezone: The time zone of the programme's days.
        today: The day from which the end of each training is counted back.

    Raises:
        UsageError: The folder is not empty, or is a file; or there is no such time zone.
    """
    _refuse(folder, timezone)
    source = package_path("tasks.programme", "examples", locale)
    filled_in = {
        "{timezone}": timezone,
        "{first_anchor}": str(months_after(today, -6) - _OVERDUE),
        "{second_anchor}": str(months_after(today, -3) - _WITHIN_GRACE),
    }
    contents = {
        str(path.relative_to(source)): path.read_text(encoding="utf-8")
        for path in sorted(source.rglob("*"))
        if path.is_file()
    }
    for place, value in filled_in.items():
        contents[SETTINGS_FILE] = contents[SETTINGS_FILE].replace(place, value)
    contents[".gitignore"] = _IGNORED
    (folder / "inbox").mkdir(parents=True)
    for file, content in contents.items():
        (folder / file).parent.mkdir(exist_ok=True)
        (folder / file).write_text(content, encoding="utf-8")
    return [folder / file for file in contents]


def _refuse(folder: Path, timezone: str) -> None:
    if timezone not in available_timezones():
        raise UsageError(f"There is no time zone {timezone!r}. Expected a name such as {TIMEZONE} or Europe/London.")
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"{folder} is a file. Name a new or an empty folder.")
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty. Name a new folder, or empty this one first.")
