"""Split number formats into their sections, and these into code and text that is shown as it is."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=)(-?[0-9]+(?:\.[0-9]+)?)\]")
ELAPSED = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)

_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"?|\\(?P<escaped>.)|(?P<width>[_*].)|(?P<bracket>\[[^\]]*\])|E[+-]|.', re.DOTALL
)
_BARE_LITERALS = frozenset("-+():!^&'~{}<>=$ ")
_WHITE = re.compile(r"\[(?:white|blanc|weiss|weiß|blanco|bianco|branco|colou?r ?2|couleur ?2)\]", re.IGNORECASE)
_CURRENCY = re.compile(r"\[\$(.*?)(?:-[0-9A-Fa-f]*)?\]")


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a format: code, or text that is shown as it is."""

    text: str
    is_code: bool


WHITE = Part("[White]", is_code=True)
"""The colour that nobody sees on a page."""


def sections_of(format_code: str) -> list[list[Part]]:
    """Return the parts of each section of a number format, in their order."""
    sections: list[list[Part]] = [[]]
    for part in _parts(format_code):
        if part.is_code and part.text == ";":
            sections.append([])
        else:
            sections[-1].append(part)
    return sections


def is_for_texts(section: list[Part]) -> bool:
    """Return whether a section has the sign for a text."""
    return any(part.is_code and part.text == "@" for part in section)


def _parts(format_code: str) -> Iterator[Part]:
    for found in _TOKEN.finditer(format_code):
        text, bracket = found[0], found["bracket"]
        literal = found["quoted"] if found["quoted"] is not None else found["escaped"]
        if literal is not None:
            yield Part(literal, is_code=False)
        elif found["width"]:
            yield Part(" ", is_code=False)
        elif bracket and (currency := _CURRENCY.fullmatch(bracket)):
            yield Part(currency[1], is_code=False)
        elif bracket and _WHITE.fullmatch(bracket):
            yield WHITE
        elif bracket and not ELAPSED.fullmatch(bracket) and not CONDITION.fullmatch(bracket):
            continue  # another colour or a calendar
        else:
            is_literal = text in _BARE_LITERALS or unicodedata.category(text[0]) in ("Sc", "Pd")
            yield Part(text, is_code=not is_literal)
