"""Drive the Chromium of the machine, as a person uses the desk on a telephone or a computer."""

import shutil
from collections.abc import Generator
from contextlib import contextmanager

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

PHONE, COMPUTER = 390, 1280
_FLAGS = (
    "--no-sandbox",  # the tests may run as root
    "--disable-gpu",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@contextmanager
def chromium() -> Generator[Browser]:
    """Run the browser. It is installed by `.ci/run`; Playwright downloads none."""
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        # The tests pass on a machine with Python alone.
        pytest.skip("Chromium is not installed here; .ci/run installs it.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(_FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def window(browser: Browser, width: int, *, has_scripts: bool = True) -> Generator[Page]:
    """Open a window of a width, with cookies of its own."""
    context = browser.new_context(
        viewport={"width": width, "height": 844}, java_script_enabled=has_scripts, locale="fr-FR"
    )
    try:
        yield context.new_page()
    finally:
        context.close()


def barriers(page: Page) -> list[str]:
    """Return what axe finds on a page that keeps people from using it, and whether it is wider than its window."""
    found = [f"{one['id']}: {one['help']}" for one in Axe().run(page).response["violations"]]
    is_too_wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return [*found, *(["wider than the window"] if is_too_wide else [])]
