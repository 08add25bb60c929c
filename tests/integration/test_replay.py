"""Test the mails of two years of the reference programme, working day by working day.

The SQL of the project, compiled by dbt for the demonstration, computes the states of each day from the data received
until then. `python tests/integration/test_replay.py DEMO` prints the list again.
"""

import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from chasing import Ledger
from running import Demo

from schemas.enums import ReturnState, StateReason
from schemas.programme import Lead, Programme
from schemas.settings import ProjectPaths
from tasks.alerts import LEAD
from tasks.programme import read_programme
from warehouse.views import ReturnStatus

FIRST, LAST = date(2017, 4, 1), date(2019, 3, 31)
EXPECTED = Path(__file__).parents[1] / "data" / "chase" / "two_years.txt"
DECISIONS = """
    insert into raw.decisions
    (kind, subject_id, is_undone, effective_on, decided_on, author, reason, run_id, known_at, loaded_at) values
    ('waive', 'VITA-1/VITA04/M18/suivi', false, null, '2017-08-01', 'A', 'closed in summer', 'r1', '2017-08-01', now()),
    ('snooze', 'GARDIEN-1/GARD07/M12/tableau', false, '2018-05-02', '2018-02-01', 'A', '', 'r2', '2018-02-01', now())
"""
"""The survey of VITA04 is waived; reminders for the second return are snoozed from February to 2 May."""


class Days:
    """Compute the states of all expected returns on any day with the SQL of the project."""

    def __init__(self, demo: Path, warehouse: Path) -> None:
        self.connection = duckdb.connect(str(warehouse))
        self.connection.execute(DECISIONS)
        states = compiled(
            demo,
            "int_return_states",
            {
                "intermediate.int_current_returns": "current_by_then",
                "staging.stg_decisions": "decided_by_then",
                "staging.stg_moment": "day",
            },
        )
        reasons = compiled(
            demo,
            "int_return_reasons",
            {
                "intermediate.int_return_states": "states",
                "intermediate.int_current_returns": "current_by_then",
                "intermediate.int_respondents": "respondents_by_then",
            },
        )
        self.sql = f"""
            with day as (select cast($1 as date) as as_of, cast($1 as date) as collected_on),
            versions_by_then as (select * from intermediate.int_return_versions where answered_on <= $1),
            current_by_then as (
                select current_returns.* from intermediate.int_current_returns as current_returns
                left join intermediate.int_return_versions as versions
                    on versions.return_id = current_returns.latest_return_id
                where coalesce(current_returns.arrived_on, versions.answered_on) <= $1
            ),
            respondents_by_then as (
                select respondents.* from intermediate.int_respondents as respondents
                inner join versions_by_then as versions on respondents.latest_return_id = versions.return_id
            ),
            decided_by_then as (select * from staging.stg_decisions where decided_on <= $1),
            states as ({states}),
            reasons as ({reasons})
            select
                states.expected_return_id, states.innovation_code, states.cohort_code,
                split_part(states.enrolment_id, '/', 2) as structure_code, '' as structure_name,
                states.occasion_code, states.instrument_code, states.source_id, states.due_on,
                states.on_time_until_on, null as days_late, states.state, reasons.state_reason,
                reasons.is_programme_to_mend, states.snoozed_until_on, states.is_source_read,
                states.quarantined_return_id, coalesce(current_by_then.n_respondents, 0) as n_respondents,
                states.minimum_respondents
            from states
            left join reasons using (expected_return_id)
            left join current_by_then using (expected_return_id)
            where states.state not in ('scheduled', 'received', 'late', 'left', 'waived')
            order by states.due_on, states.expected_return_id
        """

    def statuses(self, day: date) -> list[ReturnStatus]:
        answer = self.connection.execute(self.sql, [day])
        names = [column[0] for column in answer.description]
        rows: list[dict[str, Any]] = [dict(zip(names, row, strict=True)) for row in answer.fetchall()]
        for row in rows:
            row["state"], row["state_reason"] = ReturnState(row["state"]), StateReason(row["state_reason"])
        return [ReturnStatus(**row) for row in rows]


def compiled(demo: Path, model: str, put: Mapping[str, str]) -> str:
    """Return the SQL of a model as compiled for the demonstration, with other tables in the place of some."""
    (file,) = ProjectPaths(demo).dbt.glob(f"target/compiled/*/models/intermediate/{model}.sql")
    sql = file.read_text(encoding="utf-8")
    for found, other in put.items():
        schema, name = found.split(".")
        sql, count = re.subn(rf'"warehouse"\."{schema}"\."{name}"', other, sql)
        assert count
    return sql


def working_days() -> list[date]:
    days = [FIRST + timedelta(days=n) for n in range((LAST - FIRST).days + 1)]
    return [day for day in days if day.isoweekday() <= 5]


def escalating(programme: Programme) -> Programme:
    """Return the reference programme with a lead who is alerted after 90 days."""
    settings = programme.settings
    schedule = settings.schedule.model_copy(update={"escalate_after_days": 90})
    lead = Lead(name="Dominique Exemple", email="lead@example.org")
    return programme.model_copy(update={"settings": settings.model_copy(update={"schedule": schedule, "lead": lead})})


def replay(programme: Programme, states: Mapping[date, Sequence[ReturnStatus]], days: Sequence[date]) -> Ledger:
    ledger = Ledger(programme)
    for day in days:
        ledger.run(states[day], day)
    return ledger


def lines(ledger: Ledger) -> Iterator[str]:
    """Return one line per mail: day, recipient, and the number of newly reported returns by kind."""
    for message in ledger.messages.values():
        kinds = Counter(row["kind"] for row in ledger.alerts if row["message_id"] == message["message_id"])
        counts = "  ".join(f"{kind} {count}" for kind, count in sorted(kinds.items()))
        yield f"{message['decided_on']}  {message['recipient_code']:6}  {counts}"


def states_of(demo: Path, warehouse: Path) -> dict[date, list[ReturnStatus]]:
    days = Days(demo, warehouse)
    with days.connection:
        return {day: days.statuses(day) for day in working_days()}


@pytest.fixture(scope="module")
def states(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> dict[date, list[ReturnStatus]]:
    copy = tmp_path_factory.mktemp("replay") / "warehouse.duckdb"
    copy.write_bytes(ProjectPaths(demo.folder).warehouse.read_bytes())
    return states_of(demo.folder, copy)


@pytest.fixture(scope="module")
def programme(demo: Demo) -> Programme:
    return escalating(read_programme(demo.folder))


def test_two_years_day_by_day_give_exactly_the_mails_that_a_person_would_expect(
    programme: Programme, states: dict[date, list[ReturnStatus]]
):
    ledger = replay(programme, states, working_days())
    expected = [line for line in EXPECTED.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    assert list(lines(ledger)) == expected


def test_in_two_years_no_step_is_reported_twice_and_no_return_while_it_is_waived_or_snoozed(
    programme: Programme, states: dict[date, list[ReturnStatus]]
):
    ledger = replay(programme, states, working_days())
    assert len({row["alert_id"] for row in ledger.alerts}) == len(ledger.alerts)
    waived = [row["decided_on"] for row in ledger.alerts if row["expected_return_id"] == "VITA-1/VITA04/M18/suivi"]
    assert waived
    assert max(waived) < date(2017, 8, 1)
    put_off = [row["decided_on"] for row in ledger.alerts if "GARD07/M12/tableau" in row["expected_return_id"]]
    assert date(2018, 5, 2) in put_off
    assert not [day for day in put_off if date(2018, 2, 1) <= day < date(2018, 5, 2)]


def test_skipped_weeks_lose_no_return_that_lasts_and_repeat_none(
    programme: Programme, states: dict[date, list[ReturnStatus]]
):
    daily = replay(programme, states, working_days())
    weekly = replay(programme, states, [day for day in working_days() if day.isoweekday() == 1])
    of = {(row["expected_return_id"], row["kind"]) for row in daily.alerts if row["kind"] in ("missing", "escalated")}
    lasting = {
        (status.expected_return_id, "missing") for status in states[max(states)] if status.state is ReturnState.MISSING
    }
    alerted_weekly = {(row["expected_return_id"], row["kind"]) for row in weekly.alerts}
    assert lasting <= alerted_weekly
    assert {one for one in alerted_weekly if one[1] in ("missing", "escalated")} <= of
    assert len(weekly.alerts) <= len(daily.alerts)
    assert {row["alert_id"] for row in weekly.alerts if row["recipient_code"] == LEAD} <= {
        row["alert_id"] for row in daily.alerts
    }


if __name__ == "__main__":
    import shutil
    import tempfile

    source = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        found = states_of(source, Path(shutil.copy(ProjectPaths(source).warehouse, Path(folder) / "warehouse.duckdb")))
    for line in lines(replay(escalating(read_programme(source)), found, working_days())):
        sys.stdout.write(f"{line}\n")
