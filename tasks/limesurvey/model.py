"""What the client answers with. Dates are naive: the server writes them in its own time zone and does not name it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class SurveyEntry:
    """One line of the list of surveys."""

    survey_id: int
    title: str
    is_active: bool
    starts: datetime | None
    expires: datetime | None


@dataclass(frozen=True, slots=True)
class SurveyProperties:
    """How a survey is set up. `languages` starts with the base language.

    `attribute_labels` are what the staff call the attributes of participants (`attribute_1` → `Code structure`).
    """

    survey_id: int
    languages: tuple[str, ...]
    is_active: bool
    is_anonymized: bool
    is_dated: bool
    allows_edit_after_completion: bool
    persists_by_token: bool
    starts: datetime | None
    expires: datetime | None
    attribute_labels: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Summary:
    """How many responses and participants a survey has; the participants' counts are `None` without their table."""

    survey_id: int
    completed: int
    incomplete: int
    participants: int | None
    participants_sent: int | None
    participants_completed: int | None
    participants_opted_out: int | None

    @property
    def responses(self) -> int:
        """Complete and incomplete ones. A row that somebody only opened is among the latter."""
        return self.completed + self.incomplete


@dataclass(frozen=True, slots=True)
class Participant:
    """A participant, without name and address: those are dropped as they are read.

    `attributes` holds the attributes that were asked for. `completed_at` and `sent_at` are to the minute; `completed`
    is true without a date where the survey is anonymised.
    """

    tid: int
    token: str
    attributes: Mapping[str, str | None]
    completed: bool
    completed_at: datetime | None
    sent: bool
    sent_at: datetime | None
    reminders: int
    uses_left: int
    language: str
    email_status: str


@dataclass(frozen=True, slots=True, eq=False)
class ResponsePage:
    """The responses with ids from `from_id` to `to_id`, both included; `None` is no limit.

    `raw` is the server's file as it came, to be kept as the original. `table` has one row a response and one column a
    heading (`freins[temps]`): `id`, `lastpage` and file counts are int64, everything else is text or null. `ids` are
    those of the responses, in the order in which they came; `completed` is how many of them are complete.
    """

    survey_id: int
    from_id: int | None
    to_id: int | None
    raw: bytes
    table: pa.Table
    ids: tuple[int, ...]
    completed: int


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """What is known of a file that came with a response; its content is not kept. `size_kb` as the server counts."""

    stored_name: str
    name: str
    extension: str
    title: str
    comment: str
    size_kb: float
    question_code: str
    question_id: int
    index: int


@dataclass(frozen=True, slots=True)
class Mailing:
    """What became of invitations or reminders: the tids that were sent to, and the error of each of the others.

    `left` is how many the server says are still waiting; `None` where it says nothing.
    """

    sent: tuple[int, ...]
    failed: Mapping[int, str]
    left: int | None
