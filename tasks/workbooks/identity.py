"""The identity sheet: which expected return a workbook answers. Written and read by the same words."""

import hashlib
from dataclasses import astuple, dataclass, fields

from schemas.layouts import plain
from tasks.spreadsheets.cells import CellBook

SHEET = "Identité"
SEAL = "contrôle"
"""The line that holds the checksum of the others; a workbook that somebody made on their own has none."""


@dataclass(frozen=True, slots=True)
class Identity:
    """What the identity sheet says, one line a field, all of it text."""

    programme: str
    cohorte: str
    structure: str
    occasion: str
    instrument: str
    version: str

    @property
    def expected_return_id(self) -> str:
        """The expected return that the workbook answers."""
        return f"{self.cohorte}/{self.structure}/{self.occasion}/{self.instrument}"

    @property
    def seal(self) -> str:
        """Tells that a line of it was changed by hand."""
        return hashlib.sha256("\0".join(astuple(self)).encode()).hexdigest()[:12]


NAMES: tuple[str, ...] = tuple(field.name for field in fields(Identity))


@dataclass(frozen=True, slots=True)
class IdentitySheet:
    """What the identity sheet of a workbook says, and whether its seal is broken."""

    identity: Identity
    is_changed: bool


def read_identity(book: CellBook) -> IdentitySheet | None:
    """What the identity sheet says; None where there is none, or a line of it is missing."""
    sheet = next((sheet for name, sheet in book.sheets.items() if plain(name) == plain(SHEET)), None)
    if sheet is None:
        return None
    told = {plain(sheet.at(row, 0).text or ""): sheet.at(row, 1).text for row in range(sheet.height)}
    values = [told.get(plain(name)) for name in NAMES]
    if not all(values):
        return None
    identity = Identity(*(value or "" for value in values))
    seal = told.get(plain(SEAL))
    return IdentitySheet(identity, is_changed=seal is not None and seal != identity.seal)
