"""Read the views and write the report to a file."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

from schemas.errors import EssaimError
from schemas.programme import Programme
from schemas.settings import ProjectPaths
from tasks.replacing import replaced
from tasks.reporting.contents import contents
from tasks.reporting.page import page
from tasks.reporting.report import Report
from tasks.run import RunContext, progress
from warehouse.report import report_rows


def report_of(
    paths: ProjectPaths, programme: Programme, locale: str, *, as_of: date | None = None, since: date | None = None
) -> Report:
    """Read the contents of a report from the published views, or from views rebuilt for a past date.

    Args:
        paths: The folders of the project.
        programme: The programme of the report.
        locale: The language of the page, `fr` or `en`.
        as_of: The date of rebuilt views; None for the published views.
        since: The date after which the report lists revisions; None to leave them out.

    Raises:
        UsageError: Nothing is published yet, or no views were rebuilt for `as_of`.
        EssaimError: The published file cannot be read.
    """
    rows = report_rows(paths, as_of=as_of, since=since)
    return contents(rows, programme, locale, is_rebuilt=as_of is not None, since=since)


def write_report(report: Report, to: Path) -> None:
    """Write the page atomically: readers see the previous page or the new one.

    Raises:
        UsageError: The target is not a file.
        OSError: The file cannot be written.
    """
    with replaced(to) as arriving:
        arriving.write_text(page(report), encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Written:
    """The file of a run's report, or a sentence that explains the failure; a rehearsal has neither."""

    file: Path | None = None
    trouble: str | None = None


def report_on(run: RunContext) -> Written:
    """Write the report of a run to its permanent path, in the language of the programme.

    A failure is reported in the result and does not fail the run, because the report can be written again at any time.
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
        return Written(trouble=f"The report could not be written: {reason}. Correct this, then run essaim report.")
    progress.info("Wrote the report to %s.", file)
    return Written(file)
