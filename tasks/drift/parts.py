"""Compare the subquestions and answer options of a question that both questionnaires have."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from schemas.enums import DriftKind, ElementKind
from tasks.drift.difference import Crossing, Difference, Proposal
from tasks.drift.matching import match_parts
from tasks.drift.proposing import lines_for_new, lines_removed, lines_renamed, recodes_for_new, recodes_for_recoded
from tasks.drift.wordings import headings_side_by_side, lost_by, quoted, reordered, reworded
from tasks.questionnaires.questionnaire import Question, QuestionPart
from tasks.questionnaires.response_columns import codes_in, fields_of_question


def in_subquestions(crossing: Crossing, old: Question, new: Question) -> Iterator[Difference]:
    """Yield the differences between the subquestions of a question."""
    matched = match_parts(old.subquestions, new.subquestions, crossing.language)

    def without(sub: QuestionPart) -> Question:
        return replace(old, subquestions=tuple(other for other in old.subquestions if other is not sub))

    for sub, now in matched.pairs:
        if sub.code != now.code:
            breaks = crossing.mapped(lost_by(old, without(sub)))
            recoded = tuple(replace(part, code=now.code) if part is sub else part for part in old.subquestions)
            renamed = headings_side_by_side(old, replace(old, code=new.code, subquestions=recoded))
            yield Difference(
                DriftKind.RENAMED,
                ElementKind.SUBQUESTION,
                old.code,
                sub.code,
                sub.scale_id,
                found=f"it under the code {now.code}",
                expected=f"{quoted(crossing, sub)} under the code {sub.code}",
                breaks=breaks,
                proposals=tuple(lines_renamed(crossing, breaks, renamed)),
            )
        yield from reworded(crossing, ElementKind.SUBQUESTION, old, sub, now)
    for sub in matched.vanished:
        breaks = crossing.mapped(lost_by(old, without(sub)))
        yield _part_vanished(crossing, ElementKind.SUBQUESTION, old, sub, breaks)
    for sub in matched.new:
        # The first subquestion replaces the column that the question had of its own.
        grown = replace(old, subquestions=(*old.subquestions, sub))
        gained = lost_by(new, replace(new, subquestions=tuple(other for other in new.subquestions if other is not sub)))
        breaks = crossing.mapped(lost_by(old, grown))
        yield _part_new(crossing, ElementKind.SUBQUESTION, old, sub, breaks, lines_for_new(crossing, new, gained))
    yield from _parts_moved(ElementKind.SUBQUESTION, old, matched.pairs, old.subquestions, new.subquestions)


def in_options(crossing: Crossing, old: Question, new: Question) -> Iterator[Difference]:
    """Yield the differences between the answer options of a question.

    An option with a new code breaks the items that hold it, unless the crosswalk gives both codes the same meaning.
    """
    matched = match_parts(old.options, new.options, crossing.language)
    was = {now.code: option.code for option, now in matched.pairs}

    def items_with(option: QuestionPart) -> tuple[str, ...]:
        alone = replace(old, options=(option,), has_other=False)
        return tuple(item for item in crossing.mapped_of(old) if codes_in(alone, crossing.earlier[item]))

    for option, now in matched.pairs:
        if option.code != now.code:
            breaks = tuple(
                item
                for item in items_with(option)
                if crossing.meaning(item, now.code) is None
                or crossing.meaning(item, now.code) != crossing.meaning(item, option.code)
            )
            yield Difference(
                DriftKind.RECODED,
                ElementKind.OPTION,
                old.code,
                option.code,
                option.scale_id,
                found=f"it under the code {now.code}",
                expected=f"{quoted(crossing, option)} under the code {option.code}",
                breaks=breaks,
                proposals=tuple(recodes_for_recoded(crossing, new, breaks, option.code, now.code, was)),
            )
        yield from reworded(crossing, ElementKind.OPTION, old, option, now)
    left = old
    for option in matched.vanished:
        # A ranking has one column per option.
        fewer = replace(left, options=left.options[:-1])
        unranked = lost_by(left, fewer) - {f.heading for f in fields_of_question(replace(new, code=old.code))}
        left = fewer
        yield _part_vanished(crossing, ElementKind.OPTION, old, option, crossing.mapped(unranked))
    taken = {(option.scale_id, option.code) for option in old.options}
    for option in matched.new:
        items = items_with(option)
        # Under the code of an earlier option, the new one would be read as the earlier one.
        breaks = items if (option.scale_id, option.code) in taken else ()
        proposals = recodes_for_new(crossing, items, option.code)
        yield _part_new(crossing, ElementKind.OPTION, old, option, breaks, proposals)
    yield from _parts_moved(ElementKind.OPTION, old, matched.pairs, old.options, new.options)


def _part_vanished(
    crossing: Crossing, kind: ElementKind, question: Question, part: QuestionPart, breaks: tuple[str, ...]
) -> Difference:
    return Difference(
        DriftKind.VANISHED,
        kind,
        question.code,
        part.code,
        part.scale_id,
        found=f"no such {kind}",
        expected=quoted(crossing, part),
        breaks=breaks,
        proposals=tuple(lines_removed(crossing, breaks)),
    )


def _part_new(
    crossing: Crossing,
    kind: ElementKind,
    question: Question,
    part: QuestionPart,
    breaks: tuple[str, ...],
    proposals: Iterable[Proposal],
) -> Difference:
    return Difference(
        DriftKind.NEW,
        kind,
        question.code,
        part.code,
        part.scale_id,
        found=quoted(crossing, part),
        expected=f"another {kind} under this code" if breaks else f"no such {kind}",
        breaks=breaks,
        proposals=tuple(proposals),
    )


def _parts_moved(
    kind: ElementKind,
    question: Question,
    pairs: Sequence[tuple[QuestionPart, QuestionPart]],
    before: Sequence[QuestionPart],
    after: Sequence[QuestionPart],
) -> Iterator[Difference]:
    for scale in (0, 1):
        on_scale = [pair for pair in pairs if pair[0].scale_id == scale]
        earlier = [part for part in before if part.scale_id == scale]
        later = [part for part in after if part.scale_id == scale]
        yield from reordered(kind, question.code, on_scale, earlier, later)
