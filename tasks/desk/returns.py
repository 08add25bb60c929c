"""The page of an expected return: its state, what to correct, its files, contacts, and a workbook given on behalf."""

from collections.abc import Iterable
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from schemas.enums import DecisionKind, FilledBy, InstrumentKind, ReturnState
from schemas.intake import ItemKind, ItemOutcome
from tasks.alerts.contacts import addresses_in
from tasks.desk import downloads
from tasks.desk.acts import acts_about
from tasks.desk.giving import ENDED, give, in_turn
from tasks.desk.history import event_of, events, hows
from tasks.desk.naming import contact_of, instrument_name
from tasks.desk.sending import Place, published_errors
from tasks.desk.signing_in import sign_in_page
from tasks.desk.visits import Visit, desk_of, item_id_of, require_form_token, visit_of
from tasks.links import Purpose
from tasks.received import LONGEST, note_item, places_to_correct
from warehouse.desk import DeskReturn, desk_history
from warehouse.intake import Item, items_about, keep, open_intake
from warehouse.sign_ins import revoke_links

_SETTLING = (DecisionKind.WAIVE, DecisionKind.NOTHING)
"""The decisions after which nothing is owed, whatever came before them."""


def return_page(request: Request) -> Response:
    """Show an expected return: its state, what to correct, what can be decided, and its history."""
    visit = visit_of(request)
    if visit.person is None:
        return sign_in_page(visit)
    _ = visit.words.gettext
    notices = {
        "decision": _("Your decision is saved."),
        "note": _("Your note is saved."),
        "form": _("The form is submitted."),
        "revoked": _("The earlier links are no longer valid."),
    }
    return _return_shown(visit, return_of(visit), notices.get(request.query_params.get("kept", ""), ""))


def _return_shown(visit: Visit, one: DeskReturn, notice: str, status: int = 200) -> Response:
    desk, programme = visit.desk, visit.desk.programme
    history = desk_history(desk.paths, [one.expected_return_id], [one.enrolment_id])
    with open_intake(desk.paths) as intake:
        items = items_about(intake, [one.expected_return_id, one.enrolment_id])
    waiting = desk.unpublished(items)
    in_force = {d.kind: not d.is_undone for d in history.decisions if d.subject_id == one.expected_return_id}
    contact = contact_of(programme, one.enrolment_id)
    address = next(iter(addresses_in(contact)), "")
    subject = f"{programme.settings.name} – {instrument_name(programme, one.instrument_code)}, {one.occasion_code}"
    return visit.shown(
        "return.html.jinja",
        status,
        one=one,
        instrument=instrument_name(programme, one.instrument_code),
        notice=notice,
        counts_nowhere=one.state is ReturnState.LEFT and bool(history.versions),
        contact=contact,
        write_to=f"mailto:{quote(address, safe='@')}?subject={quote(subject)}" if address else "",
        waiting=[event_of(item, desk, visit.locale, visit.words) for item in waiting],
        refused=[
            event_of(item, desk, visit.locale, visit.words) for item in items if item.outcome is ItemOutcome.REFUSED
        ],
        is_applied_here=desk.is_applied_here,
        to_correct=_to_correct(visit, one, waiting),
        has_marked=downloads.has_marked_copy(desk, one.expected_return_id),
        is_workbook=one.instrument_kind is InstrumentKind.WORKBOOK,
        is_owed=one.state not in ENDED and not any(in_force.get(kind) for kind in _SETTLING),
        is_form=one.filled_by is FilledBy.EVALUATOR,
        link_to_send=_link_to_send(visit, one),
        acts=acts_about(
            one.expected_return_id, one.state, [kind for kind, is_so in in_force.items() if is_so], visit.words
        ),
        hows=list(hows(visit.words).items()),
        history=events(history, items, desk, visit.locale, visit.words),
    )


def _link_to_send(visit: Visit, one: DeskReturn) -> str:
    """Return a link to the personal page of the structure, to put into a mail; empty where it has none."""
    is_sent_by_structure = one.instrument_kind is InstrumentKind.WORKBOOK and one.filled_by is FilledBy.STRUCTURE
    if not is_sent_by_structure or one.state in ENDED:
        return ""
    return f"{visit.desk.url}/send/{visit.desk.links.made(Purpose.SEND, one.expected_return_id)}"


def _to_correct(visit: Visit, one: DeskReturn, waiting: Iterable[Item]) -> list[Place]:
    """Return what is to be corrected in the latest file: one that waits, else the one that a run has read.

    What was found there is left out: it may name a person.
    """
    files = [item for item in waiting if item.kind is ItemKind.WORKBOOK]
    if files:
        return [Place(location, "", expected) for location, expected in places_to_correct(files[-1])]
    return [Place(place.location, "", place.expected) for place in published_errors(visit, one)]


def return_of(visit: Visit) -> DeskReturn:
    """Return the expected return of the address.

    Raises:
        HTTPException: There is none, or the person does not follow its structure: the answer is the same.
    """
    code = visit.person.code if visit.person is not None else ""
    one = visit.desk.one(code, visit.request.path_params["expected_return_id"])
    if one is None:
        raise HTTPException(404)
    return one


async def add_note(request: Request) -> Response:
    """Keep a contact with a structure."""
    form = await request.form()
    given = {name: str(form.get(name, "")) for name in ("form_token", "form_id", "how", "text")}
    return await run_in_threadpool(_add_note, request, given)


def _add_note(request: Request, given: dict[str, str]) -> Response:
    visit = visit_of(request)
    if visit.person is None:
        return sign_in_page(visit)
    require_form_token(visit, given["form_token"])
    one = return_of(visit)
    if given["how"] not in hows(visit.words):
        raise HTTPException(400)
    text = " ".join(given["text"].split())[:LONGEST]
    item = note_item(
        item_id_of(given["form_id"], given["how"], text), given["how"], text, one.expected_return_id, visit.person.code
    )
    with open_intake(visit.desk.paths) as intake:
        keep(intake, item)
    visit.record("noted", one.expected_return_id)
    return visit.sent_to(f"/returns/{quote(one.expected_return_id)}?kept=note")


async def revoke(request: Request) -> Response:
    """Revoke the links of a structure to a return."""
    form = await request.form()
    return await run_in_threadpool(_revoke, request, form.get("form_token"))


def _revoke(request: Request, token: object) -> Response:
    visit = visit_of(request)
    if visit.person is None:
        return sign_in_page(visit)
    require_form_token(visit, token)
    one = return_of(visit)
    with open_intake(visit.desk.paths) as intake:
        revoke_links(intake, one.expected_return_id)
    visit.record("revoked_links", one.expected_return_id)
    return visit.sent_to(f"/returns/{quote(one.expected_return_id)}?kept=revoked")


async def upload(request: Request) -> Response:
    """Receive a workbook on behalf of a structure."""
    async with request.form(max_files=1) as form:
        token, form_id = str(form.get("form_token", "")), str(form.get("form_id", ""))

        def handle(name: str, content: bytes, is_checked: bool) -> Response:
            return _upload(request, name, content, token, form_id, is_checked=is_checked)

        return await in_turn(desk_of(request), form.get("file"), handle)


def _upload(request: Request, name: str, content: bytes, token: str, form_id: str, *, is_checked: bool) -> Response:
    visit = visit_of(request)
    if visit.person is None:
        return sign_in_page(visit)
    require_form_token(visit, token)
    one = return_of(visit)
    if one.instrument_kind is not InstrumentKind.WORKBOOK or one.state in ENDED:
        raise HTTPException(404)
    given = give(visit, one.expected_return_id, name, content, form_id, visit.person.code, is_checked=is_checked)
    notice = given.trouble or " ".join((given.receipt, *given.sentences[:1]))
    return _return_shown(visit, one, notice, 422 if given.trouble else 200)


def workbook(request: Request) -> Response:
    """Return the prefilled workbook of a return."""
    return _file(request, "downloaded_workbook")


def marked(request: Request) -> Response:
    """Return the marked copy of a return."""
    return _file(request, "downloaded_marked_copy")


def _file(request: Request, action: str) -> Response:
    visit = visit_of(request)
    if visit.person is None:
        return sign_in_page(visit)
    one = return_of(visit)
    visit.record(action, one.expected_return_id)
    make = downloads.prefilled_workbook if action == "downloaded_workbook" else downloads.marked_copy
    return make(visit.desk, one.expected_return_id)


def calendar(request: Request) -> Response:
    """Return the calendar of a person."""
    visit = visit_of(request)
    if visit.person is None:
        return sign_in_page(visit)
    return downloads.calendar(visit.desk, visit.person.code)
