"""Test runs as of a day before the last collected one: they know what had come by their day."""

from datetime import date
from pathlib import Path

import bookkeeping as wb
import pytest
from commands import Commands
from delivering import collect, deliver, rows
from small_programme import small_programme

from schemas.settings import ProjectPaths
from schemas.tables import RETURNS

STATES = "select state from analytics.return_status order by expected_return_id"
ANSWERED = "select distinct expected_return_id from analytics.survey_answers order by 1"
LOADED = "select count(*), count(distinct return_id) from raw.returns"
LATE = "2026-01-20 10:00:00"


def states(commands: Commands, *arguments: str) -> list[str]:
    return [str(state) for (state,) in commands.rows(STATES, *arguments)]


def test_a_run_as_of_an_earlier_day_knows_what_had_come_by_then_although_a_later_run_loaded_it(
    paths: ProjectPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_programme(monkeypatch, paths.folder / "programme") as small:
        commands = Commands(small.folder)
        small.add_participants("STR1", "STR2", "STR3")
        answered = small.answer("str1")
        small.answer("str2", LATE)
        commands.run("collect", "--as-of", "2026-01-25")
        small.survey.delete_response(answered)
        commands.run("collect", "--as-of", "2026-01-27")
        assert states(commands) == ["missing", "late", "missing"]
        # What was deleted since was there by then.
        commands.run("collect", "--as-of", "2026-01-16")
        assert states(commands) == ["received", "missing", "missing"]
        assert commands.rows(ANSWERED) == [("C-1/STR1/M06/suivi",)]
        (mail,) = small.paths.mails.glob("2026-01-16*.eml")
        assert "STR1" not in mail.read_text(encoding="utf-8")
        # It is another row of the same version, and the next run as of such a day adds none for it.
        assert commands.rows(LOADED) == [(3, 2)]
        small.answer("str3", "2026-01-18 10:00:00")
        commands.run("collect", "--as-of", "2026-01-18")
        assert states(commands) == ["received", "missing", "late"]
        assert commands.rows(LOADED) == [(4, 3)]
        commands.run("build", "--as-of", "2026-01-17")
        assert states(commands, "--as-of", "2026-01-17") == ["received", "missing", "missing"]
        assert commands.rows(ANSWERED, "--as-of", "2026-01-17") == [("C-1/STR1/M06/suivi",)]


def test_a_backfill_after_a_corrected_anchor_finds_the_answers_that_were_loaded_since(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    join = {"by": "token", "occasion": "by window"}
    folder = tmp_path / "programme"
    with small_programme(monkeypatch, folder, structures=["STR1"], occasions={"M03": 3, "M06": 6}, join=join) as small:
        commands = Commands(small.folder)
        small.survey.add_participant(token="STR1", usesleft=2)
        small.answer("STR1", "2025-09-20 10:00:00")
        small.edit("programme.yaml", "2025-06-30", "2024-06-30")
        commands.run("collect", "--as-of", "2025-10-20")
        small.edit("programme.yaml", "2024-06-30", "2025-06-30")
        commands.run("plan", "--accept", "--reason", "wrong year", "--as-of", "2025-10-21")
        commands.run("collect", "--as-of", "2025-10-22")
        assert states(commands)[0] == "received"
        commands.run("backfill", "--from", "2025-09-01", "--to", "2025-10-20", "--pace", "due-dates")
        commands.run("build", "--as-of", "2025-10-19")
        assert states(commands, "--as-of", "2025-10-19") == ["received", "scheduled"]
        # The clock of that day was wrong, as it was believed then; no answer is lost for it.
        commands.run("build", "--as-of", "2025-10-20")
        assert "missing" not in states(commands, "--as-of", "2025-10-20")


def test_a_workbook_that_a_later_run_loaded_is_known_on_an_earlier_day(paths: ProjectPaths) -> None:
    deliver(paths, wb.book(), day=10)
    collect(paths, as_of=date(2019, 3, 31))
    for day in (9, 12, 12, 13):
        collect(paths, as_of=date(2019, 2, day))
    (first, first_known), (second, second_known) = rows(paths, RETURNS, "return_id", "known_at")
    assert first == second
    assert {known.date() for known in (first_known, second_known)} == {date(2019, 2, 12), date(2019, 3, 31)}
