"""The values that the client returns. Dates are naive: the server writes them in its time zone without naming it."""

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
    """The settings of a survey.

    Attributes:
        languages: The base language first.
        attribute_labels: The labels that the staff gave the attributes of participants (`attribute_1` → `Code
            structure`).
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
    """The counts of a survey. Those of participants are None where the survey has no participants table."""

    survey_id: int
    completed: int
    incomplete: int
    participants: int | None
    participants_sent: int | None
    participants_completed: int | None
    participants_opted_out: int | None

    @property
    def responses(self) -> int:
        """The number of complete and incomplete responses. One that was only opened counts as incomplete."""
        return self.completed + self.incomplete


@dataclass(frozen=True, slots=True)
class Participant:
    """A participant, without name and address, which the client drops.

    Attributes:
        attributes: The requested attributes, by the server's names (`attribute_1`).
        completed: Whether the participant has completed the survey.
        completed_at: When, to the minute; None where the survey is anonymised.
        sent: Whether the participant was invited.
        sent_at: When, to the minute.
        uses_left: How often the token can still be used.
        email_status: `OK`, or why the server does not write to the participant, such as `OptOut`.
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
    """A page of responses.

    Attributes:
        survey_id: The survey.
        from_id: The first id of the exported range, None for no limit.
        to_id: The last id of the exported range, itself included, None for no limit.
        raw: The server's file as it came, to be kept as the original.
        table: One row per response and one column per heading (`freins[temps]`). `id`, `lastpage` and file counts are
            int64, all other columns are text, with nulls. See `tells_hidden` for what null and an empty text mean.
        ids: The ids of the responses, in the order of the file.
        completed: How many of the responses are complete.
    """

    survey_id: int
    from_id: int | None
    to_id: int | None
    raw: bytes
    table: pa.Table
    ids: tuple[int, ...]
    completed: int


@dataclass(frozen=True, slots=True)
class Mailing:
    """The result of a call that has the server send invitations or reminders.

    Attributes:
        sent: The tids that a mail was sent to.
        failed: The server's error for each other tid. It may name the person.
        left: How many mails are still to be sent, None where the server returns no count.
    """

    sent: tuple[int, ...]
    failed: Mapping[int, str]
    left: int | None
