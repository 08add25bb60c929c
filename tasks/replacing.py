"""Replace a file as a whole: readers find the previous content or the new one."""

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
