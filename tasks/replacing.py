"""Replace a file or a folder as a whole: readers find the previous content or the new one."""

import shutil
from collections.abc import Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from schemas.errors import UsageError


@contextmanager
def replaced(target: Path) -> Generator[Path]:
    """Yield a temporary path to write, beside a file, and move it over the file when the context ends.

    A symbolic link stays: the file that it names is replaced.

    Args:
        target: The file, which need not exist.

    Raises:
        UsageError: The target is a folder, a device or another thing that is not a file.
        OSError: The file cannot be written; `filename` is the target, not the temporary file.
    """
    place = target.resolve()
    if place.exists() and not place.is_file():
        raise UsageError(f"{target} is not a file, so it cannot be replaced. Name a file, new or to be replaced.")
    arriving = place.with_name(f".{place.stem}.arriving{place.suffix}")
    try:
        # Some writers report a path that they cannot open by errors of their own.
        arriving.touch()
        yield arriving
        arriving.replace(place)
    except OSError as error:
        error.filename = str(target)
        raise
    finally:
        with suppress(OSError):
            arriving.unlink(missing_ok=True)


@contextmanager
def replaced_folder(target: Path, mark: str) -> Generator[Path]:
    """Yield an empty folder to fill, beside the target, and move it to the target when the context ends.

    An earlier folder is moved away first and deleted last: between the two moves there is no folder at the target, and
    never half of one. If a run is killed there, the next one moves the earlier folder back first.

    Args:
        target: The folder, which need not exist. Its parents are created.
        mark: The file by which an earlier folder is recognised, which alone may be replaced.

    Raises:
        UsageError: The target is a file, or a folder with other contents.
        OSError: The folder cannot be written; `filename` is the target, not the temporary folder.
    """
    place = target.resolve()
    arriving, leaving = (place.with_name(f".{place.name}.{word}") for word in ("arriving", "leaving"))
    _move_back(leaving, place)
    if place.exists() and not (place / mark).is_file() and (not place.is_dir() or any(place.iterdir())):
        raise UsageError(
            f"{target} was not replaced: found something else than an earlier {mark} in it. "
            "Name a folder that does not exist, is empty, or was written by this command."
        )
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        for earlier in (arriving, leaving):
            shutil.rmtree(earlier, ignore_errors=True)
        arriving.mkdir()
        yield arriving
        if place.exists():
            place.rename(leaving)
        arriving.rename(place)
    except OSError as error:
        error.filename = str(target)
        raise
    finally:
        _move_back(leaving, place)
        for earlier in (arriving, leaving):
            shutil.rmtree(earlier, ignore_errors=True)


def _move_back(leaving: Path, place: Path) -> None:
    """Move an earlier folder back that was moved away, and that no other has replaced."""
    if leaving.exists() and not place.exists():
        leaving.rename(place)
