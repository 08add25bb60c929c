"""Writes the questionnaire that a crosswalk is written for into the programme folder. It is read with the folder."""

import csv
import io
import os
from collections.abc import Sequence
from pathlib import Path

from schemas.questionnaire import Element
from tasks.programme.questionnaires import questionnaire_file


def baseline_text(elements: Sequence[Element]) -> str:
    """The content of the file: one line an element, in the order in which it is asked."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(Element.model_fields), lineterminator="\n")
    writer.writeheader()
    for element in elements:
        row = element.model_dump(mode="json")
        writer.writerow({**row, "has_other": str(element.has_other).lower()})
    return text.getvalue()


def write_baseline(folder: Path, instrument_code: str, version: int, elements: Sequence[Element]) -> Path:
    """Write, or write over, the file of one instrument version, at once and whole. Where it is."""
    path = folder / questionnaire_file(instrument_code, version)
    path.parent.mkdir(exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_text(baseline_text(elements), encoding="utf-8", newline="")
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return path
