"""What an evaluator may decide about a return or an enrolment: the buttons, and the pages that confirm them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from gettext import NullTranslations

from schemas.enums import DecisionKind, ReturnState
from schemas.errors import UsageError
from tasks.decisions import FIRST_DAY, LAST_DAY, Decision, check_decision, not_owed
from tasks.desk.desk import Desk
from tasks.reporting.page import short_day
from tasks.schedule.expected_returns import day_of
from warehouse.known_plan import published_decisions_of
from warehouse.runs import last_instant_of

_ABOUT_RETURNS = (DecisionKind.SNOOZE, DecisionKind.EXTEND, DecisionKind.NOTHING, DecisionKind.WAIVE)
DESK_KINDS = (*_ABOUT_RETURNS, DecisionKind.LEAVE)
"""What can be decided at the desk."""
_ENDED = frozenset({ReturnState.RECEIVED, ReturnState.LATE, ReturnState.LEFT})
"""The states in which nothing is left to decide about a return."""


@dataclass(frozen=True, slots=True)
class Act:
    """A button.

    Attributes:
        path: The page that confirms it, below the desk.
    """

    path: str
    label: str


@dataclass(frozen=True, slots=True)
class ActWords:
    """The words of the page that confirms a decision.

    Attributes:
        day_label: The question for the day; empty for a decision without one.
    """

    label: str
    heading: str
    meaning: str
    day_label: str = ""


def words_of(kind: DecisionKind, language: NullTranslations, *, is_undone: bool) -> ActWords:
    """Return the words of a decision, or of its reversal."""
    _ = language.gettext
    if is_undone:
        match kind:
            case DecisionKind.SNOOZE:
                return ActWords(_("Remind again"), _("Remind again"), _("Reminders go out again from today on."))
            case DecisionKind.EXTEND:
                label = _("Due as planned again")
                return ActWords(label, label, _("The later due date no longer counts."))
            case DecisionKind.NOTHING:
                label = _("There is something to report after all")
                return ActWords(label, label, _("The return is expected again, and its zeros no longer count."))
            case DecisionKind.LEAVE:
                label = _("It has not left after all")
                return ActWords(label, label, _("Its returns are expected again."))
            case _:
                label = _("Expect it again")
                return ActWords(label, label, _("The return is expected again, and counts in the rates."))
    match kind:
        case DecisionKind.SNOOZE:
            return ActWords(
                _("It will come on …"),
                _("It will come later"),
                _("No reminder goes out before this day. In the rates, the return stays missing until it comes."),
                _("It will come on"),
            )
        case DecisionKind.EXTEND:
            return ActWords(
                _("Extended to …"),
                _("A later due date was agreed"),
                _("The return is due on this day. Rates are shown by both days, the planned one and this one."),
                _("Due on"),
            )
        case DecisionKind.NOTHING:
            return ActWords(
                _("Nothing to report"),
                _("There is nothing to report"),
                _("The return counts as returned. Where the programme says so, its numbers count as zero."),
            )
        case DecisionKind.LEAVE:
            return ActWords(
                _("This structure has left"),
                _("This structure has left"),
                _("Nothing that is due after this day is expected of it any more."),
                _("It left on"),
            )
        case _:
            return ActWords(
                _("It will not come"),
                _("It will not come"),
                _("The return is no longer expected: it leaves the rates, and nobody is reminded of it."),
            )


def acts_about(
    expected_return_id: str, state: ReturnState, in_force: Iterable[DecisionKind], language: NullTranslations
) -> list[Act]:
    """Return the buttons of a return: what can be decided about it in its state, and what can be taken back.

    Args:
        expected_return_id: The return.
        state: Its state.
        in_force: The kinds of the decisions about it that are in force.
        language: The language of the labels.
    """
    taken = [kind for kind in _ABOUT_RETURNS if kind in set(in_force)]
    undo = [
        Act(f"undo/{kind.value}/{expected_return_id}", words_of(kind, language, is_undone=True).label) for kind in taken
    ]
    if state in _ENDED:
        return undo
    new = [kind for kind in _ABOUT_RETURNS if kind not in taken or kind in (DecisionKind.SNOOZE, DecisionKind.EXTEND)]
    if state in (ReturnState.WAIVED, ReturnState.NOTHING_TO_REPORT):
        new = []
    return [
        *(
            Act(f"decide/{kind.value}/{expected_return_id}", words_of(kind, language, is_undone=False).label)
            for kind in new
        ),
        *undo,
    ]


def first_day(desk: Desk, enrolment_id: str) -> date:
    """Return the last day of the training of an enrolment, before which it cannot have left."""
    enrolment = desk.programme.enrolment_by_id.get(enrolment_id)
    return FIRST_DAY if enrolment is None else desk.programme.anchor_of(enrolment)


def refusal_of(desk: Desk, decision: Decision, subject_id: str, language: NullTranslations, locale: str) -> str | None:
    """Return why a decision would not be recorded; None if it would.

    Args:
        desk: The desk.
        decision: The decision.
        subject_id: The return or enrolment that it is about.
        language: The language of the sentence.
        locale: The same, for its days.
    """
    _ = language.gettext
    today, planned = desk.today(), desk.plan()
    day = decision.effective_on
    if day is not None and not FIRST_DAY <= day <= LAST_DAY:
        return _("Expected a day that is not centuries away.")
    if decision.kind is DecisionKind.SNOOZE and day is not None and day <= today:
        return _("Expected a day after today.")
    if decision.kind is DecisionKind.LEAVE and day is not None and (first := first_day(desk, subject_id)) > day:
        return _("Expected the day on which it left, not before its training ({day}).").format(
            day=short_day(first, locale=locale)
        )
    row = planned.planned.get(subject_id)
    if decision.kind is DecisionKind.EXTEND and day is not None and row is not None and day <= day_of(row, "due_on"):
        return _("Expected a day after the planned due date, {day}.").format(
            day=short_day(day_of(row, "due_on"), locale=locale)
        )
    if not decision.is_undone and not_owed([subject_id], planned, desk.programme):
        return _("Nothing is owed any more: the structure left before the return was due.")
    try:
        known = published_decisions_of(desk.paths, decision.kind, last_instant_of(today, desk.programme.zone))
        check_decision(decision, [subject_id], known, desk.programme, today, planned.planned)
    except UsageError:
        # What the command line says is in English, and about its options and files.
        if decision.is_undone:
            return _("There is nothing left to take back: the page of the return shows what is in force.")
        return _(
            "This contradicts what is recorded already: another decision, or an edit of the programme. The page of the "
            "return shows what is in force."
        )
    return None
