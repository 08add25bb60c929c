"""Read the views to export, with the codebook, in one snapshot.

Reads the requested view, `analytics.cohort_panel`, the views of participants and `marts.dim_indicator`, published or as
of a past day.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import TYPE_CHECKING

import sqlalchemy as sa

from schemas.enums import IndicatorKind, Level
from schemas.settings import ProjectPaths
from warehouse.published import read_columns, read_together

if TYPE_CHECKING:
    import pyarrow as pa

OF_AN_ENROLMENT = ("enrolment_id", "cohort_code", "innovation_code", "structure_code", "structure_name")
OF_AN_OCCASION = ("occasion_code", "months", "phase")
OF_ANY_CELL = ("is_due", "is_left")
OF_ITS_PRESENCE = ("presence_pattern", "presence_class", "is_enrolment_balanced")
"""The columns of `cohort_panel` that describe an enrolment at an occasion. `OF_ANY_CELL` vary by indicator."""

OF_A_PERSON = ("enrolment_id", "pseudonym")
OF_A_PARTICIPANT = (
    *OF_A_PERSON, "cohort_code", "innovation_code", "occasion_code", "months", "is_seen", "was_seen_before",
    "entered_work", "entered_work_missing_reason", "in_training", "in_training_missing_reason",
    "first_in_work_occasion_code", "first_in_work_months",
)  # fmt: skip
"""The columns of `participant_outcomes` in the wide form of `participant_values`. Contracts are an indicator there."""


@dataclass(frozen=True, slots=True)
class CodebookRow:
    """An indicator: the columns of `marts.dim_indicator` that exports need."""

    indicator_code: str
    label_fr: str
    label_en: str
    level: str
    kind: str
    unit: str | None
    allowed_values: str | None
    minimum: float | None
    maximum: float | None
    over_structures: str
    is_core: bool
    publication_rank: int | None

    @property
    def is_of_structures(self) -> bool:
        """Whether the indicator describes structures, not participants."""
        return Level(self.level) is Level.STRUCTURE

    @property
    def is_numeric(self) -> bool:
        """Whether the values are numbers."""
        return IndicatorKind(self.kind).is_numeric

    @property
    def choices(self) -> tuple[str, ...]:
        """The allowed values of a choice, in the order of the codebook."""
        return tuple(self.allowed_values.split("|")) if self.allowed_values else ()


@dataclass(frozen=True, slots=True)
class AttributeRow:
    """The value of an attribute of a structure on the as-of date: a row of `analytics.structure_attributes`."""

    attribute_code: str
    label_fr: str
    label_en: str
    structure_code: str
    value: str


@dataclass(frozen=True, slots=True)
class PanelRows:
    """The panel in normalized form.

    Attributes:
        rows: One row per enrolment × occasion.
        cells: One row per enrolment × occasion × indicator with a value or a missing reason.
        indicators: The codebook.
        attributes: The values of the attributes of structures on the as-of date, by attribute.
    """

    rows: "pa.Table"
    cells: "pa.Table"
    indicators: tuple[CodebookRow, ...]
    attributes: tuple[AttributeRow, ...] = ()


@dataclass(frozen=True, slots=True)
class ParticipantRows:
    """The values of participants in normalized form.

    Attributes:
        rows: One row per enrolment × person × occasion.
        cells: One row per enrolment × person × occasion × indicator.
        attributes: One row per enrolment × person × attribute of participants, with its labels.
        indicators: The codebook.
    """

    rows: "pa.Table"
    cells: "pa.Table"
    attributes: "pa.Table"
    indicators: tuple[CodebookRow, ...]


def view_rows(
    paths: ProjectPaths, schema: str, name: str, columns: Sequence[str], grain: Sequence[str], *, as_of: date | None
) -> "tuple[pa.Table, tuple[CodebookRow, ...]]":
    """Read a view in the order of its grain, with the codebook if the view has a column `indicator_code`.

    Args:
        paths: The paths of the programme.
        schema: Schema of the view.
        name: Name of the view.
        columns: The columns to read.
        grain: The columns to sort by.
        as_of: The day as of which the views were built; None for the published data.

    Raises:
        UsageError: No data is published yet.
        DatabaseError: The published data cannot be read.
    """
    view = sa.table(name, *(sa.column(column) for column in columns), schema=schema)
    ordered = sa.select(view).order_by(*(view.c[column] for column in grain))
    if "indicator_code" not in columns:
        return read_columns(paths, ordered, as_of=as_of), ()
    rows, codebook = read_together(paths, [ordered, CODEBOOK], as_of=as_of)
    return rows, in_order(codebook)


def panel_rows(paths: ProjectPaths, *, as_of: date | None) -> PanelRows:
    """Read the panel by enrolment and occasion, its cells, and the codebook.

    Args:
        paths: The paths of the programme.
        as_of: The day as of which the views were built; None for the published data.

    Raises:
        UsageError: No data is published yet.
        DatabaseError: The published data cannot be read.
    """
    contents = ("value_number", "value_text", "missing_reason")
    names = (*OF_AN_ENROLMENT, *OF_AN_OCCASION, *OF_ANY_CELL, *OF_ITS_PRESENCE, "indicator_code", *contents)
    panel = sa.table("cohort_panel", *(sa.column(name) for name in names), schema="analytics")
    constant = [panel.c[name] for name in (*OF_AN_ENROLMENT, *OF_AN_OCCASION, *OF_ITS_PRESENCE)]
    occasions = sa.table("dim_occasion", sa.column("occasion_code"), sa.column("offset_days"), schema="marts")
    rows = (
        sa.select(*constant, *(sa.func.bool_or(panel.c[name]).label(name) for name in OF_ANY_CELL))
        .join(occasions, panel.c.occasion_code == occasions.c.occasion_code)
        .group_by(*constant, occasions.c.offset_days)
        .order_by(panel.c.enrolment_id, occasions.c.offset_days, panel.c.occasion_code)
    )
    named = [panel.c[name] for name in ("enrolment_id", "occasion_code", "indicator_code", *contents)]
    cells = sa.select(*named).where(sa.or_(*(panel.c[name].is_not(None) for name in contents)))
    names = [field.name for field in fields(AttributeRow)]
    declared = sa.table(
        "structure_attributes", *(sa.column(name) for name in (*names, "is_current")), schema="analytics"
    )
    attributes = sa.select(*(declared.c[name] for name in names)).where(declared.c.is_current)
    tables = read_together(paths, [rows, cells, attributes, CODEBOOK], as_of=as_of)
    panel_table, cell_table, attribute_table, codebook = tables
    values = [AttributeRow(**row) for row in attribute_table.to_pylist()]
    values.sort(key=lambda row: (row.attribute_code, row.structure_code))
    return PanelRows(panel_table, cell_table, in_order(codebook), tuple(values))


def participant_rows(paths: ProjectPaths, *, as_of: date | None) -> ParticipantRows:
    """Read the outcomes of participants by enrolment, person and occasion, their values and attributes.

    Args:
        paths: The paths of the programme.
        as_of: The day as of which the views were built; None for the published data.

    Raises:
        UsageError: No data is published yet.
        DatabaseError: The published data cannot be read.
    """

    def view(name: str, *columns: str) -> sa.TableClause:
        return sa.table(name, *(sa.column(column) for column in columns), schema="analytics")

    outcomes = view("participant_outcomes", *OF_A_PARTICIPANT)
    rows = sa.select(outcomes).order_by(outcomes.c.enrolment_id, outcomes.c.pseudonym, outcomes.c.months)
    contents = ("indicator_code", "value_number", "value_text", "missing_reason")
    cells = sa.select(view("participant_values", *OF_A_PERSON, "occasion_code", *contents))
    labels = ("attribute_code", "label_fr", "label_en", "value")
    attributes = sa.select(view("participant_attributes", *OF_A_PERSON, *labels))
    row_table, cell_table, attribute_table, codebook = read_together(
        paths, [rows, cells, attributes, CODEBOOK], as_of=as_of
    )
    return ParticipantRows(row_table, cell_table, attribute_table, in_order(codebook))


CODEBOOK = sa.select(
    sa.table("dim_indicator", *(sa.column(field.name) for field in fields(CodebookRow)), schema="marts")
)
"""Select the codebook; `in_order` makes its rows."""


def in_order(codebook: "pa.Table") -> tuple[CodebookRow, ...]:
    """Sort published indicators first, by publication rank, then the others by code.

    Python sorts them, because the engines' collations differ.
    """
    rows = [CodebookRow(**row) for row in codebook.to_pylist()]
    last = float("inf")
    return tuple(
        sorted(rows, key=lambda x: (last if x.publication_rank is None else x.publication_rank, x.indicator_code))
    )
