"""Test that a workbook is written for an expected return, delivered into an inbox, and read by its layout."""

import io
import os
import re
import resource
import shutil
import subprocess
import sys
import time
import zipfile
from collections.abc import Generator, Mapping
from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook
from pydantic import SecretStr

from schemas.enums import CheckOutcome, ReceiptOutcome, Severity
from schemas.programme import Programme
from schemas.settings import Environment, ProjectPaths
from tasks.i18n import language
from tasks.landing import Landing
from tasks.programme import read_programme
from tasks.records import SourceResult
from tasks.schedule.expected_returns import plan
from tasks.spreadsheets.parser import Parser
from tasks.workbooks import read_inbox, workbook_name, write_workbook
from tasks.workbooks.identity import Identity
from tasks.workbooks.inbox import Inbox
from tasks.workbooks.inbox_place import InboxPlace
from warehouse.sendings import HeldReceipt

REPOSITORY = Path(__file__).parents[2]
REFERENCE = REPOSITORY / "examples" / "ais_emploi"
ICARE = "VITA-2/ICARE/M12/tableau"
IPSO = "VITA-2/IPSO/M12/tableau"
PERSONS, RETURNED = "Données!personnes", "Données!retours"
PERSONS_LABEL, RETURNED_LABEL = "Personnes concernées depuis la formation", "dont personnes retournées à l'emploi"


@pytest.fixture(scope="module")
def programme() -> Programme:
    return read_programme(REFERENCE)


@pytest.fixture(scope="module")
def expected(programme: Programme) -> frozenset[str]:
    return frozenset(str(row["expected_return_id"]) for row in plan(programme))


@pytest.fixture(scope="module")
def parser() -> Generator[Parser]:
    with Parser() as process:
        yield process


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    key = SecretStr("0" * 43 + "=")
    return Landing(ProjectPaths(tmp_path, tmp_path / "var"), Environment(landing_key=key))


@pytest.fixture
def inbox(tmp_path: Path, programme: Programme, expected: frozenset[str], parser: Parser) -> Inbox:
    (tmp_path / "inbox").mkdir()
    return Inbox(InboxPlace("inbox", tmp_path), programme, language("en"), expected, parser, settle_seconds=0)


@pytest.fixture
def machine_in_auckland(monkeypatch: pytest.MonkeyPatch) -> Generator[None]:
    """Set the time zone of the machine to one that is neither UTC nor the programme's."""
    with monkeypatch.context() as environment:
        environment.setenv("TZ", "Pacific/Auckland")
        time.tzset()
        yield
    time.tzset()


def folder_of(inbox: Inbox) -> Path:
    return Path(inbox.place.address)


def identity_of(expected_return_id: str, **changed: str) -> Identity:
    cohort, structure, occasion, instrument = expected_return_id.split("/")
    fields = {"programme": "ais_emploi", "cohorte": cohort, "structure": structure, "occasion": occasion}
    return Identity(**({**fields, "instrument": instrument, "version": "2"} | changed))


def deliver(
    inbox: Inbox,
    values: Mapping[str, str | float | None],
    expected_return_id: str = ICARE,
    name: str | None = None,
    **identity: str,
) -> Path:
    path = folder_of(inbox) / (name or workbook_name(expected_return_id))
    version = inbox.programme.instrument_by_code["tableau"].versions[1]
    write_workbook(path, identity_of(expected_return_id, **identity), version, values, {})
    return path


def deliver_rows(inbox: Inbox, rows: list[list[object]], sheet: str = "Données", name: str = "sent.xlsx") -> Path:
    """Write a workbook that Essaim did not write, with the identity sheet."""
    book = Workbook()
    first = book.worksheets[0]
    first.title = sheet
    for row in rows:
        first.append(row)
    page = book.create_sheet("Identité")
    identity = identity_of(ICARE)
    for field in ("programme", "cohorte", "structure", "occasion", "instrument", "version"):
        page.append([field, getattr(identity, field)])
    book.save(folder_of(inbox) / name)
    return folder_of(inbox) / name


def answers_of(reading: SourceResult) -> dict[str, str | None]:
    (received,) = reading.returns
    return {answer.item: answer.value_text for answer in received.answers}


def only_finding(reading: SourceResult) -> tuple[str, str, str, str]:
    (received,) = reading.returns
    (finding,) = received.findings
    return finding.severity.value, finding.location, finding.found, finding.expected


def test_what_is_written_is_read_back_with_its_cells(inbox: Inbox, landing: Landing):
    deliver(inbox, {PERSONS: 12, RETURNED: 3})
    reading = read_inbox(inbox, landing, {})
    (received,) = reading.returns
    assert reading.outcome is CheckOutcome.READ
    assert (received.expected_return_id, received.instrument_version, received.findings) == (ICARE, 2, ())
    assert [(a.item, a.value_text, a.location) for a in received.answers] == [
        (PERSONS, "12", "Données!B1"),
        (RETURNED, "3", "Données!B2"),
    ]


def test_nc_is_kept_as_it_was_written(inbox: Inbox, landing: Landing):
    deliver(inbox, {PERSONS: "nc", RETURNED: " NC "})
    assert answers_of(read_inbox(inbox, landing, {})) == {PERSONS: "nc", RETURNED: "NC"}


def test_a_blank_cell_is_an_answer_without_a_value_and_no_zero(inbox: Inbox, landing: Landing):
    deliver(inbox, {PERSONS: 0})
    assert answers_of(read_inbox(inbox, landing, {})) == {PERSONS: "0", RETURNED: None}


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (12.0, "12"),
        (12, "12"),
        (12.5, "12.5"),
        ("12,5", "12,5"),
        (10**9, "1000000000"),
        (True, "true"),
        (date(2019, 1, 31), "2019-01-31"),
        (datetime(2019, 1, 31, 14, 30), "2019-01-31T14:30:00"),
        ("  environ une douzaine ", "environ une douzaine"),
        ("   ", None),
    ],
)
def test_a_cell_is_read_as_the_text_that_a_person_would_say(
    inbox: Inbox, landing: Landing, cell: object, text: str | None
):
    deliver_rows(inbox, [[PERSONS_LABEL, cell], [RETURNED_LABEL, 1]])
    assert answers_of(read_inbox(inbox, landing, {}))[PERSONS] == text


@pytest.mark.parametrize(
    "label",
    [
        RETURNED_LABEL.upper(),
        f"  {RETURNED_LABEL}  ",
        RETURNED_LABEL.replace(" ", "   "),
        RETURNED_LABEL.replace(" ", "\u00a0"),
        RETURNED_LABEL.replace("'", "’"),
        RETURNED_LABEL.replace("é", "e\u0301"),
        RETURNED_LABEL.replace(" personnes", "\npersonnes"),
    ],
)
def test_a_label_is_known_whatever_its_case_spaces_apostrophes_and_accents_are_made_of(
    inbox: Inbox, landing: Landing, label: str
):
    deliver_rows(inbox, [[PERSONS_LABEL, 12], [label, 3]])
    reading = read_inbox(inbox, landing, {})
    assert answers_of(reading) == {PERSONS: "12", RETURNED: "3"}
    assert reading.returns[0].findings == ()


def test_lines_are_found_by_their_labels_and_not_by_their_places(inbox: Inbox, landing: Landing):
    deliver_rows(inbox, [[], [None, "titre"], [RETURNED_LABEL, 3], [], [PERSONS_LABEL, 12]])
    (received,) = read_inbox(inbox, landing, {}).returns
    assert [(a.value_text, a.location) for a in received.answers] == [("12", "Données!B5"), ("3", "Données!B3")]


def test_a_missing_line_is_an_error_that_says_which_line_was_expected(inbox: Inbox, landing: Landing):
    deliver_rows(inbox, [[PERSONS_LABEL, 12]])
    reading = read_inbox(inbox, landing, {})
    expected = f"one line “{RETURNED_LABEL}” in the first column"
    assert only_finding(reading) == ("error", "Données!A", "no such line", expected)
    assert reading.returns[0].is_quarantined


def test_a_line_that_stands_twice_is_an_error_and_neither_is_chosen(inbox: Inbox, landing: Landing):
    deliver_rows(inbox, [[PERSONS_LABEL, 12], [RETURNED_LABEL, 3], [PERSONS_LABEL.upper(), 13]])
    reading = read_inbox(inbox, landing, {})
    assert only_finding(reading)[:3] == ("error", "Données!A", "the line 2 times")
    assert PERSONS not in answers_of(reading)


def test_an_unexpected_line_is_a_warning_and_does_not_keep_the_return_out(inbox: Inbox, landing: Landing):
    deliver_rows(inbox, [[PERSONS_LABEL, 12], [RETURNED_LABEL, 3], ["Remarques", "tout va bien"]])
    reading = read_inbox(inbox, landing, {})
    assert only_finding(reading)[:2] == ("warning", "Données!A3")
    assert not reading.returns[0].is_quarantined


def test_a_missing_sheet_is_an_error_that_names_it(inbox: Inbox, landing: Landing):
    deliver_rows(inbox, [[PERSONS_LABEL, 12], [RETURNED_LABEL, 3]], sheet="Feuille1")
    (received,) = read_inbox(inbox, landing, {}).returns
    assert [(f.severity.value, f.location, f.found, f.expected) for f in received.findings] == [
        ("error", "Données", "no such sheet", "a sheet named Données"),
        ("warning", "Feuille1", "another sheet, which was not read", "only the sheets asked for"),
    ]


def test_a_workbook_of_another_version_is_quarantined(inbox: Inbox, landing: Landing):
    deliver(inbox, {PERSONS: 12, RETURNED: 3}, version="1")
    reading = read_inbox(inbox, landing, {})
    assert only_finding(reading) == ("error", "Identité", "version 1", "version 2 of the workbook")
    assert reading.returns[0].is_quarantined


def test_a_workbook_of_another_programme_belongs_to_no_return_and_says_where_it_belongs(inbox: Inbox, landing: Landing):
    deliver(inbox, {PERSONS: 12}, programme="autre")
    reading = read_inbox(inbox, landing, {})
    (receipt,) = reading.receipts
    assert (receipt.outcome, reading.returns) == (ReceiptOutcome.UNASSIGNED, ())
    assert "belongs to the programme 'autre'; expected 'ais_emploi'" in str(receipt.detail)


@pytest.mark.parametrize(
    "changed", [{"structure": "ICAR"}, {"cohorte": "VITA-1"}, {"occasion": "M112"}, {"instrument": "tablo"}]
)
def test_an_unexpected_workbook_is_reported_with_the_nearest_expected_one(
    inbox: Inbox, landing: Landing, changed: dict[str, str]
):
    deliver(inbox, {PERSONS: 12}, **changed)
    reading = read_inbox(inbox, landing, {})
    (receipt,) = reading.receipts
    assert (receipt.outcome, reading.returns) == (ReceiptOutcome.UNASSIGNED, ())
    assert "is expected: correct its sheet" in str(receipt.detail)
    assert f"The nearest is {ICARE}" in str(receipt.detail)
    assert str(receipt.detail) in reading.notes[0]


def test_a_workbook_without_an_identity_sheet_belongs_to_no_return(inbox: Inbox, landing: Landing):
    path = deliver(inbox, {PERSONS: 12})
    book = load_workbook(path)
    del book["Identité"]
    book.save(path)
    reading = read_inbox(inbox, landing, {})
    assert [r.outcome for r in reading.receipts] == [ReceiptOutcome.UNASSIGNED]
    assert "it has no sheet “Identité”" in reading.notes[0]


def test_an_identity_sheet_that_lacks_a_line_belongs_to_no_return(inbox: Inbox, landing: Landing):
    deliver(inbox, {PERSONS: 12}, structure="")
    reading = read_inbox(inbox, landing, {})
    assert [r.outcome for r in reading.receipts] == [ReceiptOutcome.UNASSIGNED]


def truncated() -> bytes:
    return workbook_bytes()[:-200]


def workbook_bytes() -> bytes:
    book, content = Workbook(), io.BytesIO()
    book.worksheets[0].append(["x", 1])
    book.save(content)
    return content.getvalue()


def with_a_damaged_sheet() -> bytes:
    content = bytearray(workbook_bytes())
    start = content.index(b"xl/worksheets/sheet1.xml") + len(b"xl/worksheets/sheet1.xml")
    content[start : start + 40] = bytes(40)
    return bytes(content)


def zip_without_a_workbook() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("lisez-moi.txt", "bonjour")
    return content.getvalue()


def of_a_future_zip_version() -> bytes:
    content = bytearray(workbook_bytes())
    content[content.index(b"PK\x01\x02") + 6] = 207
    return bytes(content)


UNREADABLE = {
    "empty": b"",
    "text": b"not a workbook at all",
    "html": b"<html><body><table><tr><td>12</td></tr></table></body></html>",
    "truncated": truncated(),
    "damaged sheet": with_a_damaged_sheet(),
    "zip of something else": zip_without_a_workbook(),
    "future zip": of_a_future_zip_version(),
    "zeros": bytes(4096),
}


@pytest.mark.parametrize("content", UNREADABLE.values(), ids=UNREADABLE)
def test_a_file_that_is_no_whole_workbook_is_reported_and_the_others_are_still_read(
    inbox: Inbox, landing: Landing, content: bytes
):
    (folder_of(inbox) / "annexe.xlsx").write_bytes(content)
    deliver(inbox, {PERSONS: 12, RETURNED: 3}, IPSO)
    reading = read_inbox(inbox, landing, {})
    assert [(r.origin, r.outcome) for r in reading.receipts] == [
        (workbook_name(IPSO), ReceiptOutcome.READ),
        ("annexe.xlsx", ReceiptOutcome.UNREADABLE),
    ]
    assert [r.expected_return_id for r in reading.returns] == [IPSO]
    assert re.match("annexe.xlsx: The file is (not a complete workbook|a web page)", reading.notes[0])


def test_a_workbook_protected_by_a_password_is_refused_with_a_sentence(inbox: Inbox, landing: Landing):
    (folder_of(inbox) / "annexe.xlsx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4096))
    assert "protected by a password" in read_inbox(inbox, landing, {}).notes[0]


@pytest.mark.parametrize(
    "name",
    [
        workbook_name(ICARE),
        workbook_name(ICARE).replace(".xlsx", " (1).xlsx"),
        workbook_name(ICARE).replace(".xlsx", " - Copie.XLSX"),
        workbook_name(ICARE).replace(".xlsx", ".corrigé.xlsx"),
    ],
)
def test_an_unreadable_file_with_the_name_of_a_return_is_quarantined_for_that_return(
    inbox: Inbox, landing: Landing, name: str
):
    (folder_of(inbox) / name).write_bytes(b"not a workbook")
    reading = read_inbox(inbox, landing, {})
    (received,) = reading.returns
    assert (received.expected_return_id, received.is_quarantined, received.answers) == (ICARE, True, ())
    assert only_finding(reading)[1] == name
    assert [r.outcome for r in reading.receipts] == [ReceiptOutcome.UNREADABLE]


@pytest.mark.parametrize("name", ["VITA-2__NOBODY__M12__tableau.xlsx", "VITA-2__ICARE__M12.xlsx", "__ __ __ __.xlsx"])
def test_an_unreadable_file_without_the_name_of_a_return_belongs_to_no_return(
    inbox: Inbox, landing: Landing, name: str
):
    (folder_of(inbox) / name).write_bytes(b"not a workbook")
    assert read_inbox(inbox, landing, {}).returns == ()


def test_two_unreadable_files_of_one_return_are_two_versions(inbox: Inbox, landing: Landing):
    (folder_of(inbox) / workbook_name(ICARE)).write_bytes(b"not a workbook")
    (folder_of(inbox) / workbook_name(ICARE).replace(".xlsx", " (1).xlsx")).write_bytes(b"not a workbook either")
    first, second = read_inbox(inbox, landing, {}).returns
    assert first.return_id != second.return_id


@pytest.mark.parametrize("name", ["lisez-moi.txt", "tableau", "photo.png"])
def test_a_file_that_is_no_workbook_is_reported_and_leaves_no_receipt(inbox: Inbox, landing: Landing, name: str):
    (folder_of(inbox) / name).write_bytes(b"a,b\n")
    reading = read_inbox(inbox, landing, {})
    assert (reading.outcome, reading.receipts) == (CheckOutcome.READ, ())
    assert reading.notes[0].startswith(f"{name}: not read; expected a workbook (.xlsx, .ods, .csv, .zip)")


def test_a_folder_named_like_a_workbook_is_reported(inbox: Inbox, landing: Landing):
    (folder_of(inbox) / "archive.xlsx").mkdir()
    assert read_inbox(inbox, landing, {}).notes[0].startswith("archive.xlsx: not read")


@pytest.mark.parametrize(
    "name", [".DS_Store", "~$tableau.xlsx", "._tableau.xlsx", ".~lock.tableau.ods#", ".tableau.xlsx.Ab12Cd"]
)
def test_what_programs_leave_behind_is_passed_over_in_silence(inbox: Inbox, landing: Landing, name: str):
    (folder_of(inbox) / name).write_bytes(b"lock")
    assert read_inbox(inbox, landing, {}).notes == ()


def test_a_hidden_workbook_is_reported(inbox: Inbox, landing: Landing):
    (folder_of(inbox) / ".tableau.xlsx").write_bytes(b"not a workbook")
    reading = read_inbox(inbox, landing, {})
    assert reading.receipts == ()
    assert reading.notes[0].startswith(".tableau.xlsx: not read, because the dot before its name hides it.")


def test_an_empty_inbox_was_read(inbox: Inbox, landing: Landing):
    assert read_inbox(inbox, landing, {}) == SourceResult("inbox", CheckOutcome.READ)


def test_an_inbox_that_does_not_exist_is_unreachable_and_not_empty(inbox: Inbox, landing: Landing):
    shutil.rmtree(folder_of(inbox))
    reading = read_inbox(inbox, landing, {})
    assert reading.outcome is CheckOutcome.UNREACHABLE
    assert str(folder_of(inbox)) in str(reading.detail)


def test_an_inbox_that_is_a_file_is_unreachable(inbox: Inbox, landing: Landing):
    folder_of(inbox).rmdir()
    folder_of(inbox).write_text("not a folder")
    assert read_inbox(inbox, landing, {}).outcome is CheckOutcome.UNREACHABLE


def held(reading: SourceResult) -> dict[str, list[HeldReceipt]]:
    """Return the receipts that the warehouse holds after a reading is loaded."""
    return {
        r.origin: [HeldReceipt(r.receipt_id, r.sha256, r.delivered_at, r.outcome, r.sending)] for r in reading.receipts
    }


def test_a_file_that_was_read_is_not_read_again(inbox: Inbox, landing: Landing):
    deliver(inbox, {PERSONS: 12, RETURNED: 3})
    first = read_inbox(inbox, landing, {})
    again = read_inbox(inbox, landing, held(first))
    assert (again.receipts, again.returns) == ((), ())


def test_a_file_that_could_not_be_used_is_reported_at_each_run(inbox: Inbox, landing: Landing):
    (folder_of(inbox) / "annexe.xlsx").write_bytes(b"not a workbook")
    first = read_inbox(inbox, landing, {})
    again = read_inbox(inbox, landing, held(first))
    assert again == first


def test_a_corrected_file_of_the_same_name_is_a_new_version(inbox: Inbox, landing: Landing):
    deliver(inbox, {PERSONS: 12, RETURNED: 3})
    first = read_inbox(inbox, landing, {})
    deliver(inbox, {PERSONS: 13, RETURNED: 3})
    again = read_inbox(inbox, landing, held(first))
    assert answers_of(again)[PERSONS] == "13"
    assert again.returns[0].return_id != first.returns[0].return_id


def test_a_file_saved_again_without_a_change_is_the_same_version(inbox: Inbox, landing: Landing):
    path = deliver(inbox, {PERSONS: 12, RETURNED: 3})
    first = read_inbox(inbox, landing, {})
    book = load_workbook(path)
    book.properties.creator = "somebody else"
    book.save(path)
    again = read_inbox(inbox, landing, held(first))
    assert again.receipts[0].sha256 != first.receipts[0].sha256
    assert again.returns[0].return_id == first.returns[0].return_id


@pytest.mark.usefixtures("machine_in_auckland")
@pytest.mark.parametrize(
    ("mtime", "delivered_at", "answered_on"),
    [
        (1551394800, "2019-02-28 23:00:00", date(2019, 3, 1)),
        (1551394799, "2019-02-28 22:59:59", date(2019, 2, 28)),
        (1561932000, "2019-06-30 22:00:00", date(2019, 7, 1)),
    ],
)
def test_a_workbook_was_delivered_when_its_file_was_written_in_utc_and_on_that_day_in_paris(
    inbox: Inbox, landing: Landing, mtime: int, delivered_at: str, answered_on: date
):
    os.utime(deliver(inbox, {PERSONS: 12, RETURNED: 3}), (mtime, mtime))
    reading = read_inbox(inbox, landing, {})
    (received,) = reading.returns
    assert str(reading.receipts[0].delivered_at) == str(received.answered_at) == delivered_at
    assert received.answered_on == answered_on


def test_the_original_is_landed_under_the_checksum_in_its_receipt(inbox: Inbox, landing: Landing):
    path = deliver(inbox, {PERSONS: 12, RETURNED: 3})
    (receipt,) = read_inbox(inbox, landing, {}).receipts
    assert landing.original(receipt.landing_path) == path.read_bytes()
    assert receipt.byte_count == len(path.read_bytes())


def test_findings_of_a_workbook_can_be_in_french(
    tmp_path: Path, landing: Landing, programme: Programme, expected: frozenset[str], parser: Parser
):
    inbox = Inbox(InboxPlace(".", tmp_path), programme, language("fr"), expected, parser, settle_seconds=0)
    deliver_rows(inbox, [[PERSONS_LABEL, 12]])
    severity, location, found, expectation = only_finding(read_inbox(inbox, landing, {}))
    assert (severity, location) == (Severity.ERROR, "Données!A")
    assert found
    assert RETURNED_LABEL in expectation


def test_a_small_file_that_says_it_is_huge_is_refused_within_bounded_memory(tmp_path: Path):
    book = Workbook()
    book.worksheets[0]["A1"], book.worksheets[0]["XFD1048576"] = 1, 2
    book.save(tmp_path / "loin.xlsx")
    program = """
import sys
from pathlib import Path
from tasks.spreadsheets.cells import RefusedError
from tasks.spreadsheets.parsing import parse
try:
    parse(Path(sys.argv[1]).read_bytes(), ".xlsx")
except RefusedError as error:
    print(error, error.details)
"""
    limit = 2 << 30
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "loin.xlsx")],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)),
    )
    assert done.returncode == 0, done.stderr[:500]
    assert done.stdout.strip() == "too_far {'row': 1048576, 'column': 16384}"


def test_a_sheet_formatted_to_its_last_line_is_read(inbox: Inbox, landing: Landing):
    path = deliver(inbox, {PERSONS: 12, RETURNED: 3})
    book = load_workbook(path)
    book["Données"]["XFD1048576"].number_format = "0.00"
    book.save(path)
    assert answers_of(read_inbox(inbox, landing, {})) == {PERSONS: "12", RETURNED: "3"}


def test_a_file_that_expands_beyond_measure_is_refused(inbox: Inbox, landing: Landing):
    content = io.BytesIO(workbook_bytes())
    with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/zeros.xml", "w") as member:
        for _ in range(201):
            member.write(bytes(1_000_000))
    (folder_of(inbox) / "bombe.xlsx").write_bytes(content.getvalue())
    assert "bombe.xlsx: The file expands to 201" in read_inbox(inbox, landing, {}).notes[0]
