"""Every table of the `ops` and `raw` schemas, declared once and projected to Arrow, SQL, comments and the dbt sources.

Rows of `raw` are only ever added. Each carries `run_id`, `known_at` (the last instant, in UTC, of the day that the run
took as its today: what as-of views go by) and `loaded_at` (the real instant, for the audit).
Instants are UTC without a zone; dates are local to the programme.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

import pyarrow as pa
import sqlalchemy as sa

Row = Mapping[str, object]
"""A row of a table, by the names of its columns."""


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    YES_NO = "yes_no"
    DAY = "day"
    INSTANT = "instant"


ARROW: dict[Kind, pa.DataType] = {
    Kind.TEXT: pa.string(),
    Kind.WHOLE: pa.int64(),
    Kind.NUMBER: pa.float64(),
    Kind.YES_NO: pa.bool_(),
    Kind.DAY: pa.date32(),
    Kind.INSTANT: pa.timestamp("us"),
}
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
    """A column: its name, what it holds and what it means."""

    name: str
    kind: Kind
    meaning: str
    is_nullable: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table: its schema, name, grain and columns. `key` names the columns that make a row unique."""

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
    def arrow(self) -> pa.Schema:
        """The table as an Arrow schema."""
        return pa.schema([pa.field(c.name, ARROW[c.kind], nullable=c.is_nullable) for c in self.columns])


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
    _instant("known_at", "The last instant of the run's today, UTC: what as-of views go by."),
    _instant("loaded_at", "When the row was really loaded, UTC."),
)
PROGRAMME_VERSION = _text("programme_version", "sha256 of the programme folder's content.")
EXPECTED_RETURN_ID = _text("expected_return_id", "cohort/structure/occasion/instrument.")


def _raw(name: str, grain: str, key: tuple[str, ...], *columns: Column) -> Table:
    return Table("raw", name, grain, columns + STAMPS, key)


def _programme(name: str, grain: str, key: tuple[str, ...], *columns: Column) -> Table:
    return _raw(
        f"programme_{name}", f"Load of a programme version × {grain}.", ("run_id", *key), PROGRAMME_VERSION, *columns
    )


RUNS = Table(
    "ops",
    "runs",
    "One run of a command that writes.",
    (
        _text("run_id", "Identifier of the run."),
        _text("command", "The command, without its parameters."),
        _day("as_of_on", "The day that the run took as its today."),
        _text("outcome", "running, done, failed or interrupted."),
        _text("detail", "What a person needs to know of how it ended.", null=True),
        _instant("started_at", "UTC."),
        _instant("ended_at", "UTC.", null=True),
    ),
    ("run_id",),
)
RECEIPTS = Table(
    "ops",
    "receipts",
    "One thing that came in, by source and content: a page of responses or a file.",
    (
        _text("receipt_id", "sha256 of source, origin and content."),
        _text("source_id", "limesurvey:<survey number> or inbox."),
        _text("origin", "The file's name, or the survey's number and range of response ids."),
        _text("sha256", "Of the content as it came in."),
        _whole("byte_count", "Size of the content as it came in."),
        _instant("delivered_at", "When the source says that it came, UTC."),
        _text("landing_path", "Where the encrypted original lies, below the landing folder."),
        _text("outcome", "read, unreadable or unassigned (belongs to no expected return)."),
        _text("detail", "Why, and how to mend it, where it was not read.", null=True),
        *STAMPS,
    ),
    ("receipt_id",),
)
WATERMARKS = Table(
    "ops",
    "watermarks",
    "Source × time that everything in it was read and loaded.",
    (
        _text("source_id", "limesurvey:<survey number>."),
        _text("fingerprint", "sha256 of what tells, in a handful of calls, whether anything has changed there."),
        _text("incomplete_ids", "Responses that were not complete then, and are looked at again each time."),
        *STAMPS,
    ),
    ("source_id", "run_id"),
)
PSEUDONYM_KEYS = Table(
    "ops",
    "pseudonym_keys",
    "Version of the key that pseudonyms are made with. It tells whether a key is the right one, and nothing of it.",
    (
        _whole("key_version", "As ESSAIM_PSEUDONYM_KEY_VERSION names it."),
        _text("fingerprint", "HMAC-SHA256 of a fixed sentence under the key."),
        *STAMPS,
    ),
    ("key_version",),
)
ALERTS = Table(
    "ops",
    "alerts",
    "The chasing ledger: one expected return, one kind, one recipient, each time it becomes true or a step is reached.",
    (
        _text("alert_id", "sha256 of what makes the alert one."),
        EXPECTED_RETURN_ID,
        _text("kind", "due_soon, missing, unfinished, to_be_corrected, unverifiable or escalated."),
        _text("cause", "What made it true: the due date, the step, the return version to be corrected."),
        _whole("step_days", "The reminder step reached, in days after the due date; null before the first.", null=True),
        _text("recipient_code", "Who is told: an evaluator's code, or _lead."),
        _text("message_id", "Message-ID of the digest that tells it."),
        _day("decided_on", "The run's today."),
        _text("run_id", "The run that decided it."),
    ),
    ("alert_id",),
)
MESSAGES = Table(
    "ops",
    "messages",
    "One digest to one recipient by one channel. It holds no address and no content: both are made when it is sent.",
    (
        _text("message_id", "Message-ID: the same for the same programme, recipient and day."),
        _text("channel", "By which way it goes: mail."),
        _text("recipient_code", "An evaluator's code, or _lead."),
        _day("decided_on", "The run's today."),
        _text("outcome", "recorded, sent, postponed, dead or overtaken."),
        _whole("attempts", "How often it was tried."),
        _text("last_words", "What was last said of it, without addresses.", null=True),
        _instant("sent_at", "UTC.", null=True),
        _text("run_id", "The run that decided it."),
    ),
    ("message_id", "channel"),
)

PROGRAMME_OCCASIONS = _programme(
    "occasions",
    "occasion",
    ("occasion_code",),
    _text("occasion_code", "Such as M06."),
    _whole("months", "Months after the anchor date."),
    _whole("phase", "Evaluation phase that the occasion closes.", null=True),
)
PROGRAMME_INNOVATIONS = _programme(
    "innovations",
    "innovation",
    ("innovation_code",),
    _text("innovation_code", "Code of the innovation."),
    _text("innovation_name", "Its name."),
    _whole("rank", "Its place in publications, from 1."),
    _text("selected_on", "Year, or year and month, of its selection.", null=True),
    _text("target_public", "For whom.", null=True),
    _text("territory", "Rural, urban or both.", null=True),
    _text("stage", "Where the swarming stands.", null=True),
)
PROGRAMME_COHORTS = _programme(
    "cohorts",
    "cohort",
    ("cohort_code",),
    _text("cohort_code", "Code of the cohort."),
    _text("innovation_code", "Its innovation."),
    _text("cohort_name", "Its name."),
    _day("anchor_on", "End of the training."),
    _yes_no("anchor_is_chosen", "Whether the day was chosen because none was recorded."),
    _text("method", "How the structures were trained.", null=True),
)
PROGRAMME_ENROLMENTS = _programme(
    "enrolments",
    "enrolment",
    ("enrolment_id",),
    _text("enrolment_id", "cohort/structure."),
    _text("cohort_code", "The cohort."),
    _text("structure_code", "The structure."),
    _text("structure_name", "Its name."),
    _yes_no("is_invented", "Whether the structure is invented, for demonstration."),
    _day("left_on", "When it left, if it did.", null=True),
    _text("left_reason", "Why it left.", null=True),
)
PROGRAMME_FOLLOWS = _programme(
    "follows",
    "evaluator × innovation",
    ("evaluator_code", "innovation_code"),
    _text("evaluator_code", "The evaluator."),
    _text("innovation_code", "The innovation followed."),
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
    _number("minimum", "Lowest value allowed.", null=True),
    _number("maximum", "Highest value allowed.", null=True),
    _text("over_structures", "How it adds up over structures: sum, mean or none."),
    _text("over_respondents", "How it adds up over the respondents of one structure: sum, mean or none."),
    _yes_no("is_core", "Whether it counts for completeness."),
    _whole("publication_rank", "Its place in publications; null when it is not published.", null=True),
)
PROGRAMME_CROSSWALK = _programme(
    "crosswalk",
    "instrument version × item × occasion × innovation",
    ("instrument_code", "instrument_version", "item", "occasion_code", "innovation_code"),
    _text("instrument_code", "The instrument."),
    _whole("instrument_version", "Its version."),
    _text("occasion_code", "An occasion at which this version is asked."),
    _text("innovation_code", "An innovation of which it is asked."),
    _text("item", "Question (as exported) or workbook item (sheet!code)."),
    _text("indicator_code", "The indicator that it gives."),
    _text("recode", "The recode that its values go through.", null=True),
    _text("break_reason", "Why a new series of the indicator starts with this version, if one does.", null=True),
)
PROGRAMME_RECODES = _programme(
    "recodes",
    "recode × source value",
    ("recode", "source_value"),
    _text("recode", "Name of the recode."),
    _text("source_value", "What stands in the return."),
    _text("value", "The value that it means.", null=True),
    _text("missing_reason", "The reason that it means.", null=True),
)
PROGRAMME_TABLE_COLUMNS = _programme(
    "table_columns",
    "instrument version × column of a row table, identifiers and free text left out",
    ("instrument_code", "instrument_version", "item"),
    _text("instrument_code", "The instrument."),
    _whole("instrument_version", "Its version."),
    _text("sheet_name", "The sheet that the table stands in."),
    _text("item", "sheet!code, as in row_answers."),
    _text("label", "Header of the column."),
    _text("kind", "count, number, choice, date or text."),
    _text("unit", "Unit of the values.", null=True),
    _text("indicator_code", "The indicator that the crosswalk says it gives.", null=True),
    _text("recode", "The recode that its values go through.", null=True),
)

PROGRAMME_RULES = _programme(
    "rules",
    "the programme",
    (),
    _whole("minimum_structures", "Published cells that rest on fewer structures are suppressed."),
)
PROGRAMME_RESULTS = _programme(
    "results",
    "innovation of which a result is declared",
    ("innovation_code",),
    _text("innovation_code", "The innovation."),
    _text("indicator_code", "The indicator that shows a first result."),
    _number("above", "It does where it is above this.", null=True),
    _text("value", "It does where it is this.", null=True),
)
PROGRAMME_OUTCOMES = _programme(
    "outcomes",
    "outcome of participants that is declared × condition",
    ("outcome", "rank"),
    _text("outcome", "entered_work, contract_kind or in_training."),
    _whole("rank", "Place of the condition, from 1."),
    _text("indicator_code", "The indicator that tells it."),
    _number("above", "It is so where the indicator is above this.", null=True),
    _text("value", "It is so where the indicator is this.", null=True),
)
PROGRAMME_VALUES = _programme(
    "values",
    "choice × allowed value",
    ("indicator_code", "value"),
    _text("indicator_code", "The indicator."),
    _text("value", "A value that it may have."),
    _whole("rank", "Its place, from 1."),
)
PROGRAMME_PUBLISHED = _programme(
    "published",
    "published figure",
    ("published_code",),
    _text("published_code", "Code of the figure."),
    _text("innovation_code", "An innovation, or TOTAL."),
    _text("measure", "value, structures, left or per_structure."),
    _text("indicator_code", "The indicator that is counted, if one is.", null=True),
    _text("printed", "As it was printed."),
    _number("value", "The number that was printed.", null=True),
    _whole("decimals", "Decimals that were printed."),
    _text("missing_reason", "What nc or ne says.", null=True),
    _text("source", "The document."),
    _text("place", "Where in it."),
    _text("note", "What a reader should know.", null=True),
)

EXPECTED_RETURNS = _raw(
    "expected_returns",
    "Expected return × time that it was planned. Frozen at its due date: no row is added after it.",
    ("run_id", "expected_return_id"),
    EXPECTED_RETURN_ID,
    _text("plan_sha256", "sha256 of what was planned: the columns that follow."),
    _text("enrolment_id", "cohort/structure."),
    _text("occasion_code", "The occasion."),
    _text("instrument_code", "The instrument."),
    _whole("instrument_version", "The version asked at this occasion."),
    _text("instrument_kind", "limesurvey or workbook."),
    _text("filled_by", "structure or evaluator."),
    _text("source_id", "The source that the return comes from."),
    _yes_no("takes_several", "Whether several respondents answer for one structure."),
    _whole("minimum_respondents", "How many of them must answer completely."),
    _yes_no("keeps_first", "Whether the first response counts where one is expected and several came."),
    _day("opens_on", "First day on which it can be answered."),
    _day("due_on", "The day on which it is due."),
    _day("on_time_until_on", "Last day on which it is on time."),
    _day("locked_on", "Last day on which a version changes what is published; null for never.", null=True),
    _yes_no("is_withdrawn", "Whether the programme stopped expecting it before it was due."),
)
SOURCE_CHECKS = _raw(
    "source_checks",
    "Source × run that found something else there than the runs before.",
    ("run_id", "source_id"),
    _text("source_id", "limesurvey:<survey number> or inbox."),
    _text("outcome", "read, or why it could not be."),
    _text("detail", "What a person should know and do.", null=True),
)
RETURNS = _raw(
    "returns",
    "Return version × time that it was checked: one content received for an expected return.",
    ("run_id", "return_id"),
    _text("return_id", "sha256 of the expected return, the respondent and the content."),
    EXPECTED_RETURN_ID,
    _text("source_id", "The source that it came from."),
    _text("receipt_id", "The receipt of what came in."),
    _text("origin", "The file's name, or survey and response."),
    _text("respondent", "Response id of a survey; empty for a workbook."),
    _text("language", "Language in which a survey was begun.", null=True),
    _text("questionnaire_version", "Version of the survey's questionnaire that was answered.", null=True),
    PROGRAMME_VERSION,
    _text("content_sha256", "sha256 of what was answered."),
    _whole("sequence", "Order of arrival within the run, for versions that arrive on one day."),
    _yes_no("is_submitted", "Whether the source calls it complete."),
    _instant("answered_at", "When it came, as its source tells, UTC."),
    _day("answered_on", "The same as a date of the programme."),
    _text("outcome", "loaded or quarantined."),
)
ANSWERS = _raw(
    "answers",
    "Return version × item: one answer as it was given. Not loaded for quarantined returns.",
    ("return_id", "item"),
    _text("return_id", "The return version."),
    _text("item", "Question (as exported) or workbook item (sheet!code)."),
    _text("question_code", "Question, or item of the sheet."),
    _text("subquestion_code", "Subquestion.", null=True),
    _whole("scale", "Scale of a two-scale question, or rank.", null=True),
    _text("part", "value, other, comment, rank …"),
    _text("value_text", "The answer as it stood; null where none was given.", null=True),
    _text("location", "Sheet and cell; null for a survey, where the response and the item tell it.", null=True),
)
ROW_ANSWERS = _raw(
    "row_answers",
    "Return version × row of a workbook's table × column: one cell. Not loaded for quarantined returns.",
    ("return_id", "item", "row_number"),
    _text("return_id", "The return version."),
    _text("sheet_name", "The sheet that the table stands in."),
    _whole("row_number", "The row of the sheet, from 1 as spreadsheets count."),
    _text("pseudonym", "Keyed HMAC-SHA256 of the row's identifiers; null in a table without any.", null=True),
    _whole("key_version", "Version of the key that the pseudonym was made with.", null=True),
    _text("item", "sheet!code. Identifiers and free text are never loaded."),
    _text("value_text", "What the cell says: days as 2019-01-31, nc and ne as such; null where blank.", null=True),
    _text("column_letters", "The column of the sheet: with the row number, the cell."),
)
FINDINGS = _raw(
    "findings",
    "Return version × time that it was checked × item × place × what was found wrong.",
    ("run_id", "return_id", "item", "location", "check_name"),
    _text("return_id", "The return version."),
    _text("item", "The item, or empty for the whole return."),
    _text("location", "Sheet and cell, or response and question."),
    _text("check_name", "The expectation that failed."),
    _text("severity", "error (the return is quarantined) or warning."),
    _text("found", "What was found."),
    _text("expected", "What was expected."),
)

QUESTIONNAIRES = _raw(
    "questionnaires",
    "Survey × version of its questionnaire × question, subquestion or option × language.",
    ("source_id", "questionnaire_version", "element", "question_code", "code", "scale", "language"),
    _text("source_id", "The survey."),
    _text("questionnaire_version", "sha256 of everything that the survey asks."),
    _text("element", "question, subquestion or option."),
    _text("question_code", "The question."),
    _text("code", "Code of the subquestion or option; empty for a question."),
    _whole("scale", "1 for the columns of an array and for the second scale of a two-scale question, else 0."),
    _whole("position", "Its place, from 1."),
    _text("letter", "LimeSurvey's letter of the question's type."),
    _yes_no("has_other", "Whether the question has another answer than those listed."),
    _text("language", "Language of the text."),
    _whole("language_rank", "1 for the survey's base language."),
    _text("text", "Wording or label, without markup."),
)
QUESTIONNAIRE_DIFFERENCES = _raw(
    "questionnaire_differences",
    "Survey × run that found its questionnaire changed, or its crosswalk × difference between the two.",
    ("run_id", "source_id", "place"),
    _text("source_id", "The survey."),
    _text("questionnaire_version", "What is asked now."),
    PROGRAMME_VERSION,
    _whole("place", "Order of the differences, from 1; 0 says that there is none."),
    _text("kind", "new, vanished, renamed, recoded, reworded, retyped or reordered.", null=True),
    _text("question_code", "The question."),
    _text("code", "The subquestion or option."),
    _text("found", "What is asked now."),
    _text("expected", "What the crosswalk was written for."),
    _text("breaks", "The crosswalk items that cannot be read safely any more, separated by |."),
)
WITHDRAWALS = _raw(
    "withdrawals",
    "Expected return × respondent × time that its response was withdrawn, or came back.",
    ("run_id", "expected_return_id", "respondent"),
    EXPECTED_RETURN_ID,
    _text("respondent", "Response id of a survey."),
    _text("source_id", "The survey."),
    _yes_no("is_withdrawn", "False where the response is there again."),
    _text("reason", "vanished, reassigned (it belongs to another structure) or restored."),
)

DECISIONS = _raw(
    "decisions",
    "Kind × expected return or enrolment × time that somebody decided it, or took it back.",
    ("run_id", "kind", "subject_id"),
    _text("kind", "waive or snooze (an expected return), or leave (an enrolment)."),
    _text("subject_id", "cohort/structure/occasion/instrument, or cohort/structure."),
    _yes_no("is_undone", "Whether this takes back what was decided before."),
    _day("effective_on", "snooze: the first day on which it is chased again. leave: when it left.", null=True),
    _day("decided_on", "The run's today."),
    _text("author", "Who decided it."),
    _text("reason", "Why."),
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
    PROGRAMME_FOLLOWS,
    PROGRAMME_INDICATORS,
    PROGRAMME_CROSSWALK,
    PROGRAMME_RECODES,
    PROGRAMME_TABLE_COLUMNS,
    PROGRAMME_RULES,
    PROGRAMME_RESULTS,
    PROGRAMME_OUTCOMES,
    PROGRAMME_VALUES,
    PROGRAMME_PUBLISHED,
    EXPECTED_RETURNS,
    SOURCE_CHECKS,
    RETURNS,
    ANSWERS,
    ROW_ANSWERS,
    FINDINGS,
    QUESTIONNAIRES,
    QUESTIONNAIRE_DIFFERENCES,
    WITHDRAWALS,
    DECISIONS,
)


@cache
def sql_table(table: Table) -> sa.Table:
    """The table for SQLAlchemy. No primary key is declared: idempotent loads keep rows unique, dbt tests it."""
    columns = [sa.Column(c.name, SQL[c.kind], nullable=c.is_nullable, comment=c.meaning) for c in table.columns]
    return sa.Table(table.name, sa.MetaData(), *columns, schema=table.schema, comment=table.grain)
