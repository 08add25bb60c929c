"""Find question codes under which an export is ambiguous: those of its own columns, and those of two questions."""

from collections import Counter

from tasks.questionnaires.questionnaire import Questionnaire
from tasks.questionnaires.response_columns import fields_of, fields_of_question

SYSTEM_HEADINGS = frozenset(
    {"id", "submitdate", "lastpage", "startlanguage", "seed", "token", "startdate", "datestamp", "ipaddr", "refurl"}
)
"""The columns of an export that describe the response itself. `ipaddr` and `refurl` are never used."""
RESERVED = "which LimeSurvey's export uses for its own columns"
"""Why a reserved code cannot be used, after the code."""
ANOTHER_CODE = (
    "another code than a column of the export: an answer could be taken for another value. "
    "Rename the question in LimeSurvey and in the programme folder"
)
"""What is expected instead of a reserved code, and what to do."""


def reserved_codes(questionnaire: Questionnaire) -> tuple[str, ...]:
    """Return the question codes that are also columns of the export itself, such as `seed` or `datestamp`.

    Such a heading is ambiguous: depending on the survey's settings its values are the answers to the question, or
    those of the export's own column.
    """
    return tuple(heading for heading in fields_of(questionnaire) if heading in SYSTEM_HEADINGS)


def repeated_headings(questionnaire: Questionnaire) -> tuple[str, ...]:
    """Return the headings under which two questions, or two subquestions of one, are exported."""
    headings = (field.heading for question in questionnaire.questions for field in fields_of_question(question))
    return tuple(heading for heading, count in Counter(headings).items() if count > 1)


def unclear_codes(questionnaire: Questionnaire) -> str | None:
    """Word why an export of a questionnaire is ambiguous, and what to do; None where it is not."""
    if reserved := reserved_codes(questionnaire):
        are = "a question has the code" if len(reserved) == 1 else "questions have the codes"
        return f"{are} {', '.join(reserved)}, {RESERVED}. Expected {ANOTHER_CODE}."
    if repeated := repeated_headings(questionnaire):
        return (
            f"two questions or subquestions have the code {', '.join(repeated)}. Expected different codes: an answer "
            "could be taken for another value. Rename one of them in LimeSurvey and in the programme folder."
        )
    return None
