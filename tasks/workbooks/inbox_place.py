"""List and open the files of an inbox: a folder, or any address that fsspec opens. Files still being written wait."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tasks.spreadsheets.safe_names import is_shown_as_it_is, shown_name
from tasks.workbooks.file_names import SUFFIXES, suffix_of

YOUNG = timedelta(minutes=1)
"""The age up to which a file may still be arriving, and is listed twice."""
_NEVER = datetime(1, 1, 1, tzinfo=UTC)


class UnreachableInboxError(Exception):
    """The inbox could not be listed. The text is the reason, as part of a sentence."""


@dataclass(frozen=True, slots=True)
class ListedFile:
    """One file of the inbox, as it was listed.

    Attributes:
        name: Its name as text that can be recorded and shown (`shown_name`).
        path: The path that opens it, as the file system returned it: may hold surrogates, so never recorded or shown.
        size: Bytes; -1 where it is not a file.
        modified_at: UTC, without a zone.
        is_renamed: Whether `name` differs from its name in the file system.
    """

    name: str
    path: str
    size: int
    modified_at: datetime
    is_renamed: bool = False


class InboxPlace:
    """An inbox by its address.

    Args:
        address: A folder, relative to the programme's, or a URL such as s3://bucket/inbox.
        folder: The programme folder.
    """

    def __init__(self, address: str, folder: Path) -> None:
        self.address = address if "://" in address else str(folder / address)

    @property
    def shown(self) -> str:
        """The address without user and password."""
        if "://" not in self.address:
            return self.address
        url = urlsplit(self.address)
        return f"{url.scheme}://{url.hostname or ''}{url.path}"

    def files(self) -> list[ListedFile]:
        """List the files by name, without those that programs leave behind.

        Raises:
            UnreachableInboxError: The inbox could not be listed.
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

    def settled(self, seconds: float) -> tuple[list[ListedFile], list[str]]:
        """List the files, and where one is young list them again after a wait.

        Args:
            seconds: The wait. 0 to take every file as complete.

        Returns:
            The files that did not change meanwhile, and the names of those that did.

        Raises:
            UnreachableInboxError: The inbox could not be listed.
        """
        first = self.files()
        now = datetime.now(UTC).replace(tzinfo=None)
        if seconds <= 0 or not any(now - file.modified_at < YOUNG for file in first):
            return first, []
        time.sleep(seconds)
        second = set(self.files())
        return [file for file in first if file in second], [file.name for file in first if file not in second]

    def content(self, file: ListedFile) -> bytes | None:
        """Read the bytes of a file; None where their number is not the listed size.

        Raises:
            OSError: The file cannot be opened.
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
        from fsspec.core import url_to_fs  # slow to import, and needed only where there is an inbox

        return url_to_fs(self.address)

    @staticmethod
    def _entries(filesystem: Any, listed: list[Mapping[str, Any]]) -> Iterator[ListedFile]:
        for entry in listed:
            name = entry["name"].rstrip("/").rpartition("/")[2]
            if not name or _is_left_behind(name):
                continue
            size = entry.get("size") if entry.get("type") == "file" else None
            modified = _NEVER if size is None else _modified(filesystem, entry["name"])
            modified = modified.astimezone(UTC).replace(tzinfo=None) if modified.tzinfo else modified
            yield ListedFile(
                name=shown_name(name),
                path=entry["name"],
                size=-1 if size is None else int(size),
                modified_at=modified,
                is_renamed=not is_shown_as_it_is(name),
            )


def _is_left_behind(name: str) -> bool:
    """Return whether a file is a program's own: a lock, a preview, a copy in transit. A hidden workbook is none."""
    return name.startswith(("~$", "._")) or (name.startswith(".") and suffix_of(name) not in SUFFIXES)


def _modified(filesystem: Any, path: str) -> datetime:
    try:
        return filesystem.modified(path)
    except FileNotFoundError:
        # A dangling link, or a file removed since the listing: opening it reports the error.
        return _NEVER
