"""Find the rows of a table that describe no person: totals, examples, footnotes, repeated headers.

Words are compared without case, accents and the wide and spaced letters in which they are often set.
"""

# pyarrow.compute makes its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import permutations

import pyarrow as pa
import pyarrow.compute as pc

from schemas.formats import without_accents
from tasks.spreadsheets.error_names import is_error_name

_BEGINS = (
    r"\p{L}\p{Nd}'\x{2019}\x{2018}\x{02bc}\x{0022}\x{00ab}\x{201c}\x{2013}\x{2014}\x{2022}\x{00b7}.\x{2026}"
    r"\x{202e}\x{fffd}-"
)
"""What begins a name, a code, an item of a list, or a name that was damaged."""
_SIGN = rf"(?s)^[^{_BEGINS}].*[\p{{L}}\p{{N}}]"
"""A sign that begins no name and no code, nor an item of a list: `#`, `*`, `(`, `†`, `→`, `¹`, `∑`."""
_NO_NAME = r"^[^\p{L}\p{N}]*$"
_TOTAL = (
    r"sous[- ]?tot(?:al|aux)|sub-?totals?|sommes?|sum|moyennes?|average|mean|ensemble|cumul|effectifs?"
    r"|recap(?:itulatif)?|summary|n(?:om)?bre|number of|count of"
    r"|[0-9]+ (?:lignes?|personnes?|participante?s?|salariee?s?|beneficiaires?|lines?|rows?|people|persons?)"
)
_EXAMPLE = r"(?:par |for )?ex(?:emples?|amples?)|ex\.|p\. ?ex|e\. ?g\.|sample|modele"
_NOTE = (
    r"nb|n\.b\.|notes?|sources?|legende|legend|lecture|remarques?|remarks?|attention|page [0-9]|signatures?|cachet"
    r"|fait a .*|a (?:remplir|completer|renseigner|supprimer|effacer|ajouter)|lignes? (?:a|de|vides?)"
    r"|suite|to be (?:filled|completed|deleted)"
)
_WORDS = rf"^[^\p{{L}}\p{{N}}]*(?:{_TOTAL}|{_EXAMPLE}|{_NOTE})(?:[^\p{{L}}\p{{N}}]|$)"
_ANYWHERE = r"(?:^|[^\p{L}\p{N}])(?:totaux|totals?)(?:[^\p{L}\p{N}]|$)|^\x{03c3}(?:\P{Greek}|$)"
"""A total, also as a lone capital sigma."""
_NUMBERED = r"^[0-9]{1,2}\)"
_ASSIGNED = r"\p{L}\s+[:=]|\p{L}[:=](?:\s|$)"
"""A word with a colon or an equals sign after it: `Ex : DUPONT`, `n = 2`."""
_NOT_A_PERSON = f"{_WORDS}|{_ANYWHERE}|{_NUMBERED}|{_ASSIGNED}"
_SPACED = r"^(?:\p{L}[\s._-]){2,}\p{L}(?:[^\p{L}]|$)"
_NAMES = ("nom", "prenom", "noms", "prenoms")
"""Words of headers over names, whatever the declared label of the column is."""


@dataclass(frozen=True, slots=True)
class OtherRows:
    """The rows of a table that describe no person or may describe none, as positions from 0.

    Attributes:
        not_persons: The rows in which one identifier alone is filled in, with a word such as total or, of several
            identifiers, without anything else in the row; and the repeated headers.
        doubtful: The rows in which other identifiers are filled in besides such a word.
        bare: The rows with the only identifier of the table, and nothing else.
        incomplete: The rows with one of several identifiers, and other values.
    """

    not_persons: tuple[int, ...]
    doubtful: tuple[int, ...]
    bare: tuple[int, ...]
    incomplete: tuple[int, ...]


def other_rows(identifiers: Sequence[pa.Array], labels: Collection[str], has_more: pa.Array | None) -> OtherRows:
    """Find the rows of totals, examples, footnotes and headers by their identifiers, and by what else they hold.

    Args:
        identifiers: The texts of each identifying column.
        labels: The labels of these columns, and their other spellings.
        has_more: Whether any other column is filled in, for each row; None where the table has no other column.
    """
    count = len(identifiers[0])
    nothing = pa.repeat(pa.scalar(value=False), count)
    headers = pa.array(sorted(_headers(labels)))
    filled = pa.repeat(pa.scalar(0, pa.int8()), count)
    is_word, is_name = nothing, nothing
    for column in identifiers:
        folded = _folded(column)
        is_header = _known(pc.is_in(pc.replace_substring_regex(folded, r"[^\p{L}\p{N}]", ""), headers), column)
        is_other = pc.or_(pc.match_substring_regex(folded, _NOT_A_PERSON), pc.match_substring_regex(column, _SIGN))
        is_other = pc.and_(pc.or_(_known(is_other, column), is_header), pc.invert(_are_errors(column)))
        is_word = pc.or_(is_word, is_other)
        is_name = pc.or_(is_name, pc.and_(pc.is_valid(column), pc.invert(is_header)))
        filled = pc.add(filled, pc.is_valid(column).cast(pa.int8()))
    has_more = pa.repeat(pa.scalar(value=True), count) if has_more is None else has_more
    is_alone = pc.equal(filled, 1)
    is_bare = pc.and_(is_alone, pc.invert(has_more))
    first = identifiers[0] if len(identifiers) == 1 else pc.coalesce(*identifiers)
    says_nothing = pc.and_(is_bare, _known(pc.match_substring_regex(first, _NO_NAME), first))
    not_persons = pc.or_(pc.and_(is_word, pc.or_(is_alone, pc.invert(is_name))), says_nothing)
    if len(identifiers) > 1:
        not_persons = pc.or_(not_persons, is_bare)
    persons = pc.invert(not_persons)
    return OtherRows(
        _rows(not_persons),
        _rows(pc.and_(persons, is_word)),
        _rows(pc.and_(persons, is_bare)),
        _rows(pc.and_(persons, is_alone)) if len(identifiers) > 1 else (),
    )


def _rows(are: pa.Array) -> tuple[int, ...]:
    return tuple(pc.indices_nonzero(are).to_pylist())


def _known(are: pa.Array, column: pa.Array) -> pa.Array:
    return pc.and_(pc.fill_null(are, fill_value=False), pc.is_valid(column))


def _are_errors(column: pa.Array) -> pa.Array:
    """Return, for each text, whether it is the name of an error: a formula was to give the name of somebody."""
    if not pc.any(pc.starts_with(column, "#")).as_py():
        return pa.repeat(pa.scalar(value=False), len(column))
    return pa.array([text is not None and is_error_name(text) for text in column.to_pylist()], pa.bool_())


def _folded(column: pa.Array) -> pa.Array:
    """Return the texts in lower case, without accents and the spaces between single letters."""
    lower = pc.utf8_lower(column)
    if not pc.all(pc.string_is_ascii(column)).as_py():
        lower = pc.replace_substring_regex(pc.utf8_lower(pc.utf8_normalize(column, form="NFKD")), r"\p{Mn}", "")
    is_spaced = pc.match_substring_regex(lower, _SPACED)
    if not pc.any(is_spaced).as_py():
        return lower
    return pc.if_else(is_spaced, pc.replace_substring_regex(lower, r"(\p{L})[\s._-]", r"\1"), lower)


def _headers(labels: Collection[str]) -> set[str]:
    """Return what the identifiers of a repeated header may be, without spaces: a label, or two after one another."""
    words = {re.sub(r"[\W_]", "", without_accents(label)) for label in (*labels, *_NAMES)}
    return words | {f"{one}{join}{other}" for one, other in permutations(words, 2) for join in ("", "et", "and")}
