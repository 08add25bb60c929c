"""Test the checks of `essaim doctor`: channels, keys and the published copy."""

import os
import subprocess
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pytest
from pydantic import SecretStr
from running import EXAMPLE, USER

from schemas.settings import Environment, ProjectPaths
from tasks.doctor import Diagnosis, examine_channels, examine_places, examine_sources
from tasks.programme import read_programme
from tasks.simulator import State, serve
from tasks.workbooks.pseudonyms import RULE, pseudonym_key
from warehouse.connection import open_warehouse
from warehouse.pseudonym_keys import hold_key
from warehouse.published import publish
from warehouse.runs import begin_run

DAY = date(2026, 3, 31)


def found(paths: ProjectPaths, checked: str, **settings: Any) -> Diagnosis:
    (finding,) = [one for one in examine_places(paths, Environment(**settings), DAY) if one.checked == checked]
    return finding


@pytest.mark.parametrize(
    ("settings", "is_well", "sentence"),
    [
        ({}, True, "Mails are files in"),
        (
            {"smtp_url": "smtps://mail.example.org", "mail_from": "essaim@agency.example.org"},
            True,
            "The mail server's settings can be used; no chats",
        ),
        ({"apprise_urls": SecretStr("json://127.0.0.1:1/canary")}, True, "1 chats are set. Nothing was sent."),
        ({"smtp_url": "ftp://mail.example.org"}, False, "ESSAIM_SMTP_URL"),
        ({"apprise_urls": SecretStr("json://127.0.0.1 nonsense-canary")}, False, "Address 2 of ESSAIM_APPRISE_URLS"),
    ],
)
def test_the_ways_that_messages_go_are_looked_at_and_nothing_is_sent(
    tmp_path: Path, settings: dict[str, Any], is_well: bool, sentence: str
) -> None:
    finding = examine_channels(ProjectPaths(tmp_path), Environment(**settings))
    assert (finding.is_well, sentence in finding.detail, "canary" in finding.detail) == (is_well, True, False)


def examined(folder: Path, **settings: Any) -> dict[str, Diagnosis]:
    programme = read_programme(EXAMPLE)
    found = examine_sources(programme, ProjectPaths(folder), Environment(**settings))
    return {one.checked: one for one in found}


def test_the_sources_are_looked_at_with_what_is_to_be_mended(tmp_path: Path) -> None:
    user = {"limesurvey_username": USER.name, "limesurvey_password": SecretStr(USER.password)}
    nothing = examined(tmp_path)
    assert set(nothing) == {"channels", "survey server", "inbox"}
    assert "Set ESSAIM_LIMESURVEY_USERNAME" in nothing["survey server"].detail
    assert "cannot be listed (No such file or directory)" in nothing["inbox"].detail
    assert not any(nothing[name].is_well or nothing[name].may_pass for name in ("survey server", "inbox"))
    (tmp_path / "inbox").mkdir()
    with serve(State([], [USER])) as simulator:
        well = examined(tmp_path, limesurvey_url=simulator.url, **user)
        assert all(finding.is_well for finding in well.values())
        assert well["survey server"].detail == "It accepts the login, and lists 0 surveys."
        wrong = user | {"limesurvey_password": SecretStr("another")}
        refused = examined(tmp_path, limesurvey_url=simulator.url, **wrong)["survey server"]
    assert (refused.is_well, refused.may_pass) == (False, False)
    away = examined(tmp_path, limesurvey_url=simulator.url, **user)["survey server"]
    assert (away.is_well, away.may_pass) == (False, True)


@pytest.fixture
def held(tmp_path: Path) -> ProjectPaths:
    """Return a warehouse whose pseudonyms were computed with the key of its folder."""
    paths = ProjectPaths(tmp_path)
    with open_warehouse(paths) as warehouse:
        stamp = begin_run(warehouse, run_id="run", command="collect", as_of=DAY, zone=ZoneInfo("Europe/Paris"))
        key = pseudonym_key(paths, Environment())
        hold_key(warehouse, key.version, key.fingerprint, key.rule, stamp)
        warehouse.checkpoint()
    return paths


def test_the_key_of_the_warehouse_is_distinguished_from_any_other(held: ProjectPaths) -> None:
    assert found(held, "pseudonym key").detail == "It is version 1, which the warehouse holds."
    other = SecretStr("ab" * 32)
    finding = found(held, "pseudonym key", pseudonym_key=other)
    assert (finding.is_well, "It differs from version 1" in finding.detail) == (False, True)
    assert other.get_secret_value() not in finding.detail
    assert found(held, "pseudonym key", pseudonym_key=other, pseudonym_key_version=2).is_well


@pytest.mark.parametrize(
    "change",
    [
        "update ops.pseudonym_keys set rule = 1",
        "update ops.pseudonym_keys set rule = null",
        "alter table ops.pseudonym_keys drop column rule",
    ],
)
def test_a_newer_rule_of_pseudonyms_is_named_with_the_command_that_applies_it(held: ProjectPaths, change: str) -> None:
    with duckdb.connect(str(held.warehouse)) as connection:
        connection.execute(change)
    finding = found(held, "pseudonym key")
    assert finding.is_well
    assert f"follow rule 1 of spellings, and rule {RULE} exists: run essaim relink --dry-run" in finding.detail


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "Restore it from where it is kept"),
        (b"short", "is not a key"),
        (b"\xff\xfe", "Check its permissions, or restore"),
    ],
)
def test_a_lost_or_invalid_key_is_reported_and_not_replaced(
    held: ProjectPaths, content: bytes | None, sentence: str
) -> None:
    held.pseudonym_key.unlink()
    if content is not None:
        held.pseudonym_key.write_bytes(content)
    finding = found(held, "pseudonym key")
    assert (finding.is_well, sentence in finding.detail) == (False, True)
    assert held.pseudonym_key.exists() == (content is not None)


def test_a_warehouse_without_pseudonyms_needs_no_key(tmp_path: Path) -> None:
    paths = ProjectPaths(tmp_path)
    with open_warehouse(paths) as warehouse:
        warehouse.checkpoint()
    assert found(paths, "pseudonym key").is_well
    assert not paths.pseudonym_key.exists()


def test_a_log_beside_the_published_copy_needs_a_person_and_the_rest_is_examined(held: ProjectPaths) -> None:
    publish(held)
    assert found(held, "published copy").is_well
    held.published.with_name("published.duckdb.wal").write_bytes(b"not of Essaim")
    finding = found(held, "published copy")
    assert (finding.is_well, "found published.duckdb.wal beside it" in finding.detail) == (False, True)
    assert found(held, "sources").is_well


def test_the_log_of_the_warehouse_itself_is_what_a_killed_run_committed(tmp_path: Path) -> None:
    paths = ProjectPaths(tmp_path)
    killed = """
import os, sys, pathlib, datetime, zoneinfo
from schemas.settings import ProjectPaths
from warehouse.connection import open_warehouse
from warehouse.runs import begin_run
day, zone = datetime.date(2026, 3, 31), zoneinfo.ZoneInfo("Europe/Paris")
with open_warehouse(ProjectPaths(pathlib.Path(sys.argv[1]))) as warehouse:
    warehouse.checkpoint()
    begin_run(warehouse, run_id="killed", command="collect", as_of=day, zone=zone)
    os._exit(9)
"""
    repository = Path(__file__).parents[2]
    assert subprocess.run([sys.executable, "-c", killed, str(tmp_path)], cwd=repository, check=False).returncode == 9
    assert paths.warehouse.with_name("warehouse.duckdb.wal").exists()
    assert found(paths, "last run").detail.startswith("killed was killed.")


def test_a_folder_that_cannot_be_written_is_reported():
    with tempfile.TemporaryDirectory() as folder:  # a folder of pytest cannot be entered by another user
        paths = ProjectPaths(Path(folder))
        paths.var.mkdir()
        paths.folder.chmod(0o755)
        paths.var.chmod(0o555)
        is_root = os.geteuid() == 0
        try:
            if is_root:
                os.seteuid(65534)
            finding = found(paths, "disk")
        finally:
            if is_root:
                os.seteuid(0)
            paths.var.chmod(0o755)
        assert (finding.is_well, "var cannot be written, so no run can begin" in finding.detail) == (False, True)
