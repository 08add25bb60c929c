"""Describe in words which values a key accepts, from the type of its field."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from schemas.base import CODE
from tasks.programme.words import WORDS_OF_PATTERN

_NOUNS = {str: "text", int: "whole number", float: "number", date: "day", bool: "`true` or `false`"}
_CONSTRAINTS = ("ge", "gt", "le", "lt", "min_length", "max_length", "pattern")
_LIMITS = {"ge": "at least", "gt": "above", "le": "at most", "lt": "below"}
_ARTICLE = re.compile(r"^(a|an|one|the) ")


@dataclass(frozen=True, slots=True)
class _Words:
    """Accepted values.

    Attributes:
        noun: What they are.
        limits: Their limits, such as `from 0 to 366`; empty without any.
        plural: The noun for several of them; empty where it is a list of words.
    """

    noun: str
    limits: str = ""
    plural: str = ""

    @property
    def text(self) -> str:
        """The words for one value."""
        return f"{self.noun} {self.limits}".rstrip()

    @property
    def texts(self) -> str:
        """The words for several values."""
        return f"{self.plural or self.noun}{f', each {self.limits}' if self.limits else ''}"


def words_of(info: FieldInfo, link: Callable[[type], str]) -> str:
    """Return the values that a field accepts, in Markdown.

    Args:
        info: The field.
        link: Returns the link to the description of a nested model, or of the words of an enumeration.
    """
    return _Describe(link)(info.annotation, _constraints(info.metadata)).text


def any_of(words: Sequence[str]) -> str:
    """Return some words as a list in a sentence."""
    return f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else "".join(words)


def _constraints(metadata: Iterable[Any]) -> dict[str, Any]:
    constraints: dict[str, Any] = {}
    for one in metadata:
        if isinstance(one, FieldInfo):
            constraints |= _constraints(one.metadata)
        given = {name: getattr(one, name, None) for name in _CONSTRAINTS}
        constraints |= {name: value for name, value in given.items() if value is not None}
    return constraints


@dataclass(frozen=True, slots=True)
class _Describe:
    link: Callable[[type], str]

    def __call__(self, annotation: Any, constraints: Mapping[str, Any]) -> _Words:
        origin, arguments = get_origin(annotation), get_args(annotation)
        if origin is Annotated:
            return self(arguments[0], {**_constraints(arguments[1:]), **constraints})
        if origin in (Union, UnionType):
            return self._one_of([self(one, constraints) for one in arguments if one is not type(None)])
        if origin is Literal:
            return _Words(any_of([f"`{value}`" for value in arguments]))
        if origin is dict:
            return self._mapping(arguments[0], arguments[1], constraints)
        if origin is not None:
            at_least_one = ", at least one" if constraints.get("min_length") == 1 else ""
            return _Words(f"list of {self(arguments[0], {}).texts}{at_least_one}")
        if issubclass(annotation, Enum):
            return _Words(self.link(annotation))
        if issubclass(annotation, BaseModel):
            return _Words(f"keys of {self.link(annotation)}", plural=self.link(annotation))
        return _of_one(annotation, constraints)

    def _one_of(self, options: Sequence[_Words]) -> _Words:
        if len(options) == 1:
            return options[0]
        singular, plural = [option.text for option in options], [option.texts for option in options]
        return _Words(any_of(list(dict.fromkeys(singular))), plural=any_of(list(dict.fromkeys(plural))))

    def _mapping(self, of_key: Any, of_value: Any, constraints: Mapping[str, Any]) -> _Words:
        key, value = self(of_key, {}), self(of_value, {}).text
        if constraints.get("max_length") == 1:
            return _Words(f"one {key.text} with its {value}")
        return _Words(f"{key.texts}, each with its {value}")


def _of_one(kind: type, constraints: Mapping[str, Any]) -> _Words:
    if "pattern" in constraints:
        pattern = getattr(constraints["pattern"], "pattern", constraints["pattern"])
        return _Words("code", plural="codes") if pattern == CODE.pattern else _Words(_of_pattern(pattern))
    noun = _NOUNS[kind]
    return _Words(noun, _limits(constraints), "" if kind is bool else f"{noun}s")


def _of_pattern(pattern: str) -> str:
    words = _ARTICLE.sub("", WORDS_OF_PATTERN[pattern])
    return words.partition(", such as ")[0]  # The example is beside it.


def _limits(constraints: Mapping[str, Any]) -> str:
    if "ge" in constraints and "le" in constraints:
        return f"from {constraints['ge']:.15g} to {constraints['le']:.15g}"
    limits = [f"{words} {constraints[name]:.15g}" for name, words in _LIMITS.items() if name in constraints]
    if "max_length" in constraints:
        limits.append(f"of at most {constraints['max_length']} signs")
    return " and ".join(limits)
