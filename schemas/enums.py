"""The enumerations that the code, the tables and the command line share."""

from enum import IntEnum, StrEnum


class ReturnState(StrEnum):
    """State of an expected return. Only the dbt model `return_status` computes it."""

    SCHEDULED = "scheduled"
    OPEN = "open"
    PARTIAL = "partial"
    QUARANTINED = "quarantined"
    RECEIVED = "received"
    LATE = "late"
    NOTHING_TO_REPORT = "nothing_to_report"
    """The structure says that it has nothing to report: in its return, or as a decision recorded."""
    MISSING = "missing"
    UNVERIFIABLE = "unverifiable"
    WAIVED = "waived"
    LEFT = "left"


class ReturnChannel(StrEnum):
    """The way by which a return came."""

    SURVEY = "survey"
    INBOX = "inbox"
    DESK = "desk"
    MAILBOX = "mailbox"


class StateReason(StrEnum):
    """Why an expected return has not been received. Only the dbt model `int_return_reasons` computes it."""

    NOTHING_CAME = "nothing_came"
    BEGUN = "begun"
    """A response was begun on the survey server, and not submitted."""
    INCOMPLETE = "incomplete"
    """It was submitted or sent, and too little is answered for it to count."""
    TOO_FEW_RESPONDENTS = "too_few_respondents"
    DELETED = "deleted"
    """A response was deleted on the survey server, and none came since."""
    COMPLETED_WITHOUT_RESPONSE = "completed_without_response"
    """The server holds no response, and counts the participant as completed: it neither invites nor reminds them."""
    TOKEN_USED_UP = "token_used_up"  # noqa: S105 not a secret
    """The server counts the participant as completed because of a response to another occasion of the same survey."""
    SET_ASIDE = "set_aside"
    """A response came after the structure had left, and the instrument sets it aside: a person decides if it counts."""
    UNPLACED = "unplaced"
    """A response came, and it is not known which occasion it answers."""
    TO_BE_CORRECTED = "to_be_corrected"
    TO_BE_MENDED = "to_be_mended"
    """The programme folder or Essaim must change before the return can be read; its sender has nothing to correct."""
    UNREAD = "unread"
    """The source could not be read."""


class SurveyClosure(StrEnum):
    """Why nobody can answer a survey on a day. Only the dbt model `int_survey_closures` computes it."""

    NOT_STARTED = "not_started"
    EXPIRED = "expired"
    NOT_ACTIVE = "not_active"


class ResolvedBy(StrEnum):
    """Who can resolve a finding."""

    SENDER = "sender"
    """Whoever filled in the return, by correcting it."""
    PLACEMENT = "placement"
    """A person who finds out which occasion the response answers."""
    PROGRAMME = "programme"
    """Whoever maintains the programme folder, or Essaim: the answer itself may be right."""


class MissingReason(StrEnum):
    """Why an observation has no value. The dbt seed of the same name maps each reason to an SDMX observation status."""

    NOT_COMMUNICATED = "not_communicated"
    """It was asked, and the structure does not communicate it or does not know it: *nc*."""
    NOT_EVALUATED = "not_evaluated"
    """It was not evaluated: *ne*."""
    NOT_APPLICABLE = "not_applicable"
    """It is not asked of the innovation, or does not apply to the person."""
    UNEXPLAINED = "unexplained"
    """It was left blank without a reason."""
    NO_RETURN = "no_return"
    """No return counts: none came, or it was broken off or must be corrected."""
    SUPPRESSED = "suppressed"
    """It is hidden in a publication, as it rests on too few structures."""
    NOT_SHOWN = "not_shown"
    """The question was not shown to the respondent."""
    UNKNOWN_IF_SHOWN = "unknown_if_shown"
    """It is blank, and it is not known whether the question was shown."""
    NOTHING_TO_REPORT = "nothing_to_report"
    """It is blank, and the structure says that it has nothing to report."""


class SaidBy(StrEnum):
    """What says that a structure has nothing to report."""

    RETURN = "return"
    """A box or a question of its return."""
    DECISION = "decision"
    """A decision, as learned otherwise, such as by telephone."""


class NothingState(StrEnum):
    """Whether it counts that a structure has nothing to report."""

    COUNTED = "counted"
    CONTRADICTED = "contradicted"
    """A return counts, and gives something else than zeros."""
    NOT_COUNTED = "not_counted"
    """A return counts that gives nothing else, or the expected return is waived, left or quarantined since."""


class InstrumentKind(StrEnum):
    """How an instrument's returns arrive."""

    LIMESURVEY = "limesurvey"
    """A survey in LimeSurvey."""
    WORKBOOK = "workbook"
    """A workbook that arrives in the inbox."""


class FilledBy(StrEnum):
    """Who fills in an instrument."""

    STRUCTURE = "structure"
    """The structure itself."""
    EVALUATOR = "evaluator"
    """An evaluator, about the structure."""


class Mode(StrEnum):
    """How an instrument is filled in."""

    ONLINE = "online"
    """In an online survey."""
    DATA_TABLE = "data_table"
    """In a workbook that the structure returns."""
    ON_SITE = "on_site"
    """During an interview on site."""
    TELEPHONE = "telephone"
    """During an interview by telephone."""


class IndicatorKind(StrEnum):
    """Type of an indicator's values."""

    COUNT = "count"
    """A whole number."""
    NUMBER = "number"
    """A number, with or without decimals."""
    CHOICE = "choice"
    """One of the allowed values."""
    DATE = "date"
    """A day."""
    TEXT = "text"
    """Any text."""

    @property
    def is_numeric(self) -> bool:
        """Whether the values can be added, and compared with limits."""
        return self in (IndicatorKind.COUNT, IndicatorKind.NUMBER)


class Role(StrEnum):
    """Purpose of a workbook cell."""

    INDICATOR = "indicator"
    """A value that is loaded, and of which the crosswalk may make an indicator."""
    IDENTIFIER = "identifier"
    """It names a person: it becomes part of a pseudonym and is then discarded."""
    FREE_TEXT = "free_text"
    """It may name anybody: it is kept only in the encrypted original."""


class CsvEncoding(StrEnum):
    """Encodings of CSV files besides Unicode, by their names in Python."""

    WINDOWS = "windows-1252"
    """CSV of spreadsheet programs on Windows."""
    ISO_8859_15 = "iso-8859-15"
    """Western European text of older Unix systems."""
    DOS = "cp850"
    """CSV of spreadsheet programs for DOS."""
    MAC = "mac-roman"
    """CSV of spreadsheet programs on older Macs."""


class DecimalSign(StrEnum):
    """The sign before the decimals of a number that is typed as text."""

    COMMA = "comma"
    """`1,5` is one and a half."""
    POINT = "point"
    """`1.5` is one and a half."""

    @property
    def sign(self) -> str:
        """The sign itself."""
        return "," if self is DecimalSign.COMMA else "."


class Misreading(StrEnum):
    """Why a text could not be read, by the name of the check in `raw.findings`."""

    AMBIGUOUS = "ambiguous"
    LEADING_ZEROS = "leading_zeros"
    PERCENTAGE = "percentage"
    TOO_LONG = "too_long"
    """It is a number with more digits than the views hold."""
    KIND = "kind"
    """It is no number, or no day in an expected format."""
    LIMITS = "limits"
    """It is a day before the first plausible one, or after the last."""
    REVERSED = "reversed"
    """It has a sign that shows what follows in reverse: the digits 21 are seen as 12."""
    LOST_LETTER = "lost_letter"
    """Letters of it were lost before it was sent."""
    ENCODED_TWICE = "encoded_twice"
    """Its accented letters were encoded twice, `Ã©` for `é`."""


class OtherRows(StrEnum):
    """Treatment of the rows of a table that describe no person: totals, examples, notes."""

    LEAVE_OUT = "leave_out"
    """They are not read, with a warning."""
    REFUSE = "refuse"
    """They are errors."""


class SuccessionKind(StrEnum):
    """Why other returns answer for an enrolment from a day on: the columns `merged_into` and `moved_to`."""

    MERGED = "merged"
    """The structure was taken over by another one."""
    MOVED = "moved"
    """The structure went on in another cohort of its innovation."""


class Level(StrEnum):
    """Whether an indicator describes structures or participants."""

    STRUCTURE = "structure"
    """One value for a structure at an occasion."""
    PARTICIPANT = "participant"
    """One value for each person, from a table of people or a survey that several people answer."""


class Outcome(StrEnum):
    """An outcome of a participant at an occasion."""

    ENTERED_WORK = "entered_work"
    CONTRACT_KIND = "contract_kind"
    IN_TRAINING = "in_training"


class Adoption(StrEnum):
    """How far a structure has adopted a criterion. A choice with these values is a criterion of adoption."""

    ADOPTED = "adopted"
    IN_PROGRESS = "in_progress"
    PARTIAL = "partial"
    NO = "no"
    NOT_SHOWN = "not_shown"
    """The respondent was not asked."""
    UNKNOWN = "unknown"
    """Not reported, or not asked yet."""


class Measure(StrEnum):
    """What a published figure measures."""

    VALUE = "value"
    """An indicator, consolidated over structures."""
    STRUCTURES = "structures"
    """The number of structures."""
    LEFT = "left"
    """The number of structures that left."""
    PER_STRUCTURE = "per_structure"
    """An indicator, consolidated over structures and divided by their number."""

    @property
    def needs_an_indicator(self) -> bool:
        """Whether the measure is taken of an indicator."""
        return self in (Measure.VALUE, Measure.PER_STRUCTURE)


class RevisionKind(StrEnum):
    """A change after the due date of an expected return, which can make a report differ from an earlier report."""

    ON_TIME = "on_time"
    """A first return that arrived on time: within the grace days, or earlier but collected later."""
    LATE = "late"
    """A first return that arrived after the grace days."""
    REVISION = "revision"
    """Another version of an earlier return."""
    WITHDRAWAL = "withdrawal"
    """A response that no longer counts."""


class CorrectionState(StrEnum):
    """Whether a correction of an answer is applied, by the version of the return that counts."""

    APPLIED = "applied"
    NOT_NEEDED = "not_needed"
    """The answer is the new value already."""
    NOT_APPLIED = "not_applied"
    """The answer is neither the old value nor the new one."""
    NO_RETURN = "no_return"
    """No version of the return counts."""


class Aggregation(StrEnum):
    """How an indicator is aggregated, over structures or over respondents."""

    SUM = "sum"
    """The values are added up."""
    MEAN = "mean"
    """The mean of the values."""
    NONE = "none"
    """The values are not aggregated."""


class JoinBy(StrEnum):
    """How a survey response is assigned to a structure."""

    ATTRIBUTES = "attributes"
    """By attributes of the participant."""
    TOKEN = "token"  # noqa: S105 not a secret
    """By the token of the response, which is the code of the structure."""
    QUESTION = "question"
    """By the answers to questions."""


class Unplaced(StrEnum):
    """Why it is not known which occasion a response answers, where several share a survey."""

    UNKNOWN_OCCASION = "unknown_occasion"
    SEVERAL_OCCASIONS = "several_occasions"
    BEFORE_OPENING = "before_opening"


class Duplicates(StrEnum):
    """Which response counts if several arrive where one is expected. The others are kept and shown."""

    LATEST = "latest"
    """The response that was completed last."""
    FIRST = "first"
    """The response that was completed first."""


class AfterLeaving(StrEnum):
    """How to treat a response that a structure gives after it has left."""

    KEEP = "keep"
    """It is loaded like any other."""
    SET_ASIDE = "set_aside"
    """It is set aside: a person decides if it counts."""


class ElementKind(StrEnum):
    """Kind of a row of a questionnaire."""

    QUESTION = "question"
    """A question."""
    SUBQUESTION = "subquestion"
    """A part of a question that is answered by itself."""
    OPTION = "option"
    """An answer that a question offers."""


class DriftKind(StrEnum):
    """How the live questionnaire differs from its baseline.

    The baseline is the version of the questionnaire that the crosswalk was written against.
    """

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
    """Result of comparing one survey with its baseline in `essaim drift`."""

    SAME = "same"
    DIFFERS = "differs"
    NO_BASELINE = "no_baseline"
    """The programme folder has no baseline for this instrument version."""
    COULD_NOT_CHECK = "could_not_check"


class CheckOutcome(StrEnum):
    """Result of reading a source in a run.

    With any outcome but `read`, it is unknown which returns of the source are missing.
    """

    READ = "read"
    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    NOT_FOUND = "not_found"
    NOT_ACTIVE = "not_active"
    EMPTIED = "emptied"
    DOUBLED = "doubled"
    ANONYMOUS = "anonymous"
    UNINTELLIGIBLE = "unintelligible"
    CONCLUDED = "concluded"
    """The survey was deactivated or deleted, and no return of it was still to come."""


class WithdrawalReason(StrEnum):
    """Why a loaded response no longer counts for its expected return, or counts again (`restored`)."""

    VANISHED = "vanished"
    REASSIGNED = "reassigned"
    RESTORED = "restored"


class ReturnOutcome(StrEnum):
    """Outcome of a return version: loaded completely, or quarantined with its findings until it is corrected."""

    LOADED = "loaded"
    QUARANTINED = "quarantined"


class ReceiptOutcome(StrEnum):
    """Outcome of a received file or page of responses."""

    READ = "read"
    UNREADABLE = "unreadable"
    UNASSIGNED = "unassigned"
    SET_ASIDE = "set_aside"


class Severity(StrEnum):
    """Severity of a finding: an error quarantines the whole return, a warning is stored with it."""

    ERROR = "error"
    """The whole return is quarantined until it is corrected."""
    WARNING = "warning"
    """The finding is stored with the return, which counts."""


class RunOutcome(StrEnum):
    """How a run ended. A killed run stays `running` until the next run marks it `interrupted`."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"


class AlertKind(StrEnum):
    """Subject of an alert about an expected return or a target. `escalated` alerts go to the programme's lead."""

    DUE_SOON = "due_soon"
    """The return can be answered and is not late: it is due soon, or due and still on time."""
    MISSING = "missing"
    """Nothing came."""
    UNFINISHED = "unfinished"
    """The return was begun on the survey server and not submitted."""
    INCOMPLETE = "incomplete"
    TOO_FEW_RESPONDENTS = "too_few_respondents"
    DELETED = "deleted"
    COMPLETED_WITHOUT_RESPONSE = "completed_without_response"
    TOKEN_USED_UP = "token_used_up"  # noqa: S105 not a secret
    SET_ASIDE = "set_aside"
    UNPLACED = "unplaced"
    TO_BE_CORRECTED = "to_be_corrected"
    TO_BE_MENDED = "to_be_mended"
    NEWER_TO_BE_CORRECTED = "newer_to_be_corrected"
    """The return was received, and a newer version of it is quarantined."""
    UNVERIFIABLE = "unverifiable"
    SURVEY_CLOSED = "survey_closed"
    """Nobody can answer the survey on the survey server: it has expired, has not started, or is not active."""
    ESCALATED = "escalated"
    REMINDED = "reminded"
    """The structure itself was reminded, by Essaim or by the survey server."""
    WEEKLY = "weekly"
    """The page of the week for the lead. Its subject is a week."""
    TARGET_MISSED = "target_missed"
    """The figure of a cohort misses its target, whatever the missing structures would report."""
    TARGET_WITHDRAWN = "target_withdrawn"
    """An earlier message reported a target as missed, and that no longer holds."""


class Channel(StrEnum):
    """The channel that delivers a message."""

    MAIL = "mail"
    CHAT = "chat"
    SURVEY_SERVER = "survey_server"
    """The survey server's own mails to the participants of a survey."""


class MessageOutcome(StrEnum):
    """State of a message. Each run tries to send `recorded` and `postponed` messages."""

    RECORDED = "recorded"
    SENT = "sent"
    POSTPONED = "postponed"
    DEAD = "dead"
    """Permanently rejected: a person must check the address."""
    OVERTAKEN = "overtaken"
    """Not sent, because its alerts no longer hold, or a later message includes them."""

    @property
    def is_waiting(self) -> bool:
        """Whether the message is still to be sent."""
        return self in (MessageOutcome.RECORDED, MessageOutcome.POSTPONED)


class DecisionKind(StrEnum):
    """Kind of a decision about an expected return; for `leave`, an enrolment; for `explain`, a finding."""

    WAIVE = "waive"
    SNOOZE = "snooze"
    EXTEND = "extend"
    LEAVE = "leave"
    NOTHING = "nothing"
    """The structure has nothing to report, as learned otherwise than by its return."""
    EXPLAIN = "explain"


class TargetDirection(StrEnum):
    """Side of a target on which the figure of a cohort is to be."""

    AT_LEAST = "at_least"
    """The figure is to be the target or higher."""
    AT_MOST = "at_most"
    """The figure is to be the target or lower."""


class TargetStatus(StrEnum):
    """What the figure of a cohort and its coverage allow to state about a target."""

    REACHED = "reached"
    """Whatever the missing structures would report."""
    MISSED = "missed"
    """Whatever the missing structures would report."""
    NOT_DUE = "not_due"
    """Returns are still to come before their due date."""
    UNDECIDED = "undecided"
    """What is missing decides it."""
    SUPPRESSED = "suppressed"
    """The figure rests on too few structures."""


class FindingKind(StrEnum):
    """Kind of a finding of surveillance."""

    JUMP_OWN = "jump_own"
    """A number out of line with the earlier ones of its enrolment."""
    JUMP_COHORT = "jump_cohort"
    """A number out of line with those of its cohort at the same occasion."""
    FALL = "fall"
    """A cumulative number that is less than the one before."""
    DUPLICATE_RETURN = "duplicate_return"
    """A return with the answers of another structure."""
    STRAIGHT_LINING = "straight_lining"
    """One option for every row of an array of questions."""
    HEAPING = "heaping"
    """More multiples of 5 or 10 than chance gives."""


class FindingState(StrEnum):
    """What became of a finding of surveillance."""

    NEW = "new"
    EXPLAINED = "explained"
    """A person gave the reason for what is found."""
    MENDED = "mended"
    """It was reported, and is found no longer."""


class DeliveryOutcome(StrEnum):
    """Result of one attempt to deliver a message."""

    SENT = "sent"
    POSTPONED = "postponed"
    """A temporary failure: the next run tries again."""
    REFUSED = "refused"
    """A permanent failure: a person must correct the message's address or the settings."""


class Exit(IntEnum):
    """Exit codes of the command line."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    NEEDS_A_PERSON = 3


class Pace(StrEnum):
    """Which days of a past period a backfill collects, in addition to the last day."""

    QUARTERS = "first day of each quarter"
    MONTHS = "first day of each month"
    DUE_DATES = "last day on time of each due date"
