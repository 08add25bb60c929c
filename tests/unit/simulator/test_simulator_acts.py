"""Test that actions of respondents and staff have the recorded effects on a simulated survey."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tasks.simulator import State, Survey

SURVEYS = Path(__file__).parents[2] / "data" / "limesurvey" / "surveys"
MORNING, NOON = "2026-03-31 09:00:00", "2026-03-31 12:00:00"


@pytest.fixture
def survey() -> Survey:
    survey = Survey.from_lss(SURVEYS / "bilingue_tous_types_v1.lss")
    survey.activate()
    survey.add_participant(token="t1", attributes={"attribute_1": "STR-1"})
    survey.add_participant(token="t2", attributes={"attribute_1": "STR-2"})
    return survey


@pytest.fixture
def answered(survey: Survey) -> int:
    return survey.add_response({"codestr": "STR-1", "statut": "coop"}, token="t1", submitdate=MORNING)


def answers(survey: Survey, response_id: int) -> dict[str, str]:
    stored = survey.responses[response_id].answers
    return {column.heading: text for column in survey.columns() if (text := stored.get(column.name)) is not None}


def test_a_row_that_was_only_opened_has_no_page_and_no_answer(survey: Survey) -> None:
    row = survey.responses[survey.open_only(token="t1", at=MORNING, language="en")]
    assert (row.lastpage, row.submitdate, row.answers) == (None, None, {})
    assert (row.startdate, row.datestamp, row.startlanguage) == (MORNING, MORNING, "en")
    assert survey.participant("t1").completed == "N"


def test_going_on_keeps_the_id_and_moves_one_date(survey: Survey) -> None:
    response_id = survey.open_only(token="t1", at=MORNING)
    survey.answer(response_id, {"codestr": "STR-1"}, at=NOON, page=2)
    row = survey.responses[response_id]
    assert (row.startdate, row.datestamp, row.submitdate, row.lastpage) == (MORNING, NOON, None, 2)
    survey.complete(response_id, {"etp": "1.50"}, at="2026-04-01 08:00:00", page=5)
    assert row.submitdate == "2026-04-01 08:00:00"
    assert answers(survey, response_id) == {"codestr": "STR-1", "etp": "1.5"}
    assert (survey.participant("t1").completed, survey.participant("t1").usesleft) == ("2026-04-01 08:00", 0)


def test_opening_a_completed_response_renews_its_timestamp_and_hides_answers(survey: Survey, answered: int) -> None:
    assert survey.reopen(answered, at=NOON, hidden=["statut"]) == answered
    row = survey.responses[answered]
    assert (row.submitdate, row.datestamp, row.startdate) == (NOON, NOON, MORNING)
    assert answers(survey, answered) == {"codestr": "STR-1"}
    assert (survey.participant("t1").completed, survey.participant("t1").usesleft) == ("2026-03-31 09:00", 0)


def test_without_persistence_opening_again_begins_another_row(survey: Survey, answered: int) -> None:
    survey.settings["tokenanswerspersistence"] = "N"
    other = survey.reopen(answered, at=NOON)
    assert other != answered
    assert (survey.responses[other].token, survey.responses[answered].submitdate) == ("t1", MORNING)


def test_a_completed_response_that_may_not_be_edited_is_not_opened(survey: Survey, answered: int) -> None:
    survey.settings["alloweditaftercompletion"] = "N"
    with pytest.raises(ValueError, match="does not allow editing"):
        survey.reopen(answered)


def test_sending_again_updates_the_participant_and_an_edit_by_a_program_moves_no_date(
    survey: Survey, answered: int
) -> None:
    survey.edit(answered, {"etp": "2"})
    assert (survey.responses[answered].submitdate, survey.responses[answered].datestamp) == (MORNING, MORNING)
    survey.edit(answered, {"etp": "3"}, at=NOON)
    assert survey.responses[answered].submitdate == NOON
    assert (survey.participant("t1").completed, survey.participant("t1").usesleft) == ("2026-03-31 12:00", -1)


def test_an_undated_survey_writes_1980(survey: Survey) -> None:
    survey.settings["datestamp"] = "N"
    response_id = survey.open_only(at=MORNING)
    survey.complete(response_id, at=NOON)
    assert survey.responses[response_id].submitdate == "1980-01-01 00:00:00"


def test_an_anonymised_survey_does_not_date_its_participants(survey: Survey) -> None:
    survey.settings["anonymized"] = "Y"
    survey.add_response({}, token="t2", submitdate=MORNING)
    assert survey.participant("t2").completed == "Y"


def test_the_number_of_a_deleted_response_is_not_used_again(survey: Survey, answered: int) -> None:
    survey.delete_response(answered)
    assert survey.participant("t1").completed == "2026-03-31 09:00"
    assert survey.open_only() == answered + 1
    with pytest.raises(KeyError):
        survey.delete_response(answered)


def test_the_response_of_a_deleted_participant_keeps_its_token(survey: Survey, answered: int) -> None:
    survey.delete_participant("t1")
    assert survey.responses[answered].token == "t1"
    with pytest.raises(KeyError):
        survey.participant("t1")


def test_a_renamed_question_keeps_its_answers(survey: Survey, answered: int) -> None:
    survey.rename_question("codestr", "code")
    assert answers(survey, answered) == {"code": "STR-1", "statut": "coop"}


def test_an_option_with_another_code_leaves_the_old_one_in_the_answers(survey: Survey, answered: int) -> None:
    survey.recode_option("statut", "coop", "scop")
    survey.relabel_option("statut", "scop", "Société coopérative")
    survey.add_option("statut", "mutu", {"fr": "Mutuelle", "en": "Mutual"})
    survey.remove_option("statut", "fond")
    options = {option.code: option.texts["fr"] for option in survey.question("statut").options}
    assert options == {"asso": "Association", "scop": "Société coopérative", "mutu": "Mutuelle"}
    assert answers(survey, answered)["statut"] == "coop"


def test_a_ranking_has_as_many_ranks_as_options_until_it_is_opened(survey: Survey) -> None:
    survey.deactivate()
    survey.add_question("ordre", "R", "Dans quel ordre ?", options={"a": "A", "b": "B"})
    survey.add_option("ordre", "c", "C")

    def ranks() -> list[str]:
        return [column.heading for column in survey.columns() if column.question.title == "ordre"]

    assert ranks() == ["ordre[1]", "ordre[2]", "ordre[3]"]
    survey.reactivate()
    survey.add_option("ordre", "d", "D")
    assert ranks() == ["ordre[1]", "ordre[2]", "ordre[3]"]


def test_a_moved_question_is_in_its_new_place(survey: Survey) -> None:
    survey.move_question("statut", 1)
    assert survey.columns()[0].question.title == "statut"


CHANGES: list[Callable[[Survey], object]] = [
    lambda survey: survey.add_question("nouvelle", "S", "Nouvelle"),
    lambda survey: survey.add_subquestion("freins", "peur", "La peur"),
    lambda survey: survey.remove_question("statut"),
    lambda survey: survey.remove_question("freins", "temps"),
]


@pytest.mark.parametrize("change", CHANGES)
def test_questions_neither_come_nor_go_while_people_answer(survey: Survey, change: Callable[[Survey], object]) -> None:
    with pytest.raises(ValueError, match="deactivate"):
        change(survey)


def test_questions_that_came_and_went_while_it_was_closed(survey: Survey, answered: int) -> None:
    survey.deactivate()
    survey.remove_question("statut")
    survey.remove_question("freins", "temps")
    survey.add_question("age", "L", {"fr": "Âge", "en": "Age"}, group=1, options={"j": "Jeune", "v": "Vieux"})
    survey.add_question("acces", "M", "Accès", subquestions={"bus": "Bus", "velo": "Vélo"})
    survey.reactivate()
    headings = [column.heading for column in survey.columns()]
    assert {"age", "acces[bus]", "acces[velo]"} <= set(headings)
    assert not {"statut", "statut[other]", "freins[temps]"} & set(headings)
    assert answers(survey, answered) == {"codestr": "STR-1"}
    assert survey.question("age").texts["en"].question == "Age"


def test_closing_empties_and_opening_again_brings_back_under_the_same_numbers(survey: Survey, answered: int) -> None:
    survey.deactivate()
    assert (survey.active, survey.responses, survey.has_participants) == (False, {}, False)
    survey.reactivate()
    assert list(survey.responses) == [answered]
    assert [row.token for row in survey.participants.values()] == ["t1", "t2"]
    assert survey.open_only() == answered + 1


def test_an_archive_taken_back_under_new_numbers_doubles_what_is_there(survey: Survey, answered: int) -> None:
    survey.deactivate()
    survey.reactivate(participants=False)
    survey.import_archive(keep_ids=False)
    assert [(row.id, row.token) for row in survey.responses.values()] == [(answered, "t1"), (answered + 1, "t1")]
    assert not survey.has_participants


def test_a_survey_opened_again_without_its_archive_is_empty(survey: Survey, answered: int) -> None:
    survey.deactivate()
    survey.reactivate(keep_ids=None)
    assert survey.responses == {}
    assert survey.open_only() == answered + 1


def test_a_participants_table_that_was_put_away_comes_back(survey: Survey, answered: int) -> None:
    survey.delete_participants_table()
    assert (survey.has_participants, survey.participants) == (False, {})
    survey.restore_participants()
    assert survey.participant("t1").completed == "2026-03-31 09:00"


def test_questions_added_on_one_server_do_not_share_a_number(survey: Survey) -> None:
    other = Survey.from_lss(SURVEYS / "mini_datee_fr.lss")
    State([survey, other])
    other.add_question("nouvelle", "S", "Nouvelle")
    numbers = [row.qid for one in (survey, other) for row in one.questions]
    assert len(set(numbers)) == len(numbers)
