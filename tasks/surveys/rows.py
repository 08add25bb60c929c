"""Make the rows of the warehouse from checked responses, in columns."""

# pyarrow.compute makes its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from schemas.enums import ReceiptOutcome, ReturnChannel, ReturnOutcome
from schemas.tables import Row
from tasks.limesurvey import long_form, tells_hidden
from tasks.questionnaires.questionnaire import Questionnaire
from tasks.records import Finding, Receipt
from tasks.surveys.answer_reader import AnswerReader
from tasks.surveys.fetching import SurveyToRead
from tasks.surveys.page_versions import PageVersions
from tasks.surveys.shown import missing_reasons

_WRITTEN_AT_ONCE = 1 << 20
"""Answers per piece: DuckDB writes a large piece once, and small pieces twice."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class NewResponses:
    """What is new in one page.

    Attributes:
        receipt: The receipt of the page.
        responses: The responses that have a new version, in the columns of the page.
        versions: Their versions, row by row, and the other responses of the page.
    """

    receipt: Receipt
    responses: pa.Table
    versions: PageVersions


def unused_receipts(page: NewResponses, survey_id: int) -> list[Receipt]:
    """Return a receipt for each response of a page that is not loaded: unassigned ones, and those set aside.

    Args:
        page: The page.
        survey_id: The survey.
    """
    left = "its structure had left, and the instrument sets aside later responses (respondents, after_leaving)."
    return [
        Receipt(
            source_id=page.receipt.source_id,
            origin=f"{_origin(survey_id)}{response.response_id}",
            sha256=response.content_sha256,
            byte_count=0,
            delivered_at=response.answered_at,
            landing_path=page.receipt.landing_path,
            outcome=outcome,
            detail=left if outcome is ReceiptOutcome.SET_ASIDE else response.remedy,
        )
        for unused, outcome in (
            (page.versions.unassigned, ReceiptOutcome.UNASSIGNED),
            (page.versions.set_aside, ReceiptOutcome.SET_ASIDE),
        )
        for response in unused
    ]


def new_receipts(
    pages: Sequence[NewResponses], unused: Sequence[Sequence[Receipt]], receipts_held: set[str]
) -> list[Receipt]:
    """Return the receipts that are not held yet: of the pages, and of their unused responses.

    Args:
        pages: The pages.
        unused: The receipts of the unused responses of each page.
        receipts_held: The ids of the receipts that are held; the new ones are added.
    """
    new: list[Receipt] = []
    for page, of_responses in zip(pages, unused, strict=True):
        # A page that holds nothing but responses for a later day is not acknowledged: that day's run reads it again.
        of_page = [page.receipt] if page.versions.new.num_rows or not page.versions.later else []
        of_both = [receipt for receipt in (*of_page, *of_responses) if receipt.receipt_id not in receipts_held]
        receipts_held.update(receipt.receipt_id for receipt in of_both)
        new += of_both
    return new


def return_rows(
    pages: Sequence[NewResponses],
    new: pa.Table,
    is_fine: Mask,
    survey: SurveyToRead,
    questionnaire_version: str,
    programme_version: str,
) -> pa.Table:
    """Return the columns of `raw.returns`, one row per new version.

    Args:
        pages: The pages.
        new: The new versions of all pages, in their order.
        is_fine: Which versions are loaded, row by row; the others are quarantined.
        survey: The survey.
        questionnaire_version: The version of its live questionnaire.
        programme_version: The version of the programme.
    """
    numbers = new.column("response_id").cast(pa.string())
    page_of = np.repeat(np.arange(len(pages), dtype=np.int32), [page.versions.new.num_rows for page in pages])
    receipts = pa.array([page.receipt.receipt_id for page in pages])
    outcomes = pa.array([ReturnOutcome.QUARANTINED.value, ReturnOutcome.LOADED.value])
    columns = {
        "return_id": new.column("return_id"),
        "expected_return_id": new.column("expected_return_id"),
        "source_id": _repeated(survey.source_id, new.num_rows),
        "receipt_id": pa.DictionaryArray.from_arrays(page_of, receipts),
        "origin": pc.binary_join_element_wise(_origin(survey.survey_id), numbers, ""),
        "respondent": numbers,
        "language": new.column("language"),
        "questionnaire_version": _repeated(questionnaire_version, new.num_rows),
        "programme_version": _repeated(programme_version, new.num_rows),
        "content_sha256": new.column("content_sha256"),
        "sequence": new.column("response_id"),
        "is_submitted": new.column("is_submitted"),
        "answered_at": new.column("answered_at"),
        "answered_on": new.column("answered_on"),
        "outcome": pa.DictionaryArray.from_arrays(is_fine.astype(np.int8), outcomes),
        "channel": _repeated(ReturnChannel.SURVEY.value, new.num_rows),
        "sent_by": pa.nulls(new.num_rows, pa.string()),
    }
    return pa.table(columns)


def answer_rows(
    pages: Sequence[NewResponses], is_fine: Mask, questionnaire: Questionnaire, reader: AnswerReader
) -> Iterator[pa.Table]:
    """Yield the columns of `raw.answers`, one row per version and field, without quarantined versions.

    Args:
        pages: The pages.
        is_fine: Which of their versions are loaded, row by row.
        questionnaire: The live questionnaire.
        reader: Reads the mapped answers.

    Yields:
        Pieces of about a million answers, each column in one chunk.
    """
    waiting: list[tuple[pa.ChunkedArray, pa.Table]] = []
    first = 0
    for page in pages:
        is_fine_here = pa.array(is_fine[first : first + page.versions.new.num_rows])
        first += page.versions.new.num_rows
        fine = page.responses.filter(is_fine_here)
        count = sum(responses.num_rows for _, responses in waiting)
        # The pages of a survey that was changed while it was read have different headings.
        is_alike = not waiting or waiting[0][1].column_names == fine.column_names
        if not is_alike or count * fine.num_columns >= _WRITTEN_AT_ONCE:
            yield _answers_of_all(waiting, questionnaire, reader)
            waiting = []
        waiting.append((page.versions.new.column("return_id").filter(is_fine_here), fine))
    yield _answers_of_all(waiting, questionnaire, reader)


def answers_of(
    return_ids: pa.Array, responses: pa.Table, questionnaire: Questionnaire, reader: AnswerReader
) -> pa.Table:
    """Return the columns of `raw.answers` for some responses, each column in one chunk.

    Args:
        return_ids: The version of each response, row by row.
        responses: The responses.
        questionnaire: Their questionnaire.
        reader: Reads the mapped answers.
    """
    long = long_form(reader.read(responses), questionnaire)
    width = long.num_rows // max(len(return_ids), 1)
    version_of = np.repeat(np.arange(len(return_ids), dtype=np.int32), width)
    reasons = missing_reasons(responses, questionnaire)
    texts = long.column("value_text")
    if not tells_hidden(responses):
        # The server writes an empty text for null. It stays one where the blank was surely shown.
        is_from_form = pc.and_(pc.is_valid(responses.column("submitdate")), pc.is_valid(responses.column("lastpage")))
        is_shown = pc.and_(pc.is_null(reasons), is_from_form.take(pa.array(version_of)))
        texts = pc.if_else(pc.or_(pc.not_equal(texts, ""), is_shown), texts, None)
    columns = {
        "return_id": pa.DictionaryArray.from_arrays(version_of, return_ids),
        "item": long.column("field"),
        "question_code": long.column("question_code"),
        "subquestion_code": long.column("subquestion_code"),
        "scale": long.column("scale_id").cast(pa.int64()),
        "part": long.column("part"),
        "value_text": texts,
        "location": pa.nulls(long.num_rows, pa.string()),
        "missing_reason": reasons,
    }
    return pa.table(columns)


def finding_rows(findings: Mapping[int, Sequence[Finding]], return_ids: pa.ChunkedArray) -> list[Row]:
    """Return the rows of `raw.findings`, given the findings by row, and the version of each row."""
    return [
        {"return_id": return_ids[row].as_py(), **finding.row} for row in sorted(findings) for finding in findings[row]
    ]


def _answers_of_all(
    versions: Sequence[tuple[pa.ChunkedArray, pa.Table]], questionnaire: Questionnaire, reader: AnswerReader
) -> pa.Table:
    chunks = [chunk for return_ids, _ in versions for chunk in return_ids.chunks]
    return_ids = pa.concat_arrays(chunks) if chunks else pa.array([], pa.string())
    return answers_of(return_ids, pa.concat_tables([responses for _, responses in versions]), questionnaire, reader)


def _origin(survey_id: int) -> str:
    """Return the origin of a response, without its id."""
    return f"survey {survey_id}, response "


def _repeated(value: str, count: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(np.zeros(count, np.int8), pa.array([value]))
