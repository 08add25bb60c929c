"""The command line. Heavy libraries are imported by the commands that use them."""

import logging
import os
import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from flows.cli import output as showing
from schemas.enums import DecisionKind, Exit, Pace
from schemas.errors import EssaimError, UsageError
from schemas.settings import Environment, ProjectPaths

app = typer.Typer(
    name="essaim",
    help="Collects what structures owe their evaluators, and says what is missing.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 a date has no time zone
    except ValueError as error:
        raise typer.BadParameter(f"{text!r} is not a day. Expected one such as 2019-03-31.") from error


def _moment(text: str) -> date | datetime:
    for read in (_day, datetime.fromisoformat):
        try:
            return read(text)
        except (ValueError, typer.BadParameter):
            continue
    raise typer.BadParameter(f"{text!r} is no day and no instant. Expected 2018-12-31, or 2018-12-31T18:00+01:00.")


_PACES = {pace.name.lower().replace("_", "-"): pace for pace in Pace}


def _pace(text: str) -> Pace:
    if text not in _PACES:
        raise typer.BadParameter(f"{text!r} is no pace. Expected one of {', '.join(_PACES)}.")
    return _PACES[text]


ProgrammeOption = Annotated[
    Path | None, typer.Option("--programme", help="The programme folder; else ESSAIM_PROGRAMME, else this folder.")
]
AsOf = Annotated[
    date | None, typer.Option("--as-of", parser=_day, metavar="DAY", help="The day to take as today, 2019-03-31.")
]
AsBuilt = Annotated[
    date | None,
    typer.Option("--as-of", parser=_day, metavar="DAY", help="Read what essaim build --as-of has built again."),
]
Json = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]
Reason = Annotated[str, typer.Option("--reason", help="Why. It is kept, and read by others: name no person.")]
Author = Annotated[
    str | None, typer.Option("--author", help="Who decides; else ESSAIM_AUTHOR, else the user of the system.")
]
Undo = Annotated[bool, typer.Option("--undo", help="Take the decision back.")]
Returns = Annotated[
    list[str],
    typer.Argument(metavar="EXPECTED_RETURN", help='cohort/structure/occasion/instrument; "*" stands for any text.'),
]
Format = Annotated[showing.Format, typer.Option("--format", help="How to print the answer.")]


@app.command(epilog="Example: essaim init my-programme")
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder to write it to, a new or an empty one.")],
    as_json: Json = False,
) -> None:
    """Write an empty programme folder, and say what to fill in."""
    from flows.cli.init import begin

    begin(folder, as_json=as_json)


@app.command(epilog="Example: essaim check --programme demo")
def check(programme: ProgrammeOption = None, as_json: Json = False) -> None:
    """Read a programme folder and report all of its mistakes at once."""
    from flows.cli.check import check_programme

    raise typer.Exit(check_programme(_folder(programme), as_json=as_json))


@app.command(epilog="Example: essaim drift --programme demo")
def drift(
    programme: ProgrammeOption = None,
    accept: Annotated[
        bool, typer.Option("--accept", help="Take what is asked now as what the crosswalk is written for.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Say how what the surveys ask now differs from what the crosswalk was written for."""
    from flows.cli.drift import show_drift

    raise typer.Exit(show_drift(_folder(programme), accept=accept, as_json=as_json))


@app.command(epilog="Example: essaim calendar --programme demo --from 2019-01-01 --ics calendars")
def calendar(
    programme: ProgrammeOption = None,
    output: Format = showing.Format.TABLE,
    first: Annotated[
        date | None, typer.Option("--from", parser=_day, metavar="DAY", help="Show due dates from this day on.")
    ] = None,
    last: Annotated[
        date | None, typer.Option("--to", parser=_day, metavar="DAY", help="Show due dates up to this day.")
    ] = None,
    ics: Annotated[
        Path | None,
        typer.Option("--ics", metavar="DIR", help="Write all due dates to this folder, a calendar for each evaluator."),
    ] = None,
    as_of: AsOf = None,
) -> None:
    """Show the coming and past due dates, and write them as calendars."""
    from flows.cli.calendar import show_calendar

    show_calendar(_folder(programme), output, ics=ics, first=first, last=last, today=as_of)


@app.command(epilog="Example: essaim templates --programme demo --occasion M12 --out workbooks")
def templates(
    occasion: Annotated[str, typer.Option("--occasion", help="The occasion that they are for, such as M12.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="The folder to write them to.")],
    structure: Annotated[
        list[str] | None, typer.Option("--structure", help="Only of this structure; can be given several times.")
    ] = None,
    programme: ProgrammeOption = None,
    as_json: Json = False,
) -> None:
    """Write the workbooks to send to the structures, prefilled: one for each return that is expected."""
    from flows.cli.templates import write_workbooks

    write_workbooks(_folder(programme), occasion=occasion, structures=structure or [], out=out, as_json=as_json)


@app.command(epilog="Example: essaim collect --programme demo --as-of 2019-03-31")
def collect(
    programme: ProgrammeOption = None,
    as_of: AsOf = None,
    late: Annotated[
        bool, typer.Option("--late", help="As every week: surveys that changed, and workbooks. Nobody is alerted.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would happen, and change nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Collect the returns, build the views, work out what is missing and alert the evaluators."""
    from flows.cli.collect import collect_programme

    raise typer.Exit(collect_programme(_folder(programme), as_of=as_of, late=late, dry_run=dry_run, as_json=as_json))


@app.command(epilog="Example: essaim backfill --from 2018-01-01 --to 2019-03-31 --pace quarters --programme demo")
def backfill(
    first: Annotated[date, typer.Option("--from", parser=_day, metavar="DAY", help="The first day of the period.")],
    last: Annotated[
        date, typer.Option("--to", parser=_day, metavar="DAY", help="Its last day, at the latest the present one.")
    ],
    pace: Annotated[
        Pace | None,
        typer.Option(
            "--pace", parser=_pace, metavar="|".join(_PACES), help="Which of its days are collected; else quarters."
        ),
    ] = None,
    occasion: Annotated[
        list[str] | None,
        typer.Option("--occasion", help="With due-dates: only those of this occasion; can be given several times."),
    ] = None,
    programme: ProgrammeOption = None,
    as_json: Json = False,
) -> None:
    """Collect a past period in order, so that views as of any of its days can be built. Nobody is alerted."""
    from flows.cli.collect import collect_past

    raise typer.Exit(
        collect_past(_folder(programme), first, last, pace or Pace.QUARTERS, occasion or [], as_json=as_json)
    )


@app.command(epilog="Example: essaim retention --programme demo --dry-run")
def retention(
    programme: ProgrammeOption = None,
    as_of: AsOf = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be removed, and remove nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Remove the originals that were kept for longer than programme.yaml states (originals.keep_days)."""
    from flows.cli.retention import remove_originals

    remove_originals(_folder(programme), as_of=as_of, dry_run=dry_run, as_json=as_json)


@app.command(epilog="Example: essaim plan --programme demo --as-of 2019-03-31")
def plan(programme: ProgrammeOption = None, as_of: AsOf = None, as_json: Json = False) -> None:
    """Show what the programme folder, as it was edited, changes of what is expected, before a run applies it."""
    from flows.cli.plan import show_plan

    raise typer.Exit(show_plan(_folder(programme), as_of=as_of, as_json=as_json))


@app.command(epilog="Example: essaim remind --programme demo --as-of 2019-03-31 --dry-run")
def remind(
    programme: ProgrammeOption = None,
    as_of: AsOf = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show who would be told, and send nothing.")] = False,
    retry_refused: Annotated[
        bool, typer.Option("--retry-refused", help="Try what was refused for good once more.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Tell the evaluators what is due, missing or wrong, without collecting first."""
    from flows.cli.remind import remind as tell

    raise typer.Exit(
        tell(_folder(programme), as_of=as_of, dry_run=dry_run, retry_refused=retry_refused, as_json=as_json)
    )


@app.command(epilog='Example: essaim waive "LREF-1/LREF08/M06/*" --reason "flooded in June" --programme demo')
def waive(
    expected_returns: Returns,
    reason: Reason,
    author: Author = None,
    undo: Undo = False,
    programme: ProgrammeOption = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Expect a return no longer: it leaves the rates, and nobody is chased for it."""
    _decide(programme, expected_returns, DecisionKind.WAIVE, None, reason, author, undo, as_of, as_json)


@app.command(epilog="Example: essaim snooze LREF-1/LREF08/M06/suivi --until 2019-05-02 --reason away --programme demo")
def snooze(
    expected_returns: Returns,
    reason: Reason,
    until: Annotated[
        date | None, typer.Option("--until", parser=_day, metavar="DAY", help="First day to chase it again.")
    ] = None,
    author: Author = None,
    undo: Undo = False,
    programme: ProgrammeOption = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Chase a return no more until a day. It stays missing, and stays in the rates."""
    _decide(programme, expected_returns, DecisionKind.SNOOZE, until, reason, author, undo, as_of, as_json)


@app.command(epilog='Example: essaim leave LREF-1/LREF08 --on 2018-12-31 --reason "merged" --programme demo')
def leave(
    enrolments: Annotated[
        list[str], typer.Argument(metavar="COHORT/STRUCTURE", help='Enrolments; "*" stands for any text.')
    ],
    reason: Reason,
    on: Annotated[date | None, typer.Option("--on", parser=_day, metavar="DAY", help="The day when it left.")] = None,
    author: Author = None,
    undo: Undo = False,
    programme: ProgrammeOption = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Say that a structure has left: nothing that falls due after that day is expected of it."""
    _decide(programme, enrolments, DecisionKind.LEAVE, on, reason, author, undo, as_of, as_json)


@app.command(epilog="Example: essaim status --programme demo --format csv")
def status(
    programme: ProgrammeOption = None,
    output: Format = showing.Format.TABLE,
    every: Annotated[
        bool, typer.Option("--all", help="List every expected return, not only those that need a person.")
    ] = False,
) -> None:
    """Show what the last run left: what has fallen due, and which returns need a person."""
    from flows.cli.status import show_status

    show_status(ProjectPaths(_folder(programme)), output, every=every)


@app.command(epilog='Example: essaim query --programme demo "select * from analytics.consolidated_table"')
def query(
    sql: Annotated[str, typer.Argument(help="One query that reads.")],
    programme: ProgrammeOption = None,
    output: Format = showing.Format.TABLE,
    as_of: AsBuilt = None,
) -> None:
    """Query the published warehouse. Nothing can be changed by it."""
    from warehouse.published import read

    names, rows = read(ProjectPaths(_folder(programme)), sql, as_of=as_of)
    showing.show(names, rows, output)


@app.command(epilog="Example: essaim build --programme demo --as-of 2018-12-31")
def build(
    programme: ProgrammeOption = None,
    as_of: Annotated[
        datetime | None,
        typer.Option(
            "--as-of", parser=_moment, metavar="INSTANT", help="Build what was known then, beside what is published."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Build the views again: what is known now and publish it, or what was known at a past moment."""
    from flows.cli.build import build_again

    raise typer.Exit(build_again(_folder(programme), as_of=as_of, as_json=as_json))


@app.command(epilog="Example: essaim export cohort_panel --wide --to panel.sav --programme demo")
def export(
    view: Annotated[str, typer.Argument(help="A view of the schema analytics, or a table of marts.")],
    to: Annotated[
        Path, typer.Option("--to", metavar="FILE", help="Its ending says the format: .parquet .csv .xlsx .sav .dta.")
    ],
    programme: ProgrammeOption = None,
    wide: Annotated[
        bool,
        typer.Option("--wide", help="Of cohort_panel: a row for each enrolment and occasion, a column per indicator."),
    ] = False,
    locale: Annotated[
        str | None, typer.Option("--locale", help="Language of the labels, fr or en; else the programme's.")
    ] = None,
    as_of: AsBuilt = None,
) -> None:
    """Write a view to a file for spreadsheets, SPSS, Stata or any other tool."""
    from flows.cli.export import export_view

    export_view(_folder(programme), view, to, wide=wide, locale=locale, as_of=as_of)


@app.command(epilog="Example: essaim report --programme demo --locale en --to report.html")
def report(
    programme: ProgrammeOption = None,
    to: Annotated[
        Path | None, typer.Option("--to", metavar="FILE", help="Where to write it; else to var/reports, by its day.")
    ] = None,
    locale: Annotated[
        str | None, typer.Option("--locale", help="Language of the report, fr or en; else the programme's.")
    ] = None,
    since: Annotated[
        date | None,
        typer.Option("--since", parser=_day, metavar="DAY", help="Tell what became known after this day, too."),
    ] = None,
    as_of: AsBuilt = None,
    as_json: Json = False,
) -> None:
    """Write what the published views say as one page, to read on any screen or to print."""
    from flows.cli.report import make_report

    make_report(_folder(programme), to=to, locale=locale, as_of=as_of, since=since, as_json=as_json)


@app.command(epilog="Example: essaim provenance VITA persons_concerned --programme demo")
def provenance(
    subject: Annotated[str, typer.Argument(help="An innovation or TOTAL, or an enrolment (cohort/structure).")],
    indicator: Annotated[str, typer.Argument(help="An indicator.")],
    occasion: Annotated[str | None, typer.Option("--occasion", help="Of an enrolment: one occasion only.")] = None,
    programme: ProgrammeOption = None,
    output: Format = showing.Format.TABLE,
    as_of: AsBuilt = None,
) -> None:
    """Show the returns, cells and answers that a figure is made of."""
    from flows.cli.provenance import show_provenance

    show_provenance(_folder(programme), subject, indicator, occasion=occasion, as_of=as_of, output=output)


@app.command(epilog="Example: essaim docs --to views.html --programme demo")
def docs(
    to: Annotated[Path, typer.Option("--to", help="The HTML file to write.")],
    programme: ProgrammeOption = None,
) -> None:
    """Write dbt's pages of all views, their columns, tests and lineage, as one HTML file."""
    from flows.cli.docs import write_docs

    write_docs(_folder(programme), to)


@app.command(epilog="Example: essaim doctor --programme demo --as-of 2019-03-31")
def doctor(programme: ProgrammeOption = None, as_of: AsOf = None, as_json: Json = False) -> None:
    """Say whether everything is as it should be, runs that did not happen included, and how to mend what is not."""
    from flows.cli.doctor import examine

    raise typer.Exit(examine(_folder(programme), as_of=as_of, as_json=as_json))


@app.command(epilog="Example: essaim serve --programme demo")
def serve(
    programme: ProgrammeOption = None,
    port: Annotated[int, typer.Option(help="Port of the server on the loopback address; 0 takes a free one.")] = 4200,
    pages_port: Annotated[
        int, typer.Option(help="Port of the reports and Data Docs on the loopback address; 0 takes a free one.")
    ] = 4201,
) -> None:
    """Run what prefect.yaml schedules, watched in Prefect's pages, until interrupted."""
    from flows.cli.serve import serve as run_what_is_due

    raise typer.Exit(run_what_is_due(_folder(programme), port, pages_port))


@app.command(epilog="Example: essaim demo my-demo")
def demo(
    folder: Annotated[Path, typer.Argument(help="The folder to write the demonstration to.")],
) -> None:
    """Write the reference programme to a folder and run its collection against a simulated survey server."""
    from flows.cli.demo import demonstrate

    raise typer.Exit(demonstrate(folder))


@app.command(epilog="Example: essaim simulate --programme demo")
def simulate(
    programme: ProgrammeOption = None,
    port: Annotated[int, typer.Option(help="Port on the loopback address; 0 takes a free one.")] = 8085,
) -> None:
    """Serve a demonstration's survey answers over HTTP, until interrupted."""
    from flows.cli.demo import simulate_server

    simulate_server(_folder(programme), port)


def _decide(
    programme: Path | None,
    names: list[str],
    kind: DecisionKind,
    effective_on: date | None,
    reason: str,
    author: str | None,
    undo: bool,
    as_of: date | None,
    as_json: bool,
) -> None:
    from flows.cli.decide import decide_about

    ended = decide_about(
        _folder(programme),
        names,
        kind,
        effective_on=effective_on,
        reason=reason,
        author=author,
        undo=undo,
        as_of=as_of,
        as_json=as_json,
    )
    raise typer.Exit(ended)


def _folder(programme: Path | None) -> Path:
    folder = programme or Environment().programme
    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}. Name a programme folder with --programme DIR.")
    return folder


def main() -> None:
    """Run a command. Errors that a person can act on are shown as sentences."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger = logging.getLogger("essaim")
    logger.handlers = [handler]
    logger.setLevel(logging.INFO)
    logger.propagate = False
    try:
        app()
    except EssaimError as error:
        typer.echo(f"essaim: {error}", err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        typer.echo("essaim: interrupted. Run the same command again: nothing is half-loaded.", err=True)
        sys.exit(Exit.FAILED)
    except BrokenPipeError:
        # Whoever read the output has seen enough: `essaim query … | head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(Exit.DONE)
    except OSError as error:
        where = error.filename or "a file or an address"
        typer.echo(
            f"essaim: {where} cannot be used ({error.strerror}). Check that it is there, and its rights.", err=True
        )
        sys.exit(Exit.FAILED)


if __name__ == "__main__":
    main()
