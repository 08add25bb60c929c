"""Test that the generated returns of the demonstration add up to the published figures."""

import csv
import shutil
from collections import defaultdict
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planned import expected_returns

from schemas.errors import UsageError
from schemas.programme import Programme
from tasks.demonstration import DemonstrationReturn, generate, read_scenario
from tasks.demonstration.chance import chance
from tasks.demonstration.generate import split
from tasks.demonstration.scenario import Scenario
from tasks.programme import read_programme

REFERENCE = Path(__file__).parents[2] / "examples" / "ais_emploi"
WEIGHTS = st.dictionaries(st.text(min_size=1), st.floats(0, 100), min_size=1).filter(lambda w: sum(w.values()) > 0.001)


@pytest.fixture(scope="module")
def programme() -> Programme:
    return read_programme(REFERENCE)


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return read_scenario(REFERENCE)


@pytest.fixture(scope="module")
def returns(programme: Programme, scenario: Scenario) -> dict[str, DemonstrationReturn]:
    return {r.expected_return_id: r for r in generate(programme, scenario)}


def table(path: str) -> list[dict[str, str]]:
    with (REFERENCE / path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@given(total=st.integers(0, 100_000), weights=WEIGHTS)
def test_the_parts_of_a_split_add_up_and_none_is_negative(total: int, weights: dict[str, float]):
    parts = split(total, weights)
    assert sum(parts.values()) == total
    assert min(parts.values()) >= 0
    assert parts.keys() == weights.keys()


@given(total=st.integers(0, 100_000), weights=WEIGHTS)
def test_a_part_is_within_one_of_its_share(total: int, weights: dict[str, float]):
    parts = split(total, weights)
    assert all(abs(parts[key] - total * weights[key] / sum(weights.values())) <= 1 for key in parts)


@given(whole=st.dictionaries(st.text(min_size=1), st.integers(0, 500), min_size=1), share=st.floats(0, 1))
def test_what_is_split_in_proportion_to_limits_stays_within_them(whole: dict[str, int], share: float):
    limit = sum(whole.values())
    if limit:
        parts = split(int(limit * share), whole)
        assert all(parts[key] <= whole[key] for key in whole)


@given(st.lists(st.text(), max_size=3))
def test_a_chance_is_from_0_to_1_and_depends_on_the_texts_alone(texts: list[str]):
    assert 0 <= chance(*texts) < 1
    assert chance(*texts) == chance(*texts)


def test_the_texts_of_a_chance_are_kept_apart():
    assert chance("ab", "c") != chance("a", "bc")


def last_known(returns: dict[str, DemonstrationReturn], quarantined: set[str]) -> dict[tuple[str, str], int]:
    """Return answers by enrolment and indicator, computed from the files of the programme folder alone."""
    indicator_of = {
        (x["instrument_code"], x["version"], x["item"]): x["indicator_code"] for x in table("crosswalk.csv")
    }
    known: dict[tuple[str, str], int] = {}
    for return_ in sorted(returns.values(), key=lambda r: r.occasion_code):
        if return_.expected_return_id in quarantined:
            continue
        for item, answer in return_.answers.items():
            indicator = indicator_of[return_.instrument_code, str(return_.version.version), item]
            if answer is not None and answer.isdigit():
                known[return_.enrolment_id, indicator] = int(answer)
    return known


def test_the_last_known_values_add_up_to_the_published_table(returns: dict[str, DemonstrationReturn]):
    known = last_known(returns, quarantined={"GARDIEN-1/GARD11/M18/tableau"})
    enrolled, sums = defaultdict[str, int](int), defaultdict[tuple[str, str], int](int)
    for line in table("structures.csv"):
        enrolled[line["cohort_code"].rsplit("-", 1)[0]] += 1
    for (enrolment_id, indicator), value in known.items():
        sums[enrolment_id.split("-")[0], indicator] += value
    for line in table("published/consolidated_2019.csv"):
        innovation = line.pop("innovation_code")
        if innovation == "TOTAL":
            assert int(line.pop("structures")) == sum(enrolled.values())
            for indicator, printed in line.items():
                assert sum(v for (_, i), v in sums.items() if i == indicator) == int(printed), indicator
            continue
        assert int(line.pop("structures")) == enrolled[innovation]
        for indicator, printed in line.items():
            is_reported = (innovation, indicator) in sums
            assert is_reported is (printed.isdigit() and enrolled[innovation] > 0), (innovation, indicator)
            assert sums[innovation, indicator] == (int(printed) if printed.isdigit() else 0), (innovation, indicator)


@pytest.mark.parametrize(
    ("innovations", "is_expected"), [({"VITA", "TAPAJ", "SOLENI"}, True), ({"RALLYES", "LREF"}, False)]
)
def test_a_figure_printed_nc_is_answered_nc_and_one_printed_ne_is_not_collected(
    returns: dict[str, DemonstrationReturn], innovations: set[str], is_expected: bool
):
    for innovation in innovations:
        answers = [
            r.answers["Données!retours"]
            for r in returns.values()
            if r.enrolment_id.startswith(f"{innovation}-") and "Données!retours" in r.answers
        ]
        assert set(answers) == ({"nc"} if is_expected else set())


def test_no_one_returned_to_work_who_was_not_concerned(returns: dict[str, DemonstrationReturn]):
    for return_ in returns.values():
        persons, returned = (return_.answers.get(f"Données!{item}") for item in ("personnes", "retours"))
        if persons and returned and persons.isdigit() and returned.isdigit():
            assert int(returned) <= int(persons), return_.expected_return_id


def test_a_count_that_need_not_be_corrected_never_falls_from_one_phase_to_the_next(
    scenario: Scenario, returns: dict[str, DemonstrationReturn]
):
    reported = defaultdict[tuple[str, str], list[int]](list)
    for return_ in sorted(returns.values(), key=lambda r: r.occasion_code):
        for item in ("Données!personnes", "Données!retours", "professionnels", "entreprises"):
            answer = return_.answers.get(item)
            if return_.expected_return_id not in scenario.to_correct and answer is not None and answer.isdigit():
                reported[return_.enrolment_id, item].append(int(answer))
    assert max(len(values) for values in reported.values()) == 3
    assert [key for key, values in reported.items() if values != sorted(values)] == []


def test_the_published_grids_are_repeated_cell_by_cell(returns: dict[str, DemonstrationReturn]):
    enrolments = {
        "MSSV Defi": "MSSV", "ICARE": "ICARE", "NEO 56": "NEO56", "IPSO": "IPSO",
        "Initiative emploi 92": "IE92", "Abeilles": "ABEILLES",
    }  # fmt: skip
    cells = 0
    for row in table("published/adoption_vita_2018-06.csv"):
        criterion = row.pop("criterion")
        for heading, printed in row.items():
            answers = returns[f"VITA-2/{enrolments[heading]}/M18/grille_vita"].answers
            assert answers[f"Grille!{criterion}"] == printed, (heading, criterion)
            cells += 1
    numbered = ["FNICE", "ADEFO", "SASSON", "LREF04", "LREF05", "LREF06", "LREF07", "LREF08", "LREF09"]
    for row in table("published/adoption_lref_2018-11.csv"):
        step = row.pop("step")
        for number, printed in row.items():
            answers = returns[f"LREF-1/{numbered[int(number) - 1]}/M03/grille_lref"].answers
            assert answers[f"Grille!{step}"] == printed, (number, step)
            cells += 1
    assert cells == 6 * 6 + 10 * 9


def test_people_are_invented_known_again_and_no_more_than_were_reported(returns: dict[str, DemonstrationReturn]):
    tables = {id_: r.rows["Participants"] for id_, r in returns.items() if r.instrument_code == "participants"}
    assert len(tables) == 6
    persons = defaultdict[tuple[str, object], set[str]](set)
    for id_, rows in tables.items():
        concerned = returns[id_.replace("/participants", "/tableau")].answers["Données!personnes"]
        assert 0 < len(rows) <= int(concerned or 0), id_
        for row in rows:
            name = str(row["Participants!nom"])
            assert "inventé" in name.lower()
            persons[name.lower(), row["Participants!naissance"]].add(name)
            assert (row["Participants!contrat"] == "sans objet") == (row["Participants!emploi"] == "non"), row
    assert len(persons) == 8
    assert max(len(spellings) for spellings in persons.values()) == 2


def test_the_same_programme_and_scenario_give_the_same_returns(programme: Programme, scenario: Scenario):
    assert generate(programme, scenario) == generate(read_programme(REFERENCE), read_scenario(REFERENCE))


def test_every_return_that_was_due_came_in_unless_it_is_missing_or_its_structure_had_left(
    programme: Programme, scenario: Scenario, returns: dict[str, DemonstrationReturn]
):
    left = {e.enrolment_id: e.left_on or date.max for e in programme.enrolments}
    due = {r["expected_return_id"]: r for r in expected_returns(programme) if r["due_on"] <= date(2019, 3, 31)}
    owed = {id_ for id_, row in due.items() if row["due_on"] <= left[row["enrolment_id"]]}
    assert returns.keys() == owed - scenario.missing
    assert len(scenario.missing & owed) == 16


def test_only_what_the_scenario_calls_late_came_in_after_the_grace_period(
    programme: Programme, scenario: Scenario, returns: dict[str, DemonstrationReturn]
):
    on_time_until = {r["expected_return_id"]: r["on_time_until_on"] for r in expected_returns(programme)}
    late = {id_ for id_, r in returns.items() if r.answered_at.date() > on_time_until[id_]}
    assert late == scenario.late_days.keys()
    assert len(late) == 8
    assert all(r.answered_at.date() <= date(2019, 3, 31) for r in returns.values())


def test_what_the_scenario_calls_nc_unfinished_or_to_be_corrected_is_so(
    scenario: Scenario, returns: dict[str, DemonstrationReturn]
):
    assert returns["GARDIEN-1/GARD11/M18/tableau"].answers["Données!retours"] == "environ une douzaine"
    assert returns["GARDIEN-1/GARD09/M12/tableau"].answers["Données!retours"] == "nc"
    assert {id_ for id_, r in returns.items() if not r.is_complete} == scenario.partial
    assert all(None in returns[id_].answers.values() for id_ in scenario.partial)


def edited(tmp_path: Path, old: str, new: str) -> Scenario:
    shutil.copytree(REFERENCE, tmp_path, dirs_exist_ok=True)
    path = tmp_path / "demonstration.yaml"
    assert path.read_text().count(old) == 1
    path.write_text(path.read_text().replace(old, new))
    return read_scenario(tmp_path)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("VITA-2/NEO56/M18/suivi: 12", "VITA-2/NEO57/M18/suivi: 12"),
        ("VITA-2/NEO56/M18/suivi: 12", "VITA-2/NEO56/M13/suivi: 12"),
        ("  - RALLYES-1/RALLY07/M06/suivi", "  - RALLYES-1/RALLY07/M06/sondage"),
        ("  - RALLYES-1/RALLY07/M06/suivi", "  - RALLYES-1/RALLY07/M12/suivi"),
        ("IPSO: VITA-2/IPSO", "IPSO: VITA-1/IPSO"),
        ("  - RALLYES-1/RALLY05/M06/tableau", "  - RALLYES-1/RALLY99/M06/tableau"),
    ],
)
def test_a_scenario_that_names_a_return_that_nobody_expects_is_refused(
    tmp_path: Path, programme: Programme, old: str, new: str
):
    scenario = edited(tmp_path, old, new)
    with pytest.raises(UsageError, match=r"returns that are not expected by 2019-03-31: "):
        generate(programme, scenario)


def test_a_total_that_nobody_can_report_is_refused(programme: Programme, scenario: Scenario):
    totals = {**scenario.totals, "ACOR": {**scenario.totals["ACOR"], "companies": "3"}}
    impossible = replace(scenario, totals=totals)
    with pytest.raises(UsageError, match="no return reports companies of ACOR, so its total of 3 cannot be split"):
        generate(programme, impossible)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("totals: published/consolidated_2019.csv", "totals: published/nowhere.csv"),
        ("as_of: 2019-03-31", "as_of: [2019"),
        ("as_of: 2019-03-31", "as_off: 2019-03-31"),
        ("as_of: 2019-03-31", "as_of: 2019-02-30"),
        ("NEO 56: VITA-2/NEO56,", "NEO 57: VITA-2/NEO56,"),
        ("file: published/adoption_vita_2018-06.csv", "file: /dev/null"),
    ],
)
def test_the_error_of_an_unreadable_scenario_names_its_folder(tmp_path: Path, old: str, new: str):
    with pytest.raises(UsageError, match=f"Cannot read the demonstration in {tmp_path}"):
        edited(tmp_path, old, new)


def test_a_folder_without_a_scenario_is_an_error(tmp_path: Path):
    with pytest.raises(UsageError, match=r"Expected demonstration\.yaml and the tables that it names"):
        read_scenario(tmp_path)
