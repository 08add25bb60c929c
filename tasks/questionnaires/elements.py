"""Convert a questionnaire to and from elements: the lines of its file and the rows of its warehouse table."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from schemas.enums import ElementKind
from schemas.questionnaire import Element
from tasks.questionnaires.questionnaire import Question, Questionnaire, QuestionPart


def elements_of(questionnaire: Questionnaire) -> tuple[Element, ...]:
    """Return one element per question, subquestion or option and language, in the order of the questionnaire.

    The languages of one question, subquestion or option are adjacent, the base language first.
    """
    return tuple(
        element for question in questionnaire.questions for element in _of_question(question, questionnaire.languages)
    )


def _of_question(question: Question, languages: Sequence[str]) -> Iterator[Element]:
    def in_languages(
        kind: ElementKind, code: str, scale: int, position: int, texts: Mapping[str, str]
    ) -> Iterator[Element]:
        for language in languages:
            yield Element(
                element=kind,
                question_code=question.code,
                code=code,
                scale=scale,
                position=position,
                letter=question.letter,
                has_other=question.has_other,
                language=language,
                text=texts.get(language, ""),
            )

    yield from in_languages(ElementKind.QUESTION, "", 0, question.position, question.texts)
    for sub in question.subquestions:
        yield from in_languages(ElementKind.SUBQUESTION, sub.code, sub.scale_id, sub.position, sub.texts)
    for option in question.options:
        yield from in_languages(ElementKind.OPTION, option.code, option.scale_id, option.position, option.texts)


def questionnaire_of(elements: Iterable[Element]) -> Questionnaire:
    """Return the questionnaire that elements describe, without version and server numbers.

    Subquestions and options of a question that has no element of its own are dropped.
    """
    languages: dict[str, None] = {}
    heads: dict[str, Element] = {}
    texts: dict[str, dict[str, str]] = {}
    parts: dict[tuple[str, ElementKind], dict[tuple[int, str], tuple[int, dict[str, str]]]] = {}
    for element in elements:
        languages.setdefault(element.language)
        if element.element is ElementKind.QUESTION:
            heads.setdefault(element.question_code, element)
            texts.setdefault(element.question_code, {})[element.language] = element.text
        else:
            of_question = parts.setdefault((element.question_code, element.element), {})
            _, wordings = of_question.setdefault((element.scale, element.code), (element.position, {}))
            wordings[element.language] = element.text

    def parts_of(code: str, kind: ElementKind) -> tuple[QuestionPart, ...]:
        found = parts.get((code, kind), {}).items()
        listed = (QuestionPart(own, scale, position, words) for (scale, own), (position, words) in found)
        return tuple(sorted(listed, key=lambda part: (part.scale_id, part.position)))

    questions = (
        Question(
            code=code,
            letter=head.letter,
            position=head.position,
            texts=texts[code],
            has_other=head.has_other,
            subquestions=parts_of(code, ElementKind.SUBQUESTION),
            options=parts_of(code, ElementKind.OPTION),
        )
        for code, head in heads.items()
    )
    return Questionnaire(tuple(languages), tuple(sorted(questions, key=lambda question: question.position)))
