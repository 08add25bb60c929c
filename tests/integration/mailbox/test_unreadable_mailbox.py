"""Test that a mailbox that cannot be read is reported with cause and remedy, and that nobody is chased meanwhile."""

import socket
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from bookkeeping import RETURN
from imap_server import PASSWORD
from mailing import make_certificates
from posting import Open, Post, letter, workbook, write_programme
from querying import Views

from flows.collect import collect
from schemas.settings import Environment, ProjectPaths
from tasks.doctor import examine_mailbox
from tasks.mailbox import connection
from tasks.mailbox.connection import READ, open_mailbox
from tasks.pipeline.mailbox import MailFetched


def trouble_of(post: Post, **settings: Any) -> str:
    """Return why the mailbox could not be read, and check that nothing secret is in it."""
    post.account.receive(letter(workbook()))
    fetched = post.fetch(**settings)
    assert fetched.trouble is not None
    for secret in (PASSWORD, "faux", post.account.user):
        assert secret not in fetched.trouble
    assert (fetched.notes, post.paths.mails.exists(), post.account.flags()) == ((), False, [set()])
    return fetched.trouble


def test_a_refused_password_is_reported_without_it(post: Post) -> None:
    trouble = trouble_of(post, imap_password="faux")
    assert "refuses the user or the password: [AUTHENTICATIONFAILED]" in trouble
    assert trouble.endswith("Correct ESSAIM_IMAP_USERNAME and ESSAIM_IMAP_PASSWORD.")


@pytest.mark.parametrize("missing", ["imap_username", "imap_password"])
def test_a_missing_user_or_password_is_reported(post: Post, missing: str) -> None:
    assert "is not set. Set both." in trouble_of(post, **{missing: None})


def test_a_server_that_does_not_listen_is_reported(open_post: Open) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    trouble = trouble_of(open_post(port=port))
    assert "cannot be reached (Connection refused). Check sources.mailbox.host and port." in trouble


def test_a_name_that_does_not_exist_is_reported(open_post: Open) -> None:
    assert "cannot be reached (" in trouble_of(open_post(host="nowhere.invalid"))


def test_a_certificate_of_an_unknown_authority_is_not_trusted(
    post: Post, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(make_certificates(tmp_path / "other").authority))
    fetched = post.fetch()
    assert fetched.trouble is not None
    assert "has a certificate that cannot be trusted" in fetched.trouble
    assert "SSL_CERT_FILE" in fetched.trouble


def test_a_certificate_of_another_name_is_not_trusted(
    post: Post, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_certificates(tmp_path / "other", "imap.example.org")
    monkeypatch.setenv("SSL_CERT_FILE", str(other.authority))
    with speaking(b"", tls=other.context) as port:
        fetched = Post(post.account, post.paths, with_port(post, port)).fetch()
    assert fetched.trouble is not None
    assert "Hostname mismatch" in fetched.trouble


@pytest.mark.parametrize("key", ["folder", "done_folder"])
def test_a_missing_folder_is_reported_with_its_key(open_post: Open, key: str) -> None:
    trouble = trouble_of(open_post(**{key: "Été"}))
    assert "has no folder 'Été' that can be opened" in trouble
    assert trouble.endswith(f"Create it, or correct sources.mailbox.{key}.")


def test_a_port_without_tls_is_never_spoken_to_in_clear(open_post: Open) -> None:
    with speaking(b"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] ready\r\n") as port:
        trouble = trouble_of(open_post(port=port))
    assert "does not speak TLS as expected" in trouble
    assert "(993): correct sources.mailbox.port." in trouble


@contextmanager
def speaking(greeting: bytes, *, tls: Any = None, drip: bytes = b"") -> Generator[int]:
    """Accept connections, send a greeting, and then at most one byte at a time. Yields the port."""
    is_over = threading.Event()

    def serve(listening: socket.socket) -> None:
        connections: list[socket.socket] = []
        while not is_over.is_set():
            try:
                raw, _ = listening.accept()
                connections.append(raw)
                connected = tls.wrap_socket(raw, server_side=True) if tls else raw
                connections.append(connected)
                connected.sendall(greeting)
                while drip and not is_over.wait(0.02):
                    connected.sendall(drip)
            except OSError:
                continue
        for connected in connections:
            connected.close()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.1)
        thread = threading.Thread(target=serve, args=(listening,), daemon=True)
        thread.start()
        try:
            yield listening.getsockname()[1]
        finally:
            is_over.set()
            thread.join(5)


def with_port(post: Post, port: int) -> Any:
    settings = post.programme.settings
    mailbox = settings.sources.mailbox
    assert mailbox is not None
    sources = settings.sources.model_copy(update={"mailbox": mailbox.model_copy(update={"port": port})})
    return post.programme.model_copy(update={"settings": settings.model_copy(update={"sources": sources})})


@pytest.mark.parametrize(("drip", "limits", "words"), [
    (b"", {"wait_seconds": 0.3}, "did not answer within 0.3 seconds"),
    (b"x", {"wait_seconds": 5, "total_seconds": 0.5}, "took longer than 0.5 seconds in all"),
])  # fmt: skip
def test_a_server_that_hangs_or_drips_is_given_up(
    post: Post, tmp_path: Path, drip: bytes, limits: dict[str, float], words: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    own = make_certificates(tmp_path / "own")
    monkeypatch.setenv("SSL_CERT_FILE", str(own.authority))
    with speaking(b"", tls=own.context, drip=drip) as port:
        source = with_port(post, port).settings.sources.mailbox
        begun = time.monotonic()
        with (
            pytest.raises(connection.UnreachableMailboxError, match=words),
            open_mailbox(source, post.environment(), **limits),
        ):
            pass
        assert time.monotonic() - begun < 4


@pytest.mark.parametrize("step", ["content", "mark"])
def test_a_connection_that_is_lost_midway_keeps_what_was_read_and_reads_the_rest_next(
    post: Post, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    post.account.receive(*(letter(workbook(personnes=number)) for number in range(3)))
    original = getattr(connection.Mailbox, step)

    def lost(self: connection.Mailbox, uid: str, **named: Any) -> bytes | None:
        if uid == "2":
            self._imap.sock.shutdown(socket.SHUT_RDWR)  # pyright: ignore[reportPrivateUsage] nothing else cuts the line
        return original(self, uid, **named)

    with monkeypatch.context() as patch:
        patch.setattr(connection.Mailbox, step, lost)
        fetched = post.fetch()
    assert fetched.trouble is not None
    assert ("closed the connection" in fetched.trouble, fetched.notes) == (True, ())
    assert (len(post.items()), post.account.flags()) == (1 + (step == "mark"), [{READ}, set(), set()])
    assert post.fetch() == MailFetched()
    assert (len(post.items()), len(post.answers())) == (3, 3)


def states(paths: ProjectPaths) -> dict[str, str]:
    return dict(Views(paths.published).rows("select expected_return_id, state from analytics.return_status"))


def test_while_the_mailbox_is_unread_returns_are_unverifiable_and_the_same_run_loads_what_is_read(post: Post) -> None:
    write_programme(post)
    post.account.receive(letter(workbook()), letter())
    result = collect(post.paths, post.environment(imap_password="faux"), "collect", None)
    assert set(states(post.paths).values()) == {"unverifiable"}
    (trouble,) = result.troubles
    assert "refuses the user or the password" in trouble
    assert result.needs_a_person
    result = collect(post.paths, post.environment(), "collect", None)
    assert states(post.paths) == {id_: "late" if id_ == RETURN else "missing" for id_ in states(post.paths)}
    assert (result.troubles, result.loaded) == ((), 1)
    assert ["it has no workbook" in note for note in result.notes] == [True]
    ((origin, delivered_at),) = Views(post.paths.published).rows("select origin, delivered_at from ops.receipts")
    assert origin.startswith("C-1__STR1__M06__suivi (")
    assert post.items() == []
    assert abs(datetime.now(UTC).replace(tzinfo=None) - delivered_at) < timedelta(hours=1)


def test_doctor_opens_the_mailbox_and_says_why_it_cannot(post: Post) -> None:
    def detail_of(environment: Environment) -> tuple[bool, str]:
        (found,) = examine_mailbox(post.programme, environment)
        return found.is_well, found.detail

    assert detail_of(post.environment()) == (True, "It opens, and has 0 new messages.")
    post.account.receive(letter())
    assert detail_of(post.environment()) == (True, "It opens, and has 1 new message.")
    is_well, detail = detail_of(post.environment(imap_password="faux"))
    assert (is_well, "refuses the user or the password" in detail) == (False, True)
    assert post.account.flags() == [set()]
    sources = post.programme.settings.sources.model_copy(update={"mailbox": None})
    settings = post.programme.settings.model_copy(update={"sources": sources})
    assert list(examine_mailbox(post.programme.model_copy(update={"settings": settings}), post.environment())) == []
