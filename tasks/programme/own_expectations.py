"""Read and check the expectations that a programme declares beside Essaim's: files of Great Expectations.

They are `expectations/<instrument>.json`, each a suite as Great Expectations writes it.
"""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from schemas.enums import Severity
from schemas.errors import Mistake
from schemas.own_expectations import OF_ONE, OF_TWO, OwnExpectation
from schemas.programme import Settings
from schemas.programme_tables import CrosswalkLine
from tasks.programme.files import texts_of
from tasks.programme.spellings import nearest, shown
from tasks.programme.tables import Table

FOLDER = "expectations"
_SEVERITIES = {"critical": Severity.ERROR, "warning": Severity.WARNING, "info": Severity.WARNING}
_IGNORED = frozenset({"id", "meta", "rendered_content", "description", "windows", "domain"})
_LIMITS = ("min_value", "max_value")
_YES_NO = ("strict_min", "strict_max", "or_equal")


def expectation_texts(folder: Path, mistakes: list[Mistake]) -> dict[str, str]:
    """Read the contents of the files of expectations.

    Args:
        folder: The programme folder.
        mistakes: The list to which mistakes are appended.

    Returns:
        Contents by path relative to the programme folder; empty without a folder `expectations`.
    """
    expected = "a folder with a file for each instrument, such as survey.json"
    starts_with = 'a suite of Great Expectations, such as {"expectations": []}'
    return texts_of(folder, FOLDER, ".json", mistakes, expected=expected, starts_with=starts_with)


def read_expectations(
    texts: Mapping[str, str], settings: Settings | None, crosswalk: Table[CrosswalkLine], mistakes: list[Mistake]
) -> dict[str, tuple[OwnExpectation, ...]]:
    """Parse files of expectations.

    Args:
        texts: Contents by path relative to the programme folder.
        settings: The programme's settings; None if they could not be read.
        crosswalk: The crosswalk, whose items answers are read for.
        mistakes: The list to which mistakes are appended.

    Returns:
        The expectations of each instrument, by its code.
    """
    read: dict[str, tuple[OwnExpectation, ...]] = {}
    for name, text in texts.items():
        if settings is None or not text:
            continue
        code = name.removeprefix(f"{FOLDER}/").rpartition(".")[0]
        codes = [instrument.code for instrument in settings.instruments]
        if code not in codes:
            expected = f"one of {', '.join(f'{one}.json' for one in codes)}"
            close = nearest(code, codes)
            mistakes.append(Mistake(name, 0, f"expectations of no instrument {shown(code)}", expected, close))
            continue
        items = _items(settings, code, crosswalk)
        found: list[OwnExpectation] = []
        for place, entry in enumerate(_entries(name, text, mistakes), start=1):
            wrong = list(_wrong(name, place, entry, items))
            mistakes.extend(wrong)
            if not wrong:
                found.append(_expectation(cast("dict[str, Any]", entry)))
        read[code] = tuple(found)
    return read


def _items(settings: Settings, code: str, crosswalk: Table[CrosswalkLine]) -> list[str]:
    """Return the items of an instrument of which a return has one answer each."""
    (instrument,) = (one for one in settings.instruments if one.code == code)
    in_rows = {s.item_of(c) for v in instrument.versions for s in v.sheets for c in s.columns}
    asked = (s.item_of(item) for v in instrument.versions for s in v.sheets for item in s.items)
    crossed = (line.value.item for line in crosswalk if line.value.instrument_code == code)
    return [item for item in dict.fromkeys((*asked, *crossed)) if item not in in_rows]


def _entries(name: str, text: str, mistakes: list[Mistake]) -> list[object]:
    expected = 'a suite as Great Expectations writes it: {"expectations": [{"type": …, "kwargs": {…}, "notes": …}]}'
    try:
        suite: object = json.loads(text)
    except json.JSONDecodeError as error:
        mistakes.append(Mistake(name, error.lineno, f"text that is not JSON from column {error.colno} on", expected))
        return []
    entries = cast("dict[str, object]", suite).get("expectations") if isinstance(suite, dict) else None
    if not isinstance(entries, list):
        mistakes.append(Mistake(name, 0, "no list of expectations", expected))
        return []
    return cast("list[object]", entries)


def _wrong(name: str, place: int, entry: object, items: Collection[str]) -> Iterator[Mistake]:
    """Yield the mistakes of one entry of a suite."""
    where = f"expectation {place}"
    if not isinstance(entry, dict):
        yield Mistake(name, 0, f"{where}: {shown(entry)}", 'an expectation, such as {"type": …, "kwargs": {…}}')
        return
    given = cast("dict[str, Any]", entry)
    types = {**OF_ONE, **OF_TWO}
    kind: object = given.get("type")
    if kind not in types:
        yield Mistake(
            name, 0, f"{where}: type {shown(kind)}",
            f"one that a single return can fail: {', '.join(types)}", nearest(str(kind), types),
        )  # fmt: skip
        return
    if unknown := sorted(given.keys() - {"type", "kwargs", "notes", "severity"} - _IGNORED):
        yield Mistake(name, 0, f"{where}: the key {shown(unknown[0])}", "type, kwargs, notes or severity")
    if given.get("severity", "critical") not in _SEVERITIES:
        close = nearest(str(given["severity"]), _SEVERITIES)
        yield Mistake(name, 0, f"{where}: severity {shown(given['severity'])}", "critical or warning", close)
    if not _words(given):
        yield Mistake(name, 0, f"{where}: no notes", "a sentence that says what is expected, for who sends the return")
    arguments: object = given.get("kwargs")
    if not isinstance(arguments, dict):
        yield Mistake(name, 0, f"{where}: no kwargs", "what it is about, such as {" + '"column": …}')
        return
    yield from _wrong_arguments(name, where, str(kind), cast("dict[str, Any]", arguments), items)


def _wrong_arguments(
    name: str, where: str, kind: str, arguments: dict[str, Any], items: Collection[str]
) -> Iterator[Mistake]:
    columns = ("column",) if kind in OF_ONE else ("column_A", "column_B")
    taken = {**OF_ONE, **OF_TWO}[kind]
    if unknown := sorted(arguments.keys() - taken - {*columns, "batch_id"}):
        reason = " (a return is accepted or not: no share of returns may fail)" if unknown[0] == "mostly" else ""
        expected = f"{', '.join((*columns, *sorted(taken)))}{reason}"
        yield Mistake(name, 0, f"{where}: {shown(unknown[0])} in kwargs", expected)
    for column in columns:
        item: object = arguments.get(column)
        if item not in items:
            close = nearest(str(item), items)
            expected = "an item of the instrument that has one answer in a return, as in crosswalk.csv or on its sheets"
            yield Mistake(name, 0, f"{where}: {column} {shown(item)}", expected, close)
    for limit in (limit for limit in _LIMITS if limit in taken):
        value = arguments.get(limit)
        if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
            yield Mistake(name, 0, f"{where}: {limit} {shown(value)}", "a number")
    if taken.issuperset(_LIMITS) and all(arguments.get(limit) is None for limit in _LIMITS):
        yield Mistake(name, 0, f"{where}: neither min_value nor max_value", "at least one of them")
    for flag in (flag for flag in _YES_NO if flag in arguments and flag in taken):
        if not isinstance(arguments[flag], bool):
            yield Mistake(name, 0, f"{where}: {flag} {shown(arguments[flag])}", "true or false")
    values: object = arguments.get("value_set")
    if "value_set" in taken and not (isinstance(values, list) and values and all(map(_is_value, cast("Any", values)))):
        yield Mistake(name, 0, f"{where}: value_set {shown(values)}", "a list of texts or of numbers")
    if "regex" in taken and not _is_pattern(arguments.get("regex")):
        yield Mistake(name, 0, f"{where}: regex {shown(arguments.get('regex'))}", "a regular expression of Python")


def _is_value(value: object) -> bool:
    return isinstance(value, (str, int, float)) and not isinstance(value, bool)


def _is_pattern(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        re.compile(value)
    except re.error:
        return False
    return True


def _words(entry: Mapping[str, Any]) -> str:
    """Return the notes of an expectation, which Great Expectations writes as a text or as a list of texts."""
    notes: object = entry.get("notes") or ""
    parts = cast("list[object]", notes) if isinstance(notes, list) else [notes]
    return " ".join(str(part) for part in parts).strip()


def _expectation(entry: dict[str, Any]) -> OwnExpectation:
    arguments = cast("dict[str, Any]", entry["kwargs"])
    kind = str(entry["type"])
    taken = {**OF_ONE, **OF_TWO}[kind]
    return OwnExpectation(
        item=arguments["column"] if kind in OF_ONE else arguments["column_A"],
        other=None if kind in OF_ONE else arguments["column_B"],
        type=kind,
        arguments={name: value for name, value in arguments.items() if name in taken and value is not None},
        severity=_SEVERITIES[entry.get("severity", "critical")],
        words=_words(entry),
    )
