"""Test that the printed table has the columns that a programme publishes, on DuckDB, then on PostgreSQL."""

from collections.abc import Generator

import pytest
import sqlalchemy as sa
from building import build_models
from small_programme import AS_OF, Small, small_programme

from schemas.settings import ProjectPaths
from tasks.programme import read_programme
from tasks.transform.dbt_build import target
from warehouse.connection import open_warehouse
from warehouse.runs import last_instant_of

CODEBOOK = """\
indicator_code,label_fr,label_en,level,kind,unit,minimum,maximum,allowed_values,over_structures,is_core,publication_rank
adoption,Adoption,,structure,choice,,,,adopted|in_progress|partial|no,none,true,
food-kg,Nourriture,"Food, in kg",structure,number,kg,,,,sum,true,2
rating,Note,,structure,number,out of 5,,,,mean,true,1
visits,,,structure,count,,,,,sum,true,3
hidden,Caché,Hidden,structure,number,,,,,sum,false,
"""


@pytest.fixture
def small(paths_with_views: ProjectPaths, monkeypatch: pytest.MonkeyPatch) -> Generator[Small]:
    with small_programme(monkeypatch, paths_with_views.folder) as small:
        (small.folder / "codebook.csv").write_text(CODEBOOK, encoding="utf-8")
        small.edit("crosswalk.csv", "budget,budget", "budget,rating")
        small.edit("programme.yaml", '"programme": "petit"', '"programme": "petit", "locale": "en"')
        small.add_participants("STR1", "STR2")
        yield small


def built(small: Small) -> None:
    known_by = last_instant_of(AS_OF, read_programme(small.folder).zone)
    build_models(small.paths, "--select", "+consolidated_table", as_of=AS_OF, known_by=known_by, locale="en")


def columns(small: Small) -> dict[str, str | None]:
    """Return the columns of the printed table, each with its comment."""
    of_engine = {
        "duckdb": "select column_name, comment from duckdb_columns() where table_name = 'consolidated_table' "
        "order by column_index",
        "postgresql": "select attname, col_description(attrelid, attnum) from pg_attribute "
        "where attrelid = 'analytics.consolidated_table'::regclass and attnum > 0 order by attnum",
    }
    with open_warehouse(small.paths) as warehouse:
        return dict(map(tuple, warehouse.execute(sa.text(of_engine[target(small.paths)]))))


def test_the_printed_table_has_the_columns_that_the_programme_publishes_in_its_order(small: Small) -> None:
    small.answer("str1", budget="4")
    small.answer("str2", budget="4.5")
    small.collect()
    built(small)
    printed = ", printed: a number, nc (not communicated), ne (not evaluated) or s (suppressed)."
    found = columns(small)
    assert list(found) == ["innovation_code", "structures", "rating", "food-kg", "visits", "rank"]
    assert {name: found[name] for name in ("rating", "food-kg", "visits")} == {
        "rating": f"Note{printed}",
        "food-kg": f"Food, in kg{printed}",
        "visits": f"visits{printed}",
    }
    query = sa.text(
        'select innovation_code, structures, rating, "food-kg" from analytics.consolidated_table order by rank'
    )
    with open_warehouse(small.paths) as warehouse:
        rows = [tuple(row) for row in warehouse.execute(query)]
    assert rows == [("INNO", "3", "4.3", "ne"), ("TOTAL", "3", "4.3", "ne")]

    if target(small.paths) == "postgresql":
        with open_warehouse(small.paths) as warehouse:
            warehouse.execute(sa.text("create view of_an_analyst as select rating from analytics.consolidated_table"))
    built(small)
    if target(small.paths) == "postgresql":
        with open_warehouse(small.paths) as warehouse:
            assert len(list(warehouse.execute(sa.text("select * from of_an_analyst")))) == 2

    small.edit("codebook.csv", "out of 5,,,,mean,true,1", "out of 5,,,,mean,true,")
    small.collect()
    built(small)
    assert list(columns(small)) == ["innovation_code", "structures", "food-kg", "visits", "rank"]
