"""Render a SQLAlchemy statement as SQL text that both DuckDB and PostgreSQL accept."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

_DIALECT = postgresql.dialect(paramstyle="numeric_dollar")
# SQLAlchemy sets this when it connects. In both engines, a backslash in a string literal is a plain backslash.
_DIALECT._backslash_escapes = False  # pyright: ignore[reportPrivateUsage] there is no other way


def as_text(statement: sa.Executable) -> str:
    """Return a statement as SQL text with its values as literals, for interfaces that take no parameters."""
    compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True})  # pyright: ignore[reportAttributeAccessIssue] every statement of ours has it
    return str(compiled)
