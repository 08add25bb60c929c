"""`essaim serve`: run the scheduled flows and show Prefect's pages."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Generator, Iterable
from typing import Annotated

import typer
import yaml

from flows.cli.options import HIGHEST_PORT, Programme, programme_folder
from flows.cli.prefect_server import OFFLINE, own_server, wait_for_server
from flows.cli.static_pages import own_pages
from schemas.errors import EssaimError, UsageError
from schemas.package_data import project_path
from schemas.settings import Environment, ProjectPaths
from tasks.doctor import Diagnosis, examine_sources
from tasks.programme import read_programme
from tasks.run import progress

DEPLOYMENTS = project_path("prefect.yaml")
POOL = "essaim"
_SERVER_AUTH = "PREFECT_SERVER_API_AUTH_STRING"
"""Prefect's setting for the user and the password of its server. Its clients have another one for the same."""


EXAMPLE = "essaim serve --programme demo"


def serve(
    programme: Programme = None,
    port: Annotated[
        int,
        typer.Option(
            min=0, max=HIGHEST_PORT, help="Port of the Prefect server on the loopback address; 0 takes a free one."
        ),
    ] = 4200,
    pages_port: Annotated[
        int,
        typer.Option(
            min=0,
            max=HIGHEST_PORT,
            help="Port of the reports and Data Docs on the loopback address; 0 takes a free one.",
        ),
    ] = 4201,
) -> None:
    """Run `essaim serve`: start a server (unless `PREFECT_API_URL` names one), deploy the schedule, and work.

    Raises:
        UsageError: The programme folder has mistakes, a source or a channel cannot be used as it is set up, or a port
            is taken.
        EssaimError: The server or the deployments could not be started.
    """
    environment = Environment()
    folder = programme_folder(programme, environment)
    settings, paths = read_programme(folder), ProjectPaths(folder)
    _refuse_what_would_fail(examine_sources(settings, paths, environment))
    # The deployments, and the runs that the worker starts, read these variables.
    os.environ.update(OFFLINE)
    os.environ.update(ESSAIM_PROGRAMME=str(paths.folder), ESSAIM_TIMEZONE=settings.settings.timezone)
    if _SERVER_AUTH in os.environ:
        os.environ.setdefault("PREFECT_API_AUTH_STRING", os.environ[_SERVER_AUTH])
    with _pages(paths, environment.pages_url, pages_port) as pages_url, _server(paths, port) as url:
        os.environ.update(PREFECT_API_URL=url, ESSAIM_PAGES_URL=pages_url)
        # Prefect reads its settings when it is imported.
        _make_pool()
        _deploy()
        progress.info("Reports and Data Docs: %s/reports/ and %s/data_docs/", pages_url, pages_url)
        progress.info("The schedule is running. Prefect's pages: %s", url.removesuffix("/api"))
        _work()
    progress.info("Stopped.")


def _refuse_what_would_fail(findings: Iterable[Diagnosis]) -> None:
    """Refuse to schedule runs that would fail. Trouble that may pass is a warning: each run tries again.

    Raises:
        UsageError: A source or a channel cannot be used as it is set up.
    """
    ill = [finding for finding in findings if not finding.is_well]
    for finding in ill:
        if finding.may_pass:
            progress.warning("The %s does not answer now. %s", finding.checked, finding.detail)
    lasting = [f"{finding.checked}: {finding.detail}" for finding in ill if not finding.may_pass]
    if lasting:
        raise UsageError("\n".join(["The scheduled runs would fail:", *lasting]))


@contextlib.contextmanager
def _pages(paths: ProjectPaths, pages_url: str | None, port: int) -> Generator[str]:
    if pages_url:
        yield pages_url.rstrip("/")
        return
    with own_pages(paths, port) as url:
        yield url


@contextlib.contextmanager
def _server(paths: ProjectPaths, port: int) -> Generator[str]:
    api_url = os.environ.get("PREFECT_API_URL")
    if api_url:
        wait_for_server(api_url)
        yield api_url
        return
    progress.info("Starting a Prefect server on the loopback address.")
    with own_server(paths, port) as url:
        yield url


def _make_pool() -> None:
    """Create the work pool unless it exists. Prefect's command line would look for its templates online."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.actions import WorkPoolCreate
    from prefect.exceptions import ObjectAlreadyExists
    from prefect.workers.process import ProcessWorker

    template = ProcessWorker.get_default_base_job_template()
    pool = WorkPoolCreate(name=POOL, type=ProcessWorker.type, base_job_template=template)
    with get_client(sync_client=True) as client, contextlib.suppress(ObjectAlreadyExists):
        client.create_work_pool(pool)


def _deploy() -> None:
    """Create or update the deployments in `prefect.yaml`, and delete those of ours that it has no longer."""
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all", "--prefect-file", DEPLOYMENTS.name]
    process = subprocess.run(  # noqa: S603 our own interpreter
        command, cwd=DEPLOYMENTS.parent, capture_output=True, text=True, check=False
    )
    if process.returncode:
        raise EssaimError(f"{DEPLOYMENTS} could not be deployed:\n{(process.stderr or process.stdout).strip()}")
    declared = yaml.safe_load(DEPLOYMENTS.read_text(encoding="utf-8"))["deployments"]
    entrypoints = {one["name"]: one["entrypoint"] for one in declared}
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        for deployment in client.read_deployments():
            is_ours = deployment.work_pool_name == POOL and "essaim" in deployment.tags
            if is_ours and entrypoints.get(deployment.name) != deployment.entrypoint:
                client.delete_deployment(deployment.id)


def _work() -> None:
    """Run the scheduled runs, one at a time: the warehouse would refuse its lease to a second one."""
    from prefect.workers.process import ProcessWorker

    async def until_interrupted() -> None:
        task = asyncio.current_task()
        if task is not None:
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        await ProcessWorker(work_pool_name=POOL, name=POOL, limit=1).start(printer=progress.info)

    with contextlib.suppress(asyncio.CancelledError):
        asyncio.run(until_interrupted())
