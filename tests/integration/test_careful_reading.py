"""Test that one collection of files as many programs write them loads what a careful reader sees, or names the cell.

The files in `tests/data/careful` are invented. Each goes to a structure of its own.
"""

import os
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import bookkeeping as wb
import pytest
import sqlalchemy as sa
from running import exit_code

from schemas.instruments import InstrumentVersion
from schemas.settings import ProjectPaths
from warehouse.connection import open_warehouse

CASES = Path(__file__).parents[1] / "data" / "careful"
SENT = datetime(2019, 2, 5, tzinfo=UTC).timestamp()
ONE_PERSON = (1, 1)
LIST = {
    "name": "Participants",
    "columns": [
        {"code": "nom", "label": "Nom", "role": "identifier"},
        {"code": "naissance", "label": "Date de naissance", "role": "identifier", "kind": "date"},
        {"code": "contrat", "label": "Contrat", "allowed_values": ["CDI", "CDD", "Intérim"]},
        {"code": "lieu", "label": "Lieu"},
        {"code": "heures", "label": "Heures", "kind": "number"},
    ],
}


@dataclass(frozen=True, slots=True)
class Right:
    """What is right for a file.

    Attributes:
        findings: The findings, as (severity, location, found); None where a file is not quarantined and has none.
        values: Some of the values, by item; of a table the values of the column from top to bottom.
        people: The number of rows and of different people in its table.
    """

    findings: tuple[tuple[str, str, str], ...] = ()
    values: Mapping[str, Any] | None = None
    people: tuple[int, int] | None = None


def error(location: str, found: str) -> Right:
    return Right((("error", location, found),))


RIGHT: dict[str, Right] = {
    "ods_error_fr_zero.ods": error("Données!B1", "#DIV/0 !"),
    "ods_error_err_spaced.ods": error("Données!B2", "Err :522"),
    "ods_error_string_no_calcext.ods": error("Données!B1", "#VALEUR !"),
    "xlsx_error_long_formula.xlsx": error("Données!B1", "#REF!"),
    "xlsx_backslash_parts_errors.xlsx": Right((("error", "Données!B1", "#REF!"), ("error", "Données!B2", "="))),
    "xlsx_uppercase_workbook_errors.xlsx": error("Données!B2", "#N/A"),
    "xlsx_no_refs_errors.xlsx": error("Données!B1", "#N/A"),
    "xlsx_no_refs_uncalculated.xlsx": error("Données!B2", "="),
    "xlsx_pretty_uncalculated.xlsx": error("Données!B1", "="),
    "xlsx_pretty_uncalculated_table.xlsx": error("Participants!F3", "="),
    "xlsx_str_formula_no_value.xlsx": error("Données!B4", "="),
    "xlsx_dummy_zero.xlsx": error("Données!B1", "="),
    "xlsx_spill.xlsx": error("Données!B1", "#SPILL!"),
    "xlsx_label_merged_value_in_c.xlsx": error("Données!C1", "12"),
    "xlsx_value_in_c.xlsx": error("Données!C2", "4"),
    "xlsx_b1_b2_merged.xlsx": error("Données!B1:B2", "merged cells"),
    "ods_b3_b4_merged.ods": error("Données!B3:B4", "merged cells"),
    "xlsx_two_values.xlsx": Right((("warning", "Données!C1", "?"),), {"Données!personnes": "12"}),
    "xlsx_total_row.xlsx": Right(
        (("warning", "Participants!A4", "a total, an example or a note: this row was not read"),), people=(2, 2)
    ),
    "xlsx_example_row.xlsx": Right((("warning", "Participants!A2", "?"),)),
    "csv_footnote_row.csv": Right((("warning", "Participants!A3", "?"),), people=ONE_PERSON),
    "xlsx_percent_45.xlsx": error("Données!B3", "45 %"),
    "ods_percent_45.ods": error("Données!B3", "45 %"),
    "xlsx_percent_in_table.xlsx": error("Participants!E2", "80 %"),
    "xlsx_oe_ligature.xlsx": error("Participants!A3", "the same person as on line 2"),
    "xlsx_stroke_letters.xlsx": error("Participants!A3", "the same person as on line 2"),
    "xlsx_code_zero_padded.xlsx": error("Participants!A3", "the same person as on line 2"),
    "csv_decimal_comma_unquoted.csv": Right(
        (("error", "Participants!2", "6 cells on this line"), ("warning", "Participants!F1", "values under no header"))
    ),
    "csv_row_cut_short.csv": error("Participants!3", "2 cells on this line"),
    "csv_cp850_name.csv": error("", "“é” (DOS 850)"),
    "csv_macroman_place.csv": error("", "“ç” (Mac Roman"),
    "csv_latin9_name.csv": error("", "“œ” (ISO 8859-15"),
    "csv_long_field.csv": Right(people=ONE_PERSON),
    "csv_items_decimal_comma.csv": error("Données!3", "3 cells on this line"),
    "ods_no_value_type.ods": Right(values={"Données!personnes": "12"}),
    "xlsx_label_zero_width.xlsx": Right(values={"Données!personnes": "12"}),
    "xlsx_choice_zero_width.xlsx": Right(values={"Participants!contrat": "CDI"}),
    "xlsx_thin_space_thousands.xlsx": Right(values={"Données!budget": "1234"}),
    "xlsx_swiss_apostrophe.xlsx": Right(values={"Données!budget": "1234567"}),
    "xlsx_day_1900.xlsx": error("Données!B5", "1900-01-12"),
    "xlsx_count_noise.xlsx": Right(values={"Données!personnes": "3"}),
    "xlsx_format_standard.xlsx": Right(values={"Données!personnes": "12"}),
}
STRUCTURE_OF = {name: f"S{number:03}" for number, name in enumerate(RIGHT, start=1)}


@pytest.fixture(scope="module")
def collected(own_home: None, tmp_path_factory: pytest.TempPathFactory) -> ProjectPaths:
    """Collect all files at once."""
    folder = tmp_path_factory.mktemp("careful")
    _write_programme(folder)
    (folder / "inbox").mkdir()
    for name, structure in STRUCTURE_OF.items():
        content = (CASES / name).read_bytes()
        if name.endswith(".csv"):
            instrument = "lignes" if "items" in name else "liste"
            file = folder / "inbox" / f"C-1__{structure}__M06__{instrument}.csv"
        else:
            file, content = folder / "inbox" / f"{structure}{Path(name).suffix}", _readdressed(content, structure)
        file.write_bytes(content)
        os.utime(file, (SENT, SENT))
    assert exit_code("collect", "--programme", str(folder), "--as-of", "2019-02-10") == 3
    return ProjectPaths(folder)


def _write_programme(folder: Path) -> None:
    programme = wb.programme()
    (suivi,) = programme.settings.instruments
    versions = [version.model_copy(update={"occasions": ["M06"]}) for version in suivi.versions]
    instruments = [suivi.model_copy(update={"versions": versions})]
    for code, sheets in (("liste", [LIST]), ("lignes", [wb.SHEETS[0]])):
        version = InstrumentVersion.model_validate({"version": 1, "occasions": ["M06"], "sheets": sheets})
        instruments.append(suivi.model_copy(update={"code": code, "versions": [version]}))
    settings = programme.settings.model_copy(update={"instruments": instruments, "locale": "en"})
    wb.write_folder(folder, programme.model_copy(update={"settings": settings}), STRUCTURE_OF.values())


def _readdressed(content: bytes, structure: str) -> bytes:
    """Return a workbook with another structure on its identity sheet, and the names of its parts as they are."""
    copy = BytesIO()
    with zipfile.ZipFile(BytesIO(content)) as archive, zipfile.ZipFile(copy, "w") as written:
        for member in archive.infolist():
            written.writestr(member.filename, archive.read(member).replace(b"STR1", structure.encode()))
    return copy.getvalue()


def _of(paths: ProjectPaths, name: str, statement: str) -> Iterator[tuple[Any, ...]]:
    with open_warehouse(paths) as warehouse:
        yield from warehouse.execute(sa.text(statement).bindparams(structure=f"C-1/{STRUCTURE_OF[name]}/%"))


@pytest.mark.parametrize("name", RIGHT)
def test_a_file_is_read_as_a_careful_reader_reads_it_or_its_cell_is_named(collected: ProjectPaths, name: str):
    right = RIGHT[name]
    found = sorted(
        _of(
            collected,
            name,
            "select severity, location, found || ': ' || expected from raw.findings join raw.returns using (return_id) "
            "where expected_return_id like :structure and (severity = 'error' or found <> 'nothing')",
        )
    )
    assert len(found) == len(right.findings)
    for (severity, location, text), wanted in zip(found, sorted(right.findings), strict=True):
        assert (severity, location if wanted[1] else "") == wanted[:2]
        assert wanted[2] == text or wanted[2] in text or wanted[2] == "?"
    answers = dict(
        _of(
            collected,
            name,
            "select item, value_text from raw.answers join raw.returns using (return_id) "
            "where expected_return_id like :structure",
        )
    )
    rows = list(
        _of(
            collected,
            name,
            "select item, value_text, row_number, pseudonym from raw.row_answers join raw.returns using (return_id) "
            "where expected_return_id like :structure",
        )
    )
    for item, value in (right.values or {}).items():
        assert answers.get(item, next((text for of, text, _, _ in rows if of == item), None)) == value
    if right.people is not None:
        assert (len({row for _, _, row, _ in rows}), len({person for *_, person in rows})) == right.people


def test_each_file_has_what_is_right_of_it():
    assert {path.name for path in CASES.iterdir()} == set(RIGHT)
