"""Test that `essaim collect` reads files with hostile names, and files that are sent again, on both engines.

The files in `tests/data/careful_inbox` are invented. They are of the return C-1/STR1/M06/suivi.
"""

import os
import tarfile
from datetime import UTC, datetime
from pathlib import Path

import bookkeeping as wb
import pytest
import sqlalchemy as sa
from running import essaim

from schemas.settings import ProjectPaths
from warehouse.connection import open_warehouse

CASES = Path(__file__).parents[1] / "data" / "careful_inbox"
SENT = datetime(2019, 2, 5, tzinfo=UTC).timestamp()
AS_OF = ("--as-of", "2019-03-31")


@pytest.fixture
def inbox(paths_with_views: ProjectPaths) -> Path:
    """Write the programme folder and return its inbox."""
    wb.write_folder(paths_with_views.folder, wb.programme())
    inbox = paths_with_views.folder / "inbox"
    inbox.mkdir()
    return inbox


def persons(paths: ProjectPaths) -> list[tuple[object, ...]]:
    """Return the expected returns with a number of persons in the views, and the numbers."""
    with open_warehouse(paths) as warehouse:
        sql = (
            "select expected_return_id, value_number from marts.fct_observation "
            "where indicator_code = 'persons' and value_number is not null order by 1"
        )
        return [tuple(row) for row in warehouse.execute(sa.text(sql))]


def test_the_last_of_three_files_under_one_name_counts(
    paths_with_views: ProjectPaths, inbox: Path, capsys: pytest.CaptureFixture[str]
):
    sent = {"1_envoi.xlsx": (2019, 1, 10), "2_envoi.xlsx": (2019, 2, 1), "3_envoi.xlsx": (2019, 3, 1)}
    shown: list[list[tuple[object, ...]]] = []
    for name, day in sent.items():
        (inbox / "envoi.xlsx").write_bytes((CASES / name).read_bytes())
        at = datetime(*day, tzinfo=UTC).timestamp()
        os.utime(inbox / "envoi.xlsx", (at, at))
        assert "Traceback" not in essaim(capsys, "collect", "--programme", str(paths_with_views.folder), *AS_OF).err
        shown.append(persons(paths_with_views))
    assert shown == [[(wb.RETURN, 12)], [(wb.RETURN, 77)], [(wb.RETURN, 12)]]


def test_a_file_whose_name_is_not_utf8_is_named_and_every_other_is_read(
    paths_with_views: ProjectPaths, inbox: Path, capsys: pytest.CaptureFixture[str]
):
    with tarfile.open(CASES / "not_utf8.tar", encoding="utf-8", errors="surrogateescape") as archive:
        archive.extractall(inbox, filter="data")
    other = wb.book(wb.items(personnes=5), whose=wb.identity(wb.OTHER))
    (inbox / "autre.xlsx").write_bytes(wb.content(other))
    os.utime(inbox / "autre.xlsx", (SENT, SENT))
    ran = essaim(capsys, "collect", "--programme", str(paths_with_views.folder), *AS_OF)
    assert "Traceback" not in ran.err
    assert "its real name cannot be recorded" in " ".join((ran.out + ran.err).split())
    assert [expected_return_id for expected_return_id, _ in persons(paths_with_views)] == [wb.RETURN, wb.OTHER]
