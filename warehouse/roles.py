"""Manage who may do what in a PostgreSQL warehouse: the user that loads, the role that builds, the role that reads.

The user of `ESSAIM_WAREHOUSE_URL` loads and owns `ops` and `raw`. The role `ESSAIM_TRANSFORMER_ROLE` builds: it reads
`raw` and owns the schemas that dbt fills; without it, the user builds. The role `ESSAIM_ANALYST_ROLE` can only read
`analytics` and `marts`. Changes privileges, owners and statistics; reads and writes no rows.
"""

from typing import LiteralString

from psycopg import errors, sql

from schemas.errors import UsageError
from schemas.settings import Environment
from warehouse.address import Address
from warehouse.database import Connection, connect, explain_errors

READABLE = ("analytics", "marts")
BUILT = ("staging", "intermediate", *READABLE)
"""The schemas that dbt fills."""


def refuse_unusable_roles(address: Address) -> None:
    """Fail at once if a build or its publication would fail because of a role.

    Raises:
        UsageError: A configured role does not exist, or the user is not a member of the transformer's role.
        DatabaseError: The database cannot be reached.
    """
    environment = Environment()
    if not environment.transformer_role and not environment.analyst_role:
        return
    with connect(address) as connection, explain_errors(address):
        for role, setting, whose in (
            (environment.transformer_role, "ESSAIM_TRANSFORMER_ROLE", "the user that ESSAIM_WAREHOUSE_URL names"),
            (environment.analyst_role, "ESSAIM_ANALYST_ROLE", "the analysts"),
        ):
            if role is not None and not _exists(connection, role):
                raise UsageError(
                    f"The database {address} has no role {role!r}, which {setting} names. "
                    f"Create it there (create role … nologin) and grant it to {whose}, or unset the variable."
                )
        if environment.transformer_role is not None:
            try:
                with connection.transaction():
                    _become(connection, environment.transformer_role)
            except errors.InsufficientPrivilege:
                raise UsageError(
                    "The user that ESSAIM_WAREHOUSE_URL names may not become the role "
                    f"{environment.transformer_role!r} in the database {address}, which ESSAIM_TRANSFORMER_ROLE "
                    "names. Expected a member of that role. Grant it to the user there, or unset the variable."
                ) from None


def let_build(address: Address, role: str | None) -> None:
    """Prepare a build: hand over what dbt fills to the builder, and bring the statistics of the loaded rows up to date.

    Autovacuum would update statistics and BRIN indexes only later, and until then every scan would include the blocks
    that the indexes do not summarize.

    Args:
        address: The database.
        role: The role that builds; None for the user of the address.

    Raises:
        UsageError: The server refuses the connection.
        DatabaseError: The server refuses a statement.
    """
    with connect(address) as connection, explain_errors(address), connection.transaction():
        for (table,) in connection.execute("select tablename from pg_catalog.pg_tables where schemaname = 'raw'"):
            connection.execute(sql.SQL("analyze raw.{}").format(sql.Identifier(table)))
        connection.execute(_SUMMARIZED)
    hand_over(address, role)


def hand_over(address: Address, role: str | None) -> None:
    """Grant the builder the right to read `raw`, and make it the owner of the schemas that dbt fills.

    Objects that another role built before change their owner, so that a programme can start or stop using a
    transformer's role.

    Args:
        address: The database.
        role: The role that builds; None for the user of the address.

    Raises:
        UsageError: The server refuses the connection.
        DatabaseError: The server refuses a statement.
    """
    with connect(address) as connection, explain_errors(address), connection.transaction():
        builder = role or address.user
        for schema in BUILT:
            _hand_over(connection, schema, builder)
        if builder == address.user:
            return
        for statement in ("grant usage on schema raw to {role}", "grant select on all tables in schema raw to {role}"):
            connection.execute(sql.SQL(statement).format(role=sql.Identifier(builder)))
        _become(connection, builder)
        _grant_reading(connection, BUILT, address.user)


def let_read(address: Address, role: str, builder: str | None) -> None:
    """Grant a role the right to read the published schemas. Call it when the views are built.

    The views run with the rights of their owner, so the role needs no rights on the tables below them.

    Args:
        address: The database.
        role: The role that reads.
        builder: The role that built the views; None for the user of the address.

    Raises:
        UsageError: The server refuses the connection.
        DatabaseError: The server refuses a statement.
    """
    with connect(address) as connection, explain_errors(address), connection.transaction():
        if builder is not None:
            _become(connection, builder)
        _grant_reading(connection, READABLE, role)


def as_identifier(role: str) -> str:
    """Return a role's name as an SQL identifier."""
    return sql.Identifier(role).as_string()


def _exists(connection: Connection, role: str) -> bool:
    answer = connection.execute("select 1 from pg_catalog.pg_roles where rolname = %s", [role])
    return answer.fetchone() is not None


def _become(connection: Connection, role: str) -> None:
    """Switch to a role until the end of the transaction."""
    connection.execute(sql.SQL("set local role {}").format(sql.Identifier(role)))


_SUMMARIZED = """
    select pg_catalog.brin_summarize_new_values(indexes.oid)
    from pg_catalog.pg_class as indexes
    join pg_catalog.pg_namespace on indexes.relnamespace = pg_namespace.oid
    join pg_catalog.pg_am on indexes.relam = pg_am.oid
    where nspname = 'raw' and amname = 'brin'
"""

_OWNERS = """
    select 'schema', null, pg_catalog.pg_get_userbyid(nspowner) from pg_catalog.pg_namespace where nspname = %(schema)s
    union all
    select 'table', relname, pg_catalog.pg_get_userbyid(relowner)
    from pg_catalog.pg_class join pg_catalog.pg_namespace on pg_class.relnamespace = pg_namespace.oid
    where nspname = %(schema)s and relkind in ('r', 'p', 'v', 'm')
    union all
    select 'routine', proname, pg_catalog.pg_get_userbyid(proowner)
    from pg_catalog.pg_proc join pg_catalog.pg_namespace on pg_proc.pronamespace = pg_namespace.oid
    where nspname = %(schema)s
"""
_CHANGES: dict[str, LiteralString] = {
    "schema": "alter schema {schema} owner to {builder}",
    # ALTER TABLE also changes the owner of a view.
    "table": "alter table {schema}.{name} owner to {builder}",
    "routine": "alter routine {schema}.{name} owner to {builder}",
}


def _hand_over(connection: Connection, schema: str, builder: str) -> None:
    names = {"schema": sql.Identifier(schema), "builder": sql.Identifier(builder)}
    owners = connection.execute(_OWNERS.encode(), {"schema": schema}).fetchall()
    if not owners:
        connection.execute(sql.SQL("create schema {schema} authorization {builder}").format(**names))
    for kind, name, owner in owners:
        if owner != builder:
            connection.execute(sql.SQL(_CHANGES[kind]).format(name=sql.Identifier(name or ""), **names))


def _grant_reading(connection: Connection, schemas: tuple[str, ...], role: str) -> None:
    for schema in schemas:
        names = {"schema": sql.Identifier(schema), "role": sql.Identifier(role)}
        for statement in (
            "grant usage on schema {schema} to {role}",
            "grant select on all tables in schema {schema} to {role}",
            # A build replaces tables, which loses the privileges on them.
            "alter default privileges in schema {schema} grant select on tables to {role}",
        ):
            connection.execute(sql.SQL(statement).format(**names))
