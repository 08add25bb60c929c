"""Brings the tables of `ops` and `raw` of an earlier Essaim up to date, in place, in numbered steps.

Tables that are new need no statement: they are made. Whoever changes a table in `schemas/tables.py` adds a step, with
the statements that make the earlier tables like it; a test holds the last step's shape against the declared tables.
dbt makes all other schemas anew at each build.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import SetColumnComment, SetTableComment

from schemas.errors import EssaimError
from schemas.tables import TABLES, Column, Kind, Table, sql_table
from warehouse.sql import as_text

# Without percent signs for parameters, so that those of a comment are not doubled.
_DIALECT = postgresql.dialect(paramstyle="numeric_dollar")

RunSql = Callable[[str], list[tuple[object, ...]]]
"""Runs one statement; the rows of its answer."""

SCHEMA_VERSIONS = Table(
    "ops",
    "schema_versions",
    "One step that was taken: the version of the tables that it led to.",
    (
        Column("version", Kind.WHOLE, "Number of the step."),
        Column("why", Kind.TEXT, "What the step is for."),
        Column("applied_at", Kind.INSTANT, "UTC."),
    ),
    ("version",),
)


@dataclass(frozen=True, slots=True)
class Step:
    """From one version of the tables to the next. `shape` is that of all tables after it.

    Statements are SQL that every engine reads; they run in one transaction with everything else of the upgrade.
    """

    version: int
    why: str
    shape: str
    statements: tuple[str, ...] = ()


STEPS = (
    Step(1, "the first tables; a warehouse without this ledger has them", "81d5b7ce5f65a0fb"),
    Step(2, "results, limits and published figures of the programme; rows of workbooks", "fb0bd51821195081"),
    Step(
        3,
        "outcomes of participants; breaks in series",
        "c565707f15042380",
        ('alter table raw.programme_crosswalk add column break_reason text collate "C"',),
    ),
    Step(4, "on PostgreSQL, indexes of what each load brought", "c565707f15042380"),
    Step(5, "comments on tables and columns", "c565707f15042380"),
)
CURRENT = STEPS[-1].version


def shape_of(tables: Iterable[Table]) -> str:
    """A short checksum of the columns of tables: names, what they hold, and whether they may be null."""
    columns = [f"{table.full_name}.{c.name} {c.kind} {c.is_nullable}" for table in tables for c in table.columns]
    return hashlib.sha256("\n".join(columns).encode()).hexdigest()[:16]


def is_up_to_date(run: RunSql, there: frozenset[str]) -> bool:
    """Whether a warehouse, of which the tables that are `there` are known, has all tables of this Essaim.

    Raises:
        EssaimError: a later Essaim made them.
    """
    version = _version(run, there)
    if version > CURRENT:
        raise EssaimError(
            f"The warehouse has version {version} of its tables, and this Essaim knows {CURRENT}. A later one has "
            "upgraded it. Install that one again, or restore the warehouse from a backup."
        )
    return version == CURRENT and all(table.full_name in there for table in TABLES)


def bring_up_to_date(run: RunSql, there: frozenset[str], create: Callable[[Table], str]) -> None:
    """Take the missing steps, create the missing tables and comment all of them. RunSql it in a transaction.

    A description that is reworded without a step reaches an existing warehouse with the next step.

    Args:
        run: Runs one statement.
        there: The names of the tables that exist.
        create: Returns the engine's statement that creates a table.
    """
    version = _version(run, there)
    for schema in dict.fromkeys(table.schema for table in TABLES):
        run(f"create schema if not exists {schema}")
    if SCHEMA_VERSIONS.full_name not in there:
        run(create(SCHEMA_VERSIONS))
    for step in STEPS[version:]:
        if version:
            for statement in step.statements:
                run(statement)
        taken = {"version": step.version, "why": step.why, "applied_at": datetime.now(UTC).replace(tzinfo=None)}
        run(as_text(sa.insert(sql_table(SCHEMA_VERSIONS)).values(taken)))
    for table in TABLES:
        if table.full_name not in there:
            run(create(table))
    for table in (SCHEMA_VERSIONS, *TABLES):
        for statement in comments_on(table):
            run(statement)


def comments_on(table: Table) -> Iterator[str]:
    """Yield the statements that comment a table and its columns, in SQL that both engines read."""
    declared = sql_table(table)
    yield str(SetTableComment(declared).compile(dialect=_DIALECT))
    for column in declared.columns:
        yield str(SetColumnComment(column).compile(dialect=_DIALECT))


def _version(run: RunSql, there: frozenset[str]) -> int:
    """The version of the tables: 0 where there are none."""
    if SCHEMA_VERSIONS.full_name in there:
        return int(str(run("select max(version) from ops.schema_versions")[0][0]))
    return 1 if any(table.full_name in there for table in TABLES) else 0
