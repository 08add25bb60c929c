"""Test how tables are laid out for a terminal, and what CSV distinguishes."""

import csv
import io
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import duckdb
import pytest
from rich.console import Console

from flows.cli.output import Format, show
from flows.cli.tables import table_of

NAMES = ["expected_return_id", "structure_name", "due_on", "days_late", "snoozed_until_on"]
ROWS: list[tuple[object, ...]] = [
    (
        "TAPAJ-2/TAPAJ12/M12/tableau",
        "Point Jeunes de la Citadelle, antenne du Grand Chêne",
        date(2018, 10, 31),
        151,
        None,
    ),
    ("VITA-1/VITA03/M18/suivi", "Atelier", date(2017, 6, 30), 1639, None),
]


def printed(rows: Sequence[Sequence[object]], width: int | None, names: Sequence[str] = NAMES) -> list[str]:
    console = Console(width=width or 100_000, file=io.StringIO(), color_system=None, highlight=False)
    console.print(table_of(names, rows, "Title", width), crop=False)
    assert isinstance(console.file, io.StringIO)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


@pytest.mark.parametrize("width", [None, 200, 120, 96, 80, 60, 40, 20])
def test_no_number_day_or_reference_is_broken_at_any_width(width: int | None):
    lines = printed(ROWS, width)
    for value in ("TAPAJ-2/TAPAJ12/M12/tableau", "2018-10-31", "151", "1639", "VITA-1/VITA03/M18/suivi"):
        assert any(value in line for line in lines), value
    text = " ".join(" ".join(lines).split())
    for word in str(ROWS[0][1]).split():
        assert word in text


def test_a_table_that_fits_has_its_rows_side_by_side_and_breaks_texts_between_words():
    lines = printed(ROWS, 100)
    assert all(len(line) <= 100 for line in lines)
    assert any("TAPAJ-2/TAPAJ12/M12/tableau   Point Jeunes de la" in line for line in lines)
    assert not any(line.startswith("──") for line in lines)


def test_a_table_that_is_too_wide_is_printed_row_by_row():
    lines = printed(ROWS, 60)
    assert lines[0] == "Title"
    assert lines[1].startswith("── 1 of 2 ─")
    assert "due_on              2018-10-31" in lines
    assert all(len(line) <= 60 for line in lines)


def test_columns_without_a_value_are_named_below_the_table():
    for width in (None, 60):
        assert printed(ROWS, width)[-1] == "Without a value: snoozed_until_on."
    assert "snoozed_until_on" in " ".join(printed([], None))


def test_a_null_is_not_an_empty_text(capsys: pytest.CaptureFixture[str]):
    rows = [("", None), (None, ""), ('a "b", c', "line\nline")]
    assert [line.split() for line in printed(rows[:2], None, ["a", "b"]) if '""' in line] == [['""'], ['""']]
    show(["a", "b"], rows, Format.CSV)
    written = capsys.readouterr().out
    assert written.splitlines()[1:3] == ['"",', ',""']
    assert list(csv.reader(io.StringIO(written)))[3] == ['a "b", c', "line\nline"]


def test_duckdb_reads_the_nulls_and_empty_texts_of_a_csv(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    rows: list[tuple[object, ...]] = [("", None, 1), (None, "", None), ("x", "y", 2)]
    show(["a", "b", "n"], rows, Format.CSV)
    file = tmp_path / "rows.csv"
    file.write_text(capsys.readouterr().out, encoding="utf-8")
    with duckdb.connect() as connection:
        read = connection.execute(f"select * from read_csv('{file}', header = true, allow_quoted_nulls = false)")
        assert read.fetchall() == rows


def test_control_characters_cannot_steer_the_terminal():
    (line,) = [line for line in printed([("\x1b[2Jx",)], None, ["a"]) if "x1b" in line]
    assert line.strip() == "\\x1b[2Jx"
