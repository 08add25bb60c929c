"""Make the mistakes of `tests/data/folder_mistakes.yaml` in copies of the folder `tests/data/cold_stores`."""

import shutil
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from schemas.errors import ProgrammeError, UsageError
from tasks.programme import read_programme
from tasks.programme.anchors import doubtful_anchors
from tasks.programme.doubts import doubtful_lines
from tasks.programme.unused import unused
from tasks.schedule.unfollowed import doubtful_follows

DATA = Path(__file__).parent / "data"
COLD_STORES = DATA / "cold_stores"
WORKBOOK = b"PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00[Content_Types].xml"


@dataclass(frozen=True)
class FolderMistake:
    """A mistake in a programme folder.

    Attributes:
        what: What was done wrong.
        file: The file it was done to.
        edits: Texts that are replaced, with their replacements. Each is in the file once.
        append: Text that is added at the end.
        save: How the file is saved: in an encoding, with another separator, or as a workbook.
        rename: The name under which it is saved; empty where it is deleted.
        says: The first lines of the answer: mistakes, or the doubts about a folder without a mistake.
        more: The number of lines that follow.
    """

    what: str
    file: str
    edits: dict[str, str] = field(default_factory=dict[str, str])
    append: str = ""
    save: str = "utf-8"
    rename: str | None = None
    says: list[str] = field(default_factory=list[str])
    more: int = 0

    def make_in(self, folder: Path) -> None:
        """Make the mistake."""
        path = folder / self.file
        if path.is_dir():
            shutil.rmtree(path)
            return
        text = path.read_text(encoding="utf-8")
        for old, new in self.edits.items():
            assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {self.file}"
            text = text.replace(old, new)
        text += self.append
        path.write_bytes(_saved(text, self.save))
        if self.rename == "":
            path.unlink()
        elif self.rename is not None:
            (folder / self.rename).parent.mkdir(exist_ok=True)
            path.rename(folder / self.rename)


def _saved(text: str, how: str) -> bytes:
    match how:
        case "empty":
            return b""
        case "excel":
            return WORKBOOK
        case "crlf":
            return text.replace("\n", "\r\n").encode("utf-8-sig")
        case "semicolons" | "tabs":
            return text.replace(",", ";" if how == "semicolons" else "\t").encode()
        case _:
            return text.encode(how)


def folder_mistakes() -> list[FolderMistake]:
    """Read all mistakes."""
    entries = yaml.safe_load((DATA / "folder_mistakes.yaml").read_text(encoding="utf-8"))
    return [FolderMistake(**entry) for entry in entries]


def copied(folder: Path) -> Path:
    """Copy the folder without a mistake, and return the copy."""
    shutil.copytree(COLD_STORES, folder, dirs_exist_ok=True)
    return folder


def answer_about(folder: Path) -> list[str]:
    """Return the mistakes in a folder, or the doubts about a folder without a mistake."""
    try:
        programme = read_programme(folder)
    except ProgrammeError as error:
        return [str(mistake) for mistake in error.mistakes]
    except UsageError as error:
        return [str(error).replace(str(folder), "FOLDER")]
    return [
        *doubtful_anchors(programme),
        *doubtful_follows(programme),
        *doubtful_lines(programme),
        *unused(programme),
    ]
