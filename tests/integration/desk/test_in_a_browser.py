"""Test the desk in a real browser: a structure gives its workbook and corrects it, and its evaluator sees it."""

from collections.abc import Generator

import pytest
from browsing import COMPUTER, PHONE, barriers, chromium, window
from desk_programme import FIRST, SECOND, VISIT, Visited
from playwright.sync_api import Browser, expect

from tasks.links import Purpose


@pytest.fixture(scope="module")
def browser() -> Generator[Browser]:
    """Run the browser once."""
    with chromium() as browser:
        yield browser


@pytest.mark.parametrize("collected", ["duckdb"], indirect=True)
@pytest.mark.parametrize("width", [PHONE, COMPUTER])
def test_no_page_keeps_anybody_from_using_it(visited: Visited, browser: Browser, width: int):
    send = visited.link_to_send(FIRST)
    with window(browser, width) as page:
        page.goto(visited.desk.url)
        assert barriers(page) == []
        page.goto(f"{visited.desk.url}/sign-in/{visited.desk.links.made(Purpose.SIGN_IN, 'ANNE')}")
        assert barriers(page) == []
        page.get_by_role("button", name="Se connecter").click()
        for path in (
            "/",
            "/structures/C-1/STR1",
            f"/returns/{FIRST}",
            f"/returns/{VISIT}",
            f"/form/{VISIT}",
            f"/decide/snooze/{FIRST}",
            "/returns/nothing",
            send,
        ):
            page.goto(visited.desk.url + path)
            assert (path, barriers(page)) == (path, [])


@pytest.mark.parametrize("collected", ["duckdb"], indirect=True)
def test_an_evaluator_records_what_she_knows_without_scripts(visited: Visited, browser: Browser):
    with window(browser, PHONE, has_scripts=False) as page:
        page.goto(f"{visited.desk.url}/sign-in/{visited.desk.links.made(Purpose.SIGN_IN, 'ANNE')}")
        page.get_by_role("button", name="Se connecter").click()
        page.get_by_role("link", name="Structure Deux").first.click()
        page.goto(f"{visited.desk.url}/returns/{SECOND}")
        page.get_by_role("link", name="Il ne viendra pas").click()
        page.get_by_label("Motif").fill("Jamais formée")
        page.get_by_role("button", name="Confirmer").click()
        expect(page.get_by_text("Votre décision est enregistrée.")).to_be_visible()
        page.goto(f"{visited.desk.url}/form/{VISIT}")
        page.get_by_label("Stade d'adoption").select_option("partial")
        page.get_by_label("Nombre de salles").fill("3")
        page.get_by_role("button", name="Envoyer définitivement").click()
        expect(page.get_by_text("Le formulaire est envoyé.")).to_be_visible()
    visited.commands.run("apply")
    assert (visited.state(SECOND), visited.state(VISIT)) == ("waived", "late")
