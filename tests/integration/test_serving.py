"""Test scheduled runs, from the API of the server to the rows in the warehouse, and the pages of Prefect."""

import json
import os
import re
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from cryptography.fernet import Fernet
from openpyxl import Workbook
from running import ROOT, USER
from serving import Serving, serving
from small_programme import AS_OF, Small, small_programme

CANARY = "Zyzomys Canari"
ABSENT = 999_999
HOLD_ALERTS = yaml.safe_load((ROOT / "deploy" / "hold_alerts.yaml").read_text(encoding="utf-8"))
SECRETS = {
    "ESSAIM_SMTP_PASSWORD": "mail-password-canary",
    "ESSAIM_APPRISE_URLS": "json://127.0.0.1:1/token-canary",
    "ESSAIM_LANDING_KEY": Fernet.generate_key().decode(),
}


@dataclass(frozen=True)
class Served:
    """A collection that ran by its schedule, recorded before the server stopped."""

    small: Small
    run: dict[str, Any]
    tasks: list[dict[str, Any]]
    artifacts: list[dict[str, Any]]
    logs: list[str]
    events: list[dict[str, Any]]
    deployments: list[dict[str, Any]]
    linked: dict[str, str]
    are_alerts_held: bool
    code: int
    url: httpx.URL
    traces: list[Path]


def _answered(small: Small) -> None:
    """Answer for two structures, one with a name in place of a number; damage a workbook; leave a survey unanswered."""
    small.add_participants("STR1", "STR2")
    small.survey.add_participant(
        token="token-canary", attributes={"attribute_1": "STR3", "attribute_2": "C-1"}, firstname=CANARY
    )
    small.answer("str1")
    small.answer("token-canary", nom=CANARY, budget=CANARY)
    settings = json.loads((small.folder / "programme.yaml").read_text(encoding="utf-8"))
    settings["sources"]["inbox"] = {"path": "inbox"}
    settings["occasions"].insert(0, {"code": "M03", "months": 3})
    settings["instruments"][0]["versions"].append({"version": 2, "occasions": ["M03"], "survey_id": ABSENT})
    (small.folder / "programme.yaml").write_text(json.dumps(settings), encoding="utf-8")
    (small.folder / "inbox").mkdir()
    book = Workbook()
    book.create_sheet("Identité")["B1"] = CANARY
    book.save(small.folder / "inbox" / "C-1__STR2__M06__tableau.xlsx")


@pytest.fixture(scope="module")
def served(own_home: None, tmp_path_factory: pytest.TempPathFactory) -> Generator[Served]:
    """Run one server and one worker for all tests of this file."""
    place = tmp_path_factory.mktemp("serving")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in SECRETS.items():
            patch.setenv(name, value)
        patch.setenv("PREFECT_HOME", str(place / "prefect"))
        with small_programme(patch, place / "programme") as small:
            _answered(small)
            with serving(small.folder, place / "serve.log") as server:
                server.automate(HOLD_ALERTS)
                run = server.scheduled("quarterly", {"as_of": AS_OF.isoformat()})
                yield _seen(server, small, run)


def _seen(server: Serving, small: Small, run: dict[str, Any]) -> Served:
    of_run = {"flow_run_id": {"any_": [run["id"]]}}
    artifacts = server.query("/artifacts/filter", artifacts=of_run)
    (summary,) = [artifact["data"] for artifact in artifacts if artifact["key"] == "summary"]
    links = re.findall(r"\[(.+?)\]\((.+?)\)", summary)
    return Served(
        small=small,
        run=run,
        tasks=server.query("/task_runs/filter", flow_runs={"id": {"any_": [run["id"]]}}),
        artifacts=artifacts,
        logs=[line["message"] for line in server.query("/logs/filter", logs=of_run)],
        events=server.events("essaim."),
        deployments=server.query("/deployments/filter"),
        linked={label: httpx.get(address).raise_for_status().text for label, address in links},
        # One run was missed before these.
        are_alerts_held=server.are_alerts_held(times=49),
        code=server.stop(),
        url=server.api.base_url,
        traces=[server.log, small.paths.prefect_log, *small.paths.var.glob("prefect.db*")],
    )


def test_a_scheduled_collection_runs_from_the_server_to_the_rows_in_the_warehouse(served: Served) -> None:
    assert served.run["state_type"] == "COMPLETED", served.logs
    assert served.run["name"] == "collection of 2026-Q1, 2026-03-31"
    of_the_survey = "select state from analytics.return_status where occasion_code = 'M06' order by structure_code"
    assert served.small.rows(of_the_survey) == [("received",), ("missing",), ("quarantined",)]


def test_a_run_with_returns_to_be_corrected_is_completed_and_says_so(served: Served) -> None:
    assert served.run["state_name"] == "Completed"
    assert served.run["state"]["message"].startswith("A person is needed: ")
    assert "1 missing, 1 quarantined, 3 could not be checked" in served.run["state"]["message"]


def test_tasks_are_named_for_the_survey_or_the_file_that_they_handle(served: Served) -> None:
    names = {task["name"] for task in served.tasks}
    survey = served.small.survey.sid
    assert len([name for name in names if name.startswith("read workbook of sha256 ")]) == 1
    assert {f"fetch survey {survey}", f"load survey {survey}", "read inbox", "build views"} <= names


def test_a_source_that_could_not_be_read_fails_its_own_tasks_and_no_others(served: Served) -> None:
    failed = {task["name"]: task["state"]["message"] for task in served.tasks if task["state_type"] != "COMPLETED"}
    (workbook,) = (name for name in failed if name.startswith("read workbook"))
    assert set(failed) == {f"fetch survey {ABSENT}", f"load survey {ABSENT}", workbook}
    assert "Run essaim status to see why" in failed[workbook]
    assert f"survey {ABSENT}" in failed[f"fetch survey {ABSENT}"]
    assert {
        row[0] for row in served.small.rows("select state from analytics.return_status where occasion_code = 'M03'")
    } == {"unverifiable"}


def test_a_person_sees_a_table_of_returns_a_summary_and_what_a_run_says(served: Served) -> None:
    shown = {artifact["key"]: artifact for artifact in served.artifacts}
    assert json.loads(shown["returns"]["data"])[-1]["expected"] == 6
    assert "essaim status" in shown["needs-a-person"]["data"]
    assert shown["needs-a-person"]["data"].splitlines()[0] in served.run["state"]["message"]
    assert any("Building the views" in line for line in served.logs)


def test_the_links_of_the_summary_open_the_report_and_the_data_docs(served: Served) -> None:
    assert list(served.linked) == ["Report of 2026-03-31", "Checks of this run (Data Docs)"]
    report, docs = served.linked.values()
    assert report == served.small.paths.report(AS_OF, "fr").read_text(encoding="utf-8")
    assert served.run["name"].endswith(str(AS_OF))
    assert "Data Docs of collect-2026-03-31" in docs


def test_what_dbt_builds_is_shown_node_by_node(served: Served) -> None:
    (views,) = [json.loads(artifact["data"]) for artifact in served.artifacts if artifact["key"] == "views"]
    built = {node["name"]: node for node in views}
    assert built["return_status"]["kind"] == "model"
    assert built["return_status"]["outcome"] == "success"
    assert {"model", "seed", "test"} <= {node["kind"] for node in views}
    assert any(line.startswith("model return_status: success") for line in served.logs)


def test_each_return_that_is_decided_is_an_event_with_codes_only(served: Served) -> None:
    changes = {event["resource"]["essaim.structure"]: event for event in served.events}
    assert {structure: event["event"] for structure, event in changes.items()} == {
        "STR1": "essaim.return.received",
        "STR2": "essaim.return.missing",
        "STR3": "essaim.return.quarantined",
    }
    assert changes["STR2"]["payload"] == {"state": "missing", "was": None, "due_on": "2025-12-30"}


def test_fifty_returns_that_turn_missing_within_an_hour_hold_the_alerts(served: Served) -> None:
    assert served.are_alerts_held


def test_the_schedules_keep_the_programme_s_time_and_the_forms_say_what_they_take(served: Served) -> None:
    for deployment in served.deployments:
        crons = [one["schedule"] for one in deployment["schedules"] if "cron" in one["schedule"]]
        assert bool(crons) == (deployment["name"] != "past-period")
        assert {cron["timezone"] for cron in crons} <= {"Europe/Paris"}
        assert deployment["pull_steps"] == []
        assert all(one["description"] for one in deployment["parameter_openapi_schema"]["properties"].values())


def test_no_personal_data_and_no_secret_is_left_in_what_prefect_keeps(served: Served) -> None:
    canaries = [CANARY, "token-canary", USER.password, *SECRETS.values()]
    looked_at = {
        path: path.read_bytes() for path in [*served.traces, *_files(Path(served.traces[0]).parent / "prefect")]
    }
    assert sum(map(len, looked_at.values())) > 100_000
    assert any(b"2026-Q1" in content for content in looked_at.values())
    found = [
        (str(path), canary) for path, content in looked_at.items() for canary in canaries if canary.encode() in content
    ]
    assert found == []


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_interrupted_it_leaves_no_process_behind(served: Served) -> None:
    assert served.code == 0
    with pytest.raises(httpx.ConnectError):
        httpx.get(served.url)
    mark = f"ESSAIM_PROGRAMME={served.small.folder}".encode()
    left = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if int(process.name) != os.getpid() and mark in (process / "environ").read_bytes():
                left.append((process / "cmdline").read_bytes())
        except OSError:
            continue
    assert left == []
