"""Serve the desk of a small programme whose returns are due about today, and visit it as a browser does."""

import io
import json
import re
from collections.abc import Generator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
from commands import Commands
from openpyxl import load_workbook

from schemas.settings import Environment, ProjectPaths
from tasks.desk.desk import Desk
from tasks.desk.serving import served
from tasks.links import Purpose

TODAY = datetime.now(ZoneInfo("Europe/Paris")).date()
"""The desk has no other day: what it is given is of now."""
ANCHOR = TODAY - timedelta(days=215)
VISIT = "C-1/STR1/M06/grille"
FIRST, SECOND, OTHER = "C-1/STR1/M06/tableau", "C-1/STR2/M06/tableau", "C-2/STR3/M06/tableau"
PERSON = "Personne-Inventée-Dupont"
_CODEBOOK = """\
indicator_code,label_fr,label_en,level,kind,unit,minimum,maximum,allowed_values,over_structures,over_respondents,\
is_core,publication_rank
personnes,Personnes,People,structure,count,,0,1000,,sum,,true,1
stade,Stade,Stage,structure,choice,,,,adopted|partial|no,none,,true,
salles,Salles,Rooms,structure,count,,0,50,,sum,,true,2
"""
_GRID = {
    "name": "Grille",
    "items": [
        {"code": "stade", "label": "Stade d'adoption", "required": True},
        {"code": "salles", "label": "Nombre de salles"},
        {"code": "vu_le", "label": "Vu le", "kind": "date"},
    ],
}
_VISITS = {
    "name": "Salles vues",
    "columns": [
        {"code": "salle", "label": "Salle"},
        {"code": "note", "label": "Note"},
        {"code": "vue_le", "label": "Vue le", "kind": "date"},
    ],
}


def write_programme(folder: Path, others: int = 0) -> None:
    """Write a folder: two cohorts, which two evaluators follow, and a workbook that names people.

    Args:
        folder: The folder to create.
        others: The number of further structures of the first cohort, named OTHER0, OTHER1 and so on.
    """
    settings: dict[str, Any] = {
        "programme": "petit",
        "name": "Un petit programme",
        "timezone": "Europe/Paris",
        "occasions": [{"code": "M06", "months": 6, "phase": 1}, {"code": "M12", "months": 12}],
        "innovations": [{"code": "INNO", "name": "Une innovation"}],
        "cohorts": [
            {"code": code, "innovation": "INNO", "name": f"Vague {code}", "anchor_on": ANCHOR.isoformat()}
            for code in ("C-1", "C-2")
        ],
        "evaluators": [
            {"code": "ANNE", "name": "Anne Inventée", "email": "anne@example.org", "follows": ["C-1"]},
            {
                "code": "BERT",
                "name": "Bert Inventé",
                "email": "bert@example.org",
                "follows": ["C-2"],
                "substitutes": [{"evaluator": "ZOE", "from": (TODAY - timedelta(days=2)).isoformat()}],
            },
            {"code": "ZOE", "name": "Zoé Inventée", "email": "zoe@example.org", "follows": []},
        ],
        "lead": {"name": "Direction Inventée", "email": "direction@example.org"},
        "instruments": [
            {
                "code": "tableau",
                "name": "Tableau de suivi",
                "kind": "workbook",
                "filled_by": "structure",
                "mode": "data_table",
                "innovations": ["INNO"],
                "versions": [
                    {
                        "version": 1,
                        "occasions": ["M06", "M12"],
                        "sheets": [
                            {
                                "name": "Données",
                                "items": [{"code": "personnes", "label": "Personnes", "required": True}],
                            },
                            {
                                "name": "Participants",
                                "columns": [{"code": "nom", "label": "Nom", "role": "identifier"}],
                            },
                        ],
                    }
                ],
            },
            {
                "code": "grille",
                "name": "Grille de visite",
                "kind": "workbook",
                "filled_by": "evaluator",
                "mode": "on_site",
                "innovations": ["INNO"],
                "versions": [{"version": 1, "occasions": ["M06", "M12"], "sheets": [_GRID, _VISITS]}],
            },
        ],
        "sources": {"inbox": {"path": "inbox", "settle_seconds": 0}},
    }
    files = {
        "programme.yaml": json.dumps(settings, indent=1),
        "structures.csv": "structure_code,structure_name,cohort_code,left_on,left_reason,is_invented,contact\n"
        "STR1,Structure Un,C-1,,,true,un@example.org\nSTR2,Structure Deux,C-1,,,true,02 00 00 00 00\n"
        "STR3,Structure Trois,C-2,,,true,trois@example.org\n"
        + "".join(f"OTHER{number},Structure {number},C-1,,,true,\n" for number in range(others)),
        "codebook.csv": _CODEBOOK,
        "crosswalk.csv": "instrument_code,version,item,indicator_code,recode\ntableau,1,Données!personnes,personnes,\n"
        "grille,1,Grille!stade,stade,\ngrille,1,Grille!salles,salles,\n",
    }
    folder.mkdir(parents=True)
    (folder / "inbox").mkdir()
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")


@dataclass(frozen=True)
class Visited:
    """The desk of a programme, and its address."""

    folder: Path
    desk: Desk
    browsers: ExitStack

    @property
    def paths(self) -> ProjectPaths:
        """The paths of the programme."""
        return ProjectPaths(self.folder)

    @property
    def commands(self) -> Commands:
        """The commands on the programme."""
        return Commands(self.folder)

    def browser(self, **headers: str) -> httpx.Client:
        """Return a browser that nobody has signed in with."""
        browser = httpx.Client(base_url=self.desk.url, follow_redirects=True, timeout=60, headers=headers)
        return self.browsers.enter_context(browser)

    def signed_in(self, code: str) -> httpx.Client:
        """Return a browser with which a person has signed in."""
        browser = self.browser()
        answer = browser.post(f"/sign-in/{self.desk.links.made(Purpose.SIGN_IN, code)}", data={"next": "/"})
        assert answer.status_code == 200, answer.text
        return browser

    def link_to_send(self, expected_return_id: str) -> str:
        """Return the path of the personal page of a structure."""
        return f"/send/{self.desk.links.made(Purpose.SEND, expected_return_id)}"

    def state(self, expected_return_id: str) -> str:
        """Return the published state of a return."""
        states = dict(self.commands.rows("select expected_return_id, state from analytics.return_status"))
        return str(states[expected_return_id])


@contextmanager
def open_desk(folder: Path) -> Generator[Visited]:
    """Serve the desk of a folder that was collected. What it receives waits for the next run."""
    with served(ProjectPaths(folder), Environment(), 0, applies=False) as desk, ExitStack() as browsers:
        yield Visited(folder, desk, browsers)


def fields_of(answer: httpx.Response) -> dict[str, str]:
    """Return the hidden fields of a page, those of its last form where several have them."""
    return {
        unescape(name): unescape(value)
        for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', answer.text)
    }


def decide(browser: httpx.Client, path: str, **given: str) -> httpx.Response:
    """Confirm a decision on its page."""
    page = browser.get(path)
    assert page.status_code == 200, page.text
    return browser.post(path, data={**fields_of(page), **given})


def give(browser: httpx.Client, path: str, content: bytes, name: str = "x.xlsx", to: str = "") -> httpx.Response:
    """Send a file with the form of a page."""
    page = browser.get(path)
    assert page.status_code == 200, page.text
    return browser.post(to or path, data=fields_of(page), files={"file": (name, content)})


def filled(template: bytes, persons: float | str, *names: str, label: str = "Personnes") -> bytes:
    """Return a workbook with its number filled in, and the names of people."""
    book = load_workbook(io.BytesIO(template))
    sheet = book["Données"]
    (row,) = [row for row in range(1, 20) if sheet.cell(row, 1).value == label]
    sheet.cell(row, 2, persons)
    for place, name in enumerate(names, start=2):
        book["Participants"].cell(place, 1, name)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()
