"""Test the wheel, installed read-only, far from the repository, where other distributions own our package names."""

import itertools
import re
import subprocess
import zipfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from installing import FOREIGN, PACKAGES, Installation, install, make_writable
from running import AS_OF, ROOT, Ran
from serving import serving

DEPLOYMENTS = {"quarterly", "weekly", "working-days", "past-period", "monthly"}


@pytest.fixture(scope="module")
def installed(own_home: None, tmp_path_factory: pytest.TempPathFactory) -> Generator[Installation]:
    """Install the wheel once for all tests, and check afterwards that they wrote nothing in it."""
    installation = install(tmp_path_factory.mktemp("release"))
    before = installation.files()
    yield installation
    after = installation.files()
    make_writable(installation)
    assert after == before


@pytest.fixture(scope="module")
def demo(installed: Installation) -> Ran:
    """Run `essaim demo` with the installed release."""
    return installed.essaim("demo", "programme")


def test_the_wheel_has_one_top_level_folder_and_the_line_that_names_it(installed: Installation) -> None:
    names = zipfile.ZipFile(installed.wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"essaim", "essaim.pth"}


def test_the_wheel_holds_every_file_of_the_packages_the_dbt_project_and_the_example(installed: Installation) -> None:
    folders = [*PACKAGES, "dbt_project", "examples"]
    files = {path.relative_to(ROOT) for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()}
    made = {"__pycache__", "target", "logs", "var", "sqlfluff_library", ".sqlfluff"}
    wanted = {path.as_posix() for path in files if not made & set(path.parts)} | {"prefect.yaml"}
    held = {name.removeprefix("essaim/") for name in zipfile.ZipFile(installed.wheel).namelist()}
    assert wanted - held == set()
    assert {f"{package}/py.typed" for package in PACKAGES} <= held


def test_modules_of_the_same_names_that_others_installed_are_left_as_they_are(installed: Installation) -> None:
    for name in PACKAGES:
        assert (installed.site_packages / f"{name}.py").read_text() == FOREIGN


def test_nothing_is_taken_from_the_repository(installed: Installation) -> None:
    python = str(installed.environment / "bin" / "python")
    code = "import sys, essaim; print(essaim.ROOT); print(*sys.path, sep='\\n')"
    root, *searched = installed.run([python, "-P", "-c", code]).out.splitlines()
    assert root == str(installed.site_packages / "essaim")
    assert root in searched
    assert [folder for folder in searched if Path(folder).resolve() == ROOT] == []


def test_a_release_runs_the_demonstration(demo: Ran) -> None:
    assert demo.code == 0, demo.err
    assert re.search(r"TOTAL +376 +349 +8 +2 +16 +1 +0 +0", demo.out)


@pytest.mark.parametrize(
    ("arguments", "answer"),
    [
        (["check"], "no mistake in 8 innovations"),
        (["build"], "Built and published the views"),
        (["docs", "--out", "views.html"], "Wrote the documentation of the views to views.html"),
        (["report", "--out", "report.html"], "to report.html"),
        (["templates", "--occasion", "M12", "--out", "workbooks"], "103 workbooks"),
    ],
    ids=["check", "build", "docs", "report", "templates"],
)
def test_a_release_runs_every_command_that_reads_a_file_of_its_own(
    installed: Installation, demo: Ran, arguments: list[str], answer: str
) -> None:
    ran = installed.essaim(*arguments, "--programme", "programme")
    assert ran.code == 0, ran.err
    assert answer in ran.out


def test_a_release_collects_from_a_survey_server(installed: Installation, demo: Ran) -> None:
    with simulated(installed) as exported:
        ran = installed.essaim("collect", "--programme", "programme", "--as-of", str(AS_OF), **exported)
    assert ran.code == 3, ran.err
    assert re.search(r"TOTAL +376 +349 +8 +2 +16 +1 +0 +0", ran.out)


def test_a_release_serves_its_deployments_and_runs_them(installed: Installation, demo: Ran) -> None:
    log = installed.work / "serve.log"
    programme = installed.work / "programme"
    # The survey server of the demonstration is away, which may pass; without a user, every run would fail.
    user = {"ESSAIM_LIMESURVEY_USERNAME": "collector", "ESSAIM_LIMESURVEY_PASSWORD": "a-password-of-the-tests"}
    variables = {**installed.variables, **user}
    with serving(programme, log, essaim=installed.command(), work=installed.work, variables=variables) as server:
        assert {deployment["name"] for deployment in server.query("/deployments/filter")} == DEPLOYMENTS
        # Prefect's pages, which it copies into its own installation by default.
        assert httpx.get(f"{server.api.base_url.copy_with(path='/')}", follow_redirects=True).status_code == 200
        assert (programme / "var" / "prefect-pages" / "v1" / "index.html").is_file()
        run = server.scheduled("monthly", {})
        assert server.stop() == 0
    assert run["state_type"] == "COMPLETED", run["state"]


@contextmanager
def simulated(installation: Installation) -> Generator[dict[str, str]]:
    """Serve the surveys of the demonstration. Yield the environment variables that the server prints."""
    with subprocess.Popen(
        installation.command("simulate", "--programme", "programme", "--port", "0"),
        cwd=installation.work,
        env=installation.variables,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            printed = itertools.takewhile(lambda line: not line.startswith("essaim collect"), process.stdout)
            exported = [line.removeprefix("export ").strip() for line in printed if line.startswith("export ")]
            yield dict(one.split("=", 1) for one in exported)
        finally:
            process.terminate()
