"""The format of the identity sheet, which names the expected return that a workbook answers."""

import hashlib
from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields
from gettext import NullTranslations

from schemas.layouts import plain
from tasks.i18n import language
from tasks.workbooks.reserved_names import LOCALES

_SEAL = "seal"


@dataclass(frozen=True, slots=True)
class Identity:
    """The lines of an identity sheet."""

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
"""The lines of the identity sheet, in their order, by their labels in French."""


def sheet_name(words: NullTranslations) -> str:
    """Return the name of the identity sheet."""
    return words.gettext("Identity")


def lines_of(identity: Identity, words: NullTranslations) -> list[tuple[str, str]]:
    """Return the lines of an identity sheet: labels and values, the seal last."""
    values = (*astuple(identity), identity.seal)
    return list(zip(_labels(words).values(), values, strict=True))


def read_lines(lines: Mapping[str, str | None]) -> tuple[Identity | None, str | None]:
    """Return the identity that some lines state, in either language, and their seal.

    Workbooks that Essaim did not write have no seal.

    Args:
        lines: Values by label, folded with `plain`.

    Returns:
        The identity, None where a line is missing; and the seal, None without one.
    """
    found = {name: lines[label] for label, name in _NAMES.items() if lines.get(label)}
    seal = found.pop(_SEAL, None)
    return (Identity(**{name: found[name] or "" for name in NAMES}) if found.keys() >= set(NAMES) else None), seal


def _labels(words: NullTranslations) -> dict[str, str]:
    _ = words.gettext
    return {
        "programme": _("programme"),
        "cohorte": _("cohort"),
        "structure": words.ngettext("structure", "structures", 1),
        "occasion": _("occasion"),
        "instrument": _("instrument"),
        "version": _("version"),
        _SEAL: _("check"),
    }


_NAMES = {plain(label): name for locale in LOCALES for name, label in _labels(language(locale)).items()}
SHEETS = frozenset(plain(sheet_name(language(locale))) for locale in LOCALES)
"""The folded names of the identity sheet."""
