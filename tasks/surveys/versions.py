"""From a landed page to return versions: which responses say something new, for which expected return, and since when.

Versions are told apart by content, because dates lie: opening a completed response moves its date, and an edit through
the server's interface moves none.
"""

# pyarrow.compute makes its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime
from typing import cast
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.enums import AfterLeaving
from schemas.programme import Instrument, Programme
from tasks.limesurvey import are_answered, contents, responses_table
from tasks.questionnaires.questionnaire import Questionnaire
from tasks.records import checksum
from tasks.surveys.assigning import Assigner
from tasks.surveys.moments import days_in
from tasks.surveys.server import said_at
from warehouse.surveys import KnownVersion

VERSIONS = pa.schema(
    [
        pa.field("place", pa.int64(), nullable=False),
        pa.field("response_id", pa.int64(), nullable=False),
        pa.field("return_id", pa.string(), nullable=False),
        pa.field("expected_return_id", pa.string(), nullable=False),
        pa.field("content_sha256", pa.string(), nullable=False),
        pa.field("is_submitted", pa.bool_(), nullable=False),
        pa.field("answered_at", pa.timestamp("us"), nullable=False),
        pa.field("answered_on", pa.date32(), nullable=False),
        pa.field("language", pa.string()),
        pa.field("left_on", pa.date32()),
    ]
)
"""The columns of `Version`, for a page of them."""


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
    """What a page says that is new: the columns of `VERSIONS`, in its order.

    `assigned` are all of its responses that are somebody's, by response id; `later` counts what came after the run's
    today.
    """

    new: pa.Table = field(default_factory=VERSIONS.empty_table)
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

    def versions(self, page: pa.Table, known: Mapping[int, Sequence[KnownVersion]]) -> PageVersions:
        """What the page says that is new. `page` is without identifiers; `known` is what the warehouse holds of it."""
        told = self._told(page)
        is_known = pc.is_in(told.column("response_id"), value_set=pa.array(list(known), pa.int64()))
        found = PageVersions()
        first = self._first_versions(told.filter(pc.invert(is_known)), found)
        held_otherwise = self._held_otherwise(page) if known else {}
        changed = [
            version
            for response in _responses(told.filter(is_known))
            if (version := self._changed(response, known[response.response_id], held_otherwise, found)) is not None
        ]
        found.new = first
        if changed:
            rows = pa.Table.from_pylist([asdict(version) for version in changed], schema=VERSIONS)
            found.new = pa.concat_tables([first, rows]).sort_by("place")
        return found

    def _first_versions(self, told: pa.Table, found: PageVersions) -> pa.Table:
        """The versions of responses that the warehouse does not hold at all; in columns, for they may be many."""
        is_later = pc.greater(told.column("day"), pa.scalar(self.as_of))
        found.later += pc.sum(is_later).as_py() or 0
        told = told.filter(pc.invert(is_later))
        is_somebodys = pc.is_valid(told.column("expected_return_id"))
        found.unassigned += [response.unused for response in _responses(told.filter(pc.invert(is_somebodys)))]
        told = told.filter(is_somebodys)
        ids, assigned = told.column("response_id").to_pylist(), told.column("expected_return_id").to_pylist()
        found.assigned |= dict(zip(ids, assigned, strict=True))
        left_on = self._left_on(assigned, told.column("day").to_pylist())
        submitted, hashes = told.column("is_submitted").to_pylist(), told.column("content_sha256").to_pylist()
        said = zip(assigned, map(str, ids), map(str, submitted), hashes, strict=True)
        versions = pa.Table.from_arrays(
            [
                told.column("place"),
                told.column("response_id"),
                pa.array([checksum(*one) for one in said], pa.string()),
                told.column("expected_return_id"),
                told.column("content_sha256"),
                told.column("is_submitted"),
                told.column("moment"),
                told.column("day"),
                told.column("language"),
                left_on,
            ],
            schema=VERSIONS,
        )
        if left_on.null_count == len(left_on) or not self._sets_aside:
            return versions
        found.set_aside += [response.unused for response in _responses(told.filter(pc.is_valid(left_on)))]
        return versions.filter(pc.is_null(left_on))

    def _changed(
        self,
        response: "_Response",
        history: Sequence[KnownVersion],
        held_otherwise: Mapping[str | None, frozenset[int]],
        found: PageVersions,
    ) -> Version | None:
        """The version that a response is which the warehouse holds in others, where it is new and can be loaded."""
        assigned = _still_assigned(response, history)
        is_held_otherwise = response.place in held_otherwise.get(history[-1].questionnaire_version, ())
        (left_on,) = self._left_on([assigned], [response.day]).to_pylist()
        version = self._version(response, history, assigned, left_on, is_held_otherwise)
        if version is not None and version.answered_on > self.as_of:
            found.later += 1
            return None
        found.assigned[response.response_id] = assigned
        if version is not None and left_on is not None and self._sets_aside:
            found.set_aside.append(response.unused)
            return None
        return version

    @property
    def _sets_aside(self) -> bool:
        return self.instrument.respondents.after_leaving is AfterLeaving.SET_ASIDE

    def _left_on(self, assigned: Sequence[str], days: Sequence[date]) -> pa.Array:
        """When the structure of each response had left by its day; null where it had not."""
        left = {e.enrolment_id: e.left_on for e in self.programme.enrolments if e.left_on}
        if not left:
            return pa.nulls(len(assigned), pa.date32())
        by_return = {one: left.get(one.rsplit("/", 2)[0]) for one in set(assigned)}
        ends = ((by_return[one], day) for one, day in zip(assigned, days, strict=True))
        return pa.array([end if end is not None and day > end else None for end, day in ends], pa.date32())

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

    def _told(self, page: pa.Table) -> pa.Table:
        """One row a response of the page that says anything: the columns of `_Response`."""
        # A row that somebody only opened is not an answer.
        places = pa.array(np.flatnonzero(are_answered(page, self.questionnaire).to_numpy(zero_copy_only=False)))
        told = responses_table(page)
        said = said_at(page, self.server_zone)
        moments = np.where(np.isnat(said), np.datetime64(self.known_at, "us"), said)
        days = days_in(moments, self.zone)
        columns = {
            "response_id": told.column("response_id"),
            "is_submitted": told.column("is_complete"),
            "moment": pa.array(moments, pa.timestamp("us")),
            "day": pa.array(days, pa.date32()),
            "language": told.column("start_language"),
        }
        of_answered = pa.table(columns).take(places)
        texts = contents(page, self.questionnaire).take(places).cast(pa.binary()).to_pylist()
        assigned = self.assigner.expected_returns(
            told.column("token").take(places).to_pylist(),
            page.select([name for name in self.instrument.join.questions if name in page.column_names]).take(places),
            of_answered.column("day").to_pylist(),
        )
        return (
            of_answered.add_column(0, "place", places)
            .append_column("content_sha256", pa.array([hashlib.sha256(text).hexdigest() for text in texts]))
            .append_column("expected_return_id", pa.array(assigned, pa.string()))
        )

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
        else:
            return_id = checksum(assigned, str(response.response_id), str(response.is_submitted), said[0])
            if any(known.return_id == return_id for known in history):
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
    """A response of a page. `moment` (UTC) and `day` are when it was given; it may be nobody's."""

    place: int
    response_id: int
    is_submitted: bool
    moment: datetime
    day: date
    language: str | None
    content_sha256: str
    expected_return_id: str | None

    @property
    def unused(self) -> Unused:
        """The response as one that cannot be used."""
        return Unused(self.response_id, self.moment, self.content_sha256)


def _responses(told: pa.Table) -> Iterator[_Response]:
    rows = zip(*(column.to_pylist() for column in told.columns), strict=True)
    return (_Response(*cast("tuple[int, int, bool, datetime, date, str | None, str, str | None]", row)) for row in rows)


def _still_assigned(response: _Response, history: Sequence[KnownVersion]) -> str:
    """The expected return that a known response answers: the one that it was loaded for, unless it is another's.

    The date of a response moves when it is merely opened, and a participant that was deleted takes its structure
    along; neither changes what was answered.
    """
    before, assigned = history[-1].expected_return_id, response.expected_return_id
    return before if assigned is None or assigned.rsplit("/", 2)[0] == before.rsplit("/", 2)[0] else assigned
