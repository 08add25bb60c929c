"""Test that what the desk has acknowledged survives its death, and that of the run that applies it, and counts once."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
from desk_programme import FIRST, SECOND, Visited, decide, filled, give, open_desk
from running import ROOT

from schemas.settings import Environment, ProjectPaths
from tasks.links import Links, Purpose

DECIDED = "select count(*) from raw.decisions"
VERSIONS = "select count(*) from raw.returns"
RECEIPTS = "select count(*) from ops.receipts"


@contextmanager
def desk_process(folder: Path) -> Generator[tuple[subprocess.Popen[str], str]]:
    """Run `essaim desk` in a process of its own, and yield it with its address."""
    command = [sys.executable, "-u", "-m", "flows", "desk", "--port", "0", "--leave", "--programme", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        try:
            line = process.stdout.readline()
            address = re.findall(r"http://\S+", line)
            assert address, line
            yield process, address[0].rstrip("/")
        finally:
            process.kill()


def test_what_was_acknowledged_before_the_desk_was_killed_is_applied(collected: Path):
    links = Links(ProjectPaths(collected), Environment())
    with (
        desk_process(collected) as (process, address),
        httpx.Client(base_url=address, follow_redirects=True, timeout=60) as browser,
    ):
        browser.post(f"/sign-in/{links.made(Purpose.SIGN_IN, 'ANNE')}", data={"next": "/"})
        template = browser.get(f"/workbook/{FIRST}").content
        given = give(browser, f"/send/{links.made(Purpose.SEND, FIRST)}", filled(template, 12))
        assert "Reçu, numéro" in given.text
        assert decide(browser, f"/decide/waive/{SECOND}", reason="Jamais formée").status_code == 200
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    with open_desk(collected) as visited:
        visited.commands.run("collect")
        assert visited.state(FIRST) in {"received", "late"}
        assert visited.state(SECOND) == "waived"


def test_a_desk_that_is_asked_to_end_ends_in_order(collected: Path):
    with desk_process(collected) as (process, address):
        assert httpx.get(address).status_code == 200
        process.terminate()
        assert process.wait(timeout=30) == 0


def test_a_run_that_is_killed_at_every_step_applies_each_item_once(collected: Path):
    with open_desk(collected) as visited:
        give_and_decide(visited)
    for milestone in ("Planned", "Read the inbox", "Checking", "Loaded"):
        killed_at(collected, "apply", milestone)
    killed_at(collected, "collect", "Building")
    with open_desk(collected) as visited:
        visited.commands.run("collect")
        counts = [visited.commands.rows(sql) for sql in (DECIDED, VERSIONS, RECEIPTS)]
        assert counts == [[(1,)], [(3,)], [(3,)]]
        value = visited.commands.rows(
            "select value_number from analytics.cohort_panel "
            "where enrolment_id = 'C-1/STR1' and occasion_code = 'M06' and indicator_code = 'personnes'"
        )
        assert value == [(10.0,)]
        assert visited.state(SECOND) == "waived"
        assert visited.commands.try_to("apply").out == "Nothing waits to be applied.\n"


def give_and_decide(visited: Visited) -> None:
    """Give three workbooks, of which the last has the content of the first, and decide once."""
    browser, page = visited.browser(), visited.link_to_send(FIRST)
    template = browser.get(f"{page}/workbook").content
    for persons in (10, 20, 10):
        assert "Reçu, numéro" in give(browser, page, filled(template, persons)).text
    decide(visited.signed_in("ANNE"), f"/decide/waive/{SECOND}", reason="Jamais formée")


def killed_at(folder: Path, command: str, milestone: str) -> None:
    """Start a command, and kill it at a line of its log."""
    arguments = [sys.executable, "-u", "-m", "flows", command, "--programme", str(folder)]
    with subprocess.Popen(arguments, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith(milestone):
                process.kill()
                break
        process.wait()
    assert process.returncode == -signal.SIGKILL, milestone
