"""Test how targets.csv is read: numbers in the programme's locale, and targets of derived indicators."""

import shutil
from pathlib import Path

import pytest
from folder_mistakes import answer_about

from tasks.programme import read_programme
from tasks.reference.examples import EVERY_KEY

HEADER = "cohort_code,occasion_code,indicator_code,target,direction\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(EVERY_KEY, tmp_path / "programme")


def write(folder: Path, lines: str, *, locale: str = "en") -> None:
    (folder / "targets.csv").write_text(HEADER + lines, encoding="utf-8")
    settings = (folder / "programme.yaml").read_text(encoding="utf-8")
    (folder / "programme.yaml").write_text(settings.replace("locale: en", f"locale: {locale}"), encoding="utf-8")
    published = (folder / "published.csv").read_text(encoding="utf-8")
    (folder / "published.csv").write_text(published.replace('"1,234"', "1234"), encoding="utf-8")


@pytest.mark.parametrize(
    ("locale", "target", "number"),
    [
        ("en", '"1,234"', 1234),
        ("en", "1.5", 1.5),
        ("fr", '"1,234"', 1.234),
        ("fr", "1 234", 1234),
        ("fr", '"1,5"', 1.5),
    ],
)
def test_a_target_is_a_number_in_the_locale_of_the_programme(folder: Path, locale: str, target: str, number: float):
    write(folder, f"COLD-1,M06,kg_shared,{target},\n", locale=locale)
    assert [one.number for one in read_programme(folder).targets] == [number]


def test_a_target_with_two_readings_is_a_mistake(folder: Path):
    write(folder, "COLD-1,M06,kg_shared,1.234,\n", locale="fr")
    assert answer_about(folder) == [
        "targets.csv:2: found target = '1.234'; expected a number with one reading: write 1234 or 1,2340."
    ]


def test_a_derived_indicator_has_a_target_where_all_of_its_parts_are_asked(folder: Path):
    write(folder, "REPAIR-1,M12,kg_per_household,2,\nREPAIR-1,M03,kg_per_household,2,\nREPAIR-1,M06,volunteers,2,\n")
    assert answer_about(folder) == [
        "targets.csv:3: found target of kg_per_household at M03; expected one of the occasions at which REPAIR is "
        "asked for it (M06, M12).",
        "targets.csv:4: found target of volunteers at M06, which REPAIR is never asked for; expected an indicator that "
        "REPAIR is asked for.",
    ]
    # What follows from a mistake in a formula is not reported.
    codebook = (folder / "codebook.csv").read_text(encoding="utf-8")
    (folder / "codebook.csv").write_text(codebook.replace("kg_shared / households", "kg_shared / household"))
    write(folder, "REPAIR-1,M03,kg_per_household,2,\n")
    (mistake,) = answer_about(folder)
    assert mistake.startswith("codebook.csv:4: found indicator 'household' of formula of kg_per_household")
