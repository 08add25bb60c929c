"""Whose a workbook is: by its identity sheet, or by its name where it can have none."""

import difflib
import re
from collections.abc import Collection
from dataclasses import dataclass

from schemas.programme import InstrumentVersion, Programme
from tasks.spreadsheets.cells import CellBook
from tasks.workbooks.identity import SHEET, Identity, read_identity

_CODES = re.compile(r"[A-Za-z0-9_/-]{1,160}")


@dataclass(frozen=True, slots=True)
class Assignment:
    """The expected return that a workbook is for, and the version of the instrument that is asked of it.

    `told_version` and `told_return` are what its identity sheet says, None where it has none.
    """

    expected_return_id: str
    version: InstrumentVersion
    told_version: str | None = None
    told_return: str | None = None
    is_changed: bool = False


def owner_of(book: CellBook, named: str | None, programme: Programme, expected: Collection[str]) -> Assignment | str:
    """Whose a workbook is; else why nobody can tell, in a sentence. `named` is the return that its name tells.

    A name that tells another return than the identity sheet counts: what comes under it must be corrected.
    """
    told = read_identity(book)
    if told is None and book.encoding is not None:
        if named is None:
            return (
                "a CSV file says whose it is by its name only. Expected COHORT__STRUCTURE__OCCASION__INSTRUMENT.csv, "
                "of a return that is expected. Rename it, or send the workbook that was sent."
            )
        version = _version(programme, named)
        return _not_asked(named) if version is None else Assignment(named, version)
    if told is None:
        return f"it has no sheet “{SHEET}” that says whose it is. Fill in the workbook that was sent."
    identity = told.identity
    if identity.programme != programme.settings.programme:
        return (
            f"it belongs to the programme {_code(identity.programme)!r}; expected {programme.settings.programme!r}. "
            "Move it to that programme's inbox."
        )
    owner = named or identity.expected_return_id
    version = _version(programme, owner) if identity.expected_return_id in expected else None
    if version is None:
        return _not_expected(identity, expected)
    return Assignment(owner, version, identity.version, identity.expected_return_id, told.is_changed)


def _version(programme: Programme, expected_return_id: str) -> InstrumentVersion | None:
    _cohort, _structure, occasion_code, instrument_code = expected_return_id.split("/")
    instrument = programme.instrument_by_code.get(instrument_code)
    return instrument.version_at(occasion_code) if instrument else None


def _not_asked(expected_return_id: str) -> str:
    return f"{expected_return_id} is asked no more: the programme has no such instrument at this occasion."


def _not_expected(identity: Identity, expected: Collection[str]) -> str:
    close = difflib.get_close_matches(identity.expected_return_id, list(expected), n=1)
    hint = f" The nearest is {close[0]}." if close else ""
    return f"nobody expects {_code(identity.expected_return_id)}: correct its sheet “{SHEET}”.{hint}"


def _code(text: str) -> str:
    """What looks like codes, as it is. Other texts could name somebody."""
    return text if _CODES.fullmatch(text) else "…"
