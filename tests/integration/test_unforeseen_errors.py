"""Test that an unforeseen error in any step affects one file or survey only, and that the run goes on."""

import errno
import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from bookkeeping import OTHER, RETURN, book, identity, items
from delivering import collect, deliver, rows
from small_programme import small_programme

from schemas.settings import ProjectPaths
from schemas.tables import ANSWERS, RECEIPTS, RETURNS
from tasks.pipeline import workbooks
from tasks.records import ReturnVersion
from tasks.spreadsheets.cells import CellBook
from tasks.surveys import fetching, loading
from tasks.workbooks import inbox, validating, workbook_name
from tasks.workbooks.inbox_place import InboxPlace, ListedFile

SECRET = "Personne Secrète"


def failing(original: Callable[..., Any], concerned: Callable[..., bool], error: Exception) -> Callable[..., Any]:
    def step(*args: Any, **kwargs: Any) -> Any:
        if concerned(*args, **kwargs):
            raise error
        return original(*args, **kwargs)

    return step


def unforeseen() -> Exception:
    error = KeyError(f"what {SECRET} wrote")
    error.__cause__ = ValueError(SECRET)
    return error


def holds_thirteen(workbook: CellBook, *_: object, **__: object) -> bool:
    return any("13" in column.to_pylist() for sheet in workbook.sheets.values() for column in sheet.texts)


def are_of_the_return(returns: Sequence[ReturnVersion], *_: object) -> bool:
    return any(one.expected_return_id == RETURN for one in returns)


def is_the_return_without_findings(received: ReturnVersion) -> bool:
    return not received.findings and received.expected_return_id == RETURN


STEPS_OF_A_FILE: dict[str, tuple[ModuleType, str, Callable[..., bool]]] = {
    "reading": (inbox, "read_contents", holds_thirteen),
    "checking": (validating, "check_returns", are_of_the_return),
    "loading": (workbooks, "_answer_rows", is_the_return_without_findings),
}


@pytest.mark.parametrize("step", STEPS_OF_A_FILE)
def test_an_error_in_one_file_is_its_own_and_the_others_are_loaded(
    paths: ProjectPaths, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], step: str
) -> None:
    module, name, concerned = STEPS_OF_A_FILE[step]
    deliver(paths, book(items(personnes=13)), workbook_name(RETURN))
    deliver(paths, book(whose=identity(OTHER)), workbook_name(OTHER))
    with monkeypatch.context() as patch:
        patch.setattr(module, name, failing(getattr(module, name), concerned, unforeseen()))
        loaded = collect(paths)
        assert dict(rows(paths, RETURNS, "expected_return_id", "outcome")) == {RETURN: "quarantined", OTHER: "loaded"}
        messages = "\n".join([*loaded.quarantined, *loaded.notes])
        log = paths.error_log.read_text(encoding="utf-8")
        # The file is read again at each run, and recorded once.
        collect(paths)
        assert len(rows(paths, RETURNS, "return_id")) == 2
    assert "KeyError" in log
    assert "ValueError" in log
    assert stat.S_IMODE(paths.error_log.stat().st_mode) == 0o600
    reference = log.split()[1]
    assert reference in messages
    assert reference in str(rows(paths, RECEIPTS, "detail"))
    assert SECRET not in log + messages + "".join(capsys.readouterr())
    assert len({one for (one,) in rows(paths, ANSWERS, "return_id")}) == 1
    # The file is read once the error is fixed.
    assert collect(paths).count == 1
    assert sorted(outcome for (outcome,) in rows(paths, RETURNS, "outcome")) == ["loaded", "loaded", "quarantined"]


def is_the_file_of_the_return(_place: InboxPlace, listed: ListedFile) -> bool:
    return listed.name == workbook_name(RETURN)


def test_a_file_that_cannot_be_landed_is_reported_and_read_by_the_next_run(
    paths: ProjectPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(paths, book(), workbook_name(RETURN))
    deliver(paths, book(whose=identity(OTHER)), workbook_name(OTHER))
    with monkeypatch.context() as patch:
        patch.setattr(InboxPlace, "content", failing(InboxPlace.content, is_the_file_of_the_return, unforeseen()))
        notes = " ".join(collect(paths).notes)
    assert [one for (one,) in rows(paths, RETURNS, "expected_return_id")] == [OTHER]
    log = paths.error_log.read_text(encoding="utf-8")
    assert (f"{workbook_name(RETURN)}: " in notes, log.split()[1] in notes) == (True, True)
    assert SECRET not in log + notes
    assert collect(paths).count == 1


@pytest.mark.parametrize("step", ["annotate", "for_sender", "withdraw"])
def test_a_marked_copy_that_cannot_be_made_keeps_nothing_from_being_loaded(
    paths: ProjectPaths, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    deliver(paths, book(items(personnes="beaucoup")))
    deliver(paths, book(whose=identity(OTHER)), workbook_name(OTHER))
    monkeypatch.setattr(workbooks, step, failing(getattr(workbooks, step), lambda *_: True, unforeseen()))
    assert len(collect(paths).quarantined) == 1
    assert sorted(outcome for (outcome,) in rows(paths, RETURNS, "outcome")) == ["loaded", "quarantined"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES])
def test_an_error_of_the_machine_is_no_trouble_of_one_file(
    paths: ProjectPaths, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    deliver(paths, book())
    error = OSError(number, os.strerror(number))
    monkeypatch.setattr(inbox, "read_contents", failing(inbox.read_contents, lambda *_, **__: True, error))
    with pytest.raises(OSError, match=os.strerror(number)):
        collect(paths)


def test_a_file_far_beyond_the_limit_is_not_opened(paths: ProjectPaths) -> None:
    deliver(paths, book(), workbook_name(RETURN))
    with (paths.folder / "inbox" / "photos.xlsx").open("wb") as file:
        file.truncate(101_000_000)
    (paths.folder / "inbox" / "link.xlsx").symlink_to("nowhere.xlsx")
    loaded = collect(paths)
    assert loaded.count == 1
    notes = " ".join(loaded.notes)
    assert "photos.xlsx: not opened; found 101 MB, expected a workbook of 20 MB at most." in notes
    assert "link.xlsx: not read, because it is a folder, a link or a device." in notes
    assert len(rows(paths, RECEIPTS, "receipt_id")) == 1


STEPS_OF_A_SURVEY = {
    "fetching": (fetching, "without_identifiers"),
    "landing": (fetching, "given_at"),
    "asking": (loading, "compare_with_baseline"),
    "loading": (loading, "load_together"),
    "checking": (loading, "check_responses"),
}


@pytest.mark.parametrize("step", STEPS_OF_A_SURVEY)
def test_an_error_in_one_survey_leaves_it_unverifiable_and_the_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], step: str
) -> None:
    module, name = STEPS_OF_A_SURVEY[step]
    with small_programme(monkeypatch, tmp_path / "programme") as small:
        small.add_participants("STR1", "STR2", "STR3")
        small.answer("str1")
        with monkeypatch.context() as patch:
            patch.setattr(module, name, failing(getattr(module, name), lambda *_, **__: True, unforeseen()))
            loaded = small.collect()
        assert loaded.trouble is not None
        assert loaded.trouble.startswith(
            f"Survey {small.survey.sid}: Essaim met an error that it did not foresee (KeyError"
        )
        assert small.check() == ("unintelligible", loaded.trouble)
        log = small.paths.error_log.read_text(encoding="utf-8")
        assert log.split()[1] in loaded.trouble
        assert SECRET not in log + loaded.trouble + "".join(capsys.readouterr())
        assert small.versions() == []
        assert small.collect().trouble is None
        assert len(small.versions()) == 1
