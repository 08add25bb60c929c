"""Test the assignment of responses to structures, and the choice among several responses."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from small_programme import ANONYMOUS, AS_OF, Small, small_programme

BY_QUESTION = {"by": "question", "structure": "nom", "cohort": None}
SEVERAL = {"several": True, "minimum": 2}


def test_by_attributes_without_a_cohort_and_however_they_are_typed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_programme(monkeypatch, tmp_path / "programme", join={"cohort": None}) as small:
        small.survey.add_participant(token="t", attributes={"attribute_1": " str1 "})
        small.answer("t")
        assert small.collect().notes == []
        assert [row[1] for row in small.versions()] == ["C-1/STR1/M06/suivi"]


def test_by_token_and_an_unknown_token_is_reported_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with small_programme(monkeypatch, tmp_path / "programme", join={"by": "token"}) as small:
        for token in ("STR1", "STR9"):
            small.survey.add_participant(token=token)
        small.answer("STR1")
        number = small.answer("STR9", at="2025-12-21 10:00:00")
        (note,) = small.collect().notes
        assert note.startswith(f"survey {small.survey.sid}, response {number}: its token is the code of no structure")
        assert [row[1] for row in small.versions()] == ["C-1/STR1/M06/suivi"]
        unused = small.rows("select origin, outcome from ops.receipts where outcome <> 'read'")
        assert unused == [(f"survey {small.survey.sid}, response {number}", "unassigned")]
        # Once the structure is enrolled, and a person accepted that its return was due, the response is assigned to it.
        small.edit("structures.csv", "STR3,Structure STR3", "STR9,Structure STR9")
        small.amend(date(2026, 4, 7))
        assert small.collect(date(2026, 4, 7), weekly=True).notes == []
        assert [row[1] for row in small.versions()] == ["C-1/STR1/M06/suivi", "C-1/STR9/M06/suivi"]


def test_a_response_without_token_is_not_that_of_a_participant_without_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_programme(monkeypatch, tmp_path / "programme") as small:
        small.survey.add_participant(token="", attributes={"attribute_1": "STR1", "attribute_2": "C-1"})
        small.answer(None)
        assert len(small.collect().notes) == 1
        assert small.versions() == []


def test_by_question_where_the_survey_is_anonymised(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    join: dict[str, Any] = {"survey": ANONYMOUS, "join": BY_QUESTION, "identifiers": []}
    with small_programme(monkeypatch, tmp_path / "programme", **join) as small:
        small.survey.add_response({"adopt": "oui", "budget": "1", "nom": "str2"}, submitdate="1980-01-01 00:00:00")
        small.survey.add_response({"adopt": "oui", "budget": "1", "nom": "?"}, submitdate="1980-01-01 00:00:00")
        note, days_unknown = small.collect(date(2026, 1, 5)).notes
        assert "its answer to the question that names the structure names none" in note
        assert "1 new responses have no date, so the days on which they were given are unknown" in days_unknown
        assert "The day of this run, 2026-01-05, stands for them" in days_unknown
        assert [note for note in small.collect(date(2026, 1, 6)).notes if "no date" in note] == []
        assert [row[1:4] for row in small.versions()] == [("C-1/STR2/M06/suivi", True, date(2026, 1, 5))]


def test_the_question_that_names_the_structure_has_another_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_programme(monkeypatch, tmp_path / "programme", join=BY_QUESTION, identifiers=[]) as small:
        small.answer(None, nom="STR1")
        small.collect(date(2026, 1, 5))
        small.survey.rename_question("nom", "structure")
        small.survey.add_response(
            {"adopt": "oui", "budget": "1", "structure": "STR2"}, submitdate="2026-01-06 10:00:00"
        )
        loaded = small.collect(date(2026, 1, 12), weekly=True)
        assert loaded.trouble is not None
        assert "does not ask nom, which names the structure" in loaded.trouble
        assert len(small.versions()) == 1
        small.edit("programme.yaml", '"structure": "nom"', '"structure": "structure"')
        assert small.collect(date(2026, 1, 19), weekly=True).trouble is None
        assert [row[1] for row in small.versions()] == ["C-1/STR1/M06/suivi", "C-1/STR2/M06/suivi"]


def test_a_question_coded_token_where_no_participants_are_is_named_and_never_read_as_a_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_programme(monkeypatch, tmp_path / "programme", join=BY_QUESTION, identifiers=[]) as small:
        assert not small.survey.has_participants
        small.survey.rename_question("budget", "token")
        small.survey.add_response({"token": "STR2", "nom": "STR1"}, submitdate="2025-12-20 10:00:00")
        loaded = small.collect()
        assert loaded.trouble is not None
        assert "a question has the code token, which LimeSurvey's export uses" in loaded.trouble
        assert small.versions() == []


def test_an_anonymised_survey_that_is_joined_by_attributes_could_not_be_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_programme(monkeypatch, tmp_path / "programme", survey=ANONYMOUS) as small:
        small.add_participants("STR1")
        small.survey.add_response({"adopt": "oui"}, submitdate="1980-01-01 00:00:00")
        loaded = small.collect()
        assert loaded.trouble is not None
        assert "its responses hold no token" in loaded.trouble
        assert small.check()[0] == "anonymous"
        assert small.versions() == []


def test_a_return_that_another_participant_can_still_answer_is_not_completed_without_a_response(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_programme(monkeypatch, tmp_path / "programme") as small:
        small.add_participants("STR1", "STR2")
        for code in ("str1", "str2"):
            small.survey.participant(code).completed = "2025-12-20 10:00"
        small.survey.add_participant(token="second", attributes={"attribute_1": "STR1", "attribute_2": "C-1"})
        small.collect(views=True)
        reasons = [small.status(code)["state_reason"] for code in ("STR1", "STR2")]
        assert reasons == ["nothing_came", "completed_without_response"]


def test_an_attribute_that_participants_lack_is_named_with_where_to_declare_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_programme(monkeypatch, tmp_path / "programme") as small:
        small.survey.add_participant(token="str1", attributes={"attribute_1": "STR1"})
        loaded = small.collect()
        assert loaded.trouble is not None
        assert "its participants have no attribute_2." in loaded.trouble
        assert "or correct join in programme.yaml" in loaded.trouble
        assert small.check()[0] == "unintelligible"


@pytest.mark.parametrize(("duplicates", "counts", "arrived"), [("latest", "2.0", 20), ("first", "1.0", 20)])
def test_of_two_responses_of_one_structure_the_declared_one_counts_and_a_warning_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, duplicates: str, counts: str, arrived: int
) -> None:
    respondents = {"duplicates": duplicates}
    with small_programme(monkeypatch, tmp_path / "programme", respondents=respondents) as small:
        small.add_participants("STR1")
        first = small.answer(budget="1", at=f"2025-12-{arrived} 10:00:00")
        second = small.answer(budget="2", at="2025-12-24 10:00:00")
        loaded = small.collect(views=True)
        assert loaded.quarantined == []
        assert small.value("budget") == counts
        assert small.status()["n_respondents"] == 2
        assert small.status()["arrived_on"] == date(2025, 12, arrived)
        assert small.rows("select location, check_name, severity, found from raw.findings") == [
            (f"réponse {second}", "OneResponse", "warning", f"une autre réponse de la structure\xa0: {first}")
        ]


def test_what_a_structure_answers_after_it_left_is_kept_with_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left = {"STR1": "2025-12-15", "STR2": "2025-12-22"}
    with small_programme(monkeypatch, tmp_path / "programme", left=left) as small:
        small.add_participants("STR1", "STR2")
        after, _ = small.answer("str1"), small.answer("str2")
        assert small.collect().notes == []
        assert len(small.versions()) == 2
        assert small.rows("select location, check_name, severity from raw.findings") == [
            (f"réponse {after}", "BeforeLeaving", "warning")
        ]


def test_what_a_structure_answers_after_it_left_is_set_aside_where_that_is_declared(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, respondents = {"STR1": "2025-12-15", "STR2": "2025-12-22"}, {"after_leaving": "set_aside"}
    with small_programme(monkeypatch, tmp_path / "programme", left=left, respondents=respondents) as small:
        small.survey.settings["alloweditaftercompletion"] = "Y"
        small.add_participants("STR1", "STR2")
        after, before = small.answer("str1"), small.answer("str2")
        (note,) = small.collect(date(2026, 1, 31)).notes
        assert note.startswith(f"survey {small.survey.sid}, response {after}: its structure had left")
        assert [row[0] for row in small.versions()] == [before]
        assert small.rows("select origin, outcome from ops.receipts where outcome <> 'read'") == [
            (f"survey {small.survey.sid}, response {after}", "set_aside")
        ]
        # Opening a response again creates no version; editing it does.
        small.survey.reopen(before, at="2026-02-03 10:00:00")
        assert [n for n in small.collect(date(2026, 2, 7)).notes if f"response {before}:" in n] == []
        small.survey.edit(before, {"budget": "7"}, at="2026-02-10 10:00:00")
        assert [n for n in small.collect(date(2026, 2, 14)).notes if f"response {before}:" in n] != []
        assert len(small.versions()) == 1


def test_a_choice_of_several_respondents_is_the_share_that_chose_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    several: dict[str, Any] = {"respondents": SEVERAL, "only_numbers": True}
    with small_programme(monkeypatch, tmp_path / "programme", **several) as small:
        small.edit("codebook.csv", "budget,Budget,Budget,structure,number,euros,0,100000,",
                   "adopted_share,Adoption,Adoption,structure,number,share,0,1,")  # fmt: skip
        small.edit("crosswalk.csv", "suivi,1,budget,budget,", "suivi,1,adopt,adopted_share,adopted")
        recodes = small.folder / "recodes.csv"
        recodes.write_text(
            recodes.read_text(encoding="utf-8")
            + "adopted,oui,1,\nadopted,enc,0,\nadopted,part,0,\nadopted,non,,not_evaluated\n",
            encoding="utf-8",
        )
        small.add_participants("STR1")
        for number, choice in enumerate(("oui", "enc", "oui", "part", "non"), start=20):
            small.answer(adopt=choice, at=f"2025-12-{number} 10:00:00")
        assert small.collect(views=True).quarantined == []
        # "non" counts as a missing value here: it leaves the share.
        assert small.value("adopted_share") == "0.5"


@pytest.mark.parametrize(("over_numbers", "value"), [("sum", "60.0"), ("mean", "20.0")])
def test_several_respondents_are_partial_until_as_many_as_must_have_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, over_numbers: str, value: str
) -> None:
    several: dict[str, Any] = {"respondents": SEVERAL, "over_numbers": over_numbers, "only_numbers": True}
    with small_programme(monkeypatch, tmp_path / "programme", **several) as small:
        small.add_participants("STR1", "STR2")
        answers(small, "2025-12-20 10:00:00", "10")
        if over_numbers == "sum":
            small.collect(date(2025, 12, 31), views=True)
            assert (small.status()["state"], small.status()["n_respondents"]) == ("partial", 1)
        answers(small, "2026-01-20 10:00:00", "20")
        answers(small, "2026-02-20 10:00:00", "30")
        small.collect(AS_OF, views=True)
        assert (small.status()["state"], small.status()["n_respondents"]) == ("late", 3)
        # The return arrived with the response that completed the required number.
        assert small.status()["arrived_on"] == date(2026, 1, 20)
        assert small.value("budget") == value
        assert small.rows("select * from raw.findings") == []


def answers(small: Small, at: str, budget: str) -> None:
    """Complete the survey as another professional of the structure."""
    small.survey.add_response({"adopt": "oui", "budget": budget}, token="str1", submitdate=at)
