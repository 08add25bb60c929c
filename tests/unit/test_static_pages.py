"""Test the server of reports and Data Docs, which serves nothing else of the folder."""

from collections.abc import Generator
from pathlib import Path

import httpx
import pytest

from flows.artifacts import link
from flows.cli.static_pages import own_pages
from schemas.errors import UsageError
from schemas.settings import ProjectPaths

REPORT = "<!doctype html><title>Rapport d'été</title>"


@pytest.fixture
def paths(tmp_path: Path) -> ProjectPaths:
    paths = ProjectPaths(tmp_path)
    for file, content in (
        (paths.reports / "2019-03-31.fr.html", REPORT),
        (paths.reports / ".2019-03-31.fr.html.arriving", "half"),
        (paths.data_docs / "run é" / "index.html", "<p>docs</p>"),
        (paths.landing_key, "secret"),
        (tmp_path / "programme.yaml", "secret"),
    ):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content, encoding="utf-8")
    (paths.reports / "away").symlink_to(tmp_path)
    return paths


@pytest.fixture
def pages(paths: ProjectPaths) -> Generator[httpx.Client]:
    with own_pages(paths, 0) as url, httpx.Client(base_url=url) as client:
        yield client


def test_a_link_in_a_summary_opens_the_page_that_it_names(paths: ProjectPaths, pages: httpx.Client) -> None:
    base = str(pages.base_url)
    for file, content in (
        (paths.reports / "2019-03-31.fr.html", REPORT),
        (paths.data_docs / "run é" / "index.html", "<p>docs</p>"),
    ):
        label, address = link("Report", file, paths, base).removesuffix(")").split("](")
        answer = pages.get(address)
        assert (label, answer.status_code, answer.text) == ("[Report", 200, content)
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_without_an_address_the_file_is_named(paths: ProjectPaths) -> None:
    assert link("Report", paths.reports / "x.html", paths, None) == f"Report: `{paths.reports / 'x.html'}`"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/landing.key",
        "/reports/../landing.key",
        "/reports/%2e%2e/landing.key",
        "/reports/..%2flanding.key",
        "//landing.key",
        "/reports/away/programme.yaml",
        "/reports/.2019-03-31.fr.html.arriving",
        "/reports/nothing.html",
        "/data_docs/run%20%C3%A9/%00",
        "/../programme.yaml",
    ],
)
def test_nothing_else_of_the_folder_is_shown(pages: httpx.Client, path: str) -> None:
    answer = pages.get(httpx.URL(str(pages.base_url).rstrip("/") + path))
    assert answer.status_code == 404
    assert "secret" not in answer.text


def test_it_only_reads_and_answers_to_no_other_name(paths: ProjectPaths, pages: httpx.Client) -> None:
    assert pages.get("/reports/2019-03-31.fr.html", headers={"Host": "evil.example.org"}).status_code == 400
    assert pages.get("/reports/2019-03-31.fr.html", headers={"Host": "localhost:4201"}).status_code == 200
    for method in ("PUT", "POST", "DELETE"):
        assert pages.request(method, "/reports/2019-03-31.fr.html", content=b"x").status_code == 405
    assert (paths.reports / "2019-03-31.fr.html").read_text(encoding="utf-8") == REPORT


def test_the_address_of_the_reports_leads_to_the_latest_one_and_no_folder_is_listed(
    paths: ProjectPaths, pages: httpx.Client
) -> None:
    assert pages.get("/reports/", follow_redirects=True).text == REPORT
    (paths.reports / "2019-03-31.fr.html").unlink()
    assert pages.get("/reports/").status_code == 404
    assert pages.get("/data_docs/").status_code == 404
    assert pages.get("/data_docs/run é/").text == "<p>docs</p>"


def test_a_report_is_served_though_its_folder_was_made_after_the_server_started(tmp_path: Path) -> None:
    paths = ProjectPaths(tmp_path)
    with own_pages(paths, 0) as url:
        assert httpx.get(f"{url}/reports/x.html").status_code == 404
        paths.reports.mkdir(parents=True)
        (paths.reports / "x.html").write_text(REPORT, encoding="utf-8")
        assert httpx.get(f"{url}/reports/x.html").status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "host"),
    [
        ("GET", "/reports/2019-03-31.fr.html", None),
        ("GET", "/", None),
        ("POST", "/reports/", None),
        ("GET", "/", "x.y"),
    ],
)
def test_every_response_carries_the_policy(pages: httpx.Client, method: str, path: str, host: str | None) -> None:
    answer = pages.request(method, path, headers={"Host": host} if host else None)
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_taken_port_is_a_sentence(paths: ProjectPaths, pages: httpx.Client) -> None:
    port = pages.base_url.port or 0
    with pytest.raises(UsageError, match="--pages-port"), own_pages(paths, port):
        pass
