"""SPSS and Stata: labelled variables, codes with their labels, and the reasons why a value is missing.

A number, or a choice as a number, that is missing for a known reason is a user-missing value in SPSS and a tagged one
(.a, .b …) in Stata, with the reason as its label; one that is missing for none (nothing is due yet) is system-missing.
"""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from schemas.enums import MissingReason
from schemas.errors import UsageError
from tasks.dictionary.views import ViewColumn
from tasks.exporting.exported import Exported, label_of
from tasks.i18n import language

_TAGS = dict(zip(MissingReason, "abcdef", strict=True))
_LONGEST = {".sav": 32_767, ".dta": 2_045}
_LONGEST_LABEL = {".sav": 255, ".dta": 80}
"""Of a variable: bytes in SPSS, characters in Stata."""
_LONGEST_VALUE_LABEL = {".sav": 120, ".dta": 32_000}


@dataclass(slots=True)
class _Variables:
    """What a file of either kind holds: the data, a label for each variable, and labels of values by variable."""

    data: dict[str, Any] = field(default_factory=dict[str, Any])
    labels: dict[str, str | None] = field(default_factory=dict[str, str | None])
    value_labels: dict[str, dict[Any, str]] = field(default_factory=dict[str, dict[Any, str]])
    texts: set[str] = field(default_factory=set[str])


def write_sav(exported: Exported, locale: str, path: Path) -> None:
    """SPSS. Reasons are codes below every value of the variable, declared as a range of missing values.

    Raises:
        UsageError: a text is longer than the format holds.
    """
    import pyreadstat

    variables, words = _variables(exported, locale, path.suffix), _reasons_in_words(locale)
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
    )


def write_dta(exported: Exported, locale: str, path: Path) -> None:
    """Stata 14 and later. Reasons are tagged missing values.

    Raises:
        UsageError: a text is longer than the format holds.
    """
    import pyreadstat

    variables, words = _variables(exported, locale, path.suffix), _reasons_in_words(locale)
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
        version=15,
    )


def _variables(exported: Exported, locale: str, ending: str) -> _Variables:
    _, variables = language(locale).gettext, _Variables()
    for column in exported.view.columns:
        values = exported.table[column.name].to_pylist()
        variables.labels[column.name] = _cut(column.meaning.said(locale), ending, _LONGEST_LABEL)
        if column.data_type == "boolean":
            values = [None if value is None else int(value) for value in values]
            variables.value_labels[column.name] = {0: _("no"), 1: _("yes")}
        elif column.values:
            codes = {value: code for code, value in enumerate(column.values, start=1)}
            values = [None if value is None else codes[value] for value in values]
            variables.value_labels[column.name] = {
                code: _cut(value, ending, _LONGEST_VALUE_LABEL) for value, code in codes.items()
            }
        elif column.data_type == "text":
            _refuse_too_long(values, column, ending)
            variables.texts.add(column.name)
        variables.data[column.name] = values
    return variables


def _cut(label: str, ending: str, longest: dict[str, int]) -> str:
    """A label that the format holds: of SPSS the bytes are counted, of Stata the characters."""
    if ending == ".dta":
        return label if len(label) <= longest[ending] else label[: longest[ending] - 1] + "…"
    held = label.encode()
    if len(held) <= longest[ending]:
        return label
    return held[: longest[ending] - len("…".encode())].decode(errors="ignore") + "…"


def _frame(variables: _Variables) -> Any:
    import pandas as pd

    return pd.DataFrame({name: _series(values, name in variables.texts) for name, values in variables.data.items()})


def _series(values: list[Any], is_text: bool) -> Any:
    """Texts without nulls, numbers as numbers with NaN; what holds tags or dates as categories.

    Of objects, pyreadstat takes the first hundred for what all are, and fails where these are all null, or all tags. Of
    categories it sees each, here the tags last. Whole numbers beside tags would make a null zero.
    """
    import pandas as pd

    if is_text:
        return pd.Series(["" if value is None else value for value in values], dtype=object)
    held = [float(value) if isinstance(value, (int, float)) else value for value in values]
    if all(value is None or isinstance(value, float) for value in held):
        return pd.Series(held, dtype="float64")
    kinds = sorted(dict.fromkeys(value for value in held if value is not None), key=lambda kind: isinstance(kind, str))
    return pd.Series(pd.Categorical(held, categories=pd.Index(kinds, dtype=object)))


def _with_reasons(exported: Exported) -> list[tuple[str, list[Any]]]:
    """Each variable that may be missing for a reason, and the reason in each row."""
    return [
        (column.name, exported.table[column.reason_column].to_pylist())
        for column in exported.view.columns
        if column.reason_column is not None
    ]


def _filled(values: list[Any], reasons: list[Any], told_by: dict[MissingReason, Any]) -> list[Any]:
    """The values, and where one is missing for a reason what tells the reason."""
    return [
        told_by[reason] if value is None and reason is not None else value
        for value, reason in zip(values, reasons, strict=True)
    ]


def _below(numbers: list[Any]) -> int:
    """A whole number so low that it and those next to it are no value of the variable."""
    smallest = min((number for number in numbers if number is not None), default=0)
    lowest = -999_999
    while smallest <= lowest + len(MissingReason):
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
