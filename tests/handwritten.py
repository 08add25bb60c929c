"""Load hand-written versions of returns as the steps of a run would, and build the views from them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time
from pathlib import Path
from zoneinfo import ZoneInfo

from building import build_all
from querying import Views

from schemas.enums import CheckOutcome, ReturnOutcome
from schemas.programme import Programme
from schemas.settings import ProjectPaths
from schemas.tables import ANSWERS, FINDINGS, RETURNS, ROW_ANSWERS
from tasks.programme.rows import programme_rows
from tasks.schedule.expected_returns import changes_to_plan
from warehouse.connection import Warehouse
from warehouse.known_plan import plan_known_by
from warehouse.loads import load_plan, load_programme, load_source_check, load_together
from warehouse.runs import Stamp, begin_run, last_instant_of


@dataclass(frozen=True)
class Version:
    """A hand-written version of a return."""

    expected_return_id: str
    answered_on: date
    answers: Mapping[str, str | None]
    sequence: int = 1
    outcome: ReturnOutcome = ReturnOutcome.LOADED
    is_submitted: bool = True
    findings: list[Mapping[str, str]] = field(default_factory=list)
    people: Mapping[str, Mapping[str, str | None]] = field(default_factory=dict)
    key_version: int = 1

    @property
    def return_id(self) -> str:
        return f"{self.expected_return_id}@{self.answered_on}#{self.sequence}"


def collect(warehouse: Warehouse, programme: Programme, day: date) -> Stamp:
    """Return the steps of a run before it reads any source."""
    stamp = begin_run(warehouse, run_id=f"run of {day}", command="collect", as_of=day, zone=programme.zone)
    load_programme(warehouse, programme.version, programme_rows(programme), stamp)
    load_plan(warehouse, changes_to_plan(plan_known_by(warehouse, stamp).planned, programme, day), stamp)
    return stamp


def check(warehouse: Warehouse, stamp: Stamp, source_id: str, outcome: CheckOutcome, detail: str | None = None) -> None:
    found = {"source_id": source_id, "outcome": outcome.value, "detail": detail}
    load_source_check(warehouse, found, stamp, ZoneInfo("Europe/Paris"))


def load(warehouse: Warehouse, stamp: Stamp, version: Version) -> None:
    instrument_code = version.expected_return_id.rsplit("/", 1)[1]
    returned = {
        "return_id": version.return_id,
        "expected_return_id": version.expected_return_id,
        "source_id": "limesurvey:310601" if instrument_code == "suivi" else "inbox",
        "receipt_id": f"receipt of {version.return_id}",
        "origin": f"{version.expected_return_id.replace('/', '_')}.xlsx",
        "respondent": "",
        "programme_version": "of the test",
        "content_sha256": version.return_id,
        "sequence": version.sequence,
        "is_submitted": version.is_submitted,
        "answered_at": datetime.combine(version.answered_on, time(10)),
        "answered_on": version.answered_on,
        "outcome": version.outcome.value,
    }
    answers = [
        {
            "return_id": version.return_id,
            "item": item,
            "question_code": item,
            "part": "value",
            "value_text": text,
            "location": f"where {item} stood",
        }
        for item, text in version.answers.items()
    ]
    findings = [
        {"return_id": version.return_id, "location": "B2", "check_name": "is_number", "severity": "error", **finding}
        for finding in version.findings
    ]
    nobody: dict[str, str | None] = {"emploi": None, "contrat": None, "formation": None}
    cells = [
        {
            "return_id": version.return_id,
            "sheet_name": "Participants",
            "row_number": row,
            "pseudonym": pseudonym,
            "key_version": version.key_version,
            "item": f"Participants!{column}",
            "value_text": text,
            "column_letters": "D",
        }
        for row, (pseudonym, values) in enumerate(version.people.items(), start=2)
        for column, text in {**nobody, **values}.items()
    ]
    tables = {RETURNS: [returned], ANSWERS: answers, ROW_ANSWERS: cells, FINDINGS: findings}
    load_together(warehouse, tables, stamp)


def build(paths: ProjectPaths, programme: Programme, day: date) -> None:
    build_all(paths, as_of=day, known_by=last_instant_of(day, programme.zone))


def built_copy(paths: ProjectPaths, programme: Programme, day: date, folder: Path) -> Views:
    copy = ProjectPaths(folder)
    copy.warehouse.parent.mkdir(parents=True)
    copy.warehouse.write_bytes(paths.warehouse.read_bytes())
    build(copy, programme, day)
    return Views(copy.warehouse)
