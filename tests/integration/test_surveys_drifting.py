"""Test a questionnaire that changes while people answer: quarantined, kept and restored answers."""

from collections.abc import Generator
from datetime import date
from pathlib import Path

import pytest
from small_programme import Small, small_programme

from schemas.settings import Environment
from tasks.landing import Landing

CANARY = "Personne Inventée-Canari"


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Small]:
    """Yield a programme in which one of three structures answered before the questionnaire changed."""
    with small_programme(monkeypatch, tmp_path / "programme") as small:
        small.add_participants("STR1", "STR2", "STR3")
        small.answer("str1", budget="1")
        small.collect(date(2026, 1, 5))
        yield small


def answer_to(small: Small, token: str, at: str, **answers: str) -> int:
    return small.survey.add_response(answers, token=token, submitdate=at)


def test_a_question_under_another_code_keeps_new_responses_aside_until_the_crosswalk_is_corrected(
    small: Small,
) -> None:
    small.survey.rename_question("budget", "depenses")
    number = answer_to(small, "str2", "2026-01-06 10:00:00", adopt="oui", depenses="2")
    loaded = small.collect(date(2026, 1, 12), weekly=True, views=True)
    assert loaded.quarantined == [
        f"enquête {small.survey.sid}, réponse {number}, budget: une question qui a changé, "
        "ou qui n'est plus posée → le questionnaire pour lequel la table de passage a été écrite"
    ]
    (note,) = loaded.notes
    assert "new responses are quarantined, because budget can no longer be read safely" in note
    assert "essaim drift shows" in note
    assert [row[0] for row in small.versions()] == [1, number]
    assert (small.status("STR1")["state"], small.value("budget", "STR1")) == ("received", "1.0")
    assert (small.status("STR2")["state"], small.status("STR2")["n_findings"]) == ("quarantined", 1)

    small.edit("crosswalk.csv", "suivi,1,budget,", "suivi,1,depenses,")
    small.accept()
    loaded = small.collect(date(2026, 1, 19), weekly=True, views=True)
    assert (loaded.quarantined, loaded.notes, loaded.trouble) == ([], [], None)
    assert (small.status("STR2")["state"], small.value("budget", "STR2")) == ("received", "2.0")
    assert small.status("STR2")["n_findings"] == 0
    assert small.status("STR2")["arrived_on"] == date(2026, 1, 6)
    ids = small.rows("select return_id, outcome from raw.returns where sequence = ? order by loaded_at", number)
    assert [outcome for _, outcome in ids] == ["quarantined", "loaded"]
    assert ids[0][0] == ids[1][0]
    assert small.rows("select return_id, item from raw.answers group by all having count(*) > 1") == []
    # The answers under the old code are in the views too.
    assert (small.status("STR1")["state"], small.value("budget", "STR1")) == ("received", "1.0")
    assert small.status("STR1")["arrived_on"] == date(2025, 12, 20)
    assert small.collect(date(2026, 1, 26)).count == 0


def test_a_reworded_label_is_reported_and_breaks_nothing(small: Small) -> None:
    small.survey.relabel_option("adopt", "oui", "Oui, tout à fait")
    answer_to(small, "str2", "2026-01-06 10:00:00", adopt="oui", budget="2")
    loaded = small.collect(date(2026, 1, 12), weekly=True)
    assert loaded.quarantined == []
    (note,) = loaded.notes
    assert "no crosswalk item is affected" in note
    assert [row[4] for row in small.versions()] == ["loaded", "loaded"]


def test_an_answer_under_another_code_keeps_new_responses_aside(small: Small) -> None:
    small.survey.recode_option("adopt", "oui", "yes")
    number = answer_to(small, "str2", "2026-01-06 10:00:00", adopt="yes", budget="2")
    small.collect(date(2026, 1, 12), weekly=True)
    assert [(row[0], row[4]) for row in small.versions()] == [(1, "loaded"), (number, "quarantined")]


@pytest.mark.parametrize("has_baseline", [True, False])
def test_nothing_is_loaded_while_a_question_that_names_people_has_another_code(
    small: Small, has_baseline: bool
) -> None:
    small.survey.rename_question("nom", "personne")
    answer_to(small, "str2", "2026-01-06 10:00:00", adopt="oui", budget="2", personne=CANARY)
    if not has_baseline:
        (small.folder / "questionnaires" / "suivi-1.csv").unlink()
    loaded = small.collect(date(2026, 1, 12))
    assert loaded.trouble is not None
    assert f"Survey {small.survey.sid} does not ask nom, whose answers name people." in loaded.trouble
    assert "Expected the questions under identifiers in programme.yaml." in loaded.trouble
    assert small.check() == ("unintelligible", loaded.trouble)
    assert [row[0] for row in small.versions()] == [1]
    small.edit("programme.yaml", '"nom"', '"personne"')
    (small.folder / "questionnaires" / "suivi-1.csv").unlink(missing_ok=True)
    small.accept()
    assert small.collect(date(2026, 1, 19)).trouble is None
    assert [row[0] for row in small.versions()] == [1, 2]
    assert_nowhere(small, CANARY)


def test_nothing_is_loaded_where_the_survey_changed_while_it_was_read(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Load nothing if the code of an identifying question changes between the questionnaire and the first page."""
    answer_to(small, "str2", "2026-01-06 10:00:00", adopt="oui", budget="2", nom=CANARY)
    rename_before_the_export(small, monkeypatch)
    loaded = small.collect(date(2026, 1, 12))
    assert loaded.trouble is not None
    assert "personne" in loaded.trouble
    assert "changed while it was read" in loaded.trouble
    assert small.check()[0] == "unintelligible"
    assert [row[0] for row in small.versions()] == [1]
    assert_nowhere(small, CANARY)


def rename_before_the_export(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    take = small.simulator.faults.take

    def renaming(method: str | None) -> object:
        if method == "export_responses":
            for question in small.survey.questions:
                question.title = "personne" if question.title == "nom" else question.title
        return take(method)

    monkeypatch.setattr(small.simulator.faults, "take", renaming)


def test_a_name_that_somebody_types_is_nowhere_but_in_the_encrypted_originals(
    small: Small, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    answer_to(small, "str2", "2026-01-06 10:00:00", adopt="peut-être", budget="-2", nom=CANARY)
    answer_to(small, "nobody", "2026-01-06 10:00:00", adopt="oui", budget="2", nom=CANARY)
    loaded = small.collect(date(2026, 1, 12), views=True)
    assert loaded.quarantined
    assert loaded.notes
    assert_nowhere(small, CANARY)
    written = capfd.readouterr()
    assert CANARY not in written.out + written.err + caplog.text + repr(loaded)
    landing = Landing(small.paths, Environment())
    latest = "select landing_path from ops.receipts where outcome = 'read' order by loaded_at desc limit 1"
    ((path,),) = small.rows(latest)
    assert CANARY.encode() in landing.original(path).replace(b"\\u00e9", "é".encode())


def assert_nowhere(small: Small, name: str) -> None:
    for path in small.paths.var.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert name.encode() not in content, path
            assert b"Canari" not in content, path
