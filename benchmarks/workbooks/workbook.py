"""Write a workbook of invented people: numbers, choices and dates, one row per person."""

import random
from datetime import date, timedelta
from pathlib import Path

from openpyxl import Workbook

CONTRACTS = ("CDI", "CDD", "Intérim", "nc")


def fields() -> list[dict]:
    """Return the columns as declared in programme.yaml."""
    identifiers = [
        {"code": "nom", "label": "Nom", "role": "identifier", "required": True},
        {"code": "prenom", "label": "Prénom", "role": "identifier"},
        {"code": "naissance", "label": "Date de naissance", "role": "identifier", "kind": "date"},
    ]
    counts = [
        {"code": f"n{n}", "label": f"Nombre {n}", "kind": "count", "minimum": 0, "maximum": 500} for n in range(20)
    ]
    choices = [{"code": f"c{n}", "label": f"Contrat {n}", "allowed_values": list(CONTRACTS[:3])} for n in range(8)]
    days = [{"code": f"d{n}", "label": f"Jour {n}", "kind": "date"} for n in range(2)]
    numbers = [{"code": f"x{n}", "label": f"Mesure {n}", "kind": "number", "minimum": 0} for n in range(7)]
    return [*identifiers, *counts, *choices, *days, *numbers]


def write_workbook(path: Path, rows: int) -> None:
    """Write the workbook with random cells, the same for the same number of rows."""
    draw = random.Random(2019)
    book = Workbook(write_only=True)
    page = book.create_sheet("Participants")
    page.append([field["label"] for field in fields()])
    first = date(1960, 1, 1)
    for row in range(rows):
        page.append(
            [
                *(f"Inventée {row}", f"Personne {row % 977}", first + timedelta(days=draw.randrange(15_000))),
                *(draw.randint(0, 500) for _ in range(20)),
                *(draw.choice(CONTRACTS) for _ in range(8)),
                *(date(2018, 1, 1) + timedelta(days=draw.randrange(365)) for _ in range(2)),
                *(draw.random() * 100 for _ in range(7)),
            ]
        )
    book.save(path)
