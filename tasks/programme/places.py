"""Name the place of a mistake in programme.yaml as the person sees it: “anchor_on of cohort COLD-2”."""

from collections.abc import Sequence
from typing import cast

from tasks.programme.lines import Path

_SINGULAR = {
    "occasions": "occasion", "innovations": "innovation", "cohorts": "cohort", "attributes": "attribute",
    "evaluators": "evaluator", "instruments": "instrument", "versions": "version", "sheets": "sheet", "items": "item",
    "columns": "column", "rules": "rule", "follows": "entry of follows", "substitutes": "substitute",
}  # fmt: skip
_LABELS = ("code", "version", "name", "item", "column")
"""The keys by which an element of a list is named, the first that it has."""
_ORDINALS = ("1st", "2nd", "3rd")
_OF_RULES = frozenset({"at_most", "counts_with", "changes", "order", "condition"})
"""The names that the model gives the kinds of rules, which nobody types."""
_OF_MODEL = frozenset({"[key]", "[code]", "[entry]"})
"""Other names that only the model has: of a key of a mapping, and of the forms of an entry of `follows`."""


def path_in(loc: Sequence[str | int]) -> Path:
    """Return the place of an error of the model as a path in the file: without the names that only the model has."""
    path: list[str | int] = []
    for part in loc:
        is_kind_of_rule = part in _OF_RULES and len(path) > 1 and path[-2] == "rules" and isinstance(path[-1], int)
        if not is_kind_of_rule and part not in _OF_MODEL:
            path.append(part)
    return tuple(path)


def value_at(data: object, path: Path) -> object:
    """Return the value at a path; None if there is none."""
    for part in path:
        data = _child(data, part)
    return data


def name_of(data: object, path: Path) -> str:
    """Return the name of a place, from the inside to the outside."""
    names: list[str] = []
    value = data
    for position, part in enumerate(path):
        value = _child(value, part)
        if isinstance(part, str):
            names.append(part)
        elif isinstance(value, dict) and names:
            names[-1] = _element(names[-1], part, cast("dict[str, object]", value), path[position + 1 :])
    return " of ".join(reversed(names))


def _child(value: object, part: str | int) -> object:
    if isinstance(part, str):
        return cast("dict[str, object]", value).get(part) if isinstance(value, dict) else None
    elements = cast("list[object]", value) if isinstance(value, list) else []
    return elements[part] if part < len(elements) else None


def _element(section: str, index: int, element: dict[str, object], inside: Path) -> str:
    singular = _SINGULAR.get(section, section)
    for key in _LABELS:
        label = element.get(key)
        if isinstance(label, str | int) and not isinstance(label, bool) and label != "" and inside != (key,):
            return f"{singular} {label}"
    ordinal = _ORDINALS[index] if index < len(_ORDINALS) else f"{index + 1}th"
    return f"the {ordinal} {singular}"
