"""Compare responses with the answers that the warehouse holds of them, where other questions were loaded then."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import pyarrow as pa

from tasks.limesurvey import answer_fields
from tasks.questionnaires.questionnaire import Questionnaire
from warehouse.surveys import KnownVersion, Reading

Answers = Mapping[str, str | None]
"""The answers of a response, by item."""


def _no_answers(_first: int, _last: int) -> Mapping[str, Answers]:
    return {}


@dataclass(frozen=True, slots=True)
class HeldAnswers:
    """The answers of a survey that the warehouse holds.

    Attributes:
        items: The items under which it holds answers, by reading: the versions of programme and questionnaire.
        asked: The codes of the questions, by version of the questionnaire.
        of: Returns the answers of the responses between two ids, by return version.
    """

    items: Mapping[Reading, frozenset[str]] = field(default_factory=dict[Reading, frozenset[str]])
    asked: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    of: Callable[[int, int], Mapping[str, Answers]] = _no_answers

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
        fields = _fields(page, questionnaire)
        compared = [
            (response_id, version)
            for response_id, version in _others(hashes, known)
            if version.reading in self.items and self.items[version.reading] != fields.keys()
        ]
        if not compared:
            return frozenset()
        ids = [response_id for response_id, _ in compared]
        held = self.of(min(ids), max(ids))
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

    def unknown(
        self,
        page: pa.Table,
        questionnaire: Questionnaire,
        hashes: Mapping[int, tuple[int, str]],
        known: Mapping[int, Sequence[KnownVersion]],
        now: Reading,
    ) -> frozenset[tuple[int, str]]:
        """Return the quarantined versions of which the content is unknown, because other questions were loaded of them.

        No answers of a quarantined version are held, and its sha256 is that of other columns.

        Args:
            page: The table of the page, without identifying answers.
            questionnaire: The live questionnaire.
            hashes: The row in the page and the sha256 of the answers of each response, by response id.
            known: The versions of each response, by response id.
            now: The versions of programme and questionnaire that the page is loaded with.

        Returns:
            Pairs of response id and return version.
        """
        headings = _fields(page, questionnaire).keys()
        return frozenset(
            (response_id, version.return_id)
            for response_id, version in _others(hashes, known)
            if version.is_quarantined and version.reading != now and self.items.get(version.reading) != headings
        )


def _fields(page: pa.Table, questionnaire: Questionnaire) -> dict[str, str]:
    """Return the code of the question of each answer column of a page, by heading."""
    return {field.heading: field.question_code or field.heading for field in answer_fields(page, questionnaire)}


def _others(
    hashes: Mapping[int, tuple[int, str]], known: Mapping[int, Sequence[KnownVersion]]
) -> Iterator[tuple[int, KnownVersion]]:
    """Yield the versions with another sha256 than their response has, with the response id."""
    for response_id, (_, content_sha256) in hashes.items():
        for version in known.get(response_id, ()):
            if version.content_sha256 != content_sha256:
                yield response_id, version


def _are_equal(now: Iterable[tuple[str, str, str | None]], before: Answers, asked: frozenset[str]) -> bool:
    """Return whether a response says what a version says, as far as both can be compared.

    A question that was asked then and not loaded named people: its answer is unknown. One that was not asked
    then has the answer of a question that is no longer asked (its code was changed), or is answered since.

    Args:
        now: Heading, question code and answer of each column.
        before: The answers of the version, by item.
        asked: The codes of the questions of its questionnaire.
    """
    columns = list(now)
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
