"""The pages of a survey as rows of the warehouse: what is new in them, checked, in columns from the page on."""

# pyarrow.compute makes its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

from collections import defaultdict
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from schemas.enums import ReceiptOutcome, ReturnOutcome, Severity
from schemas.programme import Instrument
from schemas.tables import ANSWERS, FINDINGS, RECEIPTS, RETURNS, Table
from tasks.limesurvey import long_form, responses_of
from tasks.questionnaires.questionnaire import Questionnaire
from tasks.records import Finding, Receipt, in_words
from tasks.run import RunContext
from tasks.surveys.asking import LiveQuestionnaire
from tasks.surveys.assigning import Assigner
from tasks.surveys.fetching import Fetched, without_identifiers
from tasks.surveys.server import server_zone
from tasks.surveys.versions import PageVersions, Reader
from tasks.validation.validate import check_items
from warehouse.arrow_rows import Rows
from warehouse.connection import Warehouse
from warehouse.loads import known_ids
from warehouse.surveys import LoadedResponse, items_loaded, known_versions

_CHECKED_AT_ONCE = 32 << 20
"""Bytes of answers that are in memory meanwhile: a validation costs half a second, however little it validates."""

_WRITTEN_AT_ONCE = 1 << 20
"""Answers: what DuckDB gets in one piece it writes once, and what it gets in small pieces twice."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class LoadContext:
    """Where a survey is loaded.

    Attributes:
        run: The run; what the checks count is added to its `validated`.
        warehouse: The open warehouse, which is written to.
        beside: The warehouse once more, to read from meanwhile.
    """

    run: RunContext
    warehouse: Warehouse
    beside: Warehouse


@dataclass(frozen=True, slots=True)
class Batch:
    """What some pages add to the warehouse, and what a person should know of it."""

    rows: Mapping[Table, Rows]
    count: int
    quarantined: list[str]
    notes: list[str]


@dataclass(frozen=True, slots=True)
class _Page:
    """A page, its responses that say something new, and their versions in the same order."""

    receipt: Receipt
    responses: pa.Table
    found: PageVersions


class Pages:
    """Reads the pages of one survey, one after the other. `assigned` are the responses that are somebody's."""

    def __init__(
        self,
        fetched: Fetched,
        asked: LiveQuestionnaire,
        context: LoadContext,
        before: Mapping[tuple[int, str], LoadedResponse],
    ) -> None:
        self._fetched = fetched
        self._survey = fetched.survey
        self._broken = asked.broken_items
        self._context = context
        self._instrument: Instrument = context.run.programme.instrument_by_code[fetched.survey.instrument_code]
        self._reader = Reader(
            programme=context.run.programme,
            instrument=self._instrument,
            instrument_version=fetched.survey.instrument_version,
            assigner=Assigner(self._instrument, fetched.survey.expected, fetched.participants or {}),
            questionnaire=asked.questionnaire,
            zone=context.run.programme.zone,
            server_zone=server_zone(context.run.programme),
            known_at=context.run.stamp.known_at,
            as_of=context.run.as_of,
            held=items_loaded(context.warehouse, fetched.survey.source_id),
        )
        self._receipts = set(known_ids(context.warehouse, RECEIPTS))
        self._complete: dict[str, set[int]] = defaultdict(set)
        self._complete_for: dict[int, list[str]] = defaultdict(list)
        present = fetched.present_ids
        for (response_id, expected_return_id), response in before.items():
            is_there = fetched.present is None or response_id in present
            if response.counts and response.is_submitted and is_there:
                self._complete[expected_return_id].add(response_id)
                self._complete_for[response_id].append(expected_return_id)
        self.assigned: dict[int, str] = {}
        self.later = 0

    def batches(self) -> Generator[Batch]:
        """All pages, some at a time: those are checked together, and are loaded together."""
        pages: list[_Page] = []
        for number, receipt in enumerate(self._fetched.receipts):
            pages.append(self._read(number, receipt))
            if sum(page.responses.nbytes for page in pages) >= _CHECKED_AT_ONCE:
                yield self._batch(pages)
                pages = []
        if pages:
            yield self._batch(pages)

    def _read(self, number: int, receipt: Receipt) -> _Page:
        if self._fetched.spool is not None:
            page = self._fetched.spool.page(number)
        else:
            original = responses_of(self._context.run.landing.original(receipt.landing_path))
            page = without_identifiers(original, self._instrument, self._reader.questionnaire)
        ids = pc.min_max(page.column("id")).as_py()
        known = known_versions(self._context.beside, self._survey.source_id, ids["min"], ids["max"])
        found = self._reader.versions(page, known)
        self.assigned |= found.assigned
        self._leave_to_others(found.assigned)
        self.later += found.later
        is_new_whole = found.new.num_rows == page.num_rows
        return _Page(receipt, page if is_new_whole else page.take(found.new.column("place")), found)

    def _leave_to_others(self, assigned: Mapping[int, str]) -> None:
        """A response that is another structure's now is no second one of the structure that it was loaded for."""
        for response_id in assigned.keys() & self._complete_for.keys():
            for expected_return_id in self._complete_for[response_id]:
                if expected_return_id != assigned[response_id]:
                    self._complete[expected_return_id].discard(response_id)

    def _batch(self, pages: Sequence[_Page]) -> Batch:
        new = pa.concat_tables([page.found.new for page in pages])
        findings = self._findings(new, pa.concat_tables([page.responses for page in pages], promote_options="default"))
        is_fine = np.ones(new.num_rows, np.bool_)
        is_fine[[row for row, some in findings.items() if _is_quarantined(some)]] = False
        return_ids = new.column("return_id")
        return Batch(
            rows={
                RECEIPTS: [one.row for page in pages for one in self._new_receipts(page)],
                RETURNS: self._returns(pages, new, is_fine),
                ANSWERS: self._answers(pages, is_fine),
                FINDINGS: [
                    {"return_id": return_ids[row].as_py(), **asdict(one), "severity": one.severity.value}
                    for row in sorted(findings)
                    for one in findings[row]
                ],
            },
            count=new.num_rows,
            quarantined=[
                in_words(f"survey {self._survey.survey_id}", one)
                for row in sorted(findings)
                if not is_fine[row]
                for one in findings[row]
            ],
            notes=[f"{one.origin}: {one.detail}" for page in pages for one in self._unused(page)],
        )

    def _new_receipts(self, page: _Page) -> list[Receipt]:
        # Nothing is acknowledged of a page that gave nothing but what is left for a later day.
        whole = [page.receipt] if page.found.new.num_rows or not page.found.later else []
        new = [one for one in (*whole, *self._unused(page)) if one.receipt_id not in self._receipts]
        self._receipts.update(one.receipt_id for one in new)
        return new

    def _unused(self, page: _Page) -> Iterator[Receipt]:
        """The proof of responses that are of nobody whom the survey expects, or of structures that had left."""
        gone = "its structure had left, and the instrument sets aside what comes after (respondents, after_leaving)."
        for unused, outcome, detail in (
            (page.found.unassigned, ReceiptOutcome.UNASSIGNED, self._reader.assigner.remedy),
            (page.found.set_aside, ReceiptOutcome.SET_ASIDE, gone),
        ):
            for response in unused:
                yield Receipt(
                    source_id=page.receipt.source_id,
                    origin=f"{self._origin}{response.response_id}",
                    sha256=response.content_sha256,
                    byte_count=0,
                    delivered_at=response.said_at,
                    landing_path=page.receipt.landing_path,
                    outcome=outcome,
                    detail=detail,
                )

    @property
    def _origin(self) -> str:
        return f"survey {self._survey.survey_id}, response "

    def _findings(self, new: pa.Table, responses: pa.Table) -> dict[int, list[Finding]]:
        """What was found, by the rows of `new`, which are those of `responses`."""
        findings: dict[int, list[Finding]] = defaultdict(list)
        numbers = new.column("response_id")

        def locate(row: int, item: str) -> str:
            return f"response {numbers[row]}, {item}"

        checked = check_items(
            responses,
            new.num_rows,
            locate,
            self._context.run.programme,
            self._survey.instrument_code,
            self._survey.instrument_version,
            self._context.run.language,
            validated=self._context.run.validated,
        )
        for row, finding in checked:
            # Of a question that is not asked as before only that is said.
            if finding.item not in self._broken:
                findings[row].append(finding)
        if self._broken:
            # Nothing is guessed of a question that is not asked as it was when the crosswalk was written.
            _ = self._context.run.language.gettext
            found = _("a question that is asked otherwise than before, or no longer")
            expected = _("the questionnaire that the crosswalk was written for")
            for row in range(new.num_rows):
                findings[row] += [
                    Finding(item, locate(row, item), "IsAskedAsBefore", Severity.ERROR, found, expected)
                    for item in self._broken
                ]
        for row, finding in self._of_respondents(new):
            findings[row].append(finding)
        return findings

    def _of_respondents(self, new: pa.Table) -> Iterator[tuple[int, Finding]]:
        """What is kept beside a response that counts, or might not: its structure had left, or had answered already."""
        _ = self._context.run.language.gettext
        is_told = pc.is_valid(new.column("left_on"))
        if not self._instrument.respondents.several:
            is_told = pc.or_(is_told, new.column("is_submitted"))
        rows = np.flatnonzero(is_told.to_numpy())
        for row, version in zip(rows.tolist(), new.take(pa.array(rows)).to_pylist(), strict=True):
            where = f"response {version['response_id']}"
            if version["left_on"] is not None:
                found = _("an answer of {day}").format(day=version["answered_on"])
                expected = _("none after {day}, when the structure left").format(day=version["left_on"])
                yield row, Finding("", where, "BeforeLeaving", Severity.WARNING, found, expected)
            if not version["is_submitted"] or self._instrument.respondents.several:
                continue
            complete = self._complete[version["expected_return_id"]]
            others = ", ".join(map(str, sorted(complete - {version["response_id"]})))
            if others:
                found = _("another response of the structure: {others}").format(others=others)
                expected = _("one response of the structure")
                yield row, Finding("", where, "OneResponse", Severity.WARNING, found, expected)
            complete.add(version["response_id"])

    def _returns(self, pages: Sequence[_Page], new: pa.Table, is_fine: Mask) -> pa.Table:
        """The versions as columns of `raw.returns`."""
        numbers = new.column("response_id").cast(pa.string())
        page_of = np.repeat(np.arange(len(pages), dtype=np.int32), [page.found.new.num_rows for page in pages])
        receipts = pa.array([page.receipt.receipt_id for page in pages])
        outcomes = pa.array([ReturnOutcome.QUARANTINED.value, ReturnOutcome.LOADED.value])
        columns = {
            "return_id": new.column("return_id"),
            "expected_return_id": new.column("expected_return_id"),
            "source_id": _repeated(self._survey.source_id, new.num_rows),
            "receipt_id": pa.DictionaryArray.from_arrays(page_of, receipts),
            "origin": pc.binary_join_element_wise(self._origin, numbers, ""),
            "respondent": numbers,
            "language": new.column("language"),
            "questionnaire_version": _repeated(self._reader.questionnaire.version, new.num_rows),
            "programme_version": _repeated(self._context.run.programme.version, new.num_rows),
            "content_sha256": new.column("content_sha256"),
            "sequence": new.column("response_id"),
            "is_submitted": new.column("is_submitted"),
            "answered_at": new.column("answered_at"),
            "answered_on": new.column("answered_on"),
            "outcome": pa.DictionaryArray.from_arrays(is_fine.astype(np.int8), outcomes),
        }
        return pa.table(columns)

    def _answers(self, pages: Sequence[_Page], is_fine: Mask) -> Iterator[pa.Table]:
        """The answers as columns of `raw.answers`: a row a version and field, but for quarantined versions."""
        waiting: list[tuple[pa.ChunkedArray, pa.Table]] = []
        first = 0
        for page in pages:
            mine = pa.array(is_fine[first : first + page.found.new.num_rows])
            first += page.found.new.num_rows
            fine = page.responses.filter(mine)
            count = sum(responses.num_rows for _, responses in waiting)
            # A survey that was changed while it was read has pages with other headings.
            is_like = not waiting or waiting[0][1].column_names == fine.column_names
            if not is_like or count * fine.num_columns >= _WRITTEN_AT_ONCE:
                yield self._told(waiting)
                waiting = []
            waiting.append((page.found.new.column("return_id").filter(mine), fine))
        yield self._told(waiting)

    def _told(self, versions: Sequence[tuple[pa.ChunkedArray, pa.Table]]) -> pa.Table:
        chunks = [chunk for return_ids, _ in versions for chunk in return_ids.chunks]
        return_ids = pa.concat_arrays(chunks) if chunks else pa.array([], pa.string())
        responses = pa.concat_tables([responses for _, responses in versions])
        return answers_of(return_ids, responses, self._reader.questionnaire)


def answers_of(return_ids: pa.Array, responses: pa.Table, questionnaire: Questionnaire) -> pa.Table:
    """The answers of some responses as columns of `raw.answers`, given the versions that they are, in their order.

    All columns are in one piece each.
    """
    long = long_form(responses, questionnaire)
    width = long.num_rows // max(len(return_ids), 1)
    each = np.repeat(np.arange(len(return_ids), dtype=np.int32), width)
    columns = {
        "return_id": pa.DictionaryArray.from_arrays(each, return_ids),
        "item": long.column("field"),
        "question_code": long.column("question_code"),
        "subquestion_code": long.column("subquestion_code"),
        "scale": long.column("scale_id").cast(pa.int64()),
        "part": long.column("part"),
        "value_text": long.column("value_text"),
        "location": pa.nulls(long.num_rows, pa.string()),
    }
    return pa.table(columns)


def _repeated(value: str, count: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(np.zeros(count, np.int8), pa.array([value]))


def _is_quarantined(findings: Sequence[Finding]) -> bool:
    return any(finding.severity is Severity.ERROR for finding in findings)
