"""Test that what people write elsewhere than asked, or instead of people, is told at its cell and never read as people.

One collection reads all workbooks. Each goes to a structure of its own.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import bookkeeping as wb
import pytest
import sqlalchemy as sa
from running import exit_code

from schemas.settings import ProjectPaths
from warehouse.connection import open_warehouse

SENT = datetime(2019, 2, 5, tzinfo=UTC).timestamp()


@dataclass(frozen=True, slots=True)
class Case:
    """Some cells of a workbook, and what is right of it.

    Attributes:
        cells: Values by cell of the sheet Données.
        rows: The rows of the table.
        findings: The severity and the location of each finding, without those of blanks.
        people: The number of different people; None where the workbook is quarantined.
        instrument: `suivi`, or `noms`, whose table has one identifier.
    """

    cells: dict[str, object]
    rows: Sequence[Sequence[object]]
    findings: tuple[tuple[str, str], ...]
    people: int | None = 1
    instrument: str = "suivi"


def data(findings: tuple[str, str] | None, **cells: object) -> Case:
    told = (findings,) if findings else ()
    return Case(cells, [wb.person()], told, None if told and told[0][0] == "error" else 1)


CASES = [
    # What stands beside a blank answer, or a filled one.
    *(
        data(("error", "Données!C3"), B3=None, C3=value)
        for value in ("1,234", "1 234 €", "environ 99", True, "#REF!", "=6+6", "douze")
    ),
    data(("error", "Données!C4"), B4=None, C4="Positive"),
    data(("error", "Données!C5"), B5=None, C5="janvier 2019"),
    data(("error", "Données!E1"), B1=None, E1="douze"),
    data(("warning", "Données!C3"), C3="non : 99"),
    data(None, B3=None, C3="euros"),
    # What stands in the column of the answers without a label.
    data(("error", "Données!B8"), B5=None, B6=None, B8="31/01/2019"),
    data(
        ("error", "Données!B1"),
        A1=None,
        B1=12,
        A2="Personnes concernées",
        B2=None,
        A7="Dont retournées à l'emploi",
        B7=3,
    ),
    data(("warning", "Données!B7"), B7="x"),
    data(("warning", "Données!B50"), B50=13),
    data(("warning", "Données!E9"), E9=13),
]


def structure_of(case: Case) -> str:
    return f"S{CASES.index(case):03}"


@pytest.fixture(scope="module")
def collected(own_home: None, tmp_path_factory: pytest.TempPathFactory) -> ProjectPaths:
    """Collect all workbooks at once."""
    folder = tmp_path_factory.mktemp("structure")
    _write_programme(folder)
    (folder / "inbox").mkdir()
    for case in CASES:
        file = folder / "inbox" / f"{structure_of(case)}.xlsx"
        file.write_bytes(_workbook(case))
        os.utime(file, (SENT, SENT))
    assert exit_code("collect", "--programme", str(folder), "--as-of", "2019-02-10") == 3
    return ProjectPaths(folder)


def _write_programme(folder: Any) -> None:
    programme = wb.programme()
    (suivi,) = programme.settings.instruments
    versions = [version.model_copy(update={"occasions": ["M06"]}) for version in suivi.versions]
    instruments = [suivi.model_copy(update={"versions": versions})]
    settings = programme.settings.model_copy(update={"instruments": instruments, "locale": "en"})
    whole = programme.model_copy(update={"settings": settings})
    wb.write_folder(folder, whole, [structure_of(case) for case in CASES])


def _workbook(case: Case) -> bytes:
    made = wb.book(people=case.rows, whose=wb.identity(f"C-1/{structure_of(case)}/M06/suivi"))
    for cell, value in case.cells.items():
        made["Données"][cell] = value
    return wb.content(made)


def _of(paths: ProjectPaths, case: Case, statement: str) -> Iterator[tuple[Any, ...]]:
    with open_warehouse(paths) as warehouse:
        yield from warehouse.execute(sa.text(statement).bindparams(structure=f"C-1/{structure_of(case)}/%"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: ascii([*case.cells.items(), case.rows[-1][0]]))
def test_what_a_careful_reader_sees_is_read_or_told_at_its_cell(collected: ProjectPaths, case: Case):
    found = _of(
        collected,
        case,
        "select severity, location from raw.findings join raw.returns using (return_id) "
        "where expected_return_id like :structure and (severity = 'error' or found <> 'nothing')",
    )
    assert sorted(tuple(row) for row in found) == sorted(case.findings)
    people = _of(
        collected,
        case,
        "select distinct pseudonym from raw.row_answers join raw.returns using (return_id) "
        "where expected_return_id like :structure",
    )
    assert len(list(people)) == (case.people or 0)
