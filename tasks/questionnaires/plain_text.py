"""Wordings without their markup, and as they are compared."""

import re
import unicodedata
from functools import lru_cache
from html.parser import HTMLParser

_INLINE = frozenset({"a", "abbr", "b", "em", "font", "i", "mark", "small", "span", "strong", "sub", "sup", "u"})
_UNREAD = frozenset({"script", "style"})
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")
_BLANK = re.compile(r"[\s\x00-\x1f\x7f]+")


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self._unread = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._unread += tag in _UNREAD
        self._apart(tag)

    def handle_endtag(self, tag: str) -> None:
        self._unread = max(0, self._unread - (tag in _UNREAD))
        self._apart(tag)

    def handle_data(self, data: str) -> None:
        if not self._unread:
            self.texts.append(data)

    def _apart(self, tag: str) -> None:
        if tag not in _INLINE:
            self.texts.append(" ")


def plain(wording: str) -> str:
    """A wording as it is read: without markup, in one line, with one space at a time."""
    if "<" in wording or "&" in wording:
        parser = _Texts()
        parser.feed(wording)
        parser.close()
        wording = "".join(parser.texts)
    return _BLANK.sub(" ", _INVISIBLE.sub("", wording)).strip()


@lru_cache(maxsize=20_000)
def compared(text: str) -> str:
    """A plain text as it is compared: neither capitals, nor typography, nor the punctuation at its end matter."""
    same = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'")
    return same.rstrip(" .:;!?*…") or same
