"""The content of a digest: all that its text and its page show."""

from dataclasses import dataclass
from datetime import date, datetime

from schemas.enums import AlertKind, InstrumentKind, StateReason, SurveyClosure
from tasks.alerts.contacts import ContactProblem
from tasks.alerts.recipients import LEAD
from warehouse.alerts import Written
from warehouse.targets import TargetProgress


@dataclass(frozen=True, slots=True)
class ToCorrect:
    """A place to correct in a return or in the programme, and what is expected there.

    The value found is left out where a sender corrects it, because it may name a person.
    """

    location: str
    expected: str


@dataclass(frozen=True, slots=True)
class DigestLine:
    """An expected return in a digest.

    Attributes:
        days_late: Days after the due date; 0 where the return is not late.
        is_new: True if no earlier digest has reported this to the recipient.
        reason: Why the return has not been received.
        survey_closure: Why nobody can answer the survey; None if it can be answered.
        survey_closure_on: Last day on which it could be answered, or first day on which it can be.
        instrument_kind: How the return arrives.
        is_of_evaluator: True if the evaluators fill it in themselves.
        n_respondents: Number of complete responses.
        minimum_respondents: Number of complete responses required.
        contact: The contact in structures.csv.
        survey_id: Number of the survey on the survey server.
        survey: Address of the questionnaire.
        workbook: Name of the workbook to send.
        is_marked: True if there is a copy in which the places to correct are marked.
        to_correct: The places to correct.
        is_unfollowed: True if no evaluator follows the structure on the day of the digest.
        structure_code: Code of the structure: a digest names each structure once.
        page: Address of the page of the return at the desk, if there is a desk.
        send: Address of the structure's personal page for the return, if it has one.
        written: The last message to the structure itself about the return, if there was one.
        cannot_write: Why Essaim cannot write to the structure, although the instrument would have it.
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
    reason: StateReason = StateReason.NOTHING_CAME
    survey_closure: SurveyClosure | None = None
    survey_closure_on: date | None = None
    instrument_kind: InstrumentKind = InstrumentKind.WORKBOOK
    is_of_evaluator: bool = False
    n_respondents: int = 0
    minimum_respondents: int = 1
    contact: str | None = None
    survey_id: int | None = None
    survey: str | None = None
    workbook: str | None = None
    is_marked: bool = False
    to_correct: tuple[ToCorrect, ...] = ()
    is_unfollowed: bool = False
    structure_code: str = ""
    page: str | None = None
    send: str | None = None
    written: Written | None = None
    cannot_write: ContactProblem | None = None


@dataclass(frozen=True, slots=True)
class TargetLine:
    """A target of a cohort in a digest.

    Attributes:
        kind: Whether it is missed, or was reported as missed and no longer is.
        progress: The target, the figure of the cohort and its bounds.
        indicator: Label of the indicator.
        is_of_values: True if the figure is of values of several occasions, and not of one for each structure.
        is_new: True if no earlier digest has reported this to the recipient.
    """

    kind: AlertKind
    progress: TargetProgress
    cohort: str
    indicator: str
    is_of_values: bool = False
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class Digest:
    """The alerts of one recipient on one day, in one language.

    Attributes:
        programme: Name of the programme.
        recipient: Mail address of the recipient.
        sender: Mail address that the digest comes from.
        reply_to: Mail address that gets the replies; None for that of the sender.
        follows: Names of what the recipient follows on that day: innovations, cohorts and structures.
        stands_in_for: Names of the evaluators for whom the recipient stands in on that day.
        as_of: The day whose states the digest reports.
        collected_on: The last day as of which the sources were read.
        message_id: Message-ID of the mail. With `dated`, it makes the same digest the same mail to the byte.
        dated: Date of the mail.
        n_unassigned: Number of files and responses that came from the sources of the missing returns and belong to no
            expected return.
        cap: Highest number of returns that are listed; the digest counts all of them.
        pages: Address of the latest report, if an installation serves its reports to others.
        desk: Address of the desk, where all returns of the recipient are; None without a desk.
        targets: What is to be reported about targets.
    """

    programme: str
    recipient_code: str
    recipient: str
    sender: str
    follows: tuple[str, ...]
    as_of: date
    collected_on: date
    lines: tuple[DigestLine, ...]
    message_id: str
    dated: datetime
    locale: str = "fr"
    n_unassigned: int = 0
    stands_in_for: tuple[str, ...] = ()
    cap: int = 50
    pages: str | None = None
    desk: str | None = None
    targets: tuple[TargetLine, ...] = ()
    reply_to: str | None = None

    @property
    def can_be_answered(self) -> bool:
        """False if replies would go to the recipient, who is named as the person that gets them."""
        return self.reply_to is None or self.reply_to.casefold() != self.recipient.casefold()

    @property
    def is_to_lead(self) -> bool:
        """True if the digest goes to the lead of the programme."""
        return self.recipient_code == LEAD
