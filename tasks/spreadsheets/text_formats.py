"""Classify number formats by what a reader of the sheet sees of a text, where that is not the text in the file."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tasks.spreadsheets.format_parts import WHITE, Part, is_for_texts, sections_of

_OF_TEXTS = 3
"""The place of the section for texts in a format that has all four."""
_AS_IT_IS = re.compile(r"general|standard", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ShownText:
    """What a number format shows of texts: words around them or in their place, or nothing.

    Attributes:
        parts: What is seen from left to right; None stands for the text.
    """

    parts: tuple[str | None, ...]

    def is_another(self, text: str) -> bool:
        """Return whether a reader sees something else than a text."""
        seen = "".join(text if part is None else part for part in self.parts)
        return seen.split() != text.split()


def shown_text(format_code: str) -> ShownText | None:
    """Return what a number format shows of texts; None where that is always the text in the file."""
    if not format_code:
        return None
    sections = sections_of(format_code)
    # Without a section for texts, a format is one of numbers, and texts are seen as they are.
    section = sections[_OF_TEXTS] if len(sections) > _OF_TEXTS else next(filter(is_for_texts, sections), None)
    if section is None:
        return None
    shown = ShownText(_seen_parts(section))
    return None if _shows_the_text(shown) else shown


def _seen_parts(section: Sequence[Part]) -> tuple[str | None, ...]:
    if WHITE in section:
        return ()
    code = "".join(part.text for part in section if part.is_code)
    if _AS_IT_IS.fullmatch(code.strip()):
        section = [Part("@", is_code=True), *(part for part in section if not part.is_code)]
    return tuple(None if part.is_code and part.text == "@" else part.text for part in section)


def _shows_the_text(shown: ShownText) -> bool:
    return shown.parts.count(None) == 1 and not any(part and part.strip() for part in shown.parts)
