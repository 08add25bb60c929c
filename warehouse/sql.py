"""Render a SQLAlchemy statement as SQL text that DuckDB and PostgreSQL both read."""

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

_DIALECT = postgresql.dialect(paramstyle="numeric_dollar")
# As SQLAlchemy sets it where it connects itself: in both engines a backslash in a text is a backslash.
_DIALECT._backslash_escapes = False  # pyright: ignore[reportPrivateUsage] there is no other way


def as_text(statement: sa.Executable) -> str:
    """A statement as SQL text, its values written into it: for where only text is taken."""
    compiled = statement.compile(dialect=_DIALECT, compile_kwargs={"literal_binds": True})  # pyright: ignore[reportAttributeAccessIssue] every statement of ours has it
    return str(compiled)
