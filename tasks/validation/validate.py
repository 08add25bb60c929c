"""Checks returns with Great Expectations: one suite an instrument version, one validation of all its new returns."""

# pyarrow.compute makes its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

import importlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from gettext import NullTranslations
from types import MappingProxyType
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from schemas.enums import Severity
from schemas.errors import EssaimError
from schemas.expectations import (
    Expected,
    HasChanged,
    IsAnswered,
    IsAtMost,
    IsEnough,
    IsOneOf,
    IsText,
    IsWithin,
    expectations,
    numbers_of,
)
from schemas.formats import REASONS
from schemas.programme import Programme
from tasks.records import Answer, Finding, ReturnVersion
from tasks.validation import messages as expected_words
from tasks.validation.counts import Counted, Validated, counted, counted_cells
from tasks.validation.distinct_answers import alike
from tasks.validation.gx import great_expectations


class CheckCrashedError(EssaimError):
    """A check crashed, which says nothing about the data."""


_AS_NUMBER = "{item} as a number"
_ENOUGH = "{item} where {counted} counts"
_TIMES = "{item} as times the last"
_LAST = "{item} the last time"
_A_PAIR = 2
_PLACE = "place in the suite"


def check_returns(
    returns: Sequence[ReturnVersion],
    programme: Programme,
    language: NullTranslations,
    before: Mapping[str, Mapping[str, float]] = MappingProxyType({}),
    validated: list[Validated] | None = None,
) -> tuple[ReturnVersion, ...]:
    """The returns with what was found wrong in each, in the given order. What was found while reading stands first.

    `before` are the numbers of the last occasion by expected return and item. What was counted is added to `validated`.

    An item that could not be read is not checked further, and a return without any answers not at all.

    Raises:
        EssaimError: a check crashed, which says nothing about the data.
    """
    groups: dict[tuple[str, int], list[ReturnVersion]] = defaultdict(list)
    for received in returns:
        groups[received.instrument_code, received.instrument_version].append(received)
    found: dict[str, list[Finding]] = defaultdict(list)
    counts: list[Validated] = [] if validated is None else validated
    for (instrument_code, number), every in groups.items():
        group = [received for received in every if received.answers]
        cells = counted_cells(every, _declared(programme, instrument_code, number))
        counts.append(Validated(instrument_code, number, len(every) - len(group), cells=cells))
        answers = [{answer.item: answer for answer in received.answers} for received in group]
        items = dict.fromkeys(item for row in answers for item in row)
        columns = {item: [row[item].value_text if item in row else None for row in answers] for item in items}

        def locate(row: int, item: str, answers: Sequence[Mapping[str, Answer]] = answers) -> str:
            return answers[row][item].location if item in answers[row] else item

        texts = pa.table({item: pa.array(column, pa.string()) for item, column in columns.items()})
        last = [before.get(received.expected_return_id, {}) for received in group]
        checked = check_items(
            texts, len(group), locate, programme, instrument_code, number, language, last, validated=counts
        )
        for row, finding in checked:
            if finding.item not in {one.item for one in group[row].findings}:
                found[group[row].return_id].append(finding)
    return tuple(replace(r, findings=(*r.findings, *found.get(r.return_id, ()))) for r in returns)


Locate = Callable[[int, str], str]
"""Where an item of a row stands, in words for a person."""


def check_items(
    items: pa.Table,
    count: int,
    locate: Locate,
    programme: Programme,
    instrument_code: str,
    number: int,
    language: NullTranslations,
    before: Sequence[Mapping[str, float]] = (),
    validated: list[Validated] | None = None,
) -> Iterator[tuple[int, Finding]]:
    """What is wrong in returns of one instrument version: each finding with the row that it is of.

    `items` has a row a return (`count` of them) and a column an item, of texts; an item without a column was answered
    by none. `before` are the numbers of the last occasion, for each row, by item. What was counted is added to
    `validated`.

    Raises:
        EssaimError: a check crashed, which says nothing about the data.
    """
    instrument = programme.instrument_by_code[instrument_code]
    version = next(v for v in instrument.versions if v.version == number)
    expected = list(expectations(programme, instrument_code, version))
    if not expected or not count:
        return
    name = f"{instrument_code} version {number}"
    texts = _Texts(_with_the_last(items, expected, before), count)
    # An answer is checked once, however many gave it, beside the one that it is compared with.
    together = [_items_of(said) for said in expected]
    checked = dict.fromkeys(item for items_of_one in together for item in items_of_one)
    different = alike(
        pa.table({item: texts.column(item) for item in checked}), [pair for pair in together if len(pair) == _A_PAIR]
    )
    gx = great_expectations()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    suite = gx.ExpectationSuite(name=name, expectations=[_expectation(e, n) for n, e in enumerate(expected)])
    batch = (
        context.data_sources.add_pandas("returns")
        .add_dataframe_asset(name)
        .add_batch_definition_whole_dataframe("new")
        .get_batch({"dataframe": _frame(_Texts(different.answers, different.answers.num_rows), expected)})
    )
    results = batch.validate(
        suite, result_format={"result_format": "COMPLETE", "include_unexpected_rows": False}
    ).results
    if len(results) != len(expected):
        raise EssaimError(f"The checks of {name} gave {len(results)} results; expected {len(expected)}.")
    counts: list[Counted] = []
    for result in results:
        # They come grouped by column, not in the order of the suite.
        said = expected[result.expectation_config.meta[_PLACE]]
        if result.exception_info and _crashed(result.exception_info):
            raise CheckCrashedError(
                f"The check {type(said).__name__} of {said.item} in {name} crashed: {result.exception_info}."
            )
        rows = different.rows(said.item, result.result.get("unexpected_index_list") or ())
        counts.append(counted(result.expectation_config, result.expectation_config.meta[_PLACE], count, len(rows)))
        for row in rows:
            yield row, _finding(said, row, texts, locate, language)
    if validated is not None:
        validated.append(Validated(instrument_code, number, count, tuple(counts)))


def _declared(programme: Programme, instrument_code: str, number: int) -> frozenset[str]:
    """The items that the programme folder names."""
    version = next(v for v in programme.instrument_by_code[instrument_code].versions if v.version == number)
    of_sheets = (sheet.item_of(field) for sheet in version.sheets for field in sheet.fields)
    return frozenset((*of_sheets, *(f"{sheet.name}!" for sheet in version.sheets)))


@dataclass(frozen=True, slots=True)
class _Texts:
    """What was answered, as it stood."""

    items: pa.Table
    count: int

    def column(self, item: str) -> pa.ChunkedArray:
        if item not in self.items.column_names:
            return pa.chunked_array([pa.nulls(self.count, pa.string())])
        return self.items.column(item).cast(pa.string())

    def at(self, row: int, item: str) -> str | None:
        answer = self.items.column(item)[row].as_py() if item in self.items.column_names else None
        return None if answer is None else str(answer)


_GX_SEVERITY = {Severity.ERROR: "critical", Severity.WARNING: "warning"}


def _crashed(exception_info: Mapping[str, Any]) -> bool:
    entries: Iterable[Any] = [exception_info, *exception_info.values()]
    return any(isinstance(entry, Mapping) and entry.get("raised_exception") for entry in entries)


def _frame(texts: _Texts, expected: Sequence[Expected]) -> Any:
    import pandas as pd  # takes a second

    # An empty text is an answer only where a recode says what it means: a box that was left unticked.
    blank_is_an_answer = {said.item for said in expected if isinstance(said, IsOneOf) and "" in said.values}
    columns: dict[str, Any] = {}
    for said in expected:
        for item in _items_of(said):
            if item not in columns:
                plain = _plain(texts.column(item), is_blank_an_answer=item in blank_is_an_answer)
                columns[item] = pd.Series(plain.to_pylist(), dtype="object")
                columns[_AS_NUMBER.format(item=item)] = pd.Series(numbers_of(plain).to_pylist(), dtype="float64")
    for said in expected:
        number = columns[_AS_NUMBER.format(item=said.item)]
        if isinstance(said, IsEnough):
            counted = columns[_AS_NUMBER.format(item=said.counted)] > 0
            columns[_ENOUGH.format(item=said.item, counted=said.counted)] = number.where(counted)
        elif isinstance(said, HasChanged):
            columns[_TIMES.format(item=said.item)] = (
                number / columns[_AS_NUMBER.format(item=_LAST.format(item=said.item))]
            )
    return pd.DataFrame(columns)


def _with_the_last(items: pa.Table, expected: Iterable[Expected], before: Sequence[Mapping[str, float]]) -> pa.Table:
    """The answers, and the numbers of the last occasion where one is compared with them; none was 0."""
    for said in expected:
        if isinstance(said, HasChanged) and before:
            last = [format(one[said.item], "f") if one.get(said.item) else None for one in before]
            items = items.append_column(_LAST.format(item=said.item), pa.array(last, pa.string()))
    return items


def _items_of(said: Expected) -> tuple[str, ...]:
    match said:
        case IsAtMost(item, limit):
            return item, limit
        case IsEnough(item, _, counted):
            return item, counted
        case HasChanged(item):
            return item, _LAST.format(item=item)
        case _:
            return (said.item,)


def _plain(texts: pa.ChunkedArray, *, is_blank_an_answer: bool) -> pa.ChunkedArray:
    """Answers as the views read them: no space of any kind at their ends, and the reasons in small letters."""
    for space in ("\u00a0", "\u202f"):
        texts = pc.replace_substring(texts, space, " ")
    texts = pc.utf8_trim(texts, " ")
    small = pc.utf8_lower(texts)
    texts = pc.if_else(pc.is_in(small, pa.array(REASONS)), small, texts)
    return texts if is_blank_an_answer else pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)


def _expectation(said: Expected, place: int) -> Any:
    gxe: Any = importlib.import_module("great_expectations.expectations")
    meta = {_PLACE: place}
    match said:
        case IsText(item, pattern, _):
            return gxe.ExpectColumnValuesToMatchRegex(meta=meta, column=item, regex=pattern)
        case IsWithin(item, minimum, maximum):
            column = _AS_NUMBER.format(item=item)
            return gxe.ExpectColumnValuesToBeBetween(meta=meta, column=column, min_value=minimum, max_value=maximum)
        case IsOneOf(item, values):
            return gxe.ExpectColumnValuesToBeInSet(meta=meta, column=item, value_set=list(values))
        case IsEnough(item, minimum, counted, severity):
            column = _ENOUGH.format(item=item, counted=counted)
            return gxe.ExpectColumnValuesToBeBetween(
                meta=meta, column=column, min_value=minimum, severity=_GX_SEVERITY[severity]
            )
        case HasChanged(item, least, most, severity):
            column = _TIMES.format(item=item)
            return gxe.ExpectColumnValuesToBeBetween(
                meta=meta, column=column, min_value=least, max_value=most, severity=_GX_SEVERITY[severity]
            )
        case IsAtMost(item, limit, severity):
            return gxe.ExpectColumnPairValuesAToBeGreaterThanB(
                meta=meta,
                column_A=_AS_NUMBER.format(item=limit),
                column_B=_AS_NUMBER.format(item=item),
                or_equal=True,
                ignore_row_if="either_value_is_missing",
                severity=_GX_SEVERITY[severity],
            )
        case IsAnswered(item):
            return gxe.ExpectColumnValuesToNotBeNull(meta=meta, column=item, severity="warning")


def _finding(said: Expected, row: int, texts: _Texts, locate: Locate, language: NullTranslations) -> Finding:
    severity = Severity.WARNING if isinstance(said, IsAnswered) else getattr(said, "severity", Severity.ERROR)
    text = texts.at(row, said.item)
    found = expected_words.found(text, language)
    expected = _expected(said, row, texts, locate, language)
    return Finding(said.item, locate(row, said.item), type(said).__name__, severity, found, expected)


def _expected(said: Expected, row: int, texts: _Texts, locate: Locate, language: NullTranslations) -> str:
    _ = language.gettext
    match said:
        case IsText(_item, _pattern, kind):
            return expected_words.of_kind(kind, language)
        case IsWithin(_item, minimum, maximum):
            return expected_words.within(minimum, maximum, language)
        case IsOneOf(_item, values):
            return expected_words.one_of(values, language)
        case IsAtMost(_item, limit):
            return _("at most {value}, the value in {location}").format(
                value=texts.at(row, limit), location=locate(row, limit)
            )
        case IsEnough(_item, minimum, counted):
            return _("at least {minimum}, for {location} to count").format(
                minimum=f"{minimum:g}", location=locate(row, counted)
            )
        case HasChanged(item, least, most):
            last = float(texts.at(row, _LAST.format(item=item)) or "nan")
            return _("{range}: it was {last} the last time; confirm it, or correct it").format(
                range=expected_words.within(
                    None if least is None else least * last, None if most is None else most * last, language
                ),
                last=f"{last:.10g}",
            )
        case IsAnswered():
            return _("an answer, or nc")
