import pytest

from tasks.simulator import State, Survey, User


def lss(*, questions: str = "", answers: str = "", before: str = "") -> bytes:
    return f"""<?xml version="1.0" encoding="UTF-8"?>{before}
<document><LimeSurveyDocType>Survey</LimeSurveyDocType>
<answers><rows>{answers}</rows></answers>
<groups><rows><row><gid>5</gid><group_order>0</group_order></row></rows></groups>
<questions><rows>{questions}</rows></questions>
<surveys><rows><row><sid>1</sid><language>fr</language></row></rows></surveys>
<surveys_languagesettings><rows><row><surveyls_language>fr</surveyls_language>
<surveyls_title>Essai</surveyls_title></row></rows></surveys_languagesettings>
</document>""".encode()


def question(title: str, kind: str) -> str:
    return (
        f"<row><qid>7</qid><parent_qid>0</parent_qid><gid>5</gid><type>{kind}</type><title>{title}</title>"
        "<question_order>0</question_order></row>"
    )


def option(code: str) -> str:
    return f"<row><aid>{code}</aid><qid>7</qid><code>{code}</code><sortorder>0</sortorder></row>"


def test_long_option_codes_and_underscores_are_lost_as_on_the_server() -> None:
    survey = Survey.from_lss(lss(questions=question("etat_final", "L"), answers=option("oui") + option("en_cours")))
    assert [row.title for row in survey.questions] == ["etatfinal"]
    assert [row.code for row in survey.questions[0].options] == ["oui"]


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE lolz [<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;">]>',
        '<!DOCTYPE x [<!ENTITY file SYSTEM "file:///etc/hostname">]>',
        '<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">',
    ],
)
def test_a_file_with_a_document_type_is_refused(doctype: str) -> None:
    with pytest.raises(ValueError, match="entities are not accepted"):
        Survey.from_lss(lss(before=doctype))


@pytest.mark.parametrize("document", [b"", b"<document/>", b"not XML", b"<a><b></a>"])
def test_a_file_that_holds_no_survey_is_refused(document: bytes) -> None:
    with pytest.raises(ValueError, match="not a survey structure file"):
        Survey.from_lss(document)


@pytest.fixture
def survey() -> Survey:
    survey = Survey.from_lss(lss(questions=question("etp", "N")))
    survey.activate()
    return survey


def test_responses_are_added_by_heading_and_complete_their_participant(survey: Survey) -> None:
    tid = survey.add_participant(token="t")
    response_id = survey.add_response({"etp": "0.10"}, token="t", submitdate="2026-03-31 10:00:00")
    assert survey.responses[response_id].answers == {"1X5X7": "0.1"}
    assert survey.participants[tid].completed == "2026-03-31 10:00"
    assert survey.participants[tid].usesleft == 0


def test_a_heading_that_the_survey_does_not_have_is_refused(survey: Survey) -> None:
    with pytest.raises(KeyError, match="autre"):
        survey.add_response({"autre": "x"})


def test_a_closed_survey_takes_no_response(survey: Survey) -> None:
    survey.deactivate()
    with pytest.raises(ValueError, match="not active"):
        survey.add_response({})


def test_ids_go_on_when_a_survey_is_opened_again(survey: Survey) -> None:
    first = survey.add_response({})
    survey.deactivate()
    survey.activate()
    assert survey.responses == {}
    assert survey.add_response({}) == first + 1


def test_surveys_of_one_server_do_not_share_the_numbers_of_their_questions() -> None:
    other = Survey.from_lss(lss(questions=question("etp", "N")))
    other.sid = 2
    other.activate()
    response_id = other.add_response({"etp": "3"})
    state = State([Survey.from_lss(lss(questions=question("etp", "N"))), other])
    assert [row.qid for one in state.surveys.values() for row in one.questions] == [1, 2]
    assert other.responses[response_id].answers == {"2X2X2": "3"}


def test_a_session_lives_two_hours_from_its_making() -> None:
    clock = [0.0]
    state = State(monotonic=lambda: clock[0])
    key = state.login("admin", "password", "Authdb", "here")
    clock[0] = 7199
    assert state.user_of(key) is not None
    clock[0] = 7200
    assert state.user_of(key) is None


def test_three_failures_lock_an_address_out_for_ten_minutes() -> None:
    clock = [0.0]
    state = State(users=[User("admin", "right")], monotonic=lambda: clock[0])
    for _ in range(3):
        assert state.login("admin", "wrong", "Authdb", "here") is None
    with pytest.raises(PermissionError):
        state.login("admin", "right", "Authdb", "here")
    assert state.login("admin", "right", "Authdb", "elsewhere")
    clock[0] = 600
    assert state.login("admin", "right", "Authdb", "here")
