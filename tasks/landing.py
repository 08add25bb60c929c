"""Keep originals as they came in, compressed and encrypted: they may name people, which the warehouse never does."""

import contextlib
import hashlib
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
from cryptography.fernet import InvalidToken

from schemas.errors import UsageError
from schemas.settings import Environment, ProjectPaths
from tasks.i18n import counted
from tasks.keys import cipher_of, written_beside

_SUFFIX = ".zst.encrypted"


class OriginalGoneError(UsageError):
    """An original is no longer kept."""


@dataclass(frozen=True, slots=True)
class Original:
    """An original in the landing folder.

    Attributes:
        path: Its path below the landing folder.
        kept_on: The day on which it was landed, in the programme's time zone.
        byte_count: Its size as it is stored.
    """

    path: str
    kept_on: date
    byte_count: int


class Landing:
    """The landing folder of a programme.

    Args:
        paths: The paths of the project.
        environment: The settings, which may hold the key.

    Raises:
        UsageError: The key is not a valid key.
    """

    def __init__(self, paths: ProjectPaths, environment: Environment) -> None:
        self.folder = paths.landing
        self._cipher = cipher_of(paths.landing_key, environment.landing_key, "ESSAIM_LANDING_KEY")

    def keep(self, content: bytes, suffix: str) -> tuple[str, str]:
        """Keep an original. Equal contents are kept once.

        Args:
            content: The bytes.
            suffix: The suffix of the file, with its dot.

        Returns:
            The sha256 of the content, and the path below the landing folder.
        """
        sha256 = hashlib.sha256(content).hexdigest()
        relative = f"{sha256[:2]}/{sha256}{suffix}{_SUFFIX}"
        path = self.folder / relative
        if not path.exists():
            written_beside(path, self._cipher.encrypt(_compressed(content))).replace(path)
        return sha256, relative

    def original(self, relative: str) -> bytes:
        """Return an original as it came in.

        Args:
            relative: Its path below the landing folder.

        Raises:
            OriginalGoneError: The original is no longer kept.
            UsageError: The original was encrypted with another key.
        """
        try:
            return _expanded(self._cipher.decrypt((self.folder / relative).read_bytes()))
        except FileNotFoundError as error:
            raise OriginalGoneError(
                f"The original {relative} is not in {self.folder}. Either it was kept for longer than programme.yaml "
                "states (originals.keep_days) and removed, or it must be restored from a backup."
            ) from error
        except InvalidToken as error:
            raise _other_key(relative) from error

    def sealed(self, content: bytes) -> bytes:
        """Compress and encrypt a content that is kept elsewhere."""
        return self._cipher.encrypt(_compressed(content))

    def unsealed(self, content: bytes) -> bytes:
        """Return the content that `sealed` was given.

        Raises:
            UsageError: It was encrypted with another key.
        """
        try:
            return _expanded(self._cipher.decrypt(content))
        except InvalidToken as error:
            raise _other_key("of the intake") from error

    def kept_before(self, day: date, zone: ZoneInfo) -> list[Original]:
        """Return the originals that were landed before a day of a time zone, the oldest first."""
        originals = [
            Original(path.relative_to(self.folder).as_posix(), _written_on(path, zone), path.stat().st_size)
            for path in self.folder.glob(f"??/*{_SUFFIX}")
        ]
        older = (original for original in originals if original.kept_on < day)
        return sorted(older, key=lambda original: (original.kept_on, original.path))

    def encrypt_again(self) -> int:
        """Encrypt every original with the first key. Safe to repeat after an interruption.

        Returns:
            The number of originals.

        Raises:
            UsageError: An original was encrypted with none of the keys.
        """
        paths = sorted(self.folder.glob(f"??/*{_SUFFIX}"))
        for path in paths:
            try:
                rotated = self._cipher.rotate(path.read_bytes())
            except InvalidToken as error:
                raise _other_key(path.relative_to(self.folder).as_posix()) from error
            status = path.stat()
            arriving = written_beside(path, rotated)
            # The retention period counts from the landing.
            os.utime(arriving, ns=(status.st_atime_ns, status.st_mtime_ns))
            arriving.replace(path)
        return len(paths)

    def remove(self, originals: Sequence[Original]) -> list[Original]:
        """Delete originals, and return those that were still there."""
        removed: list[Original] = []
        for original in originals:
            with contextlib.suppress(FileNotFoundError):
                (self.folder / original.path).unlink()
                removed.append(original)
        return removed


def _other_key(relative: str) -> UsageError:
    return UsageError(
        f"The original {relative} was encrypted with another key than the present one. "
        "Set ESSAIM_LANDING_KEY to the key of that time, after the present one."
    )


def _written_on(path: Path, zone: ZoneInfo) -> date:
    return datetime.fromtimestamp(path.stat().st_mtime, zone).date()


def _compressed(content: bytes) -> bytes:
    return pa.compress(content, codec="zstd", asbytes=True)


def _expanded(content: bytes) -> bytes:
    with pa.CompressedInputStream(pa.BufferReader(content), "zstd") as stream:
        return stream.read()


if __name__ == "__main__":
    if len(sys.argv) != 2 or not (Path(sys.argv[1]) / "programme.yaml").is_file():
        sys.exit("Expected one programme folder, with programme.yaml: python -m tasks.landing PROGRAMME")
    paths = ProjectPaths(Path(sys.argv[1]))
    encrypted = counted(Landing(paths, Environment()).encrypt_again(), "original")
    sys.stdout.write(f"Encrypted {encrypted} with the first key.\n")
