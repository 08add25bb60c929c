"""Compare a live questionnaire with the one that the crosswalk was written for, question by question."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from schemas.enums import DriftKind, ElementKind
from schemas.programme import Programme
from tasks.drift.difference import Crossing, Difference
from tasks.drift.matching import match_parts, match_questions
from tasks.drift.parts import in_options, in_subquestions
from tasks.drift.proposing import identifiers_renamed, lines_for_new, lines_removed, lines_renamed, recodes_for_new
from tasks.drift.wordings import headings_side_by_side, lost_by, quoted, reordered, reworded
from tasks.questionnaires.questionnaire import Question, QuestionKind, Questionnaire, kind_of
from tasks.questionnaires.response_columns import OTHER, codes_in, fields_of, fields_of_question

_SAME_VALUES = (
    {QuestionKind.SHORT_TEXT, QuestionKind.LONG_TEXT, QuestionKind.HUGE_TEXT},
    {QuestionKind.LIST_RADIO, QuestionKind.LIST_DROPDOWN, QuestionKind.LIST_WITH_COMMENT},
    {QuestionKind.MULTIPLE_CHOICE, QuestionKind.MULTIPLE_CHOICE_WITH_COMMENTS},
    {QuestionKind.ARRAY, QuestionKind.ARRAY_BY_COLUMN},
)
"""Types with interchangeable answers: a change within a set alters the look of a question, not its answers."""


def differences(
    instrument_code: str,
    version: int,
    baseline: Questionnaire | None,
    present: Questionnaire,
    programme: Programme,
) -> tuple[Difference, ...]:
    """Compare a live questionnaire with its baseline.

    A crosswalk item is broken if it can no longer be read safely: its column is gone, or its heading or answers may
    have another meaning. An item whose new code the crosswalk or its recode covers already is not broken.

    Args:
        instrument_code: The instrument.
        version: The instrument version, whose crosswalk lines are checked.
        baseline: The questionnaire that the crosswalk was written for. With None, the only differences are the
            crosswalk items that the live questionnaire does not have.
        present: The live questionnaire.
        programme: The programme, for its crosswalk, recodes and identifiers.

    Returns:
        The differences, in the order of the baseline's questions, then the new questions.
    """
    languages = tuple(language for language in baseline.languages if language in present.languages) if baseline else ()
    crossing = Crossing(
        programme=programme,
        instrument_code=instrument_code,
        version=version,
        lines={line.item: line for line in programme.crosswalk_of(instrument_code, version)},
        earlier=fields_of(baseline) if baseline else {},
        later=fields_of(present),
        language=languages[0] if languages else None,
        languages=languages,
        recodes={name: programme.recode_of(name) for name in {line.recode for line in programme.recodes}},
    )
    missing = [item for item in crossing.lines if item not in crossing.earlier and item not in crossing.later]
    return (
        *(_missing_item(crossing, item) for item in missing),
        *(_compared(crossing, baseline, present) if baseline else ()),
    )


def broken_items(drift: Iterable[Difference]) -> frozenset[str]:
    """Return the crosswalk items that the differences break."""
    return frozenset(item for difference in drift for item in difference.breaks)


def _missing_item(crossing: Crossing, item: str) -> Difference:
    question_code, _, rest = item.partition("[")
    return Difference(
        DriftKind.VANISHED,
        ElementKind.SUBQUESTION if rest else ElementKind.QUESTION,
        question_code,
        rest.partition("]")[0],
        found="nothing of that name is asked",
        expected=f"{item}, which the crosswalk maps",
        breaks=(item,),
        proposals=tuple(lines_removed(crossing, [item])),
    )


def _compared(crossing: Crossing, baseline: Questionnaire, present: Questionnaire) -> Iterator[Difference]:
    earlier, later = baseline.questions, present.questions
    for language in baseline.languages:
        if language not in present.languages:
            yield Difference(
                DriftKind.VANISHED, None, "", language=language,
                found="a questionnaire without it, or an account that may not read it", expected=f"texts in {language}",
            )  # fmt: skip
    for language in present.languages:
        if language not in baseline.languages:
            found = f"texts in {language}"
            yield Difference(DriftKind.NEW, None, "", language=language, found=found, expected="none")
    matched = match_questions(earlier, later, crossing.language)
    later_of = {old.code: new for old, new in matched.pairs}
    elsewhere = {d.question_code: d for d in reordered(ElementKind.QUESTION, None, matched.pairs, earlier, later)}
    for old in earlier:
        new = later_of.get(old.code)
        if new is None:
            yield _vanished_question(crossing, old)
        else:
            yield from _in_question(crossing, old, new)
            if old.code in elsewhere:
                yield elsewhere[old.code]
    for new in matched.new:
        yield Difference(
            DriftKind.NEW,
            ElementKind.QUESTION,
            new.code,
            found=f"{_type_name(new.letter)} {quoted(crossing, new)}",
            expected="no such question",
            proposals=tuple(lines_for_new(crossing, new, (f.heading for f in fields_of_question(new)))),
        )


def _vanished_question(crossing: Crossing, old: Question) -> Difference:
    breaks = crossing.mapped_of(old)
    return Difference(
        DriftKind.VANISHED,
        ElementKind.QUESTION,
        old.code,
        found="no such question",
        expected=f"{_type_name(old.letter)} {quoted(crossing, old)}",
        breaks=breaks,
        proposals=tuple(lines_removed(crossing, breaks)),
    )


def _in_question(crossing: Crossing, old: Question, new: Question) -> Iterator[Difference]:
    if old.code != new.code:
        breaks = crossing.mapped_of(old)
        codes = {
            id(sub): now.code for sub, now in match_parts(old.subquestions, new.subquestions, crossing.language).pairs
        }
        there = tuple(replace(sub, code=codes.get(id(sub), sub.code)) for sub in old.subquestions)
        renamed = headings_side_by_side(old, replace(old, code=new.code, subquestions=there))
        unprotected = tuple(identifiers_renamed(crossing, old.code, new.code))
        yield Difference(
            DriftKind.RENAMED,
            ElementKind.QUESTION,
            old.code,
            found=f"it under the code {new.code}" + (", which is not among the identifiers" if unprotected else ""),
            expected=f"{quoted(crossing, old)} under the code {old.code}",
            breaks=breaks,
            proposals=(*lines_renamed(crossing, breaks, renamed), *unprotected),
        )
    if old.letter != new.letter:
        yield _retyped(crossing, old, new)
    yield from reworded(crossing, ElementKind.QUESTION, old, old, new)
    if old.has_other != new.has_other:
        yield _other(crossing, old, new)
    # Each part of a question whose type changed is different: listing them all would add nothing.
    if _has_same_values(old, new) or (old.subquestions and new.subquestions):
        yield from in_subquestions(crossing, old, new)
    if _has_same_values(old, new) or (old.options and new.options):
        yield from in_options(crossing, old, new)


def _retyped(crossing: Crossing, old: Question, new: Question) -> Difference:
    lost = lost_by(old, replace(old, letter=new.letter))
    breaks = crossing.mapped(lost) if _has_same_values(old, new) else crossing.mapped_of(old)
    gained = {f.heading for f in fields_of_question(new)} - {f.heading for f in fields_of_question(old)}
    return Difference(
        DriftKind.RETYPED,
        ElementKind.QUESTION,
        old.code,
        found=_type_name(new.letter),
        expected=_type_name(old.letter),
        breaks=breaks,
        proposals=tuple(lines_for_new(crossing, new, gained)) if breaks and old.code == new.code else (),
    )


def _other(crossing: Crossing, old: Question, new: Question) -> Difference:
    where = ElementKind.OPTION if new.options or old.options else ElementKind.SUBQUESTION
    words = ("the answer “other”", "no answer “other”")
    if old.has_other:
        breaks = crossing.mapped(lost_by(old, replace(old, has_other=False)))
        return Difference(
            DriftKind.VANISHED,
            where,
            old.code,
            "other",
            found=words[1],
            expected=words[0],
            breaks=breaks,
            proposals=tuple(lines_removed(crossing, breaks)),
        )
    held = [item for item in crossing.mapped_of(old) if OTHER in codes_in(new, crossing.earlier[item])]
    proposals = tuple(recodes_for_new(crossing, held, OTHER))
    return Difference(
        DriftKind.NEW, where, old.code, "other", found=words[0], expected=words[1], proposals=proposals
    )  # fmt: skip


def _has_same_values(old: Question, new: Question) -> bool:
    return old.letter == new.letter or any(old.letter in same and new.letter in same for same in _SAME_VALUES)


def _type_name(letter: str) -> str:
    kind = kind_of(letter)
    is_known = kind is not QuestionKind.UNKNOWN
    words = kind.name.lower().replace("_", " ") if is_known else "a question of a type that is not known"
    return f"{words} ({letter})"
