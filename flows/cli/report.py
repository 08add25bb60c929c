"""`essaim report`."""

import json
import sys
from datetime import date
from pathlib import Path

from schemas.errors import UsageError
from schemas.settings import ProjectPaths
from tasks.programme import read_programme
from tasks.reporting import report_of, write_report


def make_report(
    folder: Path, *, to: Path | None, locale: str | None, as_of: date | None, since: date | None, as_json: bool
) -> None:
    """Write the report of what is published, or of what was built again as of a day, and say where it is.

    Raises:
        UsageError: there is no such language, nothing is published yet, or the views were not built as of that day.
        EssaimError: what is published cannot be read.
    """
    if locale not in (None, "fr", "en"):
        raise UsageError(f"Found --locale {locale}; expected fr or en.")
    paths = ProjectPaths(folder)
    programme = read_programme(folder)
    report = report_of(paths, programme, locale or programme.settings.locale, as_of=as_of, since=since)
    if since is not None and since > report.as_of:
        raise UsageError(f"Found --since {since}; expected a day up to {report.as_of}, as of which the report is true.")
    file = to or paths.report(report.as_of, report.locale, is_rebuilt=report.is_rebuilt)
    if to is None:
        file.parent.mkdir(parents=True, exist_ok=True)
    write_report(report, file)
    told = {"as_of": str(report.as_of), "locale": report.locale, "file": str(file)}
    sentence = f"Wrote the report, true as of {report.as_of}, to {file}.\n"
    sys.stdout.write(json.dumps(told, ensure_ascii=False) + "\n" if as_json else sentence)
