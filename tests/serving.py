"""Run `essaim serve` on the loopback address: a server, its deployments and a worker."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from running import ROOT

from flows.events import ReturnEvent

_QUICK = {
    "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "2",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_FLUSH_INTERVAL": "1",
    "PREFECT_WORKER_QUERY_SECONDS": "1",
}
_ENDED = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")


@dataclass
class Serving:
    """A running server, and the log of its output."""

    process: "subprocess.Popen[bytes]"
    api: httpx.Client
    log: Path

    def query(self, path: str, **wanted: Any) -> Any:
        """Return the server's response to a filter."""
        return self._posted(path, wanted)

    def _posted(self, path: str, content: Any) -> Any:
        answer = self.api.post(path, json=content)
        for _ in range(20):
            # While its SQLite file is locked the server answers 503; Prefect's own client retries too.
            if answer.status_code != 503:
                break
            time.sleep(1)
            answer = self.api.post(path, json=content)
        answer.raise_for_status()
        return answer.json()

    def scheduled(self, name: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Schedule a deployment some seconds ahead, and return its run when it has ended."""
        (deployment,) = self.query("/deployments/filter", deployments={"name": {"any_": [name]}})
        soon = (datetime.now(UTC) + timedelta(seconds=6)).isoformat()
        schedule = {"interval": 366 * 86_400, "anchor_date": soon}
        self._posted(f"/deployments/{deployment['id']}/schedules", [{"schedule": schedule, "parameters": parameters}])
        of_it = {"deployment_id": {"any_": [deployment["id"]]}, "state": {"type": {"any_": [*_ENDED]}}}
        deadline = time.monotonic() + 420
        while time.monotonic() < deadline:
            if ended := self.query("/flow_runs/filter", flow_runs=of_it):
                return ended[0]
            time.sleep(0.5)
        raise AssertionError(self.log.read_text())

    def events(self, prefix: str) -> list[dict[str, Any]]:
        """Return the events whose names start with a prefix.

        The server stores events with a delay: wait until there are some.
        """
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if found := self.query("/events/filter", filter={"event": {"prefix": [prefix]}})["events"]:
                return found
            time.sleep(0.5)
        return []

    def automate(self, automation: dict[str, Any]) -> None:
        """Create an automation that acts on the deployment of every working day, as in the documented example."""
        actions = [{**action, "deployment_id": self._working_days()["id"]} for action in automation["actions"]]
        self._posted("/automations/", {**automation, "actions": actions})

    def are_alerts_held(self, times: int) -> bool:
        """Emit events of missing returns, and return whether the deployment of every working day is then paused."""
        events = [
            {
                "id": str(uuid4()),
                "occurred": datetime.now(UTC).isoformat(),
                "event": ReturnEvent.MISSING.value,
                "resource": {"prefect.resource.id": f"essaim.return.C-2/STR{number}/M06/suivi"},
            }
            for number in range(times)
        ]
        if self._working_days()["paused"]:
            raise AssertionError("the automation acted before there were enough events")
        self.api.post("/events", json=events).raise_for_status()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if self._working_days()["paused"]:
                return True
            time.sleep(0.5)
        return False

    def _working_days(self) -> dict[str, Any]:
        (deployment,) = self.query("/deployments/filter", deployments={"name": {"any_": ["working-days"]}})
        return deployment

    def stop(self) -> int:
        """Interrupt the server, as Ctrl-C does, and return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=60)


@contextmanager
def serving(
    folder: Path,
    log: Path,
    *,
    essaim: Sequence[str] = (sys.executable, "-m", "flows"),
    work: Path = ROOT,
    variables: Mapping[str, str] = os.environ,
) -> Generator[Serving]:
    """Serve a programme folder for the length of the context.

    Args:
        folder: The programme folder.
        log: File for the output of the server.
        essaim: The command line of `essaim`.
        work: The working folder.
        variables: The environment of the command.

    Yields:
        The running server.
    """
    command = [*essaim, "serve", "--programme", str(folder), "--port", "0", "--pages-port", "0"]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=work, stdout=output, stderr=output, env={**variables, **_QUICK})
    try:
        with httpx.Client(base_url=f"{_address(process, log)}/api", timeout=30) as api:
            server = Serving(process, api, log)
            yield server
            server.stop()
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def _address(process: "subprocess.Popen[bytes]", log: Path) -> str:
    deadline = time.monotonic() + 420
    while time.monotonic() < deadline and process.poll() is None:
        for line in log.read_text().splitlines():
            if line.startswith("Worker"):
                return next(one.split()[-1] for one in log.read_text().splitlines() if "The schedule is running" in one)
        time.sleep(0.2)
    raise AssertionError(log.read_text())
