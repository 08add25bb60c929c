"""Test the valid and invalid declarations of participants in a programme folder."""

import shutil
from datetime import date
from pathlib import Path

import pytest
from running import EXAMPLE

from schemas.errors import ProgrammeError
from schemas.participants import ParticipantAttribute, age_on
from schemas.tables import PROGRAMME_OUTCOMES, PROGRAMME_PARTICIPANT_ATTRIBUTES
from tasks.programme import read_programme
from tasks.programme.rows import programme_rows

DECLARED = """\
  entered_work: {indicator: contract_now, values: [CDI, CDD]}
  contract_kind: contract_now
  in_training: {indicator: hours_now, above: 0}
"""
AGE = "code: age, birth_date: ne_le, bands: [26, 50]"
TABLE = """
  - code: liste
    name: Liste
    kind: workbook
    filled_by: structure
    mode: data_table
    innovations: [LREF]
    versions:
      - version: 1
        occasions: [M06]
        sheets:
          - name: Liste
            columns:
              - {code: nom, label: Nom, role: identifier}
              - {code: contrat, label: Contrat}
              - {code: heures, label: Heures}
          - name: Actions
            columns:
              - {code: themes, label: Thèmes}

sources:
"""
CODEBOOK = """\
contract_now,Contrat,Contract,participant,choice,,,,,,CDI|CDD|none,none,,false,
hours_now,Heures,Hours,participant,number,hours,0,,,,,none,,false,
theme,Thème,Theme,participant,choice,,,,,,a|b,none,,false,
"""
CROSSWALK = """\
liste,1,Liste!contrat,contract_now,
liste,1,Liste!heures,hours_now,
liste,1,Actions!themes,theme,
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return the reference programme with a table of people, and a table of actions without persons."""
    folder = shutil.copytree(EXAMPLE, tmp_path / "programme", ignore=shutil.ignore_patterns("var", "inbox"))
    settings = folder / "programme.yaml"
    text = settings.read_text(encoding="utf-8")
    assert text.count("\nsources:\n") == 1
    head, _ = text.replace("\nsources:\n", TABLE).split("\nparticipants:\n")
    settings.write_text(f"{head}\nparticipants:\n{DECLARED}", encoding="utf-8")
    for name, lines in (("codebook.csv", CODEBOOK), ("crosswalk.csv", CROSSWALK)):
        path = folder / name
        width = path.read_text(encoding="utf-8").splitlines()[0].count(",")
        filled = [line + "," * (width - line.count(",")) for line in lines.splitlines()]
        path.write_text(path.read_text(encoding="utf-8") + "\n".join(filled) + "\n", encoding="utf-8")
    return folder


def test_what_is_declared_is_a_row_for_each_condition(folder: Path):
    assert [tuple(row.values()) for row in programme_rows(read_programme(folder))[PROGRAMME_OUTCOMES]] == [
        ("entered_work", 1, "contract_now", None, "CDI"),
        ("entered_work", 2, "contract_now", None, "CDD"),
        ("contract_kind", 1, "contract_now", None, None),
        ("in_training", 1, "hours_now", 0, None),
    ]


def with_attributes(folder: Path, *attributes: str) -> None:
    """Declare attributes of participants, below the outcomes."""
    settings = folder / "programme.yaml"
    lines = "".join(f"    - {{{attribute}}}\n" for attribute in attributes)
    settings.write_text(f"{settings.read_text(encoding='utf-8')}  attributes:\n{lines}", encoding="utf-8")


def test_an_attribute_is_a_row_for_each_value(folder: Path):
    settings = folder / "programme.yaml"
    text = settings.read_text(encoding="utf-8")
    born = "              - {code: ne_le, label: Né le, role: identifier, kind: date}\n"
    place = "              - {code: contrat, label: Contrat}\n"
    head, table = text.split("\n  - code: liste\n")
    settings.write_text(f"{head}\n  - code: liste\n{table.replace(place, born + place)}", encoding="utf-8")
    with_attributes(folder, "code: contract, label_fr: Contrat, indicator: contract_now", AGE)
    rows = programme_rows(read_programme(folder))[PROGRAMME_PARTICIPANT_ATTRIBUTES]
    assert [tuple(row.values()) for row in rows] == [
        ("contract", "Contrat", "Contrat", 1, "contract_now", "CDI", 1),
        ("contract", "Contrat", "Contrat", 1, "contract_now", "CDD", 2),
        ("contract", "Contrat", "Contrat", 1, "contract_now", "none", 3),
        ("age", "age", "age", 2, None, "0-25", 1),
        ("age", "age", "age", 2, None, "26-49", 2),
        ("age", "age", "age", 2, None, "50+", 3),
    ]


@pytest.mark.parametrize(
    ("attribute", "allowed", "found"),
    [
        ("code: theme, indicator: theme", "a|b", "theme, which no table of people and no survey of several gives"),
        (
            "code: contract, indicator: contract_now",
            "CDI|CDD|none|unknown",
            "value 'unknown' of contract_now, of attribute contract",
        ),
    ],
)
def test_an_attribute_that_groups_nobody_is_a_mistake(folder: Path, attribute: str, allowed: str, found: str):
    with_attributes(folder, attribute)
    codebook = folder / "codebook.csv"
    text = codebook.read_text(encoding="utf-8")
    codebook.write_text(text.replace("CDI|CDD|none,", f"{allowed},") if "CDI" in allowed else text, encoding="utf-8")
    with pytest.raises(ProgrammeError) as error:
        read_programme(folder)
    assert [mistake.found for mistake in error.value.mistakes] == [found]


@pytest.mark.parametrize(
    ("born_on", "band"),
    [
        (date(1992, 7, 31), "26-49"),  # 26 on that day
        (date(1992, 8, 1), "0-25"),
        (date(2018, 7, 31), "0-25"),
        (date(2018, 8, 1), None),
        (date(1968, 7, 31), "50+"),
        (date(1898, 7, 31), "50+"),
        (date(1897, 7, 31), None),
    ],
)
def test_an_age_band_is_of_whole_years_on_the_anchor_date(born_on: date, band: str | None):
    age = ParticipantAttribute(code="age", birth_date="born", bands=[26, 50])
    assert age.band_of(born_on, date(2018, 7, 31)) == band


def test_somebody_born_on_29_february_is_older_on_1_march():
    assert age_on(date(2000, 2, 29), date(2018, 2, 28)) == 17
    assert age_on(date(2000, 2, 29), date(2018, 3, 1)) == 18
    assert age_on(date(2000, 2, 29), date(2020, 2, 29)) == 20


MISTAKES = [
    (1, "  entered_work:", "  enterd_work:", "the key 'enterd_work'", "entered_work"),
    (1, "values: [CDI, CDD]", "values: [CDI, non]", "value 'non' of contract_now", "none"),
    (1, "values: [CDI, CDD]", "values: [yes]", "values of entered_work of participants = yes", ""),
    (1, "values: [CDI, CDD]", "values: []", "neither above nor values (entered_work of participants)", ""),
    (1, "values: [CDI, CDD]", "above: 0", "above: 0 of contract_now, a choice", ""),
    (2, "contract_now\n", "contract_no\n", "indicator 'contract_no'", "contract_now"),
    (2, "contract_now\n", "hours_now\n", "contract_kind: hours_now, a number", ""),
    (2, "contract_now\n", "will_continue\n", "contract_kind: will_continue, of a structure", ""),
    (
        2,
        "contract_now\n",
        "theme\n",
        "contract_kind: theme, which no table of people and no survey of several gives",
        "",
    ),
    (3, "{indicator: hours_now,", "{indicator: hours_nou,", "indicator 'hours_nou'", "hours_now"),
    (3, "above: 0}", "values: [a]}", "values: a of hours_now, a number", ""),
    (3, "  in_training:", "  entered_work:", "the key 'entered_work' a second time", ""),
]


@pytest.mark.parametrize(("line", "old", "new", "found", "nearest"), MISTAKES)
def test_an_outcome_that_cannot_be_computed_is_a_mistake_with_its_line(
    folder: Path, line: int, old: str, new: str, found: str, nearest: str
):
    settings = folder / "programme.yaml"
    head, declared = settings.read_text(encoding="utf-8").split("\nparticipants:\n")
    assert declared.count(old) == 1
    settings.write_text(f"{head}\nparticipants:\n{declared.replace(old, new)}", encoding="utf-8")
    with pytest.raises(ProgrammeError) as error:
        read_programme(folder)
    (mistake,) = error.value.mistakes
    assert mistake.found.startswith(found), mistake
    assert (mistake.file, mistake.line) == ("programme.yaml", head.count("\n") + 2 + line)
    assert mistake.nearest == nearest
