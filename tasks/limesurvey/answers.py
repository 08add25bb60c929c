"""From exported responses to the long form: one row a response and field, so that no questionnaire changes a table."""

# pyarrow.compute makes its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

from __future__ import annotations

from typing import cast

import pyarrow as pa
import pyarrow.compute as pc

from tasks.headings import Field, Part, fields_of_question
from tasks.limesurvey.model import Questionnaire

SYSTEM_HEADINGS = frozenset(
    {"id", "submitdate", "lastpage", "startlanguage", "seed", "token", "startdate", "datestamp", "ipaddr", "refurl"}
)
"""What an export tells about a response itself. Addresses (`ipaddr`, `refurl`) go no further."""

LONG_FORM = pa.schema(
    [
        pa.field("response_id", pa.int64(), nullable=False),
        pa.field("field", pa.string(), nullable=False),
        pa.field("question_code", pa.string()),
        pa.field("subquestion_code", pa.string()),
        pa.field("scale_id", pa.int8()),
        pa.field("part", pa.string(), nullable=False),
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


def fields_of(questionnaire: Questionnaire) -> dict[str, Field]:
    """All headings under which the questionnaire's answers are exported (by code), in its order."""
    return {field.heading: field for question in questionnaire.questions for field in fields_of_question(question)}


def long_form(responses: pa.Table, questionnaire: Questionnaire) -> pa.Table:
    """The answers of a page in the long form, field by field.

    `responses` is the table of a `ResponsePage`. One row for each response and field, nulls included: null was never
    shown (or is a number or a date that was not answered), an empty text was shown and not answered. Codes stay codes.
    Fields that the questionnaire does not know come with `is_known` false, without codes and with the part `unknown`.

    The columns are those of `LONG_FORM`. `subquestion_code` is the row and the column joined by `_` for arrays of
    numbers or texts, the rank for rankings, `other` for the comment on another answer; `scale_id` is 0 or 1, for
    dual-scale arrays only.
    """
    headings = [name for name in responses.column_names if name not in SYSTEM_HEADINGS]
    count = responses.num_rows
    if not count or not headings:
        return LONG_FORM.empty_table()
    known = fields_of(questionnaire)
    fields = [known.get(heading, Field(heading, None, part=Part.UNKNOWN)) for heading in headings]

    def repeated(values: list[object], kind: pa.DataType) -> pa.ChunkedArray:
        return pa.chunked_array([pa.repeat(pa.scalar(value, kind), count) for value in values], kind)

    ids = responses.column("id").combine_chunks()
    columns = [
        pa.chunked_array([ids] * len(fields), pa.int64()),
        repeated([field.heading for field in fields], pa.string()),
        repeated([field.question_code for field in fields], pa.string()),
        repeated([field.subquestion_code for field in fields], pa.string()),
        repeated([field.scale_id for field in fields], pa.int8()),
        repeated([field.part.value for field in fields], pa.string()),
        repeated([field.part is not Part.UNKNOWN for field in fields], pa.bool_()),
        pa.chunked_array(
            [pc.cast(responses.column(heading), pa.string()).combine_chunks() for heading in headings], pa.string()
        ),
    ]
    return pa.Table.from_arrays(columns, schema=LONG_FORM)


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
    return pc.strptime(texts, format="%Y-%m-%d %H:%M:%S", unit="s")
