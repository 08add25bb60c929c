"""Declare every table of the schemas `ops` and `raw`.

Each table is declared once, and projected to Arrow, SQL, comments in the databases and dbt sources.

Rows of `raw` are append-only. Each row carries `run_id`, `known_at` (the last instant of the run's as-of date, by which
as-of views filter) and `loaded_at` (the time of the load, for audits). Instants are UTC without a zone; dates are local
to the programme.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

if TYPE_CHECKING:
    import pyarrow as pa

Row = Mapping[str, object]
"""A row of a table: values by column name."""


class Kind(StrEnum):
    """Type of a column."""

    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    YES_NO = "yes_no"
    DAY = "day"
    INSTANT = "instant"


SQL: dict[Kind, type[sa.types.TypeEngine[Any]]] = {
    Kind.TEXT: sa.Text,
    Kind.WHOLE: sa.BigInteger,
    Kind.NUMBER: sa.Double,
    Kind.YES_NO: sa.Boolean,
    Kind.DAY: sa.Date,
    Kind.INSTANT: sa.DateTime,
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        name: Name of the column.
        kind: Type of the column.
        meaning: Description of the column.
        is_nullable: Whether the column may be null.
    """

    name: str
    kind: Kind
    meaning: str
    is_nullable: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table.

    Attributes:
        schema: Its schema.
        name: Its name.
        grain: What a row is: the description of the table.
        columns: Its columns.
        key: Names of the columns that identify a row.
    """

    schema: str
    name: str
    grain: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]

    @property
    def full_name(self) -> str:
        """Schema and name."""
        return f"{self.schema}.{self.name}"

    @property
    def arrow(self) -> "pa.Schema":
        """The table as an Arrow schema."""
        import pyarrow as pa  # light commands do without it

        types = {
            Kind.TEXT: pa.string(),
            Kind.WHOLE: pa.int64(),
            Kind.NUMBER: pa.float64(),
            Kind.YES_NO: pa.bool_(),
            Kind.DAY: pa.date32(),
            Kind.INSTANT: pa.timestamp("us"),
        }
        return pa.schema([pa.field(c.name, types[c.kind], nullable=c.is_nullable) for c in self.columns])


def _text(name: str, meaning: str, *, null: bool = False) -> Column:
    return Column(name, Kind.TEXT, meaning, null)


def _whole(name: str, meaning: str, *, null: bool = False) -> Column:
    return Column(name, Kind.WHOLE, meaning, null)


def _number(name: str, meaning: str, *, null: bool = False) -> Column:
    return Column(name, Kind.NUMBER, meaning, null)


def _yes_no(name: str, meaning: str, *, null: bool = False) -> Column:
    return Column(name, Kind.YES_NO, meaning, null)


def _day(name: str, meaning: str, *, null: bool = False) -> Column:
    return Column(name, Kind.DAY, meaning, null)


def _instant(name: str, meaning: str, *, null: bool = False) -> Column:
    return Column(name, Kind.INSTANT, meaning, null)


STAMPS = (
    _text("run_id", "The run that loaded the row."),
    _instant("known_at", "Last instant of the run's as-of date, UTC. As-of views filter by it."),
    _instant("loaded_at", "Time of the load, UTC."),
)
PROGRAMME_VERSION = _text("programme_version", "sha256 of the contents of the programme folder.")
EXPECTED_RETURN_ID = _text("expected_return_id", "cohort/structure/occasion/instrument.")


def _raw(name: str, grain: str, key: tuple[str, ...], *columns: Column) -> Table:
    return Table("raw", name, grain, columns + STAMPS, key)


def _programme(name: str, grain: str, key: tuple[str, ...], *columns: Column) -> Table:
    return _raw(
        f"programme_{name}",
        f"One row per load of a programme version × {grain}.",
        ("run_id", *key),
        PROGRAMME_VERSION,
        *columns,
    )


RUNS = Table(
    "ops",
    "runs",
    "One row per run of a command that writes.",
    (
        _text("run_id", "Identifier of the run."),
        _text("command", "The command, without its parameters."),
        _day("as_of_on", "As-of date of the run: the day that it took as its today."),
        _text("outcome", "running, done, failed or interrupted."),
        _text("detail", "Explanation of the outcome for a person.", null=True),
        _instant("started_at", "Start of the run, UTC."),
        _instant("ended_at", "End of the run, UTC.", null=True),
    ),
    ("run_id",),
)
RECEIPTS = Table(
    "ops",
    "receipts",
    "One row per sending of a file or page of responses, by source, origin and content.",
    (
        _text("receipt_id", "sha256 of source, origin and content, and of the sending after the first."),
        _text("source_id", "limesurvey:<survey number> or inbox."),
        _text("origin", "Name of the file, or number of the survey and range of response ids."),
        _text("sha256", "sha256 of the content as received."),
        _whole("byte_count", "Size of the content as received, in bytes."),
        _instant("delivered_at", "When it was delivered, according to the source, UTC."),
        _text("landing_path", "Path of the encrypted original, relative to the landing folder."),
        _text("outcome", "read, unreadable, unassigned (belongs to no expected return) or set_aside."),
        _text("detail", "Why it was not read, and the remedy.", null=True),
        _whole("sending", "How many times this content had come from this origin, this time included."),
        *STAMPS,
    ),
    ("receipt_id",),
)
WATERMARKS = Table(
    "ops",
    "watermarks",
    "One row per source × complete read of the source.",
    (
        _text("source_id", "limesurvey:<survey number>."),
        _text(
            "fingerprint",
            "sha256 of the programme's version and the survey's settings, counts and participants.",
        ),
        _text("incomplete_ids", "Ids of the incomplete responses, separated by commas. Each run reads them again."),
        *STAMPS,
    ),
    ("source_id", "run_id"),
)
PSEUDONYM_KEYS = Table(
    "ops",
    "pseudonym_keys",
    "One row per version of the pseudonym key. The fingerprint verifies a key without revealing it.",
    (
        _whole("key_version", "The version, as in ESSAIM_PSEUDONYM_KEY_VERSION."),
        _text("fingerprint", "HMAC-SHA256 of a fixed sentence under the key."),
        _whole("rule", "The version of the rule that folds the spellings of a name; null for the first.", null=True),
        _text(
            "identifiers",
            "JSON: the identifiers of each table of people by which its rows were linked; null in rows of an earlier "
            "Essaim.",
            null=True,
        ),
        *STAMPS,
    ),
    ("key_version",),
)
ALERTS = Table(
    "ops",
    "alerts",
    "One row per alert: expected return or target × kind × recipient × reminder step.",
    (
        _text("alert_id", "sha256 of expected return, kind, cause and recipient."),
        _text(
            "expected_return_id",
            "cohort/structure/occasion/instrument; the target: cohort/occasion/indicator; or the week.",
        ),
        _text("kind", "Subject of the alert: due_soon, missing, unfinished, to_be_corrected, escalated …"),
        _text(
            "cause",
            "What the alert is based on: the due date, the step, the quarantined return version, or the target.",
        ),
        _whole("step_days", "The reminder step reached, in days after the due date; null before the first.", null=True),
        _text(
            "recipient_code", "Code of the evaluator, _lead, _weekly, source of a survey, or structure: and its code."
        ),
        _text("message_id", "Message-ID of the message that contains the alert."),
        _day("decided_on", "As-of date of the run that decided it."),
        _text("run_id", "The run that decided it."),
    ),
    ("alert_id",),
)
MESSAGES = Table(
    "ops",
    "messages",
    "One row per message × channel. It holds no address and no content: both are generated when it is sent.",
    (
        _text("message_id", "Message-ID: the same for the same programme, recipient and day."),
        _text("channel", "mail, chat or survey_server."),
        _text(
            "recipient_code", "Code of the evaluator, _lead, _weekly, source of a survey, or structure: and its code."
        ),
        _day("decided_on", "As-of date of the run that decided it."),
        _text("outcome", "recorded, sent, postponed, dead or overtaken."),
        _whole("attempts", "Number of attempts to send it."),
        _text(
            "last_words", "Last reply of the server, or another reason for the outcome, without addresses.", null=True
        ),
        _instant("sent_at", "When it was sent, UTC.", null=True),
        _text("run_id", "The run that decided it."),
    ),
    ("message_id", "channel"),
)

PROGRAMME_OCCASIONS = _programme(
    "occasions",
    "occasion",
    ("occasion_code",),
    _text("occasion_code", "Code of the occasion, such as M06."),
    _whole(
        "months", "Months after the anchor date, negative before it; for an occasion in days, the nearest whole number."
    ),
    _whole("phase", "Evaluation phase that the occasion closes.", null=True),
    _whole("days", "Days after the anchor date, negative before it; null for an occasion in months.", null=True),
)
PROGRAMME_INNOVATIONS = _programme(
    "innovations",
    "innovation",
    ("innovation_code",),
    _text("innovation_code", "Code of the innovation."),
    _text("innovation_name", "Name of the innovation."),
    _whole("rank", "Position in publications, from 1."),
    _text("selected_on", "Year, or year and month, of its selection.", null=True),
    _text("target_public", "Target group.", null=True),
    _text("territory", "Rural, urban or both.", null=True),
    _text("stage", "Stage of scaling out.", null=True),
)
PROGRAMME_COHORTS = _programme(
    "cohorts",
    "cohort",
    ("cohort_code",),
    _text("cohort_code", "Code of the cohort."),
    _text("innovation_code", "Innovation of the cohort."),
    _text("cohort_name", "Name of the cohort."),
    _day("anchor_on", "Anchor date: last day of the training."),
    _yes_no("anchor_is_chosen", "Whether the staff chose the anchor date because none was recorded."),
    _text("method", "How the structures were trained.", null=True),
)
PROGRAMME_ENROLMENTS = _programme(
    "enrolments",
    "enrolment",
    ("enrolment_id",),
    _text("enrolment_id", "cohort/structure, by the first code of the structure."),
    _text("cohort_code", "Code of the cohort."),
    _text("structure_code", "Present code of the structure."),
    _text("structure_name", "Name of the structure."),
    _text("former_codes", "The codes under which it was enrolled before, the oldest first, separated by |.", null=True),
    _yes_no("is_invented", "Whether the structure is invented, for demonstration."),
    _day("left_on", "Date on which the structure left; null if it has not.", null=True),
    _text("left_reason", "Why the structure left.", null=True),
    _day("anchor_on", "Anchor date of the enrolment; null where the cohort's applies.", null=True),
)
PROGRAMME_SUCCESSIONS = _programme(
    "successions",
    "enrolment that merged or moved × enrolment that answers for it",
    ("enrolment_id", "heir_enrolment_id"),
    _text("enrolment_id", "The enrolment that ended: cohort/structure."),
    _text("heir_enrolment_id", "An enrolment that answers for it: the next one, and each that follows in turn."),
    _day("since_on", "Its last day: returns that are due later answer for it."),
    _text("kind", "merged (into another structure) or moved (to another cohort)."),
    _yes_no("is_next", "Whether no other enrolment lies between the two."),
)
PROGRAMME_ATTRIBUTES = _programme(
    "attributes",
    "attribute of structures",
    ("attribute_code",),
    _text("attribute_code", "Code of the attribute."),
    _text("label_fr", "Label in French."),
    _text("label_en", "Label in English."),
    _whole("rank", "Position in the programme folder, from 1."),
    _yes_no("is_grouping", "Whether figures are grouped by it: its values are declared."),
)
PROGRAMME_ATTRIBUTE_VALUES = _programme(
    "attribute_values",
    "structure × attribute × period",
    ("structure_code", "attribute_code", "place"),
    _text("structure_code", "Present code of the structure."),
    _text("attribute_code", "Code of the attribute."),
    _whole("place", "Position among the periods of the structure and the attribute, from 1."),
    _text("value", "The value in this period."),
    _whole(
        "value_rank", "Position of the value among the declared ones, from 1; null if none are declared.", null=True
    ),
    _day("from_on", "First day of the period; null for no limit.", null=True),
    _day("to_on", "Last day of the period; null for no limit.", null=True),
)
PROGRAMME_FOLLOWS = _programme(
    "follows",
    "evaluator × enrolment × period in which the evaluator follows it or stands in; × innovation in rows of an earlier "
    "Essaim",
    ("evaluator_code", "innovation_code", "place"),
    _text("evaluator_code", "Code of the evaluator."),
    _text("innovation_code", "Innovation of the enrolment."),
    _whole("place", "Position of the row among those of the evaluator and the innovation, from 1."),
    _text(
        "enrolment_id",
        "The enrolment that the evaluator follows; null in a row of an earlier Essaim, for all of the innovation.",
        null=True,
    ),
    _day("from_on", "First day of the period; null for no limit.", null=True),
    _day("to_on", "Last day of the period; null for no limit.", null=True),
    _text("replaces_code", "The evaluator for whom this one stands in; null for the one who follows.", null=True),
)
PROGRAMME_EVALUATORS = _programme(
    "evaluators",
    "evaluator",
    ("evaluator_code",),
    _text("evaluator_code", "Code of the evaluator."),
    _text("evaluator_name", "Name of the evaluator. The mail address is not loaded."),
)
PROGRAMME_INDICATORS = _programme(
    "indicators",
    "indicator",
    ("indicator_code",),
    _text("indicator_code", "Code of the indicator."),
    _text("label_fr", "Label in French."),
    _text("label_en", "Label in English."),
    _text("level", "structure or participant."),
    _text("kind", "count, number, choice, date or text."),
    _text("unit", "Unit of the value.", null=True),
    _number("minimum", "Lowest valid value.", null=True),
    _number("maximum", "Highest valid value.", null=True),
    _number("ceiling", "Highest plausible value of one structure; null for the highest known one.", null=True),
    _yes_no(
        "is_cumulative",
        "Whether an earlier value is a floor of a later one; null if loaded by an earlier version.",
        null=True,
    ),
    _yes_no(
        "zero_if_nothing",
        "Whether a blank is a confirmed zero where there is nothing to report; null if loaded by an earlier version.",
        null=True,
    ),
    _text("over_structures", "Aggregation over structures: sum, mean or none."),
    _text("over_respondents", "Aggregation over the respondents of a structure: sum, mean or none."),
    _yes_no("is_core", "Whether it counts for completeness."),
    _whole("publication_rank", "Position in publications; null if it is not published.", null=True),
    _yes_no(
        "accumulates",
        "Whether the values of all occasions add up; null if loaded by an earlier version.",
        null=True,
    ),
    _text("formula", "The indicators that it is computed from; null if it is asked.", null=True),
)
PROGRAMME_PARTS = _programme(
    "parts",
    "derived indicator × side of its formula × asked indicator",
    ("indicator_code", "is_denominator", "part_code"),
    _text("indicator_code", "Code of the derived indicator."),
    _yes_no("is_denominator", "Whether the part belongs to the denominator of a ratio."),
    _text("part_code", "Code of the asked indicator."),
    _whole("rank", "Position among the parts."),
    _whole("weight", "What the value of the part is multiplied by before the parts of this side are added."),
)
PROGRAMME_CROSSWALK = _programme(
    "crosswalk",
    "instrument version × item × indicator × occasion × innovation",
    ("instrument_code", "instrument_version", "item", "indicator_code", "occasion_code", "innovation_code"),
    _text("instrument_code", "Code of the instrument."),
    _whole("instrument_version", "Version of the instrument."),
    _text("occasion_code", "An occasion that uses this version."),
    _text("innovation_code", "An innovation whose structures owe the instrument."),
    _text("item", "Exported question, or workbook item (sheet!code)."),
    _text("indicator_code", "The indicator that the item is mapped to."),
    _text("recode", "The recode that is applied to its values; recode=value for the share of a value.", null=True),
    _text("break_reason", "Why a new series of the indicator starts with this version; null if none does.", null=True),
    _number("factor", "What the answer is multiplied by; null for 1.", null=True),
)
PROGRAMME_RECODES = _programme(
    "recodes",
    "recode × source value",
    ("recode", "source_value"),
    _text("recode", "Name of the recode."),
    _text("source_value", "Value in the return."),
    _text("value", "The value that it is mapped to.", null=True),
    _text("missing_reason", "The missing reason that it is mapped to.", null=True),
)
PROGRAMME_TABLE_COLUMNS = _programme(
    "table_columns",
    "instrument version × column of a workbook table, without identifiers and free text",
    ("instrument_code", "instrument_version", "item"),
    _text("instrument_code", "Code of the instrument."),
    _whole("instrument_version", "Version of the instrument."),
    _text("sheet_name", "Sheet of the table."),
    _text("item", "sheet!code, as in row_answers."),
    _text("label", "Header of the column."),
    _text("kind", "count, number, choice, date or text."),
    _text("unit", "Unit of the values.", null=True),
    _text("indicator_code", "The indicator that the column is mapped to.", null=True),
    _text("recode", "The recode that is applied to its values.", null=True),
    _yes_no(
        "identifies_people",
        "Whether the table has identifiers, so that its rows are people; null in loads of earlier versions.",
        null=True,
    ),
)

PROGRAMME_TABLE_CONDITIONS = _programme(
    "table_conditions",
    "instrument version × column of a workbook table that is asked under a condition × column that decides it",
    ("instrument_code", "instrument_version", "item", "other_item"),
    _text("instrument_code", "Code of the instrument."),
    _whole("instrument_version", "Version of the instrument."),
    _text("item", "sheet!code of the column that is asked under a condition."),
    _text("other_item", "sheet!code of a column in its condition, or in the conditions of those."),
)
PROGRAMME_NOTHING_TO_REPORT = _programme(
    "nothing_to_report",
    "instrument × item × answer that says that there is nothing to report",
    ("instrument_code", "item", "value"),
    _text("instrument_code", "Code of the instrument."),
    _text("item", "Exported question, workbook item (sheet!code), or box!nothing_to_report."),
    _text("value", "An answer to it that says so."),
)
PROGRAMME_RULES = _programme(
    "rules",
    "the programme's settings for publication",
    (),
    _whole("minimum_structures", "Published cells that rest on fewer structures are suppressed."),
    _whole(
        "minimum_participants",
        "Published cells that rest on fewer participants are suppressed; null in loads of earlier versions.",
        null=True,
    ),
)
PROGRAMME_RESULTS = _programme(
    "results",
    "innovation with a declared first result",
    ("innovation_code",),
    _text("innovation_code", "Code of the innovation."),
    _text("indicator_code", "The indicator that shows a first result."),
    _number("above", "A value above this number is a result.", null=True),
    _text("value", "This value is a result.", null=True),
)
PROGRAMME_PARTICIPANT_ATTRIBUTES = _programme(
    "participant_attributes",
    "declared attribute of participants × value",
    ("attribute_code", "value"),
    _text("attribute_code", "Code of the attribute."),
    _text("label_fr", "Label in French."),
    _text("label_en", "Label in English."),
    _whole("rank", "Place among the attributes of participants."),
    _text("indicator_code", "The indicator of participants that gives it; null for an age band.", null=True),
    _text("value", "A value that it may have."),
    _whole("value_rank", "Place among its values."),
)
PROGRAMME_OUTCOMES = _programme(
    "outcomes",
    "declared outcome of participants × condition",
    ("outcome", "rank"),
    _text("outcome", "entered_work, contract_kind or in_training."),
    _whole("rank", "Position of the condition, from 1."),
    _text("indicator_code", "The indicator that reports the outcome."),
    _number("above", "A value above this number meets the condition.", null=True),
    _text("value", "This value meets the condition.", null=True),
)
PROGRAMME_VALUES = _programme(
    "values",
    "choice × allowed value",
    ("indicator_code", "value"),
    _text("indicator_code", "Code of the indicator."),
    _text("value", "An allowed value."),
    _whole("rank", "Position of the value, from 1."),
)
PROGRAMME_PUBLISHED = _programme(
    "published",
    "published figure",
    ("published_code",),
    _text("published_code", "Code of the figure."),
    _text("innovation_code", "Code of an innovation, or TOTAL."),
    _text("measure", "value, structures, left or per_structure."),
    _text("indicator_code", "The measured indicator; null if the measure needs none.", null=True),
    _text("printed", "The figure as printed."),
    _number("value", "The printed number; null for nc and ne.", null=True),
    _whole("decimals", "Number of printed decimals."),
    _text("missing_reason", "The missing reason that nc or ne stands for.", null=True),
    _text("source", "The document."),
    _text("place", "Place in the document."),
    _text("note", "Remark for readers.", null=True),
)
PROGRAMME_TARGETS = _programme(
    "targets",
    "target",
    ("cohort_code", "occasion_code", "indicator_code"),
    _text("cohort_code", "The cohort."),
    _text("occasion_code", "The occasion."),
    _text("indicator_code", "The indicator."),
    _number("target", "The number to reach."),
    _text("direction", "at_least or at_most: the side of the target on which the figure is to be."),
)
PROGRAMME_CORRECTIONS = _programme(
    "corrections",
    "correction of an answer",
    ("expected_return_id", "respondent", "item", "rank"),
    EXPECTED_RETURN_ID,
    _text("respondent", "Response id in the survey; empty where one respondent answers."),
    _text("item", "Exported question, or workbook item (sheet!code)."),
    _whole("rank", "Place among the corrections of the same answer, from 1."),
    _text("old_value", "The answer that it corrects, as read; empty for a blank."),
    _text("new_value", "The answer that counts instead, as read; empty for a blank."),
    _text("reason", "Why the answer was wrong."),
    _text("author", "Who corrected it."),
    _whole("line", "Line number in corrections.csv."),
)

EXPECTED_RETURNS = _raw(
    "expected_returns",
    "One row per expected return × change of its plan. After its due date, only amendments add rows.",
    ("run_id", "expected_return_id"),
    EXPECTED_RETURN_ID,
    _text("plan_sha256", "sha256 of the columns that follow; of is_after_leaving only if it is true."),
    _text("enrolment_id", "cohort/structure."),
    _text("occasion_code", "Code of the occasion."),
    _text("instrument_code", "Code of the instrument."),
    _whole("instrument_version", "Version of the instrument that this occasion uses."),
    _text("instrument_kind", "limesurvey or workbook."),
    _text("filled_by", "structure or evaluator."),
    _text("source_id", "Source of the return."),
    _yes_no("takes_several", "Whether several respondents answer for one structure."),
    _whole("minimum_respondents", "Smallest number of complete responses."),
    _yes_no(
        "keeps_first",
        "Whether the first response counts if several arrive where one is expected; otherwise the latest.",
    ),
    _day("opens_on", "First day on which it can be answered."),
    _day("due_on", "Due date."),
    _day("on_time_until_on", "Last day on which it is on time."),
    _day("locked_on", "Last day on which a version changes the published data; null for no limit.", null=True),
    _yes_no("is_withdrawn", "Whether the programme stopped expecting it."),
    _yes_no(
        "is_after_leaving",
        "Whether it is due after the structure left according to structures.csv; null in rows of an earlier Essaim, "
        "where left_on of the enrolment as known then decides.",
        null=True,
    ),
)
SOURCE_CHECKS = _raw(
    "source_checks",
    "One row per source × run whose check of it had another result than the previous one, and per later day for which "
    "the previous result still holds.",
    ("run_id", "source_id", "known_at"),
    _text("source_id", "limesurvey:<survey number> or inbox."),
    _text("outcome", "read, or the reason why the source could not be read."),
    _text("detail", "Explanation and remedy for a person.", null=True),
    _day("open_from_on", "First day on which the server lets the survey be answered; null for no limit.", null=True),
    _day("open_until_on", "Last day on which the server lets the survey be answered; null for no limit.", null=True),
)
RETURNS = _raw(
    "returns",
    "One row per return version × check, and per run as of an earlier day that knows it. A version is one content "
    "received for an expected return.",
    ("run_id", "return_id"),
    _text("return_id", "sha256 of expected return, respondent and content, and of what it follows if it comes again."),
    EXPECTED_RETURN_ID,
    _text("source_id", "Source of the return."),
    _text("receipt_id", "The receipt that contained it."),
    _text("origin", "Name of the file, or survey and response."),
    _text("respondent", "Response id in the survey; empty for a workbook."),
    _text("language", "Language in which the survey was begun.", null=True),
    _text("questionnaire_version", "Version of the survey's questionnaire that was answered.", null=True),
    PROGRAMME_VERSION,
    _text("content_sha256", "sha256 of the answers, and of what kept cells of a workbook from being read."),
    _whole("sequence", "Response id in the survey; for a workbook, the number of earlier files of the same name."),
    _yes_no("is_submitted", "Whether the source reports it as complete."),
    _instant("answered_at", "When it was answered or delivered, according to the source, UTC."),
    _day("answered_on", "The same as a local date of the programme."),
    _text("outcome", "loaded or quarantined."),
    _text("channel", "survey, inbox, desk or mailbox; null in rows of earlier versions of Essaim.", null=True),
    _text("sent_by", "desk or mailbox: code of the evaluator, _lead, or structure.", null=True),
)
ANSWERS = _raw(
    "answers",
    "One row per return version × item: one answer. Quarantined returns are not loaded.",
    ("return_id", "item"),
    _text("return_id", "The return version."),
    _text("item", "Exported question, or workbook item (sheet!code)."),
    _text("question_code", "Code of the question, or of the item in the sheet."),
    _text("subquestion_code", "Code of the subquestion.", null=True),
    _whole("scale", "Scale of a dual-scale question, or rank.", null=True),
    _text("part", "value, other, comment, rank …"),
    _text("value_text", "The answer, or null; typed numbers, days and reasons of mapped items as read.", null=True),
    _text("location", "Sheet and cell; null for a survey, where response and item locate it.", null=True),
    _text("missing_reason", "Why a blank was not an answer: not_shown or unknown_if_shown; else null.", null=True),
)
ROW_ANSWERS = _raw(
    "row_answers",
    "One row per return version × row of a workbook table × column: one cell. Quarantined returns are not loaded.",
    ("return_id", "item", "row_number"),
    _text("return_id", "The return version."),
    _text("sheet_name", "Sheet of the table."),
    _whole("row_number", "Row number in the sheet, from 1."),
    _text("pseudonym", "Keyed HMAC-SHA256 of the row's identifiers; null in a table without identifiers.", null=True),
    _whole("key_version", "Version of the key of the pseudonym.", null=True),
    _text("item", "sheet!code. Identifiers and free text are never loaded."),
    _text("value_text", "Contents of the cell: days as 2019-01-31, nc and ne unchanged; null if blank.", null=True),
    _text("column_letters", "Column letters in the sheet: with the row number, they locate the cell."),
    _text("missing_reason", "not_shown for a blank cell that is asked under a condition only; else null.", null=True),
)
PSEUDONYM_LINKS = _raw(
    "pseudonym_links",
    "One row per row of a workbook table × run of essaim relink that gave it another pseudonym. The latest known one "
    "replaces the pseudonym in row_answers.",
    ("run_id", "return_id", "sheet_name", "row_number"),
    _text("return_id", "The return version."),
    _text("sheet_name", "Sheet of the table."),
    _whole("row_number", "Row number in the sheet, from 1."),
    _text("pseudonym", "Keyed HMAC-SHA256 of the row's identifiers by the rule and the key of the run."),
    _whole("key_version", "Version of the key of the pseudonym."),
    _text(
        "content_sha256",
        "sha256 of the answers of the return under these pseudonyms, by which a workbook that comes again is "
        "recognised; null if its original was not read.",
        null=True,
    ),
)
AGE_BANDS = _raw(
    "age_bands",
    "One row per row of a table of people × age attribute × run that read it and found another band. The latest known "
    "one counts. The birth date is never loaded.",
    ("run_id", "return_id", "sheet_name", "row_number", "attribute_code"),
    _text("return_id", "The return version."),
    _text("sheet_name", "Sheet of the table."),
    _whole("row_number", "Row number in the sheet, from 1."),
    _text("pseudonym", "Pseudonym of the person when the row was read; a later link replaces it."),
    _whole("key_version", "Version of the key of the pseudonym."),
    _text("attribute_code", "Code of the attribute of participants."),
    _text(
        "band", "Band of the age in whole years at the anchor date, such as 26-49; null if it is unknown.", null=True
    ),
)
FINDINGS = _raw(
    "findings",
    "One row per return version × check × item × location × failed expectation.",
    ("run_id", "return_id", "item", "location", "check_name"),
    _text("return_id", "The return version."),
    _text("item", "The item; empty for the whole return."),
    _text("location", "Sheet and cell, or response and question."),
    _text("check_name", "The expectation that failed."),
    _text("severity", "error (the return is quarantined) or warning."),
    _text("found", "What was found."),
    _text("expected", "What was expected."),
    _text(
        "resolved_by",
        "Who can resolve it: sender, placement or programme; null in rows of earlier versions.",
        null=True,
    ),
)

QUESTIONNAIRES = _raw(
    "questionnaires",
    "One row per survey × version of its questionnaire × question, subquestion or option × language.",
    ("source_id", "questionnaire_version", "element", "question_code", "code", "scale", "language"),
    _text("source_id", "The survey."),
    _text("questionnaire_version", "sha256 of the questionnaire."),
    _text("element", "question, subquestion or option."),
    _text("question_code", "Code of the question."),
    _text("code", "Code of the subquestion or option; empty for a question."),
    _whole("scale", "1 for the columns of an array and for the second scale of a dual-scale question, else 0."),
    _whole("position", "Position, from 1: of a question in the questionnaire, else within its question and scale."),
    _text("letter", "LimeSurvey's letter for the type of the question."),
    _yes_no("has_other", "Whether the question allows an answer that is not listed."),
    _text("language", "Language of the text."),
    _whole("language_rank", "Rank of the language; 1 for the survey's base language."),
    _text("text", "Wording or label, without markup."),
)
QUESTIONNAIRE_CONDITIONS = _raw(
    "questionnaire_conditions",
    "One row per survey × version of its questionnaire × column shown under a condition × column that decides it.",
    ("source_id", "questionnaire_version", "item", "other_item"),
    _text("source_id", "The survey."),
    _text("questionnaire_version", "sha256 of the questionnaire."),
    _text("item", "Exported column that is shown under a condition; empty if the questionnaire has none."),
    _text("other_item", "A column in its condition, or in the conditions of those; empty for one that is not known."),
)
QUESTIONNAIRE_DIFFERENCES = _raw(
    "questionnaire_differences",
    "One row per survey × run that compared its questionnaire with the baseline × difference.",
    ("run_id", "source_id", "place"),
    _text("source_id", "The survey."),
    _text("questionnaire_version", "Version of the live questionnaire."),
    PROGRAMME_VERSION,
    _whole("place", "Order of the differences, from 1; 0 if there is none."),
    _text("kind", "new, vanished, renamed, recoded, reworded, retyped or reordered.", null=True),
    _text("question_code", "Code of the question."),
    _text("code", "Code of the subquestion or option."),
    _text("found", "The element in the live questionnaire."),
    _text("expected", "The element in the baseline, which the crosswalk was written against."),
    _text("breaks", "Crosswalk items that can no longer be read reliably, separated by |."),
)
WITHDRAWALS = _raw(
    "withdrawals",
    "One row per expected return × respondent × withdrawal or restoration of the response.",
    ("run_id", "expected_return_id", "respondent"),
    EXPECTED_RETURN_ID,
    _text("respondent", "Response id in the survey."),
    _text("source_id", "The survey."),
    _yes_no("is_withdrawn", "Whether the response is withdrawn; false if it was restored."),
    _text("reason", "vanished, reassigned (to another structure) or restored."),
)
COMPLETED_PARTICIPANTS = _raw(
    "completed_participants",
    "One row per expected return × change of whether its participants count as completed without a response to it.",
    ("run_id", "expected_return_id"),
    EXPECTED_RETURN_ID,
    _text("source_id", "The survey."),
    _yes_no("is_completed", "Whether the server counts its participants as completed, and holds no response to it."),
    _yes_no("is_used_up", "Whether they are completed by responses to other occasions of the survey.", null=True),
)
SET_ASIDE_RESPONSES = _raw(
    "set_aside_responses",
    "One row per expected return × change of whether responses to it are set aside.",
    ("run_id", "expected_return_id"),
    EXPECTED_RETURN_ID,
    _text("source_id", "The survey."),
    _yes_no("is_set_aside", "Whether a response came after its structure had left, and is therefore set aside."),
)

DECISIONS = _raw(
    "decisions",
    "One row per decision, or reversal, about an expected return, an enrolment or a finding of surveillance.",
    ("run_id", "kind", "subject_id"),
    _text(
        "kind",
        "waive, snooze, extend or nothing (an expected return), leave (an enrolment), or explain (a finding).",
    ),
    _text("subject_id", "cohort/structure/occasion/instrument, cohort/structure, or the id of the finding."),
    _yes_no("is_undone", "Whether this reverses the earlier decision."),
    _day(
        "effective_on",
        "snooze: date on which reminders resume. extend: later due date. leave: date on which the structure left.",
        null=True,
    ),
    _day("decided_on", "As-of date of the run."),
    _text("author", "Who decided it."),
    _text("reason", "Reason for the decision."),
    _text("found", "explain: what had been found, as in surveillance; another value is not explained.", null=True),
)
SURVEILLANCE = _raw(
    "surveillance",
    "One row per finding of surveillance × run that was the first to find this there.",
    ("run_id", "finding_id"),
    _text("finding_id", "Kind and place of the finding, as in the view surveillance."),
    _text("found", "What was found: the number, the answer, the two versions, or the multiples."),
    _text("kind", "Kind of the finding."),
    _text("cohort_code", "Cohort."),
    _text("enrolment_id", "cohort/structure; null where the finding is about the cohort.", null=True),
    _text("occasion_code", "Occasion; null where the finding is about all of them.", null=True),
    _text("instrument_code", "Instrument; null for a number.", null=True),
    _text("indicator_code", "Indicator; null for a return or a question.", null=True),
    _text("question_code", "Question of a survey, for straight-lining.", null=True),
    _text("other_enrolment_id", "The other structure of a duplicate.", null=True),
    _text("return_id", "Version of the return; null where the finding is about the cohort.", null=True),
    _number("value_number", "The number, or the share in percent for heaping.", null=True),
)
AMENDMENTS = _raw(
    "amendments",
    "One row per expected return × accepted edit of the plan of returns that were due already.",
    ("run_id", "expected_return_id"),
    EXPECTED_RETURN_ID,
    _text("change", "added late, moved, replaced or withdrawn."),
    _yes_no("is_kept", "Whether it was decided that the return stays as it was planned."),
    _text("plan_sha256", "sha256 of the row that the programme folder plans: the edit that was decided about."),
    _text("planned_before", "Planned values that differ; empty where nothing was planned."),
    _text("planned_after", "Values of the programme folder; empty where it has none."),
    _day("decided_on", "As-of date of the run."),
    _text("author", "Who decided it."),
    _text("reason", "Reason for the decision."),
)

TABLES: tuple[Table, ...] = (
    RUNS,
    RECEIPTS,
    WATERMARKS,
    PSEUDONYM_KEYS,
    ALERTS,
    MESSAGES,
    PROGRAMME_OCCASIONS,
    PROGRAMME_INNOVATIONS,
    PROGRAMME_COHORTS,
    PROGRAMME_ENROLMENTS,
    PROGRAMME_SUCCESSIONS,
    PROGRAMME_ATTRIBUTES,
    PROGRAMME_ATTRIBUTE_VALUES,
    PROGRAMME_FOLLOWS,
    PROGRAMME_EVALUATORS,
    PROGRAMME_INDICATORS,
    PROGRAMME_PARTS,
    PROGRAMME_CROSSWALK,
    PROGRAMME_RECODES,
    PROGRAMME_TABLE_COLUMNS,
    PROGRAMME_TABLE_CONDITIONS,
    PROGRAMME_NOTHING_TO_REPORT,
    PROGRAMME_RULES,
    PROGRAMME_RESULTS,
    PROGRAMME_PARTICIPANT_ATTRIBUTES,
    PROGRAMME_OUTCOMES,
    PROGRAMME_VALUES,
    PROGRAMME_PUBLISHED,
    PROGRAMME_TARGETS,
    PROGRAMME_CORRECTIONS,
    EXPECTED_RETURNS,
    SOURCE_CHECKS,
    RETURNS,
    ANSWERS,
    ROW_ANSWERS,
    PSEUDONYM_LINKS,
    AGE_BANDS,
    FINDINGS,
    QUESTIONNAIRES,
    QUESTIONNAIRE_CONDITIONS,
    QUESTIONNAIRE_DIFFERENCES,
    WITHDRAWALS,
    COMPLETED_PARTICIPANTS,
    SET_ASIDE_RESPONSES,
    DECISIONS,
    SURVEILLANCE,
    AMENDMENTS,
)


@cache
def sql_table(table: Table) -> sa.Table:
    """Return the table for SQLAlchemy.

    No primary key is declared: idempotent loads keep the rows unique, and dbt tests the keys.
    """
    columns = [sa.Column(c.name, SQL[c.kind], nullable=c.is_nullable, comment=c.meaning) for c in table.columns]
    return sa.Table(table.name, sa.MetaData(), *columns, schema=table.schema, comment=table.grain)
