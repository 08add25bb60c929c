"""Names of files and sheets as text that every record can hold and every terminal can show."""

import os
import unicodedata

LONGEST = 255
"""Characters of a name that are kept: what most file systems allow. Addresses such as s3:// allow more."""

_END = 40
_STEERING = frozenset({"Cc", "Cs", "Zl", "Zp"})
"""Unicode categories of signs that steer a terminal or break a line, and of surrogates, which no database holds."""
_INVISIBLE = frozenset({"Cf"})
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Signs that turn the direction of writing, so that a name reads as another one."""


def shown_name(name: str) -> str:
    r"""Return a file name as NFC text without control signs and surrogates, at most `LONGEST` characters long.

    Bytes that are not UTF-8 come as `\xe9`, signs that cannot be shown as `\x1b` or `\u202e`. The beginning, which may
    name a return, and the suffix stay.
    """
    try:
        # Python keeps bytes of a local name that are not UTF-8 as surrogates.
        text = os.fsencode(name).decode("utf-8", "backslashreplace")
    except UnicodeEncodeError:
        text = name.encode("utf-8", "backslashreplace").decode()
    text = _escaped(unicodedata.normalize("NFC", text), _STEERING | _INVISIBLE)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - _END - 1]}…{text[-_END:]}"


def is_shown_as_it_is(name: str) -> bool:
    """Return whether the shown name is the name, but for its Unicode normalisation."""
    return shown_name(name) == unicodedata.normalize("NFC", name)


def shown_sheet(name: str) -> str:
    """Return the name of a sheet with control signs escaped; invisible ones stay, for comparisons ignore them."""
    return _escaped(name, _STEERING)


def _escaped(text: str, categories: frozenset[str]) -> str:
    return "".join(
        sign.encode("unicode_escape").decode() if sign in _TURNING or unicodedata.category(sign) in categories else sign
        for sign in text
    )
