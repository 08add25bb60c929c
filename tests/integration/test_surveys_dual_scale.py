"""Test the drift of a dual-scale question, whose scales share codes, through the command line."""

import csv
import json
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from running import Ran, essaim
from small_programme import Small, small_programme

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
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Small]:
    with small_programme(
        monkeypatch,
        tmp_path / "programme",
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


def test_drift_is_reported_of_the_scale_on_which_an_option_changed(small: Small, run: Run) -> None:
    accepted = run("drift", "--accept")
    assert (accepted.code, accepted.err) == (0, "")
    assert offered(small) == LABELS
    small.survey.recode_option("deuxzero", "1", "2", scale_id=1)
    small.survey.relabel_option("deuxzero", "1", "Essentielle", scale_id=0)
    ran = run("drift", "--json")
    assert ran.code == 3
    (survey,) = json.loads(ran.out)["surveys"]
    found = {(one["scale"], one["code"]): (one["kind"], one["breaks"]) for one in survey["differences"]}
    assert found == {(0, "1"): ("reworded", []), (1, "1"): ("recoded", ["deuxzero[a][2]"])}
