"""Find out which responses answer their occasion, before the views exist.

There is one rule wherever occasions share a survey: a response answers its occasion once it was submitted, or once it
makes the return received, as `int_return_versions` computes it. Whether it must be corrected does not matter.
"""

# pyarrow.compute makes its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.enums import MissingReason
from schemas.formats import REASONS
from schemas.programme import Programme
from tasks.questionnaires.questionnaire import Questionnaire
from tasks.surveys.answer_reader import AnswerReader
from tasks.surveys.shown import Mask, are_explained

_WITHOUT_ANSWER = frozenset({MissingReason.UNEXPLAINED, MissingReason.NOT_SHOWN, MissingReason.UNKNOWN_IF_SHOWN})
_STATED = pa.array(REASONS)
"""What an answer is read as that states why there is no value."""


@dataclass(frozen=True, slots=True)
class AnsweringRule:
    """The rule that decides which responses to a survey answer their occasion.

    Attributes:
        questionnaire: The live questionnaire.
        reader: Reads the mapped answers.
        core_items: For each core item, the texts that its recode takes for an answer; None where any text is one.
    """

    questionnaire: Questionnaire
    reader: AnswerReader
    core_items: Mapping[str, frozenset[str] | None]

    @classmethod
    def of(cls, questionnaire: Questionnaire, programme: Programme, instrument_code: str, version: int) -> Self:
        """Return the rule of an instrument version."""
        core_items: dict[str, frozenset[str] | None] = {}
        for line in programme.crosswalk_of(instrument_code, version):
            indicator = programme.indicator_by_code[line.indicator_code]
            if indicator.is_core:
                lines = programme.recode_of(line.recode).items() if line.recode else ()
                answers = frozenset(text for text, one in lines if one.missing_reason not in _WITHOUT_ANSWER)
                core_items[line.item] = answers if line.recode else None
        reader = AnswerReader(questionnaire, programme, instrument_code, version)
        return cls(questionnaire, reader, core_items)

    def are_answers(self, page: pa.Table) -> Mask:
        """Return which responses of a page answer their occasion, row by row."""
        are_answers = pc.is_valid(page.column("submitdate")).to_numpy().copy()
        begun = np.flatnonzero(~are_answers)
        if len(begun):
            are_answers[begun] = self._are_complete(page.take(pa.array(begun)))
        return are_answers

    def _are_complete(self, responses: pa.Table) -> Mask:
        """Return which begun responses answer more than 80 % of the core items that they were shown."""
        read = self.reader.read(responses)
        asked = answered = np.zeros(responses.num_rows, np.int64)
        for item, answers in self.core_items.items():
            is_applicable = ~are_explained(responses, item, self.questionnaire)
            asked = asked + is_applicable
            if item in responses.column_names:
                answered = answered + (is_applicable & _are_given(read.column(item), answers))
        return answered * 10 > asked * 8


def _are_given(column: pa.ChunkedArray, answers: frozenset[str] | None) -> Mask:
    texts = pc.utf8_trim_whitespace(pc.cast(column, pa.string()))
    if answers is None:
        are_given = pc.not_equal(texts, "")
    else:
        is_recoded = pc.is_in(texts, value_set=pa.array(sorted(answers), pa.string()))
        are_given = pc.or_(is_recoded, pc.is_in(pc.utf8_lower(texts), value_set=_STATED))
    return pc.fill_null(are_given, False).to_numpy()
