"""Checks returns with Great Expectations: one suite an instrument version, one validation of all its new returns."""

import importlib
import logging
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from gettext import NullTranslations
from typing import Any

from schemas.errors import EssaimError
from schemas.expectations import (
    REASONS,
    Expected,
    IsAnswered,
    IsAtMost,
    IsOneOf,
    IsText,
    IsWithin,
    expectations,
    number_of,
)
from schemas.programme import Programme
from schemas.states import IndicatorKind, Severity
from tasks.readings import Finding, Received

_AS_NUMBER = "{item} as a number"
_PLACE = "place in the suite"


def check_returns(
    returns: Sequence[Received], programme: Programme, language: NullTranslations
) -> tuple[Received, ...]:
    """The returns with what was found wrong in each, in the given order. Returns whose layout failed stay as they are.

    Raises:
        EssaimError: a check crashed, which says nothing about the data.
    """
    groups: dict[tuple[str, int], list[Received]] = defaultdict(list)
    for received in returns:
        if not received.is_quarantined:
            groups[received.instrument_code, received.instrument_version].append(received)
    found: dict[str, list[Finding]] = defaultdict(list)
    for (instrument_code, number), group in groups.items():
        instrument = programme.instrument_by_code[instrument_code]
        version = next(v for v in instrument.versions if v.version == number)
        expected = list(expectations(programme, instrument_code, version))
        for index, finding in _validate(f"{instrument_code} version {number}", group, expected, language):
            found[group[index].return_id].append(finding)
    return tuple(replace(r, findings=(*r.findings, *found.get(r.return_id, ()))) for r in returns)


def _validate(
    name: str, group: Sequence[Received], expected: Sequence[Expected], language: NullTranslations
) -> Iterator[tuple[int, Finding]]:
    if not expected:
        return
    gx = great_expectations()
    frame = _frame(group, expected)
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    suite = gx.ExpectationSuite(name=name, expectations=[_expectation(e, n) for n, e in enumerate(expected)])
    batch = (
        context.data_sources.add_pandas("returns")
        .add_dataframe_asset(name)
        .add_batch_definition_whole_dataframe("new")
        .get_batch({"dataframe": frame})
    )
    results = batch.validate(
        suite, result_format={"result_format": "COMPLETE", "include_unexpected_rows": False}
    ).results
    if len(results) != len(expected):
        raise EssaimError(f"The checks of {name} gave {len(results)} results; expected {len(expected)}.")
    for result in results:
        # They come grouped by column, not in the order of the suite.
        said = expected[result.expectation_config.meta[_PLACE]]
        if result.exception_info and _crashed(result.exception_info):
            raise EssaimError(
                f"The check {type(said).__name__} of {said.item} in {name} crashed: {result.exception_info}."
            )
        for index in result.result.get("unexpected_index_list") or ():
            yield int(index), _finding(said, group[int(index)], language)


def great_expectations() -> Any:
    """The library, imported when it is first used: that takes seconds."""
    # Read while it is imported: without it, usage data would be sent.
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx

    # This one sets its own level, to tell of temporary folders.
    logging.getLogger("great_expectations.data_context.types.base").setLevel(logging.WARNING)
    return gx


def _crashed(exception_info: Mapping[str, Any]) -> bool:
    entries: Iterable[Any] = [exception_info, *exception_info.values()]
    return any(isinstance(entry, Mapping) and entry.get("raised_exception") for entry in entries)


def _frame(group: Sequence[Received], expected: Sequence[Expected]) -> Any:
    import pandas as pd  # takes a second

    # An empty text is an answer only where a recode says what it means: a box that was left unticked.
    blank_is_an_answer = {said.item for said in expected if isinstance(said, IsOneOf) and "" in said.values}
    texts = [
        {a.item: _plain(a.value_text) for a in received.answers if a.value_text or a.item in blank_is_an_answer}
        for received in group
    ]
    columns: dict[str, Any] = {}
    for said in expected:
        items = (said.item, said.limit) if isinstance(said, IsAtMost) else (said.item,)
        for item in items:
            values = [text.get(item) for text in texts]
            columns[item] = pd.Series(values, dtype="object")
            columns[_AS_NUMBER.format(item=item)] = pd.Series([number_of(value) for value in values], dtype="float64")
    return pd.DataFrame(columns)


def _plain(text: str | None) -> str | None:
    """An answer as the views read it: no space of any kind at its ends, and the reasons in small letters."""
    if text is None:
        return None
    plain = text.replace("\u00a0", " ").replace("\u202f", " ").strip(" ")
    return plain.lower() if plain.lower() in REASONS else plain


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
        case IsAtMost(item, limit):
            return gxe.ExpectColumnPairValuesAToBeGreaterThanB(
                meta=meta,
                column_A=_AS_NUMBER.format(item=limit),
                column_B=_AS_NUMBER.format(item=item),
                or_equal=True,
                ignore_row_if="either_value_is_missing",
            )
        case IsAnswered(item):
            return gxe.ExpectColumnValuesToNotBeNull(meta=meta, column=item, severity="warning")


def _finding(said: Expected, received: Received, language: NullTranslations) -> Finding:
    answers = {answer.item: answer for answer in received.answers}
    answer = answers.get(said.item)
    severity = Severity.WARNING if isinstance(said, IsAnswered) else Severity.ERROR
    found = answer.value_text if answer and answer.value_text is not None else language.gettext("nothing")
    location = answer.location if answer else said.item
    return Finding(said.item, location, type(said).__name__, severity, found, _expected(said, answers, language))


def _expected(said: Expected, answers: Mapping[str, Any], language: NullTranslations) -> str:
    _ = language.gettext
    match said:
        case IsText(_item, _pattern, IndicatorKind.DATE):
            return _("a date, or nc")
        case IsText(_item, _pattern, IndicatorKind.COUNT):
            return _("a whole number, or nc")
        case IsText():
            return _("a number, or nc")
        case IsWithin(_item, minimum, None):
            return _("a number of at least {minimum}").format(minimum=_shown(minimum))
        case IsWithin(_item, None, maximum):
            return _("a number of at most {maximum}").format(maximum=_shown(maximum))
        case IsWithin(_item, minimum, maximum):
            return _("a number from {minimum} to {maximum}").format(minimum=_shown(minimum), maximum=_shown(maximum))
        case IsOneOf(_item, values):
            return _("one of: {values}").format(values=", ".join(value for value in values if value))
        case IsAtMost(_item, limit):
            other = answers[limit]
            return _("at most {value}, the value in {location}").format(value=other.value_text, location=other.location)
        case IsAnswered():
            return _("an answer, or nc")


def _shown(number: float | None) -> str:
    return "" if number is None else f"{number:g}" if abs(number) < 1e6 else str(int(number))
