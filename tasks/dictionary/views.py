"""Read the descriptions of views and columns from the YAML files of the dbt project."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from schemas.package_data import project_path

MODELS = project_path("dbt_project", "models")
LAYERS = ("analytics", "marts")
"""The schemas that analysts read, in the order of the dictionary."""

REASON_COLUMNS = {
    "value_number": "missing_reason",
    "value": "missing_reason",
    "printed_value": "printed_missing_reason",
    "held_value": "held_missing_reason",
    "entered_work": "entered_work_missing_reason",
    "in_training": "in_training_missing_reason",
    "old_number": "old_missing_reason",
    "new_number": "new_missing_reason",
}
"""Nullable columns, and for each the column of the same view that gives the reason for a null."""


@dataclass(frozen=True, slots=True)
class Described:
    """A description in French and in English."""

    fr: str
    en: str

    def text(self, locale: str) -> str:
        """Return the description in `fr` or `en`."""
        return self.fr if locale == "fr" else self.en


@dataclass(frozen=True, slots=True)
class ViewColumn:
    """A column of a view.

    Attributes:
        name: The name of the column.
        data_type: The type that its dbt contract declares.
        meaning: The description.
        values: The accepted values, if the column is a code list.
        is_never_null: Whether the contract declares the column not null.
        reason_column: The column of the same view that gives the reason for a null, if there is one.
        is_of_programme: Whether the programme chose the accepted values, which are then their own labels.
        names_staff: Whether a value names who decided, corrected or explained something.
    """

    name: str
    data_type: str
    meaning: Described
    values: tuple[str, ...] = ()
    is_never_null: bool = False
    reason_column: str | None = None
    is_of_programme: bool = False
    names_staff: bool = False


@dataclass(frozen=True, slots=True)
class View:
    """A view of `analytics` or a table of `marts`.

    Attributes:
        schema: `analytics` or `marts`.
        name: The name of the view.
        meaning: The description.
        grain: The columns that identify a row.
        columns: The columns in the order of the view.
        is_of_people: Whether a row describes one person, or the answer of one respondent.
    """

    schema: str
    name: str
    meaning: Described
    grain: tuple[str, ...]
    columns: tuple[ViewColumn, ...]
    is_of_people: bool = False


@cache
def views() -> dict[str, View]:
    """Return every view and table that analysts read, by name, in the order of the YAML files."""
    by_name: dict[str, View] = {}
    for schema in LAYERS:
        for path in sorted((MODELS / schema).glob("_*__models.yml")):
            for model in yaml.safe_load(path.read_text(encoding="utf-8"))["models"]:
                by_name[model["name"]] = _view(schema, model)
    return by_name


def _view(schema: str, model: dict[str, Any]) -> View:
    sound = next(test["sound"] for test in model["data_tests"] if "sound" in test)
    names = {column["name"] for column in model["columns"]}
    return View(
        schema=schema,
        name=model["name"],
        meaning=_described(model),
        grain=tuple(sound["arguments"]["grain"]),
        columns=tuple(_column(column, names) for column in model["columns"]),
        is_of_people=_meta(model).get("of_people", False),
    )


def _column(column: dict[str, Any], beside: set[str]) -> ViewColumn:
    # The formats of SPSS and Stata have missing values of numbers and codes, and none of texts.
    is_text = column["data_type"] == "text" and "values" not in _meta(column)
    reason = None if is_text else REASON_COLUMNS.get(column["name"])
    return ViewColumn(
        name=column["name"],
        data_type=column["data_type"],
        meaning=_described(column),
        values=tuple(_meta(column).get("values", ())),
        is_never_null={"type": "not_null"} in column.get("constraints", []),
        reason_column=reason if reason in beside else None,
        names_staff=_meta(column).get("names_staff", False),
    )


def _described(node: dict[str, Any]) -> Described:
    return Described(fr=_meta(node).get("fr", ""), en=node["description"])


def _meta(node: dict[str, Any]) -> dict[str, Any]:
    return node.get("config", {}).get("meta", {})
