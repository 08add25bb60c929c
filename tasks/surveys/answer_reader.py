"""Read the answers to a survey that respondents type, as workbooks are read: one notation of numbers, days and reasons.

Answers that the server composes itself (codes of options, ticks, ranks) are taken as they are.
"""

# pyarrow.compute makes its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

from collections.abc import Collection, Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from schemas.enums import DecimalSign, IndicatorKind
from schemas.formats import (
    LONGEST_MISSING_WORD,
    PLAIN_DIGITS,
    PLAIN_NUMBER,
    Read,
    read_answer,
    seen,
)
from schemas.programme import Programme
from tasks.questionnaires.questionnaire import QuestionKind, Questionnaire
from tasks.questionnaires.response_columns import fields_of, holds_any_text, holds_plain_numbers

_TIME_ALONE = "1970-01-01"
"""The day of the answers to a question for a time alone, which is no day: its check reports it."""


@dataclass(frozen=True, slots=True)
class Misread:
    """An answer that could not be read.

    Attributes:
        row: Its row in the responses.
        item: Its item.
        kind: The kind of value that was expected.
        read: What was read of it.
    """

    row: int
    item: str
    kind: IndicatorKind
    read: Read


@dataclass(frozen=True, slots=True)
class _Item:
    """A mapped column, and what is expected in it.

    Attributes:
        heading: The heading of the column, which is the item of the crosswalk.
        kind: The kind of its values.
        choices: The values that its recode or its indicator declares; empty for none.
        decimal_sign: The declared decimal sign of what is typed.
        is_plain: Whether the server writes its numbers itself, with a decimal point.
        is_day: Whether the server writes its days itself.
        is_percentage: Whether its numbers are in percent.
    """

    heading: str
    kind: IndicatorKind
    choices: Collection[str]
    decimal_sign: DecimalSign | None
    is_plain: bool
    is_day: bool
    is_percentage: bool

    def are_read(self, texts: pa.ChunkedArray) -> pa.ChunkedArray:
        """Return, for each text, whether it is its own value, without reading it by itself."""
        if self.choices:
            return pc.is_in(texts, pa.array(sorted(self.choices), pa.string()))
        if self.kind.is_numeric:
            digits = PLAIN_NUMBER if self.is_plain and self.kind is IndicatorKind.NUMBER else PLAIN_DIGITS
            return pc.match_substring_regex(texts, f"^(?:{digits.pattern})$")
        is_long = pc.greater(pc.utf8_length(texts), LONGEST_MISSING_WORD)
        is_plain = pc.and_(pc.string_is_ascii(texts), pc.invert(pc.match_substring(texts, "\0")))
        return pc.and_(pc.and_(is_long, is_plain), self.kind is not IndicatorKind.DATE)

    def read(self, given: str) -> Read:
        """Read one text."""
        text = seen(given)
        if self.is_day and self.kind is IndicatorKind.DATE and not self.choices and text.startswith(_TIME_ALONE):
            return Read(text)
        is_plain = self.is_plain and PLAIN_NUMBER.fullmatch(text) is not None
        return read_answer(
            given,
            self.kind,
            self.choices,
            # A page that the server refused may hold what it would not have written itself.
            decimal_sign=DecimalSign.POINT if is_plain else None if self.is_plain else self.decimal_sign,
            is_percentage=self.is_percentage,
        )


class AnswerReader:
    """Reads the mapped answers of one instrument version.

    Args:
        questionnaire: The live questionnaire. The types of its questions decide how an answer is read.
        programme: The programme.
        instrument_code: The instrument.
        version: Its version.
    """

    def __init__(self, questionnaire: Questionnaire, programme: Programme, instrument_code: str, version: int) -> None:
        fields = fields_of(questionnaire)
        questions = {question.code: question for question in questionnaire.questions}
        decimal_sign = programme.instrument_by_code[instrument_code].decimal_sign
        self._items: dict[str, _Item] = {}
        for line in programme.crosswalk_of(instrument_code, version):
            field = fields.get(line.item)
            question = questions.get(field.question_code or "") if field else None
            if field is None or question is None:
                continue
            is_day = question.letter == QuestionKind.DATE
            if not (holds_any_text(question, field) or is_day):
                continue
            indicator = programme.indicator_by_code[line.indicator_code]
            self._items[line.item] = _Item(
                heading=line.item,
                kind=indicator.kind,
                choices=tuple(programme.recode_of(line.recode)) if line.recode else indicator.choices,
                decimal_sign=decimal_sign,
                is_plain=holds_plain_numbers(question, field),
                is_day=is_day,
                is_percentage=line.factor is None and "%" in (indicator.unit or ""),
            )

    @property
    def items(self) -> Collection[str]:
        """The items that are read."""
        return self._items.keys()

    def read(self, responses: pa.Table) -> pa.Table:
        """Return responses with each answer that can be read replaced by its value, and the others as they are."""
        for item, texts, reads in self._unread(responses):
            values = pa.array([None if (one := reads.get(text)) is None else one.text for text in texts], pa.string())
            place = responses.column_names.index(item.heading)
            column = pc.coalesce(values, responses.column(place).cast(pa.string()))
            responses = responses.set_column(place, item.heading, pa.chunked_array([column.combine_chunks()]))
        return responses

    def read_otherwise(self, responses: pa.Table, item: str) -> frozenset[int]:
        """Return the rows whose answer to an item cannot be read, or has another value than its own text."""
        return frozenset(
            row
            for _, texts, reads in self._unread(responses.select([item]))
            for row, text in enumerate(texts)
            if (read := reads.get(text)) is not None and (read.misreading is not None or read.text != text)
        )

    def misread(self, responses: pa.Table) -> Iterator[Misread]:
        """Yield the answers of responses that cannot be read, item by item."""
        for item, texts, reads in self._unread(responses):
            for row, text in enumerate(texts):
                read = reads.get(text)
                if read is not None and read.misreading is not None:
                    yield Misread(row, item.heading, item.kind, read)

    def _unread(self, responses: pa.Table) -> Iterator[tuple[_Item, list[str | None], dict[str | None, Read]]]:
        """Yield each item, its texts that are not their own value (None for the others), and what these say."""
        for item in self._items.values():
            if item.heading not in responses.column_names:
                continue
            texts = responses.column(item.heading).cast(pa.string())
            open_texts = pc.if_else(pc.fill_null(item.are_read(texts), True), pa.scalar(None, pa.string()), texts)
            if open_texts.null_count == len(open_texts):
                continue
            distinct = (text for text in pc.unique(open_texts).to_pylist() if text is not None)
            yield item, open_texts.to_pylist(), {text: item.read(text) for text in distinct}
