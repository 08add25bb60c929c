"""Questionnaires for the tests: fetch them from the simulator over HTTP, map them by a crosswalk, edit them."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from running import EXAMPLE, USER

from schemas.enums import ElementKind
from schemas.programme import Programme
from schemas.programme_tables import CrosswalkLine, RecodeLine
from schemas.questionnaire import Element
from tasks.limesurvey import LimeSurvey
from tasks.programme import read_programme
from tasks.questionnaires.elements import elements_of, questionnaire_of
from tasks.questionnaires.response_columns import codes_in, fields_of
from tasks.simulator import State, Survey, serve

SURVEYS = Path(__file__).parent / "data" / "limesurvey" / "surveys"
INSTRUMENT, VERSION = "suivi", 1

Elements = tuple[Element, ...]


def fetched(name: str) -> Elements:
    """Return the questionnaire of a recorded survey, as the client reads it."""
    survey = Survey.from_lss(SURVEYS / name)
    with (
        serve(State([survey], [USER])) as simulator,
        LimeSurvey(simulator.url, username=USER.name, password=USER.password) as server,
    ):
        return elements_of(server.questionnaire(survey.sid))


def programme_mapping(elements: Sequence[Element], items: Iterable[str] | None = None) -> Programme:
    """Return a programme whose crosswalk maps these items, by default all.

    An item with answer options has a recode, which maps each code to `v_<code>`.
    """
    questionnaire = questionnaire_of(elements)
    questions = {question.code: question for question in questionnaire.questions}
    fields = fields_of(questionnaire)
    lines: list[CrosswalkLine] = []
    codes: dict[tuple[str, str], None] = {}
    for place, (item, field) in enumerate(fields.items()):
        if items is not None and item not in items:
            continue
        offered = codes_in(questions[str(field.question_code)], field)
        recode = f"r_{field.question_code}" if offered else None
        codes.update({(f"r_{field.question_code}", code): None for code in offered})
        lines.append(
            CrosswalkLine(
                instrument_code=INSTRUMENT, version=VERSION, item=item, indicator_code=f"i{place}", recode=recode
            )
        )
    recodes = [RecodeLine(recode=recode, source_value=code, value=f"v_{code}") for recode, code in codes]
    return read_programme(EXAMPLE).model_copy(update={"crosswalk": lines, "recodes": recodes})


def edited(elements: Elements, which: Callable[[Element], bool], **values: Any) -> Elements:
    """Return the elements, with changed values in those that `which` selects."""
    return tuple(e.model_copy(update=values) if which(e) else e for e in elements)


def without(elements: Elements, which: Callable[[Element], bool]) -> Elements:
    """Return the elements that `which` does not select."""
    return tuple(e for e in elements if not which(e))


def question(code: str, language: str | None = None) -> Callable[[Element], bool]:
    """Select the rows of a question itself."""
    return lambda e: e.element is ElementKind.QUESTION and e.question_code == code and language in (None, e.language)


def everything_of(code: str) -> Callable[[Element], bool]:
    """Select the rows of a question, its subquestions and its options."""
    return lambda e: e.question_code == code


def part(question_code: str, code: str, language: str | None = None) -> Callable[[Element], bool]:
    """Select the rows of a subquestion or option."""
    return lambda e: e.question_code == question_code and e.code == code and language in (None, e.language)
