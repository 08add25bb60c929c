"""Collect a small programme with one survey, which the simulator serves over HTTP, in this process."""

import json
from collections.abc import Collection, Generator, Iterable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
from building import begin_with_views, build_models
from running import USER, served

from schemas.settings import Environment, ProjectPaths
from tasks.drift.baseline import accept_questionnaires
from tasks.limesurvey import LimeSurvey
from tasks.pipeline.amending import amend_plan
from tasks.pipeline.planning import plan_expected_returns, surveys_to_read
from tasks.pipeline.prefect_tasks import fetch_surveys
from tasks.pipeline.surveys import load_survey
from tasks.pipeline.views import build
from tasks.programme import read_programme
from tasks.records import Loaded
from tasks.run import RunContext, recorded_run
from tasks.simulator import Simulator, State, Survey
from warehouse.address import warehouse_address
from warehouse.connection import holds_a_warehouse

SURVEYS = Path(__file__).parent / "data" / "limesurvey" / "surveys"
DATED = "mini_datee_fr.lss"
"""A survey with three questions: `adopt` (a list), `budget` (a number) and `nom` (a name). Its responses are dated."""
ANONYMOUS = "mini_anonyme_sans_date_fr.lss"
"""The same survey, anonymised and without dates."""
AS_OF = date(2026, 3, 31)
ANSWERS = {"adopt": "oui", "budget": "100", "nom": "Personne Inventée"}
IN_TIME = "2025-12-20 10:00:00"

_CODEBOOK = """\
indicator_code,label_fr,label_en,level,kind,unit,minimum,maximum,allowed_values,over_structures,over_respondents,\
is_core,publication_rank
adoption,Adoption,Adoption,structure,choice,,,,adopted|in_progress|partial|no,none,,true,
budget,Budget,Budget,structure,number,euros,0,100000,,sum,{over_numbers},true,1
"""
_CROSSWALK = """\
instrument_code,version,item,indicator_code,recode
suivi,1,adopt,adoption,adoption
suivi,1,budget,budget,
"""
_RECODES = """\
recode,source_value,value,missing_reason
adoption,oui,adopted,
adoption,enc,in_progress,
adoption,part,partial,
adoption,non,no,
"""


@dataclass(frozen=True)
class Small:
    """A small programme, its survey on the server, and the server."""

    folder: Path
    survey: Survey
    simulator: Simulator

    @property
    def paths(self) -> ProjectPaths:
        """The paths of the programme."""
        return ProjectPaths(self.folder)

    def collect(self, as_of: date = AS_OF, *, weekly: bool = False, daily: bool = False, views: bool = False) -> Loaded:
        """Collect the survey as the quarterly, weekly or daily run does, without workbooks, alerts and Prefect."""
        # A database of PostgreSQL has the views already, or builds them.
        if views and warehouse_address(self.paths) is None and not holds_a_warehouse(self.paths):
            begin_with_views(self.paths)
        programme = read_programme(self.folder)
        with recorded_run(self.paths, programme, Environment(), command="collect", as_of=as_of) as begun:
            run = plan_expected_returns(begun)
            (fetched,) = fetch_surveys(run, surveys_to_read(run, only_changed=weekly or daily, only_outstanding=daily))
            loaded = load_survey(run, fetched)
            if views:
                _build_some(run)
        return loaded

    def build_some(self, as_of: date = AS_OF) -> None:
        """Build the views that the tests read most, without their tests, and publish them."""
        with recorded_run(self.paths, read_programme(self.folder), Environment(), command="build", as_of=as_of) as run:
            _build_some(run)

    def build_everything(self, as_of: date = AS_OF) -> None:
        """Build and test all views."""
        programme = read_programme(self.folder)
        with recorded_run(self.paths, programme, Environment(), command="build", as_of=as_of) as run:
            build(run)

    def amend(self, as_of: date = AS_OF, *, kept: Collection[str] = ()) -> None:
        """Accept the edits of what was due already, without building the views.

        Args:
            as_of: The day to take as today.
            kept: Ids of the expected returns that stay as they were planned.
        """
        programme = read_programme(self.folder)
        with recorded_run(self.paths, programme, Environment(), command="plan", as_of=as_of) as run:
            amend_plan(run, reason="corrected", author="E", kept=kept)

    def accept(self) -> None:
        """Save the live questionnaire as the baseline."""
        with LimeSurvey(self.simulator.url, username=USER.name, password=USER.password) as server:
            accept_questionnaires(self.folder, {("suivi", 1): server.questionnaire(self.survey.sid)})

    def add_participants(self, *structures: str, cohort: str = "C-1") -> None:
        """Add a participant for each structure. The token is the structure's code in lower case."""
        for structure in structures:
            self.survey.add_participant(
                token=structure.lower(),
                attributes={"attribute_1": structure, "attribute_2": cohort},
                firstname="Personne Inventée",
                email="personne@example.org",
            )

    def answer(self, token: str | None = "str1", at: str | None = IN_TIME, **answers: str | None) -> int:
        """Complete the survey, or with `at` of None only begin it, and return the response id."""
        return self.survey.add_response(
            {**ANSWERS, **answers}, token=token, submitdate=at, datestamp=at or "2025-12-19 09:00:00"
        )

    def rows(self, sql: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Return the rows of a query on the warehouse."""
        with duckdb.connect(str(self.paths.warehouse), read_only=True) as connection:
            return connection.execute(sql, parameters).fetchall()

    def versions(self) -> list[tuple[Any, ...]]:
        """Return every version of every return in loading order: response, expected return, submitted, day, outcome."""
        return self.rows(
            "select sequence, expected_return_id, is_submitted, answered_on, outcome from raw.returns "
            "order by loaded_at, sequence"
        )

    def status(self, structure: str = "STR1", occasion: str = "M06") -> dict[str, Any]:
        """Return the row of an expected return in `analytics.return_status`."""
        with duckdb.connect(str(self.paths.warehouse), read_only=True) as connection:
            answer = connection.execute(
                "select * from analytics.return_status where expected_return_id = ?",
                [f"C-1/{structure}/{occasion}/suivi"],
            )
            names = [column[0] for column in answer.description or ()]
            (row,) = answer.fetchall()
        return dict(zip(names, row, strict=True))

    def value(self, indicator: str, structure: str = "STR1") -> object:
        """Return the value of an indicator at M06, or None if there is no observation."""
        observations = self.rows(
            "select coalesce(value_text, cast(value_number as text)) from marts.fct_observation "
            "where indicator_code = ? and expected_return_id = ?",
            indicator,
            f"C-1/{structure}/M06/suivi",
        )
        return observations[0][0] if observations else None

    def check(self) -> tuple[Any, ...]:
        """Return outcome and detail of the latest check of the survey."""
        return self.rows("select outcome, detail from raw.source_checks order by known_at, loaded_at")[-1]

    def edit(self, name: str, old: str, new: str) -> None:
        """Replace a text in a file of the programme folder."""
        path = self.folder / name
        text = path.read_text(encoding="utf-8")
        assert old in text
        path.write_text(text.replace(old, new), encoding="utf-8")


def _build_some(run: RunContext) -> None:
    build_models(
        run.paths,
        *("--select", "+return_status", "+fct_observation", "+survey_answers"),
        as_of=run.as_of,
        known_by=run.stamp.known_at,
    )


def data_table(innovation: str, occasions: Iterable[str]) -> dict[str, Any]:
    """Return an instrument of programme.yaml: a workbook that asks for one number, owed by the structures."""
    return {
        "code": "tableau",
        "name": "Tableau de suivi",
        "kind": "workbook",
        "filled_by": "structure",
        "mode": "data_table",
        "innovations": [innovation],
        "versions": [
            {
                "version": 1,
                "occasions": list(occasions),
                "sheets": [{"name": "Données", "items": [{"code": "personnes", "label": "Personnes"}]}],
            }
        ],
    }


def _no_wait(_seconds: float) -> None:
    """Return at once."""


@contextmanager
def small_programme(
    monkeypatch: pytest.MonkeyPatch,
    folder: Path,
    *,
    survey: str = DATED,
    structures: Iterable[str] = ("STR1", "STR2", "STR3"),
    left: Mapping[str, str] | None = None,
    page_size: int = 1000,
    over_numbers: str = "mean",
    only_numbers: bool = False,
    number: str = "budget",
    occasions: Mapping[str, int] | None = None,
    **instrument: Any,
) -> Generator[Small]:
    """Write the programme folder, open the survey on a simulated server, and accept its questionnaire as the baseline.

    One cohort, trained until 30 June 2025, owes the survey at M06: due on 30 December, on time until 14 January 2026.

    Args:
        monkeypatch: Sets the environment variables of the server.
        folder: The programme folder to create.
        survey: File name of the survey.
        structures: Codes of the structures.
        left: Dates on which structures left.
        page_size: Responses per export request.
        over_numbers: How the budgets of several respondents are aggregated.
        only_numbers: Whether the crosswalk maps only the budget.
        number: The question that asks for the budget.
        occasions: The months of the occasions that share the survey, by code; only M06 by default.
        instrument: Further keys of the instrument in programme.yaml.

    Yields:
        The programme.
    """
    on_server = Survey.from_lss(SURVEYS / survey)
    on_server.activate()
    shared = occasions or {"M06": 6}
    settings = {
        "programme": "petit",
        "name": "Un petit programme",
        "timezone": "Europe/Paris",
        "occasions": [
            {"code": code, "months": months, "phase": 1 if code == "M06" else None} for code, months in shared.items()
        ],
        "innovations": [{"code": "INNO", "name": "Une innovation"}],
        "cohorts": [{"code": "C-1", "innovation": "INNO", "name": "Première vague", "anchor_on": "2025-06-30"}],
        "evaluators": [
            {"code": "E", "name": "Personne Inventée", "email": "evaluation@example.org", "follows": ["INNO"]}
        ],
        "instruments": [
            {
                "code": "suivi",
                "name": "Questionnaire de suivi",
                "kind": "limesurvey",
                "filled_by": "structure",
                "mode": "online",
                "innovations": ["INNO"],
                "identifiers": ["nom"],
                "versions": [{"version": 1, "occasions": list(shared), "survey_id": on_server.sid}],
                **instrument,
            }
        ],
        "sources": {"limesurvey": {"url": "http://127.0.0.1:1/", "page_size": page_size}},
    }
    enrolments = [
        f"{code},Structure {code},C-1,{(left or {}).get(code, '')},,true,accueil@example.org\n" for code in structures
    ]
    lines = _CROSSWALK.splitlines(keepends=True)
    files = {
        "programme.yaml": json.dumps(settings, indent=1),
        "structures.csv": "structure_code,structure_name,cohort_code,left_on,left_reason,is_invented,contact\n"
        + "".join(enrolments),
        "codebook.csv": _CODEBOOK.format(over_numbers=over_numbers),
        "crosswalk.csv": "".join(
            line.replace("budget", number, 1) for line in lines if not (only_numbers and "adopt" in line)
        ),
        "recodes.csv": _RECODES[: _RECODES.index("adoption")] if only_numbers else _RECODES,
    }
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    # Pauses between retries have tests of their own, so they are skipped here.
    defaults = LimeSurvey.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "wait", _no_wait)
    with served(monkeypatch, State([on_server], [USER])) as simulator:
        small = Small(folder, on_server, simulator)
        small.accept()
        yield small
