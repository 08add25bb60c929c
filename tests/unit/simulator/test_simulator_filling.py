"""Test that random responses are reproducible by seed."""

import json
from base64 import b64decode
from pathlib import Path

import pytest

from tasks.simulator import State, Survey
from tasks.simulator.exports import Options, export
from tasks.simulator.filling import PackedAnswers

SURVEYS = Path(__file__).parents[2] / "data" / "limesurvey" / "surveys"


def filled(name: str, count: int, seed: int) -> Survey:
    survey = Survey.from_lss(SURVEYS / name)
    survey.activate()
    survey.fill(count, seed=seed)
    return survey


def exported(survey: Survey, kind: str = "json") -> str:
    options = Options(kind=kind, language=survey.languages[0])
    return b64decode(export(survey, survey.responses.values(), options).content).decode()


@pytest.mark.parametrize("name", ["charge_fr.lss", "bilingue_tous_types_v1.lss", "chiffre.lss"])
def test_the_same_seed_fills_in_the_same_answers(name: str) -> None:
    first, again, other = (exported(filled(name, 50, seed)) for seed in (1, 1, 2))
    assert first == again != other


def test_every_kind_of_question_is_answered_with_what_it_offers() -> None:
    survey = filled("bilingue_tous_types_v1.lss", 300, 1)
    rows = json.loads(exported(survey))["responses"]
    answered = {heading: {row[heading] for row in rows} for heading in rows[0]}
    assert answered["statut"] == {"asso", "fond", "coop", ""}
    assert answered["td[gouv][2]"] == {"m1", "m2", ""}
    assert answered["forme"] == {"Y", "N", ""}
    assert answered["pieces[filecount]"] == {0}
    assert all(value is None or float(value) >= 0 for value in answered["etp"])


def test_filled_rows_behave_as_any_other() -> None:
    survey = filled("charge_fr.lss", 20, 1)
    before = json.loads(exported(survey))["responses"]
    heading = next(heading for heading, value in before[4].items() if value == "Y")
    survey.edit(5, {heading: ""})
    after = json.loads(exported(survey))["responses"]
    assert after[4] == before[4] | {heading: ""}
    assert [*after[:4], *after[5:]] == [*before[:4], *before[5:]]
    assert exported(survey, "csv").count("\r\n") == 22


def test_filled_rows_keep_their_answers_and_share_their_places_when_a_server_numbers_the_questions() -> None:
    survey = filled("charge_fr.lss", 20, 1)
    survey.edit(5, {})
    before = exported(survey)
    names = {column.name for column in survey.columns()}
    State([Survey.from_lss(SURVEYS / "mini_datee_fr.lss"), survey])
    assert names.isdisjoint(column.name for column in survey.columns())
    assert exported(survey) == before
    packed = [row.answers for row in survey.responses.values() if isinstance(row.answers, PackedAnswers)]
    assert len(packed) == 19
    assert len({id(answers.places) for answers in packed}) == 1


def test_participants_answer_in_turn() -> None:
    survey = Survey.from_lss(SURVEYS / "bilingue_tous_types_v1.lss")
    survey.activate()
    for token in ("a", "b"):
        survey.add_participant(token=token)
    survey.fill(5)
    assert [row.token for row in survey.responses.values()] == ["a", "b", "a", "b", "a"]


def test_numbers_go_on_after_what_is_there() -> None:
    survey = filled("chiffre.lss", 3, 1)
    survey.fill(2, seed=9)
    assert list(survey.responses) == [1, 2, 3, 4, 5]
    assert {len(row.answers) for row in survey.responses.values()} == {len(survey.columns())}


def test_a_closed_survey_is_not_filled() -> None:
    with pytest.raises(ValueError, match="not active"):
        Survey.from_lss(SURVEYS / "chiffre.lss").fill(1)


def test_a_heading_that_repeats_another_has_the_name_of_its_column_beside_it_in_json() -> None:
    survey = Survey.from_lss(SURVEYS / "mini_datee_fr.lss")
    survey.activate()
    survey.rename_question("budget", "seed")
    (name,) = (column.name for column in survey.columns() if column.heading == "seed")
    survey.add_response({"seed": "100"}, submitdate="2026-03-31 09:00:00")
    (row,) = json.loads(exported(survey))["responses"]
    assert row["seed"] != "100"
    assert row[f"seed ({name})"] == "100"
    assert exported(survey, "csv").splitlines()[0].count('"seed"') == 2
