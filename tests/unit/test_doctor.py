"""What `essaim doctor` says of the ways that messages go, and of the key that pseudonyms are made with."""

from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import SecretStr

from schemas.settings import Environment, ProjectPaths
from tasks.doctor import Diagnosis, examine_places
from tasks.workbooks.pseudonyms import pseudonym_key
from warehouse.connection import open_warehouse
from warehouse.pseudonym_keys import hold_key
from warehouse.runs import begin_run

DAY = date(2026, 3, 31)


def found(paths: ProjectPaths, checked: str, **settings: Any) -> Diagnosis:
    (finding,) = [one for one in examine_places(paths, Environment(**settings), DAY) if one.checked == checked]
    return finding


@pytest.mark.parametrize(
    ("settings", "is_well", "said"),
    [
        ({}, True, "Mails are files in"),
        (
            {"smtp_url": "smtps://mail.example.org", "mail_from": "essaim@agency.example.org"},
            True,
            "The mail server's settings can be used; no chats",
        ),
        ({"apprise_urls": SecretStr("json://127.0.0.1:1/canary")}, True, "1 chats are told. Nothing was sent."),
        ({"smtp_url": "ftp://mail.example.org"}, False, "ESSAIM_SMTP_URL"),
        ({"apprise_urls": SecretStr("json://127.0.0.1 nonsense-canary")}, False, "Address 2 of ESSAIM_APPRISE_URLS"),
    ],
)
def test_the_ways_that_messages_go_are_looked_at_and_nothing_is_sent(
    tmp_path: Path, settings: dict[str, Any], is_well: bool, said: str
) -> None:
    finding = found(ProjectPaths(tmp_path), "channels", **settings)
    assert (finding.is_well, said in finding.said, "canary" in finding.said) == (is_well, True, False)


@pytest.fixture
def held(tmp_path: Path) -> ProjectPaths:
    """A warehouse whose pseudonyms were made with the key of its folder."""
    paths = ProjectPaths(tmp_path)
    with open_warehouse(paths) as warehouse:
        stamp = begin_run(warehouse, run_id="run", command="collect", as_of=DAY, zone=ZoneInfo("Europe/Paris"))
        key = pseudonym_key(paths, Environment())
        hold_key(warehouse, key.version, key.fingerprint, stamp)
        warehouse.checkpoint()
    return paths


def test_the_key_that_the_warehouse_holds_is_told_from_any_other(held: ProjectPaths) -> None:
    assert found(held, "pseudonym key").said == "It is version 1, which the warehouse holds."
    other = SecretStr("ab" * 32)
    finding = found(held, "pseudonym key", pseudonym_key=other)
    assert (finding.is_well, "It is another one than version 1 was" in finding.said) == (False, True)
    assert other.get_secret_value() not in finding.said
    assert found(held, "pseudonym key", pseudonym_key=other, pseudonym_key_version=2).is_well


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "Restore it from where it is kept"),
        (b"short", "is not a key"),
        (b"\xff\xfe", "Check its rights, or restore"),
    ],
)
def test_a_key_that_is_lost_or_is_none_is_told_and_not_made_anew(
    held: ProjectPaths, content: bytes | None, said: str
) -> None:
    held.pseudonym_key.unlink()
    if content is not None:
        held.pseudonym_key.write_bytes(content)
    finding = found(held, "pseudonym key")
    assert (finding.is_well, said in finding.said) == (False, True)
    assert held.pseudonym_key.exists() == (content is not None)


def test_a_warehouse_without_pseudonyms_needs_no_key(tmp_path: Path) -> None:
    paths = ProjectPaths(tmp_path)
    with open_warehouse(paths) as warehouse:
        warehouse.checkpoint()
    assert found(paths, "pseudonym key").is_well
    assert not paths.pseudonym_key.exists()
