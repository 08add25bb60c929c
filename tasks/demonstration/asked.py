"""Make a questionnaire of the lines of a crosswalk: a question for each item, of the type that fits its indicator."""

import re
from collections.abc import Iterable, Mapping, Sequence

from schemas.enums import IndicatorKind
from schemas.errors import UsageError
from schemas.instruments import Instrument, InstrumentVersion
from schemas.programme import Programme
from tasks.demonstration.accepted import Accepted, accepted_by_line
from tasks.questionnaires.questionnaire import Question, QuestionKind, Questionnaire, QuestionPart
from tasks.questionnaires.response_columns import fields_of

_HEADING = re.compile(r"(?P<code>[^\[\]]+)(?:\[(?P<part>[^\[\]]+)\](?:\[(?P<scale>[12])\])?)?")
_LONGEST_OPTION = 5
"""The characters of the code of an answer option that LimeSurvey accepts."""
_TEXTS = frozenset({"other", "comment"})
"""The columns that LimeSurvey adds to a question for a text beside the answer."""

_Parts = Mapping[tuple[str, str], Accepted]
"""What the columns of a question accept, by subquestion and scale; both are empty for the answer itself."""


def questionnaire_asked(programme: Programme, instrument: Instrument, version: InstrumentVersion) -> Questionnaire:
    """Return a questionnaire with the items of the crosswalk, the identifiers, and the questions that `join` reads.

    Raises:
        UsageError: No question of LimeSurvey has such items.
    """
    language = programme.settings.locale
    crosswalk = programme.crosswalk_of(instrument.code, version.version)
    labels = {x.item: _label(programme, x.indicator_code) for x in crosswalk}
    accepted = {x.item: accepted_by_line(programme, x) for x in crosswalk}
    text = Accepted("", IndicatorKind.TEXT)
    others = (*instrument.join_of(version.version).questions, *instrument.identifiers)
    accepted |= {name: text for name in others if name not in accepted}
    nothing = instrument.nothing_to_report.answers if instrument.nothing_to_report is not None else {}
    accepted |= {
        item: Accepted("", IndicatorKind.CHOICE, values) for item, values in nothing.items() if item not in accepted
    }
    columns: dict[str, dict[tuple[str, str], Accepted]] = {}
    for item, one in accepted.items():
        found = _HEADING.fullmatch(item)
        code, part, scale = (found["code"], found["part"] or "", found["scale"] or "") if found else (item, "", "")
        columns.setdefault(code, {})[part, scale] = one
    made = Questionnaire(
        (language,),
        tuple(
            _question(code, position, parts, labels, language)
            for position, (code, parts) in enumerate(columns.items(), start=1)
        ),
    )
    if unknown := [item for item in accepted if item not in fields_of(made)]:
        raise UsageError(
            f"No question can be made for {', '.join(unknown)} of {instrument.code} version {version.version}. "
            "Expected items as LimeSurvey exports them, such as budget or barriers[time]. Correct crosswalk.csv, or "
            "save the questionnaire with essaim drift --accept."
        )
    return made


def _question(code: str, position: int, parts: _Parts, labels: Mapping[str, str], language: str) -> Question:
    answers = {place: accepted for place, accepted in parts.items() if place[0] not in _TEXTS}
    subs = dict.fromkeys(sub for sub, _ in answers if sub)
    letter = _letter(answers, has_comment=("comment", "") in parts)
    rows: Iterable[tuple[str, int]] = ((sub, 0) for sub in subs)
    if letter in (QuestionKind.ARRAY_NUMBERS, QuestionKind.ARRAY_TEXTS):
        pairs = [sub.partition("_") for sub in subs]
        rows = (*((row, 0) for row, _, _ in pairs), *((column, 1) for _, _, column in pairs))
    options: dict[tuple[str, int], None] = {}
    if letter in (
        QuestionKind.LIST_RADIO,
        QuestionKind.LIST_WITH_COMMENT,
        QuestionKind.ARRAY,
        QuestionKind.ARRAY_DUAL_SCALE,
    ):
        for (_, scale), accepted in answers.items():
            options |= dict.fromkeys((value, int(scale or 1) - 1) for value in accepted.values or () if value)
    return Question(
        code=code,
        letter=letter,
        position=position,
        texts={language: labels.get(code) or " / ".join(_labels_below(code, labels)) or code},
        has_other=("other", "") in parts,
        subquestions=tuple(_parts([(s, n, labels.get(f"{code}[{s}]", s)) for s, n in dict.fromkeys(rows)], language)),
        options=tuple(_parts([(value, scale, value) for value, scale in options], language)),
    )


def _letter(answers: _Parts, *, has_comment: bool) -> QuestionKind:
    """Return the type of question whose columns accept these answers."""
    every = list(answers.values())
    if any(scale for _, scale in answers):
        return QuestionKind.ARRAY_DUAL_SCALE
    are_ticks = all(accepted.values is not None and set(accepted.values) <= {"", "Y"} for accepted in every)
    are_options = all(_are_options(accepted) for accepted in every)
    are_numbers = all(accepted.values is None and accepted.kind.is_numeric for accepted in every)
    subs = [sub for sub, _ in answers if sub]
    if any("_" in sub for sub in subs):
        return QuestionKind.ARRAY_NUMBERS if are_numbers else QuestionKind.ARRAY_TEXTS
    if subs:
        if are_ticks:
            return QuestionKind.MULTIPLE_CHOICE
        if are_numbers:
            return QuestionKind.MULTIPLE_NUMBERS
        return QuestionKind.ARRAY if are_options else QuestionKind.MULTIPLE_TEXTS
    if are_options:
        return QuestionKind.LIST_WITH_COMMENT if has_comment else QuestionKind.LIST_RADIO
    if are_numbers:
        return QuestionKind.NUMBER
    is_day = all(accepted.kind is IndicatorKind.DATE and accepted.values is None for accepted in every)
    return QuestionKind.DATE if is_day and every else QuestionKind.SHORT_TEXT


def _are_options(accepted: Accepted) -> bool:
    return bool(accepted.values) and all(len(value) <= _LONGEST_OPTION for value in accepted.values or ())


def _parts(rows: Sequence[tuple[str, int, str]], language: str) -> Iterable[QuestionPart]:
    counts = {0: 0, 1: 0}
    for code, scale, text in rows:
        counts[scale] += 1
        yield QuestionPart(code, scale, counts[scale], {language: text})


def _labels_below(code: str, labels: Mapping[str, str]) -> Iterable[str]:
    return (label for item, label in labels.items() if item.startswith(f"{code}["))


def _label(programme: Programme, indicator_code: str) -> str:
    indicator = programme.indicator_by_code[indicator_code]
    own, other = indicator.label_fr, indicator.label_en
    if programme.settings.locale == "en":
        own, other = other, own
    return own or other or indicator_code
