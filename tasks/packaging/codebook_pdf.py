"""Write the codebook of a package as PDF, with bookmarks and page numbers."""

from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import CondPageBreak, LongTable, Paragraph, SimpleDocTemplate, Spacer, TableStyle

from tasks.exporting import codebook_lines
from tasks.exporting.value_labels import reason_labels
from tasks.i18n import language
from tasks.packaging.codebook import sentences_about, values_of
from tasks.packaging.contents import Contents

_FONTS = {"Codebook": "Vera.ttf", "Codebook-Bold": "VeraBd.ttf"}
"""Fonts of ReportLab for European languages; a character that they lack is shown as a question mark."""
_TEXT = ParagraphStyle("text", fontName="Codebook", fontSize=8, leading=10.5)
_BODY = ParagraphStyle("body", parent=_TEXT, fontSize=9.5, leading=13, spaceAfter=5)
_TITLE = ParagraphStyle("title", parent=_TEXT, fontName="Codebook-Bold", fontSize=17, leading=22, spaceAfter=10)
_HEADING = ParagraphStyle("heading", parent=_TITLE, fontSize=12, leading=15, spaceBefore=14, spaceAfter=4)
_LABEL = ParagraphStyle("label", parent=_TEXT, fontName="Codebook-Bold")
_LINES = TableStyle([
    ("GRID", (0, 0), (-1, -1), 0.25, colors.HexColor("#999999")),
    ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#eeeeee")),
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
])  # fmt: skip
_WIDTH = 178
"""Millimetres between the margins."""
_POINTS = 72 / 25.4
"""Points in a millimetre."""


def write_codebook_pdf(contents: Contents, path: Path) -> None:
    """Write the codebook: what it is about, each view with its columns, reasons, and indicators."""
    for name, file in _FONTS.items():
        pdfmetrics.registerFont(TTFont(name, file))
    _ = language(contents.locale).gettext
    title = _("Codebook of {programme}").format(programme=contents.title)
    document = SimpleDocTemplate(
        str(path),
        pagesize=A4,
        title=title,
        author=contents.title,
        lang=contents.locale,
        invariant=1,  # no instant of writing, so that the same contents give the same bytes
        **dict.fromkeys(("leftMargin", "rightMargin", "topMargin", "bottomMargin"), 16 * _POINTS),
    )
    number_page = partial(_number_page, words=_("page {number}"))
    document.build([*_parts(contents, title)], onFirstPage=number_page, onLaterPages=number_page)


def _parts(contents: Contents, title: str) -> Iterator[Any]:
    locale = contents.locale
    _ = language(locale).gettext
    yield Paragraph(_shown(title), _TITLE)
    for sentence in sentences_about(contents):
        yield Paragraph(_shown(sentence), _BODY)
    for name, held in contents.views.items():
        yield CondPageBreak(60 * _POINTS)  # no heading at the foot of a page
        yield _Bookmarked(name)
        yield Paragraph(_shown(held.view.meaning.text(locale)), _BODY)
        grain = _("Each row is identified by {columns}. Rows: {count}.")
        yield Paragraph(_shown(grain.format(columns=", ".join(held.view.grain), count=held.table.num_rows)), _BODY)
        rows = [(column.name, column.data_type, _meaning(column, locale)) for column in held.view.columns]
        yield _table([(_("column"), _("type"), _("meaning")), *rows], (46, 26, _WIDTH - 72))
    yield _Bookmarked(_("Reasons for a missing value"))
    reasons = [(str(reason), label) for reason, label in reason_labels(locale).items()]
    yield _table([(_("reason"), _("meaning")), *reasons], (60, _WIDTH - 60))
    yield _Bookmarked(_("Indicators"))
    lines = [
        (line.indicator_code, line.label, line.kind, line.unit or "", (line.allowed_values or "").replace("|", ", "))
        for line in codebook_lines(contents.views["dim_indicator"], locale)
    ]
    headings = (_("code"), _("label"), _("type"), _("unit"), _("values"))
    yield _table([headings, *lines], (46, 62, 18, 22, _WIDTH - 148))
    yield Spacer(1, 1)


def _meaning(column: Any, locale: str) -> str:
    values = "; ".join(f"{each.value} = {each.label}" for each in values_of(column, locale))
    return f"{column.meaning.text(locale)} [{values}]" if values else column.meaning.text(locale)


class _Bookmarked(Paragraph):
    """A heading that is a bookmark of the file."""

    def __init__(self, heading: str) -> None:
        super().__init__(_shown(heading), _HEADING)
        self.heading = heading

    def draw(self) -> None:
        """Draw the heading, and add its bookmark."""
        self.canv.bookmarkPage(self.heading)
        self.canv.addOutlineEntry(self.heading, self.heading)
        super().draw()


def _table(rows: Sequence[Sequence[str]], widths: Sequence[int]) -> Any:
    cells = [
        [Paragraph(_shown(text), _LABEL if place == 0 else _TEXT) for text in row] for place, row in enumerate(rows)
    ]
    # A row can be split, since a meaning can be longer than what is left of a page.
    return LongTable(cells, [width * _POINTS for width in widths], repeatRows=1, splitInRow=1, style=_LINES)


def _shown(text: str) -> str:
    font: Any = pdfmetrics.getFont("Codebook")
    glyphs = font.face.charToGlyph
    spaced = text.replace("\N{NARROW NO-BREAK SPACE}", "\N{NO-BREAK SPACE}")
    return escape("".join(char if ord(char) in glyphs or char == "\n" else "?" for char in spaced))


def _number_page(canvas: Any, document: Any, words: str) -> None:
    canvas.saveState()
    canvas.setFont("Codebook", 8)
    canvas.drawRightString(A4[0] - 16 * _POINTS, 9 * _POINTS, words.format(number=document.page))
    canvas.restoreState()
