"""File names of workbooks: made from an expected return, and recognised when the file comes back."""

from collections.abc import Callable, Iterable

SUFFIXES = (".xlsx", ".ods", ".csv", ".zip")
"""The suffixes of the formats that are read."""

REFUSED_SUFFIXES = (".xls", ".xlsm", ".xlsb")
"""The suffixes of other workbooks, which are parsed so that their refusal has a reason."""

_SEPARATOR = "__"


def workbook_name(expected_return_id: str) -> str:
    """Return the file name of the workbook of an expected return."""
    return _stem(expected_return_id) + ".xlsx"


def _stem(expected_return_id: str) -> str:
    return expected_return_id.replace("/", _SEPARATOR)


class ReturnNames:
    """Recognise the expected return in a file name, whatever was added to its end: ` (1)`, `-1`, ` - Copie`.

    Args:
        expected: The ids of the expected returns.
        ids_of: Returns the ways to write the id of a return, where its structure was renamed.
    """

    def __init__(self, expected: Iterable[str], ids_of: Callable[[str], Iterable[str]] = lambda id_: (id_,)) -> None:
        self._by_stem: dict[str, str | None] = {}
        for expected_return_id in expected:
            for written in ids_of(expected_return_id):
                stem = _stem(written).casefold()
                # Codes may contain the separator: a name that two returns share states neither.
                self._by_stem[stem] = None if stem in self._by_stem else expected_return_id

    def named(self, file_name: str) -> str | None:
        """Return the expected return with the longest matching name; None where no name matches."""
        name = file_name.casefold()
        for end in range(len(name), 0, -1):
            if (end == len(name) or not name[end].isalnum()) and name[:end] in self._by_stem:
                return self._by_stem[name[:end]]
        return None


def suffix_of(file_name: str) -> str:
    """Return the suffix of a file name in lower case and with its dot; empty for none."""
    _, dot, suffix = file_name.rpartition(".")
    return dot + suffix.lower() if dot else ""
