"""Parse the tables of an HTML page, to compare the page with the data that it shows."""

from html.parser import HTMLParser


class Page(HTMLParser):
    """The contents of a page.

    Attributes:
        tables: The rows of each table by `data-code`, as the texts of their cells. If a cell has a second, small line,
            `|` separates the lines: `"96,8 %|90 sur 93"`.
        tags: The elements with their attributes.
        text: The text outside styles.
        style: The style sheets.
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
        """Record an element, and begin a table, a row or a cell."""
        attributes = dict(attrs)
        self._is_style = tag == "style"
        self.tags.append((tag, attributes))
        if tag == "table":
            self._rows = self.tables.setdefault(attributes.get("id") or attributes.get("class") or "", {})
        elif tag == "tr":
            code = attributes.get("data-code")
            self._cells = None if code is None else self._rows.setdefault(code, [])
        elif tag in ("td", "th") and self._cells is not None:
            self._cells.append("")
        elif tag == "span" and self._cells:
            self._cells[-1] += "|"

    def handle_endtag(self, tag: str) -> None:
        """End a row or a style sheet."""
        self._is_style = False
        if tag == "tr":
            self._cells = None

    def handle_data(self, data: str) -> None:
        """Add text to the page and to its cell, or to the style sheets."""
        if self._is_style:
            self.style += data
            return
        plain = data.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")
        self.text += plain
        if self._cells:
            self._cells[-1] += plain.strip()
