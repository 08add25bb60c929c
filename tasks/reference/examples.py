"""Read the example of each key and column from `examples/every_key`, a programme folder that uses all of them."""

import csv
import io
from collections.abc import Mapping

import yaml
from pydantic import BaseModel

from schemas.package_data import project_path
from tasks.programme import read_programme
from tasks.programme.folder import SETTINGS_FILE
from tasks.reference.sections import keys_of

EVERY_KEY = project_path("examples", "every_key")

Examples = Mapping[tuple[type[BaseModel], str], str]
"""A value of each key as it is typed, by the model and the key."""


def examples_of_settings() -> Examples:
    """Return an example of each key of programme.yaml that has no keys below it, by each class that has the key.

    Raises:
        ProgrammeError: The folder has mistakes.
    """
    settings = read_programme(EVERY_KEY).settings
    text = (EVERY_KEY / SETTINGS_FILE).read_text(encoding="utf-8")
    examples: dict[tuple[type[BaseModel], str], str] = {}
    _collect(settings, yaml.compose(text, Loader=yaml.SafeLoader), text, examples)
    return examples


def _collect(
    value: object, node: yaml.Node | None, text: str, examples: dict[tuple[type[BaseModel], str], str]
) -> None:
    """Collect the first value of each key that is typed in one line."""
    match value, node:
        case BaseModel(), yaml.MappingNode():
            nodes = {key.value: below for key, below in node.value}
            for key, name in keys_of(type(value)).items():
                if key in nodes:
                    typed = text[nodes[key].start_mark.index : nodes[key].end_mark.index]
                    if "\n" not in typed:
                        for cls in type(value).__mro__:
                            examples.setdefault((cls, key), typed)
                    _collect(getattr(value, name), nodes[key], text, examples)
        case (list() | tuple(), yaml.SequenceNode()):
            # A version that is like another one has more than is written.
            entries = zip(value, node.value, strict=True) if len(value) == len(node.value) else ()
            for entry, below in entries:
                _collect(entry, below, text, examples)
        case (dict(), yaml.MappingNode()):
            for entry, (_, below) in zip(value.values(), node.value, strict=True):
                _collect(entry, below, text, examples)
        case _:
            pass


def lines_of(file: str) -> list[dict[str, str]]:
    """Return the lines of a table, or of the tables whose names match a pattern such as `questionnaires/*.csv`."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(EVERY_KEY.glob(file))]
    return [row for text in texts for row in csv.DictReader(io.StringIO(text))]


def first_lines_of(file: str, number: int) -> str:
    """Return the header and the first lines of a table."""
    text = min(EVERY_KEY.glob(file)).read_text(encoding="utf-8")
    return "\n".join(text.splitlines()[: number + 1])
