"""What other programs say, fit to be shown: on one line, of bounded length, without anybody's address."""

import re

AGAIN = "It is tried again at the next run."
_ADDRESS = re.compile(r"\S*@\S*")
_LONGEST = 200


def without_addresses(text: str) -> str:
    """The text on one line, its mail addresses left out."""
    printable = "".join(sign if sign.isprintable() else " " for sign in text)
    return _ADDRESS.sub("…", " ".join(printable.split()))[:_LONGEST].rstrip(".")
