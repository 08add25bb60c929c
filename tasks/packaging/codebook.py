"""Lay out the codebook of a package: its views, their columns and values, and the indicators."""

from collections.abc import Iterator
from dataclasses import astuple, dataclass, fields
from pathlib import Path

from tasks.dictionary.views import ViewColumn
from tasks.exporting import CodebookLine, codebook_lines
from tasks.exporting.sheets import Sheet
from tasks.exporting.value_labels import reason_labels, value_labels
from tasks.exporting.workbook import write_sheets
from tasks.i18n import day_in_words, language
from tasks.packaging.contents import Contents


@dataclass(frozen=True, slots=True)
class Value:
    """A value that a column accepts, with its number in SPSS and Stata, and its label."""

    number: int
    value: str
    label: str


def values_of(column: ViewColumn, locale: str) -> list[Value]:
    """Return the values that a column accepts; their numbers are those of SPSS and Stata files."""
    labels = value_labels(column, locale).items()
    return [Value(number, value, label) for number, (value, label) in enumerate(labels, start=1)]


def sentences_about(contents: Contents) -> list[str]:
    """Return what a reader must know of a package before using it."""
    _, build = language(contents.locale).gettext, contents.build
    sentences = [
        _("Data of {programme} as of {day}, built from what was known by {instant} UTC.").format(
            programme=contents.title, day=day_in_words(build.as_of, contents.locale), instant=build.known_by[:19]
        ),
        _("These data are provisional: they are no release, and a later package can differ."),
        _("The views are of version {version}.").format(version=build.models),
    ]
    if build.minimum_structures:
        words = _("Results that rest on fewer than {count} structures are suppressed.")
        sentences.append(words.format(count=build.minimum_structures))
    if build.minimum_participants:
        words = _("Counts that rest on fewer than {count} persons are suppressed.")
        sentences.append(words.format(count=build.minimum_participants))
    if contents.left_out:
        names = ", ".join(contents.left_out)
        sentences.append(
            _("Left out, because their rows describe single people or answers: {views}.").format(views=names)
        )
    if contents.licence is None:
        sentences.append(_("The programme has given no licence for these data: ask it before you publish them."))
    else:
        sentences.append(_("Licence: {licence}.").format(licence=contents.licence))
    return sentences


def write_codebook_xlsx(contents: Contents, path: Path) -> None:
    """Write the codebook as a workbook: a sheet each for views, columns, values, reasons and indicators."""
    write_sheets(codebook_sheets(contents), path, contents.programme, made_on=contents.build.as_of)


def codebook_sheets(contents: Contents) -> list[Sheet]:
    """Return the sheets of the codebook."""
    locale, views = contents.locale, contents.views.values()
    indicators = codebook_lines(contents.views["dim_indicator"], locale)
    headings = tuple(field.name for field in fields(CodebookLine))
    reasons = [(str(reason), label) for reason, label in reason_labels(locale).items()]
    return [
        Sheet("about", [("about",), *((sentence,) for sentence in sentences_about(contents))]),
        Sheet(
            "views",
            [
                ("view", "rows", "grain", "meaning"),
                *((v.view.name, v.table.num_rows, ", ".join(v.view.grain), v.view.meaning.text(locale)) for v in views),
            ],
        ),
        Sheet("columns", [("view", "column", "type", "may_be_null", "reason_column", "meaning"), *_columns(contents)]),
        Sheet("values", [("view", "column", "number_in_spss_and_stata", "value", "label"), *_values(contents)]),
        Sheet("missing_reasons", [("reason", "label"), *reasons]),
        Sheet("indicators", [headings, *(astuple(line) for line in indicators)]),
    ]  # fmt: skip


def _columns(contents: Contents) -> Iterator[tuple[object, ...]]:
    for name, held in contents.views.items():
        for column in held.view.columns:
            meaning = column.meaning.text(contents.locale)
            yield name, column.name, column.data_type, not column.is_never_null, column.reason_column, meaning


def _values(contents: Contents) -> Iterator[tuple[object, ...]]:
    for name, held in contents.views.items():
        for column in held.view.columns:
            for each in values_of(column, contents.locale):
                yield name, column.name, each.number, each.value, each.label
