"""Test that of several workbooks for one return the last in the mailbox counts, also of those of one second.

A mail server records in whole seconds when a message arrived.
"""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from bookkeeping import OTHER
from commands import Commands
from imap_server import Account
from killing import Killed, dying
from posting import LEAD, Post, letter, programme, workbook, write_programme

from flows.collect import collect
from schemas.settings import ProjectPaths
from tasks.mailbox import handling

SECOND = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=1)
"""When all messages of these tests arrived."""


def persons_of(paths: ProjectPaths) -> dict[str, float]:
    """Return the number that the views have of each enrolment."""
    rows = Commands(paths.folder).rows(
        "select enrolment_id, value_number from analytics.cohort_panel "
        "where occasion_code = 'M06' and indicator_code = 'persons' and value_number is not null"
    )
    return dict(rows)


def test_the_last_workbook_of_a_second_counts_on_both_engines(account: Account, paths_with_views: ProjectPaths) -> None:
    paths = paths_with_views
    post = Post(account, paths, programme(port=account.port))
    write_programme(post)
    # A structure sends one message for each workbook, and the lead all of another structure in one.
    account.receive(*(letter(workbook(personnes=number)) for number in (11, 12, 13, 11)), arrived_at=SECOND)
    of_lead = [workbook(OTHER, personnes=number) for number in (21, 22, 23, 24, 21)]
    account.receive(letter(*of_lead, sender=LEAD), arrived_at=SECOND)
    collect(paths, post.environment(), "collect", None)
    assert persons_of(paths) == {"C-1/STR1": 11, "C-1/STR2": 21}
    account.receive(letter(workbook(personnes=14)), arrived_at=SECOND)
    collect(paths, post.environment(), "collect", None)
    assert persons_of(paths) == {"C-1/STR1": 14, "C-1/STR2": 21}


def test_workbooks_of_one_second_are_received_in_the_order_of_the_mailbox_over_several_runs(post: Post) -> None:
    sent = [workbook(personnes=number) for number in range(8)]
    for of_run in (sent[:3], sent[3:4], sent[4:]):
        post.account.receive(*(letter(content) for content in of_run), arrived_at=SECOND)
        post.fetch()
    items = post.items()
    assert [post.kept(item) for item in items] == sent
    assert all(before.received_at < after.received_at for before, after in pairwise(items))
    assert {item.received_at.replace(microsecond=0, tzinfo=UTC) for item in items} == {SECOND}


@pytest.mark.parametrize("step", ["keep", "record_mail"])
def test_a_message_that_is_read_again_after_a_kill_keeps_its_place(
    post: Post, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    first, second, third = (workbook(personnes=number) for number in range(3))
    post.account.receive(letter(first, second), letter(third), arrived_at=SECOND)
    with monkeypatch.context() as patch:
        patch.setattr(handling, step, dying(getattr(handling, step), before=False))
        with pytest.raises(Killed):
            post.fetch()
    before = {item.item_id: item.received_at for item in post.items()}
    post.fetch()
    items = post.items()
    assert [post.kept(item) for item in items] == [first, second, third]
    assert {item.item_id: item.received_at for item in items if item.item_id in before} == before


def test_of_the_attachments_of_a_message_the_last_counts_also_if_its_content_came_before(post: Post) -> None:
    first, *others = (workbook(personnes=number) for number in range(4))
    post.account.receive(letter(first, *others, first))
    post.fetch()
    assert [post.kept(item) for item in post.items()] == [*others, first]
