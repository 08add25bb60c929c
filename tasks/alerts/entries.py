"""The sections of a digest in words, and the returns, structures and targets in them."""

import unicodedata
from dataclasses import dataclass

from schemas.enums import AlertKind
from tasks.alerts.digest import ToCorrect


@dataclass(frozen=True, slots=True)
class Entry:
    """An expected return or a target in words.

    Attributes:
        kind: The kind, which gives its colour.
        title: What it is: how a return stands, or the indicator of a target.
        situation: Why it has not been received, where the title does not state it; where a target stands.
        advice: What to do about it, where the section does not state it.
        give_label: Label of `give`.
        give: Name of the workbook to send, or address of the questionnaire.
        marked: Where the marked copy is; empty without one.
        page: Address of its page at the desk; empty without a desk.
        reference: Its id, where a reader has to name it.
    """

    kind: AlertKind
    title: str
    about: str
    badge: str
    when: str
    late: str = ""
    situation: str = ""
    advice: str = ""
    give_label: str = ""
    give: str = ""
    give_is_address: bool = False
    to_correct: tuple[ToCorrect, ...] = ()
    more_to_correct: str = ""
    marked: str = ""
    page: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class StructureItem:
    """A structure with all its returns that a digest lists.

    Attributes:
        contact: Its contacts in structures.csv.
        write_to: Address that opens a mail to it, with its text.
        written: When Essaim wrote to it, or why it could not.
    """

    name: str
    contact: str
    write_to: str
    written: str
    unfollowed: str
    returns: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """What a digest says of one kind: how many there are, and what to do about them.

    Attributes:
        count: Number of returns or targets of the kind, listed or not.
        closed_surveys: For each survey of the returns that nobody can answer: which, why, and the remedy.
        entries: The targets of the kind. Returns are listed by structure.
    """

    kind: AlertKind
    heading: str
    note: str
    count: int
    closed_surveys: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()


def on_one_line(text: str) -> str:
    """Return a text without line breaks, which headers cannot hold, and without signs that reorder other text."""
    kept = "".join(" " if unicodedata.category(sign) in ("Cc", "Cf", "Zl", "Zp") else sign for sign in text)
    return " ".join(kept.split())
