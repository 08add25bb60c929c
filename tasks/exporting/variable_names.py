"""Names that a format cannot give to a variable."""

import re
from collections import Counter
from collections.abc import Sequence

from schemas.errors import UsageError

_A_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_LONGEST = {".sav": 64, ".dta": 32}
_TAKEN = {
    ".sav": re.compile(r"all|and|by|eq|ge|gt|le|lt|ne|not|or|to|with", re.IGNORECASE),
    ".dta": re.compile(r"byte|double|float|if|in|int|long|strL|str\d+|using|with"),
}
"""Words of SPSS's and Stata's own (IBM SPSS Statistics, Variable names; Stata User's Guide, 11.3)."""


def refuse_twice(names: Sequence[str], ending: str) -> None:
    """Refuse what would be several columns of one name.

    Raises:
        UsageError: there are such names. All of them are told.
    """
    # SPSS does not tell capitals from small letters.
    same = [name.casefold() if ending == ".sav" else name for name in names]
    counted = Counter(same)
    twice = [name for name, alike in zip(names, same, strict=True) if counted[alike] > 1]
    if twice:
        raise UsageError(
            f"codebook.csv: the wide form would have columns of one name: {', '.join(dict.fromkeys(twice))}. Expected "
            "codes of indicators that name no other column. Give these indicators other codes in codebook.csv and "
            "crosswalk.csv, or export the view without --wide."
        )


def refuse_no_names(names: Sequence[str], ending: str) -> None:
    """Refuse what a file of this ending cannot name a variable.

    Raises:
        UsageError: there are such names. All of them are told.
    """
    longest = _LONGEST.get(ending)
    if longest is None:
        return
    refused = [
        name for name in names if not _A_NAME.fullmatch(name) or len(name) > longest or _TAKEN[ending].fullmatch(name)
    ]
    if refused:
        raise UsageError(
            f"codebook.csv: no variable of {ending} can be named {', '.join(refused)}. Expected at most {longest} "
            "letters without accents, digits and _, a letter first, and no word of the program's own. Export the wide "
            "form to .csv, .xlsx or .parquet, or give these indicators other codes in codebook.csv and crosswalk.csv."
        )
