"""The identity sheet: which expected return a workbook answers. Written and read by the same words."""

from dataclasses import dataclass, fields

SHEET = "Identité"


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


NAMES: tuple[str, ...] = tuple(field.name for field in fields(Identity))
