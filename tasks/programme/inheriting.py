"""Complete the versions of instruments that are like another one (`like`) with what they have in common with it."""

from dataclasses import dataclass, field, replace
from typing import cast

from schemas.errors import Mistake
from tasks.programme.lines import Lines, Path
from tasks.programme.yaml_text import YamlText

_NAMED_BY = {"sheets": "name", "items": "code", "columns": "code"}
"""The lists whose entries complete those of the same name, and the key with the name."""
_COMMON = ("sheets", "rules")
"""The keys of a version that another one can have in common with it."""


@dataclass(frozen=True, slots=True)
class _Value:
    """A value of programme.yaml: a scalar, or the values in a mapping or list, with what is known of its place."""

    content: object
    line: int
    typed: str | None
    is_unclear: bool
    is_taken_over: bool = False

    @property
    def entries(self) -> "dict[str, _Value]":
        return cast("dict[str, _Value]", self.content) if isinstance(self.content, dict) else {}

    @property
    def listed(self) -> "list[_Value]":
        return cast("list[_Value]", self.content) if isinstance(self.content, list) else []

    def text(self, key: str) -> str:
        """Return a scalar below a key as a text; empty without one."""
        found = self.entries.get(key)
        return "" if found is None or isinstance(found.content, dict | list | None) else str(found.content)


@dataclass(slots=True)
class _Flat:
    by_path: dict[Path, int] = field(default_factory=dict[Path, int])
    typed: dict[Path, str] = field(default_factory=dict[Path, str])
    unclear: set[Path] = field(default_factory=set[Path])
    taken_over: set[Path] = field(default_factory=set[Path])


def with_inherited(text: YamlText) -> tuple[YamlText, frozenset[Path]]:
    """Return programme.yaml in which each version that is like one above it has the sheets and rules of that one.

    Its own sheets, items and columns replace keys of those of the same name or code, or are added after them; its rules
    replace the rules; what is under `without` is left out. The line of what is taken over is the one on which it is
    written.

    Args:
        text: The file, parsed and not validated.

    Returns:
        The completed file with the mistakes in `like`, and the paths of what is taken over: a mistake in it is one of
        where it is written.
    """
    root = _value(text.data, (), text)
    instruments = root.entries.get("instruments")
    if instruments is None or not any("like" in v.entries for i in instruments.listed for v in _versions(i)):
        return text, frozenset()
    mistakes = list(text.mistakes)
    completed = [_with_versions(instrument, text.lines.file, mistakes) for instrument in instruments.listed]
    root = replace(root, content={**root.entries, "instruments": replace(instruments, content=completed)})
    flat = _Flat()
    data = _flattened(root, (), flat)
    lines = Lines(text.lines.file, flat.by_path, flat.typed, data)
    return YamlText(data, lines, mistakes, flat.unclear), frozenset(flat.taken_over)


def _versions(instrument: _Value) -> list[_Value]:
    versions = instrument.entries.get("versions")
    return versions.listed if versions is not None else []


def _with_versions(instrument: _Value, file: str, mistakes: list[Mistake]) -> _Value:
    versions = instrument.entries.get("versions")
    if versions is None or not versions.listed:
        return instrument
    whole: list[_Value] = []
    for version in versions.listed:
        like = version.text("like")
        base = next((one for one in whole if like and one.text("version") == like), None)
        if like and base is None:
            found = f"like {like} of version {version.text('version')} of {instrument.text('code')}"
            mistakes.append(Mistake(file, version.entries["like"].line, found, "the number of a version above it"))
            # With the sheets of another one, only this mistake is reported.
            base = whole[0] if whole else None
        whole.append(version if base is None else _like(base, version))
    return replace(instrument, content={**instrument.entries, "versions": replace(versions, content=whole)})


def _like(base: _Value, version: _Value) -> _Value:
    common = {key: base.entries[key] for key in _COMMON if key in base.entries}
    whole = _merged(replace(base, content=common), version, "")
    left_out = (
        {str(one.content) for one in whole.entries["without"].listed} if "without" in whole.entries else set[str]()
    )
    if "sheets" not in whole.entries or not left_out:
        return whole
    sheets = whole.entries["sheets"]
    kept = [_without(sheet, left_out) for sheet in sheets.listed if sheet.text("name") not in left_out]
    return replace(whole, content={**whole.entries, "sheets": replace(sheets, content=kept)})


def _without(sheet: _Value, left_out: set[str]) -> _Value:
    entries = dict(sheet.entries)
    for key in ("items", "columns"):
        if key in entries:
            kept = [x for x in entries[key].listed if f"{sheet.text('name')}!{x.text('code')}" not in left_out]
            entries[key] = replace(entries[key], content=kept)
    return replace(sheet, content=entries)


def _merged(base: _Value, own: _Value, key: str) -> _Value:
    """Return a value completed by another one: keys of mappings, and entries of lists that have names."""
    if base.entries and own.entries:
        content = {name: _taken_over(value) for name, value in base.entries.items() if name not in own.entries}
        content |= {
            name: _merged(base.entries[name], value, name) if name in base.entries else value
            for name, value in own.entries.items()
        }
        return replace(own, content=content)
    name = _NAMED_BY.get(key)
    if name is None or not base.listed or not own.listed:
        return own
    named = {one.text(name): one for one in own.listed}
    first = [
        _merged(one, named[one.text(name)], "") if one.text(name) in named else _taken_over(one) for one in base.listed
    ]
    known = {one.text(name) for one in base.listed}
    return replace(own, content=[*first, *(one for one in own.listed if one.text(name) not in known)])


def _taken_over(value: _Value) -> _Value:
    return replace(value, is_taken_over=True)


def _value(data: object, path: Path, text: YamlText) -> _Value:
    content = data
    if isinstance(data, dict):
        entries = cast("dict[str, object]", data)
        content = {key: _value(value, (*path, key), text) for key, value in entries.items()}
    elif isinstance(data, list):
        listed = cast("list[object]", data)
        content = [_value(value, (*path, place), text) for place, value in enumerate(listed)]
    lines = text.lines
    return _Value(content, lines.of(path), lines.typed.get(path), path in text.unclear)


def _flattened(value: _Value, path: Path, flat: _Flat) -> object:
    flat.by_path[path] = value.line
    if value.typed is not None:
        flat.typed[path] = value.typed
    if value.is_unclear:
        flat.unclear.add(path)
    if value.is_taken_over:
        flat.taken_over.add(path)
    if isinstance(value.content, dict):
        return {key: _flattened(one, (*path, key), flat) for key, one in value.entries.items()}
    if isinstance(value.content, list):
        return [_flattened(one, (*path, place), flat) for place, one in enumerate(value.listed)]
    return value.content
