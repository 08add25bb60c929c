"""Test that the client reads recorded answers of the real server over HTTP, and refuses all others with a sentence."""

import json
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tasks.limesurvey import (
    BadAnswer,
    LimeSurvey,
    ResponsePage,
    long_form,
    responses_table,
)
from tasks.limesurvey.questionnaire import options_of
from tasks.questionnaires.questionnaire import QuestionKind, Questionnaire, kind_of
from tasks.questionnaires.response_columns import Part
from tasks.questionnaires.unclear_codes import unclear_codes
from tasks.simulator import State, Survey, serve

Replay = Callable[..., LimeSurvey]
Recorded = Callable[[str], Any]
ADOPTION, BILINGUAL, MINI, ANONYMOUS, DIGITS = 781234, 790101, 781236, 781235, 791108
BOTH = ["answeroptions", "answeroptions_multiscale"]
ATTRIBUTES = ["attributes", "attributes_lang"]

SURVEY_FILES = {
    781234: "evaluation_adoption_fr.lss",
    781235: "mini_anonyme_sans_date_fr.lss",
    781236: "mini_datee_fr.lss",
    790101: "bilingue_tous_types_v1.lss",
    790102: "bilingue_tous_types_v2.lss",
    790103: "durees.lss",
    790104: "chiffre.lss",
    790105: "expire.lss",
    790106: "sans_participants.lss",
    790107: "desactive.lss",
    790108: "edition_sans_persistance.lss",
    790109: "persistance_sans_edition.lss",
    791101: "sauts_fr.lss",
    791102: "saisies_fr.lss",
    791103: "suivi_repete_fr.lss",
    791107: "suivi_repete_fr.lss",
    791108: "codes_chiffres_fr.lss",
    791109: "tous_types_blancs_fr.lss",
}
UNCLEAR = {791104, 791105}
"""The surveys with reserved or repeated codes, whose responses are refused."""
REPLACED = 791106
"""A survey with repeated codes, which the import replaced."""


def question_recordings(recorded_all: dict[str, list[Any]], survey_id: int, batch: str) -> Callable[[list[Any]], str]:
    """Pick the recording of a question's properties by its number and language."""
    found: dict[tuple[int, str], str] = {}
    for exchange in recorded_all[batch]:
        if exchange.method == "get_question_properties" and exchange.params[2] is None and len(exchange.params) > 3:
            result = json.loads(exchange.body)["result"]
            if result is not None and result.get("sid") == survey_id:
                found.setdefault((exchange.params[1], exchange.params[3]), exchange.title)
    return with_attributes(lambda params: found[params[1], params[3]])


def with_attributes(choose: Callable[[list[Any]], str]) -> Callable[[list[Any]], str]:
    """Answer a request for attributes by those of one recorded question, which are the defaults of the server."""
    return lambda params: "third/015_types_S_codestr_attrs" if params[2] == ATTRIBUTES else choose(params)


def by_parameter(place: int, titles: Mapping[Any, str]) -> Callable[[list[Any]], str]:
    """Choose the recording by the parameter of the call at this place."""

    def title(params: list[Any]) -> str:
        return f"second/{titles[params[place]]}"

    return title


@pytest.fixture
def bilingual(replay: Replay, all_exchanges: dict[str, list[Any]]) -> Questionnaire:
    """Return the questionnaire of the bilingual survey with every type of question, as the real server returns it."""
    questions = {None: "041_v1_active_list_questions", "en": "043_v1_active_list_questions_en"}
    groups = {"fr": "039_v1_active_list_groups_fr", "en": "040_v1_active_list_groups_en"}
    server = replay(
        get_survey_properties="second/034_v1_active_get_survey_properties",
        list_questions=by_parameter(3, questions),
        list_groups=by_parameter(2, groups),
        get_question_properties=question_recordings(all_exchanges, BILINGUAL, "second"),
    )
    return server.questionnaire(BILINGUAL)


@pytest.fixture(scope="module")
def questionnaires(survey_file: Callable[[str], Path]) -> dict[int, Questionnaire]:
    """Return the questionnaires of all recorded surveys, from the simulator."""
    surveys: list[Survey] = []
    for survey_id, name in SURVEY_FILES.items():
        survey = Survey.from_lss(survey_file(name))
        survey.sid = survey_id
        surveys.append(survey)
    with (
        serve(State(surveys)) as simulator,
        LimeSurvey(simulator.url, username="admin", password="password") as server,
    ):
        return {survey.sid: server.questionnaire(survey.sid) for survey in surveys}


def test_the_surveys_are_listed_with_their_state(replay: Replay) -> None:
    surveys = replay(list_surveys="second/498_exp_list_surveys_future").surveys()
    future = next(survey for survey in surveys if survey.survey_id == 790105)
    assert (future.title, future.is_active, future.starts) == ("Expiré", True, datetime(2027, 6, 1))


def test_an_account_without_surveys_sees_none(replay: Replay) -> None:
    assert replay(list_surveys="first/005_list_surveys_none").surveys() == ()


def test_a_surveys_properties_say_what_the_staff_call_the_attributes(replay: Replay) -> None:
    properties = replay(get_survey_properties="first/061_get_survey_properties").survey_properties(ADOPTION)
    assert properties.languages == ("fr",)
    assert (properties.is_active, properties.is_anonymized, properties.is_dated) == (True, False, True)
    assert (properties.persists_by_token, properties.allows_edit_after_completion) == (True, False)
    assert properties.attribute_labels == {"attribute_1": "Code structure", "attribute_2": "Cohorte"}


def test_the_summary_counts_responses_and_participants(replay: Replay) -> None:
    summary = replay(get_summary="first/097_get_summary").summary(ADOPTION)
    assert (summary.completed, summary.incomplete, summary.responses) == (7, 2, 9)
    assert (summary.participants, summary.participants_completed) == (6, 0)


def test_a_survey_open_to_all_has_no_count_of_participants(replay: Replay) -> None:
    assert replay(get_summary="first/031_get_summary_active_empty").summary(ADOPTION).participants is None


def test_every_type_of_question_is_read_in_both_languages(bilingual: Questionnaire) -> None:
    assert bilingual.languages == ("fr", "en")
    assert len(bilingual.questions) == 42
    by_code = {question.code: question for question in bilingual.questions}
    assert all(kind_of(question.letter) is not QuestionKind.UNKNOWN for question in bilingual.questions)
    assert by_code["region"].texts == {"fr": "Région", "en": "Region"}
    assert [option.code for option in by_code["region"].options] == ["BRE", "NOR", "OCC"]
    assert by_code["region"].options[0].texts == {"fr": "Bretagne", "en": "Brittany"}
    assert [(option.scale_id, option.code) for option in by_code["td"].options] == [
        (0, "i1"),
        (0, "i2"),
        (1, "m1"),
        (1, "m2"),
    ]
    assert [(sub.scale_id, sub.code) for sub in by_code["tn"].subquestions] == [
        (0, "sal"),
        (0, "ben"),
        (1, "t1"),
        (1, "t2"),
    ]


def test_the_same_survey_has_the_same_version_on_the_real_server_and_on_the_simulator(
    bilingual: Questionnaire, questionnaires: dict[int, Questionnaire]
) -> None:
    assert bilingual.version == questionnaires[BILINGUAL].version


def test_a_questionnaire_keeps_the_version_under_which_warehouses_hold_it(bilingual: Questionnaire) -> None:
    assert bilingual.version == "4beae139e7836902135c39958af2cd1f19300497b0f15b5ee71d23d9ec2cf75b"


def test_a_later_version_of_it_is_the_same_on_both_too(
    replay: Replay, all_exchanges: dict[str, list[Any]], questionnaires: dict[int, Questionnaire]
) -> None:
    questions = {None: "316_v2_inactive_list_questions", "en": "318_v2_inactive_list_questions_en"}
    groups = {"fr": "314_v2_inactive_list_groups_fr", "en": "315_v2_inactive_list_groups_en"}
    server = replay(
        get_survey_properties="second/309_v2_inactive_get_survey_properties",
        list_questions=by_parameter(3, questions),
        list_groups=by_parameter(2, groups),
        get_question_properties=question_recordings(all_exchanges, 790102, "second"),
    )
    assert server.questionnaire(790102).version == questionnaires[790102].version


def exact_recordings(exchanges: list[Any], method: str) -> Callable[[list[Any]], str]:
    """Pick the recording of a call with exactly these parameters; fail for any others."""
    found = {json.dumps(one.params[1:]): one.title for one in exchanges if one.method == method}
    return with_attributes(lambda params: found[json.dumps(params[1:])])


def test_the_options_of_every_type_come_by_the_request_that_the_client_sends(
    replay: Replay, all_exchanges: dict[str, list[Any]], questionnaires: dict[int, Questionnaire]
) -> None:
    third = all_exchanges["third"]
    listed = next(json.loads(one.body)["result"] for one in third if one.name.endswith("types_list_questions"))
    simulated = {question.code: question for question in questionnaires[BILINGUAL].questions}
    server = replay(get_question_properties=exact_recordings(third, "get_question_properties"))
    read: dict[str, list[tuple[int, str, str]]] = {}
    for row in listed:
        # One question of each type was recorded.
        if not row["parent_qid"] and any(one.params[1:3] == [row["qid"], BOTH] for one in third if one.method):
            result = server._property(BILINGUAL, row["qid"], tuple(BOTH), "fr")  # pyright: ignore[reportPrivateUsage] one request
            options = options_of({"fr": result}, ValueError)
            read[row["title"]] = [(option.scale_id, option.code, option.texts["fr"]) for option in options]
    assert {simulated[code].letter for code in read} == {one.letter for one in simulated.values()}
    assert read == {
        code: [(option.scale_id, option.code, option.texts["fr"]) for option in simulated[code].options]
        for code in read
    }
    assert read["td"] == [
        (0, "i1", "Faible"),
        (0, "i2", "Forte"),
        (1, "m1", "Non maîtrisé"),
        (1, "m2", "Maîtrisé"),
    ]


def test_the_codes_and_scales_of_options_are_read_from_every_shape_of_the_answer(
    replay: Replay, all_exchanges: dict[str, list[Any]], questionnaires: dict[int, Questionnaire]
) -> None:
    methods = ("list_questions", "list_groups", "get_question_properties")
    server = replay(**{method: exact_recordings(all_exchanges["third"], method) for method in methods})
    real = server.questionnaire(DIGITS, languages=())
    assert real.version == questionnaires[DIGITS].version
    codes = {
        question.code: [(option.scale_id, option.code) for option in question.options] for question in real.questions
    }
    assert codes == {
        "depuiszero": [(0, "0"), (0, "1"), (0, "2")],  # answered as a list
        "desordre": [(0, "1"), (0, "0"), (0, "2")],  # answered as an object
        "depuisun": [(0, "1"), (0, "2"), (0, "3")],
        "trou": [(0, "0"), (0, "2")],
        "unseul": [(0, "0")],
        "zeros": [(0, "00"), (0, "01")],
        "vide": [],
        "commente": [(0, "0"), (0, "1")],
        "rang": [(0, "0"), (0, "1")],
        "tableau": [(0, "0"), (0, "1")],
        "deuxzero": [(0, "0"), (0, "1"), (1, "0"), (1, "1")],  # answered as a list of lists
        "deuxun": [(0, "1"), (0, "2"), (1, "x")],  # answered as a list of objects
        "uneechelle": [(0, "1"), (0, "2")],
        "aucune": [],
        "coches": [],
        "nombres": [],
    }


def test_options_on_the_second_scale_alone_are_read(survey: Survey, server: LimeSurvey) -> None:
    """Read options that exist on the second scale only.

    The answer is then an object by scale, because PHP encodes an array whose only key is 1 as an object. No such answer
    was recorded.
    """
    for code in ("i1", "i2"):
        survey.remove_option("td", code)
    qid = survey.question("td").qid
    result = server._property(BILINGUAL, qid, tuple(BOTH), "fr")  # pyright: ignore[reportPrivateUsage] the answer as it is received
    assert isinstance(result, dict)
    assert list(result) == ["1"]
    (question,) = [one for one in server.questionnaire(BILINGUAL).questions if one.code == "td"]
    assert [(option.scale_id, option.code) for option in question.options] == [(1, "m1"), (1, "m2")]


def test_a_changed_questionnaire_has_another_version(questionnaires: dict[int, Questionnaire]) -> None:
    assert questionnaires[790101].version != questionnaires[790102].version


def test_subquestions_belong_to_their_questions(questionnaires: dict[int, Questionnaire]) -> None:
    questions = questionnaires[ADOPTION].questions
    assert [question.code for question in questions][:3] == ["codestruct", "typestruct", "region"]
    assert len(questions) + sum(len(question.subquestions) for question in questions) == 53


def test_an_account_that_may_not_read_properties_gets_the_questionnaire_in_the_base_language(
    replay: Replay, all_exchanges: dict[str, list[Any]]
) -> None:
    server = replay(
        get_survey_properties="first/216_sansdroit_props",
        list_questions="second/041_v1_active_list_questions",
        list_groups="second/039_v1_active_list_groups_fr",
        get_question_properties=question_recordings(all_exchanges, BILINGUAL, "second"),
    )
    questionnaire = server.questionnaire(BILINGUAL)
    assert questionnaire.languages == ("fr",)
    assert len(questionnaire.questions) == 42


def test_a_language_that_the_survey_does_not_have_is_named(replay: Replay) -> None:
    server = replay(list_questions=["first/047_list_questions", "first/048_list_questions_bad_lang"])
    with pytest.raises(BadAnswer, match="the survey has no language 'en'"):
        server.questionnaire(ADOPTION, languages=["en"])


def test_participants_without_a_column_that_was_asked_for_are_refused(replay: Replay) -> None:
    server = replay(list_participants="second/152_s03_B_complete_en_list_participants")
    with pytest.raises(BadAnswer, match="there is no 'remindercount' in it"):
        server.participants(BILINGUAL, attributes=("attribute_1",))


def test_attributes_of_participants_are_read_as_they_were_typed(replay: Replay) -> None:
    server = replay(
        list_participants="third/786_client_list_participants_791107",
        get_summary="third/779_client_get_summary_791107",
    )
    assert {
        one.token: one.attributes["attribute_1"] for one in server.participants(791107, attributes=["attribute_1"])
    } == {
        "pa1": "Les Amis du Marché",
        "pa2": " Épicerie  du  Port ",
        "pa3": '"Chez nous" ; bar',
        "pa4": "",
        "pa5": "=1+1",
        "pa6": "Les Amis du Marché",
        "pa7": "Maison\u00a0Bleue",
    }


def test_a_participant_with_uses_left_is_not_completed_though_responses_came(replay: Replay) -> None:
    server = replay(
        list_participants="third/741_client_list_participants_791103",
        get_summary="third/734_client_get_summary_791103",
    )
    participants = server.participants(791103, attributes=["attribute_1"])
    assert [(one.tid, one.completed, one.uses_left) for one in participants] == [
        (1, True, 0),
        (2, False, 2),
        (3, False, 2),
        (4, False, 3),
    ]
    assert participants[0].completed_at == datetime(2026, 11, 28, 14, 42)


def export_titles(all_exchanges: dict[str, list[Any]]) -> list[Any]:
    """Return the recorded exports in the form that the client requests, with at least one response."""
    found: list[Any] = []
    for batch in all_exchanges.values():
        for exchange in batch:
            if exchange.method != "export_responses" or not (exchange.file or "").startswith('{"responses": [{'):
                continue
            params = [*exchange.params, *[None] * 8]
            if (
                params[1] not in {*UNCLEAR, REPLACED}
                and params[5] in {None, "code"}
                and params[6] in {None, "short"}
                and not params[9]
                and not params[10]
            ):
                found.append(exchange)
    return found


def test_every_recorded_export_becomes_the_long_form_cell_by_cell(
    replay: Replay, all_exchanges: dict[str, list[Any]], questionnaires: dict[int, Questionnaire]
) -> None:
    own = {
        "id",
        "submitdate",
        "lastpage",
        "startlanguage",
        "seed",
        "token",
        "startdate",
        "datestamp",
        "ipaddr",
        "refurl",
    }
    exports = export_titles(all_exchanges)
    server = replay(export_responses=[exchange.title for exchange in exports])
    unknown: dict[str, set[str]] = {}
    for exchange in exports:
        survey_id = int(re.findall(r"^\d+", str(exchange.params[1]))[0])
        rows = json.loads(exchange.file)["responses"]
        (page,) = server.response_pages_by_ids(survey_id, [row["id"] for row in rows])
        table = long_form(page.table, questionnaires[survey_id])
        cells = {
            (row["response_id"], row["field"]): row["value_text"]
            for row in table.select(["response_id", "field", "value_text"]).to_pylist()
        }
        assert cells == {
            (row["id"], heading): None if value is None else str(value)
            for row in rows
            for heading, value in row.items()
            if heading not in own
        }, exchange.title
        flagged = {row["field"] for row in table.filter(~table["is_known"].to_numpy()).to_pylist()}
        if flagged:
            unknown[exchange.title] = flagged
        assert page.raw.decode() == exchange.file
        assert page.completed == len([row for row in rows if row["submitdate"] is not None])
    assert len(exports) > 120
    # The answers to a question whose code changed while the survey was open are kept, and flagged.
    assert unknown == {"second/415_v1_live_export_after": {"court2"}}


def test_real_questionnaires_with_reserved_and_repeated_codes_are_unclear(
    replay: Replay, all_exchanges: dict[str, list[Any]]
) -> None:
    third = all_exchanges["third"]

    def codes(number: int) -> str | None:
        listed = next(one for one in third if one.number == number)
        survey_id = listed.params[1]
        groups = next(one for one in third if one.method == "list_groups" and one.params[1] == survey_id)
        server = replay(
            list_questions=listed.title,
            list_groups=groups.title,
            get_question_properties=with_attributes(lambda _params: "third/425_twice_groups_qprops_avis"),
        )
        return unclear_codes(server.questionnaire(survey_id, languages=()))

    reserved, imported, renamed, repeated = map(codes, (398, 411, 618, 619))
    assert reserved is not None
    assert "id, seed, startdate, submitdate, datestamp, token, lastpage, startlanguage, ipaddr, refurl" in reserved
    assert imported is None
    assert renamed is not None
    assert "a question has the code token, which" in renamed
    assert repeated is not None
    assert "a question has the code token, which" in repeated


def page_in(replay: Replay, exchange: Any, survey_id: int) -> ResponsePage:
    """Return the page in a recorded export, read by the ids of its responses."""
    ids = [row["id"] for row in json.loads(exchange.file)["responses"]]
    (page,) = replay(export_responses=exchange.title).response_pages_by_ids(survey_id, ids)
    return page


def test_the_long_form_names_question_subquestion_scale_and_part(
    replay: Replay, recorded: Recorded, questionnaires: dict[int, Questionnaire]
) -> None:
    page = page_in(replay, recorded("second/263_s19_export_all"), BILINGUAL)
    rows = long_form(page.table, questionnaires[BILINGUAL]).to_pylist()
    second = {row["field"]: row for row in rows if row["response_id"] == 2}
    wanted = {
        "statut": ("statut", None, None, Part.VALUE, "-oth-"),
        "statut[other]": ("statut", None, None, Part.OTHER, "Réseau informel"),
        "suite[comment]": ("suite", None, None, Part.COMMENT, "Si le budget « suit » ; sinon non"),
        "td[gouv][2]": ("td", "gouv", 1, Part.VALUE, "m2"),
        "tn[sal_t2]": ("tn", "sal_t2", None, Part.VALUE, "7.5"),
        "tn[ben_t2]": ("tn", "ben_t2", None, Part.VALUE, ""),
        "freins[temps]": ("freins", "temps", None, Part.VALUE, "Y"),
        "freins[other]": ("freins", None, None, Part.OTHER, "Locaux"),
        "leviers[dircomment]": ("leviers", "dir", None, Part.COMMENT, "très moteur"),
        "leviers[othercomment]": ("leviers", "other", None, Part.COMMENT, "maire"),
        "prio[1]": ("prio", "1", None, Part.RANK, "p3"),
        "pieces[filecount]": ("pieces", None, None, Part.FILE_COUNT, "1"),
        "qualite": ("qualite", None, None, Part.VALUE, None),
        "moment": ("moment", None, None, Part.VALUE, "2026-03-15 14:30:00"),
    }
    for heading, expected in wanted.items():
        row = second[heading]
        found = (row["question_code"], row["subquestion_code"], row["scale_id"], row["part"], row["value_text"])
        assert found == expected
    assert second["pieces"]["part"] == Part.FILES
    assert json.loads(second["pieces"]["value_text"])[0]["name"] == "rapport.txt"


def test_a_complete_response_of_an_undated_survey_has_no_date(replay: Replay, recorded: Recorded) -> None:
    page = page_in(replay, recorded("first/274_web_submitted_export_781235"), ANONYMOUS)
    rows = responses_table(page.table).to_pylist()
    assert rows[0] == {
        "response_id": 1,
        "token": None,
        "is_complete": True,
        "submitted": None,
        "started": None,
        "last_saved": None,
        "last_page": 1,
        "start_language": "fr",
    }


def test_a_row_that_somebody_only_opened_is_incomplete(replay: Replay, recorded: Recorded) -> None:
    page = page_in(replay, recorded("second/137_s00_active_no_table_export"), BILINGUAL)
    row = responses_table(page.table).to_pylist()[0]
    assert (row["is_complete"], row["last_page"], row["submitted"]) == (False, None, None)
    assert row["started"] == datetime(2026, 11, 22, 23, 30, 15)


def test_an_empty_survey_is_an_empty_page_where_the_count_agrees(replay: Replay) -> None:
    server = replay(
        export_responses="first/029_export_active_empty_json", get_summary="first/031_get_summary_active_empty"
    )
    assert list(server.response_files(ADOPTION)) == []


def test_the_words_of_an_empty_survey_are_refused_where_the_count_disagrees(replay: Replay) -> None:
    server = replay(export_responses="first/029_export_active_empty_json", get_summary="first/097_get_summary")
    with pytest.raises(BadAnswer, match=r"'No Data, could not get max id\.' and counts 9 responses"):
        list(server.response_files(ADOPTION))


def test_an_emptied_survey_with_its_numbers_going_on_is_empty(replay: Replay) -> None:
    server = replay(export_responses="second/457_de_re_export", get_summary="second/454_de_re_get_summary")
    assert list(server.response_files(790107)) == []


def test_invitations_that_could_not_be_sent_are_reported_without_names(replay: Replay) -> None:
    mailing = replay(invite_participants="first/248_invite_participants").invite_participants(
        ADOPTION, tids=[1, 2, 3, 4, 5, 6]
    )
    assert mailing.sent == ()
    assert mailing.left == 0
    assert sorted(mailing.failed) == [1, 2, 3, 4, 5, 6]
    assert set(mailing.failed.values()) == {"Could not instantiate mail function."}
    assert "example.org" not in repr(mailing)


def test_nobody_to_remind_is_no_error(replay: Replay) -> None:
    mailing = replay(remind_participants="first/250_remind_participants").remind_participants(ADOPTION, tids=[1])
    assert (mailing.sent, mailing.failed, mailing.left) == ((), {}, None)
