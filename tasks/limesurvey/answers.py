"""From exported responses to the long form: one row a response and field, so that no questionnaire changes a table."""

# pyarrow.compute makes its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from operator import itemgetter
from typing import cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.limesurvey.pages import DATE_FORMAT
from tasks.questionnaires.questionnaire import QuestionKind, Questionnaire
from tasks.questionnaires.response_columns import Field, Part, fields_of, fields_of_question

SYSTEM_HEADINGS = frozenset(
    {"id", "submitdate", "lastpage", "startlanguage", "seed", "token", "startdate", "datestamp", "ipaddr", "refurl"}
)
"""What an export tells about a response itself. Addresses (`ipaddr`, `refurl`) go no further."""

_REPEATED = pa.dictionary(pa.int32(), pa.string())
_WITHIN, _BETWEEN = "\x1e", "\x1f"
LONG_FORM = pa.schema(
    [
        pa.field("response_id", pa.int64(), nullable=False),
        pa.field("field", _REPEATED, nullable=False),
        pa.field("question_code", _REPEATED),
        pa.field("subquestion_code", _REPEATED),
        pa.field("scale_id", pa.int8()),
        pa.field("part", _REPEATED, nullable=False),
        pa.field("is_known", pa.bool_(), nullable=False),
        pa.field("value_text", pa.string()),
    ]
)
"""The long form: see `long_form`."""

RESPONSES = pa.schema(
    [
        pa.field("response_id", pa.int64(), nullable=False),
        pa.field("token", pa.string()),
        pa.field("is_complete", pa.bool_(), nullable=False),
        pa.field("submitted", pa.timestamp("s")),
        pa.field("started", pa.timestamp("s")),
        pa.field("last_saved", pa.timestamp("s")),
        pa.field("last_page", pa.int64()),
        pa.field("start_language", pa.string()),
    ]
)
"""One row a response: see `responses_table`."""

_DATE_UNKNOWN = "1980-01-01 00:00:00"


_FILLED_BY_SERVER = frozenset({QuestionKind.EQUATION, QuestionKind.TEXT_DISPLAY, QuestionKind.LANGUAGE})


def reserved_codes(questionnaire: Questionnaire) -> tuple[str, ...]:
    """Return the question codes that are also columns of the export itself, such as `seed` or `datestamp`.

    The answers to such a question come under that heading, in its place or beside it, depending on what the survey
    keeps: no heading tells beyond doubt which of the two a value is.
    """
    return tuple(heading for heading in fields_of(questionnaire) if heading in SYSTEM_HEADINGS)


def answer_fields(responses: pa.Table, questionnaire: Questionnaire) -> list[Field]:
    """What the headings of a page's table stand for, in its order, without what tells of the response itself."""
    known = fields_of(questionnaire)
    return [
        known.get(heading, Field(heading, None, part=Part.UNKNOWN))
        for heading in responses.column_names
        if heading not in SYSTEM_HEADINGS
    ]


def contents(responses: pa.Table, questionnaire: Questionnaire) -> pa.ChunkedArray:
    """What each response of a page says, as one text a response: equal texts are equal answers.

    Nothing that was never shown is in it, so that a question which is added changes no earlier response; and codes are
    not, so that a question which is renamed changes none either.
    """
    numbers = _numbers(questionnaire)
    said = [
        pc.binary_join_element_wise(pa.scalar(number), _answers(responses, field), _WITHIN)
        for number, field in sorted(
            ((numbers.get(field.heading, field.heading), field) for field in answer_fields(responses, questionnaire)),
            key=itemgetter(0),
        )
    ]
    if not said:
        return pa.chunked_array([pa.repeat("", responses.num_rows)])
    return pc.binary_join_element_wise(*said, _BETWEEN, null_handling="replace", null_replacement="")


def are_answered(responses: pa.Table, questionnaire: Questionnaire) -> pa.ChunkedArray:
    """Which responses of a page say anything: a row that somebody only opened does not."""
    letters = {question.code: question.letter for question in questionnaire.questions}
    answered = pa.chunked_array([pa.repeat(False, responses.num_rows)])
    for field in answer_fields(responses, questionnaire):
        is_given = field.part is not Part.FILE_COUNT and letters.get(field.question_code or "") not in _FILLED_BY_SERVER
        if is_given:
            answered = pc.or_(answered, pc.fill_null(pc.not_equal(_answers(responses, field), ""), False))
    return answered


def long_form(responses: pa.Table, questionnaire: Questionnaire) -> pa.Table:
    """The answers of a page in the long form, response by response.

    `responses` is the table of a `ResponsePage`. One row for each response and field, nulls included: null was never
    shown (or is a number or a date that was not answered), an empty text was shown and not answered. Codes stay codes.
    Fields that the questionnaire does not know come with `is_known` false, without codes and with the part `unknown`.

    The columns are those of `LONG_FORM`. `subquestion_code` is the row and the column joined by `_` for arrays of
    numbers or texts, the rank for rankings, `other` for the comment on another answer; `scale_id` is 0 or 1, for
    dual-scale arrays only.
    """
    fields = answer_fields(responses, questionnaire)
    count, width = responses.num_rows, len(fields)
    if not count or not width:
        return LONG_FORM.empty_table()
    # A text that repeats is held once: the rows of a page are its responses times its fields.
    place = pa.array(np.tile(np.arange(width, dtype=np.int32), count))

    def repeated(values: list[object], kind: pa.DataType) -> pa.Array:
        return pa.DictionaryArray.from_arrays(place, pa.array(values, kind))

    field_by_field = pa.chunked_array([_answers(responses, field).combine_chunks() for field in fields], pa.string())
    columns = [
        pa.array(np.repeat(responses.column("id").to_numpy(), width)),
        repeated([field.heading for field in fields], pa.string()),
        repeated([field.question_code for field in fields], pa.string()),
        repeated([field.subquestion_code for field in fields], pa.string()),
        pa.array([field.scale_id for field in fields], pa.int8()).take(place),
        repeated([field.part.value for field in fields], pa.string()),
        pa.array([field.part is not Part.UNKNOWN for field in fields]).take(place),
        # Told field by field, and turned to be told response by response.
        field_by_field.combine_chunks().take(pa.array(np.arange(count * width).reshape(width, count).T.ravel())),
    ]
    return pa.Table.from_arrays(columns, schema=LONG_FORM)


def _answers(responses: pa.Table, field: Field) -> pa.ChunkedArray:
    return pc.cast(responses.column(field.heading), pa.string())


def _numbers(questionnaire: Questionnaire) -> dict[str, str]:
    """The headings' questions and subquestions by the server's numbers, which stay when a code is renamed."""
    numbers: dict[str, str] = {}
    for question in questionnaire.questions:
        below = {sub.code: str(sub.question_id) for sub in question.subquestions}
        below |= {
            f"{row.code}_{column.code}": f"{row.question_id}_{column.question_id}"
            for row in question.subquestions
            for column in question.subquestions
            if (row.scale_id, column.scale_id) == (0, 1)
        }
        for field in fields_of_question(question):
            code = field.subquestion_code or ""
            numbers[field.heading] = f"{question.question_id}/{below.get(code, code)}/{field.scale_id}/{field.part}"
    return numbers


def responses_table(responses: pa.Table) -> pa.Table:
    """What a page tells about each response itself: the columns of `RESPONSES`.

    `submitted` is null for an incomplete response, and for a complete one whose date the survey does not keep (the
    server writes 1980-01-01 for it). Dates are naive, in the server's time zone; `started` and `last_saved` are null
    where the survey is not dated, `token` where it is anonymised or open to all.

    Raises `ValueError` for a date that is none.
    """
    if not responses.num_rows:
        return RESPONSES.empty_table()
    submitted = responses.column("submitdate")
    unknown = pc.equal(submitted, pa.scalar(_DATE_UNKNOWN))
    columns = [
        responses.column("id"),
        _text(responses, "token"),
        pc.is_valid(submitted),
        _moments(pc.if_else(unknown, pa.scalar(None, pa.string()), submitted)),
        _moments(_text(responses, "startdate")),
        _moments(_text(responses, "datestamp")),
        responses.column("lastpage"),
        _text(responses, "startlanguage"),
    ]
    return pa.Table.from_arrays(columns, schema=RESPONSES)


def _text(responses: pa.Table, name: str) -> pa.ChunkedArray:
    if name in responses.column_names:
        return cast("pa.ChunkedArray", responses.column(name))
    return pa.chunked_array([pa.nulls(responses.num_rows, pa.string())])


def _moments(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.strptime(texts, format=DATE_FORMAT, unit="s")
