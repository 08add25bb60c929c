"""The personal page of a structure for one expected return, reached by a signed link: download, send, and correct."""

from typing import NamedTuple
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from schemas.enums import FilledBy, InstrumentKind, Severity
from schemas.intake import ItemKind
from schemas.places import reading_order
from tasks.desk.downloads import has_marked_copy, marked_copy, prefilled_workbook
from tasks.desk.giving import ENDED, Given, give, in_turn
from tasks.desk.history import event_of
from tasks.desk.people import address_of_follower
from tasks.desk.visits import Visit, desk_of, visit_of
from tasks.i18n import day_in_words
from tasks.links import SENDING_LASTS, Purpose
from tasks.received import STRUCTURE, places_to_correct
from warehouse.desk import DeskReturn, desk_history, desk_returns, is_published
from warehouse.intake import items_about, open_intake
from warehouse.sign_ins import links_revoked_at, record_action


class Place(NamedTuple):
    """A place in a workbook, and what is expected there."""

    location: str
    found: str
    expected: str


def sending_page(request: Request) -> Response:
    """Show the page of an expected return to its structure."""
    visit = visit_of(request)
    one = _return_of(visit)
    return _of_no_use(visit) if one is None else _shown(visit, one, Given())


async def send(request: Request) -> Response:
    """Receive a workbook from a structure."""
    async with request.form(max_files=1) as form:
        form_id = str(form.get("form_id", ""))

        def handle(name: str, content: bytes, is_checked: bool) -> Response:
            return _send(request, name, content, form_id, is_checked=is_checked)

        return await in_turn(desk_of(request), form.get("file"), handle)


def _send(request: Request, name: str, content: bytes, form_id: str, *, is_checked: bool) -> Response:
    visit = visit_of(request)
    one = _return_of(visit)
    if one is None:
        return _of_no_use(visit)
    given = give(visit, one.expected_return_id, name, content, form_id, STRUCTURE, is_checked=is_checked)
    return _shown(visit, one, given, status=422 if given.trouble else 200)


def sent_workbook(request: Request) -> Response:
    """Return the prefilled workbook of the page."""
    visit = visit_of(request)
    one = _return_of(visit)
    if one is None:
        return _of_no_use(visit)
    _record(visit, "downloaded_workbook", one)
    return prefilled_workbook(visit.desk, one.expected_return_id)


def sent_marked(request: Request) -> Response:
    """Return the marked copy of what the structure sent last."""
    visit = visit_of(request)
    one = _return_of(visit)
    if one is None:
        return _of_no_use(visit)
    _record(visit, "downloaded_marked_copy", one)
    return marked_copy(visit.desk, one.expected_return_id)


def _record(visit: Visit, action: str, one: DeskReturn) -> None:
    with open_intake(visit.desk.paths) as intake:
        record_action(intake, STRUCTURE, action, one.expected_return_id)


def _return_of(visit: Visit) -> DeskReturn | None:
    """Return the return of the link; None if the link is too old, revoked, or no workbook is asked for now."""
    desk = visit.desk
    link = desk.links.read(Purpose.SEND, visit.request.path_params["link"], SENDING_LASTS)
    if link is None or not is_published(desk.paths):
        return None
    with open_intake(desk.paths) as intake:
        revoked_at = links_revoked_at(intake, link.subject)
    one = next(iter(desk_returns(desk.paths, link.subject)), None)
    is_revoked = revoked_at is not None and link.made_at <= revoked_at
    is_asked = (
        one is not None
        and one.instrument_kind is InstrumentKind.WORKBOOK
        and one.filled_by is FilledBy.STRUCTURE
        and one.state not in ENDED
    )
    return one if is_asked and not is_revoked else None


def _of_no_use(visit: Visit) -> Response:
    _ = visit.words.gettext
    return visit.with_sentences(
        _("This page no longer exists"),
        _("The link has expired or was replaced, or nothing is expected here any more."),
        _("Reply to the mail in which you found it: a person reads your reply."),
        status=404,
    )


def _shown(visit: Visit, one: DeskReturn, given: Given, status: int = 200) -> Response:
    desk, _ = visit.desk, visit.words.gettext
    programme = desk.programme
    instrument = programme.instrument_by_code.get(one.instrument_code)
    with open_intake(desk.paths) as intake:
        items = [item for item in items_about(intake, [one.expected_return_id]) if item.kind is ItemKind.WORKBOOK]
    sent = [event_of(item, desk, visit.locale, visit.words) for item in reversed(items)]
    to_correct = [Place(f.location, f.found, f.expected) for f in given.checked.errors] if given.checked else []
    if given.checked is None:
        waits = desk.unpublished(items[-1:])
        to_correct = [Place(location, "", expected) for item in waits for location, expected in places_to_correct(item)]
        to_correct = to_correct if waits else published_errors(visit, one)
    warnings = [Place(f.location, f.found, f.expected) for f in given.checked.warnings] if given.checked else []
    link = quote(visit.request.path_params["link"])
    has_marked = bool(to_correct) and has_marked_copy(desk, one.expected_return_id)
    follower = address_of_follower(programme, one.enrolment_id, one.innovation_code, desk.today())
    return visit.shown(
        "send.html.jinja",
        status,
        structure=one.structure_name,
        instrument=instrument.name if instrument is not None else one.instrument_code,
        occasion=one.occasion_code,
        due=_("Due on {day}.").format(day=day_in_words(one.due_on, visit.locale)),
        trouble=given.trouble,
        receipt=given.receipt,
        sentences=given.sentences,
        to_correct=to_correct,
        warnings=warnings,
        marked=f"{visit.root}/send/{link}/marked" if has_marked else "",
        workbook=f"{visit.root}/send/{link}/workbook",
        sent=sent,
        contact=_("Questions? Write to {address}.").format(address=follower) if follower else "",
    )


def published_errors(visit: Visit, one: DeskReturn) -> list[Place]:
    """Return what is to be corrected in the version that a run has read last."""
    if one.quarantined_return_id is None:
        return []
    history = desk_history(visit.desk.paths, [one.expected_return_id], [])
    of_version = [
        finding
        for finding in history.findings
        if finding.return_id == one.quarantined_return_id and finding.severity is Severity.ERROR
    ]
    checked_at = max((finding.loaded_at for finding in of_version), default=None)
    latest = (finding for finding in of_version if finding.loaded_at == checked_at)
    return [Place(f.location, f.found, f.expected) for f in sorted(latest, key=lambda f: reading_order(f.location))]
