"""Loads what was fetched of a survey, page by page: read from its original, checked, loaded whole or not at all."""

import itertools
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from gettext import NullTranslations

import numpy as np
import pyarrow as pa

from schemas.programme import Instrument, Programme
from schemas.states import CheckOutcome, ReceiptOutcome, ReturnOutcome, Severity, WithdrawalReason
from schemas.tables import ANSWERS, FINDINGS, RECEIPTS, RETURNS, WATERMARKS, WITHDRAWALS, Row, Table
from tasks.landing import Landing
from tasks.limesurvey import long_form, responses_of
from tasks.quality import Locate, check_items
from tasks.readings import Finding, Loaded, Receipt, in_words, left_for_later
from tasks.surveys.asking import AskedNow, asked_now
from tasks.surveys.assigning import Assigner
from tasks.surveys.fetching import Fetched
from tasks.surveys.server import server_zone
from tasks.surveys.versions import PageVersions, Reader, Version
from warehouse.connection import Warehouse
from warehouse.loads import known_ids, load_source_check, load_together
from warehouse.runs import Stamp
from warehouse.surveys import LoadedResponse, items_loaded, known_versions, loaded_responses

_CHECKED_AT_ONCE = 10
"""Pages: a validation costs a second, however little it validates; their answers are held in memory meanwhile."""

_SHOWN = 100
"""How many sentences of one kind a survey gives a person. The warehouse has them all."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a survey is loaded: the open warehouse, the originals, the programme, the run's today and its stamp."""

    warehouse: Warehouse
    landing: Landing
    programme: Programme
    language: NullTranslations
    stamp: Stamp
    as_of: date


def load_survey(fetched: Fetched, desk: Desk) -> Loaded:
    """Load what a survey says that is new, what of it was withdrawn, and how it was found."""
    source_id = fetched.survey.source_id
    loaded = Loaded(source_id)
    before = loaded_responses(desk.warehouse, source_id, desk.stamp)
    asked = asked_now(fetched.survey, fetched.questionnaire, desk.programme) if fetched.questionnaire else None
    outcome, loaded.trouble = _outcome(fetched, asked, desk, before)
    if asked is not None:
        load_together(desk.warehouse, asked.rows_to_load(desk.warehouse, desk.programme), desk.stamp)
        loaded.notes += asked.notes
    rows: dict[Table, Sequence[Row]] = {}
    if outcome is CheckOutcome.READ and asked is not None:
        rows = _load_pages(fetched, asked, desk, before, loaded)
    load_together(desk.warehouse, rows, desk.stamp)
    check = {"source_id": source_id, "outcome": outcome.value, "detail": loaded.trouble}
    load_source_check(desk.warehouse, check, desk.stamp)
    return loaded


def _load_pages(
    fetched: Fetched,
    asked: AskedNow,
    desk: Desk,
    before: Mapping[tuple[int, str], LoadedResponse],
    loaded: Loaded,
) -> dict[Table, Sequence[Row]]:
    """Load page after page, and tell in `loaded` what became of them. The rows that say how the survey is now."""
    source_id = fetched.survey.source_id
    pages = _Pages(fetched, asked, desk, before)
    for first in range(0, len(fetched.receipts), _CHECKED_AT_ONCE):
        for page in pages.read(fetched.receipts[first : first + _CHECKED_AT_ONCE]):
            load_together(desk.warehouse, page.rows, desk.stamp)
            loaded.count += page.count
            loaded.quarantined += page.quarantined[: _SHOWN - len(loaded.quarantined)]
            loaded.notes += page.notes[: _SHOWN - len(loaded.notes)]
    if pages.later:
        loaded.notes.append(left_for_later(source_id, pages.later, desk.as_of))
    if fetched.present is None:
        return {}
    withdrawals = list(_withdrawals(source_id, before, _present(fetched), pages.assigned))
    rows: dict[Table, Sequence[Row]] = {WITHDRAWALS: withdrawals}
    # What was left for a later day is looked for again: the survey was not read to its end.
    if fetched.watermark is not None and fetched.watermark != fetched.survey.seen and not pages.later:
        rows[WATERMARKS] = [{"source_id": source_id, **fetched.watermark.row}]
    return rows


def _outcome(
    fetched: Fetched, asked: AskedNow | None, desk: Desk, before: Mapping[tuple[int, str], LoadedResponse]
) -> tuple[CheckOutcome, str | None]:
    """What a person is told of the survey: as it was fetched, unless what was fetched must not be loaded."""
    if fetched.outcome is not CheckOutcome.READ:
        return fetched.outcome, fetched.detail
    instrument = desk.programme.instrument_by_code[fetched.survey.instrument_code]
    if unasked := asked.unasked_identifiers(instrument.identifiers) if asked else []:
        return CheckOutcome.UNINTELLIGIBLE, (
            f"Survey {fetched.survey.survey_id} does not ask {', '.join(unasked)}, whose answers name people. "
            "Expected the questions under identifiers in programme.yaml. Correct it there, so that no name is loaded: "
            "essaim drift shows what is asked now, essaim drift --accept takes note of it."
        )
    if unasked := asked.unasked_names(instrument.join) if asked else []:
        return CheckOutcome.UNINTELLIGIBLE, (
            f"Survey {fetched.survey.survey_id} does not ask {', '.join(unasked)}, which names the structure. "
            "Expected the questions under join in programme.yaml. Correct it there; essaim drift shows what is asked "
            "now."
        )
    if _is_emptied(fetched, desk, before):
        return CheckOutcome.EMPTIED, (
            f"Survey {fetched.survey.survey_id}: none of the responses that were collected before is there any more. "
            "Expected them, and what came since: the survey was emptied, or deactivated and activated anew. "
            "What was collected stays. Restore the responses from the server's archive under their old numbers, "
            "or say in programme.yaml on which day the survey was emptied on purpose (emptied_on)."
        )
    return CheckOutcome.READ, None


def _is_emptied(fetched: Fetched, desk: Desk, before: Mapping[tuple[int, str], LoadedResponse]) -> bool:
    """Whether every response that was there has gone, and nobody has declared that this was meant."""
    known = {response_id: response.answered_on for (response_id, _), response in before.items() if response.counts}
    if fetched.present is None or not known or not known.keys().isdisjoint(fetched.present.to_pylist()):
        return False
    instrument = desk.programme.instrument_by_code[fetched.survey.instrument_code]
    version = next(v for v in instrument.versions if v.version == fetched.survey.instrument_version)
    # What was answered after that day did not go that day.
    return version.emptied_on is None or not max(known.values()) <= version.emptied_on <= desk.as_of


def _withdrawals(
    source_id: str,
    before: Mapping[tuple[int, str], LoadedResponse],
    present: frozenset[int],
    assigned: Mapping[int, str],
) -> Iterator[Row]:
    """The responses that no longer count for what they were loaded for, and those that do again."""
    for (response_id, expected_return_id), response in before.items():
        reason: WithdrawalReason | None = None
        if response.counts and response_id not in present:
            reason = WithdrawalReason.VANISHED
        elif response.counts and assigned.get(response_id, expected_return_id) != expected_return_id:
            reason = WithdrawalReason.REASSIGNED
        elif not response.counts and response_id in present and assigned.get(response_id) == expected_return_id:
            reason = WithdrawalReason.RESTORED
        if reason is not None:
            yield {
                "expected_return_id": expected_return_id,
                "respondent": str(response_id),
                "source_id": source_id,
                "is_withdrawn": reason is not WithdrawalReason.RESTORED,
                "reason": reason.value,
            }


def _present(fetched: Fetched) -> frozenset[int]:
    return frozenset(() if fetched.present is None else fetched.present.to_pylist())


@dataclass(frozen=True, slots=True)
class _Page:
    """What one page adds to the warehouse, and what a person should know of it."""

    rows: Mapping[Table, Sequence[Row] | pa.Table]
    count: int
    quarantined: list[str]
    notes: list[str]


class _Pages:
    """Reads the pages of one survey, one after the other. `assigned` are the responses that are somebody's."""

    def __init__(
        self,
        fetched: Fetched,
        asked: AskedNow,
        desk: Desk,
        before: Mapping[tuple[int, str], LoadedResponse],
    ) -> None:
        self._survey = fetched.survey
        self._broken = asked.broken_items
        self._desk = desk
        self._instrument: Instrument = desk.programme.instrument_by_code[fetched.survey.instrument_code]
        self._reader = Reader(
            programme=desk.programme,
            instrument=self._instrument,
            instrument_version=fetched.survey.instrument_version,
            assigner=Assigner(self._instrument, fetched.survey.expected, fetched.participants or {}),
            questionnaire=asked.questionnaire,
            zone=desk.programme.zone,
            server_zone=server_zone(desk.programme),
            known_at=desk.stamp.known_at,
            as_of=desk.as_of,
            held=items_loaded(desk.warehouse, fetched.survey.source_id),
        )
        self._receipts = set(known_ids(desk.warehouse, RECEIPTS))
        self._complete: dict[str, set[int]] = defaultdict(set)
        gone = {number for number, _ in before} - _present(fetched) if fetched.present is not None else set[int]()
        for (response_id, expected_return_id), response in before.items():
            if response.counts and response.is_submitted and response_id not in gone:
                self._complete[expected_return_id].add(response_id)
        self.assigned: dict[int, str] = {}
        self.later = 0

    def read(self, receipts: Sequence[Receipt]) -> list[_Page]:
        """Some pages, checked together."""
        taken = [self._new_of(receipt) for receipt in receipts]
        new = [version for _, found in taken for version in found.new]
        findings = self._findings(
            new, pa.concat_tables([responses for responses, _ in taken], promote_options="default")
        )
        return [
            self._page(receipt, responses, found, findings)
            for receipt, (responses, found) in zip(receipts, taken, strict=True)
        ]

    def _new_of(self, receipt: Receipt) -> tuple[pa.Table, PageVersions]:
        """The responses of a page that say something new, and their versions in the same order."""
        page = self._reader.without_identifiers(responses_of(self._desk.landing.original(receipt.landing_path)))
        ids = page.column("id").to_pylist()
        place = (self._desk.warehouse, self._survey.source_id, min(ids), max(ids))
        found = self._reader.versions(page, known_versions(*place))
        self.assigned |= found.assigned
        self._leave_to_others(found.assigned)
        self.later += found.later
        return page.take(pa.array([version.place for version in found.new], pa.int64())), found

    def _page(
        self, receipt: Receipt, responses: pa.Table, found: PageVersions, findings: Mapping[str, Sequence[Finding]]
    ) -> _Page:
        mine = {version.return_id: findings[version.return_id] for version in found.new}
        is_fine = [not _is_quarantined(findings[version.return_id]) for version in found.new]
        fine = list(itertools.compress(found.new, is_fine))
        return _Page(
            rows={
                RECEIPTS: [one.row for one in self._new_receipts(receipt, found)],
                RETURNS: self._returns(found.new, findings, receipt),
                ANSWERS: self._answers(fine, responses.filter(pa.array(is_fine, pa.bool_()))),
                FINDINGS: [
                    {"return_id": return_id, **asdict(one), "severity": one.severity.value}
                    for return_id, some in mine.items()
                    for one in some
                ],
            },
            count=len(found.new),
            quarantined=[
                in_words(f"survey {self._survey.survey_id}", finding)
                for version in found.new
                if _is_quarantined(findings[version.return_id])
                for finding in findings[version.return_id]
            ],
            notes=[f"{one.origin}: {one.detail}" for one in self._unused(receipt, found)],
        )

    def _leave_to_others(self, assigned: Mapping[int, str]) -> None:
        """A response that is another structure's now is no second one of the structure that it was loaded for."""
        for expected_return_id, responses in self._complete.items():
            responses.difference_update(
                [r for r in responses if assigned.get(r, expected_return_id) != expected_return_id]
            )

    def _origin(self, response_id: int) -> str:
        return f"survey {self._survey.survey_id}, response {response_id}"

    def _new_receipts(self, receipt: Receipt, found: PageVersions) -> list[Receipt]:
        # Nothing is acknowledged of a page that gave nothing but what is left for a later day.
        page = [receipt] if found.new or not found.later else []
        new = [one for one in (*page, *self._unused(receipt, found)) if one.receipt_id not in self._receipts]
        self._receipts.update(one.receipt_id for one in new)
        return new

    def _unused(self, receipt: Receipt, found: PageVersions) -> Iterator[Receipt]:
        """The proof of responses that are of nobody whom the survey expects, or of structures that had left."""
        gone = "its structure had left, and the instrument sets aside what comes after (respondents, after_leaving)."
        for unused, outcome, detail in (
            (found.unassigned, ReceiptOutcome.UNASSIGNED, self._reader.assigner.remedy),
            (found.set_aside, ReceiptOutcome.SET_ASIDE, gone),
        ):
            for response in unused:
                yield Receipt(
                    source_id=receipt.source_id,
                    origin=self._origin(response.response_id),
                    sha256=response.content_sha256,
                    byte_count=0,
                    delivered_at=response.said_at,
                    landing_path=receipt.landing_path,
                    outcome=outcome,
                    detail=detail,
                )

    def _findings(self, new: Sequence[Version], responses: pa.Table) -> dict[str, list[Finding]]:
        findings: dict[str, list[Finding]] = {version.return_id: [] for version in new}

        def locate(row: int, item: str) -> str:
            return f"response {new[row].response_id}, {item}"

        checked = check_items(
            responses,
            len(new),
            locate,
            self._desk.programme,
            self._survey.instrument_code,
            self._survey.instrument_version,
            self._desk.language,
        )
        for row, finding in checked:
            # Of a question that is not asked as before only that is said.
            if finding.item not in self._broken:
                findings[new[row].return_id].append(finding)
        for row, version in enumerate(new):
            findings[version.return_id] += self._of_questionnaire(row, locate)
            findings[version.return_id] += self._of_respondent(version)
        return findings

    def _of_questionnaire(self, row: int, locate: Locate) -> Iterator[Finding]:
        """Nothing is guessed of a question that is not asked as it was when the crosswalk was written."""
        _ = self._desk.language.gettext
        for item in self._broken:
            found = _("a question that is asked otherwise than before, or no longer")
            expected = _("the questionnaire that the crosswalk was written for")
            yield Finding(item, locate(row, item), "IsAskedAsBefore", Severity.ERROR, found, expected)

    def _of_respondent(self, version: Version) -> Iterator[Finding]:
        """What is kept beside a response that counts, or might not: its structure had left, or had answered already."""
        _ = self._desk.language.gettext
        where = f"response {version.response_id}"
        if version.left_on is not None:
            found = _("an answer of {day}").format(day=version.answered_on)
            expected = _("none after {day}, when the structure left").format(day=version.left_on)
            yield Finding("", where, "BeforeLeaving", Severity.WARNING, found, expected)
        if not version.is_submitted or self._instrument.respondents.several:
            return
        others = self._complete[version.expected_return_id] - {version.response_id}
        if others:
            found = _("another response of the structure: {others}").format(others=", ".join(map(str, sorted(others))))
            yield Finding("", where, "OneResponse", Severity.WARNING, found, _("one response of the structure"))
        self._complete[version.expected_return_id].add(version.response_id)

    def _returns(
        self, new: Sequence[Version], findings: Mapping[str, Sequence[Finding]], receipt: Receipt
    ) -> list[Row]:
        return [
            {
                "return_id": version.return_id,
                "expected_return_id": version.expected_return_id,
                "source_id": receipt.source_id,
                "receipt_id": receipt.receipt_id,
                "origin": self._origin(version.response_id),
                "respondent": str(version.response_id),
                "language": version.language,
                "questionnaire_version": self._reader.questionnaire.version,
                "programme_version": self._desk.programme.version,
                "content_sha256": version.content_sha256,
                "sequence": version.response_id,
                "is_submitted": version.is_submitted,
                "answered_at": version.answered_at,
                "answered_on": version.answered_on,
                "outcome": (
                    ReturnOutcome.QUARANTINED if _is_quarantined(findings[version.return_id]) else ReturnOutcome.LOADED
                ).value,
            }
            for version in new
        ]

    def _answers(self, versions: Sequence[Version], responses: pa.Table) -> pa.Table:
        """The answers as columns of `raw.answers`: a row a version and field, in columns from the page on."""
        long = long_form(responses, self._reader.questionnaire)
        width = long.num_rows // max(len(versions), 1)
        each = pa.array(np.repeat(np.arange(len(versions), dtype=np.int32), width))
        return pa.table(
            {
                "return_id": pa.DictionaryArray.from_arrays(
                    each, pa.array([v.return_id for v in versions], pa.string())
                ),
                "item": long.column("field"),
                "question_code": long.column("question_code"),
                "subquestion_code": long.column("subquestion_code"),
                "scale": long.column("scale_id").cast(pa.int64()),
                "part": long.column("part"),
                "value_text": long.column("value_text"),
                "location": pa.nulls(long.num_rows, pa.string()),
            }
        )


def _is_quarantined(findings: Sequence[Finding]) -> bool:
    return any(finding.severity is Severity.ERROR for finding in findings)
