"""The model of corrections.csv: answers that the programme's staff puts right, each with its reason and author."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import StringConstraints

from schemas.base import StrictModel
from schemas.programme_tables import Blank

_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


class CorrectionLine(StrictModel):
    """The correction of one answer: a line of corrections.csv.

    Attributes:
        expected_return_id: cohort/structure/occasion/instrument, with any code of the structure.
        respondent: Response id of a survey; None where one respondent answers.
        item: The exported question, or workbook item (`sheet!code`).
        old_value: The answer as it was given; empty for a blank.
        new_value: The answer that counts instead, as it would be written in the return; empty for a blank.
        reason: Why the answer was wrong.
        author: Who corrected it: one of the programme's staff, never a participant.
    """

    expected_return_id: _Text
    respondent: Annotated[str | None, Blank] = None
    item: Annotated[str, StringConstraints(min_length=1)]
    old_value: str
    new_value: str
    reason: _Text
    author: _Text


@dataclass(frozen=True, slots=True)
class Correction:
    """A valid line of corrections.csv, its values as the answers of returns are read.

    Attributes:
        expected_return_id: Id of the expected return, by the first code of the structure.
        respondent: Response id of a survey; empty where one respondent answers.
        item: The exported question, or workbook item (`sheet!code`).
        rank: Place among the corrections of the same answer, from 1: each continues from the one before.
        old_value: The answer that it corrects; empty for a blank.
        new_value: The answer that counts instead; empty for a blank.
        reason: Why the answer was wrong.
        author: Who corrected it.
        line: Line number in corrections.csv.
    """

    expected_return_id: str
    respondent: str
    item: str
    rank: int
    old_value: str
    new_value: str
    reason: str
    author: str
    line: int
