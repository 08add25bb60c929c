"""Test SMTP delivery to a real server on loopback that accepts, refuses, hangs or drops at each verb."""

import email.policy
import logging
import socket
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from mailing import DRIP, DROP, HANG, PASSWORD, USER, VERBS, Certificates, MailServer, mail_server, make_certificates
from pydantic import SecretStr

from schemas.enums import DeliveryOutcome
from tasks.delivery import Delivery
from tasks.delivery.smtp import over_smtp
from tasks.delivery.smtp_server import Security, SmtpServer

TO = "camille@example.org"
SENDER = "suivi@example.org"
SUBJECT = "3 retours à suivre · Accélérateur « été » — œuvre"
BODY = "Foyer de l'Écluse : 12 €, « déjà » reçu\n.un point en tête\n" + "long " * 400 + "\n"
ABOUT_THE_MESSAGE = ("MAIL", "RCPT", "DATA", "DOT")


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return make_certificates(tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def trusted(certificates: Certificates, monkeypatch: pytest.MonkeyPatch) -> Certificates:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates.authority))
    return certificates


def message(number: int = 1) -> EmailMessage:
    mail = EmailMessage(policy=email.policy.SMTP)
    mail["From"], mail["To"], mail["Subject"] = SENDER, TO, SUBJECT
    mail["Message-ID"] = f"<{number}@essaim.example.org>"
    mail.set_content(BODY, cte="quoted-printable")
    return mail


def at(server: MailServer, security: Security = Security.NONE, host: str = "localhost", **more: Any) -> SmtpServer:
    return replace(SmtpServer(host, server.port, security, SENDER), **more)


def account(password: str = PASSWORD) -> dict[str, Any]:
    return {"username": USER, "password": SecretStr(password)}


def sent(server: SmtpServer, *messages: EmailMessage, **limits: float) -> list[Delivery]:
    with over_smtp(server, **{"wait_seconds": 5, **limits}) as send:
        return [send(one) for one in messages or (message(),)]


def test_a_mail_arrives_with_its_accents_its_long_lines_and_its_leading_dots() -> None:
    with mail_server() as server:
        (delivery,) = sent(at(server))
    assert delivery.outcome is DeliveryOutcome.SENT
    (taken,) = server.taken
    assert taken["Subject"] == SUBJECT
    assert taken.get_content().replace("\r\n", "\n") == BODY
    assert taken["Message-ID"] == "<1@essaim.example.org>"
    assert server.envelopes == [(SENDER, (TO,))]


def test_several_mails_go_over_one_connection() -> None:
    with mail_server() as server:
        deliveries = sent(at(server), *(message(number) for number in range(5)))
    assert {delivery.outcome for delivery in deliveries} == {DeliveryOutcome.SENT}
    assert (len(server.taken), server.connections) == (5, 1)


def test_a_mail_goes_over_starttls_with_user_and_password(trusted: Certificates) -> None:
    with mail_server(tls=trusted.context, auth=True) as server:
        (delivery,) = sent(at(server, Security.STARTTLS, **account()))
    assert delivery.outcome is DeliveryOutcome.SENT
    assert server.seen.index("STARTTLS") < server.seen.index("AUTH") < server.seen.index("MAIL")


def test_a_mail_goes_over_tls_from_the_first_byte(trusted: Certificates) -> None:
    with mail_server(tls=trusted.context, implicit=True, auth=True) as server:
        (delivery,) = sent(at(server, Security.TLS, **account()))
    assert delivery.outcome is DeliveryOutcome.SENT
    assert "STARTTLS" not in server.seen


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
def test_a_certificate_of_an_untrusted_authority_is_reported_in_a_sentence_and_nothing_is_sent(
    certificates: Certificates, security: Security
) -> None:
    with mail_server(tls=certificates.context, implicit=security is Security.TLS, auth=True) as server:
        first, second = sent(at(server, security, **account()), message(1), message(2))
    assert first == second
    assert first.outcome is DeliveryOutcome.POSTPONED
    assert "has a certificate that cannot be trusted" in first.words
    assert "SSL_CERT_FILE" in first.words
    assert not {"AUTH", "MAIL"} & set(server.seen)
    assert server.connections <= 1


def test_a_certificate_of_another_name_is_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = make_certificates(tmp_path, "autre.example.org")
    monkeypatch.setenv("SSL_CERT_FILE", str(other.authority))
    with mail_server(tls=other.context) as server:
        (delivery,) = sent(at(server, Security.STARTTLS))
    assert "Correct the name in ESSAIM_SMTP_URL" in delivery.words
    assert server.taken == []


def test_nothing_goes_in_the_clear_to_a_server_that_offers_no_starttls() -> None:
    with mail_server() as server:
        (delivery,) = sent(at(server, Security.STARTTLS, host="127.1"))  # loopback, but not recognised as such
    assert delivery.outcome is DeliveryOutcome.POSTPONED
    assert "offers no STARTTLS, and mails are not sent unencrypted" in delivery.words
    assert "MAIL" not in server.seen


def test_a_server_on_this_machine_may_do_without_starttls() -> None:
    with mail_server() as server:
        (delivery,) = sent(at(server, Security.STARTTLS))
    assert delivery.outcome is DeliveryOutcome.SENT


def test_tls_with_a_server_that_speaks_none_says_which_scheme_is_which() -> None:
    with mail_server() as server:
        (delivery,) = sent(at(server, Security.TLS))
    assert delivery.outcome is DeliveryOutcome.POSTPONED
    assert "does not speak TLS as expected" in delivery.words
    assert "STARTTLS (port 587)" in delivery.words


def test_a_wrong_password_postpones_everything_and_names_the_settings_and_not_the_password(
    trusted: Certificates,
) -> None:
    with mail_server(tls=trusted.context, auth=True) as server:
        first, second = sent(at(server, Security.STARTTLS, **account("un-faux")), message(1), message(2))
    assert first == second
    assert first.outcome is DeliveryOutcome.POSTPONED
    assert "refuses the user or the password: 535" in first.words
    assert "ESSAIM_SMTP_PASSWORD" in first.words
    assert "un-faux" not in first.words
    assert server.seen.count("AUTH") == 1


def test_a_server_that_wants_a_password_where_none_is_set_says_which_settings() -> None:
    with mail_server(auth=True) as server:
        (delivery,) = sent(at(server))
    assert delivery.outcome is DeliveryOutcome.POSTPONED
    assert "Set ESSAIM_SMTP_USERNAME" in delivery.words


@pytest.mark.parametrize("verb", VERBS)
def test_a_refusal_for_now_postpones_at_each_verb(verb: str, trusted: Certificates) -> None:
    with mail_server(tls=trusted.context, auth=True, faults={verb: "451 4.7.1 Plus tard"}) as server:
        # If EHLO fails temporarily, smtplib falls back to HELO, which supports neither TLS nor passwords.
        (delivery,) = sent(at(server, Security.STARTTLS, **account()))
    assert delivery.outcome is DeliveryOutcome.POSTPONED
    assert server.taken == []


@pytest.mark.parametrize("verb", VERBS)
def test_a_refusal_for_good_refuses_a_message_and_postpones_what_is_about_the_installation(
    verb: str, trusted: Certificates
) -> None:
    with mail_server(tls=trusted.context, auth=True, faults={verb: "550 5.7.1 Jamais"}) as server:
        (delivery,) = sent(at(server, Security.STARTTLS, **account()))
    expected = DeliveryOutcome.REFUSED if verb in ABOUT_THE_MESSAGE else DeliveryOutcome.POSTPONED
    assert delivery.outcome is expected
    assert server.taken == []


@pytest.mark.parametrize("reply", ["250 2.0.0 OK", "503 5.5.1 Already", "334 not base64"])
def test_no_reply_but_235_passes_for_authenticated(reply: str) -> None:
    with mail_server(auth=True, faults={"AUTH": reply}) as server:
        (delivery,) = sent(at(server, **account()))
    assert delivery.outcome is DeliveryOutcome.POSTPONED
    assert "MAIL" not in server.seen


def test_a_server_without_passwords_postpones_and_names_the_setting() -> None:
    with mail_server(faults={"EHLO": "250-mail.example.org\r\n250 AUTH GSSAPI"}) as server:
        (delivery,) = sent(at(server, **account()))
    assert delivery.outcome is DeliveryOutcome.POSTPONED
    assert "Unset ESSAIM_SMTP_USERNAME" in delivery.words


def test_mechanisms_in_small_letters_are_understood() -> None:
    with mail_server(auth=True, faults={"EHLO": "250-mail.example.org\r\n250 auth plain"}) as server:
        sent(at(server, **account()))
    assert "AUTH" in server.seen


@pytest.mark.parametrize("verb", VERBS)
def test_a_server_that_hangs_postpones_and_is_not_waited_for_again(verb: str, trusted: Certificates) -> None:
    with mail_server(tls=trusted.context, auth=True, faults={verb: HANG}) as server:
        deliveries = sent(at(server, Security.STARTTLS, **account()), message(1), message(2), wait_seconds=0.5)
    assert [delivery.outcome for delivery in deliveries] == [DeliveryOutcome.POSTPONED] * 2
    assert "did not answer within 0.5 seconds" in deliveries[0].words
    assert server.seen.count(verb) == 1


@pytest.mark.parametrize("verb", VERBS)
def test_a_server_that_drops_the_connection_postpones(verb: str, trusted: Certificates) -> None:
    with mail_server(tls=trusted.context, auth=True, faults={verb: DROP}) as server:
        (delivery,) = sent(at(server, Security.STARTTLS, **account()))
    assert delivery.outcome is DeliveryOutcome.POSTPONED
    assert "closed the connection" in delivery.words


@pytest.mark.parametrize("verb", ["CONNECT", "MAIL", "DATA"])
def test_a_server_that_drips_is_ended_by_the_deadline_though_no_wait_is_too_long(verb: str) -> None:
    with mail_server(faults={verb: DRIP}) as server:
        deliveries = sent(at(server), message(1), message(2), total_seconds=0.7)
    assert [delivery.outcome for delivery in deliveries] == [DeliveryOutcome.POSTPONED] * 2
    assert "took longer than 0.7 seconds in all" in deliveries[0].words


@pytest.mark.parametrize("verb", ABOUT_THE_MESSAGE)
@pytest.mark.parametrize("fault", ["451 4.2.0 later", "550 5.1.1 never", "421 4.3.0 closing", DROP])
def test_the_next_message_goes_out_though_one_did_not(verb: str, fault: str) -> None:
    with mail_server(faults={verb: fault}, times=1) as server:
        first, second = sent(at(server), message(1), message(2))
    assert first.outcome is (DeliveryOutcome.REFUSED if fault.startswith("550") else DeliveryOutcome.POSTPONED)
    assert second.outcome is DeliveryOutcome.SENT
    assert server.taken[-1]["Message-ID"] == "<2@essaim.example.org>"


def test_the_next_message_goes_out_over_a_new_connection_where_the_server_does_not_forget_the_one_before() -> None:
    with mail_server(faults={"RCPT": "550 5.1.1 never", "RSET": "451 4.3.0 not now"}, times=2) as server:
        first, second = sent(at(server), message(1), message(2))
    assert (first.outcome, second.outcome) == (DeliveryOutcome.REFUSED, DeliveryOutcome.SENT)
    assert server.connections == 2


def test_a_message_that_was_taken_without_an_answer_goes_out_again_with_the_same_message_id() -> None:
    with mail_server(faults={"DOT": DROP}, times=1) as server:
        (first,) = sent(at(server))
        (second,) = sent(at(server))
    assert (first.outcome, second.outcome) == (DeliveryOutcome.POSTPONED, DeliveryOutcome.SENT)
    assert {taken["Message-ID"] for taken in server.taken} == {"<1@essaim.example.org>"}
    assert len({taken.as_bytes() for taken in server.taken}) == 1


def test_the_server_s_words_are_reported_without_addresses_accounts_or_line_breaks() -> None:
    words = f"550 5.1.1 <{TO}>: unknown\x1b[31m here, ask postmaster@example.org or {USER}" + " x" * 300
    with mail_server(auth=True, faults={"RCPT": words}) as server:
        (delivery,) = sent(at(server, **account()))
    assert delivery.outcome is DeliveryOutcome.REFUSED
    assert "550 5.1.1" in delivery.words
    assert "unknown" in delivery.words
    for secret in ("@", USER, "\x1b", "\n"):
        assert secret not in delivery.words
    assert len(delivery.words) < 400


def test_something_that_is_no_mail_server_is_a_sentence() -> None:
    with mail_server(faults={"CONNECT": "HTTP/1.1 400 Bad Request"}) as server:
        (delivery,) = sent(at(server))
    assert delivery.outcome is DeliveryOutcome.POSTPONED
    assert "a reply that is not SMTP" in delivery.words


def test_a_server_that_is_not_there_postpones_and_says_where() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        server = SmtpServer("127.0.0.1", closed.getsockname()[1], Security.NONE, SENDER)
        (delivery,) = sent(server)
    assert delivery.outcome is DeliveryOutcome.POSTPONED
    assert delivery.words.startswith(f"The mail server 127.0.0.1:{server.port} cannot be reached (Connection refused)")


def test_a_name_that_nobody_knows_postpones() -> None:
    (delivery,) = sent(SmtpServer("mail.invalid", 25, Security.NONE, SENDER))
    assert delivery.outcome is DeliveryOutcome.POSTPONED
    assert "mail.invalid:25 cannot be reached" in delivery.words


def test_no_address_and_no_password_reaches_a_log(trusted: Certificates, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with mail_server(tls=trusted.context, auth=True, faults={"RCPT": f"550 <{TO}> unknown"}) as server:
        sent(at(server, Security.STARTTLS, **account()))
    ours = [record.getMessage() for record in caplog.records if not record.name.startswith(("mail.log", "asyncio"))]
    assert not [line for line in ours if TO in line or PASSWORD in line]


@pytest.mark.parametrize("verb", ["CONNECT", "MAIL", "RCPT", "DATA", "DOT"])
@pytest.mark.parametrize("reply", ["9999999 OK", "-50 OK", "OK", "250" + " x" * 8000])
def test_a_reply_code_that_is_none_postpones_a_mail(verb: str, reply: str) -> None:
    with mail_server(faults={verb: reply}) as server:
        (delivery,) = sent(at(server))
    assert delivery.outcome is DeliveryOutcome.POSTPONED
