"""Whose response it is: by the participant's attributes, by the token, or by a question, as the instrument declares."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from itertools import repeat

import pyarrow as pa

from schemas.enums import JoinBy
from schemas.programme import Instrument
from schemas.tables import Row
from tasks.limesurvey import Participant

_REMEMBERED = 1 << 14
"""Of how many different responses it is remembered whose they are."""

_REMEDIES = {
    JoinBy.ATTRIBUTES: "its token belongs to no participant whose structure and cohort owe this survey. "
    "Correct the participant's attributes on the server.",
    JoinBy.TOKEN: "its token is the code of no structure that owes this survey, or of one that owes it in several "
    "cohorts. Correct the token on the server, or join by attributes.",
    JoinBy.QUESTION: "its answer to the question that names the structure names none that owes this survey, or one "
    "that owes it in several cohorts. Correct the answer on the server.",
}


class Assigner:
    """Assigns the responses of one survey to the returns that are expected from it."""

    def __init__(
        self, instrument: Instrument, expected: Mapping[str, Row], participants: Mapping[str, Participant]
    ) -> None:
        self._join = instrument.join
        self._participants = participants
        self._best: dict[tuple[str | None, str | None, date], str | None] = {}
        self._returns: dict[str, list[Row]] = defaultdict(list)
        self._enrolments: dict[str, set[str]] = defaultdict(set)
        for row in sorted(expected.values(), key=lambda row: str(row["opens_on"])):
            enrolment_id = str(row["enrolment_id"])
            self._returns[_folded(enrolment_id)].append(row)
            self._enrolments[_folded(enrolment_id.split("/")[1])].add(_folded(enrolment_id))

    @property
    def remedy(self) -> str:
        """What to tell of a response that is nobody's."""
        return _REMEDIES[self._join.by]

    def expected_return(self, token: str | None, answers: Mapping[str, str | None], day: date) -> str | None:
        """The expected return that a response of this day answers: its enrolment's, the latest that was open then.

        None for a response that is nobody's, or whose enrolment cannot be told.
        """
        structure, cohort = self._named(token, answers)
        named = (structure, cohort, day)
        if named not in self._best:
            self._best[named] = self._expected_return(structure, cohort, day)
        return self._best[named]

    def expected_returns(
        self, tokens: Iterable[str | None], answers: pa.Table, days: Iterable[date]
    ) -> list[str | None]:
        """The same of many responses, told in columns; `answers` has those of the questions that name."""
        join = self._join
        asked = [name for name in (join.structure, join.cohort) if name and name in answers.column_names]
        naming = zip(*(answers.column(name).to_pylist() for name in asked), strict=True) if asked else repeat(())

        @lru_cache(_REMEMBERED)
        def found(token: str | None, named: tuple[str | None, ...], day: date) -> str | None:
            return self.expected_return(token, dict(zip(asked, named, strict=True)), day)

        return list(map(found, tokens, naming, days))

    def _expected_return(self, structure: str | None, cohort: str | None, day: date) -> str | None:
        if not structure:
            return None
        enrolments = {f"{_folded(cohort)}/{_folded(structure)}"} if cohort else self._enrolments[_folded(structure)]
        if len(enrolments) != 1:
            return None
        candidates = self._returns.get(next(iter(enrolments)), [])
        open_by_then = [row for row in candidates if str(row["opens_on"]) <= day.isoformat()]
        best = (open_by_then or candidates[::-1])[-1:]
        return str(best[0]["expected_return_id"]) if best else None

    def _named(self, token: str | None, answers: Mapping[str, str | None]) -> tuple[str | None, str | None]:
        """Structure and cohort as the response tells them; no cohort where the instrument asks for none."""
        match self._join.by:
            case JoinBy.TOKEN:
                return token, None
            case JoinBy.QUESTION:
                told = answers
            case JoinBy.ATTRIBUTES:
                # A participant who was given no token yet is not whoever answered without one.
                participant = self._participants.get(token) if token else None
                told = participant.attributes if participant else {}
        if self._join.cohort is None:
            return told.get(self._join.structure), None
        structure, cohort = told.get(self._join.structure), told.get(self._join.cohort)
        return (structure, cohort) if cohort else (None, None)


def _folded(code: str) -> str:
    """Codes are typed by people: capitals and spaces around them do not make another one."""
    return code.strip().casefold()
