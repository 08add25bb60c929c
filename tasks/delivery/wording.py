"""Make messages of other programs fit to show: one line of bounded length, without mail addresses."""

import re

AGAIN = "The next run tries again."
_ADDRESS = re.compile(r"\S*@\S*")
_LONGEST = 200


def without_addresses(text: str) -> str:
    """Return the text on one line, with each mail address replaced by an ellipsis."""
    printable = "".join(sign if sign.isprintable() else " " for sign in text)
    return _ADDRESS.sub("…", " ".join(printable.split()))[:_LONGEST].rstrip(".")
