"""Define the fixtures of the tests of the mailbox: one IMAP server, and an empty mailbox for each test."""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from imap_server import Account, ImapServer, imap_server
from posting import Open, Post, programme

from schemas.settings import ProjectPaths


@pytest.fixture(scope="session")
def imap(own_home: None) -> Generator[ImapServer]:
    with imap_server() as server:
        yield server


@pytest.fixture
def account(imap: ImapServer, monkeypatch: pytest.MonkeyPatch) -> Account:
    monkeypatch.setenv("SSL_CERT_FILE", str(imap.authority))
    return imap.account()


@pytest.fixture
def open_post(account: Account, tmp_path: Path) -> Open:
    """Return a function that opens the post of a programme, with keys of its mailbox. Its warehouse is DuckDB's."""

    def opened(paths: ProjectPaths | None = None, **source: Any) -> Post:
        return Post(account, paths or ProjectPaths(tmp_path), programme(**{"port": account.port, **source}))

    return opened


@pytest.fixture
def post(open_post: Open) -> Post:
    return open_post()
