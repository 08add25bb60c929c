"""Test that originals are kept for the period of the programme, and no longer."""

import json
import os
from collections.abc import Generator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from running import essaim
from small_programme import Small, small_programme

from schemas.errors import UsageError
from schemas.settings import Environment
from tasks.landing import Landing
from tasks.retention import remove_old_originals
from warehouse.published import read_copy


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Small]:
    with small_programme(monkeypatch, tmp_path / "programme") as one:
        yield one


def keep_for(small: Small, days: int) -> None:
    path = small.folder / "programme.yaml"
    settings = json.loads(path.read_text(encoding="utf-8"))
    path.write_text(json.dumps({**settings, "originals": {"keep_days": days}}), encoding="utf-8")


def keep(small: Small, content: bytes, written: datetime) -> str:
    _, relative = Landing(small.paths, Environment()).keep(content, ".json")
    os.utime(small.paths.landing / relative, (written.timestamp(), written.timestamp()))
    return relative


def test_what_is_older_than_the_stated_time_is_removed_and_reported_and_nothing_else(small: Small):
    keep_for(small, 100)
    # 22:30 in UTC is the next day in the programme's time zone: written on 1 January, a hundred days before 11 April.
    young = keep(small, b"young", datetime(2024, 12, 31, 23, 30, tzinfo=UTC))
    old = keep(small, b"old", datetime(2024, 12, 31, 22, 30, tzinfo=UTC))
    removed, sentence = remove_old_originals(small.paths, Environment(), as_of=date(2025, 4, 11))
    assert [(one.path, one.kept_on) for one in removed] == [(old, date(2024, 12, 31))]
    assert "Removed 1 original kept before 2025-01-01" in sentence
    assert Landing(small.paths, Environment()).original(young) == b"young"
    with pytest.raises(UsageError, match=r"kept for longer than programme\.yaml states"):
        Landing(small.paths, Environment()).original(old)
    assert read_copy(small.paths.warehouse, "select command, outcome from ops.runs")[1] == [("retention", "done")]


def test_a_dry_run_says_what_would_be_removed_and_removes_nothing(small: Small):
    keep_for(small, 1)
    old = keep(small, b"old", datetime(2024, 1, 1, tzinfo=UTC))
    removed, sentence = remove_old_originals(small.paths, Environment(), dry_run=True, as_of=date(2025, 1, 1))
    assert [one.path for one in removed] == [old]
    assert "Would remove" in sentence
    assert Landing(small.paths, Environment()).original(old) == b"old"


def test_without_a_stated_time_nothing_is_removed_and_that_is_reported(small: Small):
    keep(small, b"old", datetime(2004, 1, 1, tzinfo=UTC))
    removed, sentence = remove_old_originals(small.paths, Environment())
    assert removed == []
    assert "originals.keep_days" in sentence


def test_the_command_removes_them_too_and_first_says_which(small: Small, capsys: pytest.CaptureFixture[str]) -> None:
    keep_for(small, 30)
    landing = Landing(small.paths, Environment())
    _, kept = landing.keep(b"an original of long ago", ".xlsx")
    file = small.paths.landing / kept
    long_ago = datetime(2020, 1, 1, tzinfo=UTC).timestamp()
    os.utime(file, (long_ago, long_ago))
    command = ("retention", "--programme", str(small.folder), "--json")
    would = json.loads(essaim(capsys, *command, "--dry-run").out)
    assert [line["path"] for line in would["would_remove"]] == [kept]
    assert file.exists()
    assert json.loads(essaim(capsys, *command).out)["removed"] == would["would_remove"]
    assert not file.exists()
