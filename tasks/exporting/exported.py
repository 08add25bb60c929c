"""What is exported: rows, what their columns mean, and the indicators in them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tasks.dictionary.views import View
from warehouse.exported import CodebookRow

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True, slots=True)
class Exported:
    """Rows, the view that says what their columns mean, and the indicators that occur in them.

    The table may have more columns than the view: reasons, where a format holds them in the variable itself.
    """

    table: "pa.Table"
    view: View
    indicators: tuple[CodebookRow, ...] = ()


@dataclass(frozen=True, slots=True)
class CodebookLine:
    """An indicator as an export tells it. Its fields are the headings."""

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
    """The indicators of a codebook that the rows of a view tell of."""
    if "indicator_code" not in table.column_names:
        return ()
    told = set(table["indicator_code"].unique().to_pylist())
    return tuple(indicator for indicator in codebook if indicator.indicator_code in told)


def label_of(indicator: CodebookRow, locale: str) -> str:
    """The label of an indicator in `fr` or `en`."""
    return indicator.label_fr if locale == "fr" else indicator.label_en


def codebook_lines(exported: Exported, locale: str) -> list[CodebookLine]:
    """The indicators in what is exported, labelled in `fr` or `en`."""
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
