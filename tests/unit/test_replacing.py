"""Test how a file is replaced as a whole."""

import os
from pathlib import Path

import pytest

from schemas.errors import UsageError
from tasks.replacing import replaced


def write(target: Path, text: str) -> None:
    with replaced(target) as arriving:
        arriving.write_text(text, encoding="utf-8")


def test_a_file_is_created_then_replaced_and_nothing_else_stays(tmp_path: Path):
    for text in ("first", "second"):
        write(tmp_path / "a.csv", text)
        assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.csv": text}


def test_a_link_stays_and_its_file_is_replaced(tmp_path: Path):
    (tmp_path / "real").mkdir()
    (tmp_path / "real" / "a.csv").write_text("before")
    link = tmp_path / "link.csv"
    link.symlink_to("real/a.csv")
    write(link, "after")
    assert link.is_symlink()
    assert (tmp_path / "real" / "a.csv").read_text() == "after"
    assert [path.name for path in (tmp_path / "real").iterdir()] == ["a.csv"]


@pytest.mark.parametrize("target", ["pipe", "folder"])
def test_a_pipe_or_a_folder_is_refused_and_stays(tmp_path: Path, target: str):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "folder").mkdir()
    place = tmp_path / target
    with pytest.raises(UsageError, match=rf"{target} is not a file"):
        write(place, "content")
    assert place.exists()
    assert not place.is_file()


def test_a_failure_leaves_the_earlier_file_and_names_it(tmp_path: Path):
    target = tmp_path / "a.csv"
    target.write_text("before")

    def fail_half_way() -> None:
        with replaced(target) as arriving:
            arriving.write_text("half")
            raise OSError(28, "No space left on device", str(arriving))

    with pytest.raises(OSError, match="No space") as caught:
        fail_half_way()
    assert caught.value.filename == str(target)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.csv": "before"}


def test_a_missing_folder_is_named_by_the_target(tmp_path: Path):
    target = tmp_path / "nowhere" / "a.sav"
    with pytest.raises(FileNotFoundError) as caught:
        write(target, "content")
    assert caught.value.filename == str(target)
