"""The SQL of a model without dbt: for properties that must hold of thousands of little warehouses."""

from datetime import date

import jinja2  # dbt brings it
from running import ROOT

PROJECT = ROOT / "dbt_project"


def model_sql(layer: str, name: str, *, as_of: date) -> str:
    """A model as SQL for DuckDB, over tables that are named like the models that it reads."""
    macros = "".join((PROJECT / "macros" / f"{macro}.sql").read_text(encoding="utf-8") for macro in ("percentage",))
    body = (PROJECT / "models" / layer / f"{name}.sql").read_text(encoding="utf-8")

    def name_of(model: str) -> str:
        return model

    def ignored(**_: object) -> str:
        return ""

    template = jinja2.Environment(autoescape=False).from_string(macros + body)
    return template.render(
        ref=name_of,
        config=ignored,
        as_of=lambda: f"cast('{as_of}' as date)",
        type_double=lambda: "double precision",
    )
