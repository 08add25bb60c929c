"""Test the workbooks to send: prefilled, protected, formatted, and read without a finding once filled in."""

import datetime
import shutil
import subprocess
from collections.abc import Collection
from pathlib import Path
from typing import Any

import bookkeeping as wb
import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils import get_column_letter

from schemas.errors import UsageError
from schemas.programme import Programme
from schemas.settings import ProjectPaths
from tasks.landing import Landing
from tasks.schedule.expected_returns import owed_by_folder
from tasks.spreadsheets.parser import Parser
from tasks.workbooks import read_inbox, workbook_name
from tasks.workbooks.sheet_fields import layouts_of
from tasks.workbooks.template_workbook import Template, workbook_of
from tasks.workbooks.templates import write_templates

NAME = workbook_name(wb.RETURN)
LONG = [{
    "name": "Choix",
    "items": [
        {"code": "metier", "label": "Métier", "allowed_values": [f"métier, numéro {n}" for n in range(30)]},
        {"code": "nom", "label": "=1+1"},
    ],
}]  # fmt: skip


def written(folder: Path, occasion: str, structures: Collection[str] = (), of: Programme | None = None) -> list[Path]:
    programme = of or wb.programme()
    paths = ProjectPaths(folder.parent)
    return write_templates(programme, paths, folder, occasion, structures, owed_by_folder(programme))


def test_a_workbook_that_may_be_filled_in_is_not_replaced(tmp_path: Path) -> None:
    out = tmp_path / "out"
    first, second = written(out, "M06")
    before = first.read_bytes()
    assert written(out, "M06") == [first, second]
    assert first.read_bytes() == before
    filled = load_workbook(second)
    filled["Données"]["B1"] = 12
    filled.save(second)
    with pytest.raises(UsageError, match=f"1 workbook would be replaced, and may be filled in: {second.name}"):
        written(out, "M06")
    assert load_workbook(second)["Données"]["B1"].value == 12


def write(path: Path, locale: str = "fr") -> Workbook:
    programme = wb.programme()
    (version,) = programme.settings.instruments[0].versions
    template = Template(
        programme="Un essai",
        structure="Structure inventée STR1",
        cohort="une",
        instrument="Tableau de suivi",
        occasion="M06",
        due_on=datetime.date(2019, 1, 31),
        identity=wb.identity(),
        file_name=NAME,
        layouts=layouts_of(programme, "suivi", version),
        reported={"Données!personnes": ("9", "M03")},
        locale=locale,
    )
    path.write_bytes(workbook_of(template))
    return load_workbook(path)


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Workbook:
    return write(tmp_path_factory.mktemp("sent") / NAME)


def fill(book: Workbook, path: Path) -> None:
    for row, value in enumerate([12, "nc", 1234.5, "Positif", datetime.date(2019, 1, 31), "rien"], start=5):
        book["Données"].cell(row, 2, value)
    for row, person in enumerate([wb.person(), wb.person(nom="Autre", heures="nc")], start=2):
        for column, value in enumerate(person, start=1):
            book["Participants"][f"{get_column_letter(column)}{row}"] = value
    book.save(path)


def test_a_template_that_was_filled_in_is_read_without_a_finding(tmp_path: Path, parser: Parser, landing: Landing):
    inbox = wb.inbox(tmp_path, parser)
    fill(write(tmp_path / "sent.xlsx"), tmp_path / "inbox" / NAME)
    (received,) = read_inbox(inbox, landing, {}).returns
    assert (received.expected_return_id, received.findings) == (wb.RETURN, ())
    assert [answer.value_text for answer in received.answers] == ["12", "nc", "1234.5", "Positif", "2019-01-31"]
    assert len(wb.rows_of(received)) == 6


@pytest.mark.parametrize(
    ("cell", "value", "severity"),
    [("F7", 99, "error"), ("C6", 99, "warning"), ("D7", "1 234 €", "error"), ("B12", "non : 99", "warning")],
)
def test_a_value_beside_the_answers_of_a_template_is_told(
    tmp_path: Path, parser: Parser, landing: Landing, cell: str, value: Any, severity: str
):
    inbox = wb.inbox(tmp_path, parser)
    made = write(tmp_path / "sent.xlsx", "en")
    made["Données"][cell] = value
    fill(made, tmp_path / "inbox" / NAME)
    made["Données"]["B7"] = None
    made.save(tmp_path / "inbox" / NAME)
    assert [finding[:2] for finding in wb.findings_of(read_inbox(inbox, landing, {}))] == [
        (severity, f"Données!{cell}")
    ]


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_a_template_is_known_again_in_whatever_language_it_was_written(
    tmp_path: Path, parser: Parser, landing: Landing, locale: str
):
    inbox = wb.inbox(tmp_path, parser, locale="en" if locale == "fr" else "fr")
    fill(write(tmp_path / "sent.xlsx", locale), tmp_path / "inbox" / NAME)
    assert wb.findings_of(read_inbox(inbox, landing, {})) == []


def test_the_first_sheet_says_for_whom_it_is_until_when_and_how(book: Workbook):
    page = book.worksheets[0]
    values = {page.cell(row, 1).value: page.cell(row, 2).value for row in range(1, 15)}
    assert (page.title, page["A1"].value) == ("À lire", "Tableau de suivi")
    assert values["Structure"] == "Structure inventée STR1"
    assert values["Échéance"] == "M06, à rendre le jeudi 31\u00a0janvier\u00a02019"
    assert NAME in str(values["6."])


def test_the_last_reported_values_are_beside_the_new_questions(book: Workbook):
    page = book["Données"]
    assert [cell.value for cell in page[4]] == [
        *("Ce qui est demandé", "Votre réponse", "Unité"),
        *("Ce qui est accepté", "La dernière fois"),
    ]
    assert [cell.value for cell in page[5]][::4] == ["Personnes concernées", "9 (M03)"]
    assert page["C7"].value == "euros"


def test_only_the_cells_to_fill_in_are_open(book: Workbook):
    assert all(page.protection.sheet for page in book.worksheets)
    page = book["Données"]
    opened = {cell.coordinate for row in page.iter_rows() for cell in row if not cell.protection.locked}
    assert opened == {f"B{row}" for row in range(5, 11)}
    table = book["Participants"]
    assert all(cell.protection.locked for cell in table[1])
    dimensions = table.column_dimensions.values()
    unlocked = [(one.min, one.max) for one in dimensions if not one.protection.locked]
    assert {n for first, last in unlocked if first and last for n in range(first, last + 1)} == {*range(1, 8)}


def test_choices_drop_down_and_numbers_and_days_have_their_limits_and_nc_is_always_allowed(book: Workbook):
    held = {str(one.sqref): one for page in book.worksheets for one in page.data_validations.dataValidation}
    assert held["B8"].formula1 == '"Positif,Négatif,Non renseigné,nc,ne"'
    assert held["B5"].formula1 == (
        'OR(LOWER(TRIM(B5))="nc",LOWER(TRIM(B5))="ne",AND(ISNUMBER(B5),B5=INT(B5),B5>=0,B5<=1000))'
    )
    assert "DATE(1900,3,1)" in held["B9"].formula1
    assert held["E2:E1048576"].formula1.endswith("AND(ISNUMBER(E2),E2>=0,E2<=35))")
    assert held["B5"].error == "Attendu\u00a0: un nombre de 0 à 1000 · entier · nc"
    assert "A2:A1048576" not in held


def test_long_lists_and_values_with_commas_drop_down_from_a_hidden_sheet(tmp_path: Path):
    (path, _) = written(tmp_path / "out", "M06", of=wb.programme(LONG))
    made = load_workbook(path)
    (held,) = made["Choix"].data_validations.dataValidation
    assert held.formula1 == "'Listes'!$A$1:$A$32"
    assert (made["Listes"].sheet_state, made["Listes"]["A30"].value) == ("hidden", "métier, numéro 29")
    assert made["Choix"]["A6"].data_type == "s"


@pytest.mark.parametrize("name", ["Identité", "à lire"])
def test_a_sheet_with_the_name_of_one_of_ours_is_refused_in_words(tmp_path: Path, name: str):
    with pytest.raises(UsageError, match="À lire, Identité and Listes"):
        written(tmp_path / "out", "M06", of=wb.programme([{**LONG[0], "name": name}]))
    assert not (tmp_path / "out").exists()


def test_an_identity_sheet_that_was_changed_by_hand_is_reported(tmp_path: Path, parser: Parser, landing: Landing):
    inbox = wb.inbox(tmp_path, parser)
    made = write(tmp_path / "sent.xlsx")
    made["Identité"]["B3"] = "STR2"
    fill(made, tmp_path / "inbox" / "tableau.xlsx")
    (received,) = read_inbox(inbox, landing, {}).returns
    assert [finding.check_name for finding in received.findings] == ["identity"]


def test_one_workbook_is_written_for_each_expected_return_of_the_occasion(tmp_path: Path):
    both = written(tmp_path / "out", "M06")
    assert [path.name for path in both] == [workbook_name(wb.RETURN), workbook_name(wb.OTHER)]
    assert [path.name for path in written(tmp_path / "one", "M03", {"STR2"})] == ["C-1__STR2__M03__suivi.xlsx"]


def test_a_workbook_is_written_of_what_is_owed_alone(tmp_path: Path):
    owed = [row for row in owed_by_folder(wb.programme()) if row["enrolment_id"] == "C-1/STR2"]
    (path,) = write_templates(wb.programme(), ProjectPaths(tmp_path), tmp_path / "out", "M06", (), owed)
    assert path.name == workbook_name(wb.OTHER)


@pytest.mark.parametrize(
    ("occasion", "structures", "sentence"),
    [("M07", (), "Expected one of M03, M06"), ("M06", ("STR9",), "There is no structure STR9")],
)
def test_what_the_programme_does_not_know_is_reported(
    tmp_path: Path, occasion: str, structures: tuple[str, ...], sentence: str
):
    with pytest.raises(UsageError, match=sentence):
        written(tmp_path / "out", occasion, structures)


def test_libreoffice_opens_it_and_what_it_saves_is_read_without_a_finding(
    tmp_path: Path, parser: Parser, landing: Landing
):
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("LibreOffice is not installed here; the other tests look at the sheets themselves.")
    inbox = wb.inbox(tmp_path, parser)
    fill(write(tmp_path / "sent.xlsx"), tmp_path / NAME)
    home = f"-env:UserInstallation=file://{tmp_path}/office"
    for kind, folder in (("ods", "inbox"), ("pdf", "printed")):
        subprocess.run(
            [soffice, home, "--headless", "--convert-to", kind, "--outdir", tmp_path / folder, tmp_path / NAME],
            check=True,
            capture_output=True,
            timeout=240,
        )
    (received,) = read_inbox(inbox, landing, {}).returns
    assert (received.origin, wb.findings_of(received)) == (NAME.replace(".xlsx", ".ods"), [])
    assert [answer.value_text for answer in received.answers] == ["12", "nc", "1234.5", "Positif", "2019-01-31"]
    # One page per sheet: nothing exceeds the paper width.
    assert (tmp_path / "printed" / NAME.replace(".xlsx", ".pdf")).read_bytes().count(b"/Type/Page/") == 4


def test_a_workbook_in_english_is_in_english_throughout_and_is_recognised(
    tmp_path: Path, parser: Parser, landing: Landing
) -> None:
    write(tmp_path / "sent.xlsx", locale="en")
    made = load_workbook(tmp_path / "sent.xlsx")
    assert [page.title for page in made] == ["Read me", "Données", "Participants", "Identity"]
    labels = ["programme", "cohort", "structure", "occasion", "instrument", "version", "check"]
    assert [cell.value for cell in made["Identity"]["A"]] == labels
    made["Données"]["B3"] = "douze"
    inbox = wb.inbox(tmp_path, parser, locale="en")
    fill(made, tmp_path / "inbox" / "tableau.xlsx")
    (received,) = read_inbox(inbox, landing, {}).returns
    assert received.expected_return_id == wb.RETURN
    assert not [finding for finding in received.findings if finding.location == "Identity"]
