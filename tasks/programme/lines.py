"""Find the line of each value in a programme folder, to report mistakes by line."""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar, get_args

import yaml
from pydantic import BaseModel
from pydantic_core import ErrorDetails

from schemas.errors import Mistake

Path = tuple[str | int, ...]
Value = TypeVar("Value")

MAXIMUM_PLACES = 200_000
"""Highest number of entries in a YAML file: nested aliases can make a small file larger than memory."""


@dataclass(frozen=True, slots=True)
class Located(Generic[Value]):
    """A line of a table, with its file and line number."""

    value: Value
    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Lines:
    """The line of each value in a file.

    Attributes:
        by_path: Line numbers by path of keys and indexes; the path () is the whole file.
    """

    file: str
    by_path: Mapping[Path, int] = field(default_factory=dict[Path, int])

    def of(self, path: Path) -> int:
        """Return the line of a value, or of the closest one around it; 0 if there is none."""
        while path and path not in self.by_path:
            path = path[:-1]
        return self.by_path.get(path, 0)


def nearest(found: str, expected: Iterable[str]) -> str:
    """Return the expected word that is most similar to the one found; empty if none is similar."""
    close = difflib.get_close_matches(found, list(expected), n=1, cutoff=0.5)
    return close[0] if close else ""


_YAML_INTEGER = "tag:yaml.org,2002:int"
_DECIMAL = re.compile(r"[+-]?(?:0|[1-9][0-9]*)")


def read_yaml(file: str, content: str) -> tuple[object, dict[Path, int], list[Mistake]]:
    """Parse YAML.

    Args:
        file: Name of the file, for the mistakes.
        content: Its content.

    Returns:
        The data, the line of each value by its path, and the mistakes.
    """
    lines: dict[Path, int] = {}
    mistakes: list[Mistake] = []

    def scalar(node: yaml.Node) -> object:
        if node.tag == _YAML_INTEGER and not _DECIMAL.fullmatch(str(node.value)):
            # YAML 1.1 reads 012 as 10, and 12:30 as 750.
            expected = "a decimal number, such as 12, or a text in quotes"
            mistakes.append(Mistake(file, node.start_mark.line + 1, str(node.value), expected))
            return None
        try:
            return loader.construct_object(node)
        except ValueError as error:
            line = node.start_mark.line + 1
            mistakes.append(Mistake(file, line, str(node.value), f"a valid value ({error})"))
            return None

    def build(node: yaml.Node, path: Path) -> object:
        lines.setdefault(path, node.start_mark.line + 1)
        if len(lines) > MAXIMUM_PLACES:
            raise ValueError(f"more than {MAXIMUM_PLACES} entries")
        if isinstance(node, yaml.MappingNode):
            mapping: dict[str, object] = {}
            for key_node, value_node in node.value:
                key = str(loader.construct_object(key_node))
                line = key_node.start_mark.line + 1
                if key in mapping:
                    mistakes.append(Mistake(file, line, f"the key {key!r} a second time", "each key once"))
                lines[*path, key] = line
                mapping[key] = build(value_node, (*path, key))
            return mapping
        if isinstance(node, yaml.SequenceNode):
            return [build(item, (*path, index)) for index, item in enumerate(node.value)]
        return scalar(node)

    try:
        loader = yaml.SafeLoader(content)
        root = loader.get_single_node()
        data = build(root, ()) if root is not None else {}
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        words = getattr(error, "problem", None) or str(error).split("\n", maxsplit=1)[0]
        mistakes.append(Mistake(file, mark.line + 1 if mark else 0, f"text that is not YAML ({words})", "YAML"))
        data = {}
    return data, lines, mistakes


def sentence(where: Lines, problem: ErrorDetails) -> Mistake:
    """Return the mistake that a pydantic error reports."""
    path = tuple(problem["loc"])
    name = ".".join(str(part) for part in path) or "the file"
    found = f"{name} missing" if problem["type"] == "missing" else f"{name} = {_shown(problem['input'])}"
    words = problem["msg"].removeprefix("Value error, ").removeprefix("Input should be ").removeprefix("expected ")
    expected = "a value for it" if problem["type"] == "missing" else words
    if problem["type"] == "list_type" and problem["input"] is None:
        found, expected = f"nothing under {name}", "lines under it, each beginning with “- ”"
    choices = str(problem.get("ctx", {}).get("expected", "")).replace("'", "").replace(" or ", ", ").split(", ")
    return Mistake(where.file, where.of(path), found, expected, nearest(str(problem["input"]), choices))


def unknown_key(where: Lines, model: type[BaseModel], problem: ErrorDetails) -> Mistake:
    """Return the mistake of an unknown key, with the nearest known key."""
    *parents, key = problem["loc"]
    fields = list(_model_at(model, parents).model_fields)
    line = where.of((*parents, key))
    return Mistake(where.file, line, f"the key {key!r}", f"one of {', '.join(fields)}", nearest(str(key), fields))


def _model_at(model: type[BaseModel], path: list[str | int]) -> type[BaseModel]:
    for part in path:
        if isinstance(part, str) and part in model.model_fields:
            model = _model_in(model.model_fields[part].annotation) or model
    return model


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for argument in get_args(annotation) if (found := _model_in(argument))), None)


def _shown(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:57] + "..."
