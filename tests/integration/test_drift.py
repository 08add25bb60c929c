"""Test `essaim drift` with a real HTTP server: its output, the files that it writes, and bad input."""

import json
import shutil
import socket
from collections.abc import Callable, Generator
from pathlib import Path

import pytest
from running import EXAMPLE, USER, Ran, demonstration_state, essaim, run_essaim, served

from tasks.simulator import Misbehaviour, Simulator, State, Survey, User
from tasks.simulator.model import Question

NAMES = ("suivi-1.csv", "suivi-2.csv", "suivi-3.csv")
Run = Callable[..., Ran]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return shutil.copytree(EXAMPLE, tmp_path / "programme")


@pytest.fixture
def state() -> State:
    """Return the surveys of the reference programme, without answers."""
    return State([Survey.from_lss(path) for path in sorted((EXAMPLE / "surveys").glob("*.lss"))], [USER])


@pytest.fixture
def simulator(state: State, monkeypatch: pytest.MonkeyPatch) -> Generator[Simulator]:
    with served(monkeypatch, state) as running:
        yield running


@pytest.fixture
def run(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    def drift(*options: str, command: str = "drift") -> Ran:
        ran = essaim(capsys, command, "--programme", str(folder), *options)
        assert "Traceback" not in ran.err + ran.out
        return ran

    return drift


def question_of(survey: Survey, code: str, below: str = "") -> Question:
    """Return a question of a survey on the server, or one of its subquestions."""
    one = next(q for q in survey.questions if q.title == code and not q.parent_qid)
    return one if not below else next(q for q in survey.questions if q.parent_qid == one.qid and q.title == below)


def edit(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new), encoding="utf-8")


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "questionnaires").iterdir()}


def test_an_unchanged_questionnaire_has_no_difference_and_takes_one_login(simulator: Simulator, run: Run) -> None:
    ran = run()
    assert ran.out.splitlines() == [
        "suivi version 1 (survey 310601): matches questionnaires/suivi-1.csv.",
        "suivi version 2 (survey 310602): matches questionnaires/suivi-2.csv.",
        "suivi version 3 (survey 310603): matches questionnaires/suivi-3.csv.",
    ]
    assert (ran.code, ran.err) == (0, "")
    assert simulator.calls.count("get_session_key") == 1


def test_the_questionnaires_of_the_reference_programme_are_what_accepting_writes(
    folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.rmtree(folder / "questionnaires")
    with served(monkeypatch, demonstration_state(folder)):
        ran = run("--accept")
        again, in_json = run("--accept"), run("--json", "--accept")
    assert ran.out.splitlines() == [f"Wrote questionnaires/{name}: the live questionnaire." for name in NAMES]
    assert ran.code == 0
    assert contents(folder) == contents(EXAMPLE)
    assert again.out == "Nothing to write: the files already hold the questionnaires that could be read.\n"
    assert in_json.out.endswith('"written": []}\n')


def test_each_difference_is_reported_in_words_with_what_it_breaks_and_the_lines_that_mend_it(
    simulator: Simulator, state: State, run: Run
) -> None:
    first, third = state.surveys[310601], state.surveys[310603]
    question_of(third, "poursuite").title = "suite"
    question_of(third, "freins", "moyens").title = "budget"
    question_of(third, "accompagnement").texts["fr"].question = "<p>Et l'accompagnement&nbsp;?</p>"
    question_of(third, "entreprises").type = "S"
    next(option for option in question_of(third, "adoption").options if option.code == "enc").code = "cours"
    third.questions.remove(question_of(third, "professionnels"))
    question_of(first, "commentaire").title = "companies"
    question_of(first, "companies").texts["fr"].question = "Quelles entreprises ?"
    ran = run()
    assert ran.code == 3
    assert ran.out == (
        """\
suivi version 1 (survey 310601): 2 differences from questionnaires/suivi-1.csv.

  commentaire  “Avez-vous un commentaire ?”
    vanished: found no such question; expected long text (T) “Avez-vous un commentaire ?”.

  companies  “Quelles entreprises ?”
    new: found long text (T) “Quelles entreprises ?”; expected no such question.
      crosswalk.csv  + suivi,1,companies,?,

suivi version 2 (survey 310602): matches questionnaires/suivi-2.csv.
suivi version 3 (survey 310603): 6 differences from questionnaires/suivi-3.csv."""
        """ 5 crosswalk items can no longer be read safely.

  professionnels  “Combien de professionnels participent à l'innovation depuis la formation ?”
    vanished: found no such question; expected number (N) “Combien de professionnels participent à l'innovation"""
        """ depuis la formation ?”.
      breaks professionnels
      crosswalk.csv  - suivi,3,professionnels,professionals,

  entreprises  “Combien d'entreprises sont mobilisées depuis la formation ?”
    retyped: found short text (S); expected number (N).
      breaks entreprises

  adoption  “Où en est l'adoption dans votre structure ?”
    recoded option enc: found it under the code cours; expected “En cours” under the code enc.
      breaks adoption
      recodes.csv  + adoption_online,cours,in_progress,

  freins  “Quels freins rencontrez-vous ?”
    renamed subquestion moyens: found it under the code budget; expected “Les moyens” under the code moyens.
      breaks freins[moyens]
      crosswalk.csv  - suivi,3,freins[moyens],barrier_means,ticked
      crosswalk.csv  + suivi,3,freins[budget],barrier_means,ticked

  accompagnement  “Quelle note donnez-vous à l'accompagnement ?”
    reworded (fr): found “Et l'accompagnement ?”; expected “Quelle note donnez-vous à l'accompagnement ?”.

  poursuite  “Pensez-vous poursuivre après l'évaluation ?”
    renamed: found it under the code suite; expected “Pensez-vous poursuivre après l'évaluation ?” under the code"""
        """ poursuite.
      breaks poursuite
      crosswalk.csv  - suivi,3,poursuite,will_continue,yes_no
      crosswalk.csv  + suivi,3,suite,will_continue,yes_no

Copy the right lines into the folder, replace each ? by its value, then run: essaim drift --accept
"""
    )


def test_a_program_reads_the_same_as_json(simulator: Simulator, state: State, run: Run) -> None:
    question_of(state.surveys[310603], "poursuite").title = "suite"
    ran = run("--json")
    output = json.loads(ran.out)
    assert (ran.code, output["written"]) == (3, None)
    assert [(s["survey_id"], s["outcome"], s["broken_items"]) for s in output["surveys"]] == [
        (310601, "same", []),
        (310602, "same", []),
        (310603, "differs", ["poursuite"]),
    ]
    assert output["surveys"][2]["differences"] == [
        {
            "kind": "renamed",
            "element": "question",
            "question_code": "poursuite",
            "code": "",
            "scale": 0,
            "language": "",
            "found": "it under the code suite",
            "expected": "“Pensez-vous poursuivre après l'évaluation ?” under the code poursuite",
            "breaks": ["poursuite"],
            "proposals": [
                {
                    "file": "crosswalk.csv",
                    "line": "suivi,3,suite,will_continue,yes_no",
                    "replaces": "suivi,3,poursuite,will_continue,yes_no",
                }
            ],
        }
    ]


def test_after_the_crosswalk_is_mended_the_questionnaire_is_accepted(
    simulator: Simulator, state: State, folder: Path, run: Run
) -> None:
    question_of(state.surveys[310603], "poursuite").title = "suite"
    edit(folder, "crosswalk.csv", "suivi,3,poursuite,", "suivi,3,suite,")
    # Before the questionnaire is accepted, the crosswalk and the baseline contradict each other.
    checked = run(command="check")
    assert checked.code == 2
    assert "essaim drift --accept" in checked.err
    halfway = run()
    assert halfway.code == 3
    assert "breaks" not in halfway.out
    accepted = run("--accept")
    assert (accepted.code, accepted.out) == (0, "Wrote questionnaires/suivi-3.csv: the live questionnaire.\n")
    assert b"question,suite,," in contents(folder)["suivi-3.csv"]
    assert run().code == 0
    assert run(command="check").code == 0


@pytest.mark.parametrize("with_baseline", [True, False])
def test_a_questionnaire_that_the_crosswalk_does_not_fit_is_not_accepted(
    simulator: Simulator, state: State, folder: Path, run: Run, with_baseline: bool
) -> None:
    if not with_baseline:
        shutil.rmtree(folder / "questionnaires")
    question_of(state.surveys[310603], "poursuite").title = "poursuites"
    question_of(state.surveys[310603], "adoption").options[1].code = "cours"
    ran = run("--accept")
    assert ran.code == 2
    assert "Nothing was accepted" in ran.err
    assert "Did you mean poursuites?" in ran.err
    assert "it lacks cours (En cours)" in ran.err
    assert (contents(folder) == contents(EXAMPLE)) if with_baseline else not (folder / "questionnaires").exists()


def test_without_a_file_to_compare_with_it_says_how_to_make_one_and_what_nobody_asks(
    simulator: Simulator, state: State, folder: Path, run: Run
) -> None:
    shutil.rmtree(folder / "questionnaires")
    ran = run()
    assert ran.code == 0
    assert "suivi version 1 (survey 310601): there is no questionnaires/suivi-1.csv to compare with." in ran.out
    assert "To create a missing file from the live questionnaire, run: essaim drift --accept" in ran.out
    question_of(state.surveys[310603], "poursuite").title = "suite"
    ran = run()
    assert ran.code == 3
    assert (
        "there is no questionnaires/suivi-3.csv to compare with. 1 crosswalk item can no longer be read safely"
        in ran.out
    )
    assert "vanished: found nothing of that name is asked; expected poursuite, which the crosswalk maps." in ran.out
    assert "crosswalk.csv  - suivi,3,poursuite,will_continue,yes_no" in ran.out


# Unreadable input.


def test_a_survey_that_is_gone_could_not_be_checked_and_the_others_are_compared(
    simulator: Simulator, state: State, folder: Path, run: Run
) -> None:
    del state.surveys[310602]
    question_of(state.surveys[310603], "contact").texts["fr"].question = "Qui appeler ?"
    ran = run()
    assert ran.code == 3
    assert "suivi version 2 (survey 310602): could not check. http://127.0.0.1" in ran.out
    assert "suivi version 3 (survey 310603): 1 difference from" in ran.out
    accepted = run("--accept")
    assert accepted.code == 3
    assert "could not check" in accepted.out
    assert "Wrote questionnaires/suivi-3.csv: the live questionnaire." in accepted.out
    assert contents(folder)["suivi-2.csv"] == contents(EXAMPLE)["suivi-2.csv"]
    compared = json.loads(run("--json").out)["surveys"][1]
    assert (compared["outcome"], compared["differences"]) == ("could_not_check", [])
    assert "survey 310602" in compared["detail"]


@pytest.mark.parametrize("kind", [Misbehaviour.HTML, Misbehaviour.EMPTY_BODY, Misbehaviour.OTHER_ID])
@pytest.mark.parametrize("method", ["list_questions", "list_groups", "get_question_properties"])
def test_an_answer_that_is_none_leaves_one_survey_unchecked(
    simulator: Simulator, folder: Path, run: Run, kind: Misbehaviour, method: str
) -> None:
    simulator.misbehave(kind, times=None, method=method)
    ran = run("--accept")
    assert ran.code == 3
    assert ran.out.count("could not check") == 3
    assert contents(folder) == contents(EXAMPLE)
    assert simulator.calls.count("get_session_key") == 1
    simulator.behave()
    assert run().code == 0


def test_a_session_that_ends_is_renewed(simulator: Simulator, run: Run) -> None:
    simulator.misbehave(Misbehaviour.EXPIRE, method="list_groups")
    assert run().code == 0


def test_a_password_that_is_refused_is_tried_once(
    simulator: Simulator, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ESSAIM_LIMESURVEY_PASSWORD", "not-the-password")
    ran = run()
    assert ran.code == 1
    assert len(ran.err.splitlines()) == 1
    assert "Invalid user name or password" in ran.err
    assert "not-the-password" not in ran.err + ran.out
    assert simulator.calls.count("get_session_key") == 1


def test_a_server_that_is_not_there_is_one_sentence(folder: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    monkeypatch.setenv("ESSAIM_LIMESURVEY_URL", f"http://127.0.0.1:{port}/index.php/admin/remotecontrol")
    monkeypatch.setenv("ESSAIM_LIMESURVEY_USERNAME", USER.name)
    monkeypatch.setenv("ESSAIM_LIMESURVEY_PASSWORD", USER.password)
    ran = run("--accept")
    assert ran.code == 1
    assert len(ran.err.splitlines()) == 1
    assert str(port) in ran.err
    assert contents(folder) == contents(EXAMPLE)


def test_a_page_in_the_place_of_the_server_is_one_sentence(simulator: Simulator, run: Run) -> None:
    simulator.misbehave(Misbehaviour.HTML, times=None)
    ran = run()
    assert ran.code == 1
    assert len(ran.err.splitlines()) == 1


def test_an_account_that_may_only_read_compares_the_base_language(
    state: State, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = User("reader", "a-password-of-the-reader", administrator=False, surveys=frozenset(state.surveys))
    state.users[reader.name] = reader
    with served(monkeypatch, state):
        monkeypatch.setenv("ESSAIM_LIMESURVEY_USERNAME", reader.name)
        monkeypatch.setenv("ESSAIM_LIMESURVEY_PASSWORD", reader.password)
        ran = run()
    assert ran.code == 3
    assert ran.out.count("the whole questionnaire") == 3
    assert "vanished (en): found a questionnaire without it, or an account that may not read it" in ran.out


# Usage.


def test_a_command_without_a_user_or_a_folder_says_what_to_set() -> None:
    ran = run_essaim("drift", "--programme", str(EXAMPLE))
    assert (ran.code, ran.out) == (2, "")
    assert "ESSAIM_LIMESURVEY_USERNAME" in ran.err
    assert run_essaim("drift", "--programme", "/no/such/folder").code == 2
    assert run_essaim("drift", "--acept").code == 2


def test_a_folder_with_mistakes_is_reported_before_any_call_to_the_server(
    simulator: Simulator, folder: Path, run: Run
) -> None:
    edit(folder, "questionnaires/suivi-1.csv", "question,entreprises,,0,2,N", "question,entreprises,,0,two,N")
    ran = run("--accept")
    assert ran.code == 2
    assert "questionnaires/suivi-1.csv:4: found position = 'two'" in ran.err
    assert simulator.calls == []


def test_a_programme_without_surveys_has_nothing_to_compare(folder: Path, run: Run) -> None:
    text = (folder / "programme.yaml").read_text(encoding="utf-8")
    start, end = text.index("  - code: suivi"), text.index("  - code: tableau")
    (folder / "programme.yaml").write_text(text[:start] + text[end:], encoding="utf-8")
    lines = (folder / "crosswalk.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "crosswalk.csv").write_text("".join(x for x in lines if not x.startswith("suivi")), encoding="utf-8")
    lines = (folder / "recodes.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    used = ("recode", "adoption_vita", "adoption_lref", "said_yes_no", "contract")
    (folder / "recodes.csv").write_text("".join(x for x in lines if x.startswith(used)), encoding="utf-8")
    shutil.rmtree(folder / "questionnaires")
    ran = run()
    assert (ran.code, ran.out) == (0, "No instrument of this programme is a survey: there is nothing to compare.\n")


def test_a_folder_that_cannot_be_written_is_one_sentence(simulator: Simulator, folder: Path, run: Run) -> None:
    shutil.rmtree(folder / "questionnaires")
    (folder / "questionnaires").symlink_to(folder / "gone")
    ran = run("--accept")
    assert ran.code == 1
    assert len(ran.err.splitlines()) == 1
    assert "questionnaires cannot be used" in ran.err
