"""Generate docs/folder.md from the model of the programme folder: `python -m tasks.reference.page`.

A test fails when the page is out of step with the model.
"""

import re
from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from schemas.package_data import project_path
from schemas.programme_tables import PrintedIn
from tasks.programme.folder import SETTINGS_FILE, TABLE_FILES
from tasks.reference.docstrings import introduction_of, meanings_of, meanings_of_values
from tasks.reference.examples import EVERY_KEY, Examples, examples_of_settings, first_lines_of, lines_of
from tasks.reference.sections import FILES, Section, anchor_of, keys_of, models_in, sections_of
from tasks.reference.values import words_of

PAGE = project_path("docs", "folder.md")
_REQUIRED = "**required**"
_NOTHING = "–"
_ALWAYS = ", ".join(f"`{name}`" for name in TABLE_FILES)
_HEAD = f"""\
# The programme folder

<!-- Generated from schemas/ by python -m tasks.reference.page: correct the docstrings there. -->

Each key of `programme.yaml` and each column of the tables beside it. The examples are those of `examples/every_key`, a
folder that uses all of them and has no mistake. `essaim init DIR` writes a folder to start from. `essaim check` reports
every mistake in a folder at once; [what essaim check says](mistakes.md) lists mistakes with its answers.

| value | how it is written |
|---|---|
| code | 1 to 40 letters without accents, digits, hyphens and underscores, beginning with a letter or digit: `COLD-2` |
| day | year, month and day: `2025-03-31` |
| number | a decimal point in `programme.yaml`; in tables [as in workbooks](workbooks.md#numbers-days-and-reasons) |
| text | any text; in `programme.yaml` in quotes if it could be another value: `"no"`, `"2025"`, `"North, first"` |
| list | in square brackets, or on lines that begin with a hyphen: `[COLD, REPAIR]` |

A folder has `programme.yaml` and the tables {_ALWAYS}. It may have the others. In
`programme.yaml`, a key that is not listed here is a mistake, and a key that is not required may be left out. In the
tables, the columns may be in any order, and a column that may be blank may be left out. Save tables as UTF-8 with
commas between the cells, or as a workbook of the same name (`structures.xlsx`, `structures.ods`) with the same columns
on its only sheet, or on the sheet named after the table; `essaim check` then gives the row as the line. No password
belongs in the folder: `.env.example` lists the environment variables.
"""


def page() -> str:
    """Return the page.

    Raises:
        ProgrammeError: The folder of the examples has mistakes.
        KeyError: A key or column has no meaning, or no example.
    """
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield _HEAD
    examples = examples_of_settings()
    for file, model in FILES.items():
        yield f"## `{file}`"
        yield ""
        if file == SETTINGS_FILE:
            whole, *nested = sections_of(model, file)
            links = {cls: section.link(cls) for section in nested for cls in section.written}
            yield from _section(whole, links, examples)
            yield from _mistakes(file)
            for section in nested:
                yield f"### {section.title}"
                yield ""
                yield from _section(section, links, examples)
                yield from _mistakes(section.places[0].partition(".")[0])
            yield "### A file with every key"
            yield ""
            yield "```yaml"
            yield (EVERY_KEY / SETTINGS_FILE).read_text(encoding="utf-8").rstrip()
            yield "```"
            yield ""
        else:
            yield from _table(file, model)
            yield from _mistakes(file)


def _mistakes(heading: str) -> Iterator[str]:
    yield f"[Mistakes, and what `essaim check` says](mistakes.md#{anchor_of(heading)})"
    yield ""


def _section(section: Section, links: Mapping[type, str], examples: Examples) -> Iterator[str]:
    if any(place.count(".") > 1 for place in section.places):
        yield f"Written under {' and '.join(map(_code, section.places))}."
        yield ""
    yield _for_people(introduction_of(section.model), "left out")
    yield ""
    for cls, places in section.written.items():
        if cls is not section.model:
            yield f"{' and '.join(map(_code, places))}: {_for_people(introduction_of(cls), 'left out')}"
            yield ""
    meanings = meanings_of(section.model)
    yield "| key | meaning | value | if left out | example |"
    yield "|---|---|---|---|---|"
    for key, name in keys_of(section.model).items():
        info = section.model.model_fields[name]
        has_section = any(models_in(info.annotation)) and (section.model, key) not in examples
        example = _NOTHING if has_section else _code(examples[section.model, key])
        values = words_of(info, lambda kind: links.get(kind) or _meanings(kind))
        yield _row(_code(key), _for_people(meanings[name], "left out"), values, _default(info), example)
    yield ""


def _meanings(words: type) -> str:
    """Return the values of an enumeration, each with its meaning, on a line of a cell for each."""
    values = [str(member.value) for member in words] if issubclass(words, Enum) else []
    meanings = meanings_of_values(words) if issubclass(words, Enum) else {}
    return "<br>".join(f"`{value}`: {meanings[value]}" for value in values)


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return _REQUIRED
    default: Any = info.get_default(call_default_factory=True, validated_data={})
    if isinstance(default, BaseModel):
        return "the defaults of its keys"
    if default is None or default in ("", [], {}, ()):
        return _NOTHING
    return _code(_yaml(to_jsonable_python(default)))


def _yaml(value: Any) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10_000)
    return text.removesuffix("...\n").strip()


def _table(file: str, model: type[BaseModel]) -> Iterator[str]:
    yield introduction_of(model)
    yield ""
    yield "```text"
    yield first_lines_of(file, 3)
    yield "```"
    yield ""
    meanings, lines = meanings_of(model), lines_of(file)
    yield "| column | meaning | value | if blank | example |"
    yield "|---|---|---|---|---|"
    for name, info in model.model_fields.items():
        example = next(line[name] for line in lines if line[name])
        blank = _if_blank(model, name, info, lines)
        values = words_of(info, _meanings)
        yield _row(_code(name), _for_people(meanings[name], "blank"), values, blank, _code(example))
    yield ""


def _if_blank(model: type[BaseModel], name: str, info: FieldInfo, lines: list[dict[str, str]]) -> str:
    may_be_blank = any(_is_valid(model, {**line, name: ""}) for line in lines)
    if may_be_blank:
        return "the column is required" if info.is_required() else _default(info)
    return _REQUIRED if info.is_required() else f"required; {_default(info)} if the column is left out"


def _is_valid(model: type[BaseModel], line: dict[str, str]) -> bool:
    try:
        model.model_validate(line, context=PrintedIn("en"))
    except ValidationError:
        return False
    return True


def _for_people(meaning: str, without: str) -> str:
    """Return a docstring in the words of a folder, in which nothing is None."""
    return re.sub(r"\bNone\b", without, meaning)


def _row(*cells: str) -> str:
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _code(text: str) -> str:
    return f"`{text}`"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
