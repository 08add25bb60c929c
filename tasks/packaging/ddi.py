"""Describe a package by DDI-Codebook 2.5: `ddi-codebook.xml`, for data archives and catalogues."""

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as Xml

from tasks.dictionary.views import ViewColumn
from tasks.exporting import Exported
from tasks.exporting.sheets import NOT_IN_XML
from tasks.i18n import language
from tasks.packaging.codebook import sentences_about, values_of
from tasks.packaging.contents import Contents
from tasks.packaging.tables import CSV

_NAMESPACE = "ddi:codebook:2_5"
_FORMATS = {"text": "character"}
"""Kinds of `varFormat`; all other types are numeric."""
_CATEGORIES = {"date": "date", "timestamp": "time"}


def write_ddi(contents: Contents, path: Path) -> None:
    """Write the study, a file for each view, and a variable for each column with its values."""
    root = Xml.Element("codeBook", {"xmlns": _NAMESPACE, "version": "2.5", "xml:lang": contents.locale})
    _add_study(root, contents)
    for number, held in enumerate(contents.views.values(), start=1):
        _add_file(root, f"F{number}", held, contents.locale)
    variables = Xml.SubElement(root, "dataDscr")
    for number, held in enumerate(contents.views.values(), start=1):
        for place, column in enumerate(held.view.columns, start=1):
            _add_variable(variables, f"F{number}", place, column, held, contents.locale)
    Xml.indent(root)
    path.write_bytes(Xml.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")


def _add_study(root: Xml.Element, contents: Contents) -> None:
    day, study = str(contents.build.as_of), Xml.SubElement(root, "stdyDscr")
    citation = Xml.SubElement(study, "citation")
    titles = Xml.SubElement(citation, "titlStmt")
    _add(titles, "titl", contents.title)
    _add(titles, "IDNo", f"{contents.programme}-{day}")
    _add(Xml.SubElement(citation, "rspStmt"), "AuthEnty", contents.title)
    _add(Xml.SubElement(citation, "prodStmt"), "prodDate", day, date=day)
    _add(Xml.SubElement(citation, "verStmt"), "version", day, date=day, type="provisional")
    about = Xml.SubElement(study, "stdyInfo")
    for sentence in sentences_about(contents):
        _add(about, "abstract", sentence)
    _ = language(contents.locale).gettext
    summary = Xml.SubElement(about, "sumDscr")
    _add(summary, "anlyUnit", _("Structures trained in the cohorts of a programme"))
    structures = contents.views["dim_enrolment"].table["structure_code"].unique()
    cohorts = contents.views["dim_cohort"].table.num_rows
    universe = _("Structures: {structures}. Cohorts: {cohorts}.")
    _add(summary, "universe", universe.format(structures=len(structures), cohorts=cohorts))


def _add_file(root: Xml.Element, file_id: str, held: Exported, locale: str) -> None:
    _ = language(locale).gettext
    text = Xml.SubElement(Xml.SubElement(root, "fileDscr", ID=file_id), "fileTxt")
    _add(text, "fileName", f"{CSV.folder}/{held.view.name}{CSV.ending}")
    grain = _("Each row is identified by {columns}. Rows: {count}.")
    counted = grain.format(columns=", ".join(held.view.grain), count=held.table.num_rows)
    _add(text, "fileCont", f"{held.view.meaning.text(locale)} {counted}")
    dimensions = Xml.SubElement(text, "dimensns")
    _add(dimensions, "caseQnty", str(held.table.num_rows))
    _add(dimensions, "varQnty", str(len(held.view.columns)))
    _add(text, "fileType", CSV.media_type, charset="UTF-8")


def _add_variable(data: Xml.Element, file_id: str, place: int, column: ViewColumn, held: Exported, locale: str) -> None:
    kind = "discrete" if column.values or column.data_type in ("text", "boolean") else "contin"
    variable = Xml.SubElement(data, "var", ID=f"{file_id}V{place}", name=column.name, files=file_id, intrvl=kind)
    _add(variable, "labl", column.meaning.text(locale))
    _add(variable, "universe", held.view.meaning.text(locale))
    for value, label in _categories(column, locale):
        category = Xml.SubElement(variable, "catgry")
        _add(category, "catValu", value)
        _add(category, "labl", label)
    form = {"type": _FORMATS.get(column.data_type, "numeric"), "schema": "other"}
    if column.data_type in _CATEGORIES:
        form = {"type": "character", "schema": "other", "category": _CATEGORIES[column.data_type]}
    Xml.SubElement(variable, "varFormat", form).text = column.data_type


def _categories(column: ViewColumn, locale: str) -> Iterator[tuple[str, str]]:
    if column.data_type == "boolean":
        _ = language(locale).gettext
        yield from (("false", _("no")), ("true", _("yes")))
    for each in values_of(column, locale):
        yield each.value, each.label


def _add(parent: Xml.Element, tag: str, text: str, **attributes: str) -> None:
    Xml.SubElement(parent, tag, attributes).text = NOT_IN_XML.sub("\ufffd", text)
