"""Propose the lines of crosswalk.csv and recodes.csv that would resolve a difference, for a person to confirm."""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from schemas.programme_tables import CrosswalkLine
from tasks.drift.difference import Crossing, Proposal, recode_text
from tasks.questionnaires.plain_text import compared
from tasks.questionnaires.questionnaire import Question, QuestionKind
from tasks.questionnaires.response_columns import Field, Part, codes_in, fields_of_question

CROSSWALK = "crosswalk.csv"
RECODES = "recodes.csv"
SETTINGS = "programme.yaml"
UNKNOWN = "?"
_CLOSE = 0.8
"""Similarity to a label from which an indicator is proposed for a new question."""


def lines_renamed(crossing: Crossing, items: Iterable[str], renamed: Mapping[str, str]) -> Iterator[Proposal]:
    """Yield the crosswalk lines of items whose heading changed; `renamed` gives the new heading of each."""
    for line in crossing.lines_of(items):
        heading = renamed.get(line.item, "")
        text = crossing.text_of(line.model_copy(update={"item": heading})) if heading in crossing.later else ""
        yield Proposal(CROSSWALK, text, replaces=crossing.text_of(line))


def lines_removed(crossing: Crossing, items: Iterable[str]) -> Iterator[Proposal]:
    """Yield the deletion of the crosswalk lines of items that no longer exist."""
    for line in crossing.lines_of(items):
        yield Proposal(CROSSWALK, "", replaces=crossing.text_of(line))


def lines_for_new(crossing: Crossing, question: Question, headings: Iterable[str]) -> Iterator[Proposal]:
    """Yield a crosswalk line for each of the headings that holds an answer and is not mapped yet."""
    if question.letter == QuestionKind.TEXT_DISPLAY:
        return
    texts = {sub.code: tuple(sub.texts.values()) for sub in question.subquestions}
    wanted = set(headings)
    for field in fields_of_question(question):
        if field.heading not in wanted or field.heading in crossing.lines or field.part not in (Part.VALUE, Part.RANK):
            continue
        own = texts.get(field.subquestion_code or "", ())
        names = (field.heading, field.subquestion_code or question.code, *(own or question.texts.values()))
        indicator, recode = _guess(crossing, field, names)
        # Not validated: the indicator may be `?`.
        line = CrosswalkLine.model_construct(
            instrument_code=crossing.instrument_code,
            version=crossing.version,
            item=field.heading,
            indicator_code=indicator,
            recode=recode,
        )
        yield Proposal(CROSSWALK, crossing.text_of(line))


def recodes_for_new(crossing: Crossing, items: Iterable[str], code: str) -> Iterator[Proposal]:
    """Yield a recode line for a new option code, for each recode of the items that lacks it."""
    recodes = dict.fromkeys(crossing.lines[item].recode for item in items)
    for recode in recodes:
        if recode is not None and code not in crossing.recodes.get(recode, {}):
            yield Proposal(RECODES, recode_text(recode, code, None))


def recodes_for_recoded(
    crossing: Crossing, question: Question, items: Sequence[str], earlier: str, later: str, was: Mapping[str, str]
) -> Iterator[Proposal]:
    """Yield the recode lines that give an option's new code the meaning of its old code.

    Args:
        crossing: The crosswalk.
        question: The question of the live questionnaire.
        items: The crosswalk items that the new code breaks.
        earlier: The old code.
        later: The new code.
        was: The old codes of the question's options by new code, new options excluded.
    """
    for recode in dict.fromkeys(crossing.lines[item].recode for item in items):
        using = [item for item in items if crossing.lines[item].recode == recode]
        meaning = crossing.meaning(using[0], earlier)
        present = crossing.recodes.get(recode or "", {}).get(later)
        if recode is not None and present is None:
            yield Proposal(RECODES, recode_text(recode, later, meaning))
        elif recode is not None and present is not None and not _is_shared(crossing, recode, question.code):
            old = recode_text(recode, later, (present.value, present.missing_reason))
            yield Proposal(RECODES, recode_text(recode, later, meaning), replaces=old)
        else:
            yield from _recode_of_its_own(crossing, question, using, recode, was)


def _is_shared(crossing: Crossing, recode: str, question_code: str) -> bool:
    """Return True if another question or another version uses the same recode."""
    for line in crossing.programme.crosswalk:
        if line.recode != recode:
            continue
        here = (line.instrument_code, line.version) == (crossing.instrument_code, crossing.version)
        field = crossing.earlier.get(line.item) if here else None
        if field is None or field.question_code != question_code:
            return True
    return False


def _recode_of_its_own(
    crossing: Crossing, question: Question, items: Sequence[str], recode: str | None, was: Mapping[str, str]
) -> Iterator[Proposal]:
    """Yield a recode of the question's own: a shared recode must keep its meaning for the other questions."""
    name = f"{recode or question.code}_v{crossing.version}"
    for line in crossing.lines_of(items):
        renamed = line.model_copy(update={"recode": name})
        yield Proposal(CROSSWALK, crossing.text_of(renamed), replaces=crossing.text_of(line))
    field = next((f for f in fields_of_question(question) if f.heading in items), None)
    for code in codes_in(question, field) if field is not None else ():
        meaning = crossing.meaning(items[0], was[code]) if code in was else None
        yield Proposal(RECODES, recode_text(name, code, meaning))


def _guess(crossing: Crossing, field: Field, names: Iterable[str]) -> tuple[str, str | None]:
    """Return the likeliest indicator of a column, and its recode.

    That is the indicator of the same item in another version, else the one with the closest code or label, else `?`.
    """
    taken = {line.indicator_code for line in crossing.lines_of(crossing.lines)}
    others = [
        line
        for line in reversed(crossing.programme.crosswalk)
        if line.instrument_code == crossing.instrument_code and line.indicator_code not in taken
    ]
    for line in others:
        if line.item == field.heading:
            return line.indicator_code, line.recode
    labels = {
        label: indicator.indicator_code
        for indicator in crossing.programme.indicators
        if indicator.indicator_code not in taken
        for label in map(compared, (indicator.indicator_code, indicator.label_fr, indicator.label_en))
    }
    close = (difflib.get_close_matches(compared(name), labels, n=1, cutoff=_CLOSE) for name in dict.fromkeys(names))
    best = next((labels[matches[0]] for matches in close if matches), UNKNOWN)
    return best, next((line.recode for line in others if line.indicator_code == best), None)


def identifiers_renamed(crossing: Crossing, earlier: str, later: str) -> Iterator[Proposal]:
    """Yield the identifiers with a question's new code, without which its identifying answers would be loaded."""
    instrument = crossing.programme.instrument_by_code.get(crossing.instrument_code)
    if instrument is not None and earlier in instrument.identifiers and later not in instrument.identifiers:
        # Other versions of the instrument still use the earlier code.
        now = ", ".join((*instrument.identifiers, later))
        was = ", ".join(instrument.identifiers)
        yield Proposal(SETTINGS, f"identifiers: [{now}]", replaces=f"identifiers: [{was}]")
