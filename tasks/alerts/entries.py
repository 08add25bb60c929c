"""The sections of a digest in words, and the entries in them."""

import unicodedata
from dataclasses import dataclass

from schemas.enums import AlertKind
from tasks.alerts.digest import ToCorrect


@dataclass(frozen=True, slots=True)
class Entry:
    """An expected return or a target in words.

    Attributes:
        situation: Why it has not been received, where the section does not state it; where a target stands.
        advice: What to do about it, where the section does not state it.
        write_to: Address that opens a mail to the structure, with its text.
        give_label: Label of `give`.
        give: Name of the workbook to send, or address of the questionnaire.
    """

    title: str
    about: str
    badge: str
    when: str
    late: str
    situation: str
    advice: str
    contact: str
    write_to: str
    write_to_label: str
    give_label: str
    give: str
    give_is_address: bool
    to_correct: tuple[ToCorrect, ...]
    more_to_correct: str
    annotated: str
    unfollowed: str
    reference: str


@dataclass(frozen=True, slots=True)
class Section:
    """The entries of one kind, with a note on what to do about them.

    Attributes:
        count: Number of returns or targets of the kind, listed or not.
        closed_surveys: For each survey of the entries that nobody can answer: which, why, and the remedy.
    """

    kind: AlertKind
    heading: str
    note: str
    count: int
    closed_surveys: tuple[str, ...]
    entries: tuple[Entry, ...]


def on_one_line(text: str) -> str:
    """Return a text without line breaks, which headers cannot hold, and without signs that reorder other text."""
    kept = "".join(" " if unicodedata.category(sign) in ("Cc", "Cf", "Zl", "Zp") else sign for sign in text)
    return " ".join(kept.split())
