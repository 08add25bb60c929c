"""Compare and show what was typed in a programme folder, and find the spelling that was meant."""

import difflib
import re
import unicodedata
from collections.abc import Iterable

from schemas.base import CODE, LONGEST_CODE
from schemas.formats import THOUSANDS

_LONGEST_SHOWN = 60
_NAMED_SIGNS = {
    "\t": "[tab]",
    "\n": " ",
    "\r": " ",
    "\u00a0": "[no-break space]",
    "\u202f": "[no-break space]",
    "\u2009": "[thin space]",
}
_DASHES = re.compile("[\u2010-\u2015\u2212\u00ad\ufe58\ufe63\uff0d]")
_SPREADSHEET_NUMBER = re.compile(r"[0-9][.,]?[0-9]*E[+-][0-9]{2,3}")
_SPREADSHEET_DAY = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{1,2}[-/.](?:[0-9]{1,2}[-/.][0-9]{2,4}|[A-Z][a-z]{2}|[a-zéû]{3,5}\.?)|(?:[A-Z][a-z]{2}|[a-zéû]{3,5}\.?)-[0-9]{2}"
)
_MONTHS_IN_SPREADSHEETS = frozenset(
    (
        *("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
        *("janv", "févr", "mars", "avr", "mai", "juin", "juil", "août", "sept", "oct", "nov", "déc"),
    )
)
"""The names of months in the days that English and French spreadsheets write, without a full stop."""


def shown(value: object) -> str:
    """Return a text in quotes as it was typed, with names for signs that nobody sees, or a value without quotes."""
    if not isinstance(value, str):
        text = str(value)
    else:
        signs = (_NAMED_SIGNS.get(sign) or (sign if sign.isprintable() else f"[U+{ord(sign):04X}]") for sign in value)
        text = f"'{''.join(signs)}'"
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 2]}…'"


def folded(text: str) -> str:
    """Return a text in lower case, without accents and with single spaces, for comparisons."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(sign for sign in decomposed if not unicodedata.combining(sign)).split())


def _plain(text: str) -> str:
    return re.sub(r"(?<![0-9])0+(?=[0-9])", "", re.sub(r"[^a-z0-9]+", "", folded(text))).lstrip("0")


def nearest(found: str, expected: Iterable[str]) -> str:
    """Return the expected word that is most similar to the one found; empty if none is similar.

    Case, accents, spaces, hyphens and zeros before a number, which a spreadsheet drops, do not count.
    """
    words = list(expected)
    if len(same := [word for word in words if _plain(word) == _plain(found) != ""]) == 1:
        return same[0]
    close = difflib.get_close_matches(found, words, n=1, cutoff=0.5)
    return close[0] if close else ""


def code_meant(text: str) -> str:
    """Return the code that a text can be rewritten to; empty if there is none."""
    if trace_of_spreadsheet(text):
        return ""
    unified = _DASHES.sub("-", unicodedata.normalize("NFKD", text)).strip()
    plain = "".join(sign for sign in unified if not unicodedata.combining(sign) and sign.isprintable())
    code = re.sub(r"[^A-Za-z0-9_-]+", "-", re.sub(r"\s+", "_", plain)).strip("-_")[:LONGEST_CODE]
    return code if CODE.match(code) else ""


def trace_of_spreadsheet(text: str) -> str:
    """Return what a spreadsheet has made of a code, “a number” or “a day”; empty if it does not look like that."""
    if _SPREADSHEET_NUMBER.fullmatch(text):
        return "a number"
    months = set(re.split(r"[-/.]", text)) & _MONTHS_IN_SPREADSHEETS
    is_day = _SPREADSHEET_DAY.fullmatch(text) and (months or not re.search("[A-Za-z]", text))
    return "a day" if is_day else ""


def number_meant(text: str) -> str:
    """Return the number, in digits with a decimal point, that a text means; empty if there is none."""
    digits = re.sub(rf"(?<=\d){THOUSANDS}(?=\d{{3}}(?!\d))", "", text.strip())
    if re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+", digits):
        return ""  # A number with thousands or with decimals: a person knows.
    digits = re.sub(r"(?<=\d),(?=\d+$)", ".", digits)
    return digits.lstrip("+") if re.fullmatch(r"[+-]?\d+(\.\d+)?", digits) else ""
