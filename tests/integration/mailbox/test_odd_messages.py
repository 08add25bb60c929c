"""Test messages that no person wrote, and those that are hard to read: none is lost, none stops the others."""

import base64
import email.policy
import io
import re
import stat
import zipfile
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any

import bookkeeping as wb
import pytest
from bookkeeping import OTHER, RETURN
from commands import Commands
from posting import LEAD, SECRET_NAME, STRANGER, STRUCTURE, XLSX, Post, letter, text_of, workbook, write_programme

from flows.collect import collect
from tasks.mailbox import handling
from tasks.mailbox.connection import READ
from tasks.mailbox.reading import Reader
from tasks.pipeline.mailbox import MailFetched
from tasks.received import places_to_correct

PROTECTED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600
NAMED = "C-1__STR1__M06__suivi"

AUTOMATIC: dict[str, dict[str, str]] = {
    "an out-of-office reply": {"Auto-Submitted": "auto-replied"},
    "an out-of-office reply with a parameter": {"Auto-Submitted": "Auto-Generated; owner-email=x"},
    "bulk mail": {"Precedence": "bulk"},
    "junk mail": {"Precedence": "Junk"},
    "mail of a list": {"Precedence": "list"},
    "an automatic reply of old programs": {"Precedence": "auto_reply"},
    "mail of a list with an id": {"List-Id": "<liste.example.org>"},
    "an automatic reply of Exchange": {"X-Auto-Response-Suppress": "DR, OOF, AutoReply"},
    "mail without a return path": {"Return-Path": "<>"},
    "mail from our own address": {"From": "Essaim <suivi@example.org>"},
    "mail with our own Message-ID": {"Message-ID": "<abc@essai.essaim>"},
    "mail of a mail server": {"From": "MAILER-DAEMON@example.org"},
}


@pytest.mark.parametrize("headers", AUTOMATIC.values(), ids=AUTOMATIC)
def test_what_no_person_wrote_is_never_kept_nor_answered_and_read_once(post: Post, headers: dict[str, str]) -> None:
    post.account.receive(letter(headers=headers), letter(workbook(), headers=headers))
    without, with_workbook = post.fetch().notes
    assert "was neither kept nor answered" in without
    assert "It has 1 workbook. It stays in the mailbox, flagged." in with_workbook
    assert (post.returns(), post.answers()) == ([], [])
    assert post.account.flags() == [{READ}, {READ, "\\Flagged"}]
    assert post.fetch() == MailFetched()


@pytest.mark.parametrize("headers", [{"Auto-Submitted": "No; x=y"}, {"X-Auto-Response-Suppress": "DR, RN"}])
def test_a_header_that_says_that_a_person_wrote_is_no_obstacle(post: Post, headers: dict[str, str]) -> None:
    post.account.receive(letter(workbook(), headers=headers))
    post.fetch()
    assert (post.returns(), len(post.answers())) == ([RETURN], 1)


def test_a_bounce_that_holds_the_workbook_that_we_sent_is_no_return(post: Post) -> None:
    bounce = EmailMessage(policy=email.policy.SMTP)
    bounce["From"], bounce["Message-ID"] = STRUCTURE, "<bounce@example.org>"
    bounce.set_content("Could not be delivered.")
    bounce.add_attachment(letter(workbook()))
    bounce.set_type("multipart/report")
    post.account.receive(bounce)
    (note,) = post.fetch().notes
    assert "such as a bounce" in note
    assert (post.returns(), post.answers()) == ([], [])


def forwarded(depth: int = 1) -> EmailMessage:
    """Return a workbook in a message within messages, as an evaluator forwards it."""
    message = letter(workbook(), sender=STRANGER)
    for _ in range(depth):
        outer = letter(sender=LEAD)
        outer.add_attachment(message)
        message = outer
    return message


def with_part(*lines: str) -> bytes:
    """Return a message with a workbook, the part of which has a header of these lines."""
    head = f"From: {STRUCTURE}\r\nMessage-ID: <odd@example.org>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    part = "\r\n".join(["--b", *lines, "Content-Transfer-Encoding: base64", "", ""])
    encoded = base64.encodebytes(workbook())
    return head.encode() + part.encode("utf-8", "surrogateescape") + encoded + b"\r\n--b--\r\n"


TYPE = f"Content-Type: {XLSX[0]}/{XLSX[1]}"
ATTACHED = (TYPE, "Content-Disposition: attachment")
READABLE: dict[str, Callable[[], EmailMessage | bytes]] = {
    "forwarded": forwarded,
    "forwarded many times": lambda: forwarded(12),
    "a name by RFC 2231 in parts": lambda: with_part(
        TYPE, "Content-Disposition: attachment; filename*0*=UTF-8''Personne%20Secr", " ; filename*1*=%C3%A8te.xlsx"
    ),
    "a name by RFC 2047 in quotes": lambda: with_part(
        TYPE, 'Content-Disposition: attachment; filename="=?utf-8?B?U2VjcsOodGUueGxzeA==?="'
    ),
    "no name": lambda: with_part(*ATTACHED),
    "no name, shown in the message": lambda: with_part(TYPE, "Content-Disposition: inline"),
    "no name and no place": lambda: with_part(TYPE),
    "a name with a point": lambda: with_part(TYPE, 'Content-Disposition: attachment; filename="Suivi v1.2"'),
    "a name in the type only": lambda: with_part(
        'Content-Type: application/octet-stream; name="x.XLSX"'
    ),
    "a name in bytes that are no text": lambda: with_part(
        TYPE, 'Content-Disposition: attachment; filename="Secr\udce8te.xlsx"'
    ),
    "an unknown charset": lambda: with_part(f"{TYPE}; charset=martian", ATTACHED[1]),
    "bytes that are no base64": lambda: with_part(*ATTACHED).replace(b"\n--b--", b"\xff!\n--b--"),
    "a missing end": lambda: with_part(*ATTACHED)[:-8],
    "twice in one message": lambda: letter(*[workbook()] * 2),
    "several senders in its reply address": lambda: letter(
        workbook(), headers={"Reply-To": "a@example.org, b@example.org", "Cc": "c@example.org"}
    ),
}  # fmt: skip


@pytest.mark.parametrize("make", READABLE.values(), ids=READABLE)
def test_a_workbook_is_found_in_a_message_that_is_oddly_written(
    post: Post, make: Callable[[], EmailMessage | bytes]
) -> None:
    post.account.receive(make())
    assert post.fetch() == MailFetched()
    assert post.returns() == [RETURN]
    assert post.account.flags() == [{READ}]


def csv_set() -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("Données.csv", "libellé;réponse\nPersonnes concernées;3\n")
    return stream.getvalue()


def test_a_set_of_csv_files_is_assigned_by_its_name_and_checked_like_a_workbook(post: Post) -> None:
    post.account.receive(letter((f"{NAMED} (1).zip", csv_set()), sender=LEAD))
    post.fetch()
    (item,) = post.items()
    assert item.subject_id == RETURN
    # The set has other headings than the workbook.
    assert places_to_correct(item)[0][0] == "Données!A"
    (answer,) = post.answers()
    assert "Données!A → " in text_of(answer)


UNUSABLE: dict[str, tuple[tuple[str, bytes], str, str]] = {
    "a file that is no workbook": (
        ("x.xlsx", b"no workbook"), "cannot be read, and states no return", "n'est pas un classeur entier"
    ),
    "a workbook with a password": (("x.xlsx", PROTECTED), "cannot be read", "protégé par un mot de passe"),
    "an archive of others": (("x.zip", b"PK\x05\x06" + b"\0" * 18), "cannot be read", "ZIP"),
    "a CSV file without the name of a return": (("x.csv", b"a;b\n1;2\n"), "states no expected return", "n'indique pas"),
    "a workbook of another programme": (
        ("x.xlsx", wb.content(wb.book(whose=wb.identity("C-9/STR1/M06/suivi")))), "states no expected return",
        "n'indique pas"
    ),
}  # fmt: skip


@pytest.mark.parametrize(("attachment", "noted", "answered"), UNUSABLE.values(), ids=UNUSABLE)
def test_why_a_file_cannot_be_used_is_answered_in_words_and_noted(
    post: Post, attachment: tuple[str, bytes], noted: str, answered: str
) -> None:
    post.account.receive(letter(attachment))
    (note,) = post.fetch().notes
    (answer,) = post.answers()
    assert noted in note
    assert answered in text_of(answer)
    assert answer["Subject"].startswith("Votre classeur n'a pas pu")
    assert (post.returns(), post.account.flags()) == ([], [{READ, "\\Flagged"}])


def test_an_unreadable_file_with_the_name_of_its_return_counts_as_received(post: Post) -> None:
    post.account.receive(letter((f"{NAMED}.xls", PROTECTED)))
    assert post.fetch() == MailFetched()
    (item,) = post.items()
    (answer,) = post.answers()
    assert (item.subject_id, item.payload) == (RETURN, '{"suffix": ".xls", "channel": "mailbox"}')
    assert "est bien arrivé, mais il est illisible" in text_of(answer)
    assert "protégé par un mot de passe" in text_of(answer)


@pytest.mark.parametrize("suffix", [".xls", ".xlsm", ".xlsb"])
def test_a_workbook_of_a_format_that_is_not_read_counts_as_received_and_never_as_answers(
    post: Post, suffix: str
) -> None:
    post.account.receive(letter((f"{NAMED}{suffix}", workbook())), letter((f"x{suffix}", workbook())))
    (note,) = post.fetch().notes
    (item,) = post.items()
    assert "cannot be read, and states no return" in note
    assert item.subject_id == RETURN
    for answer in post.answers():
        assert f"Un fichier de ce type ({suffix}) ne peut pas être lu" in text_of(answer)


def test_a_workbook_with_macros_without_a_name_is_answered_with_the_reason(post: Post) -> None:
    macros = "Content-Type: application/vnd.ms-excel.sheet.macroEnabled.12"
    post.account.receive(with_part(macros))
    post.fetch()
    (answer,) = post.answers()
    assert "Un fichier de ce type (.xlsm) ne peut pas être lu" in text_of(answer)


@pytest.mark.parametrize("name", ["x.zip", f"{NAMED}.zip"])
def test_no_name_of_a_file_in_an_archive_is_noted_recorded_or_sent(post: Post, name: str) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(f"{SECRET_NAME}.xlsx", workbook())
    write_programme(post)
    post.account.receive(letter((name, stream.getvalue()), sender=LEAD))
    result = collect(post.paths, post.environment(), "collect", None)
    (answer,) = (mail for mail in post.answers() if mail["In-Reply-To"])
    assert "Une archive ZIP" in text_of(answer)
    recorded = [
        str(Commands(post.paths.folder).rows(f"select * from {table}")) for table in ("ops.receipts", "raw.findings")
    ]
    for shown in (*result.notes, *result.quarantined, text_of(answer), *recorded):
        assert SECRET_NAME not in shown


def test_messages_without_a_message_id_have_references_of_their_own(post: Post) -> None:
    without = [letter((f"{number}.xlsx", b"x" * number), headers={"Message-ID": ""}) for number in (1, 2)]
    for message in without:
        del message["Message-ID"]
    post.account.receive(*without)
    first, second = (re.findall(r"The message (\w{8}) of", note)[0] for note in post.fetch().notes)
    assert first != second
    assert "e3b0c442" not in (first, second)


def test_an_unreadable_file_with_the_name_of_another_return_is_not_kept(post: Post) -> None:
    post.account.receive(letter(("C-1__STR2__M06__suivi.xls", PROTECTED)))
    (note,) = post.fetch().notes
    assert (post.returns(), f"it is for {OTHER}" in note) == ([], True)


@pytest.mark.parametrize(
    ("name", "kind"), [("winmail.dat", "ms-tnef"), ("smime.p7m", "pkcs7-mime"), ("WINMAIL.DAT", "octet-stream")]
)
def test_a_part_that_only_its_sender_opens_is_asked_for_again(post: Post, name: str, kind: str) -> None:
    message = letter()
    message.add_attachment(b"closed", maintype="application", subtype=kind, filename=name)
    post.account.receive(message)
    (note,) = post.fetch().notes
    (answer,) = post.answers()
    assert "a part cannot be opened" in note
    assert "simple pièce jointe" in text_of(answer)
    assert "aucun classeur" not in text_of(answer)


def test_of_many_workbooks_the_first_twenty_are_read(post: Post) -> None:
    post.account.receive(letter(*(workbook(personnes=number) for number in range(22))))
    (note,) = post.fetch().notes
    (answer,) = post.answers()
    assert (len(post.items()), "2 workbooks of it were not read" in note) == (20, True)
    assert "plus de 20 classeurs" in text_of(answer)


def test_a_message_that_is_too_large_is_not_fetched_and_its_sender_is_asked_to_split_it(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handling, "LARGEST_MESSAGE", 1000)
    post.account.receive(letter(workbook()))
    (note,) = post.fetch().notes
    (answer,) = post.answers()
    assert "it is too large, and was not read" in note
    assert "Envoyez chaque classeur dans un message à part." in text_of(answer)
    assert (post.returns(), post.account.flags()) == ([], [{READ, "\\Flagged"}])


@pytest.mark.parametrize(
    "headers",
    [
        b"",
        b"From: \r\n",
        b"From: a@example.org, b@example.org\r\n",
        b"From: contact@str1.example.org\r\nFrom: b@example.org\r\n",
        b"From: =?utf-8?q?contact=40str1=2Eexample=2Eorg?=\r\n",
        b'From: "contact@str1.example.org" <"x y"@example.org>\r\n',
        b"From: contact@str1.example.org\0\r\n",
        b"From: \xff\xfe\r\nMessage-ID: \xff\r\nDate: \xff\r\nSubject: \xff\r\n",
        b"From: <<<>>>@@\r\nContent-Type: multipart/mixed\r\n",
    ],
)
def test_a_sender_that_cannot_be_told_is_unknown_and_not_answered(post: Post, headers: bytes) -> None:
    post.account.receive(headers + b"Message-ID: <x@example.org>\r\n\r\nhello\r\n")
    fetched = post.fetch()
    assert fetched.trouble is None
    assert (len(fetched.notes), post.answers(), post.account.flags()) == (1, [], [{READ, "\\Flagged"}])


def test_an_unforeseen_error_in_one_message_leaves_it_for_the_next_run_and_the_others_are_read(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.account.receive(letter(workbook()), letter(workbook(OTHER), sender=LEAD))
    original = Reader.read

    def failing(self: Reader, attachment: Any, sender: Any, day: Any) -> Any:
        if not sender.codes:
            raise KeyError(f"what {SECRET_NAME} wrote")
        return original(self, attachment, sender, day)

    with monkeypatch.context() as patch:
        patch.setattr(Reader, "read", failing)
        for _ in range(2):
            (note,) = post.fetch().notes
            assert "stays unread" in note
            assert SECRET_NAME not in note
    assert (post.returns(), post.account.flags()) == ([OTHER], [set(), {READ}])
    assert SECRET_NAME not in post.paths.error_log.read_text()
    assert stat.S_IMODE(post.paths.error_log.stat().st_mode) == 0o600
    post.fetch()
    assert (sorted(post.returns()), len(post.answers())) == ([RETURN, OTHER], 2)


def test_a_message_nested_too_deeply_to_parse_stops_nothing(post: Post) -> None:
    nested = b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(3000))
    deep = f"From: {STRUCTURE}\r\nMessage-ID: <deep@example.org>\r\n".encode() + nested
    post.account.receive(deep, letter(workbook(OTHER), sender=LEAD))
    assert post.fetch().trouble is None
    assert post.returns() == [OTHER]
