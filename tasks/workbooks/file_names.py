"""File names of workbooks: written for an expected return, and known again when they come back."""

from collections.abc import Iterable

SUFFIXES = (".xlsx", ".ods", ".csv")
"""The formats that are read."""

REFUSED_SUFFIXES = (".xls", ".xlsm", ".xlsb")
"""Workbooks all the same: opened, to tell why they are not read."""

_SEPARATOR = "__"


def workbook_name(expected_return_id: str) -> str:
    """The file name of an expected return's workbook."""
    return _stem(expected_return_id) + ".xlsx"


def _stem(expected_return_id: str) -> str:
    return expected_return_id.replace("/", _SEPARATOR)


class ReturnNames:
    """Which expected return a file name tells, whatever was added to its end: ` (1)`, `-1`, ` - Copie`."""

    def __init__(self, expected: Iterable[str]) -> None:
        self._by_stem: dict[str, str | None] = {}
        for expected_return_id in expected:
            stem = _stem(expected_return_id).casefold()
            # Codes may hold the separator: a name that two returns share tells neither.
            self._by_stem[stem] = None if stem in self._by_stem else expected_return_id

    def named(self, file_name: str) -> str | None:
        """The expected return; None where the name tells none. The longest that fits is meant."""
        name = file_name.casefold()
        for end in range(len(name), 0, -1):
            if (end == len(name) or not name[end].isalnum()) and name[:end] in self._by_stem:
                return self._by_stem[name[:end]]
        return None


def suffix_of(file_name: str) -> str:
    """The suffix of a file name, in small letters and with its dot; empty for none."""
    _, dot, suffix = file_name.rpartition(".")
    return dot + suffix.lower() if dot else ""
