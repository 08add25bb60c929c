"""Find the models of a programme folder: each is a section of the reference."""

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, get_args

from pydantic import BaseModel

from schemas.programme import Settings
from schemas.questionnaire import Element
from tasks.programme.folder import OPTIONAL_FILES, SETTINGS_FILE, TABLE_FILES
from tasks.programme.questionnaires import FOLDER

FILES: dict[str, type[BaseModel]] = {
    SETTINGS_FILE: Settings,
    **TABLE_FILES,
    **OPTIONAL_FILES,
    f"{FOLDER}/*.csv": Element,
}
"""The model of each file: of the whole of programme.yaml, and of a line of each table."""


@dataclass(slots=True)
class Section:
    """A model, described once for all places where it is written.

    A place is a file, or the keys that lead to it with points between them.

    Attributes:
        model: The class that declares the keys.
        written: The places of each class that is written with these keys: the model itself, or classes that derive from
            it without keys of their own.
        own: The keys by which it is known among the models that may be written at the same place; empty if it is the
            only one.
    """

    model: type[BaseModel]
    written: dict[type[BaseModel], list[str]] = field(default_factory=dict[type[BaseModel], list[str]])
    own: tuple[str, ...] = ()

    @property
    def places(self) -> list[str]:
        """All places where it is written."""
        return list(dict.fromkeys(place for places in self.written.values() for place in places))

    @property
    def title(self) -> str:
        """The title in Markdown: the last two keys of each place."""
        return self._title(self.places)

    @property
    def anchor(self) -> str:
        """The anchor of the title."""
        return anchor_of(self.title)

    def link(self, written: type[BaseModel]) -> str:
        """Return a link to the section, with the places of one of its classes."""
        return f"[{self._title(self.written[written])}](#{self.anchor})"

    def _title(self, places: list[str]) -> str:
        named = " and ".join(f"`{'.'.join(place.split('.')[-2:])}`" for place in places)
        own = " or ".join(f"`{key}`" for key in self.own)
        return f"{named} with {own}" if own else named


def anchor_of(heading: str) -> str:
    """Return the anchor of a heading, as GitHub and MkDocs derive it."""
    return re.sub(r"\s+", "-", re.sub(r"[^\w\s-]", "", heading).strip().lower())


def keys_of(model: type[BaseModel]) -> dict[str, str]:
    """Return the keys of a model as they are written, each with the name of its field."""
    return {info.alias or name: name for name, info in model.model_fields.items()}


def sections_of(model: type[BaseModel], file: str = "") -> list[Section]:
    """Return the sections of a file: its model, then those below it, in the order of their keys."""
    sections: dict[type[BaseModel], Section] = {}
    _visit(model, file, "", sections, ())
    for section in sections.values():
        others = [one for one in sections.values() if one is not section and {*one.places} & {*section.places}]
        shared = {key for one in others for key in keys_of(one.model)}
        section.own = tuple(key for key in keys_of(section.model) if key not in shared) if others else ()
    return list(sections.values())


def _visit(
    model: type[BaseModel],
    title: str,
    place: str,
    sections: dict[type[BaseModel], Section],
    above: tuple[type[BaseModel], ...],
) -> None:
    declaring = _declaring(model)
    section = sections.setdefault(declaring, Section(declaring))
    places = section.written.setdefault(model, [])
    if title not in places:
        places.append(title)
    if model in above:
        return
    for key, name in keys_of(model).items():
        inside = f"{place}.{key}" if place else key
        for nested in models_in(model.model_fields[name].annotation):
            _visit(nested, inside, inside, sections, (*above, model))


def _declaring(model: type[BaseModel]) -> type[BaseModel]:
    """Return the class that declares keys of a model: itself, or the first one that it derives from."""
    classes = [cls for cls in model.__mro__ if issubclass(cls, BaseModel)]
    return next((cls for cls in classes if {*inspect.get_annotations(cls)} & {*model.model_fields}), model)


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    """Yield the models in a type, such as those of a list, of a union, or of the values of a mapping."""
    if isinstance(annotation, type) and not get_args(annotation):
        if issubclass(annotation, BaseModel):
            yield annotation
        return
    for argument in get_args(annotation):
        yield from models_in(argument)
