"""Compare responses with the answers that the warehouse holds of them, where other questions were loaded then."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from tasks.limesurvey import answer_fields
from tasks.questionnaires.questionnaire import Questionnaire
from warehouse.surveys import KnownVersion, Reading

Answers = Mapping[str, str | None]
"""The answers of a response, by item."""


def _no_answers(_first: int, _last: int) -> Mapping[str, Answers]:
    return {}


def _no_original(_landing_path: str) -> Mapping[int, Answers]:
    return {}


@dataclass(frozen=True, slots=True)
class HeldAnswers:
    """The answers of a survey that the warehouse holds, or for quarantined versions the landed originals.

    Attributes:
        items: The items under which it holds answers, by reading: the versions of programme and questionnaire.
        asked: The codes of the questions, by version of the questionnaire.
        of: Returns the answers of the responses between two ids, by return version.
        original: Returns the answers of a landed page without those that name people, by response id; none if the
            page is no longer kept.
        programme_version: The version of the programme that pages are read with.
    """

    items: Mapping[Reading, frozenset[str]] = field(default_factory=dict[Reading, frozenset[str]])
    asked: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    of: Callable[[int, int], Mapping[str, Answers]] = _no_answers
    original: Callable[[str], Mapping[int, Answers]] = _no_original
    programme_version: str = ""

    def without(self, item: str) -> frozenset[Reading]:
        """Return the readings that loaded no answer to an item."""
        return frozenset(reading for reading, items in self.items.items() if item not in items)

    def unchanged(
        self,
        page: pa.Table,
        questionnaire: Questionnaire,
        hashes: Mapping[int, tuple[int, str]],
        known: Mapping[int, Sequence[KnownVersion]],
    ) -> frozenset[tuple[int, str]]:
        """Return the responses that say what a version says although other questions were loaded of it.

        Args:
            page: The table of the page, without identifying answers.
            questionnaire: The live questionnaire.
            hashes: The row in the page and the sha256 of the answers of each response, by response id.
            known: The versions of each response, by response id.

        Returns:
            Pairs of response id and return version.
        """
        fields = {field.heading: field.question_code or field.heading for field in answer_fields(page, questionnaire)}
        compared = [
            (response_id, version)
            for response_id, (_, content_sha256) in hashes.items()
            for version in known.get(response_id, ())
            if version.content_sha256 != content_sha256 and self._has_other_columns(version, fields.keys())
        ]
        if not compared:
            return frozenset()
        ids = [response_id for response_id, _ in compared]
        held = {**self.of(min(ids), max(ids)), **self._quarantined(compared)}
        columns = {heading: page.column(heading).cast(pa.string()).to_pylist() for heading in fields}
        return frozenset(
            (response_id, version.return_id)
            for response_id, version in compared
            if version.return_id in held
            and _are_equal(
                ((heading, fields[heading], texts[hashes[response_id][0]]) for heading, texts in columns.items()),
                held[version.return_id],
                self.asked.get(version.questionnaire_version, frozenset()),
            )
        )

    def _has_other_columns(self, version: KnownVersion, headings: Collection[str]) -> bool:
        """Return whether a version may have been read with other columns than those of a page."""
        if version.is_quarantined:
            return version.programme_version != self.programme_version
        return version.reading in self.items and self.items[version.reading] != headings

    def _quarantined(self, compared: Sequence[tuple[int, KnownVersion]]) -> dict[str, Answers]:
        """Return the answers of the quarantined versions among some, by return version, from their originals."""
        found: dict[str, Answers] = {}
        for response_id, version in compared:
            if version.is_quarantined and version.landing_path is not None:
                answers = self.original(version.landing_path).get(response_id)
                if answers is not None:
                    found[version.return_id] = answers
        return found


def _are_equal(now: Iterable[tuple[str, str, str | None]], before: Answers, asked: frozenset[str]) -> bool:
    """Return whether a response says what a version says, as far as both can be compared. Null is an empty text here.

    A question that was asked then and not loaded named people: its answer is unknown. One that was not asked
    then has the answer of a question that is no longer asked (its code was changed), or is answered since.

    Args:
        now: Heading, question code and answer of each column.
        before: The answers of the version, by item.
        asked: The codes of the questions of its questionnaire.
    """
    columns = [(heading, code, answer or None) for heading, code, answer in now]
    before = {item: answer or None for item, answer in before.items()}
    headings = {heading for heading, _, _ in columns}
    gone = Counter(answer for item, answer in before.items() if item not in headings)
    for heading, code, answer in columns:
        if heading in before:
            if before[heading] != answer:
                return False
        elif answer is not None and code not in asked:
            if not gone[answer]:
                return False
            gone[answer] -= 1
    return True
