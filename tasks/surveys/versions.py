"""Find the new return versions in a page: which responses changed, for which expected return, and since when.

Versions are distinguished by content, because dates mislead: opening a completed response moves its date, and an edit
through the server's interface does not.
"""

# pyarrow.compute makes its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.enums import AfterLeaving, Unplaced
from schemas.instruments import Instrument
from schemas.programme import Programme
from tasks.limesurvey import are_begun, contents, responses_table
from tasks.questionnaires.questionnaire import Questionnaire
from tasks.records import checksum
from tasks.surveys.answered import AnsweringRule
from tasks.surveys.assigning import Assigner
from tasks.surveys.held_answers import HeldAnswers
from tasks.surveys.moments import Moments, days_in, given_at, saved_at
from tasks.surveys.page_versions import VERSIONS, PageVersions, Response, Version, each_response
from warehouse.placement_changes import PlacementChange
from warehouse.surveys import KnownVersion, Reading


@dataclass(frozen=True, slots=True)
class VersionFinder:
    """Finds the new versions in the pages of one survey, as of one day.

    Attributes:
        programme: The programme.
        instrument: The instrument of the survey.
        instrument_version: Its version.
        assigner: Assigns responses to expected returns.
        answering: Decides which responses answer their occasion, where they are assigned by day.
        questionnaire: The live questionnaire.
        zone: The programme's time zone.
        server_zone: The time zone of the server's dates.
        found_at: The instant (UTC) of the run, for responses and edits that have no date.
        as_of: The run's today.
        held: The answers of the survey that the warehouse holds.
        placement_changes: When what decides the placement of responses by window last changed, by enrolment.
    """

    programme: Programme
    instrument: Instrument
    instrument_version: int
    assigner: Assigner
    answering: AnsweringRule
    questionnaire: Questionnaire
    zone: ZoneInfo
    server_zone: ZoneInfo
    found_at: datetime
    as_of: date
    held: HeldAnswers
    placement_changes: Mapping[str, PlacementChange] = field(default_factory=dict[str, PlacementChange])

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
        seen_before = list(each_response(responses.filter(is_known)))
        hashes = {response.response_id: (response.place, response.content_sha256) for response in seen_before}
        comparison = _Comparison(
            unchanged=self.held.unchanged(page, self.questionnaire, hashes, known),
            held_elsewhere=self._held_elsewhere(page) if known else {},
        )
        changed = {
            version.return_id: version
            for response in seen_before
            if (version := self._changed(response, known[response.response_id], comparison, versions)) is not None
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
        versions.unassigned += [response.unused for response in each_response(responses.filter(pc.invert(is_assigned)))]
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
        versions.set_aside += [response.unused for response in each_response(responses.filter(pc.is_valid(left_on)))]
        return first.filter(pc.is_null(left_on))

    def _changed(
        self,
        response: Response,
        history: Sequence[KnownVersion],
        comparison: "_Comparison",
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
        (left_on,) = self._left_on([assigned], [response.day]).to_pylist()
        version = self._version(response, history, assigned, left_on, comparison)
        if version is not None and version.answered_on > self.as_of:
            versions.later += 1
            return None
        versions.assign(response.response_id, assigned, unplaced)
        if response.expected_return_id is None and unplaced is not None:
            for known in unplaced_before:
                versions.assign(response.response_id, known.expected_return_id, unplaced)
        if version is not None and left_on is not None and self._sets_aside:
            versions.set_aside.append(replace(response, expected_return_id=assigned).unused)
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

    def _held_elsewhere(self, page: pa.Table) -> Mapping[Reading, frozenset[int]]:
        """Return the rows of the page with an answer to a mapped item of which the warehouse does not hold the value.

        Such an answer was loaded under another code of its question, or not at all because the question was among the
        identifiers, or as it was typed because the question was not mapped. It must be read and loaded now.

        Returns:
            The rows, by the versions of programme and questionnaire that the warehouse loaded responses with.
        """
        mapped = [x.item for x in self.programme.crosswalk_of(self.instrument.code, self.instrument_version)]
        rows: dict[Reading, frozenset[int]] = {}
        for item in mapped:
            if item not in page.column_names:
                continue
            if as_given := self.held.as_given(item):
                read_otherwise = self.answering.reader.read_otherwise(page, item)
                rows |= {reading: rows.get(reading, frozenset()) | read_otherwise for reading in as_given}
            if not (lacking := self.held.without(item)):
                continue
            answered = frozenset(
                place for place, answer in enumerate(page.column(item).to_pylist()) if answer not in (None, "")
            )
            for reading in lacking:
                rows[reading] = rows.get(reading, frozenset()) | answered
        return rows

    def _assigned(self, page: pa.Table, known: Mapping[int, Sequence[KnownVersion]]) -> pa.Table:
        """Return the answered responses of the page, each with its expected return: the columns of `Response`.

        A response of which it is not known which of several it answers has a row for each of them.
        """
        # A response that was only opened holds no answer.
        places = pa.array(np.flatnonzero(are_begun(page, self.questionnaire).to_numpy(zero_copy_only=False)))
        responses = responses_table(page)
        given = given_at(page, self.server_zone)
        moments = np.where(np.isnat(given), np.datetime64(self.found_at, "us"), given)
        days = days_in(moments, self.zone)
        columns = {
            "response_id": responses.column("response_id"),
            "is_submitted": responses.column("is_complete"),
            "moment": pa.array(moments, pa.timestamp("us")),
            "day": pa.array(days, pa.date32()),
            "saved": pa.array(saved_at(page, self.server_zone), pa.timestamp("us")),
            "language": responses.column("start_language"),
        }
        answered = pa.table(columns).take(places)
        texts = contents(page, self.questionnaire).take(places).cast(pa.binary()).to_pylist()
        names = [name for name in self.assigner.join.questions if name in page.column_names]
        moments = self._moments_of_assignment(answered, known)
        days = days_in(moments, self.zone).tolist()
        submitted = answered.column("is_submitted").to_pylist()
        assignments = self.assigner.assign_all(
            responses.column("token").take(places).to_pylist(),
            page.select(names).take(places),
            days,
            submitted,
            self._answering_ids(page.take(places), days),
            np.argsort(moments, kind="stable").tolist(),
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

    def _answering_ids(self, begun: pa.Table, days: Sequence[date]) -> list[int | None]:
        """Return the ids of the responses that answer their occasion by the run's today; None for the others."""
        if not self.assigner.assigns_by_day:
            return [None] * begun.num_rows
        ids, are_answers = begun.column("id").to_pylist(), self.answering.are_answers(begun).tolist()
        return [
            id_ if is_answer and day <= self.as_of else None
            for id_, is_answer, day in zip(ids, are_answers, days, strict=True)
        ]

    def _moments_of_assignment(self, answered: pa.Table, known: Mapping[int, Sequence[KnownVersion]]) -> Moments:
        """Return when each response was first given: opening a response moves its date."""
        moments = answered.column("moment").to_numpy()
        if not known or not self.assigner.goes_by_day:
            return moments
        first = {id_: min(version.answered_at for version in history) for id_, history in known.items()}
        held = [first.get(id_) for id_ in answered.column("response_id").to_pylist()]
        return np.fmin(moments, np.array(held, "datetime64[us]"))

    def _still_assigned(self, response: Response, history: Sequence[KnownVersion]) -> tuple[str, str | None]:
        """Return the expected return of a known response, and why it is not known whether it answers that one.

        It is the one of its latest version, unless the response names another enrolment or another occasion. Opening a
        response moves its date, and deleting its participant removes its structure: neither may reassign it. By window,
        it is placed again where the first day of a return, a waiver or a departure decided, and changed since.
        """
        before, assigned = history[-1], response.expected_return_id
        if assigned is None:
            return before.expected_return_id, None if before.is_placed else Unplaced.UNKNOWN_OCCASION
        named, held = (id_.rsplit("/", 2)[0] for id_ in (assigned, before.expected_return_id))
        is_same_enrolment = self.assigner.first_enrolment(named) == self.assigner.first_enrolment(held)
        # A begun response may be for an occasion that it has not named yet.
        may_name = self.assigner.join.names_occasion and (response.unplaced is None or not before.is_submitted)
        change = self.placement_changes.get(named)
        is_open_again = (
            self.assigner.assigns_by_day and change is not None and change.is_after(before.known_at, before.loaded_at)
        )
        if is_same_enrolment and before.is_placed and not may_name and not is_open_again:
            return before.expected_return_id, None
        return assigned, response.unplaced

    def _version(
        self,
        response: Response,
        history: Sequence[KnownVersion],
        assigned: str,
        left_on: date | None,
        comparison: "_Comparison",
    ) -> Version | None:
        """Return the version of a known response, or None where it equals the latest version that is held.

        Args:
            response: The response.
            history: Its versions that the warehouse holds, in the order of loading.
            assigned: The expected return that it is assigned to.
            left_on: When its structure had left, if it had.
            comparison: The comparison of its page with what the warehouse holds.
        """
        last = next((known for known in reversed(history) if known.expected_return_id == assigned), None)
        is_same = (
            last is not None and last.is_submitted == response.is_submitted and comparison.says_the_same(response, last)
        )
        unchanged = last if is_same and last is history[-1] else None
        if unchanged is not None and not unchanged.is_placed and response.unplaced is None:
            unchanged = None  # It is known now which occasion the response answers.
        if unchanged is not None and unchanged.is_placed and response.unplaced is not None:
            unchanged = None  # It is no longer known.
        if unchanged is not None and unchanged.is_quarantined:
            if unchanged.programme_version == self.programme.version:
                return None
            # The programme was corrected since: the version is checked again under the same id.
            return_id = unchanged.return_id
        elif unchanged is not None and not comparison.is_held_elsewhere(response, unchanged):
            return None
        else:
            return_id = checksum(
                assigned, str(response.response_id), str(response.is_submitted), response.content_sha256
            )
            if any(known.return_id == return_id for known in history):
                return_id = checksum(return_id, history[-1].return_id)
        return Version(
            place=response.place,
            response_id=response.response_id,
            return_id=return_id,
            expected_return_id=assigned,
            content_sha256=response.content_sha256,
            is_submitted=response.is_submitted,
            answered_at=(answered_at := self._answered_at(response, history, last, comparison, is_same=is_same)),
            answered_on=response.day if answered_at == response.moment else self._local(answered_at),
            language=response.language,
            left_on=left_on,
            unplaced=response.unplaced,
        )

    def _answered_at(
        self,
        response: Response,
        history: Sequence[KnownVersion],
        last: KnownVersion | None,
        comparison: "_Comparison",
        *,
        is_same: bool,
    ) -> datetime:
        """Return when a version was answered. `last` is the latest version of the same expected return, if any."""
        if last is None:
            # A response moved here from another structure was answered when it was first submitted, not when reopened.
            is_moved = bool(history) and comparison.says_the_same(response, history[-1])
            sent = [known.answered_at for known in history if is_moved and known.is_submitted]
            return min(sent, default=response.moment)
        if is_same:
            return last.answered_at
        # An edit of a submitted response may move only the date of saving. One that moved no date is dated by the run.
        if response.moment > last.answered_at:
            return response.moment
        if response.saved is not None and last.answered_at < response.saved <= self.found_at:
            return response.saved
        return max(self.found_at, last.answered_at)

    def _local(self, moment: datetime) -> date:
        """Return the programme's day of a moment in UTC."""
        return moment.replace(tzinfo=UTC).astimezone(self.zone).date()


@dataclass(frozen=True, slots=True)
class _Comparison:
    """The comparison of a page with what the warehouse holds of its responses.

    Attributes:
        unchanged: The response ids and versions that say the same although other questions were loaded then.
        held_elsewhere: The rows of the page with a mapped answer that was not loaded, by the versions loaded with.
    """

    unchanged: frozenset[tuple[int, str]]
    held_elsewhere: Mapping[Reading, frozenset[int]]

    def says_the_same(self, response: Response, version: KnownVersion) -> bool:
        """Return whether a response says what a version says."""
        is_equal = version.content_sha256 == response.content_sha256
        return is_equal or (response.response_id, version.return_id) in self.unchanged

    def is_held_elsewhere(self, response: Response, version: KnownVersion) -> bool:
        """Return whether a mapped answer of a response was not loaded with a version of it."""
        return response.place in self.held_elsewhere.get(version.reading, ())
