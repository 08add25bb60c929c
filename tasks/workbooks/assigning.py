"""Assign a workbook to an expected return: by its identity sheet, or by its file name where it is a CSV file."""

import difflib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from gettext import NullTranslations

from schemas.enums import ResolvedBy, Severity
from schemas.instruments import InstrumentVersion
from schemas.layouts import plain
from schemas.programme import Programme
from tasks.i18n import language as language_of
from tasks.records import Finding
from tasks.spreadsheets.cells import CellBook
from tasks.validation import messages
from tasks.workbooks.identity import SHEETS, Identity, read_lines, sheet_name

CHANGED_LAYOUT = "instrument_version"
"""The check that fails for a workbook that was made for another version of the instrument than is due now."""

_CODES = re.compile(r"[A-Za-z0-9_/-]{1,160}")


@dataclass(frozen=True, slots=True)
class Assignment:
    """The expected return that a workbook answers.

    Attributes:
        expected_return_id: The expected return.
        version: The version of the instrument that is due at its occasion.
        sheet_name: The name of the identity sheet; None without one.
        sheet_version: The version that the identity sheet states; None without an identity sheet.
        sheet_return: The expected return that the identity sheet states; None without an identity sheet.
        is_changed: Whether the identity sheet was changed by hand.
    """

    expected_return_id: str
    version: InstrumentVersion
    sheet_name: str | None = None
    sheet_version: str | None = None
    sheet_return: str | None = None
    is_changed: bool = False


def assign(book: CellBook, named: str | None, programme: Programme, expected: Collection[str]) -> Assignment | str:
    """Assign a workbook to an expected return.

    A file name wins over the identity sheet: where they differ, `identity_findings` reports an error.

    Args:
        book: The cells of the workbook.
        named: The expected return that the file name states, if any.
        programme: The programme.
        expected: The ids of the expected returns.

    Returns:
        The assignment; a sentence with the reason and the remedy where there is none.
    """
    sheet = _read_identity(book)
    if sheet is None and book.encoding is not None:
        if named is None:
            return (
                "a CSV file, or a ZIP archive of CSV files, is assigned by its name, and this name states no expected "
                "return. Expected COHORT__STRUCTURE__OCCASION__INSTRUMENT.csv or .zip. Rename the file, or fill in the "
                "workbook that was sent."
            )
        version = version_due(programme, named)
        return _not_due(named) if version is None else Assignment(named, version)
    if sheet is None:
        named_so = sheet_name(language_of(programme.settings.locale))
        return f"it has no sheet “{named_so}” that states whose it is. Fill in the workbook that was sent."
    identity = sheet.identity
    if identity.programme != programme.settings.programme:
        return (
            f"it belongs to the programme {_code(identity.programme)!r}; expected {programme.settings.programme!r}. "
            "Move it to that programme's inbox."
        )
    stated = programme.id_of(identity.expected_return_id)
    assigned_to = named or stated
    if stated not in expected:
        return _not_expected(sheet, expected)
    version = version_due(programme, assigned_to)
    if version is None:
        return _not_due(assigned_to)
    return Assignment(assigned_to, version, sheet.name, identity.version, stated, sheet.is_changed)


def version_due(programme: Programme, expected_return_id: str) -> InstrumentVersion | None:
    """Return the instrument version that is due for an expected return; None where the programme has none."""
    _cohort, _structure, occasion_code, instrument_code = expected_return_id.split("/")
    instrument = programme.instrument_by_code.get(instrument_code)
    return instrument.version_at(occasion_code) if instrument else None


def identity_findings(assignment: Assignment, named: str | None, language: NullTranslations) -> Iterator[Finding]:
    """Yield the errors of an identity sheet: another version, a change by hand, another return than the file name.

    Args:
        assignment: What the workbook was assigned to.
        named: The expected return that the file name states, if any.
        language: The language of the findings.
    """
    _ = language.gettext
    sheet = assignment.sheet_name or ""
    if assignment.sheet_version is not None and assignment.sheet_version != str(assignment.version.version):
        expected = _("version {number} of the workbook").format(number=assignment.version.version)
        found = _("version {number}").format(number=messages.found(assignment.sheet_version, language))
        yield Finding("", sheet, CHANGED_LAYOUT, Severity.ERROR, found, expected, ResolvedBy.PROGRAMME)
    if assignment.is_changed:
        found = _("an identity sheet that was changed by hand")
        yield Finding("", sheet, "identity", Severity.ERROR, found, _("the sheet of the workbook that was sent"))
    if assignment.sheet_return is not None and assignment.sheet_return != assignment.expected_return_id:
        found = _("the identity sheet of {other}").format(other=assignment.sheet_return)
        expected = _("that of {named}, as in the file's name").format(named=named)
        yield Finding("", sheet, "owner", Severity.ERROR, found, expected)


@dataclass(frozen=True, slots=True)
class _IdentitySheet:
    name: str
    identity: Identity
    is_changed: bool


def _read_identity(book: CellBook) -> _IdentitySheet | None:
    """Read the identity sheet; None without the sheet, or where one of its lines is missing."""
    sheet = next((sheet for name, sheet in book.sheets.items() if plain(name) in SHEETS), None)
    if sheet is None:
        return None
    lines = {plain(sheet.at(row, 0).text or ""): sheet.at(row, 1).text for row in range(sheet.height)}
    identity, seal = read_lines(lines)
    if identity is None:
        return None
    return _IdentitySheet(sheet.name, identity, is_changed=seal is not None and seal != identity.seal)


def _not_due(expected_return_id: str) -> str:
    return (
        f"{expected_return_id} is no longer due: the programme has no such instrument at this occasion. "
        "Remove the file, or declare the instrument in programme.yaml."
    )


def _not_expected(sheet: _IdentitySheet, expected: Collection[str]) -> str:
    identity = sheet.identity
    close = difflib.get_close_matches(identity.expected_return_id, list(expected), n=1)
    hint = f" The nearest is {close[0]}." if close else ""
    return f"no return {_code(identity.expected_return_id)} is expected: correct its sheet “{sheet.name}”.{hint}"


def _code(text: str) -> str:
    """Return a text that looks like codes, and "…" for any other, which could name somebody."""
    return text if _CODES.fullmatch(text) else "…"
