"""Test the desk on its real server against many, slow and hostile clients."""

import asyncio
import io
import re
import socket
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from building import begin_with_views
from commands import Commands
from desk_programme import FIRST, Visited, fields_of, filled, give, open_desk, write_programme

from schemas.intake import ItemKind
from schemas.settings import ProjectPaths
from tasks.links import Purpose
from warehouse.intake import open_intake, waiting_items

STRUCTURES, SENT = 40, 5


def test_of_two_hundred_workbooks_at_once_each_is_acknowledged_and_kept(
    tmp_path: Path, own_home: None, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("tasks.desk.giving._WAITS_SECONDS", 5)
    folder = tmp_path / "programme"
    write_programme(folder, others=STRUCTURES)
    begin_with_views(ProjectPaths(folder))
    Commands(folder).run("collect")
    with open_desk(folder) as visited:
        pages = [
            f"/send/{visited.desk.links.made(Purpose.SEND, f'C-1/OTHER{number}/M06/tableau')}"
            for number in range(STRUCTURES)
        ]
        templates = [visited.browser().get(f"{page}/workbook").content for page in pages]
        sendings = [
            (page, filled(template, persons))
            for persons in range(SENT)
            for page, template in zip(pages, templates, strict=True)
        ]
        answers = asyncio.run(sent_together(visited.desk.url, sendings))
        numbers = [re.findall(r"Reçu, numéro ([0-9a-f]{8})", answer) for answer in answers]
        assert [len(found) > 0 for found in numbers] == [True] * STRUCTURES * SENT
        with open_intake(visited.paths) as intake:
            kept = {item.item_id[:8] for item in waiting_items(intake, ItemKind.WORKBOOK)}
        assert kept == {found[0] for found in numbers}
        # Some were checked at once, and those that would have waited too long were kept for the run to check.
        told = [("plus rien à faire" in answer, "vérifié d" in answer) for answer in answers]
        assert set(told) == {(True, False), (False, True)}


async def sent_together(url: str, sendings: list[tuple[str, bytes]]) -> list[str]:
    """Send workbooks at the same time, and return the pages that answer."""
    limits = httpx.Limits(max_connections=None)
    async with httpx.AsyncClient(base_url=url, timeout=300, limits=limits) as client:

        async def one(number: int, page: str, content: bytes) -> str:
            form = {"form_id": f"{number:032x}"}
            answer = await client.post(page, data=form, files={"file": ("x.xlsx", content)})
            return answer.text

        return list(await asyncio.gather(*(one(number, *sending) for number, sending in enumerate(sendings))))


@pytest.mark.parametrize("collected", ["duckdb"], indirect=True)
class TestOnDuckDB:
    """One engine: the warehouse is not reached."""

    def test_slow_clients_keep_nobody_out_and_are_cut_off(self, visited: Visited, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("tasks.desk.app._SLOWEST_SECONDS", 0.5)
        url = urlsplit(visited.desk.url)
        page = visited.link_to_send(FIRST)
        slow = [socket.create_connection((url.hostname or "", url.port or 0)) for _ in range(100)]
        try:
            for number, client in enumerate(slow):
                client.sendall(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " if number % 2 else begun(page))
            assert visited.browser().get(page).status_code == 200
            slow[0].settimeout(30)
            assert b" 408 " in slow[0].recv(100)
        finally:
            for client in slow:
                client.close()

    def test_too_many_files_for_one_page_are_refused_in_words(self, visited: Visited, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("tasks.desk.giving._MOST_AN_HOUR", 2)
        browser, page = visited.browser(), visited.link_to_send(FIRST)
        template = browser.get(f"{page}/workbook").content
        given = [give(browser, page, filled(template, persons)) for persons in range(3)]
        assert [answer.status_code for answer in given] == [200, 200, 422]
        assert "Renvoyez le vôtre dans une heure" in given[2].text

    def test_a_workbook_that_unpacks_to_gigabytes_is_refused_in_words(self, visited: Visited):
        answer = give(visited.browser(), visited.link_to_send(FIRST), bomb())
        assert answer.status_code == 200
        assert "À corriger" in answer.text
        assert visited.browser().get(visited.link_to_send(FIRST)).status_code == 200

    def test_a_form_with_thousands_of_fields_or_files_is_refused(self, visited: Visited):
        anne, page = visited.signed_in("ANNE"), f"/upload/{FIRST}"
        fields = fields_of(anne.get(f"/returns/{FIRST}"))
        many = [("file", (f"{number}.xlsx", b"x")) for number in range(20)]
        assert anne.post(page, data=fields, files=many).status_code == 400
        assert anne.post(f"/note/{FIRST}", data={f"x{n}": "1" for n in range(3000)}).status_code in {400, 403}

    def test_a_stale_session_does_nothing(self, visited: Visited):
        anne = visited.signed_in("ANNE")
        fields = fields_of(anne.get(f"/decide/waive/{FIRST}"))
        anne.cookies.set("essaim_session", "forged")
        answer = anne.post(f"/decide/waive/{FIRST}", data={**fields, "reason": "x"})
        assert "Se connecter" in answer.text
        with open_intake(visited.paths) as intake:
            assert not waiting_items(intake, ItemKind.DECISION)


def begun(page: str) -> bytes:
    """Return the beginning of a form that never ends."""
    head = "Content-Type: multipart/form-data; boundary=x\r\nContent-Length: 100000\r\n\r\n--x\r\n"
    return f"POST {page} HTTP/1.1\r\nHost: 127.0.0.1\r\n{head}".encode()


def bomb() -> bytes:
    """Return an archive of a few hundred kilobytes with a sheet of a gigabyte."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            for _ in range(1000):
                sheet.write(b"0" * 1_000_000)
    return content.getvalue()
