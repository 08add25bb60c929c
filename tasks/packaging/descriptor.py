"""Describe a package by the Data Package standard, version 2: `datapackage.json`."""

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from tasks.dictionary.views import ViewColumn
from tasks.exporting import Exported
from tasks.packaging.codebook import sentences_about, values_of
from tasks.packaging.contents import Contents, links_of
from tasks.packaging.tables import CSV, PARQUET, TABLE_FORMATS

DESCRIPTOR = "datapackage.json"
_PROFILES = "https://datapackage.org/profiles/2.0"
_TYPES = {
    "text": "string", "bigint": "integer", "double precision": "number", "boolean": "boolean", "date": "date",
    "timestamp": "datetime",
}  # fmt: skip
_MEDIA_TYPES = {
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", ".pdf": "application/pdf",
    ".xml": "application/xml", ".md": "text/markdown", ".ipynb": "application/x-ipynb+json", ".R": "text/x-r",
} | {each.ending: each.media_type for each in TABLE_FORMATS}  # fmt: skip
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9._-]")


def write_descriptor(contents: Contents, folder: Path) -> None:
    """Write `datapackage.json`: every other file of the folder with its size and checksum, and each table's schema."""
    build = contents.build
    descriptor: dict[str, Any] = {
        "$schema": f"{_PROFILES}/datapackage.json",
        "name": _NOT_IN_A_NAME.sub("-", f"{contents.programme}-{build.as_of}".lower()),
        "title": contents.title,
        "description": "\n".join(sentences_about(contents)),
        "version": str(build.as_of),
        "created": f"{build.as_of}T00:00:00Z",
        "contributors": [{"title": contents.title, "roles": ["creator"]}],
    }
    if contents.licence is not None:
        descriptor["licenses"] = [{"name": contents.licence}]
    descriptor |= {
        "essaim": {
            "asOf": str(build.as_of),
            "knownBy": build.known_by,
            "models": build.models,
            "isProvisional": True,
            "locale": contents.locale,
        },
        "resources": [
            _resource(path, folder, contents)
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.name != DESCRIPTOR
        ],
    }
    text = json.dumps(descriptor, ensure_ascii=False, indent=2)
    (folder / DESCRIPTOR).write_text(text + "\n", encoding="utf-8", newline="\n")


def _resource(path: Path, folder: Path, contents: Contents) -> dict[str, Any]:
    held = contents.views.get(path.stem) if path.parent.name in {each.folder for each in TABLE_FORMATS} else None
    ending = path.suffix
    # The CSV file has the name of the view: foreign keys name resources.
    name = path.stem if held is not None and ending == CSV.ending else path.relative_to(folder).as_posix()
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    resource: dict[str, Any] = {
        "name": _NOT_IN_A_NAME.sub("-", name.lower()),
        "path": path.relative_to(folder).as_posix(),
        "format": ending.removeprefix("."),
        "mediatype": _MEDIA_TYPES[ending],
        "bytes": path.stat().st_size,
        "hash": f"sha256:{digest}",
    }
    if held is None:
        return resource
    resource |= {"title": held.view.name, "description": held.view.meaning.text(contents.locale)}
    if ending == CSV.ending:
        resource |= {"type": "table", "encoding": "utf-8", "dialect": {"lineTerminator": "\r\n"}}
    if ending in (CSV.ending, PARQUET.ending):
        resource["schema"] = _schema(held, contents)
    return resource


def _schema(held: Exported, contents: Contents) -> dict[str, Any]:
    view = held.view
    schema: dict[str, Any] = {
        "$schema": f"{_PROFILES}/tableschema.json",
        "fields": [_field(column, column.name in view.grain, contents.locale) for column in view.columns],
        "missingValues": [""],
        "primaryKey": list(view.grain),
    }
    keys = [
        {"fields": [link.column], "reference": {"resource": link.dimension, "fields": [link.column]}}
        for link in links_of(contents, view.name)
    ]
    return {**schema, "foreignKeys": keys} if keys else schema


def _field(column: ViewColumn, is_key: bool, locale: str) -> dict[str, Any]:
    field: dict[str, Any] = {
        "name": column.name,
        "type": _TYPES[column.data_type],
        "description": column.meaning.text(locale),
    }
    if column.data_type == "text" and (column.is_never_null or is_key):
        field["missingValues"] = []  # an empty text of such a column is a value
    if column.values:
        field["categories"] = [{"value": each.value, "label": each.label} for each in values_of(column, locale)]
    constraints: dict[str, Any] = {"required": True} if column.is_never_null or is_key else {}
    if column.values:
        constraints["enum"] = list(column.values)
    return {**field, "constraints": constraints} if constraints else field
