"""From a landed page to return versions: which responses say something new, for which expected return, and since when.

Versions are told apart by content, because dates lie: opening a completed response moves its date, and an edit through
the server's interface moves none.
"""

import hashlib
import itertools
from collections.abc import Iterator, Mapping
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
    """What is needed to read the pages of one survey as of one day."""

    programme: Programme
    instrument: Instrument
    assigner: Assigner
    questionnaire: Questionnaire
    server_zone: ZoneInfo
    known_at: datetime
    as_of: date

    def without_identifiers(self, page: pa.Table) -> pa.Table:
        """The page without the answers that name people."""
        fields = fields_of(self.questionnaire)
        identifying = set(self.instrument.identifiers)
        return page.drop_columns(
            [h for h in page.column_names if h in fields and fields[h].question_code in identifying]
        )

    def versions(
        self, page: pa.Table, known: Mapping[int, KnownVersion], known_return_ids: frozenset[str]
    ) -> PageVersions:
        """What the page says that is new. `page` is without identifiers; `known` is what the warehouse holds of it."""
        found = PageVersions()
        left = {e.enrolment_id: e.left_on for e in self.programme.enrolments if e.left_on}
        for response in self._responses(page):
            before = known.get(response.response_id)
            moment = response.said_at or self.known_at
            assigned = self._assigned(response, before, moment)
            if assigned is None:
                found.unassigned.append(Unused(response.response_id, moment, response.content_sha256))
                continue
            left_on = left.get(assigned.rsplit("/", 2)[0])
            if left_on is not None and self._local(moment) <= left_on:
                left_on = None
            if left_on is not None and self.instrument.respondents.after_leaving is AfterLeaving.SET_ASIDE:
                found.set_aside.append(Unused(response.response_id, moment, response.content_sha256))
                continue
            found.assigned[response.response_id] = assigned
            version = self._version(response, before, assigned, moment, left_on, known_return_ids)
            if version is not None and version.answered_on > self.as_of:
                found.later += 1
            elif version is not None:
                found.new.append(version)
        return found

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
            contents(page, self.questionnaire).to_pylist(),
            page.select(names).to_pylist() if names else itertools.repeat({}, page.num_rows),
            strict=True,
        )
        for place, (is_answered, response_id, token, is_complete, moment, language, content, naming) in enumerate(
            columns
        ):
            # A row that somebody only opened is not an answer.
            if is_answered:
                sha256 = hashlib.sha256(content.encode()).hexdigest()
                yield _Response(place, response_id, token, is_complete, moment, language, sha256, naming)

    def _assigned(self, response: "_Response", before: KnownVersion | None, moment: datetime) -> str | None:
        """The expected return that the response answers: the one that it was loaded for, unless it is another's.

        The date of a response moves when it is merely opened, and a participant that was deleted takes its structure
        along; neither changes what was answered.
        """
        assigned = self.assigner.expected_return(response.token, response.naming, self._local(moment))
        if before is None:
            return assigned
        if assigned is None or assigned.rsplit("/", 2)[0] == before.expected_return_id.rsplit("/", 2)[0]:
            return before.expected_return_id
        return assigned

    def _version(
        self,
        response: "_Response",
        before: KnownVersion | None,
        assigned: str,
        moment: datetime,
        left_on: date | None,
        known_return_ids: frozenset[str],
    ) -> Version | None:
        content = response.content_sha256
        return_id = checksum(assigned, str(response.response_id), str(response.is_submitted), content)
        answered_at = moment
        if before is not None and before.expected_return_id == assigned:
            if (before.content_sha256, before.is_submitted) == (content, response.is_submitted):
                if not before.is_quarantined or before.programme_version == self.programme.version:
                    return None
                # The programme was corrected since: it is checked again, and stays the version that it was.
                return_id, answered_at = before.return_id, before.answered_at
            else:
                if return_id in known_return_ids:
                    return_id = checksum(return_id, before.return_id)
                if moment <= before.answered_at:
                    answered_at = self.known_at
        return Version(
            place=response.place,
            response_id=response.response_id,
            return_id=return_id,
            expected_return_id=assigned,
            content_sha256=content,
            is_submitted=response.is_submitted,
            answered_at=answered_at,
            answered_on=self._local(answered_at),
            language=response.language,
            left_on=left_on,
        )

    def _local(self, moment: datetime) -> date:
        return moment.replace(tzinfo=UTC).astimezone(self.programme.zone).date()


@dataclass(frozen=True, slots=True)
class _Response:
    """A response of a page. `said_at` is UTC, None where the survey keeps no date; `naming` may name its structure."""

    place: int
    response_id: int
    token: str | None
    is_submitted: bool
    said_at: datetime | None
    language: str | None
    content_sha256: str
    naming: Mapping[str, str | None]
