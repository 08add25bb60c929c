"""Match the questions, subquestions and options of two questionnaires, one to one, the surest matches first."""

import bisect
import difflib
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from tasks.questionnaires.plain_text import compared
from tasks.questionnaires.questionnaire import Question, QuestionPart

Thing = TypeVar("Thing", QuestionPart, Question)
Key = Callable[[Thing], Hashable]

VERY_SIMILAR = 0.85
"""Similarity of wording from which a question with another code, in the same place, counts as the same question."""


@dataclass(slots=True)
class Matched(Generic[Thing]):
    """The result of a match.

    Attributes:
        pairs: The matches, in the order of the earlier questionnaire.
        vanished: Unmatched ones of the earlier questionnaire.
        new: Unmatched ones of the later questionnaire.
    """

    pairs: list[tuple[Thing, Thing]] = field(default_factory=list[tuple[Thing, Thing]])
    vanished: list[Thing] = field(default_factory=list[Thing])
    new: list[Thing] = field(default_factory=list[Thing])


def match_questions(earlier: Sequence[Question], later: Sequence[Question], language: str | None) -> Matched[Question]:
    """Match questions by code and wording, then wording and type, then code, then similar wording."""

    def wording(question: Question) -> str:
        return _wording(question, language)

    matched = _match(
        earlier,
        later,
        [
            lambda question: (question.code, wording(question)),
            lambda question: (question.letter, wording(question)) if wording(question) else None,
            lambda question: question.code,
        ],
    )
    _match_similar(matched, earlier, later, wording)
    return matched


def match_parts(
    earlier: Sequence[QuestionPart], later: Sequence[QuestionPart], language: str | None
) -> Matched[QuestionPart]:
    """Match parts of the same scale by code and wording, then wording, then code."""

    def wording(part: QuestionPart) -> str:
        return _wording(part, language)

    return _match(
        earlier,
        later,
        [
            lambda part: (part.scale_id, part.code, wording(part)),
            lambda part: (part.scale_id, wording(part)) if wording(part) else None,
            lambda part: (part.scale_id, part.code),
        ],
    )


def moved(pairs: Sequence[tuple[Thing, Thing]]) -> list[list[tuple[Thing, Thing]]]:
    """Return the smallest set of pairs that moved: without them the others keep their order.

    Args:
        pairs: The matches, in their earlier order.

    Returns:
        The moved pairs, those that moved together in one list.
    """
    ends: list[int] = []
    chains: list[list[int]] = []
    for index, (_, later) in enumerate(pairs):
        place = bisect.bisect_left(ends, later.position)
        chain = [*(chains[place - 1] if place else []), index]
        ends[place : place + 1] = [later.position]
        chains[place : place + 1] = [chain]
    kept = set(chains[-1]) if chains else set[int]()
    order = sorted(range(len(pairs)), key=lambda index: pairs[index][1].position)
    rank = {index: place for place, index in enumerate(order)}
    runs: list[list[int]] = []
    for index in range(len(pairs)):
        if index in kept:
            continue
        if runs and runs[-1][-1] == index - 1 and rank[index - 1] == rank[index] - 1:
            runs[-1].append(index)
        else:
            runs.append([index])
    return [[pairs[index] for index in run] for run in runs]


def _wording(thing: QuestionPart | Question, language: str | None) -> str:
    return compared(thing.texts.get(language, "")) if language is not None else ""


def _match(earlier: Sequence[Thing], later: Sequence[Thing], keys: Iterable[Key[Thing]]) -> Matched[Thing]:
    pairs: dict[int, tuple[Thing, Thing]] = {}
    vanished, new = dict(enumerate(earlier)), dict(enumerate(later))
    for key in keys:
        waiting: dict[Hashable, list[int]] = {}
        for index, thing in new.items():
            waiting.setdefault(key(thing), []).append(index)
        for index, thing in list(vanished.items()):
            wanted = key(thing)
            if wanted is not None and waiting.get(wanted):
                pairs[index] = (vanished.pop(index), new.pop(waiting[wanted].pop(0)))
    return Matched([pairs[index] for index in sorted(pairs)], list(vanished.values()), list(new.values()))


def _match_similar(
    matched: Matched[Question],
    earlier: Sequence[Question],
    later: Sequence[Question],
    wording: Callable[[Question], str],
) -> None:
    """Add pairs with the same place, type and parts and a similar wording, the most similar first."""
    if not matched.vanished or not matched.new:
        return
    before = _anchors(earlier, {old.code: old.code for old, _ in matched.pairs})
    after = _anchors(later, {new.code: old.code for old, new in matched.pairs})
    likely = [
        ((-share, old.position, new.position), old, new)
        for old in matched.vanished
        for new in matched.new
        if before[old.code] == after[new.code] and _shape(old) == _shape(new)
        for share in [_share(wording(old), wording(new))]
        if share >= VERY_SIMILAR
    ]
    likely.sort(key=lambda candidate: candidate[0])
    for _, old, new in likely:
        if old in matched.vanished and new in matched.new:
            matched.vanished.remove(old)
            matched.new.remove(new)
            matched.pairs.append((old, new))
    matched.pairs.sort(key=lambda pair: pair[0].position)


def _anchors(questions: Sequence[Question], known: dict[str, str]) -> dict[str, str]:
    """Return, by question code, the last earlier question that both questionnaires have: its place."""
    anchor = ""
    anchors: dict[str, str] = {}
    for question in questions:
        anchors[question.code] = anchor
        anchor = known.get(question.code, anchor)
    return anchors


def _shape(question: Question) -> tuple[object, ...]:
    parts: Iterator[QuestionPart] = iter((*question.subquestions, *question.options))
    return question.letter, [(part.code, part.scale_id) for part in parts]


def _share(earlier: str, later: str) -> float:
    """Return the similarity of two wordings, from 0 to 1; 0 if their figures differ, as in "Year 1" and "Year 2"."""
    if re.findall(r"\d+", earlier) != re.findall(r"\d+", later):
        return 0.0
    return difflib.SequenceMatcher(None, earlier, later, autojunk=False).ratio()
