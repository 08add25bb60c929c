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


def _as_given(page: pa.Table) -> pa.Table:
    return page


@dataclass(frozen=True, slots=True)
class HeldAnswers:
    """The answers of a survey that the warehouse holds, or for quarantined versions the landed originals.

    Attributes:
        items: The items under which it holds answers, by reading: the versions of programme and questionnaire.
        mapped: The items that the crosswalk mapped, by version of the programme.
        asked: The codes of the questions, by version of the questionnaire.
        of: Returns the answers of the responses between two ids, by return version.
        original: Returns the answers of a landed page without those that name people, by response id; none if the
            page is no longer kept.
        programme_version: The version of the programme that pages are read with.
        read: Reads the mapped answers of a page, as they are loaded.
    """

    items: Mapping[Reading, frozenset[str]] = field(default_factory=dict[Reading, frozenset[str]])
    mapped: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    asked: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    of: Callable[[int, int], Mapping[str, Answers]] = _no_answers
    original: Callable[[str], Mapping[int, Answers]] = _no_original
    programme_version: str = ""
    read: Callable[[pa.Table], pa.Table] = _as_given

    def without(self, item: str) -> frozenset[Reading]:
        """Return the readings that loaded no answer to an item."""
        return frozenset(reading for reading, items in self.items.items() if item not in items)

    def as_given(self, item: str) -> frozenset[Reading]:
        """Return the readings that loaded the answers to an item as they were given, because it was not mapped."""
        return frozenset(
            (programme_version, questionnaire_version)
            for (programme_version, questionnaire_version), items in self.items.items()
            if item in items and item not in self.mapped.get(programme_version, ())
        )

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
        # A version holds its answers as they were read, or as they were given where they were not mapped then.
        given, read = (
            {heading: table.column(heading).cast(pa.string()).to_pylist() for heading in fields}
            for table in (page, self.read(page))
        )
        return frozenset(
            (response_id, version.return_id)
            for response_id, version in compared
            if version.return_id in held
            and _are_equal(
                (
                    (heading, code, (given[heading][row], read[heading][row]))
                    for row in [hashes[response_id][0]]
                    for heading, code in fields.items()
                ),
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


def _are_equal(
    now: Iterable[tuple[str, str, tuple[str | None, str | None]]], before: Answers, asked: frozenset[str]
) -> bool:
    """Return whether a response says what a version says, as far as both can be compared. Null is an empty text here.

    A question that was asked then and not loaded named people: its answer is unknown. One that was not asked
    then has the answer of a question that is no longer asked (its code was changed), or is answered since.

    Args:
        now: Heading, question code and answer of each column, as it was given and as it is read.
        before: The answers of the version, by item.
        asked: The codes of the questions of its questionnaire.
    """
    columns = [(heading, code, (given or None, read or None)) for heading, code, (given, read) in now]
    before = {item: answer or None for item, answer in before.items()}
    headings = {heading for heading, _, _ in columns}
    gone = Counter(answer for item, answer in before.items() if item not in headings)
    for heading, code, answers in columns:
        if heading in before:
            if before[heading] not in answers:
                return False
        elif answers[0] is not None and code not in asked:
            held = next((answer for answer in answers if gone[answer]), None)
            if held is None:
                return False
            gone[held] -= 1
    return True
