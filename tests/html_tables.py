"""The tables of a page, read as a browser would: for comparing what it says with what it was made from."""

from html.parser import HTMLParser


class Page(HTMLParser):
    """The rows of a page's tables, each by its `data-code`: the texts of its cells, and its elements and addresses.

    In a cell that has a second, small line, the first stands before it: `"96,8 %|90 sur 93"`.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tables: dict[str, dict[str, list[str]]] = {}
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text, self.style = "", ""
        self._is_style = False
        self._rows: dict[str, list[str]] = {}
        self._cells: list[str] | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self._is_style = tag == "style"
        self.tags.append((tag, given))
        if tag == "table":
            self._rows = self.tables.setdefault(given.get("id") or given.get("class") or "", {})
        elif tag == "tr":
            code = given.get("data-code")
            self._cells = None if code is None else self._rows.setdefault(code, [])
        elif tag in ("td", "th") and self._cells is not None:
            self._cells.append("")
        elif tag == "span" and self._cells:
            self._cells[-1] += "|"

    def handle_endtag(self, tag: str) -> None:
        self._is_style = False
        if tag == "tr":
            self._cells = None

    def handle_data(self, data: str) -> None:
        if self._is_style:
            self.style += data
            return
        plain = data.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")
        self.text += plain
        if self._cells:
            self._cells[-1] += plain.strip()
