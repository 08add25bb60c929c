"""Read the text files of a programme folder, and find files under a wrong name or in a wrong encoding."""

import difflib
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from schemas.errors import Mistake
from tasks.programme.spellings import shown

_SAVE_TEXT = "text saved as UTF-8"
_IN_SPREADSHEET = f"{_SAVE_TEXT}: in a spreadsheet program, save it as “CSV UTF-8 (comma delimited)”"
_IN_EDITOR = f"{_SAVE_TEXT}: in the editor, choose “Save as” and the encoding UTF-8"
_OTHER_ENCODINGS = {"Windows-1252 (ANSI)": "cp1252", "Mac Roman": "mac_roman", "DOS (850)": "cp850"}
_SIGNS_OF_TEXT = "£€§°«»’‘“”–—…"
TABLE_WORKBOOKS = (".xlsx", ".ods")
"""The endings of the workbooks that may hold a table in the place of a CSV file."""
_WORKBOOKS = {".xlsx", ".xls", ".xlsm", ".ods", ".numbers"}
_ZIP, _OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_BYTE_ORDER_MARKS = (b"\xff\xfe", b"\xfe\xff")
_SIMILAR = 0.8


def text_of(path: Path, name: str, mistakes: list[Mistake], *, starts_with: str = "its content") -> str:
    """Read a text file.

    Args:
        path: The file.
        name: Its name in the mistakes.
        mistakes: Gets the mistake of a file that cannot be read.
        starts_with: What an empty file lacks.

    Returns:
        The content; empty if the file cannot be read.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        mistakes.append(_absent(path, name))
        return ""
    except IsADirectoryError:
        mistakes.append(Mistake(name, 0, "a folder", "a file"))
        return ""
    except OSError as error:
        mistakes.append(Mistake(name, 0, f"a file that cannot be read ({error.strerror})", "one that can"))
        return ""
    if (wrong := _other_format(data, name)) is not None:
        mistakes.append(wrong)
        return ""
    content = data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    if not content.strip():
        mistakes.append(Mistake(name, 0, "an empty file", starts_with))
        return ""
    return content


def texts_of(
    folder: Path, name: str, ending: str, mistakes: list[Mistake], *, expected: str, starts_with: str
) -> dict[str, str]:
    """Read the text files of a folder in the programme folder.

    Args:
        folder: The programme folder.
        name: Name of the folder in it.
        ending: The ending of its files.
        mistakes: Gets the mistakes of files that cannot be read.
        expected: What the folder is, for the mistake of a file in its place.
        starts_with: What an empty file lacks.

    Returns:
        Contents by path relative to the programme folder; empty without the folder.
    """
    directory = folder / name
    if directory.exists() and not directory.is_dir():
        mistakes.append(Mistake(name, 0, "a file", expected))
    if not directory.is_dir():
        return {}
    paths = [path for path in sorted(directory.iterdir()) if path.suffix.lower() == ending and path.name[0] != "."]
    return {
        file: text_of(path, file, mistakes, starts_with=starts_with)
        for path in paths
        for file in [f"{name}/{path.name}"]
    }


def file_of(folder: Path, name: str) -> Path:
    """Return the file that holds a table: a workbook if there is one, and no CSV file.

    Args:
        folder: The programme folder.
        name: Name of the table, such as structures.csv.
    """
    path = folder / name
    workbooks = [path.with_suffix(ending) for ending in TABLE_WORKBOOKS if path.with_suffix(ending).is_file()]
    return workbooks[0] if workbooks and not path.exists() else path


def instead_of(directory: Path, name: str) -> str:
    """Return the name of a file in a folder that is probably meant by another name; empty if there is none."""
    try:
        present = sorted(path.name for path in directory.iterdir() if path.name != name)
    except OSError:
        return ""
    stem, ending = name.rpartition(".")[::2]
    same_letters = [other for other in present if other.casefold() == name.casefold()]
    longer = [other for other in present if other.casefold().startswith(f"{name.casefold()}.")]
    same_stem = [
        other
        for other in present
        if Path(other).stem.casefold() == stem.casefold() and Path(other).suffix.lower() in _endings(ending)
    ]
    for found in (*same_letters, *longer, *same_stem):
        return found
    simplified = {_simplified(other): other for other in present if Path(other).suffix.lower() == f".{ending}"}
    near = difflib.get_close_matches(_simplified(name), simplified, 1, _SIMILAR)
    return simplified[near[0]] if near else ""


def _simplified(name: str) -> str:
    """Return the name of a file without what computers add to copies, such as “ (1)”."""
    return re.sub(r"[ _]?\(\d+\)|[ _-]+(copy|copie)|\W+", "", name.lower())


def _endings(ending: str) -> set[str]:
    return {".yml", ".txt"} if ending == "yaml" else {*_WORKBOOKS, ".txt", ".tsv"}


def misplaced(folder: Path, names: Iterable[str]) -> Iterator[Mistake]:
    """Yield the files that are probably meant by optional names that the folder lacks, and would not be read."""
    for name in names:
        if not file_of(folder, name).exists() and (other := instead_of(folder, name)):
            yield Mistake(other, 0, "a file that is not read", _remedy(other, name))


def _absent(path: Path, name: str) -> Mistake:
    if other := instead_of(path.parent, path.name):
        return Mistake(name, 0, f"no such file, and one that is called {shown(other)}", _remedy(other, path.name))
    if other := next((found for found in sorted(path.parent.glob(f"*/{path.name}"))), None):
        expected = f"it in the programme folder itself: move it out of the folder {other.parent.name}"
        return Mistake(name, 0, f"no such file, and one in the folder {other.parent.name}", expected)
    return Mistake(name, 0, "no such file", "this file in the programme folder")


def _remedy(other: str, name: str) -> str:
    if name.endswith(".csv") and Path(other).suffix in TABLE_WORKBOOKS:
        return f"the name {Path(name).stem}{Path(other).suffix}: rename the file"
    if Path(other).suffix.lower() in _WORKBOOKS:
        return f"a text file: save it as “CSV UTF-8 (comma delimited)” under the name {name}"
    return f"the name {name}: rename the file"


def _other_format(data: bytes, name: str) -> Mistake | None:
    """Return the mistake of a file that is not text in UTF-8; None if it is."""
    is_table = name.endswith(".csv")
    expected = _IN_SPREADSHEET if is_table else _IN_EDITOR
    if data.startswith((_ZIP, _OLE)):
        what = "a LibreOffice spreadsheet" if b"opendocument" in data[:200] else "an Excel workbook"
        how = expected.partition(": ")[2] if is_table else "copy its lines into a text editor, and save them"
        return Mistake(name, 0, f"{what} that was renamed", f"a text file: {how} under this name")
    if data.startswith(_BYTE_ORDER_MARKS) or b"\0" in data:
        return Mistake(name, 0, "text in the encoding UTF-16 (“Unicode text”), not UTF-8", expected)
    try:
        data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        encoding, word = _word_at(data, error.start)
        return Mistake(name, line, f"{shown(word)} in the encoding {encoding}, not UTF-8", expected)
    return None


def _word_at(data: bytes, position: int) -> tuple[str, str]:
    """Return the encoding in which a byte is a letter, and the word that contains it."""
    start = max(data.rfind(sign, 0, position) for sign in (b"\n", b",", b";", b"\t", b":", b'"')) + 1
    end = min(
        at
        for sign in (b"\n", b"\r", b",", b";", b"\t", b'"')
        if (at := data.find(sign, position)) >= 0 or (at := len(data))
    )
    for encoding, codec in _OTHER_ENCODINGS.items():
        sign = data[position : position + 1].decode(codec, errors="replace")
        if sign.isalpha() or sign in _SIGNS_OF_TEXT:
            return encoding, data[start:end].decode(codec, errors="replace").strip()
    return "of another program", data[start:end].decode("cp1252", errors="replace").strip()
