"""Build a small programme whose workbook has a question sheet and a table of people, and fill in its workbooks."""

import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from openpyxl import Workbook

from schemas.programme import Programme
from tasks.i18n import language
from tasks.records import ReturnVersion, SourceResult
from tasks.schedule.expected_returns import plan
from tasks.spreadsheets.parser import Parser
from tasks.workbooks.identity import NAMES, Identity
from tasks.workbooks.inbox import Inbox
from tasks.workbooks.inbox_place import InboxPlace
from tasks.workbooks.pseudonyms import PseudonymKey

RETURN = "C-1/STR1/M06/suivi"
OTHER = "C-1/STR2/M06/suivi"
KEY = PseudonymKey(b"a key of the tests, of no use elsewhere")
HEADER = ("Nom", "Prénom", "Date de naissance", "Contrat", "Heures", "Entrée", "Remarque")
PERSON = ("Inventée", "Personne", "01/02/1990", "CDI", 12.5, "15/01/2019", "va bien")

INDICATORS = [
    {"indicator_code": "persons", "level": "structure", "kind": "count", "minimum": 0, "maximum": 1000,
     "is_core": True},
    {"indicator_code": "returned", "level": "structure", "kind": "count", "minimum": 0, "is_core": True},
    {"indicator_code": "budget", "level": "structure", "kind": "number", "is_core": False},
    {"indicator_code": "adoption", "level": "structure", "kind": "choice", "allowed_values": "adopted|no",
     "is_core": False},
    {"indicator_code": "contract", "level": "participant", "kind": "text", "is_core": False},
]  # fmt: skip
SHEETS = [
    {
        "name": "Données",
        "items": [
            {"code": "personnes", "label": "Personnes concernées", "spellings": ["Nombre de personnes"]},
            {"code": "retours", "label": "dont retournées à l'emploi"},
            {"code": "budget", "label": "Budget", "unit": "euros"},
            {"code": "adoption", "label": "Méthode adoptée"},
            {"code": "depuis", "label": "Depuis le", "kind": "date", "day_formats": ["%d/%m/%Y", "%d.%m.%Y"]},
            {"code": "note", "label": "Remarques", "role": "free_text"},
        ],
    },
    {
        "name": "Participants",
        "spellings": ["Liste"],
        "columns": [
            {"code": "nom", "label": "Nom", "role": "identifier", "required": True},
            {"code": "prenom", "label": "Prénom", "role": "identifier"},
            {"code": "naissance", "label": "Date de naissance", "spellings": ["Né(e) le"], "role": "identifier",
             "kind": "date"},
            {"code": "contrat", "label": "Contrat", "kind": "choice", "allowed_values": ["CDI", "CDD", "Intérim"]},
            {"code": "heures", "label": "Heures", "kind": "number", "minimum": 0, "maximum": 35, "required": True},
            {"code": "entree", "label": "Entrée", "kind": "date"},
            {"code": "remarque", "label": "Remarque", "role": "free_text"},
        ],
    },
]  # fmt: skip


def programme(sheets: Sequence[Mapping[str, Any]] = SHEETS, **version: Any) -> Programme:
    """Return the programme, with these sheets in its workbook."""
    indicator = {"label_fr": "x", "label_en": "x", "over_structures": "none"}
    known = {f"{sheet['name']}!{item['code']}" for sheet in sheets for item in sheet.get("items", sheet.get("columns"))}
    crossings = {
        "Données!personnes": ("persons", None),
        "Données!retours": ("returned", None),
        "Données!budget": ("budget", None),
        "Données!adoption": ("adoption", "adoption"),
        "Participants!contrat": ("contract", None),
    }
    return Programme.model_validate(
        {
            "version": "0",
            "settings": {
                "programme": "essai",
                "name": "Un essai",
                "timezone": "Europe/Paris",
                "occasions": [{"code": "M03", "months": 3}, {"code": "M06", "months": 6}],
                "innovations": [{"code": "INNO", "name": "Une innovation"}],
                "cohorts": [{"code": "C-1", "innovation": "INNO", "name": "une", "anchor_on": "2018-07-31"}],
                "evaluators": [{"code": "A", "name": "A", "email": "a@example.org", "follows": ["INNO"]}],
                "instruments": [
                    {
                        "code": "suivi",
                        "name": "Tableau de suivi",
                        "kind": "workbook",
                        "filled_by": "structure",
                        "mode": "data_table",
                        "innovations": ["INNO"],
                        "versions": [{"version": 1, "occasions": ["M03", "M06"], "sheets": list(sheets), **version}],
                    }
                ],
                "sources": {"inbox": {}},
            },
            "enrolments": [
                {"structure_code": code, "structure_name": f"Structure inventée {code}", "cohort_code": "C-1"}
                for code in ("STR1", "STR2")
            ],
            "indicators": [{**indicator, **keys} for keys in INDICATORS],
            "crosswalk": [
                {"instrument_code": "suivi", "version": 1, "item": item, "indicator_code": code, "recode": recode}
                for item, (code, recode) in crossings.items()
                if item in known
            ],
            "recodes": [
                {"recode": "adoption", "source_value": "Positif", "value": "adopted"},
                {"recode": "adoption", "source_value": "Négatif", "value": "no"},
                {"recode": "adoption", "source_value": "Non renseigné", "missing_reason": "unexplained"},
            ],
        }
    )


def write_folder(folder: Path, whole: Programme, structures: Iterable[str] = ("STR1", "STR2")) -> None:
    """Write the folder of a programme, with these structures in its cohort."""
    settings = whole.settings.model_dump(mode="json", exclude_unset=True)
    (folder / "programme.yaml").write_text(yaml.safe_dump(settings, allow_unicode=True))
    enrolments = [
        {"structure_code": code, "structure_name": f"Structure inventée {code}", "cohort_code": "C-1"}
        for code in structures
    ]
    pd.DataFrame(enrolments).to_csv(folder / "structures.csv", index=False)
    tables = {"codebook.csv": whole.indicators, "crosswalk.csv": whole.crosswalk, "recodes.csv": whole.recodes}
    for name, lines in tables.items():
        pd.DataFrame([line.model_dump(mode="json", exclude_unset=True) for line in lines]).to_csv(
            folder / name, index=False
        )


def inbox(
    folder: Path, parser: Parser, of: Programme | None = None, locale: str = "en", address: str = "inbox"
) -> Inbox:
    """Return the programme's inbox, and make its folder if it is missing."""
    whole = of or programme()
    if "://" not in address:
        (folder / address).mkdir(exist_ok=True)
    expected = frozenset(str(row["expected_return_id"]) for row in plan(whole))
    return Inbox(InboxPlace(address, folder), whole, language(locale), expected, parser, KEY, settle_seconds=0)


def identity(expected_return_id: str = RETURN) -> Identity:
    """Return the content of the identity sheet of a return."""
    cohort, structure, occasion, instrument = expected_return_id.split("/")
    return Identity("essai", cohort, structure, occasion, instrument, "1")


def rows_of(received: ReturnVersion) -> list[dict[str, Any]]:
    """Return the cells read from the rows of a table."""
    assert received.rows is not None
    return received.rows.to_pylist()


def items(**changed: Any) -> list[list[object]]:
    """Return the rows of the first sheet."""
    answers: dict[str, Any] = {
        "Personnes concernées": 12, "dont retournées à l'emploi": 3, "Budget": "1 234,5", "Méthode adoptée": "Positif",
        "Depuis le": "31/01/2019", "Remarques": "rien",
    }  # fmt: skip
    codes: list[str] = ["personnes", "retours", "budget", "adoption", "depuis", "note"]
    names = dict(zip(codes, answers, strict=True))
    answers.update({names[name]: value for name, value in changed.items()})
    return [[label, value] for label, value in answers.items()]


def person(**changed: Any) -> list[Any]:
    """Return a row of the table."""
    names = ("nom", "prenom", "naissance", "contrat", "heures", "entree", "remarque")
    return [changed.get(name, value) for name, value in zip(names, PERSON, strict=True)]


def book(
    first: Iterable[Iterable[object]] | None = None,
    people: Iterable[Iterable[object]] | None = None,
    *,
    header: Sequence[object] = HEADER,
    whose: Identity | None = None,
) -> Workbook:
    """Return a workbook that Essaim did not write."""
    workbook = Workbook()
    workbook.remove(workbook.worksheets[0])
    page = workbook.create_sheet("Données")
    for row in items() if first is None else first:
        page.append(list(row))
    page = workbook.create_sheet("Participants")
    page.append(list(header))
    for row in [person()] if people is None else people:
        page.append(list(row))
    page = workbook.create_sheet("Identité")
    for name in NAMES:
        page.append([name, getattr(whose or identity(), name)])
    return workbook


def content(made: Workbook) -> bytes:
    """Return the bytes of a workbook."""
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def findings_of(received: ReturnVersion | SourceResult) -> list[tuple[str, str, str, str]]:
    """Return the findings of the only return: severity, location, what was found, what was expected."""
    only = received if isinstance(received, ReturnVersion) else received.returns[0]
    return [(f.severity.value, f.location, f.found, f.expected) for f in only.findings]
