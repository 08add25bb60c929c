"""Define the input of the export writers: rows, the view that describes them, and their codebook."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasks.dictionary.views import View
from warehouse.exported import CodebookRow

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Exported:
    """Rows to export, with their description.

    Attributes:
        table: The rows. SPSS and Stata exports hold reason columns here that `view` does not list, because these
            formats store a missing reason in the variable itself.
        view: The description of the columns.
        indicators: The codebook rows of the indicators that occur in `table`.
    """

    table: "pa.Table"
    view: View
    indicators: tuple[CodebookRow, ...] = ()


@dataclass(frozen=True, slots=True)
class CodebookLine:
    """Describe one indicator in the codebook of an export; the field names are the column headings."""

    indicator_code: str
    label: str
    level: str
    kind: str
    unit: str | None
    allowed_values: str | None
    minimum: float | None
    maximum: float | None
    over_structures: str
    is_core: bool


def occurring(table: "pa.Table", codebook: tuple[CodebookRow, ...]) -> tuple[CodebookRow, ...]:
    """Return the codebook rows whose indicator occurs in the table; none if the table has no `indicator_code`."""
    if "indicator_code" not in table.column_names:
        return ()
    codes = set(table["indicator_code"].unique().to_pylist())
    return tuple(indicator for indicator in codebook if indicator.indicator_code in codes)


def label_of(indicator: CodebookRow, locale: str) -> str:
    """Return the label of an indicator in `fr` or `en`."""
    return indicator.label_fr if locale == "fr" else indicator.label_en


def codebook_lines(exported: Exported, locale: str) -> list[CodebookLine]:
    """Return the codebook of an export, with labels in `fr` or `en`."""
    return [
        CodebookLine(
            indicator_code=indicator.indicator_code,
            label=label_of(indicator, locale),
            level=indicator.level,
            kind=indicator.kind,
            unit=indicator.unit,
            allowed_values=indicator.allowed_values,
            minimum=indicator.minimum,
            maximum=indicator.maximum,
            over_structures=indicator.over_structures,
            is_core=indicator.is_core,
        )
        for indicator in exported.indicators
    ]
