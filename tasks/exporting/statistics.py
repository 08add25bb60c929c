"""Write SPSS and Stata files with variable labels, value labels and labelled missing values.

A numeric or coded value that is missing for a known reason becomes a user-missing value in SPSS and an extended missing
value (`.a`, `.b` …) in Stata; its value label is the reason. A value without a reason (nothing is due yet) becomes
system-missing.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from schemas.enums import MissingReason
from schemas.errors import UsageError
from tasks.dictionary.views import ViewColumn
from tasks.exporting.exported import Exported, label_of
from tasks.exporting.value_labels import reason_labels, value_labels
from tasks.i18n import language

_TAGS = dict(zip(MissingReason, "abcdefghi", strict=True))
_LONGEST = {".sav": 32_767, ".dta": 2_045}
_LONGEST_LABEL = {".sav": 255, ".dta": 80}
"""Limit of a variable label: bytes in SPSS, characters in Stata."""
_LONGEST_VALUE_LABEL = {".sav": 120, ".dta": 32_000}


@dataclass(slots=True)
class _Variables:
    """Hold the variables of a file.

    Attributes:
        data: The values by variable.
        labels: The label of each variable.
        value_labels: The labels of values, by variable.
        texts: The names of the text variables.
        whole: The names of the variables whose values are whole numbers, codes among them.
    """

    data: dict[str, Any] = field(default_factory=dict[str, Any])
    labels: dict[str, str | None] = field(default_factory=dict[str, str | None])
    value_labels: dict[str, dict[Any, str]] = field(default_factory=dict[str, dict[Any, str]])
    texts: set[str] = field(default_factory=set[str])
    whole: set[str] = field(default_factory=set[str])


def write_sav(exported: Exported, locale: str, path: Path) -> None:
    """Write SPSS; missing reasons are codes below every value of the variable, declared as a missing range.

    Raises:
        UsageError: A text exceeds the length limit of the format.
    """
    import pyreadstat

    variables, words = _variables(exported, locale, path.suffix), reason_labels(locale)
    if exported.indicators and "indicator_code" in variables.texts:
        variables.value_labels["indicator_code"] = {
            each.indicator_code: _cut(label_of(each, locale), ".sav", _LONGEST_VALUE_LABEL)
            for each in exported.indicators
        }
    ranges: dict[str, Any] = {}
    for name, reasons in _with_reasons(exported):
        lowest = _below(variables.data[name])
        codes = {reason: lowest + place for place, reason in enumerate(MissingReason)}
        variables.data[name] = _filled(variables.data[name], reasons, codes)
        variables.value_labels[name] = variables.value_labels.get(name, {}) | {
            float(code): words[reason] for reason, code in codes.items()
        }
        ranges[name] = [{"lo": float(lowest), "hi": float(max(codes.values()))}]
    pyreadstat.write_sav(
        _frame(variables),
        path,
        file_label=exported.view.name,
        column_labels=variables.labels,
        variable_value_labels=variables.value_labels,
        missing_ranges=ranges,
        variable_format=dict.fromkeys(sorted(variables.whole), "F11.0"),
    )


def write_dta(exported: Exported, locale: str, path: Path) -> None:
    """Write Stata (14 and later); missing reasons are extended missing values.

    Raises:
        UsageError: A text exceeds the length limit of the format.
    """
    import pyreadstat

    variables, words = _variables(exported, locale, path.suffix), reason_labels(locale)
    tagged: dict[str, list[str]] = {}
    for name, reasons in _with_reasons(exported):
        values = variables.data[name]
        variables.data[name] = _filled(values, reasons, _TAGS)
        used = {reason for value, reason in zip(values, reasons, strict=True) if value is None and reason is not None}
        if used:
            tagged[name] = sorted(_TAGS[reason] for reason in used)
            tags = {_TAGS[reason]: words[reason] for reason in used}
            variables.value_labels[name] = variables.value_labels.get(name, {}) | tags
    pyreadstat.write_dta(
        _frame(variables),
        path,
        file_label=exported.view.name,
        column_labels=variables.labels,
        variable_value_labels=variables.value_labels,
        missing_user_values=tagged,
        variable_format=dict.fromkeys(sorted(variables.whole), "%12.0g"),
        version=14,
    )


def _variables(exported: Exported, locale: str, ending: str) -> _Variables:
    _, variables = language(locale).gettext, _Variables()
    for column in exported.view.columns:
        values = exported.table[column.name].to_pylist()
        variables.labels[column.name] = _cut(column.meaning.text(locale), ending, _LONGEST_LABEL)
        if column.data_type == "boolean":
            values = [None if value is None else int(value) for value in values]
            variables.value_labels[column.name] = {0: _("no"), 1: _("yes")}
        elif column.values:
            codes = {value: code for code, value in enumerate(column.values, start=1)}
            values = [None if value is None else codes[value] for value in values]
            labels = value_labels(column, locale)
            variables.value_labels[column.name] = {
                code: _cut(labels[value], ending, _LONGEST_VALUE_LABEL) for value, code in codes.items()
            }
        elif column.data_type == "text":
            _refuse_too_long(values, column, ending)
            variables.texts.add(column.name)
        if column.data_type in ("bigint", "boolean") or column.values:
            variables.whole.add(column.name)
        variables.data[column.name] = values
    return variables


def _cut(label: str, ending: str, longest: dict[str, int]) -> str:
    """Truncate a label to the limit of the format, in bytes for SPSS and in characters for Stata."""
    if ending == ".dta":
        return label if len(label) <= longest[ending] else label[: longest[ending] - 1] + "…"
    encoded = label.encode()
    if len(encoded) <= longest[ending]:
        return label
    return encoded[: longest[ending] - len("…".encode())].decode(errors="ignore") + "…"


def _frame(variables: _Variables) -> Any:
    import pandas as pd

    return pd.DataFrame({name: _series(values, name in variables.texts) for name, values in variables.data.items()})


def _series(values: list[Any], is_text: bool) -> Any:
    """Convert values to a series: texts without nulls, numbers as floats, tagged values and dates as a categorical.

    For an object column, pyreadstat infers the type from the first hundred values and fails if these are all null or
    all tags. For a categorical it inspects every category; tags are sorted last. Numbers become floats because integers
    beside tags turn null into zero.
    """
    import pandas as pd

    if is_text:
        return pd.Series(["" if value is None else value for value in values], dtype=object)
    floats = [float(value) if isinstance(value, (int, float)) else value for value in values]
    if all(value is None or isinstance(value, float) for value in floats):
        return pd.Series(floats, dtype="float64")
    distinct = dict.fromkeys(value for value in floats if value is not None)
    categories = sorted(distinct, key=lambda category: isinstance(category, str))
    return pd.Series(pd.Categorical(floats, categories=pd.Index(categories, dtype=object)))


def _with_reasons(exported: Exported) -> list[tuple[str, list[Any]]]:
    """Return each variable that has a reason column, with the reason of each row."""
    return [
        (column.name, exported.table[column.reason_column].to_pylist())
        for column in exported.view.columns
        if column.reason_column is not None
    ]


def _filled(values: list[Any], reasons: list[Any], codes: dict[MissingReason, Any]) -> list[Any]:
    """Replace each null that has a reason by the code of the reason."""
    return [
        codes[reason] if value is None and reason is not None else value
        for value, reason in zip(values, reasons, strict=True)
    ]


def _below(numbers: list[Any]) -> int:
    """Return an integer that starts a range of reason codes below every value of the variable."""
    smallest = min((number for number in numbers if number is not None), default=0)
    lowest = -999_999
    while smallest <= lowest + len(MissingReason):
        lowest *= 10
    return lowest


def _refuse_too_long(values: list[Any], column: ViewColumn, ending: str) -> None:
    longest = max((len(value.encode()) for value in values if value), default=0)
    if longest > _LONGEST[ending]:
        raise UsageError(
            f"{column.name}: a text has {longest} bytes; {ending} allows at most {_LONGEST[ending]}. "
            "Export the view to .parquet or .csv."
        )
