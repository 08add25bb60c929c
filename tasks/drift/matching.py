"""Which question, subquestion or option of one questionnaire is which of another: one to one, surest first."""

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
"""Share of a wording that stays, from which a question under another code, in the same place, is taken for the same."""


@dataclass(slots=True)
class Matched(Generic[Thing]):
    """Pairs in the order of the earlier questionnaire, what vanished from it, and what is new in the later one."""

    pairs: list[tuple[Thing, Thing]] = field(default_factory=list[tuple[Thing, Thing]])
    vanished: list[Thing] = field(default_factory=list[Thing])
    new: list[Thing] = field(default_factory=list[Thing])


def match_questions(earlier: Sequence[Question], later: Sequence[Question], language: str | None) -> Matched[Question]:
    """The same code and wording, then the same wording and type, then the same code, then much the same wording."""

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
    """The same code and wording, then the same wording, then the same code; always on the same scale."""

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
    """The fewest pairs without which the others stand in the same order as before; those that moved together, together.

    `pairs` are in their earlier order.
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
            found = key(thing)
            if found is not None and waiting.get(found):
                pairs[index] = (vanished.pop(index), new.pop(waiting[found].pop(0)))
    return Matched([pairs[index] for index in sorted(pairs)], list(vanished.values()), list(new.values()))


def _match_similar(
    matched: Matched[Question],
    earlier: Sequence[Question],
    later: Sequence[Question],
    wording: Callable[[Question], str],
) -> None:
    """Adds pairs whose place, type and answers are the same and whose wording is nearly so, the most similar first."""
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
    likely.sort(key=lambda one: one[0])
    for _, old, new in likely:
        if old in matched.vanished and new in matched.new:
            matched.vanished.remove(old)
            matched.new.remove(new)
            matched.pairs.append((old, new))
    matched.pairs.sort(key=lambda pair: pair[0].position)


def _anchors(questions: Sequence[Question], known: dict[str, str]) -> dict[str, str]:
    """For each question, the last one before it that both questionnaires have: its place, whatever else moved."""
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
    """How much of a wording stayed, from 0 to 1. "Year 1" is not nearly "Year 2": other figures ask something else."""
    if re.findall(r"\d+", earlier) != re.findall(r"\d+", later):
        return 0.0
    return difflib.SequenceMatcher(None, earlier, later, autojunk=False).ratio()
