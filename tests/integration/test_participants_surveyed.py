"""Test surveys that participants answer: each complete response is a person. All people are invented.

STR1 and STR2 owe the survey at M03 and M06. Five of the seven who answer at M03 are in work, and only they are asked
for their hours.
"""

import json
from collections.abc import Generator, Sequence
from datetime import date
from typing import Any

import pytest
from building import build_models
from shared_survey import IN_M03, IN_M06, MARCH, OCCASIONS, add_participant, rows
from small_programme import Small, small_programme

from schemas.settings import ProjectPaths
from tasks.exporting import view_named, widened_participants
from tasks.programme import read_programme
from tasks.programme.doubts import doubtful_lines
from warehouse.exported import participant_rows
from warehouse.published import publish
from warehouse.runs import last_instant_of

APRIL = date(2026, 4, 7)
CODEBOOK = """\
indicator_code,label_fr,label_en,level,kind,minimum,maximum,allowed_values,over_structures,over_respondents,is_core
budget,Budget,Budget,structure,number,0,100000,,sum,mean,true
in_work_share,Part en emploi,In work,structure,number,0,1,,mean,mean,false
sex,Sexe,Sex,participant,choice,,,woman|man,none,,false
in_work,En emploi,In work,participant,choice,,,yes|no,none,,false
hours,Heures,Hours,participant,number,0,60,,none,,false
rating,Avis,Rating,participant,number,0,10,,none,mean,false
"""
CROSSWALK = """\
instrument_code,version,item,indicator_code,recode,share_of
suivi,1,budget,budget,,
suivi,1,emploi,in_work_share,emploi,yes
suivi,1,emploi,in_work,emploi,
suivi,1,sexe,sex,sexe,
suivi,1,heures,hours,,
suivi,1,avis,rating,,
"""
RECODES = """\
recode,source_value,value,missing_reason
emploi,Y,yes,
emploi,N,no,
sexe,F,woman,
sexe,H,man,
sexe,X,,not_communicated
"""
Answers = tuple[str, str, str, str | None, str | None]
"""Structure, sex, in work, hours and rating."""
AT_M03: list[Answers] = [
    ("str1", "F", "Y", "10", "8"),
    ("str1", "F", "Y", "20", "6"),
    ("str1", "F", "N", None, "4"),
    ("str1", "H", "Y", "30", "2"),
    ("str2", "H", "N", None, None),
    ("str2", "F", "Y", "40", "10"),
    ("str2", "X", "Y", "50", "6"),
]
AT_M06: list[Answers] = [
    ("str1", "F", "N", None, "5"),
    ("str1", "H", "N", None, "9"),
]


def ask_people(small: Small) -> None:
    """Ask respondents about themselves, and map their answers onto indicators of participants."""
    survey = small.survey
    survey.deactivate()
    survey.add_question("sexe", "L", {"fr": "Sexe"}, options={code: {"fr": code} for code in "FHX"})
    survey.add_question("emploi", "Y", {"fr": "En emploi ?"})
    survey.add_question("heures", "N", {"fr": "Heures"})
    survey.add_question("avis", "N", {"fr": "Avis"})
    survey.question("heures").relevance = 'emploi.NAOK == "Y"'
    survey.activate()
    for name, text in (("codebook.csv", CODEBOOK), ("crosswalk.csv", CROSSWALK), ("recodes.csv", RECODES)):
        (small.folder / name).write_text(text, encoding="utf-8")
    settings = json.loads((small.folder / "programme.yaml").read_text(encoding="utf-8"))
    settings["participants"] = {
        "entered_work": {"indicator": "in_work", "values": ["yes"]},
        "attributes": [{"code": "sex", "label_fr": "Sexe", "indicator": "sex"}],
    }
    (small.folder / "programme.yaml").write_text(json.dumps(settings), encoding="utf-8")
    small.accept()


@pytest.fixture
def small(paths_with_views: ProjectPaths, monkeypatch: pytest.MonkeyPatch) -> Generator[Small]:
    several: dict[str, Any] = {
        "respondents": {"several": True},
        "join": {"occasion": "attribute_3"},
        "only_numbers": True,
    }
    with small_programme(
        monkeypatch, paths_with_views.folder, structures=("STR1", "STR2"), occasions=OCCASIONS, **several
    ) as small:
        ask_people(small)
        for structure in ("str1", "str2"):
            for occasion in OCCASIONS:
                add_participant(small, f"{structure}{occasion.lower()}", occasion)
        yield small


def answers(small: Small, occasion: str, moment: str, people: Sequence[Answers]) -> list[int]:
    """Complete the survey as each person, a minute after each other, and return the ids of the responses."""
    return [
        small.answer(
            f"{structure}{occasion}",
            moment.replace(":00:", f":{minute:02}:"),
            sexe=sex,
            emploi=in_work,
            heures=hours,
            avis=rating,
        )
        for minute, (structure, sex, in_work, hours, rating) in enumerate(people)
    ]


def build(small: Small, as_of: date) -> None:
    views = (
        "participant_outcomes",
        "participant_results",
        "participant_attributes",
        "fct_observation",
        "dim_indicator",
    )
    known_by = last_instant_of(as_of, read_programme(small.folder).zone)
    build_models(small.paths, "--select", *(f"+{view}" for view in views), as_of=as_of, known_by=known_by)


def counts(small: Small, measure_code: str, attribute_code: str = "") -> dict[tuple[str, str], tuple[Any, ...]]:
    """Return persons, known, with the value, sum, unexplained and not shown at M03, before suppression."""
    found = rows(
        small,
        "select attribute_value, value, n_persons, n_known, n_answers, value_sum, n_unexplained, n_not_shown "
        f"from intermediate.int_participant_counts where measure_code = '{measure_code}' "
        f"and occasion_code = 'M03' and attribute_code = '{attribute_code}' and n_persons > 0",
    )
    return {(row[0], row[1]): tuple(row[2:]) for row in found}


def shown(small: Small, occasion_code: str, measure_code: str, attribute_code: str = "") -> set[tuple[Any, ...]]:
    """Return persons, known, with the value, sum and reason, of each group and value."""
    found = rows(
        small,
        "select n_persons, n_known, n_with_value, value_sum, missing_reason from analytics.participant_results "
        f"where occasion_code = '{occasion_code}' and measure_code = '{measure_code}' "
        f"and attribute_code = '{attribute_code}'",
    )
    return {tuple(row) for row in found}


def person(small: Small, response: int) -> dict[str, tuple[Any, ...]]:
    """Return pseudonym, value and reason of the person who gave a response, by indicator."""
    found = rows(
        small,
        "select indicator_code, pseudonym, key_version, value_number, value_text, missing_reason "
        "from analytics.participant_values where pseudonym in (select pseudonym from analytics.participant_outcomes "
        "as outcomes join raw.returns as returns on outcomes.return_id = returns.return_id "
        f"where returns.sequence = {response})",
    )
    return {row[0]: tuple(row[1:]) for row in found}


def test_each_complete_response_of_a_survey_is_a_person_at_its_occasion(small: Small) -> None:
    first, *others = answers(small, "m03", IN_M03, AT_M03)
    # Only begun, with none of the core items: it does not count.
    small.answer("str2m03", None, budget=None, sexe="F", emploi="Y", heures="5", avis="1")
    answers(small, "m06", IN_M06, AT_M06)
    assert small.collect(MARCH).quarantined == []
    build(small, MARCH)

    # Another person at each occasion: nobody is expected again, and nobody is gone.
    assert rows(
        small,
        "select occasion_code, count(*), count(distinct pseudonym), bool_and(is_seen), count(was_seen_before), "
        "count(key_version), count(contract_kind_missing_reason), count(first_in_work_months) "
        "from analytics.participant_outcomes group by occasion_code order by 1",
    ) == [("M03", 7, 7, True, 0, 0, 7, 5), ("M06", 2, 2, True, 0, 0, 2, 0)]
    of_third, of_last = person(small, others[1]), person(small, others[-1])
    assert {code: value[1:] for code, value in of_third.items()} == {
        "sex": (None, None, "woman", None),
        "in_work": (None, None, "no", None),
        "hours": (None, None, None, "not_shown"),
        "rating": (None, 4, None, None),
    }
    assert of_last["sex"][1:] == (None, None, None, "not_communicated")
    assert person(small, others[3])["rating"][1:] == (None, None, None, "unexplained")
    assert rows(
        small,
        "select value, known_at_occasion_code, count(*) from analytics.participant_attributes "
        "group by 1, 2 order by 1 nulls last, 2",
    ) == [("man", "M03", 2), ("man", "M06", 1), ("woman", "M03", 4), ("woman", "M06", 1), (None, None, 1)]

    assert counts(small, "entered_work") == {("", "yes"): (7, 7, 5, None, 0, 0)}
    assert counts(small, "entered_work", "sex") == {
        ("woman", "yes"): (4, 4, 3, None, 0, 0),
        ("man", "yes"): (2, 2, 1, None, 0, 0),
        ("unknown", "yes"): (1, 1, 1, None, 0, 0),
    }
    assert counts(small, "rating") == {("", ""): (7, 6, None, 36, 1, 0)}
    assert counts(small, "hours") == {("", ""): (7, 5, None, 150, 0, 2)}

    # Two are not in work, so the five who are would be known; and the two who were not asked for their hours.
    hidden = (None, None, "suppressed")
    assert shown(small, "M03", "entered_work") == {(7, 7, *hidden)}
    assert shown(small, "M03", "rating") == {(7, 6, None, 36, None)}
    assert shown(small, "M03", "hours") == {(7, None, *hidden)}
    assert shown(small, "M03", "rating", "sex") == {(None, None, *hidden)}
    assert shown(small, "M06", "rating") == {(None, None, *hidden)}

    # Structures have what they had: the mean, the share, and nothing of participants.
    observed = (
        "select expected_return_id, indicator_code, value_number, n_respondents from marts.fct_observation "
        "order by 1, 2"
    )
    assert rows(small, observed) == [
        ("C-1/STR1/M03/suivi", "budget", 100, 4),
        ("C-1/STR1/M03/suivi", "in_work_share", 0.75, 4),
        ("C-1/STR1/M06/suivi", "budget", 100, 2),
        ("C-1/STR1/M06/suivi", "in_work_share", 0, 2),
        ("C-1/STR2/M03/suivi", "budget", 100, 3),
        ("C-1/STR2/M03/suivi", "in_work_share", pytest.approx(2 / 3), 3),
    ]
    assert_wide_form(small, of_third["sex"][0])

    # One response is deleted, another edited: 36 - 10 + 1. The person who edited is the same one.
    of_first = person(small, first)
    small.survey.delete_response(others[4])
    small.survey.edit(first, {"avis": "9"}, at="2026-04-01 10:00:00")
    small.collect(APRIL)
    build(small, APRIL)
    assert shown(small, "M03", "rating") == {(6, 5, None, 27, None)}
    assert counts(small, "entered_work") == {("", "yes"): (6, 6, 4, None, 0, 0)}
    assert rows(small, "select count(*) from analytics.participant_attributes") == [(8,)]
    assert person(small, first)["rating"] == (of_first["rating"][0], None, 9, None, None)
    assert person(small, others[1]) == of_third

    build(small, MARCH)
    assert shown(small, "M03", "rating") == {(7, 6, None, 36, None)}
    assert person(small, first) == of_first


def assert_wide_form(small: Small, pseudonym: str) -> None:
    publish(small.paths)
    known = participant_rows(small.paths, as_of=None)
    wide = widened_participants(known, view_named("participant_outcomes"), view_named("participant_values"), ".csv")
    (row,) = [row for row in wide.table.to_pylist() if row["pseudonym"] == pseudonym]
    assert wide.table.num_rows == len(AT_M03) + len(AT_M06)
    names = ("occasion_code", "attribute_sex", "entered_work", "rating", "hours_missing_reason")
    assert [row[name] for name in names] == ["M03", "woman", False, 4, "not_shown"]


def test_who_is_asked_for_the_hours_discloses_no_one_in_work(small: Small) -> None:
    # All eight are in work, so all are asked, and the condition shows in no answer.
    answers(small, "m03", IN_M03, [("str1", "F", "Y", "10", "8")] * 8)
    # Of twelve, six are in work and two are not. The others do not say, and are not asked either.
    people: Sequence[tuple[str, str | None]] = [*[("Y", "10")] * 6, *[("N", None)] * 2, *[("", None)] * 4]
    answers(small, "m06", IN_M06, [("str1", "F", in_work, hours, "8") for in_work, hours in people])
    assert small.collect(MARCH).quarantined == []
    build(small, MARCH)
    hidden = (None, None, "suppressed")
    assert shown(small, "M03", "entered_work") == {(8, 8, *hidden)}
    assert shown(small, "M03", "hours") == {(8, None, *hidden)}
    assert shown(small, "M06", "entered_work") == {(12, 8, *hidden)}
    assert shown(small, "M06", "hours") == {(12, None, *hidden)}
    # A sum that says that nobody, or everybody, has the bound.
    assert shown(small, "M03", "rating") == {(8, 8, None, 64, None)}
    assert rows(
        small,
        "select distinct surveyed_by, indicator_code, other_code from intermediate.int_participant_conditions",
    ) == [("suivi", "hours", "in_work")]


def test_a_blank_response_is_no_person_where_what_participants_answer_is_core(small: Small) -> None:
    codebook = CODEBOOK.replace("sum,mean,true", "sum,mean,false").replace(
        "woman|man,none,,false", "woman|man,none,,true"
    )
    (small.folder / "codebook.csv").write_text(codebook, encoding="utf-8")
    small.answer("str1m03", IN_M03, sexe="F", emploi="Y")
    for minute in (1, 2, 3):
        small.answer("str2m03", IN_M03.replace(":00:", f":0{minute}:"), budget=None, sexe="", emploi="")
    small.collect(MARCH)
    build(small, MARCH)
    assert rows(small, "select enrolment_id, count(*) from analytics.participant_outcomes group by 1") == [
        ("C-1/STR1", 1)
    ]
    assert rows(
        small,
        "select enrolment_id, state from marts.fct_expected_return where occasion_code = 'M03' order by 1",
    ) == [("C-1/STR1", "received"), ("C-1/STR2", "missing")]


def test_a_figure_of_structures_from_what_participants_answer_is_doubtful(small: Small) -> None:
    (doubt,) = [line for line in doubtful_lines(read_programme(small.folder)) if "in_work_share" in line]
    assert doubt == (
        "crosswalk.csv: check emploi of suivi version 1: in_work_share makes of it the share of yes, and in_work "
        "counts the same answers of participants. With minimum_structures: 0, figures of one structure show what "
        "participant_results suppresses. Write minimum_structures: 2 or more under disclosure, or remove one of the "
        "lines."
    )
    settings = json.loads((small.folder / "programme.yaml").read_text(encoding="utf-8"))
    for disclosure in ({"minimum_structures": 2}, {"minimum_participants": 0}):
        settings["disclosure"] = disclosure
        (small.folder / "programme.yaml").write_text(json.dumps(settings), encoding="utf-8")
        assert not [line for line in doubtful_lines(read_programme(small.folder)) if "in_work_share" in line]
