"""Keeps originals as they came in, compressed and encrypted: they may name people, the warehouse may not."""

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

import pyarrow as pa
from cryptography.fernet import Fernet, InvalidToken

from schemas.errors import UsageError
from schemas.settings import Environment, Places


class Landing:
    """The landing folder of a programme."""

    def __init__(self, places: Places, environment: Environment) -> None:
        self.folder = places.landing
        self._cipher = _cipher(places.landing_key, environment)

    def keep(self, content: bytes, suffix: str) -> tuple[str, str]:
        """Keep an original. Its sha256, and its path below the landing folder. The same content is kept once."""
        sha256 = hashlib.sha256(content).hexdigest()
        relative = f"{sha256[:2]}/{sha256}{suffix}.zst.encrypted"
        path = self.folder / relative
        if not path.exists():
            _written_beside(path, self._cipher.encrypt(_compressed(content))).replace(path)
        return sha256, relative

    def original(self, relative: str) -> bytes:
        """An original as it came in.

        Raises:
            UsageError: it was kept with another key.
        """
        try:
            return _expanded(self._cipher.decrypt((self.folder / relative).read_bytes()))
        except InvalidToken as error:
            raise UsageError(
                f"The original {relative} was encrypted with another key than the present one. "
                "Set ESSAIM_LANDING_KEY to the key of that time."
            ) from error


def _compressed(content: bytes) -> bytes:
    return pa.compress(content, codec="zstd", asbytes=True)


def _expanded(content: bytes) -> bytes:
    with pa.CompressedInputStream(pa.BufferReader(content), "zstd") as stream:
        return stream.read()


def _cipher(key_file: Path, environment: Environment) -> Fernet:
    if environment.landing_key is not None:
        key, name = environment.landing_key.get_secret_value().encode(), "ESSAIM_LANDING_KEY"
    else:
        if not key_file.exists():
            _make_key(key_file)
        key, name = key_file.read_bytes().strip(), str(key_file)
    try:
        return Fernet(key)
    except ValueError as error:
        raise UsageError(f"{name} is not a key: expected 32 bytes in URL-safe base64, 44 characters.") from error


def _make_key(key_file: Path) -> None:
    """Make a key, once: surveys are landed side by side, and an original under a key that was lost is lost."""
    arriving = _written_beside(key_file, Fernet.generate_key())
    with contextlib.suppress(FileExistsError):
        key_file.hardlink_to(arriving)
    arriving.unlink()


def _written_beside(path: Path, content: bytes) -> Path:
    """The content in a file of its own in the same folder, readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".arriving-")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    return Path(name)
