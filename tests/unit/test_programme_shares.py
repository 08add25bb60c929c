"""Test which lines of the crosswalk can give the shares of values of a question."""

from pathlib import Path

import pytest
from programme_folders import copied, edit, mistakes_of

from schemas.errors import Mistake


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copied(tmp_path)


def share(folder: Path, *lines: str, in_codebook: str = "0,1,,,,mean,mean,true,") -> list[Mistake]:
    """Replace the line of a choice in the crosswalk by lines with `share_of`, and return the mistakes in them."""
    path = folder / "crosswalk.csv"
    header, *others = path.read_text(encoding="utf-8").splitlines()
    others.remove("suivi,1,adoption,adoption_status,adoption_online")
    text = "\n".join([f"{header},share_of", *lines, *(f"{other}," for other in others)]) + "\n"
    path.write_text(text, encoding="utf-8")
    codebook = folder / "codebook.csv"
    added = [f"{code},Part,Share,structure,number,,{in_codebook}" for code in ("a_share", "b_share")]
    codebook.write_text(codebook.read_text(encoding="utf-8") + "\n".join(added) + "\n", encoding="utf-8")
    return [m for m in mistakes_of(folder) if m.file == "crosswalk.csv" and m.line <= len(lines) + 1]


SEVERAL = ("identifiers: [contact]", "identifiers: [contact]\n    respondents: {several: true}")


def test_shares_of_two_values_of_one_question_are_no_mistake(folder: Path):
    edit(folder, "programme.yaml", *SEVERAL)
    lines = ("suivi,1,adoption,a_share,adoption_online,adopted", "suivi,1,adoption,b_share,adoption_online,no")
    assert share(folder, *lines) == []


@pytest.mark.parametrize(
    ("line", "found", "expected", "nearest"),
    [
        (
            "suivi,1,adoption,b_share,adoption_online,partiel",
            "share_of 'partiel', which the recode adoption_online never gives",
            "one of its values (adopted, in_progress, no, partial)",
            "partial",
        ),
        ("suivi,1,adoption,b_share,,no", "share_of 'no' and no recode", "a recode that gives this value", ""),
        (
            "suivi,1,adoption,b_share,yes_no,no",
            "recode 'yes_no' of item 'adoption'",
            "'adoption_online', as on the first line of this item",
            "",
        ),
        (
            "suivi,1,adoption,companies,adoption_online,no",
            "share_of 'no' as companies, a count",
            "an indicator of kind number with over_respondents mean in codebook.csv",
            "",
        ),
        (
            "suivi,1,adoption,b_share,adoption_online,adopted",
            "the same item again (suivi, 1, adoption, adopted)",
            "it once (it is on line 2)",
            "",
        ),
    ],
)
def test_a_share_that_cannot_be_computed_is_a_mistake(folder: Path, line: str, found: str, expected: str, nearest: str):
    edit(folder, "programme.yaml", *SEVERAL)
    mistakes = share(folder, "suivi,1,adoption,a_share,adoption_online,adopted", line)
    assert Mistake("crosswalk.csv", 3, found, expected, nearest) in mistakes, mistakes


@pytest.mark.parametrize(
    ("in_codebook", "found", "expected"),
    [
        (
            "0,1,,,,sum,mean,true,",
            "whose over_structures is sum",
            "over_structures mean or none, as shares do not add up, in codebook.csv",
        ),
        (
            "1,100,,,,mean,mean,true,",
            "whose limits leave out some shares",
            "no limits, or limits that include 0 and 1, in codebook.csv",
        ),
        (
            ",0.5,,,,mean,mean,true,",
            "whose limits leave out some shares",
            "no limits, or limits that include 0 and 1, in codebook.csv",
        ),
    ],
)
def test_an_indicator_that_cannot_hold_shares_is_a_mistake(folder: Path, in_codebook: str, found: str, expected: str):
    edit(folder, "programme.yaml", *SEVERAL)
    mistakes = share(folder, "suivi,1,adoption,a_share,adoption_online,adopted", in_codebook=in_codebook)
    assert mistakes == [Mistake("crosswalk.csv", 2, f"share_of 'adopted' as a_share, {found}", expected)]


def test_a_share_of_one_respondent_is_a_mistake(folder: Path):
    assert share(folder, "suivi,1,adoption,a_share,adoption_online,adopted") == [
        Mistake(
            "crosswalk.csv",
            2,
            "share_of 'adopted' of suivi, which one respondent answers",
            "a survey with several: true under respondents, or no share_of",
        )
    ]


def test_a_share_of_respondents_is_no_value_of_a_participant(folder: Path):
    edit(folder, "programme.yaml", *SEVERAL)
    codebook = folder / "codebook.csv"
    of_people = "mood,Avis,Mood,participant,number,,0,1,,,,none,mean,false,\n"
    codebook.write_text(codebook.read_text(encoding="utf-8") + of_people, encoding="utf-8")
    assert share(folder, "suivi,1,adoption,mood,adoption_online,adopted") == [
        Mistake(
            "crosswalk.csv",
            2,
            "share_of 'adopted' as mood, of a participant",
            "an indicator of level structure, as a share is of all respondents, in codebook.csv",
        )
    ]
