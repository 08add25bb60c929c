"""Accept a query for DuckDB only if it is one statement that reads, as DuckDB's own parser classifies it."""

from typing import TYPE_CHECKING

from schemas.errors import UsageError

if TYPE_CHECKING:
    import duckdb

_READS = frozenset({"SELECT_NODE", "SET_OPERATION_NODE", "RECURSIVE_CTE_NODE"})
"""The kinds of query that a WITH clause may contain. DuckDB also allows INSERT, UPDATE, DELETE and COPY there."""

_UNKNOWN = "UNKNOWN"

_IN_WITH = """
    select tree ->> '$.error_message', tree ->> '$..query_node.type'
    from (select json_serialize_sql($1::varchar) as tree)
"""


def parse_read(connection: "duckdb.DuckDBPyConnection", query: str) -> "duckdb.Statement":
    """Parse a query and return its only statement, which must read. No statement is run.

    DuckDB classifies DESCRIBE, SHOW and SUMMARIZE as SELECT. An EXPLAIN is accepted only if it explains a SELECT,
    because EXPLAIN ANALYZE runs the explained statement.

    Args:
        connection: A connection without access to files: DuckDB runs some pragmas while it parses.
        query: The text of the query.

    Raises:
        UsageError: The query is not exactly one statement, or the statement does not read.
        duckdb.Error: The query cannot be parsed.
    """
    statements = connection.extract_statements(query)
    if len(statements) != 1:
        raise _refused(f"{len(statements)} statements")
    (statement,) = statements
    kind, text, explaining = _kind(statement), statement.query, ""
    if kind == "EXPLAIN":
        kind, text = _explained(connection, text)
        explaining = "an EXPLAIN of "
    if kind == "MULTI":
        raise _refused(f"{explaining}several statements in one, such as a PIVOT that does not list its values with IN")
    if kind != "SELECT":
        raise _refused(f"{explaining}a statement of type {kind}")
    # Fetched whole: DuckDB takes no other statement while a result is unfinished.
    ((unknown, in_with),) = connection.execute(_IN_WITH, [text]).fetchall()
    if unknown is not None:
        raise _refused(f"a statement that DuckDB could not take apart ({unknown})")
    for node in in_with:
        if node not in _READS:
            raise _refused(f"{explaining}a statement of type {node.removesuffix('_QUERY_NODE')} in a WITH clause")
    return statement


def _explained(connection: "duckdb.DuckDBPyConnection", explain: str) -> tuple[str, str]:
    """Return the type and the text of the statement that an EXPLAIN explains.

    DuckDB does not expose the statement. It begins at the first word from which the rest parses as a statement, while
    the words before it form an EXPLAIN with any other statement.
    """
    import duckdb

    as_bytes = explain.encode()
    for offset, _ in duckdb.tokenize(explain):
        try:
            before, text = as_bytes[:offset].decode(), as_bytes[offset:].decode()
            (probe,) = connection.extract_statements(f"{before}select 1")
            (statement,) = connection.extract_statements(text)
        except (duckdb.ParserException, ValueError):
            continue
        if _kind(probe) == "EXPLAIN":
            return _kind(statement), text
    return _UNKNOWN, explain


def _kind(statement: "duckdb.Statement") -> str:
    """Return the name of a statement's type, or `UNKNOWN` for types that DuckDB's Python client cannot name."""
    try:
        return statement.type.name
    except ValueError:
        return _UNKNOWN


def _refused(found: str) -> UsageError:
    return UsageError(
        f"The query could not be run: found {found}. Expected one statement that reads: SELECT, DESCRIBE, SHOW, "
        "SUMMARIZE, or EXPLAIN of one of these. Nothing was run."
    )
