"""The records of the responses of a page and of their new return versions."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import cast

import pyarrow as pa

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
    """A response that is not loaded. `answered_at` is UTC; `remedy` is what to do where it cannot be assigned.

    `expected_return_id` is the expected return that it would count for, if any.
    """

    response_id: int
    answered_at: datetime
    content_sha256: str
    remedy: str = ""
    expected_return_id: str | None = None


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
class Response:
    """A response of a page: given at `moment` (UTC), on `day` (local), and last saved at `saved` (UTC).

    Unassigned without an `expected_return_id`.
    """

    place: int
    response_id: int
    is_submitted: bool
    moment: datetime
    day: date
    saved: datetime | None
    language: str | None
    content_sha256: str
    expected_return_id: str | None
    unplaced: str | None
    remedy: str

    @property
    def unused(self) -> Unused:
        """The response as one that is not loaded."""
        return Unused(self.response_id, self.moment, self.content_sha256, self.remedy, self.expected_return_id)


_Columns = tuple[int, int, bool, datetime, date, datetime | None, str | None, str, str | None, str | None, str]


def each_response(responses: pa.Table) -> Iterator[Response]:
    """Yield each response of a table with the columns of `Response`."""
    rows = zip(*(column.to_pylist() for column in responses.columns), strict=True)
    for row in rows:
        yield Response(*cast("_Columns", row))
