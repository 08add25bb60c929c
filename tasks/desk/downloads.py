"""The files of the desk: the prefilled workbook of a return, its marked copy, and a calendar of due dates."""

from pathlib import Path
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import Response

from tasks.decisions import owed_returns
from tasks.desk.desk import Desk
from tasks.desk.people import people
from tasks.schedule.due_dates import by_evaluator, due_dates
from tasks.schedule.icalendar_files import calendar_of
from tasks.workbooks.annotating import copies_of
from tasks.workbooks.template_workbook import workbook_of

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_TYPES = {".xlsx": _XLSX, ".txt": "text/plain; charset=utf-8"}


def prefilled_workbook(desk: Desk, expected_return_id: str) -> Response:
    """Return the workbook of an expected return, with what was reported before.

    Raises:
        HTTPException: The return is not owed, or is no workbook.
    """
    template = desk.template(expected_return_id)
    if template is None:
        raise HTTPException(404)
    return as_file(template.file_name, workbook_of(template), _XLSX)


def marked_copy(desk: Desk, expected_return_id: str) -> Response:
    """Return the copy of the last workbook in which the places to correct are marked.

    Raises:
        HTTPException: There is none.
    """
    copy = latest_copy(desk, expected_return_id)
    if copy is None:
        raise HTTPException(404)
    return as_file(copy.name, copy.read_bytes(), _TYPES[copy.suffix])


def latest_copy(desk: Desk, expected_return_id: str) -> Path | None:
    """Return the latest marked copy of a return, or the text of what is to be corrected; None without one."""
    copies = copies_of(desk.paths.annotated, expected_return_id)
    return max(copies, key=lambda copy: (copy.stat().st_mtime, copy.suffix == ".xlsx"), default=None)


def has_marked_copy(desk: Desk, expected_return_id: str) -> bool:
    """Return whether there is a marked copy: of a file that cannot be read, there is a text only."""
    copy = latest_copy(desk, expected_return_id)
    return copy is not None and copy.suffix != ".txt"


def calendar(desk: Desk, code: str) -> Response:
    """Return the due dates that a person follows as a calendar (RFC 5545); all of them for the lead."""
    programme, today = desk.programme, desk.today()
    owed = owed_returns(programme, desk.paths, today).rows
    is_evaluator = any(evaluator.code == code for evaluator in programme.settings.evaluators)
    dates = by_evaluator(programme, owed).get(code, []) if is_evaluator else due_dates(programme, owed)
    content = calendar_of(programme, people(programme)[code].name, dates, today)
    return as_file(f"{code.strip('_')}.ics", content, "text/calendar; charset=utf-8")


def as_file(name: str, content: bytes, media_type: str) -> Response:
    """Return a file to save."""
    disposition = f"attachment; filename*=UTF-8''{quote(name, safe='')}"
    return Response(content, media_type=media_type, headers={"Content-Disposition": disposition})
