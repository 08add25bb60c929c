"""Run the real parts in tests: the command line, the demonstration, and the simulator of the survey server."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from flows.cli.app import main
from schemas.settings import ProjectPaths
from tasks.demonstration import answer_surveys, generate, read_scenario
from tasks.programme import read_programme
from tasks.simulator import Simulator, State, User, serve

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "ais_emploi"
AS_OF = date(2019, 3, 31)
USER = User("collector", "a-password-of-the-tests")


@dataclass(frozen=True)
class Ran:
    """The result of a command."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Demo:
    """A finished demonstration. Copy its folder, and never change it."""

    folder: Path
    ran: Ran

    def copy(self, *, with_results: bool) -> Path:
        """Return a fresh copy.

        Args:
            with_results: Whether to copy `var/`; otherwise only the key of the pseudonyms is copied.
        """
        folder = self.folder.with_name(f"copy of {self.folder.name}")
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.folder, folder, ignore=shutil.ignore_patterns("dbt" if with_results else "var"))
        if not with_results:
            # With the same key, the same people have the same pseudonyms.
            ProjectPaths(folder).var.mkdir()
            shutil.copy(ProjectPaths(self.folder).pseudonym_key, ProjectPaths(folder).pseudonym_key)
        return folder


def run_essaim(*arguments: str, environment: Mapping[str, str] | None = None) -> Ran:
    """Run the console command in its own process, as a user does."""
    command = [sys.executable, "-m", "flows", *arguments]
    finished = subprocess.run(
        command,
        env={**os.environ, **(environment or {})},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    return Ran(finished.returncode, finished.stdout, finished.stderr)


def demonstration_state(folder: Path = EXAMPLE) -> State:
    """Return the state of the simulated server with the answers of the demonstration."""
    programme = read_programme(folder)
    return answer_surveys(folder, programme, generate(programme, read_scenario(folder)), USER)


@contextmanager
def served(monkeypatch: pytest.MonkeyPatch, state: State) -> Generator[Simulator]:
    """Serve a state, and set the environment variables of its server."""
    with serve(state) as simulator:
        monkeypatch.setenv("ESSAIM_LIMESURVEY_URL", simulator.url)
        monkeypatch.setenv("ESSAIM_LIMESURVEY_USERNAME", USER.name)
        monkeypatch.setenv("ESSAIM_LIMESURVEY_PASSWORD", USER.password)
        yield simulator


def essaim(capsys: pytest.CaptureFixture[str], *arguments: str) -> Ran:
    """Run a command in this process, which has already imported the heavy libraries."""
    capsys.readouterr()
    code = exit_code(*arguments)
    written = capsys.readouterr()
    return Ran(code, written.out, written.err)


def exit_code(*arguments: str) -> int:
    """Run a command in this process, and return its exit code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["essaim", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
    return int(ended.value.code or 0)


def succeeding(capsys: pytest.CaptureFixture[str], folder: Path) -> Callable[..., Ran]:
    """Return a function that runs a command on a programme folder and requires exit code 0 or 3."""

    def command(name: str, *arguments: str) -> Ran:
        ran = essaim(capsys, name, "--programme", str(folder), *arguments)
        assert "Traceback" not in ran.err
        assert ran.code in {0, 3}, ran.err
        return ran

    return command


def kill_at(folder: Path, milestone: str, later: float | str = 0.0) -> None:
    """Start a collection, and kill it by SIGKILL after it logs a milestone.

    Args:
        folder: The programme folder.
        milestone: Beginning of the log line.
        later: Seconds to wait after that line, or the name of a model whose build must have started.
    """
    under_way = ProjectPaths(folder).dbt / "target" / "run" / "essaim" / "models" / f"{later}.sql"
    under_way.unlink(missing_ok=True)
    command = [sys.executable, "-u", "-m", "flows", "collect", "--programme", str(folder), "--as-of", str(AS_OF)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        assert process.stderr is not None
        lines: list[str] = []
        for line in process.stderr:
            lines.append(line)
            if line.startswith(milestone):
                if isinstance(later, str):
                    while not under_way.exists() and process.poll() is None:
                        time.sleep(0.01)
                else:
                    time.sleep(later)
                process.kill()
                break
        process.wait()
    assert process.returncode == -signal.SIGKILL, "".join(lines)
