"""Test that workbooks sent by mail are kept once, in the name of who may send them, and that the sender is answered."""

import email.policy
import re
from datetime import UTC, datetime, timedelta

import pytest
from bookkeeping import OTHER, RETURN
from imap_server import Account
from mailing import mail_server
from posting import (
    EVALUATOR,
    GRID,
    LEAD,
    OTHER_EVALUATOR,
    OTHER_STRUCTURE,
    SECRET_NAME,
    STRANGER,
    STRUCTURE,
    Open,
    Post,
    letter,
    programme,
    text_of,
    workbook,
)

from schemas.enums import CheckOutcome
from schemas.settings import ProjectPaths
from tasks.links import SENDING_LASTS, Links, Purpose
from tasks.mailbox.connection import READ
from tasks.pipeline.mailbox import MailFetched, fetch_mail, with_mail
from tasks.received import places_to_correct
from tasks.records import SourceResult
from tasks.run import throwaway_copy


def test_a_workbook_of_a_structure_is_kept_and_acknowledged_on_both_engines(
    account: Account, paths: ProjectPaths
) -> None:
    post = Post(account, paths, programme(port=account.port))
    sent = letter(workbook())
    arrived_at = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
    arrived_at = min(arrived_at, datetime.now(UTC) - timedelta(hours=1)).replace(microsecond=0)
    account.receive(sent, arrived_at=arrived_at)
    assert post.fetch() == MailFetched()
    (item,) = post.items()
    assert (item.subject_id, item.received_from, item.payload) == (
        RETURN,
        "structure",
        '{"suffix": ".xlsx", "channel": "mailbox"}',
    )
    assert item.received_at == arrived_at.replace(tzinfo=None)
    assert post.kept(item) == next(iter(sent.iter_attachments())).get_content()
    assert post.audit() == [("structure", "mailed", RETURN)]
    assert account.flags() == [{READ}]
    assert post.fetch() == MailFetched()
    assert post.returns() == [RETURN]


def test_the_answer_is_in_french_to_the_sender_only_and_starts_no_loop(post: Post) -> None:
    long = f"<{'A' * 90}@mail.example.org>"
    headers = {"Message-ID": long, "References": "<first@example.org>", "Reply-To": "other@example.org"}
    # As a mail program of Microsoft writes it, on one line.
    sent = letter(workbook(), headers=headers).as_bytes(policy=email.policy.default.clone(max_line_length=998))
    post.account.receive(sent)
    post.fetch()
    (answer,) = post.answers()
    (item,) = post.items()
    assert answer["To"] == STRUCTURE
    assert answer["Reply-To"] == EVALUATOR
    assert (answer["Auto-Submitted"], answer["X-Auto-Response-Suppress"]) == ("auto-replied", "All")
    assert (answer["Cc"], answer["Bcc"]) == (None, None)
    (file,) = post.paths.mails.glob("*.eml")
    assert f"\nIn-Reply-To: {long}\nReferences: <first@example.org> {long}\n" in file.read_text()
    assert answer["Subject"] == "Votre classeur est bien arrivé – Un essai"
    assert text_of(answer) == (
        "Bonjour,\n\n"
        "«\N{NO-BREAK SPACE}Tableau de suivi\N{NO-BREAK SPACE}» (M06, Structure inventée STR1) est bien arrivé. "
        f"Numéro de reçu\N{NO-BREAK SPACE}: {item.item_id[:8]}\n"
        "Tout a pu être lu. Vous n'avez plus rien à faire. Merci\N{NO-BREAK SPACE}!\n\n"
        "Pour toute question, répondez à ce message ou écrivez à a@example.org.\n\n"
        "Ce message a été écrit par un programme.\n"
    )


@pytest.mark.parametrize("desk", [None, "https://desk.example.org"])
def test_the_answer_names_each_place_to_correct_and_never_what_was_found(post: Post, desk: str | None) -> None:
    post.account.receive(letter(workbook(personnes=f"{SECRET_NAME} et douze autres")))
    post.fetch(desk_url=desk)
    (answer,) = post.answers()
    text = text_of(answer)
    assert answer["Subject"] == "Votre classeur est à corriger – Un essai"
    assert re.search(r"\n- Données!B\d+ → ", text)
    assert SECRET_NAME not in text
    links = re.findall(r"https://desk\.example\.org/send/([\w-]+)", text)
    assert len(links) == (0 if desk is None else 1)
    for link in links:
        read = Links(post.paths, post.environment()).read(Purpose.SEND, link, SENDING_LASTS)
        assert read is not None
        assert read.subject == RETURN
    (item,) = post.items()
    assert [location for location, _ in places_to_correct(item)] == re.findall(r"\n- (Données!B\d+) → ", text)


@pytest.mark.parametrize(
    ("sender", "expected_return_id", "who"),
    [
        (STRUCTURE, RETURN, "structure"),
        (STRUCTURE.upper(), RETURN, "structure"),
        (EVALUATOR, RETURN, "A"),
        (EVALUATOR, GRID, "A"),
        (LEAD, OTHER, "_lead"),
        (STRUCTURE, OTHER, None),
        (STRUCTURE, GRID, None),
        (OTHER_STRUCTURE, RETURN, None),
        (OTHER_EVALUATOR, RETURN, None),
    ],
)
def test_a_return_is_accepted_from_its_structure_its_evaluator_and_the_lead_only(
    post: Post, sender: str, expected_return_id: str, who: str | None
) -> None:
    post.account.receive(letter(workbook(expected_return_id), sender=sender))
    fetched = post.fetch()
    (answer,) = post.answers()
    if who is not None:
        assert post.audit() == [(who, "mailed", expected_return_id)]
        assert (post.returns(), fetched.notes, post.account.flags()) == ([expected_return_id], (), [{READ}])
        return
    assert (post.returns(), post.audit(), post.account.flags()) == ([], [], [{READ, "\\Flagged"}])
    (note,) = fetched.notes
    assert f"it is for {expected_return_id}, which its sender may not send, so it was not kept" in note
    assert "depuis votre adresse" in text_of(answer)
    assert "STR" not in text_of(answer)


def test_a_file_named_for_its_sender_with_the_identity_sheet_of_another_structure_is_not_kept(post: Post) -> None:
    post.account.receive(letter(("C-1__STR1__M06__suivi.xlsx", workbook(OTHER))))
    (note,) = post.fetch().notes
    assert (post.returns(), OTHER in note) == ([], True)


@pytest.mark.parametrize(("days_ago", "is_kept"), [(3, True), (1, False)])
def test_an_evaluator_may_send_for_whom_he_followed_on_the_day_on_which_the_message_arrived(
    post: Post, days_ago: int, is_kept: bool
) -> None:
    now = datetime.now(UTC)
    settings = post.programme.settings
    first, second = settings.evaluators
    until = {"structure": "STR1", "to": (now - timedelta(days=2)).date()}
    of_that_time = type(second).model_validate({**second.model_dump(), "follows": ["STR2", until]})
    changed = settings.model_copy(update={"evaluators": [first, of_that_time]})
    handed_over = Post(post.account, post.paths, post.programme.model_copy(update={"settings": changed}))
    post.account.receive(letter(workbook(), sender=OTHER_EVALUATOR), arrived_at=now - timedelta(days=days_ago))
    handed_over.fetch()
    assert handed_over.returns() == [RETURN] * is_kept


def test_nothing_of_an_unknown_sender_is_kept_and_he_is_told_once(post: Post) -> None:
    post.account.receive(letter(workbook(), sender=STRANGER))
    (note,) = post.fetch().notes
    assert "belongs to no structure, evaluator or lead" in note
    assert "(1 workbook) was kept" in note
    assert STRANGER not in note
    assert (post.returns(), post.account.flags()) == ([], [{READ, "\\Flagged"}])
    (answer,) = post.answers()
    assert (answer["To"], answer["Reply-To"]) == (STRANGER, LEAD)
    assert "que le programme ne connaît pas" in text_of(answer)
    assert post.fetch() == MailFetched()
    assert len(post.answers()) == 1


def test_a_workbook_that_is_sent_again_in_another_message_is_another_sending(post: Post) -> None:
    sent = workbook()
    post.account.receive(letter(sent), letter(sent))
    post.fetch()
    assert (post.returns(), len({item.sha256 for item in post.items()}), len(post.answers())) == ([RETURN] * 2, 1, 2)


def test_a_known_sender_without_a_workbook_is_referred_to_a_person(post: Post) -> None:
    post.account.receive(letter())
    (note,) = post.fetch().notes
    assert "it has no workbook. It stays in the mailbox, flagged" in note
    (answer,) = post.answers()
    assert "aucun classeur" in text_of(answer)
    assert EVALUATOR in text_of(answer)


def test_an_answer_that_the_mail_server_does_not_accept_is_sent_once_by_the_next_run(post: Post) -> None:
    post.account.receive(letter(workbook()), letter(workbook(OTHER), sender=LEAD))
    with mail_server(faults={"CONNECT": "421 later"}) as server:
        at = {"smtp_url": f"smtp+plain://127.0.0.1:{server.port}"}
        assert post.fetch(**at) == MailFetched()
        assert (sorted(post.returns()), post.account.flags()) == ([RETURN, OTHER], [set(), set()])
        # The second answer is not tried.
        assert server.connections == 1
        server.faults.clear()
        post.fetch(**at)
        post.fetch(**at)
        assert [recipients for _, recipients in server.envelopes] == [(STRUCTURE,), (LEAD,)]
    assert (len(post.items()), post.account.flags()) == (2, [{READ}, {READ}])


def test_an_answer_that_is_refused_for_its_recipient_is_not_sent_again(post: Post) -> None:
    post.account.receive(letter(workbook()))
    with mail_server(faults={"RCPT": "550 unknown"}) as server:
        at = {"smtp_url": f"smtp+plain://127.0.0.1:{server.port}"}
        post.fetch(**at)
        post.fetch(**at)
        assert server.seen.count("RCPT") == 1
    assert post.account.flags() == [{READ}]


def test_a_sender_gets_five_answers_a_day_and_every_workbook_is_kept(post: Post) -> None:
    letters = [letter(workbook(personnes=number)) for number in range(7)]
    post.account.receive(*letters, letter(workbook(OTHER), sender=OTHER_STRUCTURE))
    assert post.fetch() == MailFetched()
    assert (len(post.items()), len(post.answers())) == (8, 6)
    assert post.account.flags() == [{READ}] * 8


def test_strangers_get_twenty_answers_a_day_in_all(post: Post) -> None:
    post.account.receive(*(letter(sender=f"inconnu{number}@example.org") for number in range(22)))
    assert len(post.fetch().notes) == 22
    assert len(post.answers()) == 20


def test_a_message_of_an_earlier_week_is_kept_and_not_answered(post: Post) -> None:
    post.account.receive(letter(workbook()), arrived_at=datetime.now(UTC) - timedelta(days=8))
    post.fetch()
    assert (post.returns(), post.answers(), post.account.flags()) == ([RETURN], [], [{READ}])


def test_messages_that_arrived_before_the_first_day_are_left_alone(open_post: Open) -> None:
    today = datetime.now(UTC)
    post = open_post(from_on=today.date() - timedelta(days=2))
    post.account.receive(letter(workbook()), arrived_at=today - timedelta(days=3))
    post.account.receive(letter(workbook(OTHER), sender=LEAD), arrived_at=today - timedelta(days=1))
    post.fetch()
    assert (post.returns(), post.account.flags()) == ([OTHER], [set(), {READ}])


def test_a_person_who_opens_a_message_hides_it_from_no_run(post: Post) -> None:
    post.account.receive(letter(workbook()))
    with post.account.opened() as imap:
        imap.store("1", "+FLAGS", "(\\Seen)")
    post.fetch()
    assert (post.returns(), post.account.flags()) == ([RETURN], [{READ, "\\Seen"}])


def test_messages_are_moved_where_a_folder_is_declared_and_those_for_a_person_stay(open_post: Open) -> None:
    post = open_post(folder="Reçus & été", done_folder="Été")
    for folder in ('"Re&AOc-us &- &AOk-t&AOk-"', "&AMk-t&AOk-"):
        post.account.create(folder)
    post.account.receive(letter(workbook()), letter(sender=STRANGER), folder='"Re&AOc-us &- &AOk-t&AOk-"')
    fetched = post.fetch()
    assert (fetched.trouble, post.returns()) == (None, [RETURN])
    assert post.account.flags("&AMk-t&AOk-") == [set()]
    assert post.account.flags('"Re&AOc-us &- &AOk-t&AOk-"') == [{READ, "\\Flagged"}]


@pytest.mark.parametrize(
    ("results", "is_kept"),
    [
        ("mx.example.org; spf=pass smtp.mailfrom=x; dmarc=pass header.from=example.org", True),
        ("MX.example.org 1;\r\n dmarc = pass", True),
        ("mx.example.org; dmarc=fail", False),
        ("mx.example.org; dmarc=none", False),
        ("elsewhere.example.org; dmarc=pass", False),
        ('mx.example.org; spf=fail smtp.mailfrom="a;dmarc=pass"@example.org; dmarc=fail', False),
        ("mx.example.org; spf=fail (a (b) ;dmarc=pass); dmarc=fail", False),
        (None, False),
    ],
)
def test_where_the_server_verifies_senders_a_forged_one_is_neither_kept_nor_answered(
    open_post: Open, results: str | None, is_kept: bool
) -> None:
    post = open_post(authenticated_by="mx.example.org")
    content = letter(workbook()).as_bytes()
    post.account.receive(content if results is None else f"Authentication-Results: {results}\r\n".encode() + content)
    fetched = post.fetch()
    assert post.returns() == [RETURN] * is_kept
    assert len(post.answers()) == is_kept
    assert ["genuine" in note for note in fetched.notes] == [True] * (not is_kept)


def test_a_dry_run_keeps_marks_and_answers_nothing(post: Post) -> None:
    post.account.receive(letter(workbook()), letter(headers={"Auto-Submitted": "auto-replied"}))
    with throwaway_copy(post.paths) as copy:
        fetched = fetch_mail(post.run(copy))
        assert [item.subject_id for item in post.items(copy)] == [RETURN]
        assert not copy.mails.exists()
    assert len(fetched.notes) == 1
    assert (post.account.flags(), post.answers(), post.paths.intake.exists()) == ([set(), set()], [], False)


def test_no_real_return_joins_invented_ones(post: Post) -> None:
    post.paths.var.mkdir()
    post.paths.invented.touch()
    post.account.receive(letter(workbook()))
    assert post.fetch() == MailFetched()
    assert (post.account.flags(), post.paths.intake.exists()) == ([set()], False)


def test_a_programme_without_a_mailbox_has_no_intake(post: Post) -> None:
    settings = post.programme.settings
    sources = settings.sources.model_copy(update={"mailbox": None})
    bare = post.programme.model_copy(update={"settings": settings.model_copy(update={"sources": sources})})
    assert Post(post.account, post.paths, bare).fetch() == MailFetched()
    assert not post.paths.intake.exists()


def test_no_name_of_a_person_or_of_an_attachment_is_recorded_or_noted(
    post: Post, caplog: pytest.LogCaptureFixture
) -> None:
    post.account.receive(
        letter(workbook()),
        letter(workbook(OTHER)),
        letter(b"no workbook"),
        letter(workbook(), sender=STRANGER),
        letter(headers={"Auto-Submitted": "auto-replied"}),
    )
    notes = "\n".join(post.fetch().notes)
    assert notes.count("\n") == 3
    stored = post.paths.intake.read_bytes().decode("utf-8", "replace")
    for shown in (notes, caplog.text, stored):
        assert SECRET_NAME not in shown
        assert STRANGER not in shown
    # The answer goes to its recipient.
    answers = "\n".join(answer.as_string(policy=email.policy.SMTP) for answer in post.answers())
    assert SECRET_NAME not in answers


def test_where_the_mailbox_is_unread_its_source_is_unreachable_and_keeps_what_was_read() -> None:
    reading = SourceResult("inbox", CheckOutcome.READ, None, (), (), ("of a file",))
    (combined,) = with_mail([reading], MailFetched("No connection.", ("of a mail",)))
    assert combined.outcome is CheckOutcome.UNREACHABLE
    assert (combined.detail, combined.notes) == ("No connection.", ("of a mail", "of a file"))
    assert with_mail([reading], MailFetched()) == [reading]
