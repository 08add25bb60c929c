"""What SQLFluff takes for dbt's `adapter`: the SQL lint has no connection, so dispatched macros become a plain name."""

from collections.abc import Callable

_NOT_EXPRESSIONS = ("not_materialized",)
"""Macros that give a keyword, on one engine, and on the others nothing."""


def dispatch(macro_name: str, macro_namespace: str | None = None) -> Callable[..., str]:  # noqa: ARG001 dbt's signature
    """Return a stand-in for the macro that dbt would dispatch to."""
    return lambda *_arguments, **_named: "" if macro_name in _NOT_EXPRESSIONS else macro_name
