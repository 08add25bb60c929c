"""Pseudonyms of participants: keyed HMAC-SHA256 of what identifies them, made while their row is read."""

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


@dataclass(frozen=True, slots=True)
class PseudonymKey:
    """The key, and the version that its pseudonyms are kept with."""

    secret: bytes = field(repr=False)
    version: int = 1

    @property
    def fingerprint(self) -> str:
        """Tells whether another key is the same, and nothing else of it."""
        return hmac.new(self.secret, _FINGERPRINTED, hashlib.sha256).hexdigest()

    def pseudonym(self, identifiers: Sequence[str | None]) -> str:
        """The pseudonym of a person, by what identifies them, each in its place."""
        return self.pseudonyms([pa.array([identifier], pa.string()) for identifier in identifiers])[0]

    def pseudonyms(self, identifiers: Sequence[pa.Array]) -> list[str]:
        """The pseudonyms of many people: a column of texts for each thing that identifies them."""
        told = pc.binary_join_element_wise(*map(_normalised, identifiers), "\x1f")
        # The key is prepared once: that takes as long as a person.
        keyed = hmac.new(self.secret, digestmod=hashlib.sha256)
        return [_digest(keyed.copy(), person) for person in told.to_pylist()]


def _digest(keyed: hmac.HMAC, person: str) -> str:
    keyed.update(person.encode())
    return keyed.hexdigest()


def _normalised(identifiers: pa.Array) -> pa.Array:
    """Identifiers without what differs from one form to the next: accents, case, hyphens, apostrophes, spaces."""
    letters = pc.utf8_lower(pc.utf8_normalize(pc.fill_null(identifiers, ""), form="NFKD"))
    return pc.replace_substring_regex(pc.replace_substring(letters, "ß", "ss"), r"[^\p{L}\p{N}]", "")


def key_for(programme: Programme, paths: ProjectPaths, environment: Environment) -> PseudonymKey | None:
    """The key of this installation where a table of the programme identifies people; None where none does.

    Raises:
        UsageError: it is no key.
    """
    identifies = any(
        column.role is Role.IDENTIFIER
        for instrument in programme.settings.instruments
        for version in instrument.versions
        for sheet in version.sheets
        for column in sheet.columns
    )
    return pseudonym_key(paths, environment) if identifies else None


def pseudonym_key(paths: ProjectPaths, environment: Environment) -> PseudonymKey:
    """The key of this installation: that of the environment, else the file's, which is made once.

    Raises:
        UsageError: it is no key.
    """
    version = environment.pseudonym_key_version
    if environment.pseudonym_key is not None:
        return PseudonymKey(_read(environment.pseudonym_key.get_secret_value(), "ESSAIM_PSEUDONYM_KEY"), version)
    if not paths.pseudonym_key.exists():
        _make(paths.pseudonym_key)
    return PseudonymKey(_read(paths.pseudonym_key.read_text(encoding="ascii"), str(paths.pseudonym_key)), version)


def _read(text: str, name: str) -> bytes:
    try:
        secret = bytes.fromhex(text.strip())
    except ValueError:
        secret = b""
    if len(secret) < _LEAST_BYTES:
        raise UsageError(
            f"{name} is not a key: expected at least 64 hexadecimal digits. "
            "Restore the key that pseudonyms were made with; openssl rand -hex 32 makes a new one."
        )
    return secret


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(_LEAST_BYTES) + "\n")
