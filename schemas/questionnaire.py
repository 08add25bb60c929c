"""What a questionnaire asks, flat: one row a question, subquestion or option, in one language."""

from pydantic import BaseModel, ConfigDict, Field

from schemas.enums import ElementKind


class Element(BaseModel):
    """One thing that a questionnaire asks, in one language: a line of `questionnaires/<instrument>-<version>.csv`.

    `code` is the subquestion's or the option's, empty for a question. `scale` is 1 for the columns of an array of
    numbers or texts and for the second scale of a two-scale question, else 0. `position` counts from 1: a question's
    place in the questionnaire, a subquestion's or an option's within its question and scale. `letter` and `has_other`
    are the question's, on each of its rows; the letter is LimeSurvey's. `text` has no markup, and one space at a time.
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
