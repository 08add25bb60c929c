"""Test that what a cell of an ODS file holds is compared with the text that its program wrote beside it."""

import io
import zipfile
from datetime import date
from pathlib import Path

import pytest
from bookkeeping import content
from openpyxl import Workbook
from random_workbooks import by_libreoffice

from tasks.spreadsheets.cells import Cell, CellKind
from tasks.spreadsheets.parsing import parse

PLACE = "ici"
RUBY = "<text:ruby><text:ruby-base>東</text:ruby-base><text:ruby-text>ひがし</text:ruby-text></text:ruby>"
FOOTNOTE = (
    '12<text:note text:note-class="footnote"><text:note-citation>1</text:note-citation>'
    "<text:note-body><text:p>sur l'année</text:p></text:note-body></text:note>"
)
SEEN = [
    ("float", "12", "12", CellKind.NUMBER, "12"),
    ("float", "12", "12,00", CellKind.NUMBER, "12"),
    ("float", "12000", "12 000", CellKind.NUMBER, "12000"),
    ("float", "12000", "12.000", CellKind.NUMBER, "12000"),
    ("float", "1234567.8", "1,234,567.80", CellKind.NUMBER, "1234567.8"),
    ("float", "12.345", "12,3", CellKind.NUMBER, "12.345"),
    ("float", "-12", "(12)", CellKind.NUMBER, "-12"),
    ("float", "12345", "1,23E+04", CellKind.NUMBER, "12345"),
    ("float", "12.5", "12 1/2", CellKind.NUMBER, "12.5"),
    ("float", "45", "45 %", CellKind.TEXT, "45 %"),
    ("float", "12", "12 h", CellKind.WORDED, "12 h"),
    ("float", "12", "12 000", CellKind.DISGUISED, "12"),
    ("float", "12", "1,2", CellKind.DISGUISED, "12"),
    ("float", "12", "-12", CellKind.DISGUISED, "12"),
    ("float", "-12", "12", CellKind.DISGUISED, "-12"),
    ("float", "12", "12 sur 20", CellKind.DISGUISED, "12"),
    ("float", "12", "12<text:line-break/>13", CellKind.DISGUISED, "12"),
    ("float", "12345", "1,24E+04", CellKind.DISGUISED, "12345"),
    ("float", "0", "#¡DIV/0!", CellKind.ERROR, "#¡DIV/0!"),
    ("float", "0", "#ДЕЛ/0!", CellKind.ERROR, "#ДЕЛ/0!"),
    ("percentage", "0.45", "45,0 %", CellKind.TEXT, "45 %"),
    ("percentage", "0.45", "46 %", CellKind.DISGUISED, "0.45"),
    ("percentage", "0.45", "0,45", CellKind.NUMBER, "0.45"),
    ("currency", "12", "12,00 €", CellKind.WORDED, "12 €"),
    ("currency", "12", "$12.00", CellKind.WORDED, "12 $"),
    ('currency" office:currency="USD', "12", "12", CellKind.WORDED, "12 USD"),
    ("date", "2019-01-05", "05/01/2019", CellKind.DAY, "2019-01-05"),
    ("date", "2019-01-05", "samedi 5 janvier 2019", CellKind.DAY, "2019-01-05"),
    ("date", "2019-03-05", "mar. 5 mars 19", CellKind.DAY, "2019-03-05"),
    ("date", "2019-01-05", "20190105", CellKind.DAY, "2019-01-05"),
    ("date", "2019-01-05", "06/01/2019", CellKind.DISGUISED, "2019-01-05"),
    ("date", "2019-01-05", "05/05/2019", CellKind.DISGUISED, "2019-01-05"),
    ("date", "2019-01-05", "5 février 2019", CellKind.DISGUISED, "2019-01-05"),
    *(
        ("float", "12", shown, CellKind.DISGUISED, "12")
        for shown in (
            *("12²", "12 ?", "env. 12", "~12", "&lt;12", "moins de 12", "12 et demi", "12 nc", "12½", "12+", "CS012"),
        )
    ),
    ("percentage", "0.45", "env. 45 %", CellKind.DISGUISED, "0.45"),
    ("float", "12", "12 m²", CellKind.WORDED, "12 m²"),
    ("date", "2024-03-24", "24/03/2024", CellKind.DAY, "2024-03-24"),
    ("date", "2024-03-24", "24/03/24", CellKind.DAY, "2024-03-24"),
    ("date", "2019-10-05", "5 ottobre 2019", CellKind.DAY, "2019-10-05"),
    ("date", "2019-01-05T14:30:00", "05/01/19 02:30 PM", CellKind.INSTANT, "2019-01-05T14:30:00"),
    *(
        ("date", "2024-02-01", shown, CellKind.DISGUISED, "2024-02-01")
        for shown in ("", "mardi", "avant le 01/02/24", "01/02/24 ?", "depuis 01/02/24", "01/02/24 -", "01/12/2024")
    ),
    *(
        ("date", "2024-02-01", shown, CellKind.PART_OF_DAY, "2024-02-01")
        for shown in ("févr. 2024", "2024", "01/02", "1-févr.", "jeudi", "T1 2024", "S5", "02/24", "1")
    ),
    ("time", "PT11H30M00S", "11:30", CellKind.TIME, "11:30:00"),
    ("time", "PT35H00M00S", "35:00", CellKind.TIME, "35:00"),
    ("time", "PT35H00M00S", "11:00", CellKind.DISGUISED, "PT35H00M00S"),
    ("string", None, "12<text:line-break/>13", CellKind.TEXT, "12\n13"),
    ("string", None, "12<text:tab/>13", CellKind.TEXT, "12\t13"),
    ("string", None, FOOTNOTE, CellKind.TEXT, "12"),
    ("string", None, RUBY, CellKind.TEXT, "東"),
    ("string", None, "12<text:hidden-text text:condition='x'>3</text:hidden-text>", CellKind.TEXT, "12"),
    ("float", "12", "1<text:hidden-text text:condition='x'>2</text:hidden-text>", CellKind.DISGUISED, "12"),
    ("string", None, "1<text:conditional-text text:condition='x'>2</text:conditional-text>", CellKind.DISGUISED, "12"),
    ("string", None, "12<text:hidden-paragraph text:condition='x'/>", CellKind.DISGUISED, "12"),
    ('string" office:string-value="13', None, "12", CellKind.DISGUISED, "12"),
]  # fmt: skip
DATED = {True: "05/03/2019", False: "03/05/2019"}
HOLDING = {"date": "date-value", "time": "time-value"}


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return what LibreOffice saved of a workbook with one text."""
    made = Workbook()
    made.worksheets[0]["A1"] = PLACE
    folder: Path = tmp_path_factory.mktemp("ods") / "one"
    return by_libreoffice({"one": content(made)}, folder, "ods")["one"]


def with_content(saved: bytes, text: str, other: str) -> bytes:
    """Return a copy of an ODS file with another text in its content."""
    copy = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(saved)) as read, zipfile.ZipFile(copy, "w") as written:
        for member in read.infolist():
            xml = read.read(member)
            if member.filename == "content.xml":
                assert text in xml.decode()
                xml = xml.decode().replace(text, other).encode()
            written.writestr(member.filename, xml)
    return copy.getvalue()


@pytest.mark.parametrize(("kind", "held", "shown", "seen", "text"), SEEN, ids=[f"{one[1]} as {one[2]}" for one in SEEN])
def test_what_is_shown_is_compared_with_what_is_held(
    saved: bytes, kind: str, held: str | None, shown: str, seen: CellKind, text: str
) -> None:
    value = "" if held is None else f' office:{HOLDING.get(kind, "value")}="{held}"'
    as_text = ' office:value-type="string" calcext:value-type="string"><text:p>' + PLACE
    changed = with_content(saved, as_text, f' office:value-type="{kind}"{value}><text:p>{shown}')
    sheet = parse(changed, ".ods").sheets["Sheet"]
    assert (sheet.at(0, 0), sheet.differs_at) == (Cell(text, seen), None)


@pytest.mark.parametrize("is_day_first", [True, False])
def test_a_day_is_shown_in_the_order_of_its_own_style(tmp_path: Path, is_day_first: bool) -> None:
    made = Workbook()
    made.worksheets[0]["A1"] = date(2019, 3, 5)
    made.worksheets[0]["A1"].number_format = "dd/mm/yyyy" if is_day_first else "mm/dd/yyyy"
    saved = by_libreoffice({"one": content(made)}, tmp_path / "one", "ods")["one"]
    assert parse(saved, ".ods").sheets["Sheet"].at(0, 0) == Cell("2019-03-05", CellKind.DAY)
    other = with_content(saved, f"<text:p>{DATED[is_day_first]}", f"<text:p>{DATED[not is_day_first]}")
    assert parse(other, ".ods").sheets["Sheet"].at(0, 0) == Cell("2019-03-05", CellKind.DISGUISED)
