"""Test that `essaim apply` reads the mailbox, and that a programme without one is left alone while nothing waits."""

import json

import pytest
from bookkeeping import RETURN
from commands import Commands
from imap_server import PASSWORD, Account
from posting import Post, letter, programme, workbook, write_programme

from schemas.settings import ProjectPaths
from tasks.mailbox.connection import READ

NOTHING = "Nothing waits to be applied.\n"


def test_apply_reads_the_mailbox_and_loads_what_it_finds_on_both_engines(
    account: Account, paths_with_views: ProjectPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ESSAIM_IMAP_USERNAME", account.user)
    monkeypatch.setenv("ESSAIM_IMAP_PASSWORD", PASSWORD)
    post = Post(account, paths_with_views, programme(port=account.port))
    write_programme(post)
    account.receive(letter(workbook()))
    commands = Commands(post.paths.folder)
    assert json.loads(commands.run("apply", "--json").out)["loaded"] == 1
    assert commands.rows(f"select state from analytics.return_status where expected_return_id = '{RETURN}'") == [
        ("late",)
    ]
    assert (account.flags(), len(post.answers()), post.items()) == ([{READ}], 1, [])
    monkeypatch.setenv("ESSAIM_IMAP_PASSWORD", "faux")
    assert "refuses the user or the password" in commands.run("apply").out


def test_without_a_mailbox_or_with_invented_returns_nothing_is_read_while_nothing_waits(post: Post) -> None:
    post.paths.var.mkdir()
    post.paths.invented.touch()
    write_programme(post)
    post.account.receive(letter(workbook()))
    assert Commands(post.paths.folder).run("apply").out == NOTHING
    post.paths.invented.unlink()
    settings = post.programme.settings
    sources = settings.sources.model_copy(update={"mailbox": None})
    bare = post.programme.model_copy(update={"settings": settings.model_copy(update={"sources": sources})})
    write_programme(Post(post.account, post.paths, bare))
    assert Commands(post.paths.folder).run("apply").out == NOTHING
    assert post.account.flags() == [set()]
