"""Test that nothing is missing at which no run has looked, through the command line on both engines."""

import email
import email.policy
import json
from collections.abc import Callable, Generator
from datetime import date

import pytest
from deciding import decided
from running import Ran, succeeding
from small_programme import Small, small_programme

from schemas.enums import DecisionKind
from schemas.settings import ProjectPaths

Run = Callable[..., Ran]
LAST_READ, LATER, MUCH_LATER, LONG_AFTER = date(2026, 1, 14), date(2026, 2, 20), date(2026, 3, 2), date(2026, 3, 14)
"""The last day on which the returns are on time, and three days on which they would be missing."""
STRUCTURES = ("STR1", "STR2", "STR3", "STR4")


@pytest.fixture
def small(paths_with_views: ProjectPaths, monkeypatch: pytest.MonkeyPatch) -> Generator[Small]:
    with small_programme(monkeypatch, paths_with_views.folder, structures=STRUCTURES, reminders=True) as small:
        small.add_participants(*STRUCTURES)
        small.simulator.state.mail_works = True
        small.answer("str1")
        yield small


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], paths_with_views: ProjectPaths) -> Run:
    return succeeding(capsys, paths_with_views.folder)


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
    answered, owing = ("received", None), ("open", None)
    assert states(run) == {"STR1": answered, "STR2": owing, "STR3": owing, "STR4": owing}
    decided(small.folder, DecisionKind.WAIVE, "C-1/STR3/M06/suivi", as_of=LATER)
    run("remind", "--as-of", str(LATER))
    unread = ("unverifiable", "not_read_since")
    assert states(run) == {"STR1": answered, "STR2": unread, "STR3": ("waived", None), "STR4": unread}
    (path,) = small.paths.mails.glob(f"{LATER}_E_*.eml")
    body = email.message_from_bytes(path.read_bytes(), policy=email.policy.default).get_body(("plain",))
    assert body is not None
    text = body.get_content().replace("\N{NO-BREAK SPACE}", " ")
    assert "NON VÉRIFIABLES POUR L'INSTANT (NE PAS RELANCER) · 2" in text
    assert "ou personne n'a regardé depuis leur échéance" in text
    assert "Rien n'est arrivé" not in text
    assert "Certaines sources n'ont pas été lues depuis le mercredi 14 janvier 2026 :" in text
    written_to = {row.token for row in small.survey.participants.values() if row.sent != "N"}
    assert "str2" in written_to  # by the collection: due, and still on time
    assert all(row.remindersent == "N" for row in small.survey.participants.values())
    small.answer("str2", "2026-01-14 12:00:00")
    small.collect(MUCH_LATER, views=True)
    found = {"STR1": answered, "STR2": answered, "STR3": ("waived", None), "STR4": ("missing", None)}
    assert states(run) == found
    # What was looked for once stays missing, however long ago that was.
    small.build_some(LONG_AFTER)
    assert states(run) == found
