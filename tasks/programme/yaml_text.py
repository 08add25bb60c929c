"""Parse programme.yaml with the line and the spelling of each value."""

import re
from dataclasses import dataclass, field

import yaml

from schemas.errors import Mistake
from tasks.programme.lines import Lines, Path
from tasks.programme.spellings import shown
from tasks.programme.yaml_words import in_words

MAXIMUM_PLACES = 200_000
"""Highest number of entries in a YAML file: nested aliases can make a small file larger than memory."""

_INTEGER = "tag:yaml.org,2002:int"
_DECIMAL = re.compile(r"[+-]?(?:0|[1-9][0-9]*)")


@dataclass(frozen=True, slots=True)
class YamlText:
    """The contents of a YAML file.

    Attributes:
        data: The data; None if the file cannot be parsed.
        lines: The line of each value.
        mistakes: The mistakes. Without data, they say why the file cannot be parsed.
        unclear: The paths of numbers that YAML reads in another way than a person. The data hold them as texts.
    """

    data: object
    lines: Lines
    mistakes: list[Mistake] = field(default_factory=list[Mistake])
    unclear: set[Path] = field(default_factory=set[Path])


def read_yaml(file: str, content: str) -> YamlText:
    """Parse YAML.

    Args:
        file: Name of the file, for the mistakes.
        content: Its content.
    """
    by_path: dict[Path, int] = {}
    typed: dict[Path, str] = {}
    mistakes: list[Mistake] = []
    unclear: set[Path] = set()

    def scalar(node: yaml.ScalarNode, path: Path) -> object:
        text = str(node.value)
        if node.style is None:
            typed[path] = text
        if node.tag == _INTEGER and not _DECIMAL.fullmatch(text):
            unclear.add(path)  # YAML 1.1 reads 012 as 10, and 12:30 as 750.
            return text
        try:
            return loader.construct_object(node)
        except ValueError:
            return text  # A day that does not exist.

    def build(node: yaml.Node, path: Path) -> object:
        by_path.setdefault(path, node.start_mark.line + 1)
        if len(by_path) > MAXIMUM_PLACES:
            raise ValueError(f"more than {MAXIMUM_PLACES} entries")
        if isinstance(node, yaml.MappingNode):
            mapping: dict[str, object] = {}
            for key_node, value_node in node.value:
                is_scalar = isinstance(key_node, yaml.ScalarNode)
                key = str(key_node.value if is_scalar else loader.construct_object(key_node))
                line = key_node.start_mark.line + 1
                if key in mapping:
                    expected = f"each key once: it is on line {by_path[*path, key]} already; delete one of the two"
                    mistakes.append(Mistake(file, line, f"the key {shown(key)} a second time", expected))
                    continue
                by_path[*path, key] = line
                mapping[key] = build(value_node, (*path, key))
            return mapping
        if isinstance(node, yaml.SequenceNode):
            return [build(item, (*path, index)) for index, item in enumerate(node.value)]
        return scalar(node, path) if isinstance(node, yaml.ScalarNode) else loader.construct_object(node)

    try:
        loader = yaml.SafeLoader(content)
        root = loader.get_single_node()
        data = build(root, ()) if root is not None else {}
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        line, found, expected = in_words(error, content)
        return YamlText(None, Lines(file, by_path, typed), [Mistake(file, line, found, expected)])
    return YamlText(data, Lines(file, by_path, typed, data), mistakes, unclear)
