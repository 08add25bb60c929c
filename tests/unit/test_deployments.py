"""Test the deployments of prefect.yaml: each flow can be loaded, and runs on its schedule."""

import asyncio
from datetime import datetime
from inspect import signature
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import yaml

from schemas.enums import Pace

DEPLOYMENTS = {
    deployment["name"]: deployment
    for deployment in yaml.safe_load((Path(__file__).parents[2] / "prefect.yaml").read_text(encoding="utf-8"))[
        "deployments"
    ]
}
PARIS = ZoneInfo("Europe/Paris")


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_every_entry_point_loads_and_takes_its_parameters(name: str) -> None:
    from prefect.flows import load_flow_from_entrypoint

    flow = load_flow_from_entrypoint(DEPLOYMENTS[name]["entrypoint"])
    assert set(DEPLOYMENTS[name].get("parameters", {})) <= set(signature(flow.fn).parameters)


@pytest.mark.parametrize(
    ("name", "after", "expected"),
    [
        (
            "quarterly",
            datetime(2019, 1, 15, tzinfo=PARIS),
            [(2019, 4, 1, 6), (2019, 7, 1, 6), (2019, 10, 1, 6), (2020, 1, 1, 6)],
        ),
        ("weekly", datetime(2019, 3, 27, tzinfo=PARIS), [(2019, 4, 1, 5), (2019, 4, 8, 5)]),
        ("working-days", datetime(2019, 3, 29, 8, tzinfo=PARIS), [(2019, 4, 1, 7), (2019, 4, 2, 7)]),
        ("monthly", datetime(2019, 3, 29, 8, tzinfo=PARIS), [(2019, 4, 2, 3), (2019, 5, 2, 3)]),
    ],
)
def test_a_schedule_keeps_the_programme_s_time(name: str, after: datetime, expected: list[tuple[int, ...]]) -> None:

    from prefect.server.schemas.schedules import CronSchedule

    declared: dict[str, Any]
    (declared,) = DEPLOYMENTS[name]["schedules"]
    assert declared["timezone"] == "{{ $ESSAIM_TIMEZONE }}"
    declared = declared | {"timezone": "Europe/Paris"}
    dates = asyncio.run(CronSchedule(**declared).get_dates(n=len(expected), start=after))
    local = [moment.astimezone(PARIS) for moment in dates]
    assert [(moment.year, moment.month, moment.day, moment.hour) for moment in local] == expected


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_every_flow_has_a_limit_of_time_and_no_retries_and_says_what_its_form_takes(name: str) -> None:
    from prefect.flows import load_flow_from_entrypoint

    flow = load_flow_from_entrypoint(DEPLOYMENTS[name]["entrypoint"])
    assert flow.timeout_seconds
    # The next run, or a person, repeats a failed run: Prefect does not.
    assert not flow.retries
    described = flow.parameters.properties
    assert all(one.get("description") for one in described.values()), described
    assert DEPLOYMENTS[name]["tags"][0] == "essaim"


def test_a_day_a_pace_and_a_switch_are_typed_in_the_forms() -> None:
    from prefect.flows import load_flow_from_entrypoint

    form = load_flow_from_entrypoint(DEPLOYMENTS["past-period"]["entrypoint"]).parameters
    assert form.properties["first_on"]["format"] == "date"
    assert form.definitions["Pace"]["enum"] == list(Pace)
    assert form.required == ["first_on", "last_on"]
    collection = load_flow_from_entrypoint(DEPLOYMENTS["quarterly"]["entrypoint"]).parameters
    assert collection.properties["dry_run"]["type"] == "boolean"
