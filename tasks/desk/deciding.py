"""The pages that confirm a decision about a return or an enrolment, or its reversal, and keep it."""

from datetime import date
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from schemas.enums import DecisionKind
from tasks.decisions import Decision
from tasks.desk.acts import DESK_KINDS, refusal_of, words_of
from tasks.desk.naming import instrument_name
from tasks.desk.signing_in import sign_in_page
from tasks.desk.visits import Visit, item_id_of, require_form_token, visit_of
from tasks.received import LONGEST, decision_item
from warehouse.desk import DeskReturn
from warehouse.intake import keep, open_intake


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
    return f"{one.structure_name} · {instrument_name(visit.desk.programme, one.instrument_code)} · {one.occasion_code}"


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
    reason = " ".join(given["reason"].split())[:LONGEST]
    day = _day(given["day"]) if words.day_label else None
    subject_id = one.enrolment_id if kind is DecisionKind.LEAVE else one.expected_return_id
    trouble = ""
    if words.day_label and day is None:
        trouble = _("Enter the day in figures, year first, such as {example}.").format(example=visit.desk.today())
    elif not reason:
        trouble = _("Enter the reason: others will read it.")
    else:
        decision = Decision(kind, day, visit.person.code, reason, is_undone=is_undone)
        trouble = refusal_of(visit.desk, decision, subject_id, visit.words, visit.locale) or ""
    if trouble:
        return _decide_shown(visit, kind, is_undone, one, trouble=trouble, day=given["day"], reason=reason)
    decision = Decision(kind, day, visit.person.code, reason, is_undone=is_undone)
    with open_intake(visit.desk.paths) as intake:
        keep(
            intake,
            decision_item(item_id_of(given["form_id"], str(day), reason), decision, subject_id, visit.person.code),
        )
    visit.record(f"decided_{kind.value}", subject_id)
    visit.desk.apply()
    return visit.sent_to(f"{_page_of(kind, one)}?kept=decision")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
