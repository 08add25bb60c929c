"""Assign responses to expected returns by participant attributes, by token or by a question (`join`)."""

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

_CACHE_SIZE = 1 << 14
"""How many combinations of token, answers and day are remembered."""

_REMEDIES = {
    JoinBy.ATTRIBUTES: "its token belongs to no participant whose structure and cohort owe this survey. "
    "Correct the participant's attributes on the server.",
    JoinBy.TOKEN: "its token is the code of no structure that owes this survey, or of one that owes it in several "
    "cohorts. Correct the token on the server, or join by attributes.",
    JoinBy.QUESTION: "its answer to the question that names the structure names none that owes this survey, or one "
    "that owes it in several cohorts. Correct the answer on the server.",
}


class Assigner:
    """Assigns the responses of one survey to its expected returns.

    Args:
        instrument: The instrument; its `join` says what names structure and cohort.
        expected: The planned rows of the survey, by the id of the expected return.
        participants: The participants of the survey, by token.
    """

    def __init__(
        self, instrument: Instrument, expected: Mapping[str, Row], participants: Mapping[str, Participant]
    ) -> None:
        self._join = instrument.join
        self._participants = participants
        self._assigned: dict[tuple[str | None, str | None, date], str | None] = {}
        self._returns: dict[str, list[Row]] = defaultdict(list)
        self._enrolments: dict[str, set[str]] = defaultdict(set)
        for row in sorted(expected.values(), key=lambda row: str(row["opens_on"])):
            enrolment_id = str(row["enrolment_id"])
            self._returns[_folded(enrolment_id)].append(row)
            self._enrolments[_folded(enrolment_id.split("/")[1])].add(_folded(enrolment_id))

    @property
    def remedy(self) -> str:
        """The remedy for a response that cannot be assigned, as part of a sentence."""
        return _REMEDIES[self._join.by]

    def expected_return(self, token: str | None, answers: Mapping[str, str | None], day: date) -> str | None:
        """Return the id of the expected return that a response answers: the latest of its enrolment open that day.

        Args:
            token: The token of the response.
            answers: The answers to the questions that name structure and cohort, by their headings.
            day: When the response was given.

        Returns:
            None where the response names no enrolment, or several.
        """
        structure, cohort = self._names(token, answers)
        key = (structure, cohort, day)
        if key not in self._assigned:
            self._assigned[key] = self._latest_open(structure, cohort, day)
        return self._assigned[key]

    def expected_returns(
        self, tokens: Iterable[str | None], answers: pa.Table, days: Iterable[date]
    ) -> list[str | None]:
        """Return `expected_return` for many responses, given in columns of equal length."""
        join = self._join
        headings = [name for name in (join.structure, join.cohort) if name and name in answers.column_names]
        names = zip(*(answers.column(name).to_pylist() for name in headings), strict=True) if headings else repeat(())

        @lru_cache(_CACHE_SIZE)
        def assigned(token: str | None, named: tuple[str | None, ...], day: date) -> str | None:
            return self.expected_return(token, dict(zip(headings, named, strict=True)), day)

        return list(map(assigned, tokens, names, days))

    def _latest_open(self, structure: str | None, cohort: str | None, day: date) -> str | None:
        """Return the latest expected return open on a day, or the first to open where none was open yet."""
        if not structure:
            return None
        enrolments = {f"{_folded(cohort)}/{_folded(structure)}"} if cohort else self._enrolments[_folded(structure)]
        if len(enrolments) != 1:
            return None
        candidates = self._returns.get(next(iter(enrolments)), [])
        open_by_then = [row for row in candidates if str(row["opens_on"]) <= day.isoformat()]
        latest = (open_by_then or candidates[::-1])[-1:]
        return str(latest[0]["expected_return_id"]) if latest else None

    def _names(self, token: str | None, answers: Mapping[str, str | None]) -> tuple[str | None, str | None]:
        """Return the structure and cohort that the response names; the cohort is None where `join` has none."""
        match self._join.by:
            case JoinBy.TOKEN:
                return token, None
            case JoinBy.QUESTION:
                named = answers
            case JoinBy.ATTRIBUTES:
                # A response without a token does not belong to a participant whose token is still empty.
                participant = self._participants.get(token) if token else None
                named = participant.attributes if participant else {}
        if self._join.cohort is None:
            return named.get(self._join.structure), None
        structure, cohort = named.get(self._join.structure), named.get(self._join.cohort)
        return (structure, cohort) if cohort else (None, None)


def _folded(code: str) -> str:
    """Normalize a code that people type: capitals and surrounding spaces do not count."""
    return code.strip().casefold()
