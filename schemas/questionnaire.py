"""A questionnaire as a flat table: one row per question, subquestion or option and language."""

from pydantic import BaseModel, ConfigDict, Field

from schemas.enums import ElementKind


class Element(BaseModel):
    """A question, subquestion or option in one language.

    It is a line of `questionnaires/<instrument>-<version>.csv` and a row of the table of questionnaires.

    Attributes:
        element: Question, subquestion or option.
        question_code: The question, or the one that the subquestion or option belongs to.
        code: Code of the subquestion or option; empty for a question.
        scale: 1 for a column of an array of numbers or texts and for an option of the second scale of a dual-scale
            question, else 0.
        position: From 1: the place of a question in the questionnaire, of a subquestion or option within its question
            and scale.
        letter: LimeSurvey's letter of the question type, repeated on each row of the question.
        has_other: True if the question accepts an answer that is not listed, repeated on each row of the question.
        language: LimeSurvey's code of the language, such as `fr`.
        text: The wording without markup, in one line with single spaces.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    element: ElementKind
    question_code: str
    code: str = ""
    scale: int = Field(default=0, ge=0)
    position: int = Field(ge=1)
    letter: str
    has_other: bool = False
    language: str
    text: str
