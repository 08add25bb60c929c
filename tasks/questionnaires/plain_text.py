"""Strip the markup of wordings and normalize them for comparison."""

import re
import unicodedata
from functools import lru_cache
from html.parser import HTMLParser

_INLINE = frozenset({"a", "abbr", "b", "em", "font", "i", "mark", "small", "span", "strong", "sub", "sup", "u"})
_IGNORED = frozenset({"script", "style"})
_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")
_BLANK = re.compile(r"[\s\x00-\x1f\x7f]+")


class _Texts(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.texts: list[str] = []
        self._ignored = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._ignored += tag in _IGNORED
        self._separate(tag)

    def handle_endtag(self, tag: str) -> None:
        self._ignored = max(0, self._ignored - (tag in _IGNORED))
        self._separate(tag)

    def handle_data(self, data: str) -> None:
        if not self._ignored:
            self.texts.append(data)

    def _separate(self, tag: str) -> None:
        if tag not in _INLINE:
            self.texts.append(" ")


def plain(wording: str) -> str:
    """Return the visible text of a wording: no markup, one line, single spaces."""
    if "<" in wording or "&" in wording:
        parser = _Texts()
        parser.feed(wording)
        parser.close()
        wording = "".join(parser.texts)
    return _BLANK.sub(" ", _INVISIBLE.sub("", wording)).strip()


@lru_cache(maxsize=20_000)
def compared(text: str) -> str:
    """Return a plain text normalized for comparison: case, typography and final punctuation do not count."""
    same = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'")
    return same.rstrip(" .:;!?*…") or same
