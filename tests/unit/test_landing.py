"""Test that originals are stored unchanged, once, and readable with the key only."""

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr
from running import ROOT

from schemas.errors import UsageError
from schemas.settings import Environment, ProjectPaths
from tasks.landing import Landing

CANARY = b"Camille Exemple, 06 00 00 00 00 \xe2\x98\x83"


@pytest.fixture(autouse=True)
def _no_key_in_the_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("ESSAIM_LANDING_KEY", raising=False)


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("content", [CANARY, b"", bytes(100_000)], ids=["text", "empty", "zeros"])
def test_an_original_comes_back_as_it_came_in(tmp_path: Path, content: bytes):
    landing = Landing(ProjectPaths(tmp_path), Environment())
    _, relative = landing.keep(content, ".xlsx")
    assert landing.original(relative) == content


def test_nothing_of_an_original_can_be_read_in_its_file(tmp_path: Path):
    landing = Landing(ProjectPaths(tmp_path), Environment())
    landing.keep(CANARY * 10, ".json")
    (kept,) = files(ProjectPaths(tmp_path).landing)
    assert CANARY[:7] not in kept.read_bytes()
    assert "Camille" not in str(kept)


def test_an_original_lies_under_the_checksum_of_its_content(tmp_path: Path):
    sha256, relative = Landing(ProjectPaths(tmp_path), Environment()).keep(b"abc", ".xlsx")
    assert sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert relative == f"ba/{sha256}.xlsx.zst.encrypted"
    assert (ProjectPaths(tmp_path).landing / relative).is_file()


def test_the_same_content_is_kept_once_and_left_untouched(tmp_path: Path):
    landing = Landing(ProjectPaths(tmp_path), Environment())
    first = landing.keep(CANARY, ".xlsx")
    (kept,) = files(ProjectPaths(tmp_path).landing)
    before = kept.read_bytes()
    assert Landing(ProjectPaths(tmp_path), Environment()).keep(CANARY, ".xlsx") == first
    assert files(ProjectPaths(tmp_path).landing) == [kept]
    assert kept.read_bytes() == before


def test_what_an_interrupted_run_left_half_written_is_no_original(tmp_path: Path):
    landing = Landing(ProjectPaths(tmp_path), Environment())
    _, relative = landing.keep(CANARY, ".xlsx")
    kept = ProjectPaths(tmp_path).landing / relative
    kept.rename(kept.with_name(f"{kept.name}.4242"))
    landing.keep(CANARY, ".xlsx")
    assert landing.original(relative) == CANARY


def test_without_a_key_one_is_made_that_only_its_owner_can_read(tmp_path: Path):
    paths = ProjectPaths(tmp_path)
    Landing(paths, Environment())
    assert stat.S_IMODE(paths.landing_key.stat().st_mode) == 0o600
    assert [path.name for path in paths.var.iterdir()] == ["landing.key"]


def test_the_key_that_was_made_is_used_again(tmp_path: Path):
    _, relative = Landing(ProjectPaths(tmp_path), Environment()).keep(CANARY, ".xlsx")
    assert Landing(ProjectPaths(tmp_path), Environment()).original(relative) == CANARY


def test_the_key_of_the_environment_takes_the_place_of_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ESSAIM_LANDING_KEY", Fernet.generate_key().decode())
    _, relative = Landing(ProjectPaths(tmp_path), Environment()).keep(CANARY, ".xlsx")
    assert not ProjectPaths(tmp_path).landing_key.exists()
    assert Landing(ProjectPaths(tmp_path), Environment()).original(relative) == CANARY


def test_another_key_is_refused_with_a_sentence(tmp_path: Path):
    _, relative = Landing(ProjectPaths(tmp_path), Environment()).keep(CANARY, ".xlsx")
    other = Landing(ProjectPaths(tmp_path), Environment(landing_key=SecretStr(Fernet.generate_key().decode())))
    with pytest.raises(UsageError, match="was encrypted with another key than the present one") as error:
        other.original(relative)
    assert "Set ESSAIM_LANDING_KEY to the key of that time" in str(error.value)


@pytest.mark.parametrize("key", ["secret", "x" * 44, "é" * 44, "A" * 43])
def test_a_key_that_is_none_is_refused_without_being_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str):
    monkeypatch.setenv("ESSAIM_LANDING_KEY", key)
    with pytest.raises(UsageError, match="ESSAIM_LANDING_KEY is not a key: expected 32 bytes") as error:
        Landing(ProjectPaths(tmp_path), Environment())
    assert key not in str(error.value)


def test_a_key_file_that_holds_no_key_is_refused_and_left_as_it_is(tmp_path: Path):
    paths = ProjectPaths(tmp_path)
    paths.var.mkdir()
    paths.landing_key.write_text("\n")
    with pytest.raises(UsageError, match=r"landing\.key is not a key"):
        Landing(paths, Environment())
    assert paths.landing_key.read_text() == "\n"


def test_the_key_is_not_in_what_the_environment_shows(monkeypatch: pytest.MonkeyPatch):
    key = Fernet.generate_key().decode()
    monkeypatch.setenv("ESSAIM_LANDING_KEY", key)
    assert key not in repr(Environment()) + str(Environment()) + Environment().model_dump_json()


def test_threads_that_land_at_once_share_one_key(tmp_path: Path) -> None:
    paths = ProjectPaths(tmp_path)

    def keep(content: bytes) -> tuple[str, str]:
        return Landing(paths, Environment()).keep(content, ".json")

    contents = [bytes([number]) * 10 for number in range(24)]
    with ThreadPoolExecutor(len(contents)) as pool:
        kept = list(pool.map(keep, contents))
    landing = Landing(paths, Environment())
    assert [landing.original(path) for _, path in kept] == contents
    assert not list(tmp_path.rglob(".arriving-*"))


def test_a_key_is_changed_without_losing_an_original_or_the_day_of_its_keeping(tmp_path: Path):
    paths = ProjectPaths(tmp_path)
    _, before = Landing(paths, Environment()).keep(CANARY, ".json")
    os.utime(paths.landing / before, (1_000_000_000, 1_000_000_000))
    old, new = paths.landing_key.read_text(), Fernet.generate_key().decode()
    paths.landing_key.write_text(f"{new}\n{old}\n")
    both = Landing(paths, Environment())
    _, after = both.keep(b"after", ".json")
    assert both.original(before) == CANARY
    assert both.encrypt_again() == both.encrypt_again() == 2
    paths.landing_key.write_text(new)
    assert Landing(paths, Environment()).original(before) == CANARY
    assert Landing(paths, Environment()).original(after) == b"after"
    assert (paths.landing / before).stat().st_mtime == 1_000_000_000
    paths.landing_key.write_text(old)
    with pytest.raises(UsageError, match="another key"):
        Landing(paths, Environment()).encrypt_again()


@pytest.mark.parametrize("arguments", [[], ["."], ["nowhere"]])
def test_the_rotation_of_keys_takes_a_programme_folder_only(tmp_path: Path, arguments: list[str]):
    command = [sys.executable, "-m", "tasks.landing", *arguments]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stdout) == (1, "")
    assert ran.stderr.startswith("Expected one programme folder")
    assert list(tmp_path.iterdir()) == []
