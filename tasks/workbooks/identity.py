"""The format of the identity sheet, which names the expected return that a workbook answers."""

import hashlib
from dataclasses import astuple, dataclass, fields

SHEET = "Identité"
SEAL = "contrôle"
"""The label of the line that holds the seal. Workbooks that Essaim did not write have no such line."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The lines of an identity sheet. Field names are the labels, in French whatever the programme's language."""

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
        """A checksum of the lines, which reveals a change by hand."""
        return hashlib.sha256("\0".join(astuple(self)).encode()).hexdigest()[:12]


NAMES: tuple[str, ...] = tuple(field.name for field in fields(Identity))
"""The labels of the identity sheet, in their order."""
