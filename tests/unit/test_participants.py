"""Test the valid and invalid declarations of participants in a programme folder."""

import shutil
from pathlib import Path

import pytest
from running import EXAMPLE

from schemas.errors import ProgrammeError
from schemas.tables import PROGRAMME_OUTCOMES
from tasks.programme import read_programme
from tasks.programme.rows import programme_rows

DECLARED = """\
  entered_work: {indicator: contract_now, values: [CDI, CDD]}
  contract_kind: contract_now
  in_training: {indicator: hours_now, above: 0}
"""
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


MISTAKES = [
    (1, "  entered_work:", "  enterd_work:", "the key 'enterd_work'", "entered_work"),
    (1, "values: [CDI, CDD]", "values: [CDI, non]", "value 'non' of contract_now", "none"),
    (1, "values: [CDI, CDD]", "values: [yes]", "values of entered_work of participants = yes", ""),
    (1, "values: [CDI, CDD]", "values: []", "neither above nor values (entered_work of participants)", ""),
    (1, "values: [CDI, CDD]", "above: 0", "above: 0 of contract_now, a choice", ""),
    (2, "contract_now\n", "contract_no\n", "indicator 'contract_no'", "contract_now"),
    (2, "contract_now\n", "hours_now\n", "contract_kind: hours_now, a number", ""),
    (2, "contract_now\n", "will_continue\n", "contract_kind: will_continue, of a structure", ""),
    (2, "contract_now\n", "theme\n", "contract_kind: theme, which no table of people gives", ""),
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
