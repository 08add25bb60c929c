"""Test `essaim init`: an empty programme that lists what to fill in, and an example that is complete."""

import csv
import json
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from planned import expected_returns
from running import essaim

from tasks.demonstration import usual_scenario
from tasks.demonstration.offered import questionnaire_in
from tasks.programme import read_programme
from tasks.programme.beginning import begin_example, begin_programme
from tasks.programme.questionnaires import baseline_of
from tasks.questionnaires.elements import elements_of
from tasks.questionnaires.plain_text import plain
from tasks.simulator import Survey

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


EXAMPLES = pytest.mark.parametrize(("locale", "timezone"), [("fr", "Europe/Paris"), ("en", "Africa/Nairobi")])


@EXAMPLES
def test_an_example_has_no_mistake_and_nothing_doubtful(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], locale: str, timezone: str
) -> None:
    folder = tmp_path / "my example"
    ran = essaim(capsys, "init", "--example", str(folder), "--locale", locale, "--timezone", timezone)
    assert ran.code == 0
    assert f"essaim simulate --programme '{folder}'" in ran.out
    assert read_programme(folder).settings.timezone == timezone
    checked = essaim(capsys, "check", "--programme", str(folder))
    assert checked.code == 0
    assert re.fullmatch(r"[^\n]+: no mistake in 1 innovation, 2 cohorts, 6 enrolments, [^\n]+\n", checked.out)


@EXAMPLES
@pytest.mark.parametrize("today", [date(2026, 11, 30), date(2027, 5, 31), date(2028, 2, 29), date(2027, 3, 1)], ids=str)
def test_returns_of_an_example_are_late_missing_due_and_to_come(
    tmp_path: Path, locale: str, timezone: str, today: date
) -> None:
    begin_example(tmp_path / "example", locale, timezone, today)
    programme = read_programme(tmp_path / "example")
    came = usual_scenario(programme, today).answered_on or {}
    rows = {row["expected_return_id"]: row for row in expected_returns(programme)}
    overdue = {id_ for id_, row in rows.items() if row["on_time_until_on"] < today}
    in_grace = {id_ for id_, row in rows.items() if row["due_on"] <= today <= row["on_time_until_on"]}
    to_come = {id_ for id_, row in rows.items() if row["opens_on"] > today}
    assert overdue - came.keys()
    assert {id_ for id_ in overdue & came.keys() if came[id_] > rows[id_]["on_time_until_on"]}
    assert in_grace - came.keys()
    assert in_grace & came.keys()
    assert to_come
    assert len(came) > len(overdue | in_grace) / 2


@EXAMPLES
def test_the_surveys_of_an_example_are_those_that_its_crosswalk_was_written_for(
    tmp_path: Path, locale: str, timezone: str
) -> None:
    begin_example(tmp_path / "example", locale, timezone, date(2026, 11, 30))
    programme = read_programme(tmp_path / "example")
    surveys = {x.sid: x for x in map(Survey.from_lss, (tmp_path / "example" / "surveys").glob("*.lss"))}
    named = {
        version.survey_id: baseline_of(programme, instrument.code, version.version)
        for instrument in programme.settings.instruments
        for version in instrument.versions
        if version.survey_id is not None
    }
    assert surveys.keys() == named.keys()
    for number, baseline in named.items():
        assert baseline is not None
        imported = elements_of(questionnaire_in(surveys[number]))
        assert [row.model_copy(update={"text": plain(row.text)}) for row in imported] == [*elements_of(baseline)]


def test_the_english_example_contains_nothing_french_and_the_french_one_is_labelled_in_both_languages(
    tmp_path: Path,
) -> None:
    for path in begin_example(tmp_path / "en", "en", "Africa/Nairobi", date(2026, 11, 30)):
        assert not re.search(r"[éèàçêœ«»]|\bfr\b|Paris", path.read_text(encoding="utf-8")), path
    begin_example(tmp_path / "fr", "fr", "Europe/Paris", date(2026, 11, 30))
    indicators = read_programme(tmp_path / "fr").indicators
    assert all(indicator.label_fr and indicator.label_en for indicator in indicators)


def test_an_example_overwrites_nothing_and_only_an_example_takes_a_day(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mine = tmp_path / "mine.txt"
    mine.write_text("mine")
    for arguments, message in (
        (("--example", str(tmp_path)), "is not empty"),
        (("--example", str(tmp_path / "new"), "--locale", "en"), "name it, such as --timezone Europe/London"),
        (("--example", str(tmp_path / "new"), "--timezone", "London"), "There is no time zone 'London'"),
        ((str(tmp_path / "new"), "--as-of", "2026-11-30"), "Add --example."),
    ):
        ran = essaim(capsys, "init", *arguments)
        assert (ran.code, message in ran.err) == (2, True)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    assert essaim(capsys, "init", "--example", str(tmp_path / "new"), "--as-of", "2020-08-31").code == 0
    latest = max(cohort.anchor_on for cohort in read_programme(tmp_path / "new").settings.cohorts)
    assert date(2020, 8, 31) - latest < timedelta(days=100)
