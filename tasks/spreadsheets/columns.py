"""Convert the rows of Python values that the reader library returns to columns of texts and kinds."""

# pyarrow.compute makes its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

import math
import re
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc

from tasks.spreadsheets.cells import CellKind

Value = int | float | str | bool | time | date | datetime | timedelta | None

_SPACES = " \t\r\n" + "".join(map(chr, (0xA0, *range(0x2000, 0x200B), 0x202F, 0x205F, 0x3000)))
_INVISIBLE = "[\u00ad\u061c\u200b\u200e\u200f\u202a-\u202d\u2060\u2066-\u2069\ufeff]"
"""Soft hyphens, spaces without width and marks of direction, which nobody sees and texts from web pages contain.

U+202E stays: it shows the signs after it in reverse, so that a text with it is refused.
"""


_PLAIN_LENGTH = 15
"""The length up to which a number without exponent has at most 15 digits."""


def is_blank(text: str) -> bool:
    """Return whether a text shows nothing."""
    return not _seen(text)


def _seen(text: str) -> str:
    return (text if text.isascii() else re.sub(_INVISIBLE, "", text)).strip(_SPACES)


def in_columns(rows: Sequence[Sequence[Value]]) -> tuple[list[pa.Array], list[pa.Array]]:
    """Return the texts and the kinds of each column. All rows must have one length."""
    texts: list[pa.Array] = []
    kinds: list[pa.Array] = []
    for column in zip(*rows, strict=True):
        text, kind = _column(column)
        texts.append(text)
        kinds.append(kind)
    return texts, kinds


def _column(values: Sequence[Value]) -> tuple[pa.Array, pa.Array]:
    below = values[1:]
    types = set(map(type, below))
    if type(values[0]) is str:
        if types <= {str}:
            return _texts(pa.array(values, pa.string()))
        # A header over numbers or days: the shape of nearly every long column.
        numbers = pa.array(below, pa.float64()) if types == {float} else None
        if types == {date} or (numbers is not None and pc.all(pc.is_finite(numbers)).as_py()):
            text, kind = _texts(pa.array(values[:1], pa.string()))
            are_days = numbers is None
            texts_below = pa.array(below, pa.date32()).cast(pa.string()) if are_days else _numbers(numbers)
            kinds = pa.repeat(pa.scalar((CellKind.DAY if are_days else CellKind.NUMBER).value, pa.int8()), len(below))
            return pa.concat_arrays([text, texts_below]), pa.concat_arrays([kind, kinds])
    cells = [_cell(value) for value in values]
    return pa.array([text for text, _ in cells], pa.string()), pa.array([kind for _, kind in cells], pa.int8())


def _texts(texts: pa.Array) -> tuple[pa.Array, pa.Array]:
    if not pc.all(pc.string_is_ascii(texts)).as_py():
        texts = pc.replace_substring_regex(texts, _INVISIBLE, "")
    trimmed = pc.utf8_trim(texts, _SPACES)
    is_blank = pc.equal(trimmed, "")
    kinds = pc.if_else(is_blank, CellKind.BLANK.value, CellKind.TEXT.value).cast(pa.int8())
    return pc.if_else(is_blank, pa.scalar(None, pa.string()), trimmed), kinds


def _numbers(numbers: pa.Array) -> pa.Array:
    texts = numbers.cast(pa.string())
    is_noisy = pc.or_(pc.match_substring(texts, "e"), pc.greater(pc.utf8_length(texts), _PLAIN_LENGTH))
    is_noisy = pc.or_(is_noisy, pc.equal(texts, "-0"))
    if not pc.any(is_noisy).as_py():
        return texts
    return pc.replace_with_mask(
        texts,
        is_noisy,
        pa.array([_number_text(number) for number in numbers.filter(is_noisy).to_pylist()], pa.string()),
    )


def _number_text(number: float) -> str:
    """Format a number without an exponent, its fraction to the 15 digits that spreadsheet programs show: 12, 0.5."""
    text = format(number, ".15g")
    if "e" not in text and text != "-0":
        return text
    if float(number).is_integer():
        return str(int(number))
    value = Decimal(text)
    return format(value.quantize(Decimal(1)) if value == value.to_integral_value() else value, "f")


def _cell(value: Value) -> tuple[str | None, int]:
    match value:
        case None:
            return None, CellKind.BLANK
        case bool():
            return ("true" if value else "false"), CellKind.YES_NO
        case int() | float():
            if not math.isfinite(value):
                return str(value), CellKind.ERROR
            return _number_text(value), CellKind.NUMBER
        case datetime():
            if value.time() == time():
                return value.date().isoformat(), CellKind.DAY
            return value.isoformat(), CellKind.INSTANT
        case date():
            return value.isoformat(), CellKind.DAY
        case time() | timedelta():
            return str(value), CellKind.TIME
        case str():
            text = _seen(value)
            return (text, CellKind.TEXT) if text else (None, CellKind.BLANK)
