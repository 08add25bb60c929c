"""Test the rules between the cells of one row: declaration, check, findings, and the workbook to send."""

import datetime
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import bookkeeping as wb
import pytest
from openpyxl import Workbook, load_workbook

from schemas.enums import Severity
from schemas.layouts import Sheet
from schemas.programme import Programme
from tasks.landing import Landing
from tasks.records import ReturnVersion
from tasks.spreadsheets.parser import Parser
from tasks.workbooks import read_inbox, workbook_name
from tasks.workbooks.annotating import annotate
from tasks.workbooks.sheet_fields import layouts_of
from tasks.workbooks.table_sheet import MOST_FINDINGS
from tasks.workbooks.template_workbook import Template, workbook_of

NAME = workbook_name(wb.RETURN)
COLUMNS = [
    {"code": "nom", "label": "Nom", "role": "identifier"},
    {"code": "naissance", "label": "Né le", "role": "identifier", "kind": "date"},
    {"code": "travail", "label": "Travail", "allowed_values": ["oui", "oui, en cours", "non"]},
    {"code": "contrat", "label": "Contrat", "allowed_values": ["CDI", "CDD"]},
    {"code": "entree", "label": "Entrée", "kind": "date"},
    {"code": "sortie", "label": "Sortie", "kind": "date"},
    {"code": "prevues", "label": "Heures prévues", "kind": "number"},
    {"code": "faites", "label": "Heures faites", "kind": "count", "maximum": 100},
]
AT_WORK = ["oui", "oui, en cours"]
RULES = [
    {"column": "sortie", "at_least": "entree"},
    {"column": "entree", "at_least": "naissance"},
    {"column": "faites", "at_most": "prevues", "severity": "warning"},
    {"column": "contrat", "only_where": {"travail": AT_WORK}},
    {"column": "contrat", "needed_where": {"travail": AT_WORK}},
    {"column": "prevues", "only_where": {"travail": AT_WORK}},
]
SHEET = {"name": "Participants", "columns": COLUMNS, "rules": RULES}
FINE = ("Inventée", "01/02/1990", "oui", "CDI", "15/01/2019", "15/01/2019", 10, 10)
DATA = wb.SHEETS[0]


def programme(rules: object = RULES) -> Programme:
    return wb.programme([DATA, {**SHEET, "rules": rules}])


def book(*rows: Mapping[str, object]) -> Workbook:
    """Return a workbook with one row per argument; omitted cells are valid."""
    codes = [str(column["code"]) for column in COLUMNS]
    people = [
        [
            row.get(code, f"{value} {number}" if code == "nom" else value)
            for code, value in zip(codes, FINE, strict=True)
        ]
        for number, row in enumerate(rows)
    ]
    return wb.book(people=people, header=[str(column["label"]) for column in COLUMNS])


Read = Callable[..., ReturnVersion]


@pytest.fixture
def read(tmp_path: Path, parser: Parser, landing: Landing) -> Read:
    def reading(made: Workbook, locale: str = "en") -> ReturnVersion:
        inbox = wb.inbox(tmp_path, parser, programme(), locale)
        (tmp_path / "inbox" / NAME).write_bytes(wb.content(made))
        (received,) = read_inbox(inbox, landing, {}).returns
        return received

    return reading


def test_rows_that_break_no_rule_have_no_finding(read: Read) -> None:
    nothing = {"travail": "non", "contrat": None, "prevues": None}
    rows = (
        {},
        {"sortie": "16/01/2019"},
        {"sortie": datetime.date(2019, 1, 16)},
        {"sortie": "nc", "entree": "ne"},
        {"sortie": None, "entree": None},
        {"travail": "OUI, EN COURS"},
        {"faites": "nc"},
        nothing,
        {**nothing, "contrat": "nc", "prevues": "ne"},
        {"travail": "nc"},
    )
    assert wb.findings_of(read(book(*rows))) == []


def test_a_blank_cell_is_not_shown_where_its_condition_does_not_hold(read: Read) -> None:
    blank: dict[str, object] = {"contrat": None, "prevues": None, "faites": None}
    rows = ({"travail": "non", **blank}, {"travail": "oui", **blank}, {"travail": "nc", **blank}, blank, {})
    cells = read(book(*({"travail": None, **row} if row is blank else row for row in rows))).rows
    assert cells is not None
    reasons = {
        item: [cell["missing_reason"] for cell in cells.to_pylist() if cell["item"] == f"Participants!{item}"]
        for item in ("travail", "contrat", "prevues", "faites")
    }
    assert reasons["contrat"] == reasons["prevues"] == ["not_shown", None, None, None, None]
    # No condition applies to these columns.
    assert reasons["travail"] == reasons["faites"] == [None] * 5


BROKEN: dict[str, tuple[dict[str, Any], tuple[str, str, str, str]]] = {
    "left before they came": (
        {"entree": datetime.date(2019, 1, 16)},
        ("error", "F2", "15/01/2019", "no earlier than Participants!E2 (2019-01-16); correct one of the two cells"),
    ),
    "came before they were born": (
        {"naissance": "01/02/2021", "sortie": None},
        ("error", "E2", "15/01/2019", "no earlier than Participants!B2 (…); correct one of the two cells"),
    ),
    "more hours than planned": (
        {"prevues": "9,5"},
        ("warning", "H2", "10", "at most Participants!G2 (9,5); correct one of the two cells"),
    ),
    "a contract without work": (
        {"travail": "non", "prevues": None},
        (
            "error", "D2", "a text of 3 characters",
            "nothing, unless “Travail” in Participants!C2 is oui or oui, en cours; "
            "empty this cell, or correct that one",
        ),
    ),
    "a contract and nothing about work": (
        {"travail": None, "prevues": "nc"},
        (
            "error", "D2", "a text of 3 characters",
            "nothing, unless “Travail” in Participants!C2 is oui or oui, en cours; "
            "empty this cell, or correct that one",
        ),
    ),
    "work without a contract": (
        {"contrat": None, "travail": "Oui"},
        (
            "error", "D2", "nothing",
            "an answer or nc, as “Travail” in Participants!C2 is Oui; or correct that cell",
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_row_that_breaks_a_rule_is_reported_by_its_cell_with_what_would_mend_it(read: Read, name: str) -> None:
    row, (severity, cell, found, expected) = BROKEN[name]
    assert wb.findings_of(read(book(row))) == [(severity, f"Participants!{cell}", found, expected)]


def test_a_warning_of_a_row_does_not_keep_the_return_out_and_an_error_does(read: Read) -> None:
    assert not read(book({"prevues": 9})).is_quarantined
    assert read(book({"sortie": "14/01/2019"})).is_quarantined


@pytest.mark.parametrize(
    "row",
    [
        {"sortie": "29/02/2018"},
        {"entree": "demain"},
        {"faites": 101, "prevues": 9},
        {"travail": "peut-être"},
        {"contrat": "Apprentissage", "travail": "non", "prevues": None},
    ],
)
def test_a_cell_that_is_wrong_by_itself_is_reported_for_that_only(read: Read, row: dict[str, Any]) -> None:
    assert len(wb.findings_of(read(book(row)))) == 1


def test_many_rows_that_break_a_rule_are_reported_as_a_number(read: Read) -> None:
    broken = read(book(*[{"sortie": "14/01/2019"}] * (MOST_FINDINGS + 7))).findings
    assert len(broken) == MOST_FINDINGS + 1
    assert (broken[-1].location, broken[-1].found) == ("Participants!F", "7 more such cells")
    assert {finding.severity for finding in broken} == {Severity.ERROR}


def test_the_marked_copy_says_in_french_what_is_to_be_mended(read: Read, tmp_path: Path, parser: Parser) -> None:
    made = book({"contrat": None, "sortie": "14/01/2019"})
    received = read(made, "fr")
    whole = programme()
    _, copy = annotate(tmp_path / "back", received, wb.content(made), whole, parser)
    page = load_workbook(copy)["Participants"]
    assert {cell.coordinate: cell.comment.text for row in page.iter_rows() for cell in row if cell.comment} == {
        "D2": "Attendu\u00a0: une réponse ou nc, puisque «\u00a0Travail\u00a0» en Participants!C2 est oui\u00a0; "
        "sinon, corriger cette autre cellule",
        "F2": "Attendu\u00a0: pas avant Participants!E2 (15/01/2019)\u00a0; corriger l'une des deux cellules",
    }


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Workbook:
    path = tmp_path_factory.mktemp("sent") / NAME
    whole = programme()
    (version,) = whole.settings.instruments[0].versions
    layouts = layouts_of(whole, "suivi", version)
    about = ("Un essai", "Structure inventée STR1", "une", "Tableau de suivi", "M06", datetime.date(2019, 1, 31))
    path.write_bytes(workbook_of(Template(*about, wb.identity(), NAME, layouts, {}, "fr")))
    return load_workbook(path)


def test_the_spreadsheet_program_holds_a_cell_to_the_other_where_it_can(sent: Workbook) -> None:
    page = sent["Participants"]
    held = {str(made.sqref).split(":")[0]: made for made in page.data_validations.dataValidation}
    assert held["F2"].formula1.endswith("OR(NOT(ISNUMBER($E2)),F2>=$E2)))")
    assert "OR(NOT(ISNUMBER($F2)),E2<=$F2),OR(NOT(ISNUMBER($B2)),E2>=$B2)" in held["E2"].formula1
    assert held["G2"].formula1.endswith('OR($C2="",$C2="nc",$C2="ne",$C2="oui",$C2="oui, en cours")))')
    assert held["D2"].type == "list"
    assert "seulement si «\u00a0Travail\u00a0» est oui ou oui, en cours" in held["D2"].prompt
    # A warning does not quarantine a return.
    assert "$G2" not in held["H2"].formula1
    assert all(len(made.formula1) <= 255 for made in held.values())


def test_a_rule_that_no_program_can_enforce_is_stated_at_the_header_and_among_the_instructions(sent: Workbook) -> None:
    assert "nécessaire si «\u00a0Travail\u00a0» est oui" in sent["Participants"]["D1"].comment.text
    instructions = [str(cell.value) for cell in sent.worksheets[0]["B"]]
    assert "Feuille Participants, «\u00a0Sortie\u00a0»\u00a0: pas avant «\u00a0Entrée\u00a0»." in instructions
    assert len([one for one in instructions if one.startswith("Feuille Participants")]) == 5


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ({"column": "sortie"}, "found neither at_least nor at_most; expected one of them"),
        (
            {"column": "sortie", "at_least": "entree", "at_most": "entree"},
            "found both at_least and at_most; expected one of them",
        ),
        (
            {"column": "sortie", "at_least": "sortie"},
            "found sortie compared with itself; expected the code of another column",
        ),
        ({"column": "contrat", "only_where": {"travail": []}}, "expected either only_where or needed_where"),
        ({"column": "contrat", "only_where": {"travail": ["oui"], "nom": ["x"]}}, "at most 1 item"),
        ({"column": "contrat", "only_were": {"travail": ["oui"]}}, "Extra inputs are not permitted"),
    ],
)
def test_a_rule_of_a_row_that_says_nothing_is_a_mistake(rule: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Sheet.model_validate({**SHEET, "rules": [rule]})


def test_rules_of_rows_are_for_tables_only() -> None:
    with pytest.raises(ValueError, match="expected rules between items under the version, beside sheets"):
        Sheet.model_validate({**DATA, "rules": [{"column": "personnes", "at_most": "retours"}]})
