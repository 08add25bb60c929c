"""Test how a file or a folder is replaced as a whole."""

import os
from pathlib import Path

import pytest

from schemas.errors import UsageError
from tasks.replacing import replaced, replaced_folder


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


def fill(target: Path, text: str) -> None:
    with replaced_folder(target, "mark.json") as arriving:
        (arriving / "mark.json").write_text(text)


def contents(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}


def test_a_folder_is_created_then_replaced_and_nothing_else_stays(tmp_path: Path):
    for text in ("first", "second"):
        fill(tmp_path / "new" / "package", text)
        (tmp_path / "new" / "package" / "of an earlier version.csv").touch()
    fill(tmp_path / "new" / "package", "third")
    assert contents(tmp_path) == {"new/package/mark.json": "third"}


@pytest.mark.parametrize("held", ["package/letter.txt", "package"])
def test_a_folder_with_other_contents_or_a_file_is_refused_and_stays(tmp_path: Path, held: str):
    (tmp_path / held).parent.mkdir(exist_ok=True)
    (tmp_path / held).write_text("mine")
    with pytest.raises(UsageError, match=r"package was not replaced: found something else than an earlier mark\.json"):
        fill(tmp_path / "package", "content")
    assert contents(tmp_path) == {held: "mine"}


def test_a_failure_leaves_the_earlier_folder_and_names_it(tmp_path: Path):
    target = tmp_path / "package"
    fill(target, "before")

    def fail_half_way() -> None:
        with replaced_folder(target, "mark.json") as arriving:
            (arriving / "mark.json").write_text("half")
            raise OSError(28, "No space left on device", str(arriving))

    with pytest.raises(OSError, match="No space") as caught:
        fail_half_way()
    assert caught.value.filename == str(target)
    assert contents(tmp_path) == {"package/mark.json": "before"}


def test_an_earlier_folder_that_a_killed_run_had_moved_away_is_back_whatever_comes_next(tmp_path: Path):
    fill(tmp_path / "package", "before")
    (tmp_path / "package").rename(tmp_path / ".package.leaving")
    (tmp_path / ".package.arriving").mkdir()
    with pytest.raises(OSError, match="No space"), replaced_folder(tmp_path / "package", "mark.json"):
        raise OSError(28, "No space left on device")
    assert contents(tmp_path) == {"package/mark.json": "before"}


def test_an_earlier_folder_is_back_if_the_new_one_cannot_be_moved(tmp_path: Path):
    target = tmp_path / "package"
    fill(target, "before")
    with pytest.raises(FileNotFoundError), replaced_folder(target, "mark.json") as arriving:
        arriving.rmdir()
    assert contents(tmp_path) == {"package/mark.json": "before"}
