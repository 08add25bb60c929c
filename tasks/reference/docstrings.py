"""Read docstrings: what a model describes, the meaning of each of its fields, and of each value of an enumeration."""

import ast
import inspect
import re
from enum import Enum
from itertools import pairwise

from pydantic import BaseModel

_ATTRIBUTE = re.compile(r"^    (\w+): ", re.MULTILINE)


def introduction_of(model: type[BaseModel]) -> str:
    """Return the paragraphs of a docstring before its attributes, each in one line."""
    text = inspect.cleandoc(model.__doc__ or "").partition("\nAttributes:\n")[0]
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in text.split("\n\n")).strip()


def meanings_of(model: type[BaseModel]) -> dict[str, str]:
    """Return the meaning of each field that the docstring of a model, or of a class it derives from, describes."""
    meanings: dict[str, str] = {}
    for cls in reversed(model.__mro__):
        if issubclass(cls, BaseModel) and cls is not BaseModel:
            attributes = inspect.cleandoc(cls.__doc__ or "").partition("\nAttributes:\n")[2]
            _, *parts = _ATTRIBUTE.split(attributes)
            meanings |= {name: " ".join(text.split()) for name, text in zip(parts[::2], parts[1::2], strict=True)}
    return meanings


def meanings_of_values(words: type[Enum]) -> dict[str, str]:
    """Return the meaning of each value of an enumeration that has a docstring below its member."""
    (cls,) = ast.parse(inspect.getsource(words)).body
    meanings: dict[str, str] = {}
    for member, text in pairwise(cls.body if isinstance(cls, ast.ClassDef) else []):
        match member, text:
            case ast.Assign(targets=[ast.Name(id=name)]), ast.Expr(value=ast.Constant(value=str(meaning))):
                meanings[str(words[name].value)] = " ".join(meaning.split())
            case _:
                pass
    return meanings
