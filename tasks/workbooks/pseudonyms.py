"""Make pseudonyms of participants: HMAC-SHA256 of their identifiers, while their row is read."""

# pyarrow.compute makes its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from schemas.enums import Role
from schemas.errors import UsageError
from schemas.formats import MISSING_WORDS, reason_of, without_accents
from schemas.programme import Programme
from schemas.settings import Environment, ProjectPaths

_FINGERPRINTED = b"essaim: which key is this?"
_LEAST_BYTES = 32


RULE = 4
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

_SPELT_OTHERWISE_SINCE_3 = {"\u03c2": "\u03c3", "ŋ": "n", "ŧ": "t"}
"""The same since the third rule. A sigma that ends a word is ς; that of capitals is Σ, whose small letter is σ."""

_ACCENTED = r"([\p{Latin}\p{Greek}\p{Cyrillic}])\p{M}+"
"""A letter with accents. The marks of other scripts, such as the vowels of Hindi and Thai, distinguish names."""

_MISSING = pa.array(sorted({re.sub(r"[\W_]", "", without_accents(w)) for ws in MISSING_WORDS.values() for w in ws}))
"""The words for what is missing, without the signs in them. Only texts that fold to one are read each by itself."""

_FOLDS_ALL_APOSTROPHES = 4
"""The first rule that takes every sign that is typed as an apostrophe for one: the accent keys, the okina."""
_KEEPS_MARKS = 3
"""The first rule that keeps the marks of other scripts."""
_NO_LETTER = (r"[^\p{L}\p{N}]", r"[^\p{L}\p{N}\p{M}]")
"""What separates the letters of names, before the third rule and since."""
_BETWEEN_PARTS = "\x1e"
_APOSTROPHES = "['\u2019\u2018\u02bc\u2032`\u00b4]"
_ALL_APOSTROPHES = "['`\u00b4\u02b9-\u02bd\u02c8\u02ca\u02cb\u05f3\u2018-\u201b\u2032\u2035\ua78c\uff07]"


@dataclass(frozen=True, slots=True)
class People:
    """The people of some rows.

    Attributes:
        pseudonyms: The pseudonym of each row.
        name_nobody: For each identifier, whether it names nobody (a blank, `-`, `nc`), whatever the rule in force.
    """

    pseudonyms: list[str]
    name_nobody: tuple[pa.Array, ...]


@dataclass(frozen=True, slots=True)
class PseudonymKey:
    """A secret key.

    Attributes:
        secret: The key.
        version: The version that is recorded beside its pseudonyms.
        rule: The version of the rule that folds spellings: 1 removes accents, case and punctuation; 2 also spells
            letters such as œ and ø without them; 3 keeps the marks of scripts other than Latin, Greek and Cyrillic,
            and takes the words for what is missing for a blank; 4 takes every sign that is typed as an apostrophe for
            one.
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
        """Return the pseudonym of each row: see `people`."""
        return self.people(identifiers, any_order).pseudonyms

    def people(self, identifiers: Sequence[pa.Array], any_order: Sequence[bool] | None = None) -> "People":
        """Return the people of some rows.

        Args:
            identifiers: A column of texts for each identifier.
            any_order: For each identifier, whether the order of its parts does not count; None if it always counts.
        """
        orders = any_order or [False] * len(identifiers)
        folded = [_folded(one, self.rule, any_order=is_any) for one, is_any in zip(identifiers, orders, strict=True)]
        persons = pc.binary_join_element_wise(*folded, "\x1f")
        # Preparing the key costs as much as one pseudonym: do it once.
        keyed = hmac.new(self.secret, digestmod=hashlib.sha256)
        pseudonyms = [_digest(keyed.copy(), person) for person in persons.to_pylist()]
        if self.rule < RULE:
            folded = [_folded(one, RULE, any_order=False) for one in identifiers]
        return People(pseudonyms, tuple(pc.equal(one, "") for one in folded))


def _digest(keyed: hmac.HMAC, person: str) -> str:
    keyed.update(person.encode())
    return keyed.hexdigest()


def _folded(identifiers: pa.Array, rule: int, *, any_order: bool) -> pa.Array:
    """Remove what differs between spellings of one name. What names nobody is blank since the third rule."""
    folded = _parts_in_order(identifiers, rule) if any_order else _normalised(identifiers, rule)
    if rule < _KEEPS_MARKS:
        return folded
    # The parts in order of a word for what is missing may be another word.
    may_be = pc.is_in(_normalised(identifiers, rule) if any_order else folded, _MISSING)
    rows = pc.indices_nonzero(may_be)
    if not len(rows):
        return folded
    stated = pa.array([reason_of(text or "") is not None for text in identifiers.take(rows).to_pylist()])
    is_missing = pc.is_in(pa.array(range(len(folded)), pa.uint64()), rows.filter(stated))
    return pc.if_else(is_missing, "", folded)


def _normalised(identifiers: pa.Array, rule: int) -> pa.Array:
    """Remove what differs between spellings of one name: accents, case, hyphens, apostrophes, spaces, ligatures."""
    letters = pc.replace_substring_regex(_lower_letters(identifiers, rule), _NO_LETTER[rule >= _KEEPS_MARKS], "")
    return letters if rule < _KEEPS_MARKS else _without_lone_marks(letters)


def _parts_in_order(identifiers: pa.Array, rule: int) -> pa.Array:
    """Remove the same as `_normalised`, and sort the parts that hyphens, spaces and other signs separate.

    An apostrophe separates nothing: `L'Hermitte` is one part.
    """
    letters = _lower_letters(pc.replace_substring_regex(identifiers, _APOSTROPHES, ""), rule)
    # Combining accents and invisible signs separate nothing either.
    letters = pc.replace_substring_regex(letters, r"\p{Cf}" if rule >= _KEEPS_MARKS else r"[\p{M}\p{Cf}]", "")
    parts = pc.replace_substring_regex(letters, f"{_NO_LETTER[rule >= _KEEPS_MARKS]}+", " ").to_pylist()
    joined = pa.array([_BETWEEN_PARTS.join(sorted(text.split())) for text in parts], pa.string())
    return joined if rule < _KEEPS_MARKS else _without_lone_marks(joined)


def _without_lone_marks(folded: pa.Array) -> pa.Array:
    """Return a blank for a text of marks alone, which names nobody."""
    return pc.if_else(pc.match_substring_regex(folded, r"[\p{L}\p{N}]"), folded, "")


def _lower_letters(identifiers: pa.Array, rule: int) -> pa.Array:
    if rule >= _FOLDS_ALL_APOSTROPHES and not pc.all(pc.string_is_ascii(identifiers)).as_py():
        # Unicode takes some of them apart, into a space and an accent.
        identifiers = pc.replace_substring_regex(identifiers, _ALL_APOSTROPHES, "")
    letters = pc.utf8_lower(pc.utf8_normalize(pc.fill_null(identifiers, ""), form="NFKD"))
    if not pc.all(pc.string_is_ascii(letters)).as_py():
        for letter, spelt in _SPELT_OTHERWISE.items() if rule > 1 else [("ß", "ss")]:
            letters = pc.replace_substring(letters, letter, spelt)
        if rule >= _KEEPS_MARKS:
            for letter, spelt in _SPELT_OTHERWISE_SINCE_3.items():
                letters = pc.replace_substring(letters, letter, spelt)
            letters = pc.replace_substring_regex(letters, r"[\x{fe00}-\x{fe0f}]", "")
            letters = pc.replace_substring_regex(letters, _ACCENTED, r"\1")
    return letters


def key_for(programme: Programme, paths: ProjectPaths, environment: Environment) -> PseudonymKey | None:
    """Return the key of this installation; None where no table of the programme identifies people.

    Raises:
        UsageError: The configured key is not a valid key.
    """
    return pseudonym_key(paths, environment) if identifiers_of(programme) else None


def identifiers_of(programme: Programme) -> dict[str, list[str]]:
    """Return the codes of the identifiers of each table of people, those whose parts have no order with a *.

    The tables have the names that a data manager gives them: `suivi version 1, Participants`.
    """
    identifiers = {
        f"{instrument.code} version {version.version}, {sheet.name}": [
            f"{column.code}{'*' if column.any_order else ''}"
            for column in sheet.columns
            if column.role is Role.IDENTIFIER
        ]
        for instrument in programme.settings.instruments
        for version in instrument.versions
        for sheet in version.sheets
    }
    return {table: codes for table, codes in identifiers.items() if codes}


def other_identifiers_in_words(tables: Sequence[str]) -> str:
    """Return a sentence that people are identified otherwise than before, with the command that links them again."""
    return (
        f"People in {'; '.join(tables)} are identified otherwise than when earlier returns were read, so that those of "
        "earlier returns are strangers to those of later ones: run essaim relink --dry-run, then essaim relink."
    )


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
