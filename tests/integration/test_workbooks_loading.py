"""Test workbooks from the inbox to the warehouse, on both engines: pseudonyms, versions, and repeated reading."""

import os
from datetime import date
from pathlib import Path
from typing import Any

import bookkeeping as wb
import pytest
import sqlalchemy as sa
from delivering import NAME, collect, deliver, rows

from schemas.errors import UsageError
from schemas.settings import ProjectPaths
from schemas.tables import RECEIPTS, RETURNS, ROW_ANSWERS, TABLES, Table, sql_table
from tasks.workbooks import workbook_name
from warehouse.connection import open_warehouse

UNKNOWN_CONTRACT = wb.book(people=[wb.person(contrat="Apprentissage")])


def test_rows_are_loaded_under_pseudonyms_and_nobody_is_named_anywhere(paths: ProjectPaths):
    deliver(paths, wb.book(people=[wb.person(), wb.person(nom="Secrète", contrat="CDD", remarque="Madame Secrète")]))
    assert collect(paths).count == 1
    loaded = rows(paths, ROW_ANSWERS, "item", "row_number", "value_text", "column_letters", "key_version")
    assert loaded == [
        ("Participants!contrat", 2, "CDI", "D", 1),
        ("Participants!contrat", 3, "CDD", "D", 1),
        ("Participants!entree", 2, "2019-01-15", "F", 1),
        ("Participants!entree", 3, "2019-01-15", "F", 1),
        ("Participants!heures", 2, "12.5", "E", 1),
        ("Participants!heures", 3, "12.5", "E", 1),
    ]
    assert len({pseudonym for (pseudonym,) in rows(paths, ROW_ANSWERS, "pseudonym")}) == 2
    for table in TABLES:
        everything = str(rows_of(paths, table))
        assert not [named for named in ("Secr", "Inventée'", "1990") if named in everything], table.full_name
    key = paths.pseudonym_key.read_text().strip()
    assert key not in str(rows_of(paths, next(table for table in TABLES if table.name == "pseudonym_keys")))


def rows_of(paths: ProjectPaths, table: Table) -> list[tuple[Any, ...]]:
    with open_warehouse(paths) as warehouse:
        return warehouse.execute(sa.select(sql_table(table)))


def test_the_same_workbook_twice_is_one_return_and_a_corrected_one_supersedes_it(paths: ProjectPaths):
    deliver(paths, wb.book())
    deliver(paths, wb.book(), NAME.replace(".xlsx", " (1).xlsx"))
    collect(paths)
    assert len(rows(paths, RETURNS, "return_id")) == 1
    assert len(rows(paths, RECEIPTS, "receipt_id")) == 2
    assert collect(paths).count == 0
    deliver(paths, wb.book(wb.items(personnes=13)), day=2)
    collect(paths)
    assert [day for (day,) in rows(paths, RETURNS, "answered_on")] == [date(2019, 2, 1), date(2019, 2, 2)]


def test_what_must_be_mended_comes_before_what_is_only_a_warning(paths: ProjectPaths):
    rows_of_sheet = wb.items(personnes="beaucoup")
    rows_of_sheet[0].append("à vérifier")
    rows_of_sheet.insert(0, ["Budget", 1234.5, "voir l'annexe"])
    del rows_of_sheet[3]
    deliver(paths, wb.book(rows_of_sheet))
    messages = collect(paths).quarantined
    assert [message.endswith("(a warning: it alone would keep nothing from being loaded)") for message in messages] == [
        False,
        True,
        True,
    ]


def test_what_people_read_of_a_faulty_workbook_does_not_quote_it_and_its_marked_copy_waits(paths: ProjectPaths):
    deliver(paths, wb.book(people=[wb.person(contrat="Madame Secrète")]))
    (message,) = collect(paths).quarantined
    assert message == f"{NAME}, Participants!D2: un texte de 14 caractères → l'une de ces valeurs\u00a0: " + (
        "CDI, CDD, Intérim, nc, ne"
    )
    assert rows(paths, ROW_ANSWERS, "item") == []
    assert {path.suffix for path in paths.annotated.iterdir()} == {".txt", ".xlsx"}
    deliver(paths, wb.book(), day=2)
    collect(paths)
    assert list(paths.annotated.iterdir()) == []


def test_a_quarantined_workbook_is_read_again_from_its_original_when_the_programme_is_corrected(paths: ProjectPaths):
    deliver(paths, UNKNOWN_CONTRACT)
    collect(paths)
    (paths.folder / "inbox" / NAME).unlink()
    assert collect(paths).count == 0
    declared: Any = wb.SHEETS[1]["columns"]
    columns = [
        {**column, "allowed_values": ["CDI", "Apprentissage"]} if column["code"] == "contrat" else column
        for column in declared
    ]
    corrected = wb.programme([wb.SHEETS[0], {**wb.SHEETS[1], "columns": columns}]).model_copy(update={"version": "1"})
    assert collect(paths, corrected).count == 1
    assert [outcome for (outcome,) in rows(paths, RETURNS, "outcome")] == ["quarantined", "loaded"]
    assert len(rows(paths, RECEIPTS, "receipt_id")) == 1
    assert collect(paths, corrected).count == 0


def test_what_was_superseded_is_not_read_again(paths: ProjectPaths):
    deliver(paths, UNKNOWN_CONTRACT)
    collect(paths)
    deliver(paths, wb.book(), day=2)
    collect(paths)
    assert collect(paths, wb.programme().model_copy(update={"version": "1"})).count == 0
    assert list(paths.annotated.iterdir()) == []


def test_a_wrong_key_is_refused_and_a_new_key_version_starts_new_pseudonyms(
    paths: ProjectPaths, monkeypatch: pytest.MonkeyPatch
):
    deliver(paths, wb.book())
    collect(paths)
    deliver(paths, wb.book(wb.items(personnes=13)), day=2)
    monkeypatch.setenv("ESSAIM_PSEUDONYM_KEY", "ab" * 32)
    with pytest.raises(UsageError, match="differs from the key that was used as version 1"):
        collect(paths)
    assert len(rows(paths, RETURNS, "return_id")) == 1
    monkeypatch.setenv("ESSAIM_PSEUDONYM_KEY_VERSION", "2")
    collect(paths)
    assert {version for (version,) in rows(paths, ROW_ANSWERS, "key_version")} == {1, 2}


@pytest.mark.parametrize("key", ["", "xyz", "ab" * 8])
def test_an_invalid_key_is_reported(tmp_path: Path, key: str, monkeypatch: pytest.MonkeyPatch):
    paths = ProjectPaths(tmp_path)
    paths.var.mkdir()
    paths.pseudonym_key.write_text(key)
    with pytest.raises(UsageError, match="expected at least 64 hexadecimal digits"):
        collect(paths)


HOSTILE = {
    b"envoi r\xe9vis\xe9.xlsx": "envoi r\\xe9vis\\xe9.xlsx",
    b"C-1__STR1__M06__suivi \xff\xfe.xlsx": "C-1__STR1__M06__suivi \\xff\\xfe.xlsx",
    b"two\nlines \x1b[31m red.xlsx": "two\\nlines \\x1b[31m red.xlsx",
    "à l'envers \u202exslx.xlsx".encode(): "à l'envers \\u202exslx.xlsx",
}


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_a_file_name_that_is_no_text_is_the_trouble_of_that_file_and_every_other_is_read(
    paths: ProjectPaths, name: bytes
):
    deliver(paths, wb.book(whose=wb.identity(wb.OTHER)), workbook_name(wb.OTHER))
    deliver(paths, wb.book(), os.fsdecode(name))
    loaded = collect(paths)
    assert loaded.count == 2
    (note,) = loaded.notes
    assert note.startswith(f"{HOSTILE[name]}: its real name cannot be recorded")
    assert note.isprintable()
    assert sorted(origin for (origin,) in rows(paths, RECEIPTS, "origin")) == sorted(
        [HOSTILE[name], workbook_name(wb.OTHER)]
    )
    # A file that was read is neither read nor reported again.
    again = collect(paths)
    assert (again.count, again.notes) == (0, [])


def test_a_quarantined_file_whose_name_is_no_text_goes_back_marked(paths: ProjectPaths):
    deliver(paths, UNKNOWN_CONTRACT, os.fsdecode(b"C-1__STR1__M06__suivi \xe9.xlsx"))
    (message,) = collect(paths).quarantined
    assert message.startswith("C-1__STR1__M06__suivi \\xe9.xlsx, Participants!D2")
    (text,) = paths.annotated.glob("*.txt")
    assert "C-1__STR1__M06__suivi \\xe9.xlsx" in text.read_text(encoding="utf-8")
