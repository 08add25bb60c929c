"""Test that of the workbooks of a return the one sent last counts, whatever was sent before, on both engines."""

import io
import os
from datetime import UTC, date, datetime
from email import message_from_string
from email.policy import default
from functools import cache
from pathlib import Path
from typing import Any

import bookkeeping as wb
import pytest
import sqlalchemy as sa
from building import begin_with_views, build_models
from delivering import AS_OF, NAME, collect, deliver, rows
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font
from running import essaim

from schemas.enums import ReceiptOutcome
from schemas.settings import ProjectPaths
from schemas.tables import RECEIPTS, RETURNS
from tasks.records import checksum
from tasks.schedule.expected_returns import INBOX
from warehouse.connection import open_warehouse
from warehouse.runs import last_instant_of

SECOND = NAME.replace(".xlsx", " (1).xlsx")
THIRD = NAME.replace(".xlsx", " (2).xlsx")
COPIED = datetime(2019, 3, 1, tzinfo=UTC).timestamp()


@cache
def workbook(persons: int) -> bytes:
    """Return the bytes of a workbook: the same bytes each time, as of one file that is sent again."""
    return wb.content(wb.book(wb.items(personnes=persons)))


def send(paths: ProjectPaths, persons: int, name: str = NAME, day: int = 1) -> None:
    """Write a workbook into the inbox, dated a day of February 2019."""
    folder = paths.folder / "inbox"
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(workbook(persons))
    written = datetime(2019, 2, day, 12, tzinfo=UTC).timestamp()
    os.utime(folder / name, (written, written))


def values(paths: ProjectPaths) -> list[str | None]:
    """Return the number of persons in each version, in the order of their sending."""
    with open_warehouse(paths) as warehouse:
        found = warehouse.execute(
            sa.text(
                "select answers.value_text from raw.returns left join raw.answers on returns.return_id = "
                "answers.return_id and answers.item = 'Données!personnes' "
                "order by returns.answered_at, returns.sequence, returns.loaded_at"
            )
        )
    return [value for (value,) in found]


def current(paths: ProjectPaths) -> object:
    """Return the number of persons that the views show."""
    known_by = last_instant_of(AS_OF, wb.programme().zone)
    build_models(paths, "--select", "+fct_observation", as_of=AS_OF, known_by=known_by)
    with open_warehouse(paths) as warehouse:
        ((value,),) = warehouse.execute(
            sa.text(
                "select value_number from marts.fct_observation where indicator_code = 'persons' "
                f"and expected_return_id = '{wb.RETURN}'"
            )
        )
    return value


def everything(paths: ProjectPaths) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    return rows(paths, RECEIPTS, "receipt_id", "origin", "sending"), rows(paths, RETURNS, "return_id", "answered_at")


@pytest.mark.parametrize("day", [2, 1], ids=["dated as the second", "dated as the first"])
def test_a_workbook_that_replaces_its_correction_counts_and_each_sending_has_its_receipt(
    paths_with_views: ProjectPaths, day: int
) -> None:
    for persons, sent in ((3, 1), (77, 2), (3, day)):
        send(paths_with_views, persons, day=sent)
        assert collect(paths_with_views).count == 1
        assert collect(paths_with_views).count == 0
    assert values(paths_with_views) == ["3", "77", "3"]
    assert [sending for _, _, sending in everything(paths_with_views)[0]] == [1, 1, 2]
    assert current(paths_with_views) == 3
    send(paths_with_views, 77, day=4)
    collect(paths_with_views)
    assert values(paths_with_views) == ["3", "77", "3", "77"]
    assert [sending for _, _, sending in everything(paths_with_views)[0]] == [1, 1, 2, 2]


def test_the_first_workbook_sent_again_under_another_name_counts(paths_with_views: ProjectPaths) -> None:
    for persons, name, day in ((3, NAME, 1), (77, SECOND, 2), (3, THIRD, 3)):
        send(paths_with_views, persons, name, day)
        assert collect(paths_with_views).count == 1
        assert collect(paths_with_views).count == 0
    assert values(paths_with_views) == ["3", "77", "3"]
    assert current(paths_with_views) == 3


def test_workbooks_that_wait_together_are_the_versions_that_they_are_one_by_one(
    paths: ProjectPaths, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ESSAIM_PSEUDONYM_KEY", "ab" * 32)
    sent = ((3, THIRD, 3), (77, SECOND, 2), (3, NAME, 1))
    for persons, name, day in sent:
        send(paths, persons, name, day)
    assert collect(paths).count == 3
    together = everything(paths)
    one_by_one = ProjectPaths(tmp_path_factory.mktemp("programme"))
    assert values(paths) == ["3", "77", "3"]
    monkeypatch.delenv("ESSAIM_WAREHOUSE_URL", raising=False)
    for persons, name, day in reversed(sent):
        send(one_by_one, persons, name, day)
        collect(one_by_one)
    assert [sorted(some) for some in together] == [sorted(some) for some in everything(one_by_one)]


def test_an_inbox_that_was_copied_without_its_dates_sends_nothing(paths: ProjectPaths) -> None:
    for persons, name, day in ((3, NAME, 1), (77, SECOND, 2)):
        send(paths, persons, name, day)
        collect(paths)
    before = everything(paths)
    for path in (paths.folder / "inbox").iterdir():
        os.utime(path, (COPIED, COPIED))
    assert collect(paths).count == 0
    assert everything(paths) == before


@pytest.mark.parametrize("day", [1, 3], ids=["as old as it was", "newer"])
def test_the_latest_workbook_under_another_name_has_a_receipt_and_is_no_version(paths: ProjectPaths, day: int) -> None:
    send(paths, 3, day=1)
    collect(paths)
    (paths.folder / "inbox" / NAME).rename(paths.folder / "inbox" / SECOND)
    send(paths, 3, SECOND, day)
    assert collect(paths).count == 0
    assert [origin for _, origin, _ in everything(paths)[0]] == [NAME, SECOND]
    assert values(paths) == ["3"]


def test_a_workbook_older_than_its_correction_does_not_replace_it_under_another_name(
    paths_with_views: ProjectPaths,
) -> None:
    for persons, name, day in ((3, NAME, 1), (77, SECOND, 3), (3, THIRD, 1)):
        send(paths_with_views, persons, name, day)
        collect(paths_with_views)
    assert values(paths_with_views) == ["3", "77"]
    assert current(paths_with_views) == 77


def test_a_corrected_programme_does_not_bring_back_what_was_replaced_by_a_file_of_the_same_date(
    paths_with_views: ProjectPaths,
) -> None:
    deliver(paths_with_views, wb.book(people=[wb.person(contrat="Apprentissage")]))
    collect(paths_with_views)
    send(paths_with_views, 77, day=1)
    collect(paths_with_views)
    assert collect(paths_with_views, wb.programme().model_copy(update={"version": "1"})).count == 0
    assert current(paths_with_views) == 77


def test_a_workbook_sent_again_after_a_file_that_could_not_be_read_is_a_version(paths: ProjectPaths) -> None:
    send(paths, 3, day=1)
    collect(paths)
    broken = paths.folder / "inbox" / NAME
    broken.write_bytes(b"not a workbook")
    os.utime(broken, (COPIED, COPIED))
    for _ in range(2):
        collect(paths)
    send(paths, 3, day=28)
    assert collect(paths).count == 1
    assert collect(paths).count == 0
    assert values(paths) == ["3", None, "3"]


def test_two_files_whose_names_are_shown_alike_are_each_read_once(paths: ProjectPaths) -> None:
    send(paths, 3, os.fsdecode(b"envoi \xe9.xlsx"))
    send(paths, 77, "envoi \\xe9.xlsx")
    assert collect(paths).count == 2
    before = everything(paths)
    for _ in range(2):
        assert collect(paths).count == 0
    assert everything(paths) == before


def test_receipts_of_an_earlier_essaim_keep_their_ids(paths: ProjectPaths) -> None:
    send(paths, 3)
    collect(paths)
    ((receipt_id, sha256, outcome),) = rows(paths, RECEIPTS, "receipt_id", "sha256", "outcome")
    assert receipt_id == checksum(INBOX, NAME, sha256)
    assert outcome == ReceiptOutcome.READ.value


def struck(persons: int, *, is_struck: bool) -> Workbook:
    made = wb.book(wb.items(personnes=persons))
    made["Données"]["B1"].font = Font(strike=is_struck)
    return made


def test_a_correction_that_changes_no_value_but_how_a_cell_looks_is_a_version(paths: ProjectPaths) -> None:
    for day, (persons, is_struck) in enumerate([(3, True), (3, False), (3, True), (3, False)], start=1):
        deliver(paths, struck(persons, is_struck=is_struck), day=day)
        assert collect(paths).count == 1
    assert [outcome for (outcome,) in rows(paths, RETURNS, "outcome")] == 2 * ["quarantined", "loaded"]
    # Saved again without a change, it is the version that it was.
    deliver(paths, struck(3, is_struck=False), SECOND, day=5)
    assert collect(paths).count == 0


def test_a_correction_of_merged_cells_is_a_version(paths: ProjectPaths) -> None:
    made = wb.book()
    made["Données"].merge_cells("B1:B2")
    deliver(paths, made, day=1)
    assert len(collect(paths).quarantined) >= 1
    unmerged = load_workbook(io.BytesIO(wb.content(made)))
    unmerged["Données"].unmerge_cells("B1:B2")
    unmerged["Données"]["B2"] = made["Données"]["B2"].value
    deliver(paths, unmerged, day=2)
    assert collect(paths).count == 1


def test_a_workbook_from_a_later_day_is_named_and_left(paths: ProjectPaths) -> None:
    deliver(paths, wb.book(), day=5)
    assert collect(paths, as_of=date(2019, 2, 4)).notes == [
        f"inbox: 1 return came or changed after 2019-02-04: left for a later day ({NAME})."
    ]
    assert collect(paths, as_of=date(2019, 2, 5)).count == 1


def test_a_newer_workbook_with_errors_is_reported_until_it_is_corrected(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = ProjectPaths(tmp_path / "programme")
    begin_with_views(paths)
    wb.write_folder(paths.folder, wb.programme())
    deliver(paths, wb.book(), day=1)
    here = ("--programme", str(paths.folder))
    assert essaim(capsys, "collect", *here, "--as-of", "2019-02-02").code == 0
    deliver(paths, wb.book(wb.items(personnes="environ 15")), day=3)
    ran = essaim(capsys, "collect", *here, "--as-of", "2019-02-04")
    assert (ran.code, "Données!B1" in ran.out) == (3, True)
    (mail,) = (path.read_text() for path in paths.mails.iterdir() if "2019-02-04" in path.name)
    body = message_from_string(mail, policy=default).get_body(("plain",))
    assert body is not None
    text = body.get_content()
    assert "REÇUS, PUIS RENVOYÉS AVEC DES ERREURS" in text.upper()
    assert "Données!B1" in text
    shown = essaim(capsys, "status", *here).out
    assert "Received, and sent again with errors: the earlier version counts" in shown
    deliver(paths, wb.book(wb.items(personnes=15)), day=5)
    assert essaim(capsys, "collect", *here, "--as-of", "2019-02-06").code == 0
    assert "sent again with errors" not in essaim(capsys, "status", *here).out
