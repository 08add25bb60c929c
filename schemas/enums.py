"""The words that the code, the tables and the command line share. Each list is said once, here."""

from enum import IntEnum, StrEnum


class ReturnState(StrEnum):
    """State of an expected return. Computed by the dbt model `return_status` and nowhere else."""

    SCHEDULED = "scheduled"
    OPEN = "open"
    PARTIAL = "partial"
    QUARANTINED = "quarantined"
    RECEIVED = "received"
    LATE = "late"
    MISSING = "missing"
    UNVERIFIABLE = "unverifiable"
    WAIVED = "waived"
    LEFT = "left"


class MissingReason(StrEnum):
    """Why an observation has no value. The SDMX observation status of each is in the dbt seed of the same name."""

    NOT_COMMUNICATED = "not_communicated"
    NOT_EVALUATED = "not_evaluated"
    NOT_APPLICABLE = "not_applicable"
    UNEXPLAINED = "unexplained"
    NO_RETURN = "no_return"
    SUPPRESSED = "suppressed"


class InstrumentKind(StrEnum):
    """By which way an instrument's returns come in."""

    LIMESURVEY = "limesurvey"
    WORKBOOK = "workbook"


class FilledBy(StrEnum):
    """Who fills an instrument in."""

    STRUCTURE = "structure"
    EVALUATOR = "evaluator"


class Mode(StrEnum):
    """How an instrument is filled in."""

    ONLINE = "online"
    DATA_TABLE = "data_table"
    ON_SITE = "on_site"
    TELEPHONE = "telephone"


class IndicatorKind(StrEnum):
    """What the values of an indicator are. `count` is a whole number, `choice` one of the allowed values."""

    COUNT = "count"
    NUMBER = "number"
    CHOICE = "choice"
    DATE = "date"
    TEXT = "text"

    @property
    def is_numeric(self) -> bool:
        """Whether the values add up and can be compared with limits."""
        return self in (IndicatorKind.COUNT, IndicatorKind.NUMBER)


class Role(StrEnum):
    """What a cell of a workbook is for.

    An `identifier` names a person: it becomes part of a pseudonym and goes no further. `free_text` may name anybody: it
    stays in the encrypted original.
    """

    INDICATOR = "indicator"
    IDENTIFIER = "identifier"
    FREE_TEXT = "free_text"


class Level(StrEnum):
    """Whom an indicator describes."""

    STRUCTURE = "structure"
    PARTICIPANT = "participant"


class Outcome(StrEnum):
    """What is told of a participant at an occasion."""

    ENTERED_WORK = "entered_work"
    CONTRACT_KIND = "contract_kind"
    IN_TRAINING = "in_training"


class Adoption(StrEnum):
    """How far a structure has adopted a criterion. A choice of these values is a criterion of adoption."""

    ADOPTED = "adopted"
    IN_PROGRESS = "in_progress"
    PARTIAL = "partial"
    NO = "no"
    UNKNOWN = "unknown"
    """Nobody told, or nobody asked yet."""


class Measure(StrEnum):
    """What a published figure counts."""

    VALUE = "value"
    """An indicator, consolidated over structures."""
    STRUCTURES = "structures"
    LEFT = "left"
    """Structures that left."""
    PER_STRUCTURE = "per_structure"
    """An indicator, consolidated, divided by the number of structures."""

    @property
    def needs_an_indicator(self) -> bool:
        """Whether an indicator says what is counted."""
        return self in (Measure.VALUE, Measure.PER_STRUCTURE)


class RevisionKind(StrEnum):
    """What came after an expected return was due, and can make a report differ from an earlier one."""

    ON_TIME = "on_time"
    """A first return that came on time: in the days of grace, or before, and was found later."""
    LATE = "late"
    """A first return that came after the days of grace."""
    REVISION = "revision"
    """Another version of what had been returned before."""
    WITHDRAWAL = "withdrawal"
    """A response that does not count any more."""


class Aggregation(StrEnum):
    """How an indicator adds up over structures."""

    SUM = "sum"
    MEAN = "mean"
    NONE = "none"


class JoinBy(StrEnum):
    """By what a survey's response tells which structure it is from."""

    ATTRIBUTES = "attributes"
    TOKEN = "token"  # noqa: S105 a word, and no secret
    QUESTION = "question"


class Duplicates(StrEnum):
    """Which response counts where one is expected of a structure and several came. The others are kept and shown."""

    LATEST = "latest"
    FIRST = "first"


class AfterLeaving(StrEnum):
    """What becomes of a response that a structure gives after it has left."""

    KEEP = "keep"
    SET_ASIDE = "set_aside"


class ElementKind(StrEnum):
    """What a row of a questionnaire is."""

    QUESTION = "question"
    SUBQUESTION = "subquestion"
    OPTION = "option"


class DriftKind(StrEnum):
    """How what is asked now differs from the questionnaire that the crosswalk was written for."""

    NEW = "new"
    VANISHED = "vanished"
    RENAMED = "renamed"
    """The same question or subquestion under another code."""
    RECODED = "recoded"
    """The same answer option under another code."""
    REWORDED = "reworded"
    RETYPED = "retyped"
    REORDERED = "reordered"


class DriftOutcome(StrEnum):
    """What `essaim drift` found of one survey."""

    SAME = "same"
    DIFFERS = "differs"
    NO_BASELINE = "no_baseline"
    """Nothing in the folder tells what the crosswalk was written for."""
    COULD_NOT_CHECK = "could_not_check"


class CheckOutcome(StrEnum):
    """What a run found when it went to a source. Everything but `read` means that nobody can say what is missing."""

    READ = "read"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    NOT_FOUND = "not_found"
    NOT_ACTIVE = "not_active"
    EMPTIED = "emptied"
    DOUBLED = "doubled"
    ANONYMOUS = "anonymous"
    UNINTELLIGIBLE = "unintelligible"


class WithdrawalReason(StrEnum):
    """Why a response that was loaded no longer counts for the expected return that it was loaded for, or does again."""

    VANISHED = "vanished"
    REASSIGNED = "reassigned"
    RESTORED = "restored"


class ReturnOutcome(StrEnum):
    """What became of a return version: loaded whole, or kept aside with its findings until it is corrected."""

    LOADED = "loaded"
    QUARANTINED = "quarantined"


class ReceiptOutcome(StrEnum):
    """What became of something that came in."""

    READ = "read"
    UNREADABLE = "unreadable"
    UNASSIGNED = "unassigned"
    SET_ASIDE = "set_aside"


class Severity(StrEnum):
    """An error quarantines the whole return; a warning is kept beside it."""

    ERROR = "error"
    WARNING = "warning"


class RunOutcome(StrEnum):
    """How a run ended. A run that was killed stays `running` until the next one marks it `interrupted`."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class AlertKind(StrEnum):
    """What somebody is told about an expected return. `escalated` is what the programme's lead is told."""

    DUE_SOON = "due_soon"
    """It can be answered and is not late yet: due soon, or due and still on time."""
    MISSING = "missing"
    UNFINISHED = "unfinished"
    """It was begun, is late, and too little of it is answered."""
    TO_BE_CORRECTED = "to_be_corrected"
    UNVERIFIABLE = "unverifiable"
    ESCALATED = "escalated"
    REMINDED = "reminded"
    """What the structure itself is told, by the survey server."""


class Channel(StrEnum):
    """By which way a message goes."""

    MAIL = "mail"
    CHAT = "chat"
    SURVEY_SERVER = "survey_server"
    """The survey server's own mails to the participants of a survey."""


class MessageOutcome(StrEnum):
    """Where a message stands. What is recorded or postponed waits, and is tried by each run."""

    RECORDED = "recorded"
    SENT = "sent"
    POSTPONED = "postponed"
    DEAD = "dead"
    """Refused for good: a person must look at the address."""
    OVERTAKEN = "overtaken"
    """Not sent, because nothing of what it was to tell is true any more, or a later message tells it."""

    @property
    def is_waiting(self) -> bool:
        """Whether it is still to be sent."""
        return self in (MessageOutcome.RECORDED, MessageOutcome.POSTPONED)


class DecisionKind(StrEnum):
    """What somebody decided about an expected return, or (`leave`) about an enrolment."""

    WAIVE = "waive"
    SNOOZE = "snooze"
    LEAVE = "leave"


class DeliveryOutcome(StrEnum):
    """What became of one attempt to hand a message over."""

    SENT = "sent"
    POSTPONED = "postponed"
    """Not now: the next run tries again."""
    REFUSED = "refused"
    """Never, as it is: a person must see to it."""


class Exit(IntEnum):
    """Exit codes of the command line."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    NEEDS_A_PERSON = 3


class Pace(StrEnum):
    """Which days of a past period a backfill collects, besides its last one."""

    QUARTERS = "first day of each quarter"
    MONTHS = "first day of each month"
    DUE_DATES = "last day on time of each due date"
