"""What one digest tells: everything that its page needs, and nothing that would have to be looked up."""

from dataclasses import dataclass
from datetime import date, datetime

from schemas.enums import AlertKind


@dataclass(frozen=True, slots=True)
class ToMend:
    """One thing to correct in a return: where it stands, and what is expected there. Never what stands there."""

    location: str
    expected: str


@dataclass(frozen=True, slots=True)
class DigestLine:
    """One expected return. `workbook` is the name of the file to send, `survey` the address of the questionnaire.

    `annotated` says where the copy lies in which the places to correct are marked.
    """

    kind: AlertKind
    expected_return_id: str
    structure: str
    cohort: str
    instrument: str
    occasion: str
    due_on: date
    days_late: int = 0
    is_new: bool = False
    contact: str | None = None
    survey: str | None = None
    workbook: str | None = None
    annotated: str | None = None
    to_mend: tuple[ToMend, ...] = ()


@dataclass(frozen=True, slots=True)
class Digest:
    """What one recipient is told on one day, in one language.

    `follows` are the names of the innovations that the recipient is told about, none where it leads the programme.
    `inbox` is where workbooks go. `dated` is what the mail says of when it was written, `message_id` by what it is
    known: both are given, so that the same digest is the same mail to the byte.
    """

    programme: str
    recipient_code: str
    recipient: str
    sender: str
    follows: tuple[str, ...]
    as_of: date
    lines: tuple[DigestLine, ...]
    message_id: str
    dated: datetime
    locale: str = "fr"
    inbox: str | None = None

    @property
    def is_to_lead(self) -> bool:
        """Whether it goes to whoever leads the programme."""
        return not self.follows
