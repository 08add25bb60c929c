"""Test the whole way on the demonstration: a mail to a late structure, its corrected workbook, and the figure."""

import re
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from browsing import COMPUTER, PHONE, barriers, chromium, window
from commands import Commands
from desk_programme import filled
from mailing import MailServer, mail_server
from playwright.sync_api import Page, expect
from running import Demo

from schemas.settings import Environment, ProjectPaths
from tasks.desk.serving import served

LATE = "RALLYES-1/RALLY05/M06/tableau"
STRUCTURE, EVALUATOR = "accueil.rally05@example.org", "claude@example.org"


def test_a_late_structure_gives_its_workbook_and_nobody_is_chased_for_it_the_next_morning(
    demo: Demo, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    folder = demo.copy(with_results=True)
    write_to_structures(folder)
    paths, commands = ProjectPaths(folder), Commands(folder)
    port = free_port()
    with ExitStack() as stack:
        mails = stack.enter_context(mail_server())
        monkeypatch.setenv("ESSAIM_SMTP_URL", f"smtp+plain://127.0.0.1:{mails.port}")
        monkeypatch.setenv("ESSAIM_MAIL_FROM", "essaim@example.org")
        monkeypatch.setenv("ESSAIM_DESK_URL", f"http://127.0.0.1:{port}")
        commands.run("remind", "--as-of", "2019-04-01")
        (asked,) = mails_to(mails, STRUCTURE)
        assert asked["Reply-To"] is not None
        (page_of_structure,) = set(re.findall(r"http://127\.0\.0\.1:\d+/send/[\w-]+", text_of(asked)))
        stack.enter_context(served(paths, Environment(), port))
        # Last, because it runs an event loop in this thread.
        browser = stack.enter_context(chromium())
        page = stack.enter_context(window(browser, PHONE))
        page.goto(page_of_structure)
        with page.expect_download() as downloading:
            page.get_by_role("link", name="Télécharger le classeur").click()
        template = Path(downloading.value.path()).read_bytes()
        for persons, expected in ((-5, "Corrigez les endroits"), (7, "Vous n'avez plus rien à faire")):
            workbook = tmp_path / f"{persons}.xlsx"
            workbook.write_bytes(with_numbers(template, persons))
            page.get_by_label("Le classeur rempli").set_input_files(workbook)
            page.get_by_role("button", name="Envoyer").click()
            expect(page.get_by_text(expected)).to_be_visible(timeout=60_000)
            assert barriers(page) == []
            if persons < 0:
                assert re.search(r"\w+!B\d+", page.inner_text("main"))
        # The evaluator asks for a link by mail, and sees the return.
        hers = stack.enter_context(window(browser, COMPUTER))
        hers.goto(f"http://127.0.0.1:{port}/returns/{LATE}")
        hers.get_by_label("Adresse électronique").fill(EVALUATOR)
        hers.get_by_role("button", name="Envoyer le lien").click()
        link = eventually(
            lambda: re.findall(r"http://\S+/sign-in/\S+", "".join(map(text_of, mails_to(mails, EVALUATOR))))
        )
        hers.goto(link[-1])
        hers.get_by_role("button", name="Se connecter").click()
        eventually(lambda: "reçu en retard" in reloaded(hers))
        assert hers.locator(".s-late").count() > 0
        # The next morning.
        before = len(mails.taken)
        commands.run("remind")
        chased = [text_of(mail) for mail in mails.taken[before:]]
        assert chased
        assert not [text for text in chased if LATE in text or f"returns/{LATE}" in text]
        assert not mails_to(mails, STRUCTURE)[1:]
        rows = commands.rows(
            "select distinct channel, sent_by, cast(answered_at as date) from analytics.provenance "
            f"where expected_return_id = '{LATE}'"
        )
        assert [row[:2] for row in rows] == [("desk", "structure")]
        assert str(rows[0][2]) == str(datetime.now(UTC).date())


def write_to_structures(folder: Path) -> None:
    """Have structures be written to about their table."""
    path = folder / "programme.yaml"
    settings = path.read_text(encoding="utf-8")
    declared = "    name: Tableau de données\n"
    assert declared in settings
    path.write_text(settings.replace(declared, f"{declared}    mails_to_structures: true\n"), encoding="utf-8")


def with_numbers(template: bytes, persons: int) -> bytes:
    """Return a workbook with its number filled in."""
    return filled(template, persons, label="Personnes concernées depuis la formation")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def mails_to(server: MailServer, address: str) -> list[EmailMessage]:
    return [mail for mail in server.taken if address in str(mail["To"])]


def text_of(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    return "" if body is None else str(body.get_content())


def reloaded(page: Page) -> str:
    page.reload()
    return page.inner_text("main")


def eventually(ask: Callable[[], Any]) -> Any:
    """Ask until the answer is not empty or false, for two minutes."""
    for _ in range(240):
        if answer := ask():
            return answer
        time.sleep(0.5)
    raise AssertionError("It did not come within two minutes.")
