"""Check the column names of the wide form against the limits of each format."""

import re
from collections import Counter
from collections.abc import Collection, Sequence

from schemas.errors import UsageError

_A_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_LONGEST = {".sav": 64, ".dta": 32}
_TAKEN = {
    ".sav": re.compile(r"all|and|by|eq|ge|gt|le|lt|ne|not|or|to|with", re.IGNORECASE),
    ".dta": re.compile(r"byte|double|float|if|in|int|long|strL|str\d+|using|with"),
}
"""Reserved words (IBM SPSS Statistics, Variable names; Stata User's Guide, 11.3)."""


def refuse_twice(names: Sequence[str], ending: str) -> None:
    """Reject duplicate column names.

    Raises:
        UsageError: Some names are equal; the message lists them.
    """
    # SPSS variable names are case-insensitive.
    same = [name.casefold() if ending == ".sav" else name for name in names]
    counted = Counter(same)
    twice = [name for name, folded in zip(names, same, strict=True) if counted[folded] > 1]
    if twice:
        raise UsageError(
            f"codebook.csv: the wide form would have duplicate columns: {', '.join(dict.fromkeys(twice))}. Indicator "
            "codes must differ from all other column names. Give these indicators other codes in codebook.csv and "
            "crosswalk.csv, or export the view without --wide."
        )


def refuse_no_names(names: Sequence[str], ending: str, attributes: Collection[str] = ()) -> None:
    """Reject names that are invalid for a variable in a file with this extension.

    Args:
        names: The names of all columns.
        ending: The extension of the file.
        attributes: The names that come from the codes of attributes; the others come from indicators.

    Raises:
        UsageError: Some names are invalid; the message lists them.
    """
    longest = _LONGEST.get(ending)
    if longest is None:
        return
    refused = [
        name for name in names if not _A_NAME.fullmatch(name) or len(name) > longest or _TAKEN[ending].fullmatch(name)
    ]
    if not refused:
        return
    is_of_attribute = {name: name in attributes for name in refused}
    file = "programme.yaml" if all(is_of_attribute.values()) else "codebook.csv"
    remedies = [
        *(["these indicators other codes in codebook.csv and crosswalk.csv"] * (not all(is_of_attribute.values()))),
        *(["these attributes other codes in programme.yaml"] * any(is_of_attribute.values())),
    ]
    raise UsageError(
        f"{file}: invalid variable names in {ending}: {', '.join(refused)}. A name has at most {longest} "
        "letters without accents, digits and _, starts with a letter, and is not a reserved word. Export the wide "
        f"form to .csv, .xlsx or .parquet, or give {' and '.join(remedies)}."
    )
