"""Test runs in any order of their days: a response counts once, and what a day was believed to be stays."""

from datetime import date, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from believed import Counted, counted_on, known_on
from small_programme import Small, small_programme

from tasks.simulator.collected import StoredResponse

STRUCTURES, STEADY = ("STR1", "STR2", "STR3", "STR4"), "STR5"
"""Something happens to the responses of four structures. The fifth answers once: an emptied survey is not read."""
FIRST = date(2025, 12, 1)
EVENTS = ("answer", "answer", "begin", "complete", "edit", "edit without a date", "delete", "restore", "move", "move")


class Server:
    """The survey on the server, on which something happens."""

    def __init__(self, small: Small, chance: Random) -> None:
        self._small, self._chance = small, chance
        self._steady = small.answer(STEADY.lower(), f"{FIRST} 08:00:00")
        self._deleted: dict[int, StoredResponse] = {}

    def go_on(self, day: date) -> None:
        """Let something happen on a day, or nothing."""
        survey, chance = self._small.survey, self._chance
        at, value = f"{day} {chance.randrange(8, 20):02}:00:00", str(chance.randrange(1, 1000))
        token = chance.choice(STRUCTURES).lower()
        number = chance.choice([*(number for number in survey.responses if number != self._steady), None])
        match chance.choice(EVENTS):
            case "answer":
                self._small.answer(token, at, budget=value)
            case "begin":
                survey.add_response({"adopt": "oui"}, token=token, datestamp=at)
            case "complete" if number is not None and survey.responses[number].submitdate is None:
                survey.complete(number, {"budget": value}, at=at)
            case "edit" if number is not None:
                survey.edit(number, {"budget": value}, at=at)
            case "edit without a date" if number is not None:
                survey.edit(number, {"budget": value})
            case "delete" if number is not None:
                self._deleted[number] = survey.responses[number]
                survey.delete_response(number)
            case "restore" if self._deleted:
                survey.put_response(self._deleted.pop(chance.choice([*self._deleted])))
            case "move":
                survey.participant(token).attributes["attribute_1"] = chance.choice(STRUCTURES)
            case _:
                pass


@pytest.mark.parametrize(("seed", "engine"), [(0, "duckdb"), (1, "duckdb"), (2, "postgresql")])
def test_a_response_counts_once_and_a_run_as_of_an_earlier_day_adds_only_what_had_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, seed: int, engine: str
) -> None:
    if engine == "postgresql":
        monkeypatch.setenv("ESSAIM_WAREHOUSE_URL", request.getfixturevalue("database").url)
    chance = Random(seed)
    with small_programme(monkeypatch, tmp_path / "programme", structures=(*STRUCTURES, STEADY)) as small:
        small.survey.settings["alloweditaftercompletion"] = "Y"
        small.add_participants(*STRUCTURES, STEADY)
        server = Server(small, chance)
        collected: set[date] = set()
        for day in (FIRST + timedelta(days=4 * n) for n in range(14)):
            for _ in range(chance.randrange(4)):
                server.go_on(day)
            is_earlier = bool(collected) and chance.random() < 0.5
            as_of = FIRST + timedelta(days=chance.randrange((day - FIRST).days)) if is_earlier else day
            later = sorted(other for other in collected if other > as_of)
            before = [(counted_on(small, other), known_on(small, other)) for other in later]
            small.collect(as_of, weekly=chance.random() < 0.3)
            collected.add(as_of)
            for other in collected:
                assert all(len(versions) == 1 for versions in counted_on(small, other).values()), (as_of, other)
            for other, (counted, known) in zip(later, before, strict=True):
                assert_only_answers_were_added(counted, known, counted_on(small, other), as_of)
        # What the runs as of earlier days left, a run as of a later day finds.
        last = FIRST + timedelta(days=60)
        small.collect(last)
        structures = {row.token: row.attributes["attribute_1"] for row in small.survey.participants.values()}
        assert {
            number: [one.expected_return_id for one in versions] for number, versions in counted_on(small, last).items()
        } == {
            number: [f"C-1/{structures[row.token or '']}/M06/suivi"] for number, row in small.survey.responses.items()
        }


def assert_only_answers_were_added(
    before: dict[int, list[Counted]], known: set[int], after: dict[int, list[Counted]], as_of: date
) -> None:
    """Compare what counts as of a collected day before and after a run as of an earlier day."""
    for number, (counted,) in before.items():
        (now,) = after[number]
        assert now.expected_return_id == counted.expected_return_id, number
        assert now == counted or counted.answered_at < now.answered_at < datetime(*as_of.timetuple()[:3], 22), number
    for number in after.keys() - before.keys():
        assert number not in known, number
        assert after[number][0].answered_at.date() <= as_of, number
