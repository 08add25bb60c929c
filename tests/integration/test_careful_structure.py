"""Test that what people write elsewhere than asked, or instead of people, is reported and never read as people.

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

from schemas.instruments import InstrumentVersion
from schemas.settings import ProjectPaths
from warehouse.connection import open_warehouse

OF_ANYBODY = [
    {"code": "contrat", "label": "Contrat", "allowed_values": ["CDI", "CDD"]},
    {"code": "heures", "label": "Heures", "kind": "number"},
]
HEADER = ("Nom", "Contrat", "Heures")
SENT = datetime(2019, 2, 5, tzinfo=UTC).timestamp()


@dataclass(frozen=True, slots=True)
class Case:
    """Some cells of a workbook, and what is right of it.

    Attributes:
        cells: Values by cell of the sheet Données.
        rows: The rows of the table.
        findings: The severity and the location of each finding, without those of blanks.
        people: The number of different people; None where the workbook is quarantined.
        is_csv: Whether the table is sent as a CSV file.
        instrument: `suivi`; or `noms`, whose table has one identifier; or `ordre`, with its parts in any order.
    """

    cells: dict[str, Any]
    rows: Sequence[Sequence[object]]
    findings: tuple[tuple[str, str], ...]
    people: int | None = 1
    instrument: str = "suivi"
    is_csv: bool = False


def data(findings: tuple[str, str] | None, **cells: Any) -> Case:
    told = (findings,) if findings else ()
    return Case(cells, [wb.person()], told, None if told and told[0][0] == "error" else 1)


def nobody(place: int, *rows: Sequence[object]) -> Case:
    """Return a workbook in which a row identifies nobody."""
    return Case({}, rows, (("error", f"Participants!A{place}"),), None)


def left_out(name: str) -> Case:
    """Return a table with one identifier and a row that is no person."""
    return Case({}, [NAMED, (name, None, None)], (("warning", "Participants!A3"),), 1, "noms")


NAMED = ("Inventée", "CDI", 7)
LATER = wb.person(nom="Autre")


def in_csv(name: str) -> Case:
    """Return a CSV file in which a name is not the one that was typed."""
    return Case({}, [NAMED, (name, "CDD", 7)], (("error", "Participants!A3"),), None, "noms", is_csv=True)


CASES = [
    # What is seen otherwise than it is written, or was lost before.
    data(("error", "Données!B1"), B1="\u202e21"),
    data(None, B1="\u206812\u2069\u061c", B4="\u2067Positif\u2069"),
    Case({}, [wb.person(contrat="\u202eIDC")], (("error", "Participants!D2"),), None),
    Case({}, [wb.person(nom="\u202eeétnevnI")], (("error", "Participants!A2"),), None),
    Case({}, [wb.person(nom="Invent\ufffde")], (("error", "Participants!A2"),), None),
    *map(in_csv, ("Invent\ufffde", "InventÃ©e", "Å“uvre", "MartÃ\u00adnez", "VoilÃ\u00a0", "NÃ®mes", "Du\0pont")),
    Case({}, [NAMED, ("Ångström Ãlvaro Âge", "CDD", 7)], (), 2, "noms", is_csv=True),
    # What identifies nobody.
    *(nobody(3, wb.person(), wb.person(nom=name, prenom="-", naissance=None)) for name in ("?", "…", "♥", "N.C.")),
    nobody(2, wb.person(nom="nc", prenom="Non communiqué", naissance="nc")),
    Case({}, [("-", "CDI", 7), ("?", "CDI", 7)], tuple(("error", f"Participants!A{n}") for n in (2, 3)), None, "ordre"),
    Case({}, [("inconnu", "CDI", 7)], (("error", "Participants!A2"),), None, "ordre"),
    Case({}, [("So", "CDI", 7), ("S.O. Lee", "CDI", 7)], (), 2, "ordre"),
    # What is no person, in a table with one identifier.
    *map(
        left_out,
        (
            "# 5 lignes",
            "5 lignes",
            "Nombre de lignes : 5",
            "n = 2",
            "Effectif total",
            "Au total",
            "T O T A L",
            "ＴＯＴＡＬ",
            "Σ",
            "∑ 12",
            "Récapitulatif",
            "Page 1/2",
            "Signature",
            "Fait à Nîmes, le 3 mars",
            "¹ hors CDD",
            "1) hors CDD",
            "† provisoire",
            "→ voir plus bas",
            "(suite)",
            "p. ex. Dupont",
            "Par exemple",
            "À remplir",
            "Nom Prénom",
            "NOM",
            "---",
        ),
    ),
    Case({}, [NAMED, ("Dupont", None, None)], (("warning", "Participants!A3"),), 2, "noms"),
    Case(
        {},
        [NAMED, ("- Page", "CDD", 7), ("Σωκράτης", "CDD", 7), ("'t Hooft", "CDD", 7), ("12", "CDD", 7)],
        (),
        5,
        "noms",
    ),
    # The same in a table with several: what stands alone is no person, and a person with one of them is reported.
    Case({}, [wb.person(), ["Voir la page deux", *[None] * 6]], (("warning", "Participants!A3"),)),
    Case({}, [wb.person(), ["Autre", None, None, "CDI", 7, None, None]], (("warning", "Participants!B3"),), 2),
    Case({}, [wb.person(), wb.HEADER, LATER], (("warning", "Participants!A3"),), 2),
    Case({}, [wb.person(nom="Ex : DUPONT"), LATER], (("warning", "Participants!A2"),), 2),
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
        of_return = f"C-1__{structure_of(case)}__M06__{case.instrument}.csv"
        file = folder / "inbox" / (of_return if case.is_csv else f"{structure_of(case)}.xlsx")
        file.write_bytes(_csv(case) if case.is_csv else _workbook(case))
        os.utime(file, (SENT, SENT))
    assert exit_code("collect", "--programme", str(folder), "--as-of", "2019-02-10") == 3
    return ProjectPaths(folder)


def _write_programme(folder: Any) -> None:
    programme = wb.programme()
    (suivi,) = programme.settings.instruments
    versions = [version.model_copy(update={"occasions": ["M06"]}) for version in suivi.versions]
    instruments = [suivi.model_copy(update={"versions": versions})]
    for code, any_order in (("noms", False), ("ordre", True)):
        columns = [{"code": "nom", "label": "Nom", "role": "identifier", "any_order": any_order}, *OF_ANYBODY]
        sheets = [{"name": "Participants", "columns": columns}]
        version = InstrumentVersion.model_validate({"version": 1, "occasions": ["M06"], "sheets": sheets})
        instruments.append(suivi.model_copy(update={"code": code, "versions": [version]}))
    settings = programme.settings.model_copy(update={"instruments": instruments, "locale": "en"})
    whole = programme.model_copy(update={"settings": settings})
    wb.write_folder(folder, whole, [structure_of(case) for case in CASES])


def _csv(case: Case) -> bytes:
    return "\n".join(";".join(map(str, row)) for row in (HEADER, *case.rows)).encode()


def _workbook(case: Case) -> bytes:
    whose = wb.identity(f"C-1/{structure_of(case)}/M06/{case.instrument}")
    header = wb.HEADER if case.instrument == "suivi" else HEADER
    made = wb.book(people=case.rows, header=header, whose=whose)
    if case.instrument != "suivi":
        del made["Données"]
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
