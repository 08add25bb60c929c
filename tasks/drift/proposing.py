"""The lines of crosswalk.csv and recodes.csv that would mend a difference, for a person to confirm."""

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from schemas.programme import CrosswalkLine
from tasks.drift.difference import Crossing, Proposal, recode_text
from tasks.questionnaires.plain_text import compared
from tasks.questionnaires.questionnaire import Question, QuestionKind
from tasks.questionnaires.response_columns import Field, Part, codes_in, fields_of_question

CROSSWALK = "crosswalk.csv"
RECODES = "recodes.csv"
SETTINGS = "programme.yaml"
UNKNOWN = "?"
_CLOSE = 0.8
"""Share of a label from which an indicator is proposed for a new question."""


def lines_renamed(crossing: Crossing, items: Iterable[str], renamed: Mapping[str, str]) -> Iterator[Proposal]:
    """The crosswalk lines of items that stand under other headings now."""
    for item in items:
        line = crossing.lines[item]
        there = renamed.get(item, "")
        text = crossing.text_of(line.model_copy(update={"item": there})) if there in crossing.later else ""
        yield Proposal(CROSSWALK, text, replaces=crossing.text_of(line))


def lines_removed(crossing: Crossing, items: Iterable[str]) -> Iterator[Proposal]:
    """The crosswalk lines of items that nobody asks any more."""
    for item in items:
        yield Proposal(CROSSWALK, "", replaces=crossing.text_of(crossing.lines[item]))


def lines_for_new(crossing: Crossing, question: Question, headings: Iterable[str]) -> Iterator[Proposal]:
    """A crosswalk line for each new field that holds an answer and that is not mapped yet."""
    if question.letter == QuestionKind.TEXT_DISPLAY:
        return
    texts = {sub.code: tuple(sub.texts.values()) for sub in question.subquestions}
    wanted = set(headings)
    for field in fields_of_question(question):
        if field.heading not in wanted or field.heading in crossing.lines or field.part not in (Part.VALUE, Part.RANK):
            continue
        own = texts.get(field.subquestion_code or "", ())
        said = (field.heading, field.subquestion_code or question.code, *(own or question.texts.values()))
        indicator, recode = _guess(crossing, field, said)
        # As it is: the indicator may be one that nobody knows.
        line = CrosswalkLine.model_construct(
            instrument_code=crossing.instrument_code,
            version=crossing.version,
            item=field.heading,
            indicator_code=indicator,
            recode=recode,
        )
        yield Proposal(CROSSWALK, crossing.text_of(line))


def recodes_for_new(crossing: Crossing, items: Iterable[str], code: str) -> Iterator[Proposal]:
    """A recode line for an answer that can be given now, in each recode of the question that lacks it."""
    recodes = dict.fromkeys(crossing.lines[item].recode for item in items)
    for recode in recodes:
        if recode is not None and code not in crossing.recodes.get(recode, {}):
            yield Proposal(RECODES, recode_text(recode, code, None))


def recodes_for_recoded(
    crossing: Crossing, question: Question, items: Sequence[str], earlier: str, later: str, was: Mapping[str, str]
) -> Iterator[Proposal]:
    """The recode lines that give an answer under its new code the meaning that it had under the old one.

    `question` is as it is asked now; `was` tells the old code of each of its options that is an old one.
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
    """Whether another question, or another version, goes through the same recode."""
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
    """A recode that other questions share must keep its meaning for them."""
    name = f"{recode or question.code}_v{crossing.version}"
    for item in items:
        line = crossing.lines[item]
        renamed = line.model_copy(update={"recode": name})
        yield Proposal(CROSSWALK, crossing.text_of(renamed), replaces=crossing.text_of(line))
    field = next((f for f in fields_of_question(question) if f.heading in items), None)
    for code in codes_in(question, field) if field is not None else ():
        meaning = crossing.meaning(items[0], was[code]) if code in was else None
        yield Proposal(RECODES, recode_text(name, code, meaning))


def _guess(crossing: Crossing, field: Field, said: Iterable[str]) -> tuple[str, str | None]:
    """The indicator, and its recode, that a field most likely gives: what another version maps it to, else by label."""
    taken = {line.indicator_code for line in crossing.lines.values()}
    others = [
        line
        for line in reversed(crossing.programme.crosswalk)
        if line.instrument_code == crossing.instrument_code and line.indicator_code not in taken
    ]
    for line in others:
        if line.item == field.heading:
            return line.indicator_code, line.recode
    named = {
        name: indicator.indicator_code
        for indicator in crossing.programme.indicators
        if indicator.indicator_code not in taken
        for name in map(compared, (indicator.indicator_code, indicator.label_fr, indicator.label_en))
    }
    close = (difflib.get_close_matches(compared(word), named, n=1, cutoff=_CLOSE) for word in dict.fromkeys(said))
    best = next((named[names[0]] for names in close if names), UNKNOWN)
    return best, next((line.recode for line in others if line.indicator_code == best), None)


def identifiers_renamed(crossing: Crossing, earlier: str, later: str) -> Iterator[Proposal]:
    """The identifiers with a question's new code: under it, answers that name people would not be dropped."""
    instrument = crossing.programme.instrument_by_code.get(crossing.instrument_code)
    if instrument is not None and earlier in instrument.identifiers and later not in instrument.identifiers:
        # The other versions of the instrument still ask it under the earlier code.
        now = ", ".join((*instrument.identifiers, later))
        was = ", ".join(instrument.identifiers)
        yield Proposal(SETTINGS, f"identifiers: [{now}]", replaces=f"identifiers: [{was}]")
