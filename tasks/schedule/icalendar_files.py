"""Write due dates as iCalendar files (RFC 5545), one per evaluator, for calendar programs to subscribe to or import.

The events of the existing file are revised: an unchanged event stays the same to the byte, a changed one gets a higher
SEQUENCE, and one whose due date is gone stays as cancelled, so that calendars remove it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from icalendar import Alarm, Calendar, Event

from schemas.errors import UsageError
from schemas.programme import Programme
from tasks.i18n import day_in_words, language
from tasks.schedule.due_dates import DueDate

_HOUR = time(9)
"""Time of alarms, in the reader's time zone, because the events last whole days."""
_COMPARED = ("SUMMARY", "DESCRIPTION", "DTSTART", "STATUS")


def write_calendars(
    folder: Path, programme: Programme, followed: Mapping[str, Iterable[DueDate]], *, today: date
) -> list[Path]:
    """Write the calendar of each evaluator.

    Args:
        folder: Folder of the files, one per evaluator, named by code.
        programme: The programme.
        followed: The due dates of each evaluator, by code.
        today: Date of the events that have changed since the files were written.

    Returns:
        The files.

    Raises:
        UsageError: An existing file is not a calendar.
    """
    folder.mkdir(parents=True, exist_ok=True)
    paths: list[Path] = []
    for evaluator in programme.settings.evaluators:
        path = folder / f"{evaluator.code}.ics"
        before = _events(path)
        calendar = _calendar(programme, evaluator.code, followed.get(evaluator.code, []), before, today)
        arriving = folder / f".{path.name}"
        arriving.write_bytes(calendar.to_ical())
        paths.append(arriving.replace(path))
    return paths


def calendar_of(programme: Programme, reader: str, dates: Iterable[DueDate], today: date) -> bytes:
    """Return a calendar of due dates for a reader, made without an earlier file.

    Args:
        programme: The programme.
        reader: Whose calendar it is.
        dates: The due dates.
        today: The present date.
    """
    return _calendar(programme, reader, dates, {}, today).to_ical()


@dataclass(frozen=True, slots=True)
class _Revision:
    sequence: int
    stamped: datetime


def _calendar(
    programme: Programme, evaluator_code: str, dates: Iterable[DueDate], before: dict[str, Event], today: date
) -> Calendar:
    _ = language(programme.settings.locale).gettext
    calendar = Calendar()
    calendar.add("PRODID", "-//Essaim//Calendar//EN")
    calendar.add("VERSION", "2.0")
    calendar.add("METHOD", "PUBLISH")
    name = _("Due dates · {programme} · {evaluator}").format(
        programme=programme.settings.name, evaluator=evaluator_code
    )
    calendar.add("X-WR-CALNAME", name)
    events = dict(_event(programme, due, before, today) for due in dates)
    for uid, gone in before.items():
        if uid not in events:
            events[uid] = _cancelled(gone, today)
    for _uid, event in sorted(events.items(), key=lambda item: (item[1].decoded("DTSTART"), item[0])):
        calendar.add_component(event)
    return calendar


def _event(programme: Programme, due: DueDate, before: dict[str, Event], today: date) -> tuple[str, Event]:
    locale = programme.settings.locale
    plural = language(locale).ngettext
    uid = f"{due.due_date_id.replace('/', '_')}@{programme.settings.programme}.essaim"
    grace = programme.settings.schedule.grace_days
    event = Event()
    event.add("UID", uid)
    event.add("SUMMARY", f"{due.cohort_name} · {due.occasion_code} · {due.instrument_name}")
    event.add(
        "DESCRIPTION",
        plural(
            "{count} structure owes it by {day}; on time until {last}.",
            "{count} structures owe it by {day}; on time until {last}.",
            due.count,
        ).format(
            count=due.count,
            day=day_in_words(due.due_on, locale),
            last=day_in_words(due.due_on + timedelta(days=grace), locale),
        ),
    )
    event.add("DTSTART", due.due_on)
    event.add("DTEND", due.due_on + timedelta(days=1))
    event.add("STATUS", "CONFIRMED")
    event.add("TRANSP", "TRANSPARENT")
    known = before.get(uid)
    if known is not None and _compared(known) == _compared(event):
        return uid, known
    anchor = programme.cohort_by_code[due.cohort_code].anchor_on
    _stamp(event, _next(known, today) if known else _Revision(0, _midnight(anchor)))
    for step in programme.settings.schedule.reminder_days:
        event.add_component(_alarm(event, step))
    return uid, event


def _alarm(event: Event, step: int) -> Alarm:
    alarm = Alarm()
    alarm.add("ACTION", "DISPLAY")
    alarm.add("DESCRIPTION", str(event["SUMMARY"]))
    alarm.add("TRIGGER", timedelta(days=step, hours=_HOUR.hour))
    return alarm


def _cancelled(event: Event, today: date) -> Event:
    if str(event["STATUS"]) == "CANCELLED":
        return event
    revision = _next(event, today)
    for name in ("STATUS", "DTSTAMP", "LAST-MODIFIED", "SEQUENCE"):
        del event[name]
    event.subcomponents.clear()
    event.add("STATUS", "CANCELLED")
    _stamp(event, revision)
    return event


def _stamp(event: Event, revision: _Revision) -> None:
    event.add("DTSTAMP", revision.stamped)
    event.add("LAST-MODIFIED", revision.stamped)
    event.add("SEQUENCE", revision.sequence)


def _next(known: Event, today: date) -> _Revision:
    return _Revision(_sequence(known) + 1, _midnight(today))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)


def _sequence(event: Event) -> int:
    return int(str(event["SEQUENCE"]))


def _compared(event: Event) -> list[object]:
    return [event[name].to_ical() for name in _COMPARED]


def _events(path: Path) -> dict[str, Event]:
    """Return the events of an existing file, by UID."""
    if not path.exists():
        return {}
    try:
        calendar = Calendar.from_ical(path.read_bytes())
        events = {str(event["UID"]): event for event in calendar.walk("VEVENT") if isinstance(event, Event)}
        for event in events.values():
            _compared(event)
            _sequence(event)
    except (ValueError, KeyError, AttributeError, IndexError) as error:
        raise UsageError(f"{path} is not a calendar that Essaim wrote. Delete it, or name another folder.") from error
    return events
