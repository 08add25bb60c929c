"""Attack the counts of participants: compute, from all that is shown of a measure, what is suppressed.

An attacker knows that counts are not negative, that values add up to the known persons and groups to all persons, and
which values an outcome is the sum of, and for which ones the hours are asked. Solving for the least and the greatest
possible number of persons finds what follows from the figures shown.
"""

import random
import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain, combinations
from typing import Any

import duckdb
import numpy as np
import pytest
from scipy.optimize import linprog

from schemas.settings import Environment, ProjectPaths
from tasks.transform.dbt_build import invoke_dbt, run_today
from warehouse.connection import open_warehouse

MINIMUM = 3
COUNTS = """
    create table int_participant_counts (
        innovation_code text, occasion_code text, attribute_code text, attribute_value text, measure_kind text,
        measure_code text, value text, attribute_rank bigint, attribute_value_rank bigint, value_rank bigint,
        indicator_code text, is_numeric boolean, has_answers boolean, has_outcome boolean, is_second boolean,
        n_persons bigint, n_people bigint, n_known bigint, n_known_people bigint, value_sum double,
        n_not_communicated bigint, n_not_evaluated bigint, n_unexplained bigint, n_no_return bigint,
        n_fewest_asked bigint, n_apart_people bigint,
        n_answers bigint, n_answer_people bigint
    )
"""
Cell = tuple[int, int]
"""A group of persons, and a value of the indicator; the last value is that of the persons of whom none is known."""


@dataclass(frozen=True)
class Table:
    """The persons of each group by value, the unknown ones last, and the values of which two outcomes are the sum.

    The hours are asked of those who have one of the values in `asked`, and all of them answer.
    """

    persons: list[list[int]]
    outcomes: dict[str, set[int]]
    asked: frozenset[int]

    @property
    def values(self) -> int:
        return len(self.persons[0]) - 1

    def groups(self, attribute_value: str) -> list[int]:
        return [int(attribute_value)] if attribute_value else [*range(len(self.persons))]

    def of_measure(self, measure_code: str, value: str) -> set[int]:
        return {int(value)} if measure_code == "indicator" else self.outcomes[measure_code]

    def known_of(self, measure_code: str) -> set[int]:
        return set(self.asked if measure_code == "hours" else range(self.values))

    def number(self, cells: list[Cell]) -> int:
        return sum(self.persons[group][value] for group, value in cells)


def invented(chance: random.Random) -> Table:
    n_groups, n_values, scale = chance.randint(1, 4), chance.randint(2, 5), chance.choice([3, 6, 12, 25])
    persons = [
        [*(int(chance.expovariate(1 / chance.choice([0.5, 2, scale]))) for _ in range(n_values)), chance.choice([0, 3])]
        for _ in range(n_groups)
    ]
    outcomes = {
        name: set(chance.sample(range(n_values), chance.randint(1, n_values - 1)))
        for name in chance.choice([(), ("entered_work", "in_training")])
    }
    asked = chance.sample(range(n_values), chance.randint(1, n_values - 1))
    return Table(persons, outcomes, frozenset(asked))


def counts(number: int, table: Table) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    for attribute_value in ("", *map(str, range(len(table.persons)))):
        groups = table.groups(attribute_value)
        known = table.number([(group, value) for group in groups for value in range(table.values)])
        unknown = table.number([(group, table.values) for group in groups])
        measures = [("indicator", str(value), {value}) for value in range(table.values)]
        measures += [(name, "yes", values) for name, values in table.outcomes.items()]
        for name, value, of_measure in measures:
            answers = table.number([(group, one) for group in groups for one in of_measure])
            is_indicator = name == "indicator"
            rows.append((
                "I", str(number), "sex" if attribute_value else "", attribute_value,
                "indicator" if is_indicator else "outcome", name, value, 1, 1, 1, "indicator", False, True,
                is_indicator and bool(table.outcomes), name == "in_training", known + unknown, known + unknown, known,
                known, None, unknown, 0, 0, 0, None, None, answers, answers,
            ))  # fmt: skip
        asked = table.number([(group, value) for group in groups for value in table.asked])
        rows.append((
            "I", str(number), "sex" if attribute_value else "", attribute_value, "indicator", "hours", "", 1, 1, 1,
            "hours", True, False, False, False, known + unknown, known + unknown, asked, asked, 10 * asked, 0, 0, 0, 0,
            min(asked, known - asked) if known else None, asked, None, None,
        ))  # fmt: skip
    return rows


def compiled(paths: ProjectPaths) -> str:
    """Return the SQL of the model over tables without a schema."""
    with open_warehouse(paths):
        pass
    with run_today(date(2026, 1, 1), datetime(2026, 1, 1)):
        answer: Any = invoke_dbt(paths, Environment(), "compile", "--select", "participant_results", "--no-write-json")
    (sql,) = [done.node.compiled_code for done in answer.result if done.node.resource_type == "model"]
    return re.sub(r'"[^"]+"\."\w+"\."(\w+)"', r"\1", sql)


def shown(sql: str, tables: list[Table]) -> dict[int, list[tuple[Any, ...]]]:
    found: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    with duckdb.connect() as connection:
        connection.execute(COUNTS)
        connection.execute("create table dim_innovation as select 'I' as innovation_code, 1 as rank")
        connection.execute(
            "create table dim_occasion as select cast(range as text) as occasion_code, 6 as months, 183 as offset_days "
            f"from range({len(tables)})"
        )
        connection.execute(
            "create table int_participant_conditions as select 'I' as innovation_code, occasion_code, '' as "
            "surveyed_by, 'hours' as indicator_code, 'indicator' as other_code from dim_occasion"
        )
        connection.execute(f"create table stg_programme__rules as select {MINIMUM} as minimum_participants")
        rows = [row for number, table in enumerate(tables) for row in counts(number, table)]
        connection.executemany(f"insert into int_participant_counts values ({', '.join('?' * len(rows[0]))})", rows)
        names = "occasion_code, attribute_value, measure_code, value, n_persons, n_known, n_with_value, missing_reason"
        for number, *row in connection.execute(f"select {names} from ({sql})").fetchall():
            found[int(number)].append(tuple(row))
    return found


def disclosed(table: Table, rows: list[tuple[Any, ...]]) -> list[list[Cell]]:
    """Return the sets of values of which few persons have one, or few of the known another, and that follow."""
    width = table.values + 1
    knowledge: list[tuple[list[Cell], int]] = []
    for attribute_value, measure_code, value, n_persons, n_known, n_with_value, _ in rows:
        groups = table.groups(attribute_value)
        for number, values in (
            (n_persons, range(width)),
            (n_known, table.known_of(measure_code)),
            (n_with_value, table.of_measure(measure_code, value) if n_with_value is not None else ()),
        ):
            if number is not None:
                knowledge.append(([(group, one) for group in groups for one in values], number))

    def line(cells: list[Cell]) -> np.ndarray:
        places = np.zeros(len(table.persons) * width)
        places[[group * width + value for group, value in cells]] = 1
        return places

    if not knowledge:
        return []
    lines, numbers = np.array([line(cells) for cells, _ in knowledge]), [number for _, number in knowledge]
    subsets = [*chain.from_iterable(combinations(range(table.values), size) for size in range(1, table.values))]
    follows: list[list[Cell]] = []
    for groups in [[*range(len(table.persons))], *([group] for group in range(len(table.persons)))]:
        total = table.number([(group, value) for group in groups for value in range(table.values)])
        for subset in subsets:
            cells = [(group, value) for group in groups for value in subset]
            number = table.number(cells)
            if total and (number < MINIMUM or total - number < MINIMUM):
                least, greatest = (linprog(sign * line(cells), A_eq=lines, b_eq=numbers) for sign in (1, -1))
                is_certain = least.status == greatest.status == 0 and abs(least.fun + greatest.fun) < 1e-6
                follows += [cells] if is_certain else []
    return follows


@pytest.mark.parametrize("paths", ["duckdb"], indirect=True)
def test_no_count_of_few_persons_follows_from_those_shown(paths: ProjectPaths):
    chance = random.Random(7)
    # Two of the three small groups are enough persons together.
    small_groups = Table([[1, 1, 0], [2, 0, 0], [0, 2, 0], [9, 8, 0]], {}, frozenset({0}))
    tables = [small_groups, *(invented(chance) for _ in range(60))]
    found = shown(compiled(paths), tables)
    figures = [row for rows in found.values() for row in rows]
    assert sum(row[5] is not None for row in figures) > 50
    assert sum(row[6] == "suppressed" for row in figures) > 50
    hours = [row[6] for row in figures if row[1] == "hours"]
    assert hours.count(None) > 5
    assert hours.count("suppressed") > 50
    # Nor is anything shown of a group of few persons, or of which few are known.
    for attribute_value, _, _, n_persons, n_known, n_with_value, _ in figures:
        assert not attribute_value or n_persons is None or n_persons == 0 or n_persons >= MINIMUM
        assert n_with_value is None or n_known >= MINIMUM
    assert [(table, cells) for number, table in enumerate(tables) for cells in disclosed(table, found[number])] == []
