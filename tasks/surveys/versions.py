"""Find the new return versions in a page: which responses changed, for which expected return, and since when.

Versions are distinguished by content, because dates mislead: opening a completed response moves its date, and an edit
through the server's interface does not.
"""

# pyarrow.compute makes its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from typing import cast
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.enums import AfterLeaving, Unplaced
from schemas.programme import Instrument, Programme
from tasks.limesurvey import are_begun, contents, responses_table
from tasks.questionnaires.questionnaire import Questionnaire
from tasks.records import checksum
from tasks.surveys.assigning import Assigner
from tasks.surveys.moments import days_in, given_at
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
        pa.field("unplaced", pa.string()),
    ]
)
"""The fields of `Version` as columns."""


@dataclass(frozen=True, slots=True)
class Version:
    """A return version that the warehouse does not hold.

    Attributes:
        place: The row of the response in its page.
        response_id: The server's id of the response.
        return_id: The id of the version.
        expected_return_id: The expected return that the response is assigned to.
        content_sha256: The sha256 of its answers.
        is_submitted: Whether the response is complete.
        answered_at: UTC.
        answered_on: In the programme's time zone.
        language: The language that the response was given in.
        left_on: When its structure left, if it had left before the response; else None.
        unplaced: Why it is not known which occasion the response answers (`Unplaced`); else None. There is such a
            version for each expected return that the response may answer.
    """

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
    unplaced: str | None = None


@dataclass(frozen=True, slots=True)
class Unused:
    """A response that is not loaded. `answered_at` is UTC; `remedy` is what to do where it cannot be assigned."""

    response_id: int
    answered_at: datetime
    content_sha256: str
    remedy: str = ""


@dataclass(slots=True)
class PageVersions:
    """The new versions in a page.

    Attributes:
        new: The new versions, in the order of the page: the columns of `VERSIONS`.
        assigned: The expected returns of all assigned responses of the page, by response id.
        unplaced: The expected returns that a response may answer, where it is not known which, by response id.
        unassigned: The responses that name no enrolment that owes the survey.
        set_aside: The responses of structures that had left, where the instrument sets them aside.
        later: The number of responses given after the run's today.
    """

    new: pa.Table = field(default_factory=VERSIONS.empty_table)
    assigned: dict[int, str] = field(default_factory=dict[int, str])
    unplaced: dict[int, frozenset[str]] = field(default_factory=dict[int, frozenset[str]])
    unassigned: list[Unused] = field(default_factory=list[Unused])
    set_aside: list[Unused] = field(default_factory=list[Unused])
    later: int = 0

    @property
    def returns(self) -> dict[int, frozenset[str]]:
        """The expected returns that responses of the page answer, or may answer, by response id."""
        return {id_: frozenset((one,)) for id_, one in self.assigned.items()} | self.unplaced

    def assign(self, response_id: int, expected_return_id: str, unplaced: str | None) -> None:
        """Record the expected return of a response, or one of those that it may answer."""
        if unplaced is None:
            self.assigned[response_id] = expected_return_id
        else:
            others = self.unplaced.get(response_id, frozenset())
            self.unplaced[response_id] = others | {expected_return_id}


@dataclass(frozen=True, slots=True)
class VersionFinder:
    """Finds the new versions in the pages of one survey, as of one day.

    Attributes:
        programme: The programme.
        instrument: The instrument of the survey.
        instrument_version: Its version.
        assigner: Assigns responses to expected returns.
        questionnaire: The live questionnaire.
        zone: The programme's time zone.
        server_zone: The time zone of the server's dates.
        known_at: The instant (UTC) of the run, for responses that have no date.
        as_of: The run's today.
        held: The items under which the warehouse holds answers, by questionnaire version.
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

    def find(self, page: pa.Table, known: Mapping[int, Sequence[KnownVersion]]) -> PageVersions:
        """Assign the responses of a page and find the new versions among them.

        Args:
            page: The table of the page, without identifying answers.
            known: The versions of its responses that the warehouse holds, by response id, in the order of loading.
        """
        responses = self._assigned(page, known)
        is_known = pc.is_in(responses.column("response_id"), value_set=pa.array(list(known), pa.int64()))
        versions = PageVersions()
        versions.new = self._first_versions(responses.filter(pc.invert(is_known)), versions)
        held_elsewhere = self._held_elsewhere(page) if known else {}
        changed = {
            version.return_id: version
            for response in _each(responses.filter(is_known))
            if (version := self._changed(response, known[response.response_id], held_elsewhere, versions)) is not None
        }
        if changed:
            rows = pa.Table.from_pylist([asdict(version) for version in changed.values()], schema=VERSIONS)
            versions.new = pa.concat_tables([versions.new, rows]).sort_by("place")
        return versions

    def _first_versions(self, responses: pa.Table, versions: PageVersions) -> pa.Table:
        """Return the versions of responses that the warehouse does not hold; in columns, because they may be many.

        What is not loaded is added to `versions`.
        """
        is_later = pc.greater(responses.column("day"), pa.scalar(self.as_of))
        versions.later += pc.count_distinct(responses.column("response_id").filter(is_later)).as_py()
        responses = responses.filter(pc.invert(is_later))
        is_assigned = pc.is_valid(responses.column("expected_return_id"))
        versions.unassigned += [response.unused for response in _each(responses.filter(pc.invert(is_assigned)))]
        responses = responses.filter(is_assigned)
        ids, assigned = responses.column("response_id").to_pylist(), responses.column("expected_return_id").to_pylist()
        for response_id, id_, why in zip(ids, assigned, responses.column("unplaced").to_pylist(), strict=True):
            versions.assign(response_id, id_, why)
        left_on = self._left_on(assigned, responses.column("day").to_pylist())
        submitted, hashes = responses.column("is_submitted").to_pylist(), responses.column("content_sha256").to_pylist()
        identity = zip(assigned, map(str, ids), map(str, submitted), hashes, strict=True)
        first = pa.Table.from_arrays(
            [
                responses.column("place"),
                responses.column("response_id"),
                pa.array([checksum(*parts) for parts in identity], pa.string()),
                responses.column("expected_return_id"),
                responses.column("content_sha256"),
                responses.column("is_submitted"),
                responses.column("moment"),
                responses.column("day"),
                responses.column("language"),
                left_on,
                responses.column("unplaced"),
            ],
            schema=VERSIONS,
        )
        if left_on.null_count == len(left_on) or not self._sets_aside:
            return first
        versions.set_aside += [response.unused for response in _each(responses.filter(pc.is_valid(left_on)))]
        return first.filter(pc.is_null(left_on))

    def _changed(
        self,
        response: "_Response",
        history: Sequence[KnownVersion],
        held_elsewhere: Mapping[str | None, frozenset[int]],
        versions: PageVersions,
    ) -> Version | None:
        """Return the new version of an already known response, or None if it is unchanged or cannot be loaded."""
        assigned, unplaced = self._still_assigned(response, history)
        unplaced_before = [known for known in history if not known.is_placed]
        if unplaced is not None:
            # Each expected return that the response may answer has a history of its own.
            of_return = [known for known in history if known.expected_return_id == assigned]
            history = of_return or history
        response = replace(response, unplaced=unplaced)
        is_held_elsewhere = response.place in held_elsewhere.get(history[-1].questionnaire_version, ())
        (left_on,) = self._left_on([assigned], [response.day]).to_pylist()
        version = self._version(response, history, assigned, left_on, is_held_elsewhere)
        if version is not None and version.answered_on > self.as_of:
            versions.later += 1
            return None
        versions.assign(response.response_id, assigned, unplaced)
        if response.expected_return_id is None and unplaced is not None:
            for known in unplaced_before:
                versions.assign(response.response_id, known.expected_return_id, unplaced)
        if version is not None and left_on is not None and self._sets_aside:
            versions.set_aside.append(response.unused)
            return None
        return version

    @property
    def _sets_aside(self) -> bool:
        return self.instrument.respondents.after_leaving is AfterLeaving.SET_ASIDE

    def _left_on(self, assigned: Sequence[str], days: Sequence[date]) -> pa.Array:
        """Return when the structure of each response left, or null where it had not left by the day of the response."""
        left = {e.enrolment_id: e.left_on for e in self.programme.enrolments if e.left_on}
        if not left:
            return pa.nulls(len(assigned), pa.date32())
        by_return = {id_: left.get(id_.rsplit("/", 2)[0]) for id_ in set(assigned)}
        ends = ((by_return[id_], day) for id_, day in zip(assigned, days, strict=True))
        return pa.array([end if end is not None and day > end else None for end, day in ends], pa.date32())

    def _held_elsewhere(self, page: pa.Table) -> Mapping[str | None, frozenset[int]]:
        """Return the rows of the page whose answers the warehouse holds under codes that the crosswalk no longer uses.

        After the crosswalk was corrected to the new code of a renamed question, an answer loaded under the old code
        must be loaded again.

        Returns:
            Rows with an answer to a mapped item, by each questionnaire version under which that item is not held.
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

    def _assigned(self, page: pa.Table, known: Mapping[int, Sequence[KnownVersion]]) -> pa.Table:
        """Return the answered responses of the page, each with its expected return: the columns of `_Response`.

        A response of which it is not known which of several it answers has a row for each of them.
        """
        # A response that was only opened holds no answer.
        places = pa.array(np.flatnonzero(are_begun(page, self.questionnaire).to_numpy(zero_copy_only=False)))
        responses = responses_table(page)
        given = given_at(page, self.server_zone)
        moments = np.where(np.isnat(given), np.datetime64(self.known_at, "us"), given)
        days = days_in(moments, self.zone)
        columns = {
            "response_id": responses.column("response_id"),
            "is_submitted": responses.column("is_complete"),
            "moment": pa.array(moments, pa.timestamp("us")),
            "day": pa.array(days, pa.date32()),
            "language": responses.column("start_language"),
        }
        answered = pa.table(columns).take(places)
        texts = contents(page, self.questionnaire).take(places).cast(pa.binary()).to_pylist()
        names = [name for name in self.assigner.join.questions if name in page.column_names]
        days = self._days_of_assignment(answered, known)
        submitted = answered.column("is_submitted").to_pylist()
        assignments = self.assigner.assign_all(
            responses.column("token").take(places).to_pylist(),
            page.select(names).take(places),
            days,
            [complete and day <= self.as_of for complete, day in zip(submitted, days, strict=True)],
            np.argsort(answered.column("moment").to_numpy(), kind="stable").tolist(),
        )
        counts = [max(len(assignment.expected_return_ids), 1) for assignment in assignments]
        candidates = [id_ for assignment in assignments for id_ in assignment.expected_return_ids or (None,)]
        reasons = [(assignment.unplaced, assignment.remedy) for assignment in assignments]
        repeated = [reason for reason, count in zip(reasons, counts, strict=True) for _ in range(count)]
        return (
            answered.add_column(0, "place", places)
            .append_column("content_sha256", pa.array([hashlib.sha256(text).hexdigest() for text in texts]))
            .take(pa.array(np.repeat(np.arange(len(counts)), counts), pa.int64()))
            .append_column("expected_return_id", pa.array(candidates, pa.string()))
            .append_column("unplaced", pa.array([unplaced for unplaced, _ in repeated], pa.string()))
            .append_column("remedy", pa.array([remedy for _, remedy in repeated], pa.string()))
        )

    def _days_of_assignment(self, answered: pa.Table, known: Mapping[int, Sequence[KnownVersion]]) -> list[date]:
        """Return the day on which each response was first given: opening a response moves its date."""
        days = cast("list[date]", answered.column("day").to_pylist())
        if not known or not self.assigner.assigns_by_day:
            return days
        first = {id_: self._local(min(version.answered_at for version in history)) for id_, history in known.items()}
        ids = answered.column("response_id").to_pylist()
        return [min(day, first.get(id_, day)) for id_, day in zip(ids, days, strict=True)]

    def _still_assigned(self, response: "_Response", history: Sequence[KnownVersion]) -> tuple[str, str | None]:
        """Return the expected return of a known response, and why it is not known whether it answers that one.

        It is the one of its latest version, unless the response names another enrolment or another occasion. Opening a
        response moves its date, and deleting its participant removes its structure: neither may reassign it.
        """
        before, assigned = history[-1], response.expected_return_id
        if assigned is None:
            return before.expected_return_id, None if before.is_placed else Unplaced.UNKNOWN_OCCASION
        is_same_enrolment = assigned.rsplit("/", 2)[0] == before.expected_return_id.rsplit("/", 2)[0]
        names_another = self.assigner.join.names_occasion and response.unplaced is None
        if is_same_enrolment and before.is_placed and not names_another:
            return before.expected_return_id, None
        return assigned, response.unplaced

    def _version(
        self,
        response: "_Response",
        history: Sequence[KnownVersion],
        assigned: str,
        left_on: date | None,
        is_held_elsewhere: bool,
    ) -> Version | None:
        """Return the version of a known response, or None where it equals the latest version that is held.

        Args:
            response: The response.
            history: Its versions that the warehouse holds, in the order of loading.
            assigned: The expected return that it is assigned to.
            left_on: When its structure had left, if it had.
            is_held_elsewhere: The latest version is held under codes that the crosswalk no longer uses.
        """
        state = (response.content_sha256, response.is_submitted)
        last = next((known for known in reversed(history) if known.expected_return_id == assigned), None)
        is_same = last is not None and (last.content_sha256, last.is_submitted) == state
        unchanged = last if is_same and last is history[-1] else None
        if unchanged is not None and not unchanged.is_placed and response.unplaced is None:
            unchanged = None  # It is known now which occasion the response answers.
        if unchanged is not None and unchanged.is_quarantined:
            if unchanged.programme_version == self.programme.version:
                return None
            # The programme was corrected since: the version is checked again under the same id.
            return_id = unchanged.return_id
        elif unchanged is not None and not is_held_elsewhere:
            return None
        else:
            return_id = checksum(assigned, str(response.response_id), str(response.is_submitted), state[0])
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
            unplaced=response.unplaced,
        )

    def _answered_at(
        self,
        response: "_Response",
        history: Sequence[KnownVersion],
        last: KnownVersion | None,
        *,
        is_same: bool,
    ) -> datetime:
        """Return when a version was answered. `last` is the latest version of the same expected return, if any."""
        if last is None:
            # A response moved here from another structure was answered when it was first submitted, not when reopened.
            is_moved = bool(history) and history[-1].content_sha256 == response.content_sha256
            sent = [known.answered_at for known in history if is_moved and known.is_submitted]
            return min(sent, default=response.moment)
        if is_same:
            return last.answered_at
        # An edit that moved no date is dated by the run that found it.
        return response.moment if response.moment > last.answered_at else self.known_at

    def _local(self, moment: datetime) -> date:
        """Return the programme's day of a moment in UTC."""
        return moment.replace(tzinfo=UTC).astimezone(self.zone).date()


@dataclass(frozen=True, slots=True)
class _Response:
    """A response of a page: given at `moment` (UTC), on `day` (local). Unassigned without an `expected_return_id`."""

    place: int
    response_id: int
    is_submitted: bool
    moment: datetime
    day: date
    language: str | None
    content_sha256: str
    expected_return_id: str | None
    unplaced: str | None
    remedy: str

    @property
    def unused(self) -> Unused:
        """The response as one that is not loaded."""
        return Unused(self.response_id, self.moment, self.content_sha256, self.remedy)


_Columns = tuple[int, int, bool, datetime, date, str | None, str, str | None, str | None, str]


def _each(responses: pa.Table) -> Iterator[_Response]:
    rows = zip(*(column.to_pylist() for column in responses.columns), strict=True)
    return (_Response(*cast("_Columns", row)) for row in rows)
