"""Test the inbox: all address types, complete files only, and returns identified by file names."""

import io
import threading
import time
import zipfile
from pathlib import Path

import bookkeeping as wb
import fsspec
import pytest

from schemas.enums import CheckOutcome
from schemas.sources import InboxSource
from tasks.landing import Landing
from tasks.spreadsheets.parser import Parser
from tasks.workbooks import read_inbox, workbook_name
from tasks.workbooks.file_names import ReturnNames
from tasks.workbooks.inbox_place import InboxPlace

NAME = workbook_name(wb.RETURN)


def test_an_inbox_can_be_any_address_that_fsspec_opens(tmp_path: Path, parser: Parser, landing: Landing):
    memory = fsspec.filesystem("memory")
    memory.pipe_file(f"/inbox/{NAME}", wb.content(wb.book()))
    memory.pipe_file("/inbox/photo.png", b"x")
    reading = read_inbox(wb.inbox(tmp_path, parser, address="memory://inbox"), landing, {})
    memory.rm("/inbox", recursive=True)
    assert [received.expected_return_id for received in reading.returns] == [wb.RETURN]
    assert reading.receipts[0].delivered_at.year >= 2020
    assert reading.notes[0].startswith("photo.png: not read")


@pytest.mark.parametrize("address", ["memory://nowhere", "nosuch://bucket/inbox", "nowhere"])
def test_an_address_that_cannot_be_opened_is_unreachable_and_not_empty(
    tmp_path: Path, parser: Parser, landing: Landing, address: str
):
    inbox = wb.inbox(tmp_path, parser)
    reading = read_inbox(
        type(inbox)(InboxPlace(address, tmp_path), inbox.programme, inbox.language, inbox.expected, parser), landing, {}
    )
    assert reading.outcome is CheckOutcome.UNREACHABLE
    assert "sources.inbox.path" in str(reading.detail)


def test_an_address_is_shown_without_what_could_be_secret():
    assert InboxPlace("sftp://somebody@example.org/inbox", Path()).shown == "sftp://example.org/inbox"


def test_a_password_in_the_address_is_a_mistake_of_the_folder():
    with pytest.raises(ValueError, match="without a password"):
        InboxSource(path="sftp://somebody:secret@example.org/inbox")


def test_a_file_that_grows_is_left_for_the_next_run(tmp_path: Path, parser: Parser, landing: Landing):
    growing, whole = tmp_path / NAME, tmp_path / workbook_name(wb.OTHER)
    growing.write_bytes(wb.content(wb.book())[:500])
    whole.write_bytes(wb.content(wb.book(whose=wb.identity(wb.OTHER))))
    inbox = wb.inbox(tmp_path, parser, address=".")
    waiting = type(inbox)(
        inbox.place, inbox.programme, inbox.language, inbox.expected, parser, wb.KEY, settle_seconds=0.6
    )
    stop = threading.Event()
    writer = threading.Thread(target=_grow, args=(growing, stop))
    writer.start()
    reading = read_inbox(waiting, landing, {})
    stop.set()
    writer.join()
    assert [received.expected_return_id for received in reading.returns] == [wb.OTHER]
    assert f"{NAME}: still arriving; left for the next run." in reading.notes


def _grow(path: Path, stop: threading.Event) -> None:
    while not stop.is_set():
        with path.open("ab") as file:
            file.write(b"x")
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("envoi r\udce9.xlsx", "envoi r\\xe9.xlsx"),
        ("\ud800.xlsx", "\\ud800.xlsx"),
        ("a\nb\x1b[31m\x00\x9b.xlsx", "a\\nb\\x1b[31m\\x00\\x9b.xlsx"),
        ("e\u0301te\u0301.xlsx", "été.xlsx"),
        ("été œuvre n° 5 — 😀.xlsx", "été œuvre n° 5 — 😀.xlsx"),
        (
            "C-1__S__M06__suivi" + "x" * 600 + " (1).xlsx",
            "C-1__S__M06__suivi" + "x" * 196 + "…" + "x" * 31 + " (1).xlsx",
        ),
    ],
    ids=ascii,
)
def test_names_at_an_address_are_text_that_every_record_holds(
    tmp_path: Path, parser: Parser, landing: Landing, name: str, shown: str
):
    memory = fsspec.filesystem("memory")
    memory.pipe_file(f"/hostile/{name}", wb.content(wb.book()))
    try:
        reading = read_inbox(wb.inbox(tmp_path, parser, address="memory://hostile"), landing, {})
    finally:
        memory.rm("/hostile", recursive=True)
    assert [receipt.origin for receipt in reading.receipts] == [shown]
    assert len(shown) <= 255
    assert [received.expected_return_id for received in reading.returns] == [wb.RETURN]


def test_two_names_that_differ_only_by_normalisation_are_two_files(tmp_path: Path, parser: Parser, landing: Landing):
    inbox = wb.inbox(tmp_path, parser)
    (tmp_path / "inbox" / "été.xlsx").write_bytes(wb.content(wb.book()))
    (tmp_path / "inbox" / "e\u0301te\u0301.xlsx").write_bytes(wb.content(wb.book(whose=wb.identity(wb.OTHER))))
    reading = read_inbox(inbox, landing, {})
    assert [receipt.origin for receipt in reading.receipts] == ["été.xlsx", "été.xlsx"]
    assert {received.expected_return_id for received in reading.returns} == {wb.RETURN, wb.OTHER}
    assert reading.notes == ()


def test_a_link_to_nothing_does_not_keep_the_inbox_from_being_read(tmp_path: Path, parser: Parser, landing: Landing):
    inbox = wb.inbox(tmp_path, parser)
    (tmp_path / "inbox" / NAME).write_bytes(wb.content(wb.book()))
    (tmp_path / "inbox" / "away.xlsx").symlink_to(tmp_path / "nothing.xlsx")
    reading = read_inbox(inbox, landing, {})
    assert reading.outcome is CheckOutcome.READ
    assert [received.expected_return_id for received in reading.returns] == [wb.RETURN]
    assert [note.partition(":")[0] for note in reading.notes] == ["away.xlsx"]


def test_the_name_of_a_sheet_cannot_steer_a_terminal(tmp_path: Path, parser: Parser, landing: Landing):
    inbox = wb.inbox(tmp_path, parser)
    made = wb.book()
    made.create_sheet("Autre__").append(["x"])
    content = _renamed_in(wb.content(made), b"Autre__", "a&#10;b\x9b\u202e".encode())
    (tmp_path / "inbox" / NAME).write_bytes(content)
    (finding,) = read_inbox(inbox, landing, {}).returns[0].findings
    assert finding.location == "a\\nb\\x9b\\u202e"


def _renamed_in(content: bytes, old: bytes, new: bytes) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as before, zipfile.ZipFile(made, "w") as after:
        for part in before.namelist():
            after.writestr(part, before.read(part).replace(old, new))
    return made.getvalue()


EXPECTED = ["C-1/S/M06/suivi", "C-1/S/M06/suivi-1", "C__1/S/M06/suivi", "A/B__C/M06/x", "A__B/C/M06/x"]


@pytest.mark.parametrize(
    ("name", "expected_return"),
    [
        ("C-1__S__M06__suivi.xlsx", "C-1/S/M06/suivi"),
        ("c-1__s__m06__SUIVI.XLSX", "C-1/S/M06/suivi"),
        ("C-1__S__M06__suivi (1).xlsx", "C-1/S/M06/suivi"),
        ("C-1__S__M06__suivi-2.xlsx", "C-1/S/M06/suivi"),
        ("C-1__S__M06__suivi-1.xlsx", "C-1/S/M06/suivi-1"),
        ("C-1__S__M06__suivi - Copie.csv", "C-1/S/M06/suivi"),
        ("C-1__S__M06__suivi_corrigé.xlsx", "C-1/S/M06/suivi"),
        ("C__1__S__M06__suivi.xlsx", "C__1/S/M06/suivi"),
        ("A__B__C__M06__x.xlsx", None),
        ("C-1__S__M06__suivis.xlsx", None),
        ("C-1__S__M06.xlsx", None),
        ("tableau.xlsx", None),
        ("", None),
    ],
)
def test_a_name_identifies_the_return_whatever_was_added_to_its_end(name: str, expected_return: str | None):
    assert ReturnNames(EXPECTED).named(name) == expected_return
