"""Test that the client reads recorded answers of the real server over HTTP, and refuses all others with a sentence."""

import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import pytest

from tasks.limesurvey import (
    BadAnswer,
    LimeSurvey,
)
from tasks.limesurvey.questionnaire import options_of
from tasks.questionnaires.questionnaire import QuestionKind, Questionnaire, kind_of
from tasks.questionnaires.unclear_codes import unclear_codes
from tasks.simulator import Survey

Replay = Callable[..., LimeSurvey]
Recorded = Callable[[str], Any]
ADOPTION, BILINGUAL, MINI, ANONYMOUS, DIGITS = 781234, 790101, 781236, 781235, 791108
BOTH = ["answeroptions", "answeroptions_multiscale"]
ATTRIBUTES = ["attributes", "attributes_lang"]


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
