"""Test that nothing is missing at which no run has looked, through the command line on both engines."""

import email
import email.policy
import json
from collections.abc import Callable, Generator
from datetime import date

import pytest
from running import Ran, succeeding
from small_programme import Small, small_programme

from schemas.settings import ProjectPaths

Run = Callable[..., Ran]
LAST_READ, LATER, MUCH_LATER = date(2026, 1, 14), date(2026, 2, 20), date(2026, 3, 2)
"""The last day on which the returns are on time, and two days on which they would be missing."""


@pytest.fixture
def small(paths: ProjectPaths, monkeypatch: pytest.MonkeyPatch) -> Generator[Small]:
    with small_programme(monkeypatch, paths.folder / "programme", reminders=True) as small:
        small.add_participants("STR1", "STR2", "STR3")
        small.simulator.state.mail_works = True
        small.answer("str1")
        yield small


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], paths: ProjectPaths) -> Run:
    return succeeding(capsys, paths.folder / "programme")


def states(run: Run) -> dict[str, tuple[str, str | None]]:
    ran = run(
        "query",
        "--format",
        "json",
        "select structure_code, state, source_outcome from analytics.return_status order by 1",
    )
    return {row["structure_code"]: (row["state"], row["source_outcome"]) for row in json.loads(ran.out)}


def test_what_fell_due_after_the_last_collection_is_unverifiable_until_the_next(small: Small, run: Run) -> None:
    run("collect", "--as-of", str(LAST_READ))
    assert states(run) == {"STR1": ("received", None), "STR2": ("open", None), "STR3": ("open", None)}
    run("waive", "C-1/STR3/M06/suivi", "--reason", "r", "--author", "A", "--as-of", str(LATER))
    assert states(run) == {
        "STR1": ("received", None),
        "STR2": ("unverifiable", "not_read_since"),
        "STR3": ("waived", None),
    }
    run("remind", "--as-of", str(LATER))
    (path,) = small.paths.mails.glob(f"{LATER}_E_*.eml")
    body = email.message_from_bytes(path.read_bytes(), policy=email.policy.default).get_body(("plain",))
    assert body is not None
    text = body.get_content().replace("\N{NO-BREAK SPACE}", " ")
    assert "NON VÉRIFIABLES POUR L'INSTANT (NE PAS RELANCER) · 1" in text
    assert "ou personne n'a regardé depuis leur échéance" in text
    assert "Rien n'est arrivé" not in text
    assert "Les sources ont été lues pour la dernière fois le mercredi 14 janvier 2026 :" in text
    written_to = {row.token for row in small.survey.participants.values() if row.sent != "N"}
    assert "str2" in written_to  # by the collection: due, and still on time
    assert all(row.remindersent == "N" for row in small.survey.participants.values())
    small.answer("str2", "2026-01-14 12:00:00")
    run("collect", "--as-of", str(MUCH_LATER))
    assert states(run)["STR2"] == ("received", None)


def test_the_next_collection_that_finds_nothing_makes_it_missing(small: Small, run: Run) -> None:
    run("collect", "--as-of", str(LAST_READ))
    run("collect", "--as-of", str(LATER))
    assert states(run)["STR2"] == ("missing", None)
    # What was looked for once stays missing, however long ago that was.
    run("remind", "--as-of", str(MUCH_LATER))
    assert states(run)["STR2"] == ("missing", None)
