"""Find the macros that a build can call: dbt binds all macros of a project again several times for each node.

dbt and its adapters bring some 500 macros, of which a build calls a fifth. Binding the others took an eighth of the
processor time of a small build.
"""

import inspect
import re
from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest
    from dbt.contracts.graph.nodes import Macro

_WORD = re.compile(r"\w+")
_PROJECT = "essaim"
_KINDS = ("generate_", "test_")
"""Beginnings of the names of macros that dbt composes while it parses."""
_CALLERS = (
    "dbt.adapters.base.impl",
    "dbt.adapters.sql.impl",
    "dbt.adapters.{adapter}.impl",
    "dbt.parser.unit_tests",  # the only parser of dbt that runs in each build
)
"""Modules of dbt that call macros by their names."""


def needed_macros(manifest: "Manifest") -> "dict[str, Macro]":
    """Return the macros that a node, a needed macro or dbt itself names, by their ids.

    A macro counts as named wherever its name occurs as a word, so a few macros too many are kept and none is missed:
    dbt composes names only of materializations, which are kept by their kind, of incremental strategies, which are
    those of the project, and of the implementations for an adapter, which follow two underscores.
    """
    callers = [import_module(module.format(adapter=manifest.metadata.adapter_type)) for module in _CALLERS]
    nodes = [*manifest.nodes.values(), *manifest.unit_tests.values()]
    materializations = {f"materialization_{node.config.materialized}_" for node in manifest.nodes.values()}
    beginnings = (*_KINDS, *materializations, "materialization_unit_")
    named = {name.rpartition(".")[2] for node in nodes for name in node.depends_on.macros}
    named.update(_words(map(inspect.getsource, callers)))
    named.update(_words(node.raw_code for node in manifest.nodes.values()))
    needed = {
        id_: macro
        for id_, macro in manifest.macros.items()
        if macro.package_name == _PROJECT or macro.name.startswith(beginnings)
    }
    found = needed
    while found:
        named.update(_words(macro.macro_sql for macro in found.values()))
        found = {
            id_: macro
            for id_, macro in manifest.macros.items()
            if id_ not in needed and (macro.name in named or macro.name.partition("__")[2] in named)
        }
        needed |= found
    return needed


def _words(texts: Iterable[str]) -> set[str]:
    return {word for text in texts for word in _WORD.findall(text)}
