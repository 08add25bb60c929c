"""Validate returns with Great Expectations: one suite for each instrument version, for all its new returns at once."""

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
from schemas.own_expectations import OwnExpectation
from schemas.programme import Programme
from tasks.records import Answer, Finding, ReturnVersion
from tasks.validation import messages
from tasks.validation.counts import Counted, Validated, counted, counted_cells
from tasks.validation.distinct_answers import distinct_answers
from tasks.validation.gx import great_expectations


class CheckCrashedError(EssaimError):
    """A check of Great Expectations raised an error instead of returning a result."""


_AS_NUMBER = "{item} as a number"
_WITHOUT_REASON = "{item} without nc and ne"
_IS_GIVEN = "expect_column_values_to_not_be_null"
_ENOUGH = "{item} where {counted} counts"
_TIMES = "{item} as times the last"
_LAST = "{item} the last time"
_A_PAIR = 2
_ENGLISH = NullTranslations()
"""The language of Data Docs, which whoever runs Essaim reads."""
_PLACE = "place in the suite"


def check_returns(
    returns: Sequence[ReturnVersion],
    programme: Programme,
    language: NullTranslations,
    before: Mapping[str, Mapping[str, float]] = MappingProxyType({}),
    validated: list[Validated] | None = None,
) -> tuple[ReturnVersion, ...]:
    """Validate the answers of returns, and add the findings to each.

    Items with a finding from reading are not validated, nor are returns without answers.

    Args:
        returns: The returns, of any instrument versions.
        programme: The programme.
        language: The language of the findings.
        before: The last number that was reported before, by expected return and item.
        validated: A list to which the counts are added.

    Returns:
        The returns in the given order. Findings from reading come before those from here.

    Raises:
        EssaimError: A check crashed, or gave no result.
    """
    groups: dict[tuple[str, int], list[ReturnVersion]] = defaultdict(list)
    for received in returns:
        groups[received.instrument_code, received.instrument_version].append(received)
    found: dict[str, list[Finding]] = defaultdict(list)
    counts: list[Validated] = [] if validated is None else validated
    for (instrument_code, number), every in groups.items():
        group = [received for received in every if received.answers]
        read = ((received.expected_return_id, finding) for received in every for finding in received.findings)
        cells = counted_cells(read, _declared(programme, instrument_code, number))
        counts.append(Validated(instrument_code, number, len(every) - len(group), cells=cells))
        answers = [{answer.item: answer for answer in received.answers} for received in group]
        items = dict.fromkeys(item for row in answers for item in row)
        columns = {item: [row[item].value_text if item in row else None for row in answers] for item in items}

        def locate(row: int, item: str, answers: Sequence[Mapping[str, Answer]] = answers) -> str:
            return answers[row][item].location if item in answers[row] else item

        texts = pa.table({item: pa.array(column, pa.string()) for item, column in columns.items()})
        last = [before.get(received.expected_return_id, {}) for received in group]
        checked = check_items(
            texts,
            [received.expected_return_id for received in group],
            locate,
            programme,
            instrument_code,
            number,
            language,
            last,
            validated=counts,
        )
        for row, finding in checked:
            if finding.item not in {earlier.item for earlier in group[row].findings}:
                found[group[row].return_id].append(finding)
    return tuple(replace(r, findings=(*r.findings, *found.get(r.return_id, ()))) for r in returns)


Locate = Callable[[int, str], str]
"""Returns the location of an item of a row, such as `Bilan!B7`."""


def check_items(
    items: pa.Table,
    returns: Sequence[str],
    locate: Locate,
    programme: Programme,
    instrument_code: str,
    number: int,
    language: NullTranslations,
    before: Sequence[Mapping[str, float]] = (),
    validated: list[Validated] | None = None,
) -> Iterator[tuple[int, Finding]]:
    """Validate returns of one instrument version.

    Args:
        items: A row for each return and a column of texts for each item. A missing column is an item without answers.
        returns: The id of the expected return of each row; empty where that is not known.
        locate: Returns the location of an item of a row.
        programme: The programme.
        instrument_code: The instrument.
        number: Its version.
        language: The language of the findings.
        before: The last number that was reported before, for each row by item.
        validated: A list to which the counts are added.

    Yields:
        The row and the finding.

    Raises:
        EssaimError: A check crashed, or gave no result.
    """
    instrument = programme.instrument_by_code[instrument_code]
    version = next(v for v in instrument.versions if v.version == number)
    expected, count = list(expectations(programme, instrument_code, version)), len(returns)
    if not expected or not count:
        return
    name = f"{instrument_code} version {number}"
    texts = _Texts(_with_last_numbers(items, expected, before), count)
    # Each distinct answer is checked once, beside the answer that it is compared with.
    items_of_each = [_items_of(rule) for rule in expected]
    checked = dict.fromkeys(item for rule_items in items_of_each for item in rule_items)
    pairs = [pair for pair in items_of_each if len(pair) == _A_PAIR]
    different = distinct_answers(pa.table({item: texts.column(item) for item in checked}), pairs)
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
        # Results are grouped by column, not in the order of the suite.
        rule = expected[result.expectation_config.meta[_PLACE]]
        if result.exception_info and _crashed(result.exception_info):
            raise CheckCrashedError(
                f"The check {type(rule).__name__} of {rule.item} in {name} crashed: {result.exception_info}."
            )
        rows = different.rows(rule.item, result.result.get("unexpected_index_list") or ())
        place = result.expectation_config.meta[_PLACE]
        failed = (returns[row] for row in rows)
        counts.append(
            counted(result.expectation_config, place, count, len(rows), rule.item, _in_words(rule, _ENGLISH), failed)
        )
        for row in rows:
            yield row, _finding(rule, row, texts, locate, language)
    if validated is not None:
        validated.append(Validated(instrument_code, number, count, tuple(counts)))


def _declared(programme: Programme, instrument_code: str, number: int) -> frozenset[str]:
    """Return the items and sheets that the programme declares."""
    version = next(v for v in programme.instrument_by_code[instrument_code].versions if v.version == number)
    of_sheets = (sheet.item_of(field) for sheet in version.sheets for field in sheet.fields)
    return frozenset((*of_sheets, *(f"{sheet.name}!" for sheet in version.sheets)))


@dataclass(frozen=True, slots=True)
class _Texts:
    """The answers as given: a row for each return, a column for each item."""

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
    import pandas as pd  # takes a second to import

    # An empty text is an answer only where a recode maps it: an unticked box.
    blank_is_an_answer = {rule.item for rule in expected if isinstance(rule, IsOneOf) and "" in rule.values}
    columns: dict[str, Any] = {}
    for rule in expected:
        for item in _items_of(rule):
            if item not in columns:
                plain = _plain(texts.column(item), is_blank_an_answer=item in blank_is_an_answer)
                columns[item] = pd.Series(plain.to_pylist(), dtype="object")
                columns[_AS_NUMBER.format(item=item)] = pd.Series(numbers_of(plain).to_pylist(), dtype="float64")
                columns[_WITHOUT_REASON.format(item=item)] = columns[item].where(~columns[item].isin(REASONS))
    for rule in expected:
        number = columns[_AS_NUMBER.format(item=rule.item)]
        if isinstance(rule, IsEnough):
            counted = columns[_AS_NUMBER.format(item=rule.counted)] > 0
            columns[_ENOUGH.format(item=rule.item, counted=rule.counted)] = number.where(counted)
        elif isinstance(rule, HasChanged):
            columns[_TIMES.format(item=rule.item)] = (
                number / columns[_AS_NUMBER.format(item=_LAST.format(item=rule.item))]
            )
    return pd.DataFrame(columns)


def _with_last_numbers(
    items: pa.Table, expected: Iterable[Expected], before: Sequence[Mapping[str, float]]
) -> pa.Table:
    """Append the numbers reported before, for the rules that compare with them; null for 0, which has no ratio."""
    for rule in expected:
        if isinstance(rule, HasChanged) and before:
            last = [format(numbers[rule.item], "f") if numbers.get(rule.item) else None for numbers in before]
            items = items.append_column(_LAST.format(item=rule.item), pa.array(last, pa.string()))
    return items


def _items_of(rule: Expected) -> tuple[str, ...]:
    match rule:
        case IsAtMost(item, limit):
            return item, limit
        case IsEnough(item, _, counted):
            return item, counted
        case HasChanged(item):
            return item, _LAST.format(item=item)
        case OwnExpectation():
            return rule.items
        case _:
            return (rule.item,)


def _plain(texts: pa.ChunkedArray, *, is_blank_an_answer: bool) -> pa.ChunkedArray:
    """Normalise answers as the views do: trim spaces of every kind, and lower the case of reasons."""
    for space in ("\u00a0", "\u202f"):
        texts = pc.replace_substring(texts, space, " ")
    texts = pc.utf8_trim(texts, " ")
    small = pc.utf8_lower(texts)
    texts = pc.if_else(pc.is_in(small, pa.array(REASONS)), small, texts)
    return texts if is_blank_an_answer else pc.if_else(pc.equal(texts, ""), pa.scalar(None, pa.string()), texts)


def _expectation(rule: Expected, place: int) -> Any:
    gxe: Any = importlib.import_module("great_expectations.expectations")
    meta = {_PLACE: place}
    match rule:
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
        case OwnExpectation():
            name = "".join(part.capitalize() for part in rule.type.split("_"))
            columns = [_own_column(rule, item) for item in rule.items]
            about: dict[str, Any] = (
                {"column": columns[0]}
                if rule.other is None
                else {"column_A": columns[0], "column_B": columns[1], "ignore_row_if": "either_value_is_missing"}
            )
            severity = _GX_SEVERITY[rule.severity]
            return getattr(gxe, name)(meta=meta, severity=severity, notes=rule.words, **about, **rule.arguments)


def _own_column(rule: OwnExpectation, item: str) -> str:
    """Return the column of an item that an expectation of the programme's own is evaluated on."""
    if rule.is_of_numbers:
        return _AS_NUMBER.format(item=item)
    return item if rule.type == _IS_GIVEN else _WITHOUT_REASON.format(item=item)


def _in_words(rule: Expected, language: NullTranslations) -> str:
    """Word an expectation without the answers that it compares."""
    _ = language.gettext
    match rule:
        case IsText(_item, _pattern, kind):
            return messages.of_kind(kind, language)
        case IsWithin(_item, minimum, maximum):
            return messages.within(minimum, maximum, language)
        case IsOneOf(_item, values):
            return messages.one_of(values, language)
        case IsAtMost(_item, limit):
            return f"at most the value of {limit}"
        case IsEnough(_item, minimum, counted):
            return _("at least {minimum}, for {location} to count").format(minimum=f"{minimum:g}", location=counted)
        case HasChanged(_item, least, most):
            return f"{messages.within(least, most, language)} times the value of the last time"
        case IsAnswered():
            return _("an answer, or nc")
        case OwnExpectation():
            return rule.words


def _finding(rule: Expected, row: int, texts: _Texts, locate: Locate, language: NullTranslations) -> Finding:
    severity = Severity.WARNING if isinstance(rule, IsAnswered) else getattr(rule, "severity", Severity.ERROR)
    text = texts.at(row, rule.item)
    found = messages.found(text, language)
    expected = _expected(rule, row, texts, locate, language)
    check_name = rule.type if isinstance(rule, OwnExpectation) else type(rule).__name__
    return Finding(rule.item, locate(row, rule.item), check_name, severity, found, expected)


def _expected(rule: Expected, row: int, texts: _Texts, locate: Locate, language: NullTranslations) -> str:
    """Word what is expected of a return, for its sender: with the answers that it is compared with."""
    _ = language.gettext
    match rule:
        case IsAtMost(_item, limit):
            return _("at most {value}, the value in {location}").format(
                value=texts.at(row, limit), location=locate(row, limit)
            )
        case IsEnough():
            return _in_words(replace(rule, counted=locate(row, rule.counted)), language)
        case HasChanged(item, least, most):
            last = float(texts.at(row, _LAST.format(item=item)) or "nan")
            return _("{range}: it was {last} the last time; confirm it, or correct it").format(
                range=messages.within(
                    None if least is None else least * last, None if most is None else most * last, language
                ),
                last=f"{last:.10g}",
            )
        case _:
            return _in_words(rule, language)
