"""Test `essaim init`: an empty programme that lists what to fill in, with valid examples."""

import csv
import json
import re
from pathlib import Path

import pytest
from running import essaim

from tasks.programme import read_programme
from tasks.programme.beginning import begin_programme

FILES = {
    ".gitignore",
    "codebook.csv",
    "corrections.csv",
    "crosswalk.csv",
    "inbox",
    "programme.yaml",
    "recodes.csv",
    "structures.csv",
}


def test_an_empty_programme_says_what_is_to_be_filled_in_and_so_does_check(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "new" / 'Nouvelle "vague" {name}'
    output = json.loads(essaim(capsys, "init", str(folder), "--json").out)
    assert {path.name for path in folder.iterdir()} == FILES
    found = [sentence.partition("; ")[0].partition(": ")[2] for sentence in output["to_fill_in"]]
    assert found == [f"found nothing under {name}" for name in ("innovations", "cohorts", "evaluators", "instruments")]
    checked = essaim(capsys, "check", "--programme", str(folder))
    assert checked.code == 2
    assert all(sentence in checked.err for sentence in output["to_fill_in"])


def test_with_its_examples_for_lines_it_is_a_programme_without_a_mistake(tmp_path: Path) -> None:
    folder = tmp_path / "programme"
    begin_programme(folder)
    settings = folder / "programme.yaml"
    settings.write_text(re.sub(r"(?m)^#(  \S)", r"\1", settings.read_text(encoding="utf-8")), encoding="utf-8")
    for name, line in (
        ("structures.csv", {"structure_code": "A", "structure_name": "Structure A", "cohort_code": "METHOD-1",
                            "is_invented": "false"}),
        ("codebook.csv", {"indicator_code": "people", "label_fr": "Personnes", "label_en": "People",
                          "level": "structure", "kind": "count", "over_structures": "sum", "is_core": "true"}),
        ("crosswalk.csv", {"instrument_code": "survey", "version": "1", "item": "q1", "indicator_code": "people"}),
    ):  # fmt: skip
        with (folder / name).open("r+", encoding="utf-8", newline="") as file:
            columns = next(csv.reader([file.readline()]))
            csv.DictWriter(file, columns, lineterminator="\n").writerow(line)
    programme = read_programme(folder)
    assert [cohort.code for cohort in programme.settings.cohorts] == ["METHOD-1"]
    assert programme.settings.sources.limesurvey is not None
    assert programme.settings.name == "programme"


def test_a_folder_that_holds_something_or_is_none_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("mine")
    for folder, message in ((tmp_path, "is not empty"), (mine, "is a file")):
        ran = essaim(capsys, "init", str(folder))
        assert (ran.code, message in ran.err) == (2, True)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_programme_in_english_names_its_time_zone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "cold-stores"
    for options, message in (
        (("--locale", "en"), "name it, such as --timezone Europe/London"),
        (("--timezone", "London"), "There is no time zone 'London'"),
    ):
        ran = essaim(capsys, "init", str(folder), *options)
        assert (ran.code, message in ran.err, folder.exists()) == (2, True, False)
    assert essaim(capsys, "init", str(folder), "--locale", "en", "--timezone", "Africa/Nairobi").code == 0
    settings = (folder / "programme.yaml").read_text(encoding="utf-8")
    assert "timezone: Africa/Nairobi\nlocale: en\n" in settings
    assert "Europe/Paris" not in settings
