"""Writes the questionnaires that a crosswalk is written for into the programme folder, with which they are read."""

import csv
import io
import os
from collections.abc import Mapping
from pathlib import Path

from schemas.questionnaire import Element
from tasks.programme import read_programme
from tasks.programme.questionnaires import Version, questionnaire_file
from tasks.questionnaires.elements import elements_of
from tasks.questionnaires.questionnaire import Questionnaire


def accept_questionnaires(folder: Path, questionnaires: Mapping[Version, Questionnaire]) -> list[str]:
    """Write what the instrument versions ask, each file whole or not at all. The names of the files that changed.

    Raises:
        ProgrammeError: the folder would not fit it, and nothing was written.
    """
    texts = {
        questionnaire_file(*version): baseline_text(questionnaire) for version, questionnaire in questionnaires.items()
    }
    read_programme(folder, renewed=texts)
    return [name for name, text in texts.items() if _write(folder / name, text)]


def baseline_text(questionnaire: Questionnaire) -> str:
    """The content of such a file: one line an element, in the order in which it is asked."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(Element.model_fields), lineterminator="\n")
    writer.writeheader()
    for element in elements_of(questionnaire):
        row = element.model_dump(mode="json")
        writer.writerow({**row, "has_other": str(element.has_other).lower()})
    return text.getvalue()


def _write(path: Path, text: str) -> bool:
    content = text.encode()
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        beside.write_bytes(content)
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
    return True
