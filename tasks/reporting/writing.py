"""Writes the report to a file."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from schemas.errors import EssaimError
from schemas.programme import Programme
from schemas.settings import ProjectPaths
from tasks.reporting.contents import contents
from tasks.reporting.page import page
from tasks.reporting.report import Report
from tasks.run import RunContext, progress
from warehouse.report import report_rows


def report_of(
    paths: ProjectPaths, programme: Programme, locale: str, *, as_of: date | None = None, since: date | None = None
) -> Report:
    """What the report of what is published tells, or of what was built again as of a day.

    Raises:
        UsageError: nothing is published yet, or the views were not built as of that day.
        EssaimError: what is published cannot be read.
    """
    rows = report_rows(paths, as_of=as_of, since=since)
    return contents(rows, programme, locale, is_rebuilt=as_of is not None, since=since)


def write_report(report: Report, to: Path) -> None:
    """Write the page, in one step: a reader has the earlier one or the new one.

    Raises:
        OSError: the file, which it names, cannot be written.
    """
    arriving = to.with_name(f".{to.name}.arriving")
    try:
        arriving.write_text(page(report), encoding="utf-8")
        arriving.replace(to)
    except OSError as error:
        # Of what was asked for, not of what it is called meanwhile.
        error.filename = str(to)
        raise
    finally:
        arriving.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class Written:
    """Where a run's report is; or in a sentence why there is none. Neither in a rehearsal."""

    file: Path | None = None
    trouble: str | None = None


def report_on(run: RunContext) -> Written:
    """Write the report of what a run has published, in the programme's language, where its link always finds it.

    A report can be written again at any time: that it could not be fails nothing, and is told.
    """
    if run.is_rehearsal:
        return Written()
    locale = run.programme.settings.locale
    file = run.paths.report(run.as_of, locale)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        write_report(report_of(run.paths, run.programme, locale), file)
    except (EssaimError, OSError) as error:
        reason = str(error) if isinstance(error, EssaimError) else f"{error.filename} ({error.strerror})"
        return Written(trouble=f"The report could not be written: {reason}. Mend that, then run essaim report.")
    progress.info("Wrote the report to %s.", file)
    return Written(file)
