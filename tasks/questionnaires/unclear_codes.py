"""Find question codes under which an export is ambiguous: those of its own columns, and those of two questions."""

from collections import Counter

from tasks.questionnaires.questionnaire import Questionnaire
from tasks.questionnaires.response_columns import fields_of, fields_of_question

SYSTEM_HEADINGS = frozenset(
    {"id", "submitdate", "lastpage", "startlanguage", "seed", "token", "startdate", "datestamp", "ipaddr", "refurl"}
)
"""The columns of an export that describe the response itself. `ipaddr` and `refurl` are never used."""
ANOTHER_CODE = "another code, also in LimeSurvey: its export uses this one for a column of its own"
"""What is expected instead of a reserved code."""


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
        are, them = ("a question has the code", "it") if len(reserved) == 1 else ("questions have the codes", "them")
        found = f"{are} {', '.join(reserved)}, which LimeSurvey's export uses for columns of its own"
    elif repeated := repeated_headings(questionnaire):
        found, them = f"two questions or subquestions have the code {', '.join(repeated)}", "one of them"
    else:
        return None
    return (
        f"{found}. Expected other codes: an answer could be taken for another value. "
        f"Rename {them} in LimeSurvey and in the programme folder."
    )
