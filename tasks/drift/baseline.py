"""Write live questionnaires into the programme folder, as the baseline for later comparisons."""

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
    """Write the questionnaires of instrument versions into a programme folder, each file atomically.

    Returns:
        The names of the files that changed, relative to the folder.

    Raises:
        ProgrammeError: The folder would not be valid with the new questionnaires; nothing was written.
    """
    texts = {
        questionnaire_file(*version): baseline_text(questionnaire) for version, questionnaire in questionnaires.items()
    }
    read_programme(folder, renewed=texts)
    return [name for name, text in texts.items() if _write(folder / name, text)]


def baseline_text(questionnaire: Questionnaire) -> str:
    """Return the content of a questionnaire file: one line per element, in the order of the questionnaire."""
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
