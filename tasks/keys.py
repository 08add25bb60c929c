"""Read the keys of an installation, from its settings or from a file in `var/` that is made once."""

import contextlib
import os
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet, MultiFernet
from pydantic import SecretStr

from schemas.errors import UsageError


def cipher_of(key_file: Path, configured: SecretStr | None, setting: str) -> MultiFernet:
    """Return the cipher of the configured keys, or of a key file, which is made if it is missing.

    The first key encrypts. Each is tried for decryption, so that keys can be rotated.

    Args:
        key_file: The file of the key where none is configured.
        configured: The keys of the settings, with spaces between them.
        setting: The name of the setting, for errors.

    Raises:
        UsageError: One of them is not a key.
    """
    return MultiFernet([Fernet(key) for key in keys_of(key_file, configured, setting)])


def keys_of(key_file: Path, configured: SecretStr | None, setting: str) -> list[str]:
    """Return the configured keys, or those of a key file, which is made if it is missing: base64 of 32 bytes each.

    Args:
        key_file: The file of the key where none is configured.
        configured: The keys of the settings, with spaces between them.
        setting: The name of the setting, for errors.

    Raises:
        UsageError: One of them is not a key.
    """
    if configured is not None:
        keys, name = configured.get_secret_value(), setting
    else:
        if not key_file.exists():
            _make_key(key_file)
        keys, name = key_file.read_text(encoding="utf-8"), str(key_file)
    try:
        MultiFernet([Fernet(key) for key in keys.split()])
    except ValueError as error:
        raise UsageError(
            f"{name} is not a key: expected 32 bytes in URL-safe base64, 44 characters; several with spaces between."
        ) from error
    return keys.split()


def _make_key(key_file: Path) -> None:
    """Make the key file unless it exists: two processes must never use different keys."""
    arriving = written_beside(key_file, Fernet.generate_key())
    with contextlib.suppress(FileExistsError):
        key_file.hardlink_to(arriving)
    arriving.unlink()


def written_beside(path: Path, content: bytes) -> Path:
    """Write a temporary file beside a path, readable by its owner only, and return the path of the temporary file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".arriving-")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    return Path(name)
