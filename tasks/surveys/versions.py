"""From a landed page to return versions: which responses say something new, for which expected return, and since when.

Versions are told apart by content, because dates lie: opening a completed response moves its date, and an edit through
the server's interface moves none.
"""

import hashlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pyarrow as pa

from schemas.programme import Instrument, Programme
from schemas.states import AfterLeaving
from tasks.limesurvey import Questionnaire, are_answered, contents, fields_of, responses_table
from tasks.readings import checksum
from tasks.surveys.assigning import Assigner
from tasks.surveys.server import said_at
from warehouse.surveys import KnownVersion


@dataclass(frozen=True, slots=True)
class Version:
    """A return version that the warehouse does not hold: `place` is its row in the page. Instants are UTC."""

    place: int
    response_id: int
    return_id: str
    expected_return_id: str
    content_sha256: str
    is_submitted: bool
    answered_at: datetime
    answered_on: date
    language: str | None
    left_on: date | None
    """When its structure had left, where it had."""


@dataclass(frozen=True, slots=True)
class Unused:
    """A response that cannot be used. `said_at` is UTC."""

    response_id: int
    said_at: datetime
    content_sha256: str


@dataclass(slots=True)
class PageVersions:
    """What a page says that is new. `assigned` are all of its responses that are somebody's, by response id.

    `later` counts what came after the run's today.
    """

    new: list[Version] = field(default_factory=list[Version])
    assigned: dict[int, str] = field(default_factory=dict[int, str])
    unassigned: list[Unused] = field(default_factory=list[Unused])
    set_aside: list[Unused] = field(default_factory=list[Unused])
    later: int = 0


@dataclass(frozen=True, slots=True)
class Reader:
    """What is needed to read the pages of one survey as of one day.

    `held` are the items under which the warehouse holds answers, by the version of the questionnaire that asked them.
    """

    programme: Programme
    instrument: Instrument
    instrument_version: int
    assigner: Assigner
    questionnaire: Questionnaire
    zone: ZoneInfo
    server_zone: ZoneInfo
    known_at: datetime
    as_of: date
    held: Mapping[str, frozenset[str]]

    def without_identifiers(self, page: pa.Table) -> pa.Table:
        """The page without the answers that name people."""
        fields = fields_of(self.questionnaire)
        identifying = set(self.instrument.identifiers)
        return page.drop_columns(
            [h for h in page.column_names if h in fields and fields[h].question_code in identifying]
        )

    def versions(self, page: pa.Table, known: Mapping[int, Sequence[KnownVersion]]) -> PageVersions:
        """What the page says that is new. `page` is without identifiers; `known` is what the warehouse holds of it."""
        found = PageVersions()
        left = {e.enrolment_id: e.left_on for e in self.programme.enrolments if e.left_on}
        held_otherwise = self._held_otherwise(page)
        for response in self._responses(page):
            history = known.get(response.response_id, ())
            assigned = self._assigned(response, history)
            if assigned is None:
                if response.day > self.as_of:
                    found.later += 1
                else:
                    found.unassigned.append(response.unused)
                continue
            left_on = left.get(assigned.rsplit("/", 2)[0])
            if left_on is not None and response.day <= left_on:
                left_on = None
            held_as = history[-1].questionnaire_version if history else None
            is_held_otherwise = response.place in held_otherwise.get(held_as, ())
            version = self._version(response, history, assigned, left_on, is_held_otherwise)
            if version is not None and version.answered_on > self.as_of:
                found.later += 1
                continue
            found.assigned[response.response_id] = assigned
            if version is None:
                continue
            if left_on is not None and self.instrument.respondents.after_leaving is AfterLeaving.SET_ASIDE:
                found.set_aside.append(response.unused)
            else:
                found.new.append(version)
        return found

    def _held_otherwise(self, page: pa.Table) -> Mapping[str | None, frozenset[int]]:
        """The rows of the page with an answer under a code that the crosswalk has since been corrected to.

        They are given by the versions of the questionnaire under which the warehouse lacks that code: there the answer
        is held under the code that the question had then, where the crosswalk does not look for it any more.
        """
        mapped = [x.item for x in self.programme.crosswalk_of(self.instrument.code, self.instrument_version)]
        return {
            version: frozenset(
                place
                for item in mapped
                if item in page.column_names and item not in items
                for place, answer in enumerate(page.column(item).to_pylist())
                if answer not in (None, "")
            )
            for version, items in self.held.items()
        }

    def _responses(self, page: pa.Table) -> Iterator["_Response"]:
        told = responses_table(page)
        join = self.instrument.join
        names = [name for name in (join.structure, join.cohort) if name in page.column_names]
        columns = zip(
            are_answered(page, self.questionnaire).to_pylist(),
            told.column("response_id").to_pylist(),
            told.column("token").to_pylist(),
            told.column("is_complete").to_pylist(),
            said_at(page, self.server_zone),
            told.column("start_language").to_pylist(),
            contents(page, self.questionnaire).cast(pa.binary()).to_pylist(),
            page.select(names).to_pylist() if names else itertools.repeat({}, page.num_rows),
            strict=True,
        )
        for place, (is_answered, response_id, token, is_complete, said, language, content, naming) in enumerate(
            columns
        ):
            # A row that somebody only opened is not an answer.
            if is_answered:
                moment = said or self.known_at
                sha256 = hashlib.sha256(content).hexdigest()
                day = self._local(moment)
                yield _Response(place, response_id, token, is_complete, moment, day, language, sha256, naming)

    def _assigned(self, response: "_Response", history: Sequence[KnownVersion]) -> str | None:
        """The expected return that the response answers: the one that it was loaded for, unless it is another's.

        The date of a response moves when it is merely opened, and a participant that was deleted takes its structure
        along; neither changes what was answered.
        """
        assigned = self.assigner.expected_return(response.token, response.naming, response.day)
        if not history:
            return assigned
        before = history[-1].expected_return_id
        return before if assigned is None or assigned.rsplit("/", 2)[0] == before.rsplit("/", 2)[0] else assigned

    def _version(
        self,
        response: "_Response",
        history: Sequence[KnownVersion],
        assigned: str,
        left_on: date | None,
        is_held_otherwise: bool,
    ) -> Version | None:
        """The version that the response is, None where the warehouse holds it as the latest.

        `is_held_otherwise` says that the latest is held under codes that mean nothing to the crosswalk any more.
        """
        said = (response.content_sha256, response.is_submitted)
        return_id = checksum(assigned, str(response.response_id), str(response.is_submitted), response.content_sha256)
        last = next((known for known in reversed(history) if known.expected_return_id == assigned), None)
        is_same = last is not None and (last.content_sha256, last.is_submitted) == said
        unchanged = last if is_same and last is history[-1] else None
        if unchanged is not None and unchanged.is_quarantined:
            if unchanged.programme_version == self.programme.version:
                return None
            # The programme was corrected since: it is checked again, and stays the version that it was.
            return_id = unchanged.return_id
        elif unchanged is not None and not is_held_otherwise:
            return None
        elif any(known.return_id == return_id for known in history):
            return_id = checksum(return_id, history[-1].return_id)
        return Version(
            place=response.place,
            response_id=response.response_id,
            return_id=return_id,
            expected_return_id=assigned,
            content_sha256=response.content_sha256,
            is_submitted=response.is_submitted,
            answered_at=(answered_at := self._answered_at(response, history, last, is_same=is_same)),
            answered_on=response.day if answered_at == response.moment else self._local(answered_at),
            language=response.language,
            left_on=left_on,
        )

    def _answered_at(
        self,
        response: "_Response",
        history: Sequence[KnownVersion],
        last: KnownVersion | None,
        *,
        is_same: bool,
    ) -> datetime:
        """When a version was answered; `last` is the latest of the same return, where there is one."""
        if last is None:
            # What was another structure's until now was answered when it was first sent, whenever it was opened since.
            is_moved = bool(history) and history[-1].content_sha256 == response.content_sha256
            sent = [known.answered_at for known in history if is_moved and known.is_submitted]
            return min(sent, default=response.moment)
        if is_same:
            return last.answered_at
        # An edit that no date shows was made by the day of the run that found it.
        return response.moment if response.moment > last.answered_at else self.known_at

    def _local(self, moment: datetime) -> date:
        return moment.replace(tzinfo=UTC).astimezone(self.zone).date()


@dataclass(frozen=True, slots=True)
class _Response:
    """A response of a page. `moment` (UTC) and `day` are when it was given; `naming` may name its structure."""

    place: int
    response_id: int
    token: str | None
    is_submitted: bool
    moment: datetime
    day: date
    language: str | None
    content_sha256: str
    naming: Mapping[str, str | None]

    @property
    def unused(self) -> Unused:
        """The response as one that cannot be used."""
        return Unused(self.response_id, self.moment, self.content_sha256)
