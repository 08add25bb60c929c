"""Reshape exported responses: one row per response and field, so that no questionnaire changes a table of ours."""

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
from tasks.questionnaires.unclear_codes import SYSTEM_HEADINGS

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
"""The columns of `long_form`."""

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
"""The columns of `responses_table`."""

_DATE_UNKNOWN = "1980-01-01 00:00:00"
"""The submission date of a response to a survey that keeps no dates."""

_FILLED_BY_SERVER = frozenset({QuestionKind.EQUATION, QuestionKind.TEXT_DISPLAY, QuestionKind.LANGUAGE})


def answer_fields(responses: pa.Table, questionnaire: Questionnaire) -> list[Field]:
    """Return the field of each column of a page but those of `SYSTEM_HEADINGS`, in their order.

    A heading that the questionnaire does not know becomes a field of the part `unknown`.
    """
    known = fields_of(questionnaire)
    return [
        known.get(heading, Field(heading, None, part=Part.UNKNOWN))
        for heading in responses.column_names
        if heading not in SYSTEM_HEADINGS
    ]


def contents(responses: pa.Table, questionnaire: Questionnaire) -> pa.ChunkedArray:
    """Serialize the answers of each response into one text; equal texts mean equal answers.

    Questions that were not shown are left out: adding a question does not change earlier responses. Questions are
    identified by the server's numbers instead of their codes: renaming a question changes no response either.
    """
    numbers = _numbers(questionnaire)
    parts = [
        pc.binary_join_element_wise(pa.scalar(number), _answers(responses, field), _WITHIN)
        for number, field in sorted(
            ((numbers.get(field.heading, field.heading), field) for field in answer_fields(responses, questionnaire)),
            key=itemgetter(0),
        )
    ]
    if not parts:
        return pa.chunked_array([pa.repeat("", responses.num_rows)])
    return pc.binary_join_element_wise(*parts, _BETWEEN, null_handling="replace", null_replacement="")


def are_begun(responses: pa.Table, questionnaire: Questionnaire) -> pa.ChunkedArray:
    """Return for each response whether a person began it: submitted it, sent a page, or gave an answer.

    A response that was only opened is not begun. One whose only answers name people is, though they are not kept.
    """
    letters = {question.code: question.letter for question in questionnaire.questions}
    answered = pc.or_(
        pc.is_valid(responses.column("submitdate")),
        pc.fill_null(pc.greater_equal(responses.column("lastpage"), 1), False),
    )
    for field in answer_fields(responses, questionnaire):
        is_given = field.part is not Part.FILE_COUNT and letters.get(field.question_code or "") not in _FILLED_BY_SERVER
        if is_given:
            answered = pc.or_(answered, pc.fill_null(pc.not_equal(_answers(responses, field), ""), False))
    return answered


def long_form(responses: pa.Table, questionnaire: Questionnaire) -> pa.Table:
    """Reshape a page to one row per response and field.

    A null value means that the question was not shown, or is a number or a date that was not answered; an empty text
    means that it was shown and not answered. Codes of answers are kept as they are.

    Args:
        responses: The table of a `ResponsePage`.
        questionnaire: The questionnaire of the survey.

    Returns:
        The columns of `LONG_FORM`, response by response. `subquestion_code` is the row and the column joined by `_` for
        arrays of numbers or texts, the rank for rankings, and `other` for the comment on another answer. `scale_id` is
        0 or 1 for dual-scale arrays, else null. A field that the questionnaire does not know has `is_known` false, no
        codes and the part `unknown`.
    """
    fields = answer_fields(responses, questionnaire)
    count, width = responses.num_rows, len(fields)
    if not count or not width:
        return LONG_FORM.empty_table()
    # Dictionary arrays hold each repeated text once.
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
        # Transposed from field by field to response by response.
        field_by_field.combine_chunks().take(pa.array(np.arange(count * width).reshape(width, count).T.ravel())),
    ]
    return pa.Table.from_arrays(columns, schema=LONG_FORM)


def _answers(responses: pa.Table, field: Field) -> pa.ChunkedArray:
    return pc.cast(responses.column(field.heading), pa.string())


def _numbers(questionnaire: Questionnaire) -> dict[str, str]:
    """Return a key for each heading made of the server's question numbers, which stay when a code is renamed."""
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
    """Return the columns of a page that describe the responses themselves, one row per response.

    Returns:
        The columns of `RESPONSES`. Dates are naive, in the server's time zone. `submitted` is null for an incomplete
        response, and for a complete one where the survey keeps no dates (the server then writes 1980-01-01).
        `started` and `last_saved` are null where the survey is not dated, `token` where it is anonymised or open to
        all.

    Raises:
        ValueError: A date has another format.
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
