"""Assign responses to expected returns by participant attributes, by token or by a question (`join`)."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from gettext import NullTranslations
from itertools import repeat

import pyarrow as pa

from schemas.enums import JoinBy, Unplaced
from schemas.instruments import BY_TOKEN, Join
from schemas.programme import Programme
from schemas.successions import UNCHANGED, StructureChanges, Succession
from schemas.tables import Row
from tasks.limesurvey import Participant
from tasks.schedule.expected_returns import day_of

_CACHE_SIZE = 1 << 14
"""How many combinations of token, answers and day are remembered."""

_CAN_BE_QUOTED = re.compile(r"(?=.*[0-9])[A-Za-z0-9_-]{1,8}")
"""A value that is shown: a short code with a digit, such as M06. Names, addresses and telephone numbers are none."""

_REMEDIES = {
    JoinBy.ATTRIBUTES: "its token belongs to no participant whose structure and cohort owe this survey. "
    "Correct the participant's attributes on the server.",
    JoinBy.TOKEN: "its token is the code of no structure that owes this survey, or of one that owes it in several "
    "cohorts. Correct the token on the server, or join by attributes.",
    JoinBy.QUESTION: "its answer to the question that names the structure names none that owes this survey, or one "
    "that owes it in several cohorts. Correct the answer on the server.",
}
_UNKNOWN_OCCASION = (
    "it names none of the occasions of this survey, all of which its structure has answered. "
    "Correct the occasion that join.occasion reads on the server."
)


@dataclass(frozen=True, slots=True)
class Assignment:
    """The expected returns that a response may answer.

    Attributes:
        expected_return_ids: The one that it answers; several, where `unplaced`; none, where it belongs to none.
        unplaced: Why it is not known which of them it answers; None where it is known.
        remedy: What to do about a response that belongs to none.
    """

    expected_return_ids: tuple[str, ...] = ()
    unplaced: Unplaced | None = None
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class _Named:
    """The structure, cohort and occasion that a response names, as codes."""

    structure: str | None
    cohort: str | None
    occasion: str | None


class Assigner:
    """Assigns the responses of one survey to its expected returns.

    Args:
        join: What names structure, cohort and occasion.
        expected: The planned rows of the survey, by the id of the expected return.
        participants: The participants of the survey, by token.
        recodes: The codes that `join.recode` gives, by `structure`, `cohort` and `occasion`, and by value.
        excused: The ids of the expected returns that nobody owes: waived, or due after the structure had left. A
            response is assigned to one of these only if it names it, or can answer no other one.
        changes: The structures that were renamed or moved. A response may name any code of its structure. One of a
            structure that moved may name either cohort: it answers what was due before the move, or what is due after
            once that is open. Before, it is of a return of the former cohort that another one answers for.
    """

    def __init__(
        self,
        join: Join,
        expected: Mapping[str, Row],
        participants: Mapping[str, Participant],
        recodes: Mapping[str, Mapping[str, str]] | None = None,
        excused: Collection[str] = (),
        changes: StructureChanges = UNCHANGED,
    ) -> None:
        self.join = join
        self._participants = participants
        self._recodes = {
            what: {_folded(value): code for value, code in codes.items()} for what, codes in (recodes or {}).items()
        }
        self._excused = excused
        self._answered_by: dict[str, set[int]] = defaultdict(set)
        self._returns: dict[str, list[Row]] = defaultdict(list)
        self._enrolments: dict[str, set[str]] = defaultdict(set)
        for row in sorted(expected.values(), key=lambda row: str(row["opens_on"])):
            enrolment_id = str(row["enrolment_id"])
            self._returns[_folded(enrolment_id)].append(row)
            self._enrolments[_folded(enrolment_id.split("/")[1])].add(_folded(enrolment_id))
        self._first = {_folded(id_): _folded(id_) for id_ in self._returns}
        self._heirs: set[str] = set()
        self._ended: dict[str, list[Row]] = {}
        for move in changes.moves.values():
            self._join(move)
        self._present = {_folded(written): _folded(id_) for written, id_ in changes.present.items()}
        for written, id_ in self._present.items():
            if id_ in self._returns:
                self._enrolments[written.split("/")[1]].add(id_)
        self.is_shared = any(len([*rows, *self._ended.get(id_, [])]) > 1 for id_, rows in self._returns.items())

    def _join(self, move: Succession) -> None:
        """Have both enrolments of a structure that moved the returns of the former until the move, and of the other.

        The former's later returns are beside them: they are what is meant until the first return of the other is open.
        """
        before, after = _folded(move.enrolment_id), _folded(move.heir_enrolment_id)
        of_before = self._returns.get(before, [])
        rows = [row for row in of_before if day_of(row, "due_on") <= move.since_on] + self._returns.get(after, [])
        if rows:
            rows.sort(key=lambda row: str(row["opens_on"]))
            joined = {self._first.get(before, before), self._first.get(after, after)}
            of_structure = {before, after, *(id_ for id_, first in self._first.items() if first in joined)}
            self._first |= dict.fromkeys(of_structure, min(joined))
            self._returns |= dict.fromkeys(of_structure, rows)
            ended = [row for id_ in of_structure for row in self._ended.get(id_, [])]
            ended += [row for row in of_before if day_of(row, "due_on") > move.since_on]
            later = list({_id(row): row for row in ended}.values())
            self._ended |= dict.fromkeys(of_structure, later)
            self._heirs.add(after)

    def first_enrolment(self, enrolment_id: str) -> str:
        """Return one name for all enrolments of a structure that moved."""
        folded = _folded(enrolment_id)
        return self._first.get(folded, folded)

    @property
    def assigns_by_day(self) -> bool:
        """Whether the assignment of a response depends on its day and on the responses before it."""
        return self.is_shared and not self.join.names_occasion

    @property
    def assigns_by_name(self) -> bool:
        """Whether occasions share the survey, and responses name theirs."""
        return self.is_shared and self.join.names_occasion

    def count(self, answering: Iterable[tuple[int, str]]) -> None:
        """Count responses that answer expected returns already: pairs of response id and expected return."""
        for response_id, expected_return_id in answering:
            self._answered_by[expected_return_id].add(response_id)

    @property
    def goes_by_day(self) -> bool:
        """Whether the assignment of a response depends on its day: by window, or where a structure moved."""
        return self.assigns_by_day or bool(self._heirs)

    def count_named(
        self, response_ids: Sequence[int], tokens: Sequence[str | None], answers: pa.Table, days: Sequence[date]
    ) -> None:
        """Count responses for the returns of the occasions that they name, before any response is assigned.

        Args:
            response_ids: The ids of responses that answer their occasion.
            tokens: Their tokens.
            answers: Their answers to the questions that name structure, cohort and occasion.
            days: When they were given.
        """
        count = len(tokens)
        assigned = self.assign_all(tokens, answers, days, [True] * count, [None] * count, [])
        self.count(
            (response_id, expected_return_id)
            for response_id, assignment in zip(response_ids, assigned, strict=True)
            if assignment.unplaced is None
            for expected_return_id in assignment.expected_return_ids
        )

    def assign(
        self,
        token: str | None,
        answers: Mapping[str, str | None],
        day: date,
        *,
        is_submitted: bool = False,
        answering_id: int | None = None,
    ) -> Assignment:
        """Assign a response to the expected return that it answers.

        Args:
            token: The token of the response.
            answers: The answers to the questions that name structure, cohort and occasion, by their headings.
            day: When the response was given.
            is_submitted: Whether it was submitted: what it does not name then, it will not name later.
            answering_id: Its id, if it answers its occasion (`AnsweringRule`): by day, the return is answered from now
                on.
        """
        named = self._names(token, answers)
        candidates = self._candidates(named)
        if not candidates:
            return Assignment(remedy=_REMEDIES[self.join.by])
        ended = self._ended.get(_folded(str(candidates[0]["enrolment_id"])), [])
        if self.join.names_occasion and named.occasion:
            of_occasion = [row for row in candidates if _occasion(row) == named.occasion]
            ended_of_occasion = [row for row in ended if _occasion(row) == named.occasion]
            if of_occasion or ended_of_occasion:
                return self._by_day(of_occasion, ended_of_occasion, day)
        if self.join.names_occasion:
            meant = self._meant(candidates, ended, day) or candidates[:1]
            return self._of_unknown_occasion(meant, named.occasion, day, is_submitted=is_submitted)
        assignment = self._by_day(candidates, ended, day)
        if answering_id is not None and assignment.unplaced is None:
            self.count((answering_id, id_) for id_ in assignment.expected_return_ids)
        return assignment

    def assign_all(
        self,
        tokens: Sequence[str | None],
        answers: pa.Table,
        days: Sequence[date],
        are_submitted: Sequence[bool],
        answering_ids: Sequence[int | None],
        order: Iterable[int],
    ) -> list[Assignment]:
        """Return `assign` for many responses, given in columns of equal length.

        Args:
            tokens: Their tokens.
            answers: Their answers to the questions that name structure, cohort and occasion.
            days: When they were given.
            are_submitted: Whether they were submitted.
            answering_ids: The ids of those that answer their occasion; None for the others.
            order: The numbers of the responses in the order in which they were given.
        """
        headings = [name for name in self.join.questions if name in answers.column_names]
        names = zip(*(answers.column(name).to_pylist() for name in headings), strict=True) if headings else repeat(())

        if not self.assigns_by_day:

            @lru_cache(_CACHE_SIZE)
            def assigned(token: str | None, named: tuple[str | None, ...], day: date, is_submitted: bool) -> Assignment:
                return self.assign(token, dict(zip(headings, named, strict=True)), day, is_submitted=is_submitted)

            return list(map(assigned, tokens, names, days, are_submitted))
        of_rows = list(zip(tokens, names, days, answering_ids, strict=False))
        found = {
            row: self.assign(token, dict(zip(headings, named, strict=True)), day, answering_id=answering_id)
            for row in order
            for token, named, day, answering_id in of_rows[row : row + 1]
        }
        return [found[row] for row in range(len(of_rows))]

    def enrolments(self, tokens: Sequence[str | None], answers: pa.Table) -> list[str | None]:
        """Return the enrolment that each response names, by `first_enrolment`; None where it names none.

        Args:
            tokens: The tokens of the responses.
            answers: Their answers to the questions that name structure, cohort and occasion.
        """

        @lru_cache(_CACHE_SIZE)
        def enrolment(token: str | None, named: tuple[str | None, ...]) -> str | None:
            candidates = self._candidates(self._names(token, dict(zip(answers.column_names, named, strict=True))))
            return self.first_enrolment(str(candidates[0]["enrolment_id"])) if candidates else None

        names = zip(*(column.to_pylist() for column in answers.columns), strict=True) if answers.columns else repeat(())
        return list(map(enrolment, tokens, names))

    def open_returns(self, token: str | None, today: date) -> set[str]:
        """Return the ids of the expected returns that a participant can answer on a day, as far as the token shows."""
        named = self._names(token, {})
        rows = [row for row in self._candidates(named) if str(row["opens_on"]) <= today.isoformat()]
        if self.join.names_occasion and named.occasion:
            rows = [row for row in rows if _occasion(row) == named.occasion]
        return {_id(row) for row in rows}

    def _candidates(self, named: _Named) -> list[Row]:
        """Return the expected returns of the enrolment that a response names, in the order in which they open."""
        structure = named.structure
        if not structure:
            return []
        written = f"{named.cohort}/{structure}"
        ids = {self._present.get(written, written)} if named.cohort else self._enrolments.get(structure, set())
        enrolments = {self.first_enrolment(id_) for id_ in ids}
        return self._returns.get(next(iter(enrolments)), []) if len(enrolments) == 1 else []

    def _meant(self, candidates: Sequence[Row], ended: Sequence[Row], day: date) -> list[Row]:
        """Return what a response of a day can be meant for.

        A return of the cohort to which a structure moved is meant once it is open. Before the first of them is, also
        the returns of the former cohort that they answer for.
        """
        of_heirs = [row for row in candidates if _folded(str(row["enrolment_id"])) in self._heirs]
        opened = [row for row in of_heirs if str(row["opens_on"]) <= day.isoformat()]
        to_come = {_id(row) for row in of_heirs} - {_id(row) for row in opened}
        meant = [row for row in candidates if _id(row) not in to_come]
        return meant if opened else sorted([*meant, *ended], key=lambda row: str(row["opens_on"]))

    def _of_unknown_occasion(
        self, candidates: Sequence[Row], occasion: str | None, day: date, *, is_submitted: bool
    ) -> Assignment:
        open_by_then = [row for row in candidates if str(row["opens_on"]) <= day.isoformat()] or candidates[:1]
        unanswered = tuple(_id(row) for row in open_by_then if not self._is_answered(row))
        unanswered = tuple(id_ for id_ in unanswered if id_ not in self._excused) or unanswered
        if not unanswered:
            return Assignment(remedy=_UNKNOWN_OCCASION)
        if occasion is None and not is_submitted and len(unanswered) == 1:
            return Assignment(unanswered)  # begun, and the question that names the occasion is still to come
        return Assignment(unanswered, Unplaced.UNKNOWN_OCCASION)

    def _by_day(self, possible: Sequence[Row], ended: Sequence[Row], day: date) -> Assignment:
        """Assign to the latest return that is open, if every earlier one is answered; do not guess otherwise."""
        candidates = self._meant(possible, ended, day)
        if not candidates:
            return Assignment((_id(possible[0]),), Unplaced.BEFORE_OPENING)
        if len(candidates) == 1:
            return Assignment((_id(candidates[0]),))
        open_by_then = [row for row in candidates if str(row["opens_on"]) <= day.isoformat()]
        if not open_by_then:
            owed = [row for row in candidates if _id(row) not in self._excused] or candidates
            return Assignment((_id(owed[0]),), Unplaced.BEFORE_OPENING)
        open_by_then = self._without_excused(open_by_then)
        if all(self._is_answered(row) for row in open_by_then[:-1]):
            return Assignment((_id(open_by_then[-1]),))
        return Assignment(
            tuple(_id(row) for row in open_by_then if not self._is_answered(row)), Unplaced.SEVERAL_OCCASIONS
        )

    def _without_excused(self, open_by_then: list[Row]) -> list[Row]:
        """Return the open returns without the unanswered ones that nobody owes.

        These stay where no owed return is unanswered and the latest open return is one of them: then it can be meant.
        """
        owed = [row for row in open_by_then if self._is_answered(row) or _id(row) not in self._excused]
        is_any_unanswered = not all(map(self._is_answered, owed))
        return owed if is_any_unanswered or owed[-1:] == open_by_then[-1:] else open_by_then

    def _is_answered(self, row: Row) -> bool:
        return len(self._answered_by[_id(row)]) >= int(str(row.get("minimum_respondents", 1)))

    def _names(self, token: str | None, answers: Mapping[str, str | None]) -> _Named:
        """Return what a response names. Without the cohort that `join` asks for, it names no structure."""
        join = self.join
        # A response without a token does not belong to a participant whose token is still empty.
        participant = self._participants.get(token) if token else None
        attributes = participant.attributes if participant else {}
        before, occasion = token, None
        if join.occasion == BY_TOKEN and "~" in (token or ""):
            before, _, occasion = (token or "").rpartition("~")
        if join.occasion and join.occasion != BY_TOKEN and join.names_occasion:
            occasion = (attributes if join.occasion in join.attributes else answers).get(join.occasion)
        if join.by is JoinBy.TOKEN:
            return _Named(self._code("structure", before), None, self._code("occasion", occasion))
        named = answers if join.by is JoinBy.QUESTION else attributes
        structure = self._code("structure", named.get(join.structure))
        cohort = self._code("cohort", named.get(join.cohort)) if join.cohort else None
        if join.cohort and not cohort:
            structure = None
        return _Named(structure, cohort, self._code("occasion", occasion))

    def _code(self, what: str, value: str | None) -> str | None:
        """Return the code that a value stands for, normalized."""
        folded = _folded(value or "")
        return _folded(self._recodes.get(what, {}).get(folded, folded)) or None


def read_of_occasion(
    join: Join, token: str | None, participants: Mapping[str, Participant], language: NullTranslations
) -> str:
    """Return in words where the occasion of a response was read, and the value there if it can name nobody.

    Args:
        join: How responses name their occasion.
        token: The token of the response.
        participants: The participants of the survey, by token.
        language: The language.
    """
    _ = language.gettext
    occasion = join.occasion or ""
    if occasion == BY_TOKEN:
        _structure, separator, ending = (token or "").rpartition("~")
        if not separator:
            return _("its token contains no ~")
        shown = ending if _CAN_BE_QUOTED.fullmatch(ending) else "…"
        return _("its token ends in ~{ending}").format(ending=shown)
    if occasion in join.attributes:
        participant = participants.get(token or "")
        if participant is None:
            return _("its participant is no longer on the survey server")
        value = (participant.attributes.get(occasion) or "").strip()
        if not value:
            return _("{attribute} of its participant is blank").format(attribute=occasion)
        if not _CAN_BE_QUOTED.fullmatch(value):
            return _("{attribute} of its participant contains another text").format(attribute=occasion)
        return _("{attribute} of its participant is {value}").format(attribute=occasion, value=value)
    if join.names_occasion:
        return _("read from the question {question}").format(question=occasion)
    return _("its participant is no longer on the survey server")


def join_recodes(programme: Programme, join: Join) -> dict[str, dict[str, str]]:
    """Return the codes that the recodes of a join give, by `structure`, `cohort` and `occasion`, and by value."""
    return {
        what: {value: line.value for value, line in programme.recode_of(name).items() if line.value}
        for what, name in join.recode.declared.items()
    }


def _id(row: Row) -> str:
    return str(row["expected_return_id"])


def _occasion(row: Row) -> str:
    return _folded(_id(row).split("/")[2])


def _folded(code: str) -> str:
    """Normalize a code that people type: capitals, surrounding spaces and the number of spaces do not count."""
    return " ".join(code.split()).casefold()
