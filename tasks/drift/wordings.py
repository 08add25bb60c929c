"""Compare the wording, the place and the headings of questions and their parts."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from schemas.enums import DriftKind, ElementKind
from tasks.drift.difference import Crossing, Difference
from tasks.drift.matching import moved
from tasks.questionnaires.questionnaire import Question, QuestionPart
from tasks.questionnaires.response_columns import fields_of_question

Thing = TypeVar("Thing", QuestionPart, Question)


def reworded(
    crossing: Crossing,
    kind: ElementKind,
    question: Question,
    old: QuestionPart | Question,
    new: QuestionPart | Question,
) -> Iterator[Difference]:
    """Yield a difference for each shared language in which a question or part was reworded."""
    for language in crossing.languages:
        before, now = old.texts.get(language, ""), new.texts.get(language, "")
        if before != now:
            yield Difference(
                DriftKind.REWORDED,
                kind,
                question.code,
                "" if kind is ElementKind.QUESTION else old.code,
                old.scale_id if isinstance(old, QuestionPart) else 0,
                language,
                found=f"“{now}”",
                expected=f"“{before}”",
            )


def lost_by(question: Question, edited: Question) -> set[str]:
    """Return the headings of a question that its edited form lacks."""
    return {f.heading for f in fields_of_question(question)} - {f.heading for f in fields_of_question(edited)}


def headings_side_by_side(question: Question, edited: Question) -> Mapping[str, str]:
    """Return the new heading of each heading of a question of which only codes were edited."""
    before, after = fields_of_question(question), fields_of_question(edited)
    return {old.heading: new.heading for old, new in zip(before, after, strict=True)}


def reordered(
    kind: ElementKind,
    question_code: str | None,
    pairs: Sequence[tuple[Thing, Thing]],
    before: Sequence[Thing],
    after: Sequence[Thing],
) -> Iterator[Difference]:
    """Yield the moves among pairs, those that moved together in one difference.

    Args:
        kind: The sort of `pairs`.
        question_code: The question whose parts are compared; None for the questions themselves.
        pairs: The matches on one scale.
        before: All of that sort and scale in the earlier questionnaire.
        after: All of that sort and scale in the later questionnaire.
    """
    for run in moved(pairs):
        old, new = run[0]
        following = [thing.code for thing, _ in run[1:]]
        it = f"it, and {', '.join(following)} with it," if following else "it"
        yield Difference(
            DriftKind.REORDERED,
            kind,
            old.code if question_code is None else question_code,
            "" if question_code is None else old.code,
            old.scale_id if isinstance(old, QuestionPart) else 0,
            found=f"{it} {_place_of(after, new)}",
            expected=f"it {_place_of(before, old)}",
        )


def _place_of(things: Sequence[Thing], thing: Thing) -> str:
    before = [other.code for other in things if other.position < thing.position]
    return f"after {before[-1]}" if before else "first"


def quoted(crossing: Crossing, thing: QuestionPart | Question) -> str:
    """Return a wording in quotation marks, in the shared base language if it has one."""
    text = thing.texts.get(crossing.language or "", "") or next(iter(thing.texts.values()), "")
    return f"“{text}”"
