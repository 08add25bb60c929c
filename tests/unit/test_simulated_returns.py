"""Test the returns that are invented for a programme without a scenario: reproducible, and such as it accepts."""

import random
import shutil
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planned import expected_returns

from schemas.enums import IndicatorKind, JoinBy
from schemas.errors import UsageError
from schemas.instruments import Join, JoinRecode
from schemas.programme import Programme
from schemas.rules import AtMost, ChangesWithin, CountsWith, RowCondition, RowOrder
from tasks.demonstration import (
    DemonstrationReturn,
    answer_surveys,
    fill_inbox,
    generate,
    surveys_of,
    usual_scenario,
)
from tasks.demonstration.accepted import Accepted
from tasks.demonstration.answering import Answering
from tasks.demonstration.chance import chance
from tasks.demonstration.joining import invited
from tasks.demonstration.offered import Form, questionnaire_in
from tasks.demonstration.rules import following_row_rules, following_rules
from tasks.demonstration.surveys import survey_made_of
from tasks.demonstration.usual import GROWTH
from tasks.i18n import language
from tasks.limesurvey import Participant
from tasks.programme import read_programme
from tasks.simulator import Survey, User
from tasks.surveys.assigning import Assigner, join_recodes

DATA = Path(__file__).parents[1] / "data"
COLD_STORES, ODD_TYPES = DATA / "cold_stores", DATA / "odd_types"
EVERY_KEY = Path(__file__).parents[2] / "examples" / "every_key"
SURVEYS = DATA / "limesurvey" / "surveys"
DAY = date(2026, 6, 30)


def answering(who: str = "C/S", months: int = 6) -> Answering:
    return Answering(who, months, date(2026, 1, 31), date(2026, 2, 10), GROWTH, chance, language("en"))


def participant(token: str, attributes: Mapping[str, str]) -> Participant:
    return Participant(
        1, token, attributes, completed=False, completed_at=None, sent=False, sent_at=None, reminders=0, uses_left=1,
        language="en", email_status="OK",
    )  # fmt: skip


def invented(folder: Path, day: date = DAY, seed: int = 0) -> list[DemonstrationReturn]:
    programme = read_programme(folder)
    return generate(programme, usual_scenario(programme, day, seed), surveys_of(folder, programme))


@pytest.mark.parametrize("folder", [COLD_STORES, ODD_TYPES], ids=lambda folder: folder.name)
def test_the_same_seed_gives_the_same_returns_and_another_seed_others(folder: Path) -> None:
    assert invented(folder, seed=7) == invented(folder, seed=7)
    assert invented(folder, seed=7) != invented(folder, seed=8)


def test_returns_are_invented_for_a_folder_with_every_key_and_rules_between_unmapped_items() -> None:
    assert invented(EVERY_KEY, date(2026, 1, 20))


def test_a_later_day_adds_returns_and_changes_none() -> None:
    earlier, later = invented(COLD_STORES, DAY - timedelta(days=100)), invented(COLD_STORES)
    assert 0 < len(earlier) < len(later)
    assert [return_ for return_ in later if return_ in earlier] == earlier
    programme = read_programme(COLD_STORES)
    for day in (DAY - timedelta(days=days) for days in range(60)):
        assert max((usual_scenario(programme, day).answered_on or {}).values()) < day


def test_returns_come_on_time_late_begun_only_or_not_at_all_and_never_before_they_open() -> None:
    programme, returns = read_programme(COLD_STORES), invented(COLD_STORES)
    planned = {row["expected_return_id"]: row for row in expected_returns(programme)}
    came = {return_.expected_return_id: return_ for return_ in returns}
    due = {id_ for id_, row in planned.items() if row["on_time_until_on"] + timedelta(days=31) < DAY}
    late = [id_ for id_, r in came.items() if r.answered_at.date() > planned[id_]["on_time_until_on"]]
    assert 0 < len(due - came.keys()) < len(due) / 4
    assert 0 < len(late) < len(due) / 4
    assert any(not return_.is_complete for return_ in returns)
    assert [id_ for id_, r in came.items() if r.answered_at.date() < planned[id_]["opens_on"]] == []


def test_nobody_answers_after_leaving() -> None:
    left_on = {x.enrolment_id: x.left_on for x in read_programme(ODD_TYPES).enrolments if x.left_on is not None}
    days = [(r.enrolment_id, r.answered_at.date()) for seed in range(5) for r in invented(ODD_TYPES, seed=seed)]
    assert {enrolment_id for enrolment_id, _ in days} > left_on.keys()
    assert [day for enrolment_id, day in days if day > left_on.get(enrolment_id, date.max)] == []


def test_where_the_day_places_a_response_no_occasion_is_skipped() -> None:
    programme = read_programme(COLD_STORES)
    offsets = {occasion.code: occasion.offset_days for occasion in programme.settings.occasions}
    for seed in range(5):
        answered: dict[tuple[str, int], list[DemonstrationReturn]] = {}
        for return_ in invented(COLD_STORES, seed=seed):
            if return_.instrument_code == "survey":
                answered.setdefault((return_.enrolment_id, return_.version.version), []).append(return_)
        for returns in answered.values():
            codes = sorted((return_.occasion_code for return_ in returns), key=offsets.__getitem__)
            assert codes == returns[0].version.occasions[: len(codes)]
            assert all(return_.is_complete for return_ in returns[:-1])


def test_enough_people_answer_where_several_do_and_each_answers_differently() -> None:
    returns = [return_ for return_ in invented(ODD_TYPES) if return_.instrument_code == "panel"]
    counts = Counter(return_.expected_return_id for return_ in returns)
    assert max(counts.values()) > 3
    assert min(counts.values()) >= 2
    assert len({str(return_.answers) for return_ in returns}) > len(returns) / 4


def test_people_are_invented_and_known_again_and_a_table_has_the_rows_that_it_needs() -> None:
    tables = [return_.rows["People"] for return_ in invented(ODD_TYPES) if return_.instrument_code == "book"]
    assert all(len(rows) >= 7 for rows in tables)
    names = {str(row["People!name"]).lower() for rows in tables for row in rows}
    assert all(name.startswith("invented name, ") for name in names)
    assert len(names) < sum(map(len, tables)) / 2


@given(
    kind=st.sampled_from([IndicatorKind.COUNT, IndicatorKind.NUMBER]),
    limits=st.tuples(*[st.none() | st.floats(-500, 500)] * 2),
    ceiling=st.none() | st.floats(0, 500),
    months=st.integers(1, 60),
    who=st.text(max_size=5),
)
def test_a_number_is_within_its_limits(
    kind: IndicatorKind, limits: tuple[float | None, float | None], ceiling: float | None, months: int, who: str
) -> None:
    minimum, maximum = limits
    answer = Accepted("key", kind, minimum=minimum, maximum=maximum, likely_most=ceiling).answer(answering(who, months))
    if answer is None:
        assert minimum is not None or maximum is not None
        return
    assert kind is IndicatorKind.NUMBER or float(answer).is_integer()
    assert minimum is None or float(answer) >= minimum
    assert maximum is None or float(answer) <= maximum


@given(values=st.lists(st.text(max_size=3), unique=True), offered=st.lists(st.text(max_size=3)), who=st.text())
def test_a_choice_is_one_that_is_offered_and_has_a_meaning(values: list[str], offered: list[str], who: str) -> None:
    answer = Accepted("key", IndicatorKind.CHOICE, tuple(values)).among(offered).answer(answering(who))
    assert answer in {*values} & {*offered} or (answer is None and not {*values} & {*offered})


def test_a_count_grows_and_a_stage_advances() -> None:
    count = Accepted("count", IndicatorKind.COUNT, minimum=0, maximum=5000)
    stage = Accepted("stage", IndicatorKind.CHOICE, ("no", "begun", "done"))
    for who in map(str, range(30)):
        numbers = [int(count.answer(answering(who, months)) or "") for months in (3, 6, 12, 18)]
        assert numbers == sorted(numbers)
        assert numbers[0] < numbers[-1] or numbers == [0, 0, 0, 0]
    reached = [Counter(stage.answer(answering(str(who), months)) for who in range(200)) for months in (1, 60)]
    assert reached[0]["done"] < reached[1]["done"]
    assert reached[0]["no"] > reached[1]["no"]


def test_answers_follow_the_rules_between_items() -> None:
    rules = [
        AtMost(item="part", at_most="all"),
        CountsWith(item="rallies", counts_with={"companies": 6}),
        ChangesWithin(item="rent", at_most_times=2),
    ]
    number = Accepted("n", IndicatorKind.COUNT, minimum=0, maximum=10)
    accepted: dict[str, Accepted] = dict.fromkeys(("part", "all", "rallies", "companies", "rent"), number)
    for seed in range(50):
        chosen = random.Random(seed)
        answers = {item: str(chosen.randint(0, 10)) for item in accepted}
        found = following_rules(rules, accepted, answers, lambda _item: 0.5)
        assert int(found["part"] or 0) <= int(found["all"] or 0)
        assert not int(found["rallies"] or 0) or int(found["companies"] or 0) >= 6
    tight = accepted | {"companies": replace(number, maximum=3), "part": replace(number, minimum=8)}
    found = following_rules(rules, tight, {"rallies": "4", "companies": "2", "part": "9", "all": "5"}, lambda _: 0.5)
    assert (found["rallies"], found["all"]) == ("0", "9")


def test_rows_follow_the_rules_between_cells() -> None:
    rules: list[Any] = [
        RowOrder(column="last", at_least="first"),
        RowCondition(column="contract", only_where={"in_work": ["Yes"]}),
        RowCondition(column="contract", needed_where={"in_work": ["Yes"]}),
    ]
    day, text = Accepted("d", IndicatorKind.DATE), Accepted("t", IndicatorKind.CHOICE, ("Fixed",))
    accepted = {"first": day, "last": day, "contract": text, "in_work": text}

    def followed(**cells: str | None) -> dict[str, str | None]:
        row = {"first": "2026-02-01", "last": "2026-01-01", **cells}
        return following_row_rules(rules, accepted, row, lambda code: f"{code} again")

    assert followed(in_work="No", contract="Fixed") == {
        "first": "2026-02-01", "last": "2026-02-01", "in_work": "No", "contract": None,
    }  # fmt: skip
    assert followed(in_work="Yes", contract=None)["contract"] == "contract again"
    fixed = following_row_rules(rules, accepted, {"first": "2026-02-01", "last": "2026-01-01"}, str, ["last"])
    assert fixed == {"first": "2026-01-01", "last": "2026-01-01"}


@pytest.mark.parametrize("file", sorted(SURVEYS.glob("*.lss")), ids=lambda file: file.stem)
def test_whatever_a_survey_asks_only_what_it_offers_and_shows_is_answered(file: Path) -> None:
    form = Form.of(Survey.from_lss(file), {})
    columns = form.survey.columns_by_heading()
    for who in map(str, range(20)):
        answers = form.shown(form.answers(answering(who, 12)))
        for heading, answer in answers.items():
            values = form.accepted[heading].values
            assert answer in (None, "") or values is None or answer in values, heading
        for question in {column.question.title for column in columns.values() if column.rank}:
            ranked = [a for h, a in answers.items() if columns[h].question.title == question and a]
            assert len(ranked) == len(set(ranked))


def test_a_question_is_answered_only_where_its_condition_holds() -> None:
    survey = Survey.from_lss(SURVEYS / "mini_datee_fr.lss")
    survey.add_question("open", "Y", "Are you open?")
    survey.add_question("since", "N", "Since when?", mandatory="Y")
    survey.add_question("why", "S", "Why not?", mandatory="Y")
    survey.question("since").relevance = 'open.NAOK == "Y"'
    survey.question("why").relevance = "floor(rand()) == 1"
    form = Form.of(survey, {})
    seen: set[object] = set()
    for who in map(str, range(40)):
        answers = form.shown(form.answers(answering(who, 12)))
        assert (answers["since"] is not None) is (answers["open"] == "Y")
        assert answers["why"] is None  # its condition is not understood
        seen.add(answers["open"])
    assert seen == {"Y", "N"}


def test_a_survey_comes_from_its_file_else_from_its_baseline_else_from_the_crosswalk(tmp_path: Path) -> None:
    programme = read_programme(COLD_STORES)
    baseline = questionnaire_in(surveys_of(COLD_STORES, programme)[910001])
    assert "".join(question.letter for question in baseline.questions) == "NNLMST"
    asked = surveys_of(COLD_STORES, programme.model_copy(update={"questionnaires": {}}))[910001]
    letters = {question.code: question.letter for question in questionnaire_in(asked).questions}
    assert letters == {"volunteers": "N", "status": "L", "barriers": "M", "contact": "S"}
    (tmp_path / "surveys").mkdir()
    (tmp_path / "surveys" / "any.lss").write_bytes((SURVEYS / "mini_datee_fr.lss").read_bytes())
    number = Survey.from_lss(SURVEYS / "mini_datee_fr.lss").sid
    of_other = tmp_path / "of other questions"
    shutil.copytree(COLD_STORES, of_other)
    settings = of_other / "programme.yaml"
    settings.write_text(settings.read_text(encoding="utf-8").replace("910001", str(number)), encoding="utf-8")
    shutil.copytree(tmp_path / "surveys", of_other / "surveys")
    with pytest.raises(UsageError, match=rf"survey {number} in surveys/ has no question volunteers, status, barriers"):
        surveys_of(of_other, read_programme(of_other))
    (tmp_path / "surveys" / "other.lss").write_text("no survey")
    with pytest.raises(UsageError, match=r"other\.lss is not the structure of a survey"):
        surveys_of(tmp_path, programme)


def test_questions_made_of_a_crosswalk_have_the_types_that_fit_their_indicators() -> None:
    surveys = surveys_of(ODD_TYPES, read_programme(ODD_TYPES))
    letters = {q.code: q.letter for survey in surveys.values() for q in questionnaire_in(survey).questions}
    assert letters == {
        "staff": "L", "trust": "L", "reach": "N", "place": "S", "quarter": "S", "who": "S", "opened": "D",
        "mood": "S", "spent": "N", "words": "S", "around": "F", "what": "M", "then": "1", "stock": ":",
    }  # fmt: skip
    monthly = {q.code: q.letter for q in questionnaire_in(surveys[830002]).questions}
    assert monthly == {"spent": "K", "opened": "D", "mood": "O"}


def test_a_survey_made_of_a_questionnaire_has_the_same_questions() -> None:
    original = questionnaire_in(Survey.from_lss(SURVEYS / "bilingue_tous_types_v1.lss"))
    made = questionnaire_in(survey_made_of(original, 1, "A survey"))
    for before, after in zip(original.questions, made.questions, strict=True):
        assert (before.code, before.letter, before.has_other) == (after.code, after.letter, after.has_other)
        assert [(x.code, x.scale_id) for x in before.subquestions] == [(x.code, x.scale_id) for x in after.subquestions]
        assert [(x.code, x.scale_id) for x in before.options] == [(x.code, x.scale_id) for x in after.options]


@pytest.mark.parametrize(
    "join",
    [
        Join(),
        Join(cohort=None),
        Join(occasion="attribute_3"),
        Join(occasion="token"),
        Join(by=JoinBy.TOKEN),
        Join(by=JoinBy.TOKEN, occasion="token"),
        Join(by=JoinBy.QUESTION, structure="place", cohort="wave", occasion="quarter"),
        Join(by=JoinBy.QUESTION, structure="place", cohort=None, recode=JoinRecode(structure="places")),
    ],
    ids=str,
)
def test_a_response_names_what_its_survey_reads(join: Join) -> None:
    programme = read_programme(ODD_TYPES)
    instrument = programme.instrument_by_code["panel"]
    expected = {r["expected_return_id"]: r for r in expected_returns(programme) if r["instrument_code"] == "panel"}
    version = instrument.versions[0]
    for id_ in expected:
        cohort_code, structure_code, occasion_code, _ = id_.split("/")
        one = invited(programme, join, version, f"{cohort_code}/{structure_code}", occasion_code)
        if join.recode.structure is not None:
            assert join_recodes(programme, join)["structure"][one.answers["place"]] == structure_code
        participants = {one.token: participant(one.token, one.attributes)} if one.token else {}
        assigner = Assigner(join, expected, participants, join_recodes(programme, join))
        assignment = assigner.assign(one.token, one.answers, expected[id_]["due_on"])
        assert id_ in assignment.expected_return_ids
        assert join.names_occasion is (assignment.expected_return_ids == (id_,)) or occasion_code == "M01"


def test_workbooks_are_written_once_and_never_over_a_file_of_somebody_else(tmp_path: Path) -> None:
    programme, returns = read_programme(COLD_STORES), invented(COLD_STORES)
    count = fill_inbox(tmp_path, programme, returns, says_invented=True)
    contents = {path: path.read_bytes() for path in tmp_path.iterdir()}
    assert len(contents) == count > 50
    assert fill_inbox(tmp_path, programme, returns, says_invented=True) == count
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == contents
    mine, others = min(contents), max(contents)
    mine.write_bytes(b"mine")
    others.unlink()
    with pytest.raises(UsageError, match=f"{mine.name}, with other content than the invented workbook of that name"):
        fill_inbox(tmp_path, programme, returns, says_invented=True)
    assert mine.read_bytes() == b"mine"
    assert not others.exists()


def test_identifiers_and_participants_say_that_they_are_invented() -> None:
    programme: Programme = read_programme(COLD_STORES)
    state = answer_surveys(COLD_STORES, programme, invented(COLD_STORES), User("a", "b"))
    survey = state.surveys[910001]
    column = survey.columns_by_heading()["contact"].name
    named = {response.answers[column] for response in survey.responses.values()}
    assert all(str(name).startswith("Invented Person COLD-") for name in named)
    assert {person.firstname for person in survey.participants.values()} == {"Invented"}


def with_nothing(folder: Path) -> Path:
    """Copy the folder with a question that says that there is nothing to report."""
    shutil.copytree(COLD_STORES, folder, dirs_exist_ok=True)
    path = folder / "programme.yaml"
    declared = "identifiers: [contact]\n    nothing_to_report: {item: nothing, values: [Y]}"
    path.write_text(path.read_text(encoding="utf-8").replace("identifiers: [contact]", declared), encoding="utf-8")
    return folder


def test_invented_returns_have_something_to_report(tmp_path: Path) -> None:
    folder = with_nothing(tmp_path)
    for version in (1, 2):
        path = folder / "questionnaires" / f"survey-{version}.csv"
        text = path.read_text(encoding="utf-8").rstrip("\n")
        path.write_text(f"{text}\nquestion,nothing,,0,9,Y,false,en,Nothing to report?\n", encoding="utf-8")
    returns = [return_ for seed in range(3) for return_ in invented(folder, seed=seed)]
    answers = Counter(return_.answers["nothing"] for return_ in returns if return_.instrument_code == "survey")
    # The question offers Y and N, and Y says that there is nothing to report.
    assert answers.keys() <= {"N", None}
    assert answers["N"] > len(returns) / 10


def test_an_invented_survey_asks_whether_there_is_nothing_to_report(tmp_path: Path) -> None:
    folder = with_nothing(tmp_path)
    shutil.rmtree(folder / "questionnaires")
    survey = surveys_of(folder, read_programme(folder))[910001]
    assert "nothing" in survey.columns_by_heading()
    surveyed = [return_ for return_ in invented(folder) if return_.instrument_code == "survey"]
    assert {return_.answers.get("nothing") for return_ in surveyed} == {None}
