"""Make pseudonyms of participants: HMAC-SHA256 of their identifiers, while their row is read."""

# pyarrow.compute makes its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

import hashlib
import hmac
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from schemas.enums import Role
from schemas.errors import UsageError
from schemas.programme import Programme
from schemas.settings import Environment, ProjectPaths

_FINGERPRINTED = b"essaim: which key is this?"
_LEAST_BYTES = 32


RULE = 2
"""The version of the rule that folds the spellings of a name, with which new warehouses begin."""

_SPELT_OTHERWISE = {
    "ß": "ss",
    "œ": "oe",
    "æ": "ae",
    "ø": "o",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "þ": "th",
    "ħ": "h",
    "ı": "i",
    "\u02bc": "",
}
"""Letters that no normalisation of Unicode takes apart, and how names with them are written without them.

U+02BC is an apostrophe that Unicode classifies as a letter.
"""

_APOSTROPHES = "['\u2019\u2018\u02bc\u2032`\u00b4]"


@dataclass(frozen=True, slots=True)
class PseudonymKey:
    """A secret key.

    Attributes:
        secret: The key.
        version: The version that is recorded beside its pseudonyms.
        rule: The version of the rule that folds spellings: 1 removes accents, case and punctuation; 2 also spells
            letters such as œ and ø without them.
    """

    secret: bytes = field(repr=False)
    version: int = 1
    rule: int = RULE

    @property
    def fingerprint(self) -> str:
        """A checksum that identifies the key without revealing it."""
        return hmac.new(self.secret, _FINGERPRINTED, hashlib.sha256).hexdigest()

    def pseudonym(self, identifiers: Sequence[str | None]) -> str:
        """Return the pseudonym of one person. The order of the identifiers counts."""
        return self.pseudonyms([pa.array([identifier], pa.string()) for identifier in identifiers])[0]

    def pseudonyms(self, identifiers: Sequence[pa.Array], any_order: Sequence[bool] | None = None) -> list[str]:
        """Return the pseudonym of each row.

        Args:
            identifiers: A column of texts for each identifier.
            any_order: For each identifier, whether the order of its parts does not count; None if it always counts.
        """
        folded = [
            _parts_in_order(column, self.rule) if is_any else _normalised(column, self.rule)
            for column, is_any in zip(identifiers, any_order or [False] * len(identifiers), strict=True)
        ]
        persons = pc.binary_join_element_wise(*folded, "\x1f")
        # Preparing the key costs as much as one pseudonym: do it once.
        keyed = hmac.new(self.secret, digestmod=hashlib.sha256)
        return [_digest(keyed.copy(), person) for person in persons.to_pylist()]


def _digest(keyed: hmac.HMAC, person: str) -> str:
    keyed.update(person.encode())
    return keyed.hexdigest()


def _normalised(identifiers: pa.Array, rule: int) -> pa.Array:
    """Remove what differs between spellings of one name: accents, case, hyphens, apostrophes, spaces, ligatures."""
    return pc.replace_substring_regex(_lower_letters(identifiers, rule), r"[^\p{L}\p{N}]", "")


def _parts_in_order(identifiers: pa.Array, rule: int) -> pa.Array:
    """Remove the same as `_normalised`, and sort the parts that hyphens, spaces and other signs separate.

    An apostrophe separates nothing: `L'Hermitte` is one part.
    """
    letters = _lower_letters(pc.replace_substring_regex(identifiers, _APOSTROPHES, ""), rule)
    # Combining accents and invisible signs separate nothing either.
    letters = pc.replace_substring_regex(letters, r"[\p{M}\p{Cf}]", "")
    parts = pc.replace_substring_regex(letters, r"[^\p{L}\p{N}]+", " ").to_pylist()
    return pa.array(["\x1e".join(sorted(text.split())) for text in parts], pa.string())


def _lower_letters(identifiers: pa.Array, rule: int) -> pa.Array:
    letters = pc.utf8_lower(pc.utf8_normalize(pc.fill_null(identifiers, ""), form="NFKD"))
    if not pc.all(pc.string_is_ascii(letters)).as_py():
        for letter, spelt in _SPELT_OTHERWISE.items() if rule > 1 else [("ß", "ss")]:
            letters = pc.replace_substring(letters, letter, spelt)
    return letters


def key_for(programme: Programme, paths: ProjectPaths, environment: Environment) -> PseudonymKey | None:
    """Return the key of this installation; None where no table of the programme identifies people.

    Raises:
        UsageError: The configured key is not a valid key.
    """
    identifies = any(
        column.role is Role.IDENTIFIER
        for instrument in programme.settings.instruments
        for version in instrument.versions
        for sheet in version.sheets
        for column in sheet.columns
    )
    return pseudonym_key(paths, environment) if identifies else None


def newer_rule_in_words(rule: int) -> str:
    """Return a sentence that a newer rule than the one in force exists, with the command that applies it."""
    return (
        f"Pseudonyms follow rule {rule} of spellings, and rule {RULE} exists: run essaim relink --dry-run to see who "
        "would be merged, and essaim relink to apply it."
    )


def pseudonym_key(paths: ProjectPaths, environment: Environment) -> PseudonymKey:
    """Return the key of this installation: from the environment, else from its file, which is made on first use.

    Raises:
        UsageError: The configured key is not a valid key.
    """
    version = environment.pseudonym_key_version
    if environment.pseudonym_key is not None:
        return PseudonymKey(_decoded(environment.pseudonym_key.get_secret_value(), "ESSAIM_PSEUDONYM_KEY"), version)
    if not paths.pseudonym_key.exists():
        _make_key(paths.pseudonym_key)
    return PseudonymKey(_decoded(paths.pseudonym_key.read_text(encoding="ascii"), str(paths.pseudonym_key)), version)


def _decoded(text: str, name: str) -> bytes:
    try:
        secret = bytes.fromhex(text.strip())
    except ValueError:
        secret = b""
    if len(secret) < _LEAST_BYTES:
        raise UsageError(
            f"{name} is not a key: expected at least 64 hexadecimal digits. "
            "Restore the key that made the existing pseudonyms; openssl rand -hex 32 makes a new key."
        )
    return secret


def _make_key(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(_LEAST_BYTES) + "\n")
