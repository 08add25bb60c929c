"""Render the SQL of a model without dbt, for properties that are tested on thousands of small warehouses."""

from datetime import date

import jinja2  # installed with dbt
from running import ROOT

PROJECT = ROOT / "dbt_project"
MACROS = ("percentage", "counted_structure")


def model_sql(layer: str, name: str, *, as_of: date, collected_on: date | None = None) -> str:
    """Return a model as SQL for DuckDB. It reads tables with the names of the models that it refers to."""
    macros = "".join((PROJECT / "macros" / f"{macro}.sql").read_text(encoding="utf-8") for macro in MACROS)
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
        collected_on=lambda: f"cast('{collected_on or as_of}' as date)",
        type_double=lambda: "double precision",
    )
