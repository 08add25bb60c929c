"""Test that names of errors and shortened numbers are no answers, in whatever file and column they stand."""

from pathlib import Path

import bookkeeping as wb
import pyarrow as pa
import pytest

from schemas.enums import IndicatorKind, Role
from tasks.i18n import language
from tasks.landing import Landing
from tasks.spreadsheets.cells import Cell, CellKind
from tasks.spreadsheets.error_names import is_error_name
from tasks.spreadsheets.parser import Parser
from tasks.workbooks import read_inbox
from tasks.workbooks.cell_values import Check, read_cell, read_column
from tasks.workbooks.sheet_fields import SheetField

WORDS = language("en")
NAMES = [
    *(
        "#DIV/0!",
        "#DIV/0 !",
        "#N/A",
        "#NOM ?",
        "#NOM\u00a0?",
        "#VALEUR !",
        "#REF!",
        "#NULL!",
        "#SPILL!",
        "#PROPAGATION !",
    ),
    *(
        "#BEZUG!",
        "#WERT!",
        "#NV",
        "#¡REF!",
        "#¿NOMBRE?",
        "#ДЕЛ/0!",
        "#GETTING_DATA",
        "#ERREUR !",
        "Err:502",
        "Err : 502",
    ),
]
TEXTS = [
    "#insertion",
    "#INSERTION",
    "# 5 lignes",
    "#1",
    "#nom",
    "Erreur de saisie",
    "Err",
    "erratum",
    "Emma",
    "Chargement",
    "1E5",
    "E+14",
]
LONG = [
    (Cell("1,85058E+14", CellKind.TEXT), "1,85058E+14"),
    (Cell("1.85E+14", CellKind.TEXT), "1.85E+14"),
    (Cell("-1e+20", CellKind.TEXT), "-1e+20"),
    (Cell("1234567890123456", CellKind.NUMBER), "1234567890123456"),
    (Cell("-1234567890123456", CellKind.NUMBER), "-1234567890123456"),
    (Cell("0001234567890123456", CellKind.PADDED), "0001234567890123456"),
]


def field(kind: IndicatorKind, role: Role = Role.INDICATOR) -> SheetField:
    return SheetField("D!x", "x", frozenset({"x"}), kind, role, None, None, None, (), False, ("%d/%m/%Y",), None)


FIELDS = [
    *(field(kind) for kind in (IndicatorKind.TEXT, IndicatorKind.NUMBER, IndicatorKind.COUNT, IndicatorKind.DATE)),
    field(IndicatorKind.TEXT, Role.IDENTIFIER),
]


def checks(asked: SheetField, cell: Cell) -> tuple[Check | None, Check | None]:
    """Return the check that a cell fails alone, and in a column."""
    columns = pa.array([cell.text, "x"]), pa.array([cell.kind, CellKind.TEXT], pa.int8())
    faults = {fault.row: fault.check for fault in read_column(asked, *columns, WORDS).faults}
    return read_cell(asked, cell, WORDS).check, faults.get(0)


@pytest.mark.parametrize("asked", FIELDS, ids=lambda one: f"{one.kind} {one.role}")
@pytest.mark.parametrize("name", NAMES)
def test_the_name_of_an_error_is_an_error_in_every_column(name: str, asked: SheetField) -> None:
    assert checks(asked, Cell(name, CellKind.TEXT)) == (Check.CELL_ERROR, Check.CELL_ERROR)


@pytest.mark.parametrize("text", TEXTS)
def test_another_text_is_none(text: str) -> None:
    assert not is_error_name(text)
    assert checks(FIELDS[0], Cell(text, CellKind.TEXT)) == (None, None)
    assert checks(FIELDS[-1], Cell(text, CellKind.TEXT)) == (None, None)


@pytest.mark.parametrize("asked", [FIELDS[0], FIELDS[-1]], ids=["text", "identifier"])
@pytest.mark.parametrize(("cell", "text"), LONG)
def test_a_number_without_its_last_digits_is_no_text(cell: Cell, text: str, asked: SheetField) -> None:
    assert checks(asked, cell) == (Check.TOO_LONG, Check.TOO_LONG)
    value = read_cell(asked, cell, WORDS)
    assert (value.text, "format the column as text" in value.expected) == (text, True)


@pytest.mark.parametrize("kind", [IndicatorKind.NUMBER, IndicatorKind.COUNT])
def test_a_number_cell_of_more_than_15_digits_is_no_number(kind: IndicatorKind) -> None:
    assert checks(field(kind), Cell("1234567890123456", CellKind.NUMBER)) == (Check.TOO_LONG, Check.TOO_LONG)
    assert checks(field(kind), Cell("1234567890123456 €", CellKind.WORDED)) == (Check.TOO_LONG, Check.TOO_LONG)
    assert checks(field(kind), Cell("123456789012345", CellKind.NUMBER)) == (None, None)


@pytest.mark.parametrize("text", ["0.00000000000000000001", "123456789012345", "12345.0123456789012"])
def test_digits_after_the_decimal_point_are_not_lost(text: str) -> None:
    assert checks(field(IndicatorKind.NUMBER), Cell(text, CellKind.NUMBER)) == (None, None)
    assert checks(FIELDS[0], Cell(text, CellKind.NUMBER)) == (None, None)


def test_noise_makes_no_whole_number_a_fraction() -> None:
    value = read_cell(field(IndicatorKind.COUNT), Cell("3.0000000000000004", CellKind.TEXT), WORDS)
    assert (value.text, value.check) == ("3", None)


def as_csv(name: str) -> bytes:
    return f"Nom;Avis\nInventée;{name}\n".encode()


@pytest.mark.parametrize("name", ["#NOM ?", "Err:502", "1,85058E+14"])
def test_a_csv_file_with_an_error_names_its_cell(tmp_path: Path, parser: Parser, landing: Landing, name: str) -> None:
    sheet = {"name": "P", "columns": [{"code": "nom", "label": "Nom", "role": "identifier"},
                                      {"code": "avis", "label": "Avis", "kind": "text"}]}  # fmt: skip
    inbox = wb.inbox(tmp_path, parser, wb.programme([sheet]))
    (tmp_path / "inbox" / f"{wb.RETURN.replace('/', '__')}.csv").write_bytes(as_csv(name))
    (received,) = (r for r in read_inbox(inbox, landing, {}).returns if r.expected_return_id == wb.RETURN)
    assert [where for *_, where, _, _ in wb.findings_of(received)] == ["P!B2"]


def test_a_person_whose_name_is_an_error_is_no_total(tmp_path: Path, parser: Parser, landing: Landing) -> None:
    sheet = {"name": "P", "columns": [{"code": "nom", "label": "Nom", "role": "identifier"},
                                      {"code": "avis", "label": "Avis", "kind": "text"}]}  # fmt: skip
    inbox = wb.inbox(tmp_path, parser, wb.programme([sheet]))
    content = "Nom;Avis\n#N/A;bon\n# 5 lignes;\n"
    (tmp_path / "inbox" / f"{wb.RETURN.replace('/', '__')}.csv").write_text(content, encoding="utf-8")
    (received,) = (r for r in read_inbox(inbox, landing, {}).returns if r.expected_return_id == wb.RETURN)
    found = [(severity, where) for severity, where, _, _ in wb.findings_of(received)]
    assert sorted(found) == [("error", "P!A2"), ("warning", "P!A3")]
