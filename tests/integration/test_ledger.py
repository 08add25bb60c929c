"""Test the ledger of alerts in a real warehouse: messages recorded, sent, postponed, refused, overtaken and retried."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Generator, Iterable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from chasing import DUE, owed, programme
from running import ROOT

from schemas.enums import DeliveryOutcome, MessageOutcome, ReturnState, StateReason, TargetDirection, TargetStatus
from schemas.settings import Environment, ProjectPaths
from schemas.tables import MESSAGES, sql_table
from tasks.alerts import (
    Alert,
    AnyAlert,
    Outgoing,
    Sent,
    alerts_due,
    deliver_messages,
    new_digests,
    recipients,
    settle_overtaken,
    target_alerts,
)
from tasks.delivery import Delivery
from tasks.doctor import examine_places
from warehouse.alerts import alert_history, dead_messages, record_messages, reported_targets, revive
from warehouse.connection import Warehouse
from warehouse.duckdb_engine import DuckDBWarehouse
from warehouse.targets import TargetProgress
from warehouse.views import ReturnStatus

DAY = date(2018, 7, 6)
NEXT = date(2018, 7, 7)
LATER = date(2018, 8, 6)
PROGRAMME = programme()
STATUSES = [owed(), owed("IPSO"), owed("ICARE", innovation="VITA")]
MAILBOX_FULL = "452 4.2.2 <b@example.org> Mailbox full\r\n try again"


@pytest.fixture
def warehouse(tmp_path: Path) -> Generator[Warehouse]:
    with DuckDBWarehouse(tmp_path / "warehouse.duckdb") as opened:
        yield opened


def run(
    warehouse: Warehouse, statuses: Sequence[ReturnStatus], day: date, send: Callable[[Outgoing], Delivery]
) -> list[Sent]:
    """Decide, record and send alerts, as a run does once the views are built."""
    people, alerts = recipients(PROGRAMME), alerts_due(PROGRAMME, statuses, day)
    settled = settle_overtaken(warehouse, people, alerts)
    new = new_digests(PROGRAMME, people, alerts, alert_history(warehouse), as_of=day, run_id="run")
    record_messages(warehouse, new.alerts, new.messages)
    return settled + deliver_messages(warehouse, people, alerts, {}, as_of=day, send=send)


def messages(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    rows = warehouse.execute(sql_table(MESSAGES).select().order_by("decided_on", "recipient_code"))
    names = [column.name for column in MESSAGES.columns]
    wanted = ("recipient_code", "decided_on", "outcome", "attempts", "last_words")
    return [tuple(dict(zip(names, row, strict=True))[name] for name in wanted) for row in rows]


def structures(alerts: Iterable[AnyAlert]) -> list[str]:
    return [alert.status.structure_code for alert in alerts if isinstance(alert, Alert)]


class Outbox:
    """A channel that records messages, and returns a given outcome."""

    def __init__(self, outcome: DeliveryOutcome = DeliveryOutcome.SENT, words: str = "250 OK") -> None:
        self.outcome, self.words = outcome, words
        self.digests: list[Outgoing] = []

    def __call__(self, digest: Outgoing) -> Delivery:
        self.digests.append(digest)
        return Delivery(self.outcome, self.words)

    @property
    def alerted(self) -> list[tuple[str, list[str]]]:
        return [(d.recipient.code, structures(d.alerts)) for d in self.digests]


def test_what_is_decided_is_sent_once_and_the_ledger_says_so(warehouse: Warehouse):
    outbox = Outbox()
    run(warehouse, STATUSES, DAY, outbox)
    run(warehouse, STATUSES, DAY, outbox)
    assert outbox.alerted == [("A", ["ICARE"]), ("B", ["NEO56", "IPSO", "ICARE"])]
    assert [d.recipient.email for d in outbox.digests] == ["a@example.org", "b@example.org"]
    assert messages(warehouse) == [("A", DAY, "sent", 1, "250 OK"), ("B", DAY, "sent", 1, "250 OK")]


def test_what_was_refused_for_now_is_tried_again_by_the_next_run_with_the_same_id(warehouse: Warehouse):
    busy, working = Outbox(DeliveryOutcome.POSTPONED, MAILBOX_FULL), Outbox()
    run(warehouse, STATUSES[:2], DAY, busy)
    assert messages(warehouse) == [("B", DAY, "postponed", 1, "452 4.2.2 … Mailbox full try again")]
    run(warehouse, STATUSES[:2], NEXT, working)
    assert messages(warehouse) == [("B", DAY, "sent", 2, "250 OK")]
    assert [d.message_id for d in working.digests] == [d.message_id for d in busy.digests]
    assert [(d.decided_on, d.as_of) for d in working.digests] == [(DAY, NEXT)]


def test_a_postponed_message_reports_the_states_at_the_time_of_sending(warehouse: Warehouse):
    run(warehouse, STATUSES[:2], DAY, Outbox(DeliveryOutcome.POSTPONED))
    working = Outbox()
    run(warehouse, [owed(state=ReturnState.LATE), owed("IPSO"), owed("ICARE")], NEXT, working)
    assert working.alerted == [("B", ["IPSO", "ICARE"])]
    (digest,) = working.digests
    assert structures(a for a in digest.alerts if a.alert_id in digest.decided) == ["IPSO"]
    assert structures(a for a in digest.alerts if a.alert_id in digest.new) == ["IPSO", "ICARE"]


def test_a_message_whose_returns_have_all_arrived_is_not_sent_any_more_and_holds_nothing_back(warehouse: Warehouse):
    run(warehouse, STATUSES[:2], DAY, Outbox(DeliveryOutcome.POSTPONED))
    working = Outbox()
    arrived = [owed(state=ReturnState.LATE), owed("IPSO", ReturnState.LATE), owed("ICARE")]
    ended = run(warehouse, arrived, NEXT, working)
    assert working.alerted == [("B", ["ICARE"])]
    assert [one.outcome for one in ended] == [MessageOutcome.OVERTAKEN, MessageOutcome.SENT]
    words = "All its alerts were settled before it could be sent."
    assert messages(warehouse) == [("B", DAY, "overtaken", 1, words), ("B", NEXT, "sent", 1, "250 OK")]


def test_a_message_to_somebody_whom_the_programme_no_longer_names_is_not_sent(warehouse: Warehouse):
    alerts = alerts_due(PROGRAMME, STATUSES[:1], DAY)
    new = new_digests(PROGRAMME, recipients(PROGRAMME), alerts, alert_history(warehouse), as_of=DAY, run_id="run")
    record_messages(warehouse, new.alerts, new.messages)
    outbox = Outbox()
    deliver_messages(warehouse, {}, alerts, {}, as_of=DAY, send=outbox)
    assert outbox.digests == []
    assert [row[2] for row in messages(warehouse)] == ["overtaken"]


def test_what_was_refused_for_good_is_a_dead_letter_until_a_message_arrives_there(warehouse: Warehouse):
    run(warehouse, STATUSES[:1], DAY, Outbox(DeliveryOutcome.REFUSED, "550 <b@example.org>: no such user"))
    assert [(m.recipient_code, m.last_words) for m in dead_messages(warehouse)] == [("B", "550 … no such user")]
    run(warehouse, STATUSES[:1], NEXT, Outbox())
    assert len(dead_messages(warehouse)) == 1
    run(warehouse, STATUSES[:1], LATER, Outbox())
    assert dead_messages(warehouse) == []


def test_a_dead_letter_is_tried_again_when_somebody_asks_for_it(warehouse: Warehouse):
    run(warehouse, STATUSES[:1], DAY, Outbox(DeliveryOutcome.REFUSED, "550 no such user"))
    assert revive(warehouse) == 1
    working = Outbox()
    run(warehouse, STATUSES[:1], NEXT, working)
    assert working.alerted == [("B", ["NEO56"])]
    assert messages(warehouse) == [("B", DAY, "sent", 2, "250 OK")]


def test_a_disk_that_is_full_postpones_a_message_and_stops_no_other(warehouse: Warehouse):
    def send(digest: Outgoing) -> Delivery:
        if digest.recipient.code == "A":
            raise OSError(28, "No space left on device", "/a/place")
        return Delivery(DeliveryOutcome.SENT, "")

    run(warehouse, STATUSES, DAY, send)
    assert [row[2:] for row in messages(warehouse)] == [
        ("postponed", 1, "No space left on device"),
        ("sent", 1, None),
    ]


def new_in(outbox: Outbox) -> list[list[str]]:
    """Return the structures that each message calls new."""
    return [structures(a for a in d.alerts if a.alert_id in d.new) for d in outbox.digests]


def test_a_reminder_is_not_new_and_another_kind_or_version_is(warehouse: Warehouse):
    outbox = Outbox()
    wrong = owed("IPSO", ReturnState.QUARANTINED, quarantined_return_id="v1")
    run(warehouse, [owed(), wrong], DAY, outbox)
    run(warehouse, [owed(), wrong], LATER, outbox)
    begun = owed(reason=StateReason.BEGUN)
    other = owed("IPSO", ReturnState.QUARANTINED, quarantined_return_id="v2")
    run(warehouse, [begun, other], date(2018, 9, 5), outbox)
    run(warehouse, [begun, other], date(2018, 10, 5), outbox)
    assert new_in(outbox) == [["NEO56", "IPSO"], [], ["NEO56", "IPSO"], []]


def test_what_is_new_depends_on_the_reader(warehouse: Warehouse):
    outbox = Outbox()
    run(warehouse, STATUSES[2:], DAY, outbox)
    run(warehouse, STATUSES, LATER, outbox)
    assert [(d.recipient.code, new) for d, new in zip(outbox.digests, new_in(outbox), strict=True)] == [
        ("A", ["ICARE"]),
        ("B", ["ICARE"]),
        ("A", []),
        ("B", ["NEO56", "IPSO"]),
    ]


def test_what_did_not_reach_its_reader_is_still_new(warehouse: Warehouse):
    run(warehouse, STATUSES[:1], DAY, Outbox(DeliveryOutcome.REFUSED, "550 no such user"))
    outbox = Outbox()
    run(warehouse, STATUSES[:1], LATER, outbox)
    assert new_in(outbox) == [["NEO56"]]


SENDS_AND_DIES = """
import os, signal, sys
from datetime import date
from pathlib import Path
from test_ledger import DAY, STATUSES, run
from schemas.settings import Environment, ProjectPaths
from schemas.enums import DeliveryOutcome
from tasks.delivery import Delivery
from warehouse.duckdb_engine import DuckDBWarehouse

folder, dies_at = Path(sys.argv[1]), int(sys.argv[2])

def send(digest):
    with (folder / "received").open("a") as received:
        received.write(digest.message_id + "\\n")
    if len((folder / "received").read_text().splitlines()) == dies_at:
        os.kill(os.getpid(), signal.SIGKILL)
    return Delivery(DeliveryOutcome.SENT, "")

with DuckDBWarehouse(folder / "warehouse.duckdb") as warehouse:
    run(warehouse, STATUSES, DAY, send)
"""


@pytest.mark.parametrize("dies_at", [1, 2])
def test_killed_between_the_answer_and_the_record_it_repeats_one_message_with_the_same_id(tmp_path: Path, dies_at: int):
    path = os.pathsep.join([str(ROOT), str(ROOT / "tests"), str(Path(__file__).parent)])
    endings = []
    for when in (dies_at, 0):
        command = [sys.executable, "-c", SENDS_AND_DIES, str(tmp_path), str(when)]
        endings.append(subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, check=False).returncode)
    assert endings == [-signal.SIGKILL, 0]
    received = (tmp_path / "received").read_text().splitlines()
    assert len(received) == 3
    assert len(set(received)) == 2
    assert received[dies_at - 1] == received[dies_at]
    with DuckDBWarehouse(tmp_path / "warehouse.duckdb") as warehouse:
        assert [row[:3] for row in messages(warehouse)] == [("A", DAY, "sent"), ("B", DAY, "sent")]


def test_the_doctor_reports_messages_that_wait_since_an_earlier_day_and_dead_letters(tmp_path: Path):
    paths = ProjectPaths(tmp_path)
    with DuckDBWarehouse(paths.warehouse) as warehouse:
        run(warehouse, STATUSES[:1], DAY, Outbox(DeliveryOutcome.REFUSED, "550 no such user"))
        run(warehouse, STATUSES, NEXT, Outbox(DeliveryOutcome.POSTPONED, MAILBOX_FULL))

    def sentences(day: date) -> list[str]:
        findings = examine_places(paths, Environment(), day)
        return [finding.detail for finding in findings if finding.checked == "messages" and not finding.is_well]

    assert [sentence.split(" was ")[0] for sentence in sentences(NEXT)] == [f"The mail of {DAY} to B"]
    assert [sentence.split(" waits,")[0] for sentence in sentences(LATER)[:-1]] == [
        f"The mail of {NEXT} to A",
        f"The mail of {NEXT} to B",
    ]
    assert "452 4.2.2 … Mailbox full" in sentences(LATER)[0]


def test_no_address_is_in_the_ledger(tmp_path: Path):
    with DuckDBWarehouse(tmp_path / "warehouse.duckdb") as warehouse:
        run(warehouse, STATUSES, DAY, Outbox(DeliveryOutcome.POSTPONED, MAILBOX_FULL))
        warehouse.checkpoint()
    assert b"example.org" not in (tmp_path / "warehouse.duckdb").read_bytes()


def test_the_day_of_the_tests_is_a_step_of_what_is_due():
    assert (DAY - DUE).days == 21


def test_a_claim_about_a_target_that_no_message_has_made_is_not_withdrawn(warehouse: Warehouse):
    missed = TargetProgress(
        target_id="LREF-1/M06/people",
        cohort_code="LREF-1",
        innovation_code="LREF",
        occasion_code="M06",
        indicator_code="people",
        unit=None,
        direction=TargetDirection.AT_LEAST,
        target=10,
        last_due_on=DUE,
        value=8,
        lower_value=8,
        upper_value=9,
        n_reported=2,
        n_expected=3,
        status=TargetStatus.MISSED,
    )

    def run_with(target: TargetProgress, day: date, outbox: Outbox) -> list[list[str]]:
        people = recipients(PROGRAMME)
        statuses = [owed(state=ReturnState.LATE)]
        alerts = target_alerts(PROGRAMME, [target], statuses, reported_targets(warehouse), day)
        settle_overtaken(warehouse, people, alerts)
        new = new_digests(PROGRAMME, people, alerts, alert_history(warehouse), as_of=day, run_id="run")
        record_messages(warehouse, new.alerts, new.messages)
        deliver_messages(warehouse, people, alerts, {}, as_of=day, send=outbox)
        return [[alert.kind.value for alert in digest.alerts] for digest in outbox.digests]

    met = replace(missed, status=TargetStatus.REACHED)
    assert run_with(missed, DAY, Outbox(DeliveryOutcome.POSTPONED)) == [["target_missed"]]
    assert run_with(met, NEXT, Outbox()) == []
    assert messages(warehouse)[0][2] == "overtaken"
    assert reported_targets(warehouse) == frozenset()
