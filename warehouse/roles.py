"""Who may do what in a warehouse in a database: the user that loads, the role that builds, the role that reads.

The user that `ESSAIM_WAREHOUSE_URL` names loads: `ops` and `raw` are its own. The role of `ESSAIM_TRANSFORMER_ROLE`
builds: it reads `raw`, and all that dbt makes is its own; without one, the user builds too. The role of
`ESSAIM_ANALYST_ROLE` reads `analytics` and `marts`, and nothing else.
"""

from typing import LiteralString

from psycopg import errors, sql

from schemas.errors import UsageError
from schemas.settings import Environment
from warehouse.address import Address
from warehouse.database import Connection, connect, told

READABLE = ("analytics", "marts")
BUILT = ("staging", "intermediate", *READABLE)
"""The schemas that dbt fills."""


def refuse_unusable_roles(address: Address) -> None:
    """Refuse at once what a build or the publication after it would trip over.

    Raises:
        UsageError: a role that the environment names is not there, or the user may not become the transformer.
        EssaimError: the database cannot be reached.
    """
    environment = Environment()
    if not environment.transformer_role and not environment.analyst_role:
        return
    with connect(address) as connection, told(address):
        for role, setting, whose in (
            (environment.transformer_role, "ESSAIM_TRANSFORMER_ROLE", "the user that ESSAIM_WAREHOUSE_URL names"),
            (environment.analyst_role, "ESSAIM_ANALYST_ROLE", "the analysts"),
        ):
            if role is not None and not _is_there(connection, role):
                raise UsageError(
                    f"The database {address} has no role {role!r}, which {setting} names. "
                    f"Have it made there (create role … nologin) and grant it to {whose}, or unset the variable."
                )
        if environment.transformer_role is not None:
            try:
                with connection.transaction():
                    _become(connection, environment.transformer_role)
            except errors.InsufficientPrivilege:
                raise UsageError(
                    "The user that ESSAIM_WAREHOUSE_URL names may not become the role "
                    f"{environment.transformer_role!r} in the database {address}, which ESSAIM_TRANSFORMER_ROLE "
                    "names. Expected a member of it. Have the role granted to the user there, or unset the variable."
                ) from None


def let_build(address: Address, role: str | None) -> None:
    """Let a role (without one, the user) build: it reads `raw` and owns what dbt makes, which the user reads.

    What was built before by the other one is handed over, so that a programme can begin to use a role, or cease to. The
    planner and the indexes of blocks are told of what was loaded: the server would do so by itself some time later,
    and until then take all that it has not seen yet for what is asked for.

    Raises:
        EssaimError: the database refuses.
    """
    with connect(address) as connection, told(address), connection.transaction():
        builder = role or address.user
        for (table,) in connection.execute("select tablename from pg_catalog.pg_tables where schemaname = 'raw'"):
            connection.execute(sql.SQL("analyze raw.{}").format(sql.Identifier(table)))
        connection.execute(_SUMMARIZED)
        for schema in BUILT:
            _hand_over(connection, schema, builder)
        if builder == address.user:
            return
        for statement in ("grant usage on schema raw to {role}", "grant select on all tables in schema raw to {role}"):
            connection.execute(sql.SQL(statement).format(role=sql.Identifier(builder)))
        _become(connection, builder)
        _grant_reading(connection, BUILT, address.user)


def let_read(address: Address, role: str, builder: str | None) -> None:
    """Let a role read what analysts read, now and after each build. To be called when the views are built.

    The views themselves read with the rights of their owner, so that the role needs none on the tables below them.

    Raises:
        EssaimError: the database refuses.
    """
    with connect(address) as connection, told(address), connection.transaction():
        if builder is not None:
            _become(connection, builder)
        _grant_reading(connection, READABLE, role)


def as_identifier(role: str) -> str:
    """A role's name as SQL takes it."""
    return sql.Identifier(role).as_string()


def _is_there(connection: Connection, role: str) -> bool:
    found = connection.execute("select 1 from pg_catalog.pg_roles where rolname = %s", [role])
    return found.fetchone() is not None


def _become(connection: Connection, role: str) -> None:
    """Act as a role until the transaction ends."""
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
    # It takes views too.
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
            # A build puts new tables in the place of the earlier ones.
            "alter default privileges in schema {schema} grant select on tables to {role}",
        ):
            connection.execute(sql.SQL(statement).format(**names))
