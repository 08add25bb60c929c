"""Check that each possible answer has a recode, or is a value of its indicator."""

from collections.abc import Iterator, Mapping

from schemas.enums import IndicatorKind
from schemas.errors import Mistake
from schemas.formats import NUMBER, REASONS
from schemas.layouts import AskedField
from schemas.programme import Settings
from schemas.programme_tables import CrosswalkLine, Indicator, RecodeLine
from tasks.programme.declared import indicator_by_code
from tasks.programme.lines import Located
from tasks.programme.spellings import nearest, shown
from tasks.programme.tables import Table
from tasks.questionnaires.questionnaire import Question, QuestionKind, Questionnaire
from tasks.questionnaires.response_columns import Field, Part, codes_in, fields_of

_TICKED = {"Y": "ticked", "": "not ticked"}
_OWN_ANSWERS: Mapping[str, Mapping[str, str]] = {
    QuestionKind.YES_NO: {"Y": "yes", "N": "no"},
    QuestionKind.GENDER: {"F": "female", "M": "male"},
    QuestionKind.ARRAY_YES_UNCERTAIN_NO: {"Y": "yes", "U": "uncertain", "N": "no"},
    QuestionKind.ARRAY_INCREASE_SAME_DECREASE: {"I": "increase", "S": "same", "D": "decrease"},
    QuestionKind.MULTIPLE_CHOICE: _TICKED,
    QuestionKind.MULTIPLE_CHOICE_WITH_COMMENTS: _TICKED,
    QuestionKind.FIVE_POINTS: dict.fromkeys("12345", ""),
    QuestionKind.ARRAY_FIVE_POINTS: dict.fromkeys("12345", ""),
    QuestionKind.ARRAY_TEN_POINTS: dict.fromkeys(map(str, range(1, 11)), ""),
}
"""The answers that LimeSurvey itself offers, with their meanings, by type of question."""


def check_recoding(
    settings: Settings,
    questionnaires: Mapping[tuple[str, int], Questionnaire],
    indicators: Table[Indicator],
    crosswalk: Table[CrosswalkLine],
    recodes: Table[RecodeLine],
) -> Iterator[Mistake]:
    """Yield a mistake for each crosswalk line that would lose an answer.

    An answer is lost if the recode of the line lacks it or, without a recode, if it is not a value of the indicator.
    """
    by_code = indicator_by_code(indicators)
    used = {line.value.recode for line in crosswalk if line.value.recode is not None}
    # A line that is wrong, or whose recode nothing uses, is reported: it may be the one that another recode lacks.
    stray = {row.get("source_value", "") for row in recodes.unread}
    stray |= {line.value.source_value for line in recodes if line.value.recode not in used}
    sources: dict[str, set[str]] = {}
    for line in recodes:
        sources.setdefault(line.value.recode, set()).add(line.value.source_value)
    offered = {**_of_workbooks(settings), **_of_surveys(questionnaires)}
    for line in crosswalk:
        crossing = line.value
        place, answers = offered.get((crossing.instrument_code, crossing.version, crossing.item), ("", {}))
        substantive = {code: label for code, label in answers.items() if code.lower() not in REASONS}
        if crossing.recode is None:
            yield from _not_of_indicator(line, place, substantive, by_code.get(crossing.indicator_code))
        elif crossing.recode in sources:
            yield from _incomplete(line, place, substantive, sources[crossing.recode] | stray)


_Offered = dict[tuple[str, int, str], tuple[str, Mapping[str, str]]]
"""By instrument, version and item: the name of the question, and its answer codes with their labels, if any."""


def _of_workbooks(settings: Settings) -> _Offered:
    return {
        (instrument.code, version.version, sheet.item_of(field)): (sheet.item_of(field), _allowed(field))
        for instrument in settings.instruments
        for version in instrument.versions
        for sheet in version.sheets
        for field in sheet.fields
    }


def _allowed(field: AskedField) -> dict[str, str]:
    return dict.fromkeys(field.allowed_values, "")


def _of_surveys(questionnaires: Mapping[tuple[str, int], Questionnaire]) -> _Offered:
    offered: _Offered = {}
    for (instrument_code, version), questionnaire in questionnaires.items():
        by_code = {question.code: question for question in questionnaire.questions}
        for item, field in fields_of(questionnaire).items():
            question = by_code[field.question_code or ""]
            offered[instrument_code, version, item] = (question.code, _answers(question, field))
    return offered


def _answers(question: Question, field: Field) -> Mapping[str, str]:
    """Return the codes that a field may hold, with their labels; blank only where the server gives it a meaning."""
    own = _OWN_ANSWERS.get(question.letter, {}) if field.part is Part.VALUE else {}
    return codes_in(question, field) or own


def _incomplete(
    line: Located[CrosswalkLine], place: str, answers: Mapping[str, str], sources: set[str]
) -> Iterator[Mistake]:
    missing = {code: label for code, label in answers.items() if code not in sources}
    if missing:
        found = f"recode {shown(line.value.recode)} incomplete: it lacks {_shown(missing)}"
        expected = f"a line of recodes.csv for each answer to {place}"
        yield Mistake(line.file, line.line, found, expected, nearest(next(iter(missing)), sources))


def _not_of_indicator(
    line: Located[CrosswalkLine], place: str, answers: Mapping[str, str], indicator: Indicator | None
) -> Iterator[Mistake]:
    """Yield a mistake for answers without a recode that are not values of their indicator."""
    if indicator is None:
        return
    unusable = {code: label for code, label in answers.items() if code and not _is_value(indicator, code)}
    if unusable:
        found = f"no recode, and answers to {place} that are no value of {indicator.indicator_code}: {_shown(unusable)}"
        values = "a number" if indicator.kind.is_numeric else f"one of {', '.join(indicator.choices)}"
        yield Mistake(line.file, line.line, found, f"a recode that makes each of them {values}")


def _is_value(indicator: Indicator, code: str) -> bool:
    if indicator.kind.is_numeric:
        return NUMBER.fullmatch(code) is not None
    return indicator.kind is not IndicatorKind.CHOICE or code in indicator.choices


def _shown(answers: Mapping[str, str]) -> str:
    return ", ".join(f"{code or 'a blank'} ({label})" if label else code for code, label in answers.items())
