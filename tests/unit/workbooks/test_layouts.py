"""Test which declarations of a workbook a programme folder accepts, and which it refuses."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from running import EXAMPLE

from schemas.errors import ProgrammeError
from schemas.layouts import Sheet
from schemas.tables import PROGRAMME_CROSSWALK, PROGRAMME_TABLE_COLUMNS
from tasks.programme import read_programme
from tasks.programme.rows import programme_rows

COLUMN = {"code": "a", "label": "A"}
MISTAKES = [
    (
        {"columns": [COLUMN], "items": [COLUMN]},
        "found both items and columns; expected items for one question per line",
    ),
    ({}, "found neither items nor columns; expected items for one question per line"),
    (
        {"columns": [COLUMN, {"code": "b", "label": " a "}]},
        "found the label “a” twice; expected each label once on a sheet",
    ),
    ({"columns": [{**COLUMN, "spellings": ["x"]}, {"code": "b", "label": "X"}]}, "expected each label once"),
    (
        {"items": [{**COLUMN, "role": "identifier"}]},
        "expected another role: only the columns of a table can identify people",
    ),
    (
        {"columns": [{**COLUMN, "kind": "number", "minimum": 2, "maximum": 1}]},
        "found minimum 2; expected at most 1, the maximum",
    ),
    (
        {"columns": [{**COLUMN, "kind": "text", "minimum": 2}]},
        "found limits of a text; expected minimum and maximum of a count or a number only",
    ),
    ({"columns": [{**COLUMN, "kind": "choice"}]}, "found no allowed_values of a choice; expected allowed_values"),
    ({"columns": [{**COLUMN, "kind": "date", "day_formats": ["%m/%Y"]}]}, "expected a format with day, month and year"),
    ({"columns": [{**COLUMN, "day_formats": ["%d/%m/%y"]}]}, "of four digits"),
    ({"items": [COLUMN], "repeats": True}, "found repeats beside items; expected repeats of a sheet with columns only"),
    ({"items": [COLUMN], "other_rows": "refuse"}, "found other_rows beside items"),
]


@pytest.mark.parametrize(("declared", "sentence"), MISTAKES)
def test_an_impossible_layout_is_a_mistake(declared: dict[str, Any], sentence: str):
    with pytest.raises(ValueError, match=sentence):
        Sheet.model_validate({"name": "S", **declared})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the reference programme with a table of participants in its workbook from M12 on."""
    shutil.copytree(EXAMPLE, tmp_path / "programme", ignore=shutil.ignore_patterns("var", "inbox"))
    settings = tmp_path / "programme" / "programme.yaml"
    text = settings.read_text(encoding="utf-8")
    old = "        rules:\n          - {item: Données!retours"
    assert text.count(old) == 1
    table = (
        "          - name: Participants\n            columns:\n"
        "              - {code: nom, label: Nom, role: identifier}\n"
        "              - {code: contrat, label: Contrat, allowed_values: [CDI, CDD]}\n"
    )
    settings.write_text(text.replace(old, table + old), encoding="utf-8")
    with (tmp_path / "programme" / "codebook.csv").open("a", encoding="utf-8") as codebook:
        codebook.write("signed,Contrat,Contract,participant,choice,,,,,,CDI|CDD,none,,true,\n")
    return tmp_path / "programme"


def cross(folder: Path, line: str) -> None:
    with (folder / "crosswalk.csv").open("a", encoding="utf-8") as crosswalk:
        crosswalk.write(f"tableau,2,{line},\n")


def test_a_column_of_a_table_gives_an_indicator_of_participants_and_no_item_of_the_return(folder: Path):
    cross(folder, "Participants!contrat,signed")
    rows = programme_rows(read_programme(folder))
    (column,) = [row for row in rows[PROGRAMME_TABLE_COLUMNS] if row["instrument_code"] == "tableau"]
    assert (column["item"], column["indicator_code"], column["kind"]) == ("Participants!contrat", "signed", "choice")
    assert not [row for row in rows[PROGRAMME_CROSSWALK] if row["indicator_code"] == "signed"]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("Participants!nom,signed", "an indicator of the identifier nom"),
        ("Participants!contrat,professionals", "professionals, of a structure, in the rows of Participants"),
        ("Participants!contra,signed", "item 'Participants!contra'"),
    ],
)
def test_what_a_table_cannot_give_is_reported_with_its_line(folder: Path, line: str, found: str):
    cross(folder, line)
    with pytest.raises(ProgrammeError) as error:
        read_programme(folder)
    assert found in [mistake.found for mistake in error.value.mistakes]
    assert {mistake.file for mistake in error.value.mistakes} == {"crosswalk.csv"}


RECODED = [
    ("recoded,CDI,CDI,\n", "recode 'recoded' incomplete: it lacks CDD", "CDI"),
    ("recoded,CDI,CDI,\nrecoded,cdd,CDD,\n", "recode 'recoded' incomplete: it lacks CDD", "cdd"),
    ("recoded,CDI,CDI,\nrecoded,CDD,,not_applicable\n", None, ""),
]


@pytest.mark.parametrize(("lines", "found", "nearest"), RECODED)
def test_a_recode_covers_every_value_that_a_column_allows_to_the_letter(
    folder: Path, lines: str, found: str | None, nearest: str
):
    with (folder / "crosswalk.csv").open("a", encoding="utf-8") as crosswalk:
        crosswalk.write("tableau,2,Participants!contrat,signed,recoded\n")
    with (folder / "recodes.csv").open("a", encoding="utf-8") as recodes:
        recodes.write(lines)
    if found is None:
        read_programme(folder)
        return
    with pytest.raises(ProgrammeError) as error:
        read_programme(folder)
    (mistake,) = error.value.mistakes
    assert (mistake.file, mistake.found, mistake.nearest) == ("crosswalk.csv", found, nearest)
    assert mistake.expected == "a line of recodes.csv for each answer to Participants!contrat"


def test_allowed_values_without_a_recode_are_values_of_the_indicator(folder: Path):
    settings = folder / "programme.yaml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("allowed_values: [CDI, CDD]", "allowed_values: [CDI, Autre]"), encoding="utf-8")
    cross(folder, "Participants!contrat,signed")
    with pytest.raises(ProgrammeError) as error:
        read_programme(folder)
    (mistake,) = error.value.mistakes
    assert mistake.found == "no recode, and answers to Participants!contrat that are no value of signed: Autre"
    assert mistake.expected == "a recode that makes each of them one of CDI, CDD"


@pytest.mark.parametrize(
    ("rule", "found", "expected", "near"),
    [
        ("{column: contra, needed_where: {nom: [x]}}", "column 'contra'", "one of nom, contrat", "contrat"),
        (
            "{column: nom, only_where: {contrat: [CDL]}}",
            "value 'CDL' of contrat",
            "one of CDI, CDD",
            "CDI",
        ),
        (
            "{column: nom, at_least: contrat}",
            "nom, a text, compared with contrat, a choice",
            "two dates, or two numbers (kind: date, count or number)",
            "",
        ),
        (
            "{column: contrat, only_where: {nom: [x]}}",
            "a condition on nom, a text",
            "a column with a list of values (allowed_values, or a recode)",
            "",
        ),
    ],
)
def test_a_rule_of_a_row_that_its_columns_cannot_keep_is_reported_with_its_line(
    folder: Path, rule: str, found: str, expected: str, near: str
):
    settings = folder / "programme.yaml"
    contract = "              - {code: contrat, label: Contrat, allowed_values: [CDI, CDD]}\n"
    before, _, after = settings.read_text(encoding="utf-8").partition(contract)
    settings.write_text(f"{before}{contract}            rules:\n              - {rule}\n{after}", encoding="utf-8")
    with pytest.raises(ProgrammeError) as error:
        read_programme(folder)
    (mistake,) = error.value.mistakes
    assert (mistake.found, mistake.expected, mistake.nearest) == (found, expected, near)
    assert mistake.line == before.count("\n") + 3
