"""Test that each kind of bad file is reported in a sentence, and that the other files of the inbox are read."""

import csv
import io
import os
import signal
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path

import bookkeeping as wb
import pytest
from openpyxl import Workbook

from schemas.enums import ReceiptOutcome, Severity
from tasks.i18n import language
from tasks.landing import Landing
from tasks.records import Finding, SourceResult
from tasks.spreadsheets.cells import RefusedError
from tasks.spreadsheets.parser import Parser
from tasks.workbooks import read_inbox, workbook_name
from tasks.workbooks.inbox import Inbox
from tasks.workbooks.refusal_messages import refusal_in_words

NAME = workbook_name(wb.RETURN)
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.fixture
def inbox(tmp_path: Path, parser: Parser) -> Inbox:
    """Return an inbox that holds a valid workbook of another structure."""
    made = wb.inbox(tmp_path, parser)
    (tmp_path / "inbox" / workbook_name(wb.OTHER)).write_bytes(wb.content(wb.book(whose=wb.identity(wb.OTHER))))
    return made


Deliver = Callable[[bytes | Workbook, str], Finding | None]


@pytest.fixture
def deliver(inbox: Inbox, landing: Landing, tmp_path: Path) -> Deliver:
    """Deliver a file, check that the other file was read, and return the first finding."""

    def delivered(made: bytes | Workbook, name: str = NAME) -> Finding | None:
        (tmp_path / "inbox" / name).write_bytes(made if isinstance(made, bytes) else wb.content(made))
        reading = read_inbox(inbox, landing, {})
        by_return = {received.expected_return_id: received for received in reading.returns}
        assert by_return[wb.OTHER].findings == ()
        assert all(finding.found and finding.expected for one in reading.returns for finding in one.findings)
        findings = by_return[wb.RETURN].findings
        return findings[0] if findings else None

    return delivered


def archive(**members: bytes) -> bytes:
    """Return a workbook with some parts of its archive replaced or added."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(wb.content(wb.book()))) as old, zipfile.ZipFile(made, "w", 8) as new:
        for name in old.namelist():
            if name not in members:
                new.writestr(name, old.read(name))
        for name, content in members.items():
            new.writestr(name, content)
    return made.getvalue()


def far() -> bytes:
    made = wb.book()
    made["Données"]["XFD1048576"] = 1
    return wb.content(made)


def laughing() -> bytes:
    lines = [f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10)]
    strings = f'<?xml version="1.0"?><!DOCTYPE sst [<!ENTITY l0 "ha">{"".join(lines)}]><sst><si><t>&l9;</t></si></sst>'
    return archive(**{"xl/sharedStrings.xml": strings.encode()})


UNREADABLE = {
    "a cell at the end of the sheet": (far(), "line 1048576, column 16384"),
    "a zip bomb": (archive(**{"xl/zeros.xml": bytes(201_000_000)}), "expands to 201"),
    "billion laughs": (laughing(), "declares entities"),
    "a password": (OLE + bytes(1000) + "EncryptedPackage".encode("utf-16-le"), "protected by a password"),
    "an old .xls": (OLE + bytes(1000) + "Workbook".encode("utf-16-le"), "is an old .xls"),
    "an .xlsm": (archive(**{"xl/vbaProject.bin": b"x"}), "holds macros"),
    "a web page": (b"<html><table><tr><td>12</td></tr></table></html>", "is a web page"),
    "a truncated file": (wb.content(wb.book())[:-300], "not a complete workbook"),
    "many parts": (archive(**{f"xl/part{n}.xml": b"" for n in range(2001)}), "is made of 20"),
}


@pytest.mark.parametrize(("content", "sentence"), UNREADABLE.values(), ids=UNREADABLE)
def test_a_file_that_cannot_be_read_is_reported_with_the_reason(deliver: Deliver, content: bytes, sentence: str):
    finding = deliver(content, NAME)
    assert finding is not None
    assert (finding.check_name, finding.severity, finding.found) == (
        "readable",
        Severity.ERROR,
        "a file that cannot be read",
    )
    assert sentence in finding.expected


@pytest.mark.parametrize("suffix", [".xls", ".xlsm"])
def test_a_workbook_of_another_format_is_opened_to_report_why_it_is_not_read(deliver: Deliver, suffix: str):
    content = OLE + "Workbook".encode("utf-16-le") if suffix == ".xls" else archive(**{"xl/vbaProject.bin": b"x"})
    finding = deliver(content, NAME.replace(".xlsx", suffix))
    assert finding is not None
    assert finding.check_name == "readable"


@pytest.mark.parametrize("suffix", [".xls", ".xlsm", ".xlsb"])
def test_a_workbook_of_another_format_is_not_read_even_where_nothing_else_is_wrong(deliver: Deliver, suffix: str):
    finding = deliver(wb.content(wb.book()), NAME.replace(".xlsx", suffix))
    assert finding is not None
    assert f"A file of this kind ({suffix}) cannot be read. Save it as an Excel workbook (.xlsx)" in finding.expected


def hidden() -> Workbook:
    made = wb.book()
    page = made.create_sheet("Brouillon")
    page["A1"], page.sheet_state = "données", "hidden"
    return made


def merged() -> Workbook:
    made = wb.book(people=[wb.person(), wb.person(nom="b")])
    made["Participants"].merge_cells("D2:D3")
    return made


def header_below() -> Workbook:
    made = wb.book()
    made["Participants"].insert_rows(1, 2)
    made["Participants"]["A1"] = "Liste des participants"
    return made


LAYOUTS = {
    "a hidden sheet with data": (hidden(), "warning", "Brouillon", "a hidden sheet, which was not read"),
    "merged cells": (merged(), "error", "Participants!D2:D3", "merged cells"),
    "a header on another line": (header_below(), "warning", "Participants!3", "the header on line 3"),
    "a column twice": (wb.book(people=[(*wb.PERSON, "CDI")], header=[*wb.HEADER, "Contrat"]), "error",
                       "Participants!1", "the column 2 times"),
    "an unknown column": (wb.book(people=[(*wb.PERSON, "x")], header=[*wb.HEADER, "Téléphone"]), "warning",
                          "Participants!H1", "a text of 9 characters"),
    "a missing column": (wb.book(people=[wb.PERSON[:6]], header=wb.HEADER[:6]), "error", "Participants!1",
                         "no such column"),
    "no header": (wb.book(people=[], header=[1, 2, 3]), "error", "Participants!1", "no header"),
    "a header and no rows": (wb.book(people=[]), "warning", "Participants!2", "a header and no rows"),
    "values under no header": (wb.book(people=[(*wb.PERSON, None, "x")]), "warning", "Participants!I1",
                               "values under no header"),
    "the same person twice": (wb.book(people=[wb.person(), wb.person(nom="INVENTEE")]), "error", "Participants!A3",
                              "the same person as on line 2"),
    "a required name that names nobody": (
        wb.book(people=[wb.person(nom="nc")]), "error", "Participants!A2", "a text of 2 characters"),
    "one name left": (
        wb.book(people=[wb.person(prenom="-", naissance=None)]), "warning", "Participants!B2", "a text of 1 character"),
    "a row of nobody": (wb.book(people=[[None, None, None, "CDI", 1]]), "error", "Participants!A2", "nothing"),
    "an invalid birth date": (wb.book(people=[wb.person(naissance="29/02/2023")]), "error", "Participants!C2",
                              "a text of 10 characters"),
    "another structure's identity sheet": (wb.book(whose=wb.identity(wb.OTHER)), "error", "Identité",
                                           f"the identity sheet of {wb.OTHER}"),
    "another occasion's identity sheet": (wb.book(whose=wb.identity("C-1/STR1/M03/suivi")), "error", "Identité",
                                          "the identity sheet of C-1/STR1/M03/suivi"),
}  # fmt: skip


@pytest.mark.parametrize(("made", "severity", "where", "found"), LAYOUTS.values(), ids=LAYOUTS)
def test_what_does_not_fit_is_reported_with_its_place(
    deliver: Deliver, made: Workbook, severity: str, where: str, found: str
):
    finding = deliver(made, NAME)
    assert finding is not None
    assert (finding.severity.value, finding.location, finding.found) == (severity, where, found)


@pytest.mark.parametrize(
    "text", ['=HYPERLINK("http://x")', "<script>alert(1)</script>", "'; DROP TABLE raw.answers; --"]
)
def test_what_means_something_elsewhere_is_only_a_text_here(deliver: Deliver, text: str, tmp_path: Path):
    rows = [["Nom", "Heures"], ["x", text]]
    stream = io.StringIO()
    csv.writer(stream).writerows(rows)
    sheet = {"name": "P", "columns": [{"code": "heures", "label": "Heures", "kind": "number"},
                                      {"code": "nom", "label": "Nom"}]}  # fmt: skip
    with Parser() as parser:
        inbox = wb.inbox(tmp_path / "inbox", parser, wb.programme([sheet]), address=".")
        (tmp_path / "inbox" / f"{wb.RETURN.replace('/', '__')}.csv").write_text(stream.getvalue())
        received = {r.expected_return_id: r for r in read_inbox(inbox, keeping(tmp_path), {}).returns}[wb.RETURN]
    (finding,) = received.findings
    assert (finding.location, finding.severity) == ("P!B2", Severity.ERROR)
    assert text not in finding.found + finding.expected


def keeping(tmp_path: Path) -> Landing:
    from schemas.settings import Environment, ProjectPaths

    return Landing(ProjectPaths(tmp_path), Environment())


CSV = "Nom;Date de naissance;Heures\nInventée;01/02/1990;12,5\n"
TABLE = {
    "name": "Participants",
    "columns": [
        {"code": "nom", "label": "Nom", "role": "identifier"},
        {"code": "naissance", "label": "Date de naissance", "role": "identifier", "kind": "date"},
        {"code": "heures", "label": "Heures", "kind": "number"},
    ],
}


@pytest.fixture
def read_csv(tmp_path: Path, parser: Parser, landing: Landing) -> Callable[[bytes], SourceResult]:
    def reading(content: bytes) -> SourceResult:
        inbox = wb.inbox(tmp_path, parser, wb.programme([TABLE]))
        (tmp_path / "inbox" / NAME.replace(".xlsx", ".csv")).write_bytes(content)
        return read_inbox(inbox, landing, {})

    return reading


@pytest.mark.parametrize(
    ("content", "how"),
    [
        (CSV.encode(), "read as UTF-8, separated by ';'"),
        (CSV.encode("utf-8-sig"), "read as UTF-8, separated by ';'"),
        (CSV.encode("utf-16"), "read as UTF-16, separated by ';'"),
        (CSV.encode("utf-16-be"), "read as UTF-16, separated by ';'"),
        (CSV.replace(";", "\t").encode(), "read as UTF-8, separated by '\\t'"),
        (CSV.replace(";", ",").replace("12,5", '"12,5"').encode(), "read as UTF-8, separated by ','"),
    ],
)
def test_a_csv_is_read_in_its_encoding_which_its_receipt_records(
    read_csv: Callable[[bytes], SourceResult], content: bytes, how: str
):
    reading = read_csv(content)
    assert [receipt.detail for receipt in reading.receipts] == [how]
    (received,) = reading.returns
    assert not received.is_quarantined
    assert [(row["value_text"], row["pseudonym"]) for row in wb.rows_of(received)] == [
        ("12.5", wb.KEY.pseudonym(["Inventée", "1990-02-01"]))
    ]


@pytest.mark.parametrize(
    ("encoding", "name"),
    [
        ("windows-1252", "Windows-1252"),
        ("iso-8859-15", "ISO 8859-15"),
        ("cp850", "DOS 850"),
        ("mac-roman", "Mac Roman"),
    ],
)
def test_a_csv_that_is_not_in_unicode_is_read_in_the_declared_encoding(parser: Parser, encoding: str, name: str):
    book = parser.parse(CSV.encode(encoding), ".csv", encoding)
    assert (book.encoding, book.sheets[""].at(1, 0).text) == (name, "Inventée")


def test_a_csv_in_no_declared_encoding_is_refused_with_each_reading_of_its_first_sign(parser: Parser):
    with pytest.raises(RefusedError) as refused:
        parser.parse(CSV.encode("cp850"), ".csv")
    assert refusal_in_words(refused.value, language("en")).startswith(
        "Line 2 has a sign that can be read as “‚” (Windows-1252), “é” (DOS 850), “Ç” (Mac Roman)"
    )


@pytest.mark.parametrize("declared", [None, "windows-1252"])
def test_one_bad_byte_among_unicode_is_named_by_its_line(parser: Parser, declared: str | None):
    with pytest.raises(RefusedError) as refused:
        parser.parse(CSV.encode() + b"D\xe9j\xe0;02/02/1991;7\n", ".csv", declared)
    assert refusal_in_words(refused.value, language("en")).startswith("Line 3 has a sign that does not exist in UTF-8")


@pytest.mark.parametrize(
    ("header", "lines", "where"),
    [
        (";Remarque", ("", ""), ["Participants!1"]),
        (";Remarque", ("", ";x"), ["Participants!2"]),
        (";Remarque", ("",), ["Participants!2"]),
        (";", ("", ""), []),
        (";", (";", ";"), []),
        (";;", ("", ";"), []),
        ("", (";", ""), []),
        ("", (";3", ""), ["Participants!2"]),
    ],
)
def test_a_header_that_is_longer_than_all_lines_is_what_is_named(
    read_csv: Callable[[bytes], SourceResult], header: str, lines: tuple[str, ...], where: list[str]
):
    made = f"Nom;Date de naissance;Heures{header}\n" + "".join(
        f"Inventée{number};01/02/1990;12{line}\n" for number, line in enumerate(lines)
    )
    (received,) = (r for r in read_csv(made.encode()).returns if r.expected_return_id == wb.RETURN)
    errors = [finding for finding in received.findings if finding.severity is Severity.ERROR]
    assert [finding.location for finding in errors] == where
    if where == ["Participants!1"]:
        assert errors[0].found == "a header with 4 cells"
        assert errors[0].expected.startswith("3 cells, as on all lines below it")


def test_an_unclosed_quote_is_reported_with_its_line(read_csv: Callable[[bytes], SourceResult]):
    reading = read_csv(CSV.replace("Inventée", '"Inventée').encode())
    assert [receipt.outcome for receipt in reading.receipts] == [ReceiptOutcome.UNREADABLE]
    assert "a quote was opened there or before" in wb.findings_of(reading)[0][3]


def test_a_csv_without_the_name_of_a_return_is_refused_with_how_to_name_it(
    tmp_path: Path, parser: Parser, landing: Landing
):
    inbox = wb.inbox(tmp_path, parser, wb.programme([TABLE]))
    (tmp_path / "inbox" / "tableau.csv").write_text(CSV, encoding="utf-8")
    reading = read_inbox(inbox, landing, {})
    assert [receipt.outcome for receipt in reading.receipts] == [ReceiptOutcome.UNASSIGNED]
    assert "COHORT__STRUCTURE__OCCASION__INSTRUMENT.csv" in reading.notes[0]


def test_a_parser_that_dies_is_reported_and_the_next_file_is_read_by_another(tmp_path: Path):
    with Parser() as parser:
        parser.parse(b"a;b", ".csv")
        pid = parser.process_id
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        killer = subprocess.Popen(["/bin/sh", "-c", f"sleep 0.3; kill -9 {pid}"])
        with pytest.raises(RefusedError, match="too_much"):
            parser.parse(b"a;b", ".csv")
        killer.wait()
        assert list(parser.parse(b"a;b", ".csv").sheets) == [""]
        assert parser.process_id != pid


def test_the_parsing_process_cannot_take_more_memory_than_it_is_given():
    with Parser() as parser:
        parser.parse(b"a;b", ".csv")
        limits = Path(f"/proc/{parser.process_id}/limits")
        if not limits.exists():
            pytest.skip("This system does not report the limits of a process.")
        values = {line[:25].strip(): line[26:46].strip() for line in limits.read_text().splitlines()}
    assert values["Max address space"] == str(3 << 30)
    assert values["Max cpu time"] != "unlimited"


def test_nothing_of_the_environment_that_is_secret_reaches_the_parsing_process(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ESSAIM_PSEUDONYM_KEY", "a secret of the tests")
    with Parser() as parser:
        parser.parse(b"a;b", ".csv")
        environment = Path(f"/proc/{parser.process_id}/environ")
        if not environment.exists():
            pytest.skip("This system does not report the environment of a process.")
        assert b"a secret of the tests" not in environment.read_bytes()
