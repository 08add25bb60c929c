"""Files in an inbox: a folder, or any address that fsspec opens. Only those that nobody is still writing are read."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tasks.spreadsheets.safe_names import is_shown_as_it_is, shown_name

YOUNG = timedelta(minutes=1)
"""A file that was written to within this time may still be arriving, and is looked at twice."""
_NEVER = datetime(1, 1, 1, tzinfo=UTC)


class UnreachableInboxError(Exception):
    """The inbox could not be listed. Its text says why."""


@dataclass(frozen=True, slots=True)
class DeliveredFile:
    """One file, as it was listed.

    Attributes:
        name: Its name as text that can be recorded and shown (`shown_name`).
        path: What opens it, as the file system gave it: may hold surrogates, and goes nowhere else.
        size: Bytes; -1 where it is no file.
        modified_at: UTC, without a zone.
        is_renamed: Whether `name` differs from the name that it lies under.
    """

    name: str
    path: str
    size: int
    modified_at: datetime
    is_renamed: bool = False


class InboxPlace:
    """An inbox by its address: a folder relative to the programme's, or a URL such as s3://bucket/inbox."""

    def __init__(self, address: str, folder: Path) -> None:
        self.address = address if "://" in address else str(folder / address)

    @property
    def shown(self) -> str:
        """The address without what stands before the host, which may be secret."""
        if "://" not in self.address:
            return self.address
        url = urlsplit(self.address)
        return f"{url.scheme}://{url.hostname or ''}{url.path}"

    def files(self) -> list[DeliveredFile]:
        """The files that lie there, by name. What programs leave behind (.name, ~$name) is passed over.

        Raises:
            UnreachableInboxError: it could not be listed.
        """
        try:
            filesystem, path = self._opened()
            filesystem.invalidate_cache()
            listed = filesystem.ls(path, detail=True)
            is_file = [entry["name"].rstrip("/") for entry in listed] == [path.rstrip("/")]
            files = sorted(self._entries(filesystem, listed), key=lambda file: file.name)
        except OSError as error:
            raise UnreachableInboxError(error.strerror or type(error).__name__) from error
        except ImportError as error:
            raise UnreachableInboxError(str(error)) from error
        except Exception as error:
            raise UnreachableInboxError(type(error).__name__) from error
        if is_file:
            raise UnreachableInboxError("it is a file")
        return files

    def settled(self, seconds: float) -> tuple[list[DeliveredFile], list[str]]:
        """The files that nobody is writing, and the names of those that changed within so many seconds.

        Raises:
            UnreachableInboxError: it could not be listed.
        """
        first = self.files()
        now = datetime.now(UTC).replace(tzinfo=None)
        if seconds <= 0 or not any(now - file.modified_at < YOUNG for file in first):
            return first, []
        time.sleep(seconds)
        again = set(self.files())
        return [file for file in first if file in again], [file.name for file in first if file not in again]

    def content(self, file: DeliveredFile) -> bytes | None:
        """The bytes of a file; None where they are not those that were listed.

        Raises:
            OSError: it cannot be opened.
        """
        filesystem, _ = self._opened()
        try:
            content = filesystem.cat_file(file.path)
        except OSError:
            raise
        except Exception as error:
            raise OSError(0, type(error).__name__) from error
        return content if len(content) == file.size else None

    def _opened(self) -> tuple[Any, str]:
        from fsspec.core import url_to_fs  # only where there is an inbox

        return url_to_fs(self.address)

    @staticmethod
    def _entries(filesystem: Any, listed: list[Mapping[str, Any]]) -> Iterator[DeliveredFile]:
        for entry in listed:
            name = entry["name"].rstrip("/").rpartition("/")[2]
            if name.startswith((".", "~$")) or not name:
                continue
            size = entry.get("size") if entry.get("type") == "file" else None
            modified = _NEVER if size is None else _modified(filesystem, entry["name"])
            modified = modified.astimezone(UTC).replace(tzinfo=None) if modified.tzinfo else modified
            yield DeliveredFile(
                name=shown_name(name),
                path=entry["name"],
                size=-1 if size is None else int(size),
                modified_at=modified,
                is_renamed=not is_shown_as_it_is(name),
            )


def _modified(filesystem: Any, path: str) -> datetime:
    try:
        return filesystem.modified(path)
    except FileNotFoundError:
        # A link to nothing, or a file that was taken away since it was listed: opening it says so.
        return _NEVER
