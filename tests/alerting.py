"""Send the alerts of the small programme of `bookkeeping` to a real mail server, in this process."""

from collections.abc import Generator
from contextlib import contextmanager
from datetime import date
from email.message import EmailMessage
from typing import Any

import bookkeeping as wb
import pytest
from building import build_models
from delivering import AS_OF
from digests import parts
from mailing import MailServer, mail_server

from schemas.programme import Programme
from schemas.settings import Environment, ProjectPaths
from tasks.alerts import Sent
from tasks.pipeline.alerts import alert_evaluators
from tasks.pipeline.planning import plan_expected_returns
from tasks.run import recorded_run


def writing(**changes: Any) -> Programme:
    """Return the programme of `bookkeeping`, which writes to STR1; STR2 has no address."""
    base = wb.programme()
    instrument = base.settings.instruments[0].model_copy(update={"mails_to_structures": True})
    evaluators = [one.model_copy(update={"name": "Camille Inventée"}) for one in base.settings.evaluators]
    settings = base.settings.model_copy(
        update={"instruments": [instrument], "evaluators": evaluators, "locale": "fr", **changes}
    )
    contacts = {"STR1": "01 99 00 12 34, accueil@example.org", "STR2": "01 99 00 00 00"}
    enrolments = [one.model_copy(update={"contact": contacts[one.structure_code]}) for one in base.enrolments]
    return base.model_copy(update={"settings": settings, "enrolments": enrolments})


@contextmanager
def mailing(monkeypatch: pytest.MonkeyPatch, **attributes: Any) -> Generator[MailServer]:
    """Run a mail server that the settings name."""
    with mail_server(**attributes) as server:
        monkeypatch.setenv("ESSAIM_SMTP_URL", f"smtp+plain://127.0.0.1:{server.port}")
        monkeypatch.setenv("ESSAIM_MAIL_FROM", "suivi@example.org")
        yield server


def alert(paths: ProjectPaths, programme: Programme, day: date = AS_OF) -> dict[str, Sent]:
    """Build the states of a day and send its alerts, as a run does; return the outcome of each recipient."""
    with recorded_run(paths, programme, Environment(), command="remind", as_of=day) as begun:
        run = plan_expected_returns(begun)
        build_models(
            paths,
            *("--select", "+return_status", "+fct_observation", "+target_progress"),
            as_of=day,
            known_by=run.stamp.known_at,
        )
        return {sent.recipient_code: sent for sent in alert_evaluators(run)}


def by_recipient(server: MailServer) -> dict[str, EmailMessage]:
    return {str(message["To"]): message for message in server.taken}


def text_of(message: EmailMessage) -> str:
    return parts(message)[0].replace("\N{NO-BREAK SPACE}", " ")
