"""Test returns with several sheets that come as a set of CSV files: a ZIP archive with a file for each sheet."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import bookkeeping as wb
import pytest
from openpyxl import load_workbook

from schemas.enums import Severity
from tasks.i18n import language
from tasks.landing import Landing
from tasks.records import SourceResult
from tasks.spreadsheets.cells import Refusal, RefusedError
from tasks.spreadsheets.parser import Parser
from tasks.workbooks.annotating import annotate
from tasks.workbooks.inbox import read_inbox
from tasks.workbooks.refusal_messages import refusal_in_words

NAME = f"{wb.RETURN.replace('/', '__')}.zip"
QUESTIONS = "Personnes;12\n"
TABLE = "Nom;Heures\nInventée;12,5\nAutre;7\n"
SHEETS = [
    {"name": "Données", "items": [{"code": "personnes", "label": "Personnes", "kind": "count"}]},
    {
        "name": "Équipe",
        "columns": [
            {"code": "nom", "label": "Nom", "role": "identifier"},
            {"code": "heures", "label": "Heures", "kind": "number"},
        ],
    },
]


def archive(*files: tuple[str, bytes]) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in files:
            made.writestr(name, data)
    return content.getvalue()


@pytest.fixture
def read_set(tmp_path: Path, parser: Parser, landing: Landing) -> Callable[..., SourceResult]:
    def reading(*files: tuple[str, bytes]) -> SourceResult:
        inbox = wb.inbox(tmp_path, parser, wb.programme(SHEETS))
        (tmp_path / "inbox" / NAME).write_bytes(archive(*files))
        return read_inbox(inbox, landing, {})

    return reading


def test_each_file_is_a_sheet_and_what_systems_add_to_archives_does_not_count(
    read_set: Callable[..., SourceResult],
) -> None:
    reading = read_set(
        ("retour/Données.csv", QUESTIONS.encode("utf-8-sig")),
        ("retour/équipe.CSV", TABLE.replace(";", ",").replace("12,5", '"12,5"').encode("utf-16")),
        ("__MACOSX/retour/._Données.csv", b"\0"),
        ("retour/.DS_Store", b"\0"),
    )
    assert [receipt.detail for receipt in reading.receipts] == ["read as UTF-8 / UTF-16, separated by '; ,'"]
    (received,) = reading.returns
    assert received.findings == ()
    assert [(row["value_text"], row["sheet_name"]) for row in wb.rows_of(received)] == [
        ("12.5", "Équipe"),
        ("7", "Équipe"),
    ]
    assert [answer.value_text for answer in received.answers] == ["12"]


def test_a_sheet_without_a_file_is_missing_and_a_file_without_a_sheet_is_a_warning(
    read_set: Callable[..., SourceResult],
) -> None:
    (received,) = read_set(("Données.csv", QUESTIONS.encode()), ("Notes.csv", b"a;b\n1;2\n")).returns
    assert [(finding.location, finding.severity) for finding in received.findings] == [
        ("Équipe", Severity.ERROR),
        ("Notes", Severity.WARNING),
    ]


def test_a_line_that_was_cut_is_named_with_its_sheet(read_set: Callable[..., SourceResult]) -> None:
    (received,) = read_set(("Données.csv", QUESTIONS.encode()), ("Équipe.csv", f"{TABLE}Encore\n".encode())).returns
    assert [finding.location for finding in received.findings] == ["Équipe!4", "Équipe!A4"]


def test_the_marked_copy_is_a_workbook_that_can_be_sent_back(
    read_set: Callable[..., SourceResult], tmp_path: Path, parser: Parser, landing: Landing
) -> None:
    files = (("Données.csv", QUESTIONS.replace("12", "douze").encode()), ("Équipe.csv", TABLE.encode()))
    (received,) = read_set(*files).returns
    inbox = wb.inbox(tmp_path, parser, wb.programme(SHEETS))
    _, copy = annotate(tmp_path / "back", received, archive(*files), inbox.programme, parser)
    book = load_workbook(copy)
    assert book["Données"]["B1"].comment is not None
    book["Données"]["B1"] = 12
    (tmp_path / "inbox" / NAME).unlink()
    book.save(tmp_path / "inbox" / "corrigé.xlsx")
    (received,) = read_inbox(inbox, landing, {}).returns
    assert (received.expected_return_id, received.findings) == (wb.RETURN, ())


@pytest.mark.parametrize(
    ("files", "refusal", "says"),
    [
        ([], Refusal.NO_CSV_SET, "A ZIP archive must hold the CSV files of one return and nothing else"),
        ([("a.xlsx", b"PK")], Refusal.NO_CSV_SET, "a.xlsx: A ZIP archive must hold the CSV files"),
        ([("x/a.csv", b"a;b"), ("y/a.csv", b"a;b")], Refusal.NO_CSV_SET, "a.csv: A ZIP archive must hold"),
        ([("a.csv", b"a;b\n"), ("b.csv", b'a;"b\n')], Refusal.BROKEN_CSV, "b.csv: From line 1 on, the file is no CSV"),
        ([("a.csv", b"a;b\n"), ("b.csv", b"\xe9t\xe9;b\n")], Refusal.ENCODING, "b.csv: Line 1 has a sign"),
        ([("a.csv", b";\n" * 110_000_000)], Refusal.EXPANDS, "The file expands to 220 MB"),
    ],
)
def test_another_archive_is_refused_with_the_file_and_the_remedy(
    parser: Parser, files: list[tuple[str, bytes]], refusal: Refusal, says: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        parser.parse(archive(*files), ".zip")
    assert refused.value.refusal is refusal
    names = [name.rpartition("/")[2] for name, _ in files]
    assert refusal_in_words(refused.value, language("en"), names).startswith(says)


def test_a_file_of_an_archive_with_another_name_than_a_sheet_is_named_nowhere(
    tmp_path: Path, parser: Parser, landing: Landing
) -> None:
    inbox = wb.inbox(tmp_path, parser, wb.programme(SHEETS))
    (tmp_path / "inbox" / NAME).write_bytes(archive(("Équipe.csv", TABLE.encode()), ("Personne Inventée.xlsx", b"x")))
    read = read_inbox(inbox, landing, {})
    (received,), (note,) = read.returns, read.notes
    assert "A ZIP archive must hold the CSV files of one return" in note
    for shown in (note, str(read.receipts), str(received.findings)):
        assert "Inventée" not in shown
    # The name of a sheet is of the programme.
    (tmp_path / "inbox" / NAME).write_bytes(archive(("Équipe.csv", b'a;"b\n')))
    (note,) = read_inbox(inbox, landing, {}).notes
    assert "Équipe.csv: From line 1 on, the file is no CSV" in note


def test_a_file_that_is_no_archive_is_refused(parser: Parser) -> None:
    with pytest.raises(RefusedError) as refused:
        parser.parse(b"no archive", ".zip")
    assert refused.value.refusal is Refusal.BROKEN
