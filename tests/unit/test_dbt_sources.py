import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import schemas
from schemas.dbt_sources import (
    DATA_TYPES,
    GRAIN_FILE,
    RAW_TABLES,
    SOURCES_FILE,
    TESTED_BY_RETURN,
    dbt_sources,
    grain_test,
)
from schemas.enums import DecisionKind, MissingReason, ReturnOutcome, ReturnState, StateReason
from schemas.tables import Kind

DBT_PROJECT = Path(schemas.__file__).parents[1] / "dbt_project"


def raw_source() -> dict[str, Any]:
    (source,) = yaml.safe_load(dbt_sources())["sources"]
    return source


def columns_of_models() -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted((DBT_PROJECT / "models").rglob("_*__models.yml")):
        for model in yaml.safe_load(path.read_text())["models"]:
            for column in model.get("columns", []):
                yield model["name"], column


def test_the_checked_in_sources_are_what_the_table_definitions_say():
    assert SOURCES_FILE.read_text() == dbt_sources(), "run python -m schemas.dbt_sources"
    assert GRAIN_FILE.read_text() == grain_test(), "run python -m schemas.dbt_sources"


def test_the_sources_are_the_raw_tables_and_no_others():
    assert [table["name"] for table in raw_source()["tables"]] == [table.name for table in RAW_TABLES]


def test_a_source_says_the_grain_and_the_columns_of_its_table():
    for table, source in zip(RAW_TABLES, raw_source()["tables"], strict=True):
        assert source["description"] == table.grain
        assert [(c["name"], c["data_type"], c["description"]) for c in source["columns"]] == [
            (c.name, DATA_TYPES[c.kind], c.meaning) for c in table.columns
        ]


def test_each_raw_table_is_tested_for_its_key():
    tested = {table for table in RAW_TABLES if f"    '{table.name}': '{', '.join(table.key)}'" in grain_test()}
    assert tested | set(TESTED_BY_RETURN) == set(RAW_TABLES)
    for table in TESTED_BY_RETURN:
        (path,) = (p for p in (DBT_PROJECT / "tests").glob("*.sql") if f"stg_{table.name}'" in p.read_text())
        names = ["sheet_row" if name == "row_number" else name for name in table.key]
        query = re.sub(r"\b(answers|cells)\.", "", path.read_text())
        assert f"group by {', '.join(names)}\n" in query


def test_each_model_is_tested_for_its_grain():
    """Require a test of the grain for every model with several rows, or for the view that shows it."""
    shown = {"int_observations", "int_panel", "int_derived_cells", "int_cells"}
    shown |= {"int_cohort_indicators", "int_participant_paths"}
    for layer in ("staging", "intermediate"):
        folder = DBT_PROJECT / "models" / layer
        declared = [m for path in folder.glob("_*__models.yml") for m in yaml.safe_load(path.read_text())["models"]]
        tested = {m["name"] for m in declared if any("sound" in test for test in m.get("data_tests", []))}
        listed = (DBT_PROJECT / "tests" / f"each_row_of_{layer}_is_there_once.sql").read_text()
        tested |= {model["name"] for model in declared if f"    '{model['name']}': " in listed}
        untested = {path.stem for path in folder.glob("*.sql")} - tested - shown
        of_one_row = {"stg_programme__rules", "stg_moment", "int_built_models"}
        of_build = {"int_tested_inputs", "int_inputs", "int_built_inputs"}
        assert untested <= of_one_row | of_build | {"stg_answers", "stg_row_answers"}


def test_a_test_of_what_a_model_says_is_named_after_it():
    for path in [*(DBT_PROJECT / "models").rglob("_*__models.yml"), DBT_PROJECT / "seeds" / "_seeds.yml"]:
        (declared,) = (nodes for key, nodes in yaml.safe_load(path.read_text()).items() if key != "version")
        tests = [
            (node["name"], test["sound"]) for node in declared for test in node.get("data_tests", []) if "sound" in test
        ]
        assert [test["name"] for _, test in tests] == [f"{name}_is_sound" for name, _ in tests]


def test_every_kind_of_column_has_a_data_type():
    assert set(DATA_TYPES) == set(Kind)


@pytest.mark.parametrize(
    ("model", "column", "values"),
    [
        ("fct_expected_return", "state", list(ReturnState)),
        ("fct_expected_return", "state_reason", list(StateReason)),
        ("cohort_panel", "missing_reason", list(MissingReason)),
        ("stg_returns", "outcome", list(ReturnOutcome)),
        ("stg_decisions", "kind", list(DecisionKind)),
    ],
)
def test_the_values_that_dbt_accepts_are_those_of_the_states(model: str, column: str, values: list[str]):
    (found,) = [c for m, c in columns_of_models() if (m, c["name"]) == (model, column)]
    assert found["config"]["meta"]["values"] == values


def test_every_missing_reason_has_its_sdmx_observation_status():
    lines = (DBT_PROJECT / "seeds" / "missing_reason.csv").read_text().splitlines()[1:]
    assert {line.split(",")[0]: line.split(",")[1] for line in lines} == {
        MissingReason.NOT_COMMUNICATED: "L",
        MissingReason.NOT_EVALUATED: "O",
        MissingReason.NOT_APPLICABLE: "M",
        MissingReason.UNEXPLAINED: "O",
        MissingReason.NO_RETURN: "L",
        MissingReason.SUPPRESSED: "Q",
        MissingReason.NOT_SHOWN: "M",
        MissingReason.UNKNOWN_IF_SHOWN: "O",
        MissingReason.NOTHING_TO_REPORT: "M",
    }


def test_every_column_of_the_marts_and_views_is_described():
    undescribed = [(model, column["name"]) for model, column in columns_of_models() if not column.get("description")]
    assert undescribed == []


def test_what_says_that_all_was_built_is_made_after_all_else():
    """Require that each model is read by another, or listed among the dependencies of the last one."""
    models = {path.stem: path.read_text(encoding="utf-8") for path in (DBT_PROJECT / "models").rglob("*.sql")}
    last = models.pop("int_inputs")
    macros = [path.read_text(encoding="utf-8") for path in (DBT_PROJECT / "macros").rglob("*.sql")]
    read = {name for text in (*models.values(), *macros) for name in re.findall(r"ref\('(\w+)'\)", text)}
    assert set(models) - read - {"int_built_models"} <= set(re.findall(r"ref\('(\w+)'\)", last))


def test_a_stored_model_reads_the_day_only_through_a_view_that_is_compared():
    """Require that each reader of the day is an input (`macros/contents_of_inputs.sql`), or a view that none reads."""
    models = {path: path.read_text(encoding="utf-8") for path in (DBT_PROJECT / "models").rglob("*.sql")}
    shown = {"return_status", "reconciliation"}
    # The day of a finding that no run has recorded is an input of its own.
    dated = {"surveillance"}
    for path, text in models.items():
        if not re.search(r"\b(as_of|collected_on)\(\)", text) or path.stem in dated:
            continue
        is_view = path.parent.name == "staging" or "materialized='view'" in text
        assert is_view, path
        assert path.parent.name in ("staging", "intermediate") or path.stem in shown, path
    for name in shown:
        readers = {path.stem for path, text in models.items() if f"ref('{name}')" in text}
        assert readers == {"int_inputs"}, name
