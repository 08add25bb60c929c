"""SPSS and Stata: labelled variables, codes with their labels, and the reasons why a value is missing.

A number that is missing for a known reason is a user-missing value in SPSS and a tagged one (.a, .b …) in Stata, with
the reason as its label; one that is missing for none (nothing is due yet) is system-missing.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from schemas.errors import UsageError
from schemas.states import MissingReason
from tasks.dictionary import View, ViewColumn
from tasks.language import language

if TYPE_CHECKING:
    import pyarrow as pa

REASON_COLUMNS = {
    "value_number": "missing_reason",
    "value": "missing_reason",
    "printed_value": "printed_missing_reason",
    "held_value": "held_missing_reason",
    "entered_work": "entered_work_missing_reason",
    "in_training": "in_training_missing_reason",
}
"""The number, or yes or no, that is missing, and the column beside it that says why."""

_TAGS = dict(zip(MissingReason, "abcdef", strict=True))
_LONGEST = {".sav": 32_767, ".dta": 2_045}
_LONGEST_LABEL = {".sav": 255, ".dta": 80}


@dataclass(slots=True)
class _Variables:
    """What a file of either kind holds: the data, a label for each variable, and labels of values by variable."""

    data: dict[str, Any] = field(default_factory=dict[str, Any])
    labels: dict[str, str | None] = field(default_factory=dict[str, str | None])
    value_labels: dict[str, dict[Any, str]] = field(default_factory=dict[str, dict[Any, str]])


def write_sav(table: "pa.Table", view: View, locale: str, path: Path) -> None:
    """SPSS. Reasons are codes below every value of the variable, declared as a range of missing values.

    Raises:
        UsageError: a text is longer than the format holds.
    """
    import pyreadstat

    variables = _variables(table, view, locale, path.suffix)
    ranges: dict[str, Any] = {}
    for number, reasons in _with_reasons(table):
        lowest = _below(table[number])
        codes = {reason: lowest + place for place, reason in enumerate(MissingReason)}
        values = variables.data[number]
        variables.data[number] = [
            codes[MissingReason(reason)] if value is None and reason is not None else value
            for value, reason in zip(values, reasons, strict=True)
        ]
        reasons_in_words = {float(codes[r]): words for r, words in _reasons_in_words(locale).items()}
        variables.value_labels[number] = variables.value_labels.get(number, {}) | reasons_in_words
        ranges[number] = [{"lo": float(lowest), "hi": float(max(codes.values()))}]
    pyreadstat.write_sav(
        _frame(variables, table),
        path,
        file_label=view.name,
        column_labels=variables.labels,
        variable_value_labels=variables.value_labels,
        missing_ranges=ranges,
    )


def write_dta(table: "pa.Table", view: View, locale: str, path: Path) -> None:
    """Stata 14 and later. Reasons are tagged missing values.

    Raises:
        UsageError: a text is longer than the format holds.
    """
    import pyreadstat

    variables = _variables(table, view, locale, path.suffix)
    tagged: dict[str, list[str]] = {}
    for number, reasons in _with_reasons(table):
        values = variables.data[number]
        variables.data[number] = [
            _TAGS[MissingReason(reason)] if value is None and reason is not None else value
            for value, reason in zip(values, reasons, strict=True)
        ]
        words = _reasons_in_words(locale)
        used = {
            MissingReason(reason) for value, reason in zip(values, reasons, strict=True) if value is None and reason
        }
        if used:
            tagged[number] = sorted(_TAGS[reason] for reason in used)
            tags = {_TAGS[reason]: words[reason] for reason in used}
            variables.value_labels[number] = variables.value_labels.get(number, {}) | tags
    pyreadstat.write_dta(
        _frame(variables, table),
        path,
        file_label=view.name,
        column_labels=variables.labels,
        variable_value_labels=variables.value_labels,
        missing_user_values=tagged,
        version=15,
    )


def _variables(table: "pa.Table", view: View, locale: str, ending: str) -> _Variables:
    _, variables = language(locale).gettext, _Variables()
    for column in view.columns:
        values = table[column.name].to_pylist()
        label = column.meaning.said(locale)
        longest = _LONGEST_LABEL[ending]
        variables.labels[column.name] = label if len(label) <= longest else label[: longest - 1] + "…"
        if column.data_type == "boolean":
            values = [None if value is None else int(value) for value in values]
            variables.value_labels[column.name] = {0: _("no"), 1: _("yes")}
        elif column.values:
            codes = {value: code for code, value in enumerate(column.values, start=1)}
            values = [None if value is None else codes[value] for value in values]
            variables.value_labels[column.name] = {code: value for value, code in codes.items()}
        elif column.data_type == "text":
            _refuse_too_long(values, column, ending)
        variables.data[column.name] = values
    return variables


def _frame(variables: _Variables, table: "pa.Table") -> Any:
    import pandas as pd

    texts = {name for name in variables.data if table.schema.field(name).type == "string"} - set(variables.value_labels)
    return pd.DataFrame({name: _series(values, name in texts) for name, values in variables.data.items()})


def _series(values: list[Any], is_text: bool) -> Any:
    """Texts without nulls, numbers as numbers with NaN; what holds tags or dates as objects."""
    import pandas as pd

    if is_text:
        return pd.Series(["" if value is None else value for value in values], dtype=object)
    if all(value is None or isinstance(value, (int, float)) for value in values):
        return pd.Series([float("nan") if value is None else float(value) for value in values], dtype="float64")
    return pd.Series(values, dtype=object)


def _with_reasons(table: "pa.Table") -> list[tuple[str, list[Any]]]:
    names = set(table.column_names)
    return [
        (number, table[reason].to_pylist()) for number, reason in REASON_COLUMNS.items() if {number, reason} <= names
    ]


def _below(numbers: "pa.ChunkedArray") -> int:
    """A whole number so low that it and those next to it are no value of the variable."""
    import pyarrow.compute as pc

    smallest = pc.min_max(numbers)["min"].as_py()  # pyright: ignore[reportAttributeAccessIssue] made when it is imported
    lowest = -999_999
    while smallest is not None and smallest <= lowest + len(MissingReason):
        lowest *= 10
    return lowest


def _refuse_too_long(values: list[Any], column: ViewColumn, ending: str) -> None:
    longest = max((len(value.encode()) for value in values if value), default=0)
    if longest > _LONGEST[ending]:
        raise UsageError(
            f"{column.name} has a text of {longest} bytes and a variable of {ending} holds {_LONGEST[ending]}. "
            "Export the view to .parquet or .csv."
        )


def _reasons_in_words(locale: str) -> dict[MissingReason, str]:
    """Each reason, as a person would say it."""
    _ = language(locale).gettext
    return {
        MissingReason.NOT_COMMUNICATED: _("asked, and not communicated"),
        MissingReason.NOT_EVALUATED: _("not evaluated at this phase"),
        MissingReason.NOT_APPLICABLE: _("not asked of this innovation"),
        MissingReason.UNEXPLAINED: _("left blank"),
        MissingReason.NO_RETURN: _("no return"),
        MissingReason.SUPPRESSED: _("suppressed in publications"),
    }
