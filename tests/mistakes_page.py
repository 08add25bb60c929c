"""Generate docs/mistakes.md, what `essaim check` says of mistakes: `python tests/mistakes_page.py`.

The mistakes are those of `tests/data/folder_mistakes.yaml`, and a wrong value of each other key and column of
`examples/every_key`. A test fails when the page is out of step.
"""

import csv
import re
import shutil
import tempfile
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import yaml
from folder_mistakes import COLD_STORES, FolderMistake, answer_about, folder_mistakes

from schemas.package_data import project_path
from tasks.programme.folder import SETTINGS_FILE
from tasks.reference.examples import EVERY_KEY
from tasks.reference.sections import FILES, keys_of, sections_of

PAGE = project_path("docs", "mistakes.md")
_HEAD = """\
# What essaim check says

<!-- Generated from tests/data/folder_mistakes.yaml by python tests/mistakes_page.py. -->

`essaim check` reports every mistake in a programme folder at once: its file and line, what was found, what is expected,
and where it is certain, what to write. A mistake that follows from another one is not reported. An answer with *check*
after the name of the file is a doubt: the folder is valid, and a person knows whether the value is the intended one.

Each mistake below is made alone in a folder without one, and the answer is that of `essaim check`. Each key and column
has at least one, but for those that accept any text. [The programme folder](folder.md) describes the keys and columns.
"""
_SAVED = {
    "empty": "an empty file",
    "excel": "a workbook of Excel",
    "crlf": "saved with a byte order mark and line ends of Windows",
    "semicolons": "semicolons for commas",
    "tabs": "tabs for commas",
    "utf-16": "saved as UTF-16",
    "cp1252": "saved as Windows-1252",
}
_WHOLE_FILE = "the file"
_SHOWN = 2
"""The number of changed lines that are shown."""
_WRONG = ("maybe", "not a code", "yes", "[a, b]", "")
"""Wrong values, of which the first one that is refused is shown for a key."""


@dataclass(frozen=True)
class Row:
    """A mistake, and the answer to it, both in Markdown.

    Attributes:
        file: The file in which it is made, as the reference of the folder names it.
        place: The keys that lead to the value, with points between them, or the column; `the file` for all of it.
        written: What was written.
        answer: What `essaim check` says.
    """

    file: str
    place: str
    written: str
    answer: str

    @property
    def part(self) -> str:
        """The key of programme.yaml below which it is made, if it has keys below it."""
        return self.place.partition(".")[0] if self.place.partition(".")[0] in _PARTS else ""

    @property
    def line(self) -> str:
        """The row of a table, with the last two keys of the place."""
        place = self.place if self.place == _WHOLE_FILE else _code(".".join(self.place.split(".")[-2:]))
        return f"| {place} | {self.written} | {self.answer} |"


def page() -> str:
    """Return the page. Mistakes are made in a copy of a folder, which takes seconds."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield _HEAD
    rows = [Row(_file(one.file), _place(one), _written(one), _answer(one)) for one in folder_mistakes()]
    rows += wrong_values(without={(row.file, row.place) for row in rows})
    # Columns that the programme declares itself come last.
    rows.sort(key=lambda row: (_PLACES[row.file, row.part], _PLACES.get((row.file, row.place), len(_PLACES))))
    for file, of_file in groupby(rows, key=lambda row: row.file):
        yield f"## `{file}`"
        yield ""
        for part, of_part in groupby(of_file, key=lambda row: row.part):
            if part:
                yield f"### `{part}`"
                yield ""
            yield "| key or column | written | answer |"
            yield "|---|---|---|"
            yield from (row.line for row in of_part)
            yield ""


def places() -> Iterator[tuple[str, str]]:
    """Yield each file with each of its keys or columns, in the order of the reference of the folder."""
    for file, model in FILES.items():
        yield file, ""
        yield file, _WHOLE_FILE
        for section in sections_of(model, ""):
            for place in section.places:
                for key in keys_of(section.model):
                    yield file, f"{place}.{key}" if place else key


_PLACES = {place: number for number, place in enumerate(places())}
"""The place of each file and key in the order of the reference."""
_PARTS = {place.partition(".")[0] for _, place in _PLACES if "." in place}
"""The keys of programme.yaml that have keys below them."""


def _file(name: str) -> str:
    """Return the name of a file in the reference of the folder."""
    return next(file for file in FILES if name == file or name.partition("/")[0] == file.partition("/")[0])


def _place(mistake: FolderMistake) -> str:
    """Return the key or column whose value is wrong."""
    if not mistake.edits:
        return _WHOLE_FILE
    text = (COLD_STORES / mistake.file).read_text(encoding="utf-8")
    old, new = list(mistake.edits.items())[-1]
    same = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    at = text.index(old) + min(same, len(old) - 1)
    if mistake.file == SETTINGS_FILE:
        return _KEYS.get(at) or _WHOLE_FILE
    start = text.rfind("\n", 0, at) + 1
    return _column(mistake, text, text[start:at]) if start else _WHOLE_FILE


def _column(mistake: FolderMistake, text: str, before: str) -> str:
    """Return the column that the answer names, else the one of the first cell that was changed.

    Args:
        mistake: The mistake, in a line of a table.
        text: The table without it.
        before: The cells before it.
    """
    header = text.partition("\n")[0]
    for old, new in mistake.edits.items():
        header = header.replace(old, new)
    columns = header.split(",")
    found = mistake.says[0].partition("; expected ")[0] if mistake.says else ""
    named = next((word for word in re.findall(r"\w+", found) if word in columns), "")
    cells = next(csv.reader([before])) or [""]
    return named or columns[min(len(cells), len(columns)) - 1]


def _keys_by_position(node: yaml.Node, place: str = "") -> Iterator[tuple[range, str]]:
    """Yield the extent of each key with its value, and the keys that lead to it; what is inside comes later."""
    match node:
        case yaml.MappingNode():
            for key, value in node.value:
                below = f"{place}.{key.value}" if place else key.value
                if (SETTINGS_FILE, below) in _PLACES:  # A mapping has other keys too: those of counts_with.
                    yield range(key.start_mark.index, value.end_mark.index + 1), below
                    yield from _keys_by_position(value, below)
        case yaml.SequenceNode():
            for entry in node.value:
                yield from _keys_by_position(entry, place)
        case _:
            pass


def _composed(folder: Path) -> yaml.Node:
    text = (folder / SETTINGS_FILE).read_text(encoding="utf-8")
    return yaml.compose(text, Loader=yaml.SafeLoader)


_KEYS = {at: key for extent, key in _keys_by_position(_composed(COLD_STORES)) for at in extent}
"""The innermost key at each position of programme.yaml."""


def _written(mistake: FolderMistake) -> str:
    """Return what was written, or done to the file, in Markdown."""
    if (COLD_STORES / mistake.file).is_dir():
        return "no such folder"
    if mistake.rename == "":
        return "no such file"
    done = [_SAVED[mistake.save]] if mistake.save != "utf-8" else []
    done += [f"under the name {_code(mistake.rename)}"] if mistake.rename else []
    changed: list[str] = []
    for old, new in mistake.edits.items():
        before = old.split("\n")
        changed += [line for line in new.split("\n") if line not in before]
        if not changed:
            done += [f"without {_code(line.strip())}" for line in before if line and line not in new.split("\n")]
    changed += [line for line in mistake.append.split("\n") if line]
    known = {line.strip() for old in mistake.edits for line in old.split("\n")}
    done += [_code(_visible(line, known)) for line in changed[:_SHOWN]] + ["…"] * (len(changed) > _SHOWN)
    return "<br>".join(done)


def _visible(line: str, known: Collection[str]) -> str:
    """Return a line without the blanks around it; with signs for those before it where only they are wrong."""
    blanks = line[: len(line) - len(line.lstrip())].replace(" ", "␣") if line.strip() in known else ""
    return blanks + line.strip()


def _answer(mistake: FolderMistake) -> str:
    more = [f"… and {mistake.more} more"] if mistake.more else []
    return "<br>".join([*map(_prose, mistake.says), *more]) or "*no mistake*"


def wrong_values(without: Collection[tuple[str, str]]) -> Iterator[Row]:
    """Yield a wrong value of each key and column of `examples/every_key`, but of those that accept any text.

    Args:
        without: Files, each with a key or column that is left out.
    """
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder)
        shutil.copytree(EVERY_KEY, copy, dirs_exist_ok=True)
        yield from _wrong_settings(copy, {place for file, place in without if file == SETTINGS_FILE})
        for file, model in FILES.items():
            if file != SETTINGS_FILE:
                columns = [name for name in model.model_fields if (file, name) not in without]
                yield from _wrong_columns(copy, file, columns)


def _wrong_settings(folder: Path, seen: set[str]) -> Iterator[Row]:
    path = folder / SETTINGS_FILE
    text = path.read_text(encoding="utf-8")
    above = {known.rpartition(".")[0] for _, known in _PLACES}
    for extent, place in _keys_by_position(_composed(folder)):
        key = place.rpartition(".")[2]
        typed = text[extent.start : extent.stop - 1].removeprefix(f"{key}: ")
        if place not in seen and place not in above and "\n" not in typed:
            number = text.count("\n", 0, extent.start) + 1
            texts = ((value, f"{text[: extent.start]}{key}: {value}{text[extent.stop - 1 :]}") for value in _WRONG)
            for value, answer in _refused(path, folder, texts, f"{SETTINGS_FILE}:{number}: "):
                seen.add(place)
                yield Row(SETTINGS_FILE, place, _code(f"{key}: {value}".rstrip()), _prose(answer))
    path.write_text(text, encoding="utf-8")


def _wrong_columns(folder: Path, file: str, columns: Sequence[str]) -> Iterator[Row]:
    path = min(folder.glob(file))
    text = path.read_text(encoding="utf-8")
    rows = list(csv.reader(text.splitlines()))
    for name in columns:
        column = rows[0].index(name)
        number = next((n for n, row in enumerate(rows) if n and row[column]), 1)
        texts = ((value, _with(rows, number, column, value)) for value in _WRONG)
        for value, answer in _refused(path, folder, texts, f"{path.relative_to(folder)}:{number + 1}: "):
            yield Row(file, name, _code(value) if value else "a blank", _prose(answer))
    path.write_text(text, encoding="utf-8")


def _with(rows: list[list[str]], number: int, column: int, value: str) -> str:
    """Return a table with another value in a cell."""
    changed = [row.copy() for row in rows]
    changed[number][column] = value
    return "".join(",".join(f'"{cell}"' if "," in cell else cell for cell in row) + "\n" for row in changed)


def _refused(path: Path, folder: Path, texts: Iterable[tuple[str, str]], where: str) -> Iterator[tuple[str, str]]:
    """Yield the first value of which the mistake is on its own line, and the answer; nothing if there is none."""
    for value, text in texts:
        path.write_text(text, encoding="utf-8")
        answer = [sentence for sentence in answer_about(folder) if sentence.startswith(where)]
        if answer:
            yield value, answer[0]
            return


def _code(text: str) -> str:
    shown = text.replace("\t", "⇥").replace("\u200b", "[U+200B]").replace("|", "\\|")
    return f"`` {shown} ``" if "`" in shown else f"`{shown}`"


def _prose(sentence: str) -> str:
    """Return a sentence with the signs escaped that Markdown or HTML would read."""
    return re.sub(r"([\\*|`])", r"\\\1", sentence).replace("<", "&lt;")


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
