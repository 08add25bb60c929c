"""Test that a run that dies between any two steps of a message loses nothing, and doubles neither file nor answer."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from bookkeeping import RETURN
from imap_server import Account, ImapServer
from killing import Killed, dying
from posting import Post, letter, programme, workbook
from running import ROOT

from schemas.settings import ProjectPaths
from tasks.delivery import mail_files
from tasks.mailbox import handling
from tasks.mailbox.connection import READ, Mailbox

STEPS = {
    "keep": (handling, "keep"),
    "audit": (handling, "record_sending"),
    "record": (handling, "record_mail"),
    "begin the answer": (handling, "begin_answer"),
    "settle the answer": (handling, "settle_answer"),
    "mark": (Mailbox, "mark"),
}


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_a_run_that_dies_before_or_after_a_step_loses_and_doubles_nothing(
    account: Account, paths: ProjectPaths, monkeypatch: pytest.MonkeyPatch, step: str, before: bool
) -> None:
    post = Post(account, paths, programme(port=account.port))
    account.receive(letter(workbook()))
    where, name = STEPS[step]
    with monkeypatch.context() as patch:
        patch.setattr(where, name, dying(getattr(where, name), before=before))
        with pytest.raises(Killed):
            post.fetch()
    is_marked = (step, before) == ("mark", False)
    assert account.flags() == [{READ} if is_marked else set()]
    for _ in range(2):
        assert post.fetch().trouble is None
    assert post.returns() == [RETURN]
    assert post.audit() == [("structure", "mailed", RETURN)]
    assert account.flags() == [{READ}]
    # After its beginning, nobody knows whether the answer was sent: at most once.
    was_lost = (step, before) == ("begin the answer", False)
    assert len(post.answers()) == (not was_lost)


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_a_run_that_dies_while_it_sends_an_answer_sends_it_at_most_once(
    post: Post, monkeypatch: pytest.MonkeyPatch, before: bool
) -> None:
    post.account.receive(letter(workbook()))
    with monkeypatch.context() as patch:
        patch.setattr(mail_files, "write_mail", dying(mail_files.write_mail, before=before))
        with pytest.raises(Killed):
            post.fetch()
    times = [file.stat().st_mtime_ns for file in post.paths.mails.glob("*.eml")]
    post.fetch()
    assert [file.stat().st_mtime_ns for file in post.paths.mails.glob("*.eml")] == times
    assert len(times) == (not before)
    assert (post.returns(), post.account.flags()) == ([RETURN], [{READ}])


def test_the_sentences_about_a_message_are_those_of_the_run_that_marks_it(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    post.account.receive(letter(), letter(workbook()))
    with monkeypatch.context() as patch:
        patch.setattr(Mailbox, "mark", dying(Mailbox.mark, before=True))
        with pytest.raises(Killed):
            post.fetch()
    (note,) = post.fetch().notes
    assert "it has no workbook" in note
    assert post.fetch().notes == ()


def test_a_message_that_is_in_the_mailbox_twice_or_is_marked_as_new_again_is_kept_once(post: Post) -> None:
    sent = letter(workbook(), sender="contact@str2.example.org")
    # By another way, with other headers of the servers between.
    post.account.receive(sent, b"Received: by mx.example.org\r\n" + sent.as_bytes())
    assert len(post.fetch().notes) == 1
    with post.account.opened() as imap:
        imap.store("1:*", "-FLAGS", f"({READ})")
    post.fetch()
    assert (post.returns(), len(post.answers())) == ([], 1)
    assert post.account.flags() == [{READ, "\\Flagged"}] * 2


def test_another_message_with_the_same_message_id_is_not_lost(post: Post) -> None:
    first, second = letter(workbook(personnes=1)), letter(workbook(personnes=2))
    second.replace_header("Message-ID", first["Message-ID"])
    second.replace_header("Date", first["Date"])
    post.account.receive(first, second)
    post.fetch()
    assert len(post.items()) == 2


PROGRAM = """\
import sys
from posting import Post, programme
from imap_server import Account
from pathlib import Path
from schemas.settings import ProjectPaths
folder, port, user = sys.argv[1:]
Post(Account(user, int(port), Path(), Path()), ProjectPaths(Path(folder)), programme(port=int(port))).fetch()
print("done", flush=True)
"""


def test_processes_killed_at_any_moment_lose_and_double_nothing(
    account: Account, tmp_path: Path, imap: ImapServer
) -> None:
    paths = ProjectPaths(tmp_path)
    post = Post(account, paths, programme(port=account.port))
    account.receive(*(letter(workbook(personnes=number)) for number in range(4)))
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}", "SSL_CERT_FILE": str(imap.authority)}
    command = [sys.executable, "-c", PROGRAM, str(tmp_path), str(account.port), account.user]
    for kept in range(4):
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL) as process:
            while process.poll() is None and not (paths.intake.exists() and len(post.items()) > kept):
                time.sleep(0.005)
            time.sleep(0.003 * kept)
            process.send_signal(signal.SIGKILL)
    assert len(post.items()) < 5
    post.fetch()
    assert len(post.items()) == 4
    assert account.flags() == [{READ}] * 4
    assert len({answer["In-Reply-To"] for answer in post.answers()}) == len(post.answers()) <= 4
