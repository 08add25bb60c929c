"""Record what is on the server and in the inbox and what runs have read, and compute the states that follow from it.

The states are those of docs/definitions.md, computed in Python.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from random_answers import Answers, Given
from random_programme import Asked, Owed, RandomProgramme, counting

from schemas.enums import ReturnState, StateReason


@dataclass(frozen=True)
class Seen:
    """A version that a run has read. `completeness` is None where it must be corrected."""

    completeness: str | None
    is_submitted: bool
    moment: datetime


@dataclass
class Record:
    """What respondents and staff did, and what runs have read of it.

    Attributes:
        programme: The programme.
        given: The responses on the server, by survey and number.
        sent: The workbooks in the inbox, by file name.
        left_on: When structures left, by enrolment.
        waived: The waived returns.
        nothing_on: The day on which it was decided last of a return that there is nothing to report.
        extended: The later due date of extended returns.
        seen: The versions that runs have read, by expected return and response.
        unread: The surveys that the last run could not read.
        deleted: The expected returns of which a response was deleted that a run had read.
        set_aside: The expected returns to which a response came after the structure had left, and was set aside.
    """

    programme: RandomProgramme
    given: dict[tuple[int, int], Given] = field(default_factory=dict[tuple[int, int], Given])
    sent: dict[str, Given] = field(default_factory=dict[str, Given])
    left_on: dict[str, date] = field(default_factory=dict[str, date])
    waived: set[str] = field(default_factory=set[str])
    nothing_on: dict[str, date] = field(default_factory=dict[str, date])
    extended: dict[str, date] = field(default_factory=dict[str, date])
    seen: dict[str, dict[int, list[Seen]]] = field(
        default_factory=lambda: defaultdict[str, dict[int, list[Seen]]](dict)
    )
    unread: set[int] = field(default_factory=set[int])
    deleted: set[str] = field(default_factory=set[str])
    set_aside: set[str] = field(default_factory=set[str])
    _last: dict[tuple[str, int], tuple[Answers, bool]] = field(
        default_factory=dict[tuple[str, int], tuple[Answers, bool]]
    )
    _moved: dict[tuple[str, int], list[Seen]] = field(default_factory=dict[tuple[str, int], list[Seen]])
    _files: dict[str, Answers] = field(default_factory=dict[str, Answers])

    def collected(self, day: date) -> None:
        """Note what a run reads on a day."""
        opened = {
            one.survey_id for one in self.programme.owed.values() if one.opens_on <= day and one.instrument.is_survey
        }
        read = opened - self.unread
        for (survey_id, _), one in self.given.items():
            if survey_id in read and not one.maybe:
                self._see(one, day)
        for name, one in sorted(self.sent.items(), key=lambda named: named[1].moment):
            if self._files.get(name) != one.answers:
                self._files[name] = one.answers
                self._see(one, day)
        for owed in self.programme.owed.values():
            if owed.survey_id in read and owed.instrument.is_survey:
                for number in list(self.seen[owed.id]):
                    now = self.given.get((owed.survey_id, number))
                    if now is None:
                        del self.seen[owed.id][number]
                        self.deleted.add(owed.id)
                    elif now.owed.id != owed.id:
                        self._moved[owed.id, number] = self.seen[owed.id].pop(number)

    def _see(self, one: Given, day: date) -> None:
        """Add the version of a response or workbook, unless it says what the latest version says."""
        id_, content = one.owed.id, (dict(one.answers), one.is_submitted)
        if (before := self._moved.pop((id_, one.number), None)) is not None:
            self.seen[id_][one.number] = before
        versions = self.seen[id_].get(one.number, [])
        if versions and self._last[id_, one.number] == content:
            return
        left_on = self.left_on.get(one.owed.enrolment_id)
        if one.owed.instrument.is_survey and one.owed.instrument.sets_aside and left_on and one.moment.date() > left_on:
            self.set_aside.add(id_)
            return
        moment = one.moment
        if versions and moment <= versions[-1].moment:
            moment = datetime(day.year, day.month, day.day, 23, 59, 59)
        elif not versions and one.owed.instrument.is_survey:
            moment = self._first_sent(one, content) or moment
        self._last[id_, one.number] = content
        completeness = None if one.is_wrong else completeness_of(one)
        self.seen[id_].setdefault(one.number, []).append(Seen(completeness, one.is_submitted, moment))

    def _first_sent(self, one: Given, content: tuple[Answers, bool]) -> datetime | None:
        """Return when a response was first sent that was another structure's until now and has not changed since."""
        held = {id_: of_one[one.number] for id_, of_one in self.seen.items() if one.number in of_one}
        sent = [
            version.moment
            for id_, versions in held.items()
            if self.programme.owed[id_].survey_id == one.owed.survey_id
            and self.programme.owed[id_].instrument.is_survey
            and self._last[id_, one.number] == content
            for version in versions
            if version.is_submitted
        ]
        return min(sent, default=None)

    def clock(self, owed: Owed) -> tuple[date, date]:
        """Return the due date and the last day on time, extended or as planned."""
        until = self.extended.get(owed.id, owed.due_on)
        return until, until + (owed.on_time_until - owed.due_on)

    def state(self, owed: Owed, day: date) -> ReturnState:
        """Return the state of an expected return, by what runs have seen until a day."""
        versions = self.seen[owed.id]
        first_complete = sorted(
            min(one.moment for one in of_one if one.completeness == "complete")
            for of_one in versions.values()
            if any(one.completeness == "complete" for one in of_one)
        )
        if len(first_complete) >= owed.instrument.minimum:
            arrived = first_complete[owed.instrument.minimum - 1].date()
            return ReturnState.RECEIVED if arrived <= self.clock(owed)[1] else ReturnState.LATE
        left_on = self.left_on.get(owed.enrolment_id)
        latest = (
            max((of_one[-1].moment, number, of_one[-1].completeness) for number, of_one in versions.items())
            if versions
            else None
        )
        known = {one.completeness for of_one in versions.values() for one in of_one}
        counts = bool(known & {"complete", "partial"})
        nothing_on = self.nothing_on.get(owed.id)
        came_since = latest is not None and latest[2] is None and latest[0].date() > (nothing_on or day)
        states = (
            (ReturnState.LEFT, left_on is not None and owed.due_on > left_on),
            (ReturnState.WAIVED, owed.id in self.waived),
            (ReturnState.NOTHING_TO_REPORT, nothing_on is not None and not counts and not came_since),
            (ReturnState.QUARANTINED, latest is not None and latest[2] is None),
            (ReturnState.PARTIAL, counts),
            (ReturnState.SCHEDULED, day < owed.opens_on),
            (ReturnState.OPEN, day <= self.clock(owed)[1]),
        )
        is_unread = owed.instrument.is_survey and owed.survey_id in self.unread
        otherwise = ReturnState.UNVERIFIABLE if is_unread else ReturnState.MISSING
        return next((state for state, holds in states if holds), otherwise)

    def reasons(self, owed: Owed) -> set[StateReason]:
        """Return the reasons that an outstanding return can have, if it need not be corrected."""
        # The response may have been deleted or moved since.
        perhaps = {StateReason.SET_ASIDE} if owed.id in self.set_aside else set[StateReason]()
        return perhaps | self._reasons_of_what_counts(owed)

    def _reasons_of_what_counts(self, owed: Owed) -> set[StateReason]:
        versions = self.seen[owed.id].values()
        if any(one.completeness == "complete" for of_one in versions for one in of_one):
            return {StateReason.TOO_FEW_RESPONDENTS}
        if any(of_one[-1].is_submitted for of_one in versions):
            return {StateReason.INCOMPLETE}
        of_participants = {StateReason.COMPLETED_WITHOUT_RESPONSE, StateReason.TOKEN_USED_UP}
        perhaps = of_participants if owed.instrument.is_survey else set[StateReason]()
        if versions:
            return {StateReason.BEGUN, *perhaps, *({StateReason.DELETED} if owed.id in self.deleted else ())}
        return {StateReason.DELETED if owed.id in self.deleted else StateReason.NOTHING_CAME, *perhaps}

    @property
    def unclear(self) -> set[str]:
        """The expected returns that a response on the server may answer that names none of them."""
        return {id_ for one in self.given.values() for id_ in one.maybe}


def completeness_of(one: Given) -> str:
    """Return the completeness of a return, as docs/definitions.md defines it."""
    questions = {asked.code: asked for asked in one.owed.instrument.questions}
    core = [
        asked
        for asked in counting(one.owed.instrument)
        if _is_answered(one, asked) or _may_be_shown(one, asked, questions)
    ]
    answered = sum(_is_answered(one, asked) for asked in core)
    if not core:
        return "complete" if one.is_submitted else "break_off"
    if answered > 0.8 * len(core):
        return "complete"
    return "partial" if answered >= 0.5 * len(core) else "break_off"


def _is_answered(one: Given, asked: Asked) -> bool:
    answer = one.answers[asked.code]
    return bool(answer) or (asked.letter == "M" and answer is not None)


def _may_be_shown(one: Given, asked: Asked, questions: Mapping[str, Asked]) -> bool:
    """Return whether a question was shown, or in a response that was begun, may still be."""
    if asked.shown_where is None:
        return True
    other, wanted = asked.shown_where
    if one.answers[other]:
        return one.answers[other] == wanted
    return not one.is_submitted and _may_be_shown(one, questions[other], questions)
