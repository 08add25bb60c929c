"""What analysts may do in a warehouse in a database: read `analytics` and `marts`, and nothing else."""

from psycopg import sql

from schemas.errors import UsageError
from warehouse.address import Address
from warehouse.database import connect, told

READABLE = ("analytics", "marts")


def let_read(address: Address, role: str) -> None:
    """Let a role read what analysts read, now and after each build. To be called when the views are built.

    The views themselves read with the rights of their owner, so that the role needs none on the tables below them.

    Raises:
        UsageError: there is no such role.
        EssaimError: the database refuses.
    """
    with connect(address) as connection, told(address), connection.transaction():
        if not connection.execute("select 1 from pg_catalog.pg_roles where rolname = %s", [role]).fetchone():
            raise UsageError(
                f"The database {address} has no role {role!r}, which ESSAIM_ANALYST_ROLE names. "
                "Have it made there (create role … nologin) and grant it to the analysts, or unset the variable."
            )
        for schema in READABLE:
            names = {"schema": sql.Identifier(schema), "role": sql.Identifier(role)}
            for statement in (
                "grant usage on schema {schema} to {role}",
                "grant select on all tables in schema {schema} to {role}",
                # A build puts new tables in the place of the earlier ones.
                "alter default privileges in schema {schema} grant select on tables to {role}",
            ):
                connection.execute(sql.SQL(statement).format(**names))
