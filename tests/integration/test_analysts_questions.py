"""Test the statements of docs/questions.md: each runs, and gives what the raw data or the published table gives."""

import csv
import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
import yaml
from building import begin_with_views
from commands import Commands
from running import AS_OF, EXAMPLE, ROOT, Demo
from small_programme import Small, small_programme

from schemas.settings import ProjectPaths
from warehouse.address import warehouse_address
from warehouse.published import publish

PAGE = (ROOT / "docs" / "questions.md").read_text(encoding="utf-8")
SECTIONS = {section.partition("\n")[0]: section for section in re.split(r"^## ", PAGE, flags=re.MULTILINE)[1:]}
STATEMENTS = {
    title: statement
    for title, section in SECTIONS.items()
    for statement in re.findall(r"^```sql\n(.*?)^```$", section, flags=re.DOTALL | re.MULTILINE)
}
TWO_DAYS = "What was this figure on two days, and what is the difference?"
REVISED = "Which published values were revised after publication?"

Answer = list[dict[str, Any]]


def answer(folder: Path, question: str, *arguments: str) -> Answer:
    """Run the statement of a question with `essaim query`."""
    return json.loads(Commands(folder).run("query", "--format", "json", STATEMENTS[question], *arguments).out)


@pytest.fixture(scope="module")
def folder(demo: Demo) -> Path:
    """Return a copy of the demonstration, with the views as of its day beside the published ones."""
    folder = demo.copy(with_results=True)
    Commands(folder).run("build", "--as-of", str(AS_OF))
    return folder


@pytest.fixture(scope="module")
def answers(folder: Path) -> dict[str, Answer]:
    return {question: answer(folder, question, "--beside", str(AS_OF)) for question in STATEMENTS}


@pytest.fixture(scope="module")
def raw(folder: Path) -> Callable[[str], pd.DataFrame]:
    """Return a function that reads a raw table of the demonstration."""

    def read(table: str) -> pd.DataFrame:
        with duckdb.connect(str(ProjectPaths(folder).published), read_only=True) as connection:
            return connection.sql(f"from raw.{table}").df()

    return read


@pytest.fixture(scope="module")
def owed(raw: Callable[[str], pd.DataFrame]) -> pd.DataFrame:
    """Return what was due on the day of the demonstration, with its return if one was loaded."""
    enrolments = raw("programme_enrolments")[["enrolment_id", "structure_name", "left_on"]]
    expected = raw("expected_returns").merge(enrolments, on="enrolment_id")
    due_on = pd.to_datetime(expected["due_on"])
    loaded = raw("returns").query("outcome == 'loaded'")[["expected_return_id", "return_id"]]
    expected["is_overdue"] = due_on + timedelta(days=15) < pd.Timestamp(AS_OF)
    is_left = pd.to_datetime(expected["left_on"]) < due_on
    return expected[(due_on <= pd.Timestamp(AS_OF)) & ~is_left].merge(loaded, on="expected_return_id", how="left")


def test_each_of_the_twenty_questions_has_one_statement() -> None:
    assert len(SECTIONS) == len(STATEMENTS) == 20
    assert [section.count("```sql") for section in SECTIONS.values()] == [1] * 20


def test_the_statements_find_rows_in_the_demonstration(answers: dict[str, Answer]) -> None:
    # In it, no structure missed two occasions in a row, nothing was sent twice, no attribute is declared, and no series
    # is broken.
    assert [question for question, rows in answers.items() if not rows] == [
        "Which structures missed two occasions in a row, and who follows them?",
        REVISED,
        "What are the figures by region or kind of structure?",
        "Which figures add up several series?",
    ]


def test_every_engine_accepts_the_statements(paths_with_views: ProjectPaths) -> None:
    paths = paths_with_views
    if warehouse_address(paths) is None:
        publish(paths)
        other = paths.built_as_of(AS_OF)
        other.parent.mkdir()
        begin_with_views(ProjectPaths(other.parent))
        ProjectPaths(other.parent).warehouse.rename(other)
        assert [answer(paths.folder, question, "--beside", str(AS_OF)) for question in STATEMENTS] == [[]] * 20
        return
    assert [answer(paths.folder, question) for question in STATEMENTS if question != TWO_DAYS] == [[]] * 19


def test_reasons_are_counted_as_they_stand_in_the_returns(
    answers: dict[str, Answer], raw: Callable[[str], pd.DataFrame], owed: pd.DataFrame
) -> None:
    given = raw("answers").merge(owed, on="return_id").query("instrument_code == 'tableau' and value_text == 'nc'")
    items = raw("programme_crosswalk").groupby(["instrument_code", "instrument_version", "innovation_code"])
    asked = items["item"].nunique().rename("n_items").reset_index()
    innovations = raw("programme_cohorts")[["cohort_code", "innovation_code"]]
    absent = owed[owed["return_id"].isna()].merge(raw("programme_enrolments")[["enrolment_id", "cohort_code"]])
    absent = absent.merge(innovations).merge(asked)
    found = {
        (row["occasion_code"], row["missing_reason"]): row["n_missing"]
        for row in answers["What are the three most frequent missing reasons per instrument and occasion?"]
        if row["instrument_code"] == "tableau"
    }
    tables = absent.query("instrument_code == 'tableau'")
    expected = {(occasion, "not_communicated"): n for occasion, n in given.groupby("occasion_code").size().items()}
    expected |= {(occasion, "no_return"): n for occasion, n in tables.groupby("occasion_code")["n_items"].sum().items()}
    assert found == expected


def test_the_largest_changes_are_those_of_the_workbooks(
    answers: dict[str, Answer], raw: Callable[[str], pd.DataFrame], owed: pd.DataFrame
) -> None:
    rows = raw("answers").query("item == 'Données!personnes'").merge(owed, on="return_id")
    rows["value"] = pd.to_numeric(rows["value_text"], errors="coerce")
    rows = rows.dropna(subset="value").sort_values("occasion_code")
    before = rows.groupby("enrolment_id")
    rows["previous_occasion_code"] = before["occasion_code"].shift()
    rows["value_change"] = rows["value"] - before["value"].shift()
    rows = rows.dropna(subset="value_change")
    rows["size"] = rows["value_change"].abs()
    largest = rows.sort_values(["size", "structure_name", "occasion_code"], ascending=[False, True, True]).head(10)
    columns = ["structure_name", "previous_occasion_code", "occasion_code", "value", "value_change"]
    found = answers["Which structures changed most since the occasion before?"]
    assert [tuple(row[column] for column in columns) for row in found] == [
        tuple(row) for row in largest[columns].itertuples(index=False)
    ]


def test_people_in_work_are_counted_as_in_the_tables(
    answers: dict[str, Answer], raw: Callable[[str], pd.DataFrame], owed: pd.DataFrame
) -> None:
    rows = raw("row_answers").merge(owed, on="return_id")
    people = rows.pivot_table(
        index=["enrolment_id", "occasion_code", "pseudonym"], columns="item", values="value_text", aggfunc="first"
    ).reset_index()
    works = people[people["Participants!emploi"] == "oui"]
    now = works[works["occasion_code"] == "M12"]
    ever = works[works["occasion_code"] <= "M12"]
    found = answers["How many participants were in work at M12, by kind of contract, and ever by then?"]
    assert sum(row["n_in_work"] for row in found) == len(now) > 0
    assert {row["n_ever_in_work"] for row in found} == {len(ever[["enrolment_id", "pseudonym"]].drop_duplicates())}
    assert {row["n_known"] for row in found} == {
        int((people.query("occasion_code == 'M12'")["Participants!emploi"].isin(["oui", "non"])).sum())
    }


def test_evaluators_have_their_names_and_what_they_wait_for(
    answers: dict[str, Answer], raw: Callable[[str], pd.DataFrame], owed: pd.DataFrame
) -> None:
    settings = yaml.safe_load((EXAMPLE / "programme.yaml").read_text(encoding="utf-8"))
    follows = {code: one["name"] for one in settings["evaluators"] for code in one["follows"]}
    innovations = {one["code"]: one["innovation"] for one in settings["cohorts"]}
    came = set(raw("returns")["expected_return_id"])
    missing: dict[str, int] = dict.fromkeys(follows.values(), 0)
    for enrolment_id, expected_return_id in owed[owed["is_overdue"]][["enrolment_id", "expected_return_id"]].to_numpy():
        if expected_return_id not in came:
            missing[follows[innovations[enrolment_id.partition("/")[0]]]] += 1
    found = answers["How many returns does each evaluator have open, late, to be corrected?"]
    assert {row["evaluator_name"]: row["n_missing"] for row in found} == missing
    assert sum(row["n_to_correct"] for row in found) == (raw("returns")["outcome"] == "quarantined").sum() == 1


def test_changed_questions_are_those_of_the_questionnaires(answers: dict[str, Answer]) -> None:
    wordings = []
    for version in (1, 2, 3):
        text = (EXAMPLE / "questionnaires" / f"suivi-{version}.csv").read_text(encoding="utf-8")
        lines = [line for line in csv.DictReader(text.splitlines()) if line["language"] == "fr"]
        wordings.append({(line["element"], line["question_code"], line["code"]): line["text"] for line in lines})
    expected = {
        (later, *key, before.get(key), now.get(key))
        for later, (before, now) in enumerate(pairwise(wordings), start=2)
        for key in before.keys() | now.keys()
        if before.get(key) != now.get(key)
    }
    found = answers["Which questions changed between two versions, and which figures does it touch?"]
    columns = ("instrument_version", "element", "question_code", "code", "old_wording", "new_wording")
    assert {tuple(row[column] for column in columns) for row in found} == expected != set()
    assert {row["indicator_code"] for row in found} == {"support_rating", "will_continue"}


def test_rates_of_instruments_are_of_what_was_due(answers: dict[str, Answer], owed: pd.DataFrame) -> None:
    found = answers["What are the response rates RR5 and RR6 per instrument and occasion?"]
    due = {(row["instrument_code"], row["occasion_code"]): row["n_expected"] for row in found if row["n_expected"]}
    assert due == owed.groupby(["instrument_code", "occasion_code"]).size().to_dict()
    for row in found:
        if row["n_expected"]:
            assert row["rr5_pct"] == pytest.approx(100 * row["n_received"] / row["n_expected"], abs=0.05)
            assert row["rr6_pct"] == pytest.approx(100 * row["n_complete_or_partial"] / row["n_expected"], abs=0.05)


def test_the_cells_behind_a_figure_add_up_to_the_published_one(answers: dict[str, Answer]) -> None:
    published = (EXAMPLE / "published" / "consolidated_2019.csv").read_text(encoding="utf-8").splitlines()
    (vita,) = [line for line in csv.DictReader(published) if line["innovation_code"] == "VITA"]
    cells = answers["Where does this figure come from?"]
    assert sum(row["value_number"] or 0 for row in cells) == float(vita["persons_concerned"])


def test_nothing_differs_from_the_same_day(answers: dict[str, Answer]) -> None:
    differences = [row for row in answers[TWO_DAYS] if row["difference"] not in {0, None}]
    assert (differences, len(answers[TWO_DAYS]) > 0) == ([], True)


def test_a_value_that_was_revised_after_a_day_is_listed_and_differs_from_that_day(
    paths_with_views: ProjectPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_programme(monkeypatch, paths_with_views.folder) as small:
        first, second = date(2026, 1, 16), date(2026, 1, 20)
        small.add_participants("STR1")
        number = small.answer("str1", budget="40")
        small.collect(first)
        small.survey.edit(number, {"budget": "45"}, at="2026-01-18 10:00:00")
        small.collect(second)
        commands = Commands(small.folder)
        commands.run("build", "--as-of", str(second))
        commands.run("build", "--as-of", str(first))
        statement = STATEMENTS[REVISED].replace("2019-03-31", str(first))
        (revised,) = json.loads(commands.run("query", "--format", "json", "--as-of", str(second), statement).out)
        assert (revised["known_on"], revised["old_number"], revised["new_number"]) == (str(second), 40, 45)
        assert (revised["indicator_code"], revised["channel"], revised["is_counted"]) == ("budget", "survey", True)
        days = ("--as-of", str(second), "--beside", str(first))
        figures = {row["indicator_code"]: row for row in answer(small.folder, TWO_DAYS, *days)}
        assert figures["budget"]["past_n_reported"] == figures["budget"]["n_reported"] == 1
        panel = "select value_number from {}.cohort_panel where indicator_code = 'budget' and value_number is not null"
        values = panel.format("analytics"), panel.format("beside.analytics")
        assert [commands.rows(sql, *days) for sql in values] == [[(45,)], [(40,)]]
        _cannot_be_changed(commands, small, days)


def _cannot_be_changed(commands: Commands, small: Small, days: tuple[str, ...]) -> None:
    for written in ("insert into beside.ops.runs select * from ops.runs", "attach 'x.duckdb'", "detach beside"):
        refused = commands.try_to("query", written, *days)
        assert refused.code == 2
        assert "Expected one statement that reads" in refused.err
    refused = commands.try_to("query", "select * from read_text('programme.yaml')", *days)
    assert (refused.code, "disabled" in refused.err) == (2, True)
    same = commands.try_to("query", "select 1", "--as-of", days[1], "--beside", days[1])
    assert (same.code, "expected another day" in same.err) == (2, True)
    not_built = commands.try_to("query", "select 1", *days[:2], "--beside", "2026-01-01")
    assert (not_built.code, "essaim build --as-of 2026-01-01" in not_built.err) == (2, True)
    if warehouse_address(small.paths) is not None:
        published = commands.try_to("query", "select 1", *days[2:])
        assert (published.code, "add --as-of DAY" in published.err) == (2, True)
