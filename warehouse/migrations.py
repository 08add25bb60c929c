"""Upgrade the tables of `ops` and `raw` of an earlier Essaim in place, in numbered steps (docs/decisions/0015).

Reads and writes `ops.schema_versions`, and changes the definition of every table of `ops` and `raw`. If you change a
table in `schemas/tables.py`, add a step with the statements that change existing tables; a test compares the shape of
the last step with the declared tables. A new table needs a step without statements: missing tables are created. dbt
rebuilds all other schemas in each build.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import SetColumnComment, SetTableComment

from schemas.errors import DatabaseError
from schemas.tables import TABLES, Column, Kind, Table, sql_table
from warehouse.sql import as_text

# Parameters as $1, not %s: otherwise the compiler would double each percent sign of a comment.
_DIALECT = postgresql.dialect(paramstyle="numeric_dollar")

RunSql = Callable[[str], list[tuple[object, ...]]]
"""A function that runs one statement and returns its rows."""

SCHEMA_VERSIONS = Table(
    "ops",
    "schema_versions",
    "One row per applied migration step.",
    (
        Column("version", Kind.WHOLE, "Number of the step: the version of the tables after it."),
        Column("why", Kind.TEXT, "Purpose of the step."),
        Column("applied_at", Kind.INSTANT, "When the step was applied, UTC."),
    ),
    ("version",),
)


@dataclass(frozen=True, slots=True)
class Step:
    """A migration step from one version of the tables to the next.

    Attributes:
        version: The version of the tables after the step.
        why: Purpose of the step.
        shape: Checksum (`shape_of`) of all tables after the step.
        statements: SQL that both engines accept. All statements of an upgrade run in one transaction.
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
    Step(
        6,
        "questions that a respondent was not shown",
        "d7523a73d7cb4e70",
        (
            'alter table raw.answers add column missing_reason text collate "C"',
            # A warehouse of version 1 has no such table; it is created afterwards.
            'alter table if exists raw.row_answers add column missing_reason text collate "C"',
        ),
    ),
    Step(7, "amendments of the plan", "0c7763dac3eaa381"),
    Step(
        8,
        "ceilings of indicators, and whether they are cumulative",
        "057b65446d551ab2",
        (
            "alter table raw.programme_indicators add column ceiling double precision",
            "alter table raw.programme_indicators add column is_cumulative boolean",
        ),
    ),
    Step(
        9,
        "files and pages that are sent again",
        "41df6c3d0780befe",
        (
            "alter table ops.receipts add column sending bigint default 1",
            "alter table ops.receipts alter column sending set not null",
            "alter table ops.receipts alter column sending drop default",
        ),
    ),
    Step(
        10,
        "who can resolve a finding; participants who count as completed without a response",
        "69cf6ef673ce019b",
        ('alter table raw.findings add column resolved_by text collate "C"',),
    ),
    Step(
        11,
        "participants who answered another occasion of their survey",
        "59855c8a3bfb0747",
        # A warehouse of version 9 has no such table; it is created afterwards.
        ("alter table if exists raw.completed_participants add column is_used_up boolean",),
    ),
    Step(
        12,
        "expected returns that are due after their structure left",
        "c7c11af5cb83ce2b",
        ("alter table raw.expected_returns add column is_after_leaving boolean",),
    ),
    Step(
        13,
        "the days on which a survey can be answered",
        "990eb38937f98120",
        (
            "alter table raw.source_checks add column open_from_on date",
            "alter table raw.source_checks add column open_until_on date",
        ),
    ),
    Step(
        14,
        "the rule that folds the spellings of a name, beside the key",
        "a819922631978055",
        # A warehouse of version 1 has no such table; it is created afterwards.
        ("alter table if exists ops.pseudonym_keys add column rule bigint",),
    ),
    Step(15, "pseudonyms that essaim relink gave to rows", "5f13c28d7a118a25"),
    Step(16, "responses that are set aside because their structure had left", "12c3dc48811ece8f"),
    Step(
        17,
        "the identifiers by which people are linked, beside the key",
        "8535e529925b9d6b",
        ("alter table if exists ops.pseudonym_keys add column identifiers text",),
    ),
    Step(
        18,
        "structures that change; occasions in days; anchors and followers of enrolments; corrections of answers",
        "cd911bb2e6170d68",
        (
            'alter table raw.programme_enrolments add column former_codes text collate "C"',
            "alter table raw.programme_occasions add column days bigint",
            "alter table raw.programme_enrolments add column anchor_on date",
            "alter table raw.programme_follows add column place bigint default 1",
            "alter table raw.programme_follows alter column place set not null",
            "alter table raw.programme_follows alter column place drop default",
            'alter table raw.programme_follows add column enrolment_id text collate "C"',
            "alter table raw.programme_follows add column from_on date",
            "alter table raw.programme_follows add column to_on date",
            'alter table raw.programme_follows add column replaces_code text collate "C"',
        ),
    ),
    Step(
        19,
        "attributes; factors; nothing to report; accumulating and derived indicators; findings of surveillance",
        "ba719ffa56e87e98",
        (
            "alter table raw.programme_crosswalk add column factor double precision",
            "alter table raw.programme_indicators add column accumulates boolean",
            'alter table raw.programme_indicators add column formula text collate "C"',
            "alter table raw.programme_indicators add column zero_if_nothing boolean",
            'alter table raw.decisions add column found text collate "C"',
        ),
    ),
    Step(
        20,
        "targets of cohorts; attributes and age bands of participants, and their threshold of disclosure",
        "04b6f176c8281db9",
        (
            "alter table if exists raw.programme_table_columns add column identifies_people boolean",
            "alter table if exists raw.programme_rules add column minimum_participants bigint",
        ),
    ),
    Step(
        21,
        "the conditions under which tables and surveys ask a question; the way by which a return came",
        "a0689a68327e9b8b",
        (
            'alter table raw.returns add column channel text collate "C"',
            'alter table raw.returns add column sent_by text collate "C"',
        ),
    ),
    Step(22, "the evaluators and their names", "7c733011991bb511"),
)
CURRENT = STEPS[-1].version


def shape_of(tables: Iterable[Table]) -> str:
    """Return a short checksum of the columns of tables: their names, kinds and nullability."""
    columns = [f"{table.full_name}.{c.name} {c.kind} {c.is_nullable}" for table in tables for c in table.columns]
    return hashlib.sha256("\n".join(columns).encode()).hexdigest()[:16]


def is_up_to_date(run: RunSql, existing: frozenset[str]) -> bool:
    """Return whether a warehouse has all tables of this version of Essaim.

    Args:
        run: Runs one statement and returns its rows.
        existing: Names, with their schema, of the existing tables.

    Raises:
        DatabaseError: A later version of Essaim upgraded the tables.
    """
    version = _version(run, existing)
    if version > CURRENT:
        raise DatabaseError(
            f"The warehouse has version {version} of its tables; this Essaim expected at most {CURRENT}. A later "
            "Essaim has upgraded it. Install that version again, or restore the warehouse from a backup."
        )
    return version == CURRENT and all(table.full_name in existing for table in TABLES)


def bring_up_to_date(run: RunSql, existing: frozenset[str], create: Callable[[Table], str]) -> None:
    """Apply the missing steps, create the missing tables and comment all tables. Call it in a transaction.

    A description that is reworded without a step reaches an existing warehouse with the next step.

    Args:
        run: Runs one statement and returns its rows.
        existing: Names, with their schema, of the existing tables.
        create: Returns the engine's statement that creates a table.
    """
    version = _version(run, existing)
    for schema in dict.fromkeys(table.schema for table in TABLES):
        run(f"create schema if not exists {schema}")
    if SCHEMA_VERSIONS.full_name not in existing:
        run(create(SCHEMA_VERSIONS))
    for step in STEPS[version:]:
        if version:
            for statement in step.statements:
                run(statement)
        applied = {"version": step.version, "why": step.why, "applied_at": datetime.now(UTC).replace(tzinfo=None)}
        run(as_text(sa.insert(sql_table(SCHEMA_VERSIONS)).values(applied)))
    for table in TABLES:
        if table.full_name not in existing:
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


def _version(run: RunSql, existing: frozenset[str]) -> int:
    """Return the version of the tables, 0 if none exist."""
    if SCHEMA_VERSIONS.full_name in existing:
        return int(str(run("select max(version) from ops.schema_versions")[0][0]))
    return 1 if any(table.full_name in existing for table in TABLES) else 0
