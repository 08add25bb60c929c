"""Test the contract of the warehouse on both engines."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa
import pytest
import sqlalchemy as sa
from databases import Database, postgresql

from schemas.settings import ProjectPaths
from schemas.tables import (
    ANSWERS,
    EXPECTED_RETURNS,
    PROGRAMME_INDICATORS,
    PSEUDONYM_KEYS,
    RUNS,
    TABLES,
    Row,
    Table,
    sql_table,
)
from warehouse.connection import Warehouse, open_warehouse
from warehouse.pseudonym_keys import hold_key
from warehouse.published import publish, read
from warehouse.runs import Stamp
from warehouse.views import states_of_last_build

AN_INSTANT = datetime(2019, 3, 31, 21, 59, 59, 999999)
TEXTS = [
    None,
    "",
    " ",
    "  two at both ends  ",
    'a "quoted" word',
    '"',
    "it's 100 %, %s and %(name)s",
    "a,b;c\td",
    "two\nlines",
    "two\r\nlines",
    "\r",
    "\\",
    "\\N",
    "\\.",
    "end\n\\.\nmarks",
    "NULL",
    "nan",
    "1\u202f200 €, œuvre, 漢字, 🐝",
    "x" * 3_000_000,
]


def answer(number: int, text: str | None) -> Row:
    return {
        "return_id": f"return {number:05}",
        "item": "Données!personnes",
        "question_code": "personnes",
        "subquestion_code": None if number % 2 else "",
        "scale": None if number % 3 else number,
        "part": "value",
        "value_text": text,
        "location": "Données!B1",
        "missing_reason": "not_shown" if text is None else None,
        "run_id": "run",
        "known_at": AN_INSTANT,
        "loaded_at": AN_INSTANT,
    }


@pytest.fixture
def warehouse(paths: ProjectPaths) -> Iterator[Warehouse]:
    with open_warehouse(paths) as opened:
        yield opened


def rows(warehouse: Warehouse, table: Table, *order: str) -> list[dict[str, Any]]:
    return warehouse.arrow(sa.select(sql_table(table)).order_by(*map(sa.text, order or table.key))).to_pylist()


def test_texts_come_back_as_they_went_in(warehouse: Warehouse) -> None:
    given = [answer(number, text) for number, text in enumerate(TEXTS)]
    warehouse.append(ANSWERS, given)
    assert rows(warehouse, ANSWERS) == given
    found = warehouse.execute(sa.select(sql_table(ANSWERS)).order_by(sql_table(ANSWERS).c.return_id))
    assert found == [tuple(row.values()) for row in given]


def test_a_character_that_postgresql_cannot_hold_is_marked_on_either_engine(warehouse: Warehouse) -> None:
    warehouse.append(ANSWERS, [answer(0, "be\0fore"), answer(1, "\0")])
    assert [row["value_text"] for row in rows(warehouse, ANSWERS)] == ["be\ufffdfore", "\ufffd"]


def test_every_kind_of_column_comes_back_as_it_went_in(warehouse: Warehouse) -> None:
    given = {
        "programme_version": "v",
        "indicator_code": "persons",
        "label_fr": "Personnes",
        "label_en": "Persons",
        "level": "structure",
        "kind": "count",
        "unit": None,
        "minimum": 0.1 + 0.2,
        "maximum": 1e300,
        "ceiling": -0.5,
        "is_cumulative": True,
        "zero_if_nothing": True,
        "over_structures": "sum",
        "over_respondents": "none",
        "is_core": True,
        "publication_rank": 2**62,
        "accumulates": False,
        "formula": "persons - others",
        "run_id": "run",
        "known_at": AN_INSTANT,
        "loaded_at": datetime(1900, 1, 1),
    }
    other = {
        **given,
        "indicator_code": "other",
        "minimum": None,
        "is_cumulative": None,
        "zero_if_nothing": None,
        "is_core": False,
        "publication_rank": None,
        "accumulates": None,
        "formula": None,
    }
    warehouse.append(PROGRAMME_INDICATORS, [given, other])
    assert rows(warehouse, PROGRAMME_INDICATORS, "indicator_code") == [other, given]
    assert warehouse.arrow(sa.select(sql_table(PROGRAMME_INDICATORS))).schema.types == PROGRAMME_INDICATORS.arrow.types


def test_days_come_back_as_days(warehouse: Warehouse) -> None:
    begun = {"run_id": "run", "command": "collect", "as_of_on": date(2016, 2, 29), "outcome": "running"}
    warehouse.append(RUNS, [{**begun, "started_at": AN_INSTANT}])
    assert rows(warehouse, RUNS) == [{**begun, "detail": None, "started_at": AN_INSTANT, "ended_at": None}]


def test_a_table_of_many_rows_arrives_whole_in_the_order_of_its_columns(warehouse: Warehouse) -> None:
    many = pa.Table.from_pylist([answer(number, f"{number}\n") for number in range(50_000)], schema=ANSWERS.arrow)
    warehouse.append(ANSWERS, many.select(list(reversed(many.column_names))))
    assert warehouse.arrow(sa.select(sql_table(ANSWERS)).order_by(sa.text("return_id"))).cast(many.schema) == many


def pieces(*texts: Sequence[str]) -> Iterator[pa.Table]:
    """Return answers in batches; each item is stored once."""
    number = 0
    for some in texts:
        table = pa.Table.from_pylist([answer(number + n, text) for n, text in enumerate(some)], schema=ANSWERS.arrow)
        number += len(some)
        item = pa.DictionaryArray.from_arrays(np.zeros(len(some), np.int8), pa.array([f"it\0em {len(some)}"]))
        yield table.set_column(table.schema.get_field_index("item"), "item", item)


def test_rows_that_come_in_pieces_arrive_whole_and_nothing_of_them_where_one_is_wrong(warehouse: Warehouse) -> None:
    def broken() -> Iterator[pa.Table]:
        yield from pieces(["lost"], ["lost too"])
        yield next(pieces(["lost as well"])).set_column(0, "return_id", pa.nulls(1, pa.string()))

    with pytest.raises((ValueError, duckdb.Error), match="return_id is null in 1 rows"), warehouse.transaction():
        warehouse.append(ANSWERS, broken())
    warehouse.append(ANSWERS, pieces(["a", "b\0"], [], ["c"]))
    warehouse.append(ANSWERS, pieces())
    assert [(row["item"], row["value_text"]) for row in rows(warehouse, ANSWERS)] == [
        ("it\ufffdem 2", "a"),
        ("it\ufffdem 2", "b\ufffd"),
        ("it\ufffdem 1", "c"),
    ]


def test_a_version_of_the_key_keeps_the_rule_that_it_began_with(warehouse: Warehouse) -> None:
    stamp = Stamp("run", AN_INSTANT, AN_INSTANT)
    keys = sql_table(PSEUDONYM_KEYS).c
    assert [hold_key(warehouse, 1, "fingerprint", rule, stamp) for rule in (1, 2)] == [1, 1]
    assert hold_key(warehouse, 2, "another", 2, stamp) == 2
    # An earlier Essaim recorded none: its rule was the first.
    warehouse.execute(sa.update(sql_table(PSEUDONYM_KEYS)).where(keys.key_version == 2).values(rule=None))
    assert hold_key(warehouse, 2, "another", 2, stamp) == 1


def test_nothing_to_add_is_nothing_done(warehouse: Warehouse) -> None:
    warehouse.append(ANSWERS, [])
    warehouse.append(ANSWERS, ANSWERS.arrow.empty_table())
    assert warehouse.arrow(sa.select(sql_table(ANSWERS))).cast(ANSWERS.arrow) == ANSWERS.arrow.empty_table()


def test_an_answer_of_one_column_keeps_its_nulls_apart_from_its_empty_texts(warehouse: Warehouse) -> None:
    warehouse.append(ANSWERS, [answer(0, None), answer(1, ""), answer(2, None)])
    column = sql_table(ANSWERS).c
    assert warehouse.arrow(sa.select(column.value_text).order_by(column.return_id)).to_pydict() == {
        "value_text": [None, "", None]
    }


def test_statements_take_values_as_they_are(warehouse: Warehouse) -> None:
    awkward = "100 % of 'it', \\ and %(x)s"
    warehouse.append(ANSWERS, [answer(0, awkward), answer(1, "other")])
    column = sql_table(ANSWERS).c
    query = sa.select(column.return_id).where(column.value_text.in_([awkward, "nowhere"]), column.item.like("%!%"))
    assert warehouse.execute(query) == [("return 00000",)]
    assert warehouse.arrow(query).to_pydict() == {"return_id": ["return 00000"]}


def test_what_a_transaction_did_not_finish_is_undone(warehouse: Warehouse) -> None:
    def fail() -> None:
        with warehouse.transaction():
            warehouse.append(ANSWERS, [answer(0, "lost")])
            warehouse.execute(sa.update(sql_table(ANSWERS)).values(item="lost"))
            _ = 1 / 0

    with pytest.raises(ZeroDivisionError):
        fail()
    with warehouse.transaction():
        warehouse.append(ANSWERS, [answer(1, "kept")])
    assert [row["value_text"] for row in rows(warehouse, ANSWERS)] == ["kept"]


def test_a_warehouse_opened_again_holds_what_it_held(paths: ProjectPaths) -> None:
    with open_warehouse(paths) as warehouse:
        warehouse.append(ANSWERS, [answer(0, "kept")])
        warehouse.checkpoint()
    with open_warehouse(paths) as warehouse:
        assert [row["value_text"] for row in rows(warehouse, ANSWERS)] == ["kept"]
        assert states_of_last_build(warehouse) == {}


def test_a_table_that_a_later_version_brings_is_made(paths: ProjectPaths) -> None:
    with open_warehouse(paths) as warehouse:
        warehouse.execute(sa.schema.DropTable(sql_table(EXPECTED_RETURNS)))
    with open_warehouse(paths) as warehouse:
        assert [len(warehouse.arrow(sa.select(sql_table(table)))) for table in TABLES] == [0] * len(TABLES)


def test_what_is_published_can_be_read_while_the_warehouse_is_open(paths: ProjectPaths) -> None:
    with open_warehouse(paths) as warehouse:
        warehouse.append(ANSWERS, [answer(3, "told")])
    publish(paths)
    query = "select value_text, count(*) as n, sum(scale) as total from raw.answers where item like '%!%' group by 1"
    with open_warehouse(paths):
        assert read(paths, query) == (["value_text", "n", "total"], [("told", 1, 3)])
    assert read(paths, "select value_text from raw.answers where false") == (["value_text"], [])


def test_an_older_server_takes_the_same_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Load texts that end a COPY: before PostgreSQL 18, a line of the data could do so."""
    with postgresql(16) as server:
        database: Database = server.database()
        monkeypatch.setenv("ESSAIM_WAREHOUSE_URL", database.url)
        given = [answer(number, text) for number, text in enumerate(TEXTS)]
        with open_warehouse(ProjectPaths(tmp_path)) as warehouse:
            warehouse.append(ANSWERS, given)
            assert rows(warehouse, ANSWERS) == given
