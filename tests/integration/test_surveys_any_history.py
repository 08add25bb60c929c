"""Test random histories of a survey: who answered is not called missing, and nobody is chased in vain.

The questions that count are `adopt` and `budget`, so one answer is half of them, and makes a return partial at least.
"""

import shutil
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from random import Random

import pytest
from small_programme import AS_OF, Small, small_programme

from schemas.enums import AlertKind, DecisionKind
from schemas.settings import Environment
from tasks.alerts.deciding import alerts_due
from tasks.decisions import Decision, decide, with_departures
from tasks.programme import read_programme
from tasks.run import recorded_run
from warehouse.connection import open_warehouse
from warehouse.views import return_status

STRUCTURES, STEADY = ("STR1", "STR2", "STR3"), "STR4"
"""A random history is lived by three structures. The fourth answers once: a survey that is emptied is a mishap."""
FIRST = date(2025, 12, 1)
DUE, ON_TIME_UNTIL = date(2025, 12, 30), date(2026, 1, 14)
ANSWERS = ({"adopt": "oui"}, {"budget": "100"}, {"adopt": "enc", "budget": "7"}, {"nom": "Personne Inventée"}, {})
BLANK = {"adopt": "", "budget": ""}


@dataclass
class History:
    """Live a random history on the server: responses that begin, go on, are submitted, edited, emptied and deleted."""

    small: Small
    chance: Random
    numbers: dict[str, int] = field(default_factory=dict)
    given: dict[str, dict[str, str]] = field(default_factory=dict)
    emptied: set[str] = field(default_factory=set)
    waived: set[str] = field(default_factory=set)
    left_on: dict[str, date] = field(default_factory=dict)

    def go_on(self, day: date) -> None:
        """Let something happen on a day, or nothing."""
        structure = self.chance.choice(STRUCTURES)
        at = f"{day} {self.chance.randrange(8, 20):02}:00:00"
        match self.chance.choice(("answer", "answer", "submit", "submit", "empty", "delete", "waive", "leave", "none")):
            case "answer":
                self._answer(structure, self.chance.choice(ANSWERS), at)
            case "submit":
                self.submit(structure, self.chance.choice(ANSWERS), at)
            case "empty" if structure in self.numbers:
                self.submit(structure, BLANK, at)
                self.emptied.add(structure)
            case "delete" if structure in self.numbers:
                self.small.survey.delete_response(self.numbers.pop(structure))
                self.given.pop(structure)
                self.emptied.discard(structure)
            case "waive" if self.chance.random() < 0.3:
                self._decide(DecisionKind.WAIVE, f"C-1/{structure}/M06/suivi", day)
                self.waived.add(structure)
            case "leave" if self.chance.random() < 0.3 and structure not in self.left_on:
                self._decide(DecisionKind.LEAVE, f"C-1/{structure}", day)
                self.left_on[structure] = day
            case _:
                pass

    def has_answered(self, structure: str) -> bool:
        """Return whether a response on the server answers a question that counts."""
        given = self.given.get(structure, {})
        return any(given.get(code) for code in BLANK)

    def _answer(self, structure: str, answers: dict[str, str], at: str) -> None:
        """Begin a response, or go on with one that is not submitted."""
        survey, number = self.small.survey, self.numbers.get(structure)
        if number is None:
            self.numbers[structure] = survey.add_response(answers, token=structure.lower(), datestamp=at)
        elif survey.responses[number].submitdate is None:
            survey.answer(number, answers, at=at)
        else:
            return
        self.given[structure] = {**self.given.get(structure, {}), **answers}

    def submit(self, structure: str, answers: dict[str, str], at: str) -> None:
        """Submit a response, or one again. A question that was shown and not answered is an empty text."""
        survey, number = self.small.survey, self.numbers.get(structure)
        shown = {**BLANK, **self.given.get(structure, {}), **answers}
        if number is None:
            self.numbers[structure] = survey.add_response(shown, token=structure.lower(), submitdate=at, datestamp=at)
        else:
            survey.complete(number, shown, at=at)
        self.given[structure] = shown

    def _decide(self, kind: DecisionKind, subject: str, day: date) -> None:
        effective_on = day if kind is DecisionKind.LEAVE else None
        programme = read_programme(self.small.folder)
        with recorded_run(self.small.paths, programme, Environment(), command=kind.value, as_of=day) as run:
            decide(run, Decision(kind, effective_on, "E", "invented"), [subject], {})


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_whatever_happened_who_answered_is_not_missing_and_not_chased(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    chance = Random(seed)
    everybody = (*STRUCTURES, STEADY)
    with small_programme(monkeypatch, tmp_path / "programme", structures=everybody, reminders=True) as small:
        small.survey.settings["alloweditaftercompletion"] = "Y"
        small.add_participants(*everybody)
        history = History(small, chance)
        history.submit(STEADY, {"adopt": "oui"}, f"{FIRST} 08:00:00")
        days = sorted(chance.sample(range(1, (AS_OF - FIRST).days), 14))
        small.collect(FIRST)
        for n, offset in enumerate(days):
            day = FIRST + timedelta(days=offset)
            history.go_on(day)
            small.collect(day, weekly=chance.random() < 0.5)
            if n == len(days) // 2:
                small.collect(day, views=True)
                assert_true(history, day)
        small.collect(AS_OF, views=True)
        assert_true(history, AS_OF)
        assert_independent_of_order(small, chance, tmp_path)


def assert_true(history: History, day: date) -> None:
    """Compare states and alerts with what is on the server."""
    with open_warehouse(history.small.paths) as warehouse:
        statuses = return_status(warehouse)
    states = {status.structure_code: status.state.value for status in statuses}
    for structure, state in states.items():
        left_on = history.left_on.get(structure)
        if history.has_answered(structure):
            others = {"waived"} if structure in history.waived else set[str]()
            others |= {"left"} if left_on is not None and left_on < DUE else set()
            assert state in {"received", "late", "partial", *others}, (structure, state)
        elif structure in history.emptied:
            # The earlier answers still count, if a run has seen them.
            continue
        elif structure in history.waived:
            assert state == "waived", (structure, state)
        elif left_on is not None and left_on < DUE:
            assert state == "left", (structure, state)
        else:
            assert state == ("missing" if day > ON_TIME_UNTIL else "open"), (structure, state)
    departures = {f"C-1/{structure}": left_on for structure, left_on in history.left_on.items()}
    programme = with_departures(read_programme(history.small.folder), departures)
    chased = {(alert.status.structure_code, alert.kind) for alert in alerts_due(programme, statuses, day)}
    for structure, kind in chased:
        assert states[structure] not in {"received", "late", "waived", "left"}, (structure, kind)
        assert kind is not AlertKind.REMINDED or structure not in history.left_on, (structure, kind)


def assert_independent_of_order(small: Small, chance: Random, tmp_path: Path) -> None:
    """Run two further warehouses against the same server: one in a random order of days, one once."""
    found = []
    for name, days in (("shuffled", chance.sample(range((AS_OF - FIRST).days), 3)), ("once", [])):
        folder = tmp_path / name
        shutil.copytree(small.folder, folder, ignore=shutil.ignore_patterns("var"))
        other = Small(folder, small.survey, small.simulator)
        for offset in days:
            other.collect(FIRST + timedelta(days=offset), weekly=chance.random() < 0.5)
        other.collect(AS_OF, views=True)
        found.append(
            other.rows(
                "select status.expected_return_id, status.state, status.arrived_on, values.indicator_code, "
                "values.value_number, values.value_text, values.missing_reason from analytics.return_status as status "
                "left join marts.fct_observation as values using (expected_return_id) order by all"
            )
        )
    assert found[0] == found[1]
