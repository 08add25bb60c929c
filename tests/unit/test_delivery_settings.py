"""Test the settings of mails and chats: errors are sentences that contain no secret."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from running import ROOT

from schemas.base import EMAIL
from schemas.errors import UsageError
from schemas.settings import Environment
from tasks.delivery import open_chats, open_delivery
from tasks.delivery.smtp_server import Security, SmtpServer, smtp_server

SECRET = "mot-de-passe-inventé"


Build = Callable[..., Environment]


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Build:
    def build(**values: str) -> Environment:
        monkeypatch.setenv("ESSAIM_MAIL_FROM", "suivi@example.org")
        for name, value in values.items():
            monkeypatch.setenv(f"ESSAIM_{name.upper()}", value)
        return Environment()

    return build


def test_every_setting_stands_in_the_example_of_an_environment_and_no_other() -> None:
    listed = set(re.findall(r"^ESSAIM_(\w+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), re.MULTILINE))
    assert {name.lower() for name in listed} == set(Environment.model_fields)


def test_no_secret_is_shown_with_the_settings(environment: Build) -> None:
    shown = repr(environment(smtp_password=SECRET, apprise_urls=f"json://{SECRET}.example.org"))
    assert SECRET not in shown


def test_without_a_mail_server_mails_are_files(environment: Build, tmp_path: Path) -> None:
    assert smtp_server(environment()) is None
    with open_delivery(environment(), tmp_path / "mails"):
        pass
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.org", ("mail.example.org", 587, Security.STARTTLS)),
        ("smtp://mail.example.org:25/", ("mail.example.org", 25, Security.STARTTLS)),
        ("smtps://mail.example.org", ("mail.example.org", 465, Security.TLS)),
        ("smtp+plain://10.0.0.5", ("10.0.0.5", 25, Security.NONE)),
        ("smtp://[::1]:2525", ("::1", 2525, Security.STARTTLS)),
    ],
)
def test_the_scheme_says_how_a_server_is_spoken_to(
    environment: Build, url: str, expected: tuple[str, int, Security]
) -> None:
    server = smtp_server(environment(smtp_url=url))
    assert server is not None
    assert (server.host, server.port, server.security) == expected


@pytest.mark.parametrize(
    "url",
    [
        "mail.example.org",
        "http://mail.example.org",
        "smtp://",
        "smtp://mail.example.org:port",
        "smtp://mail.example.org:99999",
        "smtp://mail.example.org/path",
        "smtp://mail.example.org?timeout=3",
        "smtp://[::1",
        f"smtp://suivi:{SECRET}@mail.example.org",
    ],
)
def test_an_unusable_address_is_reported_without_its_content(environment: Build, url: str) -> None:
    with pytest.raises(UsageError, match="ESSAIM_SMTP_URL") as raised:
        smtp_server(environment(smtp_url=url))
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize("given", [{"smtp_username": "suivi"}, {"smtp_password": SECRET}])
def test_a_user_without_a_password_or_the_reverse_is_a_mistake(environment: Build, given: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="Set both, or neither") as raised:
        smtp_server(environment(smtp_url="smtp://mail.example.org", **given))
    assert SECRET not in str(raised.value)


@pytest.mark.parametrize(
    "sender", ["", "suivi", "suivi@example.org\nBcc: x@example.org", "a@example.org, b@example.org"]
)
def test_a_mail_server_needs_one_address_that_mails_come_from(environment: Build, sender: str) -> None:
    with pytest.raises(UsageError, match="ESSAIM_MAIL_FROM"):
        smtp_server(environment(smtp_url="smtp://mail.example.org", mail_from=sender))


def test_a_password_never_goes_in_the_clear_over_a_network(environment: Build) -> None:
    account = {"smtp_username": "suivi", "smtp_password": SECRET}
    with pytest.raises(UsageError, match="would receive the password unencrypted"):
        smtp_server(environment(smtp_url="smtp+plain://10.0.0.5", **account))
    assert smtp_server(environment(smtp_url="smtp+plain://127.0.0.1", **account)) is not None


@pytest.mark.parametrize(
    ("host", "expected"), [("127.0.0.1", True), ("::1", True), ("localhost", True), ("10.0.0.5", False)]
)
def test_only_this_machine_is_loopback(host: str, expected: bool) -> None:
    assert SmtpServer(host, 25, Security.STARTTLS, "suivi@example.org").is_loopback is expected


@pytest.mark.parametrize(
    "address",
    [
        "a@b@example.org",
        "a,b@example.org",
        "<a@example.org>",
        "a b@example.org",
        ".a@example.org",
        "é@example.org",
        "a@example",
    ],
)
def test_an_evaluator_s_address_is_one_address(address: str) -> None:
    assert not EMAIL.fullmatch(address)


@pytest.mark.parametrize("address", ["camille.exemple+suivi@mail.example.org", "c'o@example.org"])
def test_unusual_addresses_are_addresses(address: str) -> None:
    assert EMAIL.fullmatch(address)


def test_a_chat_that_nobody_knows_is_reported_by_its_place(environment: Build) -> None:
    with pytest.raises(UsageError, match="Address 2 of ESSAIM_APPRISE_URLS") as raised:
        open_chats(environment(apprise_urls=f"json://127.0.0.1:1 nowhere://{SECRET}"))
    assert SECRET not in str(raised.value)
    assert open_chats(environment(apprise_urls="")) is None
