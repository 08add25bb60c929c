"""The pages of evaluators and the lead: all their structures, one structure, one return. They see what they follow."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote
from uuid import uuid4

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from schemas.enums import DecisionKind, InstrumentKind, ReturnState
from schemas.intake import ItemKind, ItemOutcome
from schemas.programme import EMAIL, Programme
from tasks.decisions import Decision
from tasks.desk import downloads
from tasks.desk.acts import DESK_KINDS, acts_about, refusal_of, words_of
from tasks.desk.giving import ENDED, give, uploaded
from tasks.desk.history import event_of, events, hows
from tasks.desk.sending import Place, published_errors
from tasks.desk.signing_in import sign_in_page
from tasks.desk.visits import Visit, require_form_token, visit_of
from tasks.received import decision_item, note_item, places_to_correct
from warehouse.desk import DeskReturn, desk_history
from warehouse.intake import Item, items_about, keep, open_intake

_URGENT = (ReturnState.QUARANTINED, ReturnState.MISSING, ReturnState.PARTIAL, ReturnState.UNVERIFIABLE)
"""The states that need a person, the most urgent first."""
_MOST_URGENT = 50
_WRITTEN = re.compile(r"[^\s<>()\[\],;:]+@[^\s<>()\[\],;:]+")
_LONGEST = 1000
"""Characters of a reason or a note."""


@dataclass(frozen=True, slots=True)
class Chip:
    """A return on a page.

    Attributes:
        is_several: Whether its structure owes several returns at its occasion, so that it is shown with its name.
        is_waiting: Whether something was received for it that no run has applied yet.
    """

    expected_return_id: str
    structure_name: str
    occasion_code: str
    instrument: str
    state: ReturnState
    due_on: date
    arrived_on: date | None
    days_late: int | None
    is_several: bool = False
    is_waiting: bool = False


@dataclass(frozen=True, slots=True)
class Structure:
    """A row of the map: a structure and its returns at each occasion."""

    enrolment_id: str
    name: str
    returns: tuple[tuple[Chip, ...], ...]


@dataclass(frozen=True, slots=True)
class Cohort:
    """The map of a cohort: its structures, those that need a person first."""

    name: str
    occasions: tuple[str, ...]
    structures: tuple[Structure, ...]


def structures_page(request: Request) -> Response:
    """Show all structures that a person follows, or the page to sign in."""
    visit = visit_of(request)
    if visit.person is None:
        return sign_in_page(visit)
    returns = visit.desk.returns(visit.person.code)
    waiting = _waiting(visit, returns)
    rank = {state: place for place, state in enumerate(_URGENT)}
    urgent = sorted(
        (one for one in returns if one.state in rank),
        key=lambda one: (-(one.days_late or 0), rank[one.state], one.structure_name),
    )
    return visit.shown(
        "structures.html.jinja",
        as_of=visit.desk.built_on() if returns else visit.desk.today(),
        urgent=[_chip(visit.desk.programme, one, waiting) for one in urgent[:_MOST_URGENT]],
        legend=[state for state in ReturnState if any(one.state is state for one in returns)],
        cohorts=_cohorts(visit.desk.programme, returns, waiting),
    )


def _waiting(visit: Visit, returns: Iterable[DeskReturn]) -> frozenset[str]:
    with open_intake(visit.desk.paths) as intake:
        items = items_about(intake, [one.expected_return_id for one in returns])
    return frozenset(item.subject_id for item in items if item.settled_at is None)


def _cohorts(programme: Programme, returns: list[DeskReturn], waiting: frozenset[str]) -> list[Cohort]:
    order = {one.code: place for place, one in enumerate(programme.settings.cohorts)}
    offsets = {one.code: one.offset_days for one in programme.settings.occasions}
    codes = sorted({one.cohort_code for one in returns}, key=lambda code: (order.get(code, len(order)), code))
    cohorts: list[Cohort] = []
    for code in codes:
        of_cohort = [one for one in returns if one.cohort_code == code]
        occasions = sorted({one.occasion_code for one in of_cohort}, key=lambda occasion: offsets.get(occasion, 0))
        by_enrolment: dict[str, list[DeskReturn]] = {}
        for one in of_cohort:
            by_enrolment.setdefault(one.enrolment_id, []).append(one)
        ordered = sorted(by_enrolment.items(), key=lambda item: (-_need(item[1]), item[1][0].structure_name))
        structures = [
            Structure(
                enrolment_id,
                owed[0].structure_name,
                tuple(
                    tuple(_chip(programme, one, waiting, owed) for one in owed if one.occasion_code == occasion)
                    for occasion in occasions
                ),
            )
            for enrolment_id, owed in ordered
        ]
        cohort = programme.cohort_by_code.get(code)
        cohorts.append(Cohort(cohort.name if cohort is not None else code, tuple(occasions), tuple(structures)))
    return cohorts


def _need(returns: Iterable[DeskReturn]) -> int:
    """Return how much a structure needs a person: the days late of its worst return."""
    return max((1 + (one.days_late or 0) for one in returns if one.state in _URGENT), default=0)


def _chip(programme: Programme, one: DeskReturn, waiting: frozenset[str], siblings: Iterable[DeskReturn] = ()) -> Chip:
    return Chip(
        one.expected_return_id,
        one.structure_name,
        one.occasion_code,
        _instrument_name(programme, one),
        one.state,
        one.due_on,
        one.arrived_on,
        one.days_late,
        is_several=sum(other.occasion_code == one.occasion_code for other in siblings) > 1,
        is_waiting=one.expected_return_id in waiting,
    )


def _instrument_name(programme: Programme, one: DeskReturn) -> str:
    instrument = programme.instrument_by_code.get(one.instrument_code)
    return instrument.name if instrument is not None else one.instrument_code


def structure_page(request: Request) -> Response:
    """Show a structure of a cohort: its returns, its contact and its history."""
    visit = visit_of(request)
    if visit.person is None:
        return sign_in_page(visit)
    enrolment_id = request.path_params["enrolment_id"]
    returns = [one for one in visit.desk.returns(visit.person.code) if one.enrolment_id == enrolment_id]
    if not returns:
        raise HTTPException(404)
    programme = visit.desk.programme
    returns.sort(key=lambda one: (one.due_on, one.instrument_code))
    subjects = [*(one.expected_return_id for one in returns), enrolment_id]
    history = desk_history(visit.desk.paths, subjects[:-1], [enrolment_id])
    with open_intake(visit.desk.paths) as intake:
        items = items_about(intake, subjects)
    contact = _contact(programme, enrolment_id)
    cohort = programme.cohort_by_code.get(returns[0].cohort_code)
    waiting = frozenset(item.subject_id for item in items if item.settled_at is None)
    left = [decision for decision in history.decisions if decision.kind is DecisionKind.LEAVE]
    return visit.shown(
        "structure.html.jinja",
        enrolment_id=enrolment_id,
        name=returns[0].structure_name,
        cohort=cohort.name if cohort is not None else returns[0].cohort_code,
        contact=contact,
        address=_address(contact),
        returns=[_chip(programme, one, waiting) for one in returns],
        decided_left=bool(left) and not left[-1].is_undone,
        history=events(history, items, visit.desk, visit.locale, visit.words),
    )


def return_page(request: Request) -> Response:
    """Show an expected return: its state, what to correct, what can be decided, and its history."""
    visit = visit_of(request)
    if visit.person is None:
        return sign_in_page(visit)
    _ = visit.words.gettext
    notices = {"decision": _("Your decision is saved."), "note": _("Your note is saved.")}
    return _return_shown(visit, _return_of(visit), notices.get(request.query_params.get("kept", ""), ""))


def _return_shown(visit: Visit, one: DeskReturn, notice: str, status: int = 200) -> Response:
    desk, programme = visit.desk, visit.desk.programme
    history = desk_history(desk.paths, [one.expected_return_id], [one.enrolment_id])
    with open_intake(desk.paths) as intake:
        items = items_about(intake, [one.expected_return_id, one.enrolment_id])
    waiting = [item for item in items if item.settled_at is None]
    in_force = {d.kind: not d.is_undone for d in history.decisions if d.subject_id == one.expected_return_id}
    contact = _contact(programme, one.enrolment_id)
    address = _address(contact)
    subject = f"{programme.settings.name} – {_instrument_name(programme, one)}, {one.occasion_code}"
    return visit.shown(
        "return.html.jinja",
        status,
        one=one,
        instrument=_instrument_name(programme, one),
        notice=notice,
        contact=contact,
        write_to=f"mailto:{quote(address, safe='@')}?subject={quote(subject)}" if address else "",
        waiting=[event_of(item, desk, visit.locale, visit.words) for item in waiting],
        refused=[
            event_of(item, desk, visit.locale, visit.words) for item in items if item.outcome is ItemOutcome.REFUSED
        ],
        is_applied_here=desk.is_applied_here,
        to_correct=_to_correct(visit, one, waiting),
        has_marked=downloads.latest_copy(desk, one.expected_return_id) is not None,
        is_workbook=one.instrument_kind is InstrumentKind.WORKBOOK,
        is_owed=one.state not in ENDED,
        acts=acts_about(
            one.expected_return_id, one.state, [kind for kind, is_so in in_force.items() if is_so], visit.words
        ),
        hows=list(hows(visit.words).items()),
        history=events(history, items, desk, visit.locale, visit.words),
    )


def _to_correct(visit: Visit, one: DeskReturn, waiting: Iterable[Item]) -> list[Place]:
    """Return what is to be corrected in the latest file: one that waits, else the one that a run has read.

    What was found there is left out: it may name a person.
    """
    files = [item for item in waiting if item.kind is ItemKind.WORKBOOK]
    if files:
        return [Place(location, "", expected) for location, expected in places_to_correct(files[-1])]
    return [Place(place.location, "", place.expected) for place in published_errors(visit, one)]


def _return_of(visit: Visit) -> DeskReturn:
    """Return the expected return of the address.

    Raises:
        HTTPException: There is none, or the person does not follow its structure: the answer is the same.
    """
    code = visit.person.code if visit.person is not None else ""
    one = visit.desk.one(code, visit.request.path_params["expected_return_id"])
    if one is None:
        raise HTTPException(404)
    return one


def decide_page(request: Request) -> Response:
    """Show the page that confirms a decision, or its reversal."""
    visit = visit_of(request)
    if visit.person is None:
        return sign_in_page(visit)
    return _decide_shown(visit, *_decision_of(visit))


def _decision_of(visit: Visit) -> tuple[DecisionKind, bool, DeskReturn]:
    """Return the kind of the decision of the address, whether it is a reversal, and a return that it is about."""
    params = visit.request.path_params
    kinds = {kind.value: kind for kind in DESK_KINDS}
    if params["kind"] not in kinds:
        raise HTTPException(404)
    kind = kinds[params["kind"]]
    code = visit.person.code if visit.person is not None else ""
    subject_id = params["subject_id"]
    is_subject = "enrolment_id" if kind is DecisionKind.LEAVE else "expected_return_id"
    one = next((one for one in visit.desk.returns(code) if getattr(one, is_subject) == subject_id), None)
    if one is None:
        raise HTTPException(404)
    return kind, visit.request.url.path.startswith("/undo/"), one


def _decide_shown(
    visit: Visit,
    kind: DecisionKind,
    is_undone: bool,
    one: DeskReturn,
    *,
    trouble: str = "",
    day: str = "",
    reason: str = "",
) -> Response:
    words = words_of(kind, visit.words, is_undone=is_undone)
    return visit.shown(
        "decide.html.jinja",
        422 if trouble else 200,
        heading=words.heading,
        meaning=words.meaning,
        day_label=words.day_label,
        day=day,
        reason=reason,
        trouble=trouble,
        back=visit.root + _page_of(kind, one),
        about=_about(visit, kind, one),
    )


def _page_of(kind: DecisionKind, one: DeskReturn) -> str:
    return (
        f"/structures/{quote(one.enrolment_id)}"
        if kind is DecisionKind.LEAVE
        else f"/returns/{quote(one.expected_return_id)}"
    )


def _about(visit: Visit, kind: DecisionKind, one: DeskReturn) -> str:
    if kind is DecisionKind.LEAVE:
        return one.structure_name
    return f"{one.structure_name} · {_instrument_name(visit.desk.programme, one)} · {one.occasion_code}"


async def decide(request: Request) -> Response:
    """Keep a decision."""
    form = await request.form()
    given = {name: str(form.get(name, "")) for name in ("form_token", "form_id", "day", "reason")}
    return await run_in_threadpool(_decide, request, given)


def _decide(request: Request, given: dict[str, str]) -> Response:
    visit = visit_of(request)
    if visit.person is None:
        return sign_in_page(visit)
    require_form_token(visit, given["form_token"])
    kind, is_undone, one = _decision_of(visit)
    _ = visit.words.gettext
    words = words_of(kind, visit.words, is_undone=is_undone)
    reason = " ".join(given["reason"].split())[:_LONGEST]
    day = _day(given["day"]) if words.day_label else None
    subject_id = one.enrolment_id if kind is DecisionKind.LEAVE else one.expected_return_id
    trouble = ""
    if words.day_label and day is None:
        trouble = _("Enter the day, such as {example}.").format(example=visit.desk.today())
    elif not reason:
        trouble = _("Enter the reason: others will read it.")
    else:
        decision = Decision(kind, day, visit.person.code, reason, is_undone=is_undone)
        trouble = refusal_of(visit.desk, decision, subject_id, visit.words) or ""
    if trouble:
        return _decide_shown(visit, kind, is_undone, one, trouble=trouble, day=given["day"], reason=reason)
    decision = Decision(kind, day, visit.person.code, reason, is_undone=is_undone)
    with open_intake(visit.desk.paths) as intake:
        keep(intake, decision_item(_item_id(given["form_id"]), decision, subject_id, visit.person.code))
    visit.record(f"decided_{kind.value}", subject_id)
    visit.desk.apply()
    return visit.sent_to(f"/returns/{quote(one.expected_return_id)}?kept=decision")


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
    one = _return_of(visit)
    if given["how"] not in hows(visit.words):
        raise HTTPException(400)
    text = " ".join(given["text"].split())[:_LONGEST]
    item = note_item(_item_id(given["form_id"]), given["how"], text, one.expected_return_id, visit.person.code)
    with open_intake(visit.desk.paths) as intake:
        keep(intake, item)
    visit.record("noted", one.expected_return_id)
    return visit.sent_to(f"/returns/{quote(one.expected_return_id)}?kept=note")


async def upload(request: Request) -> Response:
    """Receive a workbook on behalf of a structure."""
    async with request.form(max_files=1) as form:
        name, content = await uploaded(form.get("file"))
        token, form_id = str(form.get("form_token", "")), str(form.get("form_id", ""))
    return await run_in_threadpool(_upload, request, name, content, token, form_id)


def _upload(request: Request, name: str, content: bytes, token: str, form_id: str) -> Response:
    visit = visit_of(request)
    if visit.person is None:
        return sign_in_page(visit)
    require_form_token(visit, token)
    one = _return_of(visit)
    if one.instrument_kind is not InstrumentKind.WORKBOOK or one.state in ENDED:
        raise HTTPException(404)
    given = give(visit, one.expected_return_id, name, content, form_id, visit.person.code)
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
    one = _return_of(visit)
    visit.record(action, one.expected_return_id)
    make = downloads.prefilled_workbook if action == "downloaded_workbook" else downloads.marked_copy
    return make(visit.desk, one.expected_return_id)


def calendar(request: Request) -> Response:
    """Return the calendar of a person."""
    visit = visit_of(request)
    if visit.person is None:
        return sign_in_page(visit)
    return downloads.calendar(visit.desk, visit.person.code)


def _contact(programme: Programme, enrolment_id: str) -> str:
    enrolment = programme.enrolment_by_id.get(enrolment_id)
    return (enrolment.contact or "") if enrolment is not None else ""


def _address(contact: str) -> str:
    return next((found for found in _WRITTEN.findall(contact) if EMAIL.fullmatch(found)), "")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _item_id(form_id: str) -> str:
    """Return the id of what a form keeps: sent twice, it is kept once."""
    return form_id if re.fullmatch(r"[0-9a-f]{32}", form_id) else uuid4().hex
