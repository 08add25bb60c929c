"""Convert names of files and sheets to text that can be recorded and shown safely."""

import os
import unicodedata

LONGEST = 255
"""The characters of a name that are kept: the limit of most file systems. Addresses such as s3:// allow more."""

_END = 40
_STEERING = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode categories of control characters, line breaks and surrogates, which no database stores."""
_INVISIBLE = frozenset({"Cf"})
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Bidirectional controls, which can make one name look like another."""


def shown_name(name: str) -> str:
    r"""Return a file name as NFC text without control characters and surrogates, at most `LONGEST` characters long.

    Bytes that are not UTF-8 become `\xe9`, invisible characters `\x1b` or `\u202e`. A long name keeps its beginning,
    which may state a return, and its suffix.
    """
    try:
        # Python represents bytes of a local name that are not UTF-8 as surrogates.
        text = os.fsencode(name).decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        text = name.encode("utf-8", "backslashreplace").decode()
    text = _escaped(unicodedata.normalize("NFC", text), _STEERING | _INVISIBLE)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - _END - 1]}…{text[-_END:]}"


def is_shown_as_it_is(name: str) -> bool:
    """Return whether the shown name equals the name, apart from Unicode normalisation."""
    return shown_name(name) == unicodedata.normalize("NFC", name)


def shown_sheet(name: str) -> str:
    """Return the name of a sheet with control characters escaped. Invisible ones stay: comparisons ignore them."""
    return _escaped(name, _STEERING)


def _escaped(text: str, categories: frozenset[str]) -> str:
    return "".join(
        sign.encode("unicode_escape").decode() if sign in _TURNING or unicodedata.category(sign) in categories else sign
        for sign in text
    )
