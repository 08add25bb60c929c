"""Test a survey with a dual-scale question, whose scales share codes, through the command line on both engines."""

import csv
import json
from collections.abc import Callable, Generator

import pytest
from running import Ran, essaim
from small_programme import AS_OF, IN_TIME, Small, small_programme

from schemas.settings import ProjectPaths

Run = Callable[..., Ran]
LABELS = {(0, "0"): "Secondaire", (0, "1"): "Importante", (1, "0"): "Non maîtrisée", (1, "1"): "Maîtrisée"}
ADDED = {
    "codebook.csv": (
        "importance,Importance,Importance,structure,choice,,,,minor|major,none,,true,\n"
        "mastery,Maîtrise,Mastery,structure,choice,,,,no|yes,none,,true,\n"
    ),
    "crosswalk.csv": "suivi,1,deuxzero[a][1],importance,importance\nsuivi,1,deuxzero[a][2],mastery,mastery\n",
    "recodes.csv": "importance,0,minor,\nimportance,1,major,\nmastery,0,no,\nmastery,1,yes,\n",
}


@pytest.fixture
def small(paths: ProjectPaths, monkeypatch: pytest.MonkeyPatch) -> Generator[Small]:
    with small_programme(
        monkeypatch,
        paths.folder / "programme",
        survey="codes_chiffres_fr.lss",
        identifiers=[],
        only_numbers=True,
        number="nombres[1]",
    ) as small:
        for (scale, code), label in LABELS.items():
            small.survey.relabel_option("deuxzero", code, label, scale_id=scale)
        for name, lines in ADDED.items():
            path = small.folder / name
            path.write_text(path.read_text(encoding="utf-8") + lines, encoding="utf-8")
        small.add_participants("STR1", "STR2")
        yield small


@pytest.fixture
def run(small: Small, capsys: pytest.CaptureFixture[str]) -> Run:
    def command(name: str, *arguments: str) -> Ran:
        return essaim(capsys, name, "--programme", str(small.folder), *arguments)

    return command


def offered(small: Small) -> dict[tuple[int, str], str]:
    """Return the options of the dual-scale question in the baseline, with their labels."""
    with (small.folder / "questionnaires" / "suivi-1.csv").open(encoding="utf-8", newline="") as file:
        return {
            (int(row["scale"]), row["code"]): row["text"]
            for row in csv.DictReader(file)
            if (row["element"], row["question_code"]) == ("option", "deuxzero")
        }


def test_the_answers_to_both_scales_are_collected_each_with_its_own_meaning(small: Small, run: Run) -> None:
    accepted = run("drift", "--accept")
    assert (accepted.code, accepted.err) == (0, "")
    assert offered(small) == LABELS
    answers = {"str1": ("0", "1"), "str2": ("1", "0")}
    for token, (first, second) in answers.items():
        given = {"deuxzero[a][1]": first, "deuxzero[a][2]": second, "nombres[1]": "7"}
        small.survey.add_response(given, token=token, submitdate=IN_TIME, datestamp=IN_TIME)
    collected = run("collect", "--as-of", str(AS_OF))
    assert "Traceback" not in collected.err
    assert collected.code in {0, 3}, collected.err

    def rows(sql: str) -> list[list[object]]:
        ran = run("query", "--format", "json", sql)
        assert ran.code == 0, ran.err
        return [list(row.values()) for row in json.loads(ran.out)]

    assert rows(
        "select expected_return_id, indicator_code, value_text from marts.fct_observation "
        "where indicator_code in ('importance', 'mastery') and value_text is not null order by 1, 2"
    ) == [
        ["C-1/STR1/M06/suivi", "importance", "minor"],
        ["C-1/STR1/M06/suivi", "mastery", "yes"],
        ["C-1/STR2/M06/suivi", "importance", "major"],
        ["C-1/STR2/M06/suivi", "mastery", "no"],
    ]
    assert rows(
        "select respondent, item, answer_label from analytics.survey_answers where item like 'deuxzero[a]%' "
        "order by 1, 2"
    ) == [
        ["1", "deuxzero[a][1]", "Secondaire"],
        ["1", "deuxzero[a][2]", "Maîtrisée"],
        ["2", "deuxzero[a][1]", "Importante"],
        ["2", "deuxzero[a][2]", "Non maîtrisée"],
    ]


def test_drift_is_reported_of_the_scale_on_which_an_option_changed(small: Small, run: Run) -> None:
    run("drift", "--accept")
    small.survey.recode_option("deuxzero", "1", "2", scale_id=1)
    small.survey.relabel_option("deuxzero", "1", "Essentielle", scale_id=0)
    ran = run("drift", "--json")
    assert ran.code == 3
    (survey,) = json.loads(ran.out)["surveys"]
    found = {(one["scale"], one["code"]): (one["kind"], one["breaks"]) for one in survey["differences"]}
    assert found == {(0, "1"): ("reworded", []), (1, "1"): ("recoded", ["deuxzero[a][2]"])}
