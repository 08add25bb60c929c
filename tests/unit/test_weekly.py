"""Test the weekly page for the lead: the days on which it is due, its counts, and its words."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from chasing import DUE, EVALUATORS, Ledger, owed, programme
from digests import NBSP, Page, parts

from schemas.enums import Channel, MessageOutcome, ReturnState
from schemas.programme import Alerts, Cohort, Programme
from tasks.alerts import WEEKLY, compose_weekly, new_digests, recipients, weekly_alerts, weekly_page
from tasks.alerts.weekly import MOST_MISSING, Counts, WeeklyPage
from warehouse.alerts import Message
from warehouse.views import ReturnStatus

MONDAY = date(2018, 7, 9)
AS_OF = DUE + timedelta(days=20)
DESK = "https://desk.example.org"


def led(**changes: Any) -> Programme:
    base = programme(lead=True, **changes)
    cohorts = [
        Cohort(code=f"{innovation}-1", innovation=innovation, name=f"{innovation}, première vague", anchor_on=DUE)
        for innovation in ("LREF", "VITA")
    ]
    return base.model_copy(update={"settings": base.settings.model_copy(update={"cohorts": cohorts})})


def weeks_of(of: Programme, days: list[date], statuses: list[ReturnStatus] | None = None) -> list[date]:
    """Return the days on which a page is decided, of runs on some days."""
    ledger, found = Ledger(of), list[date]()
    for day in days:
        alerts = weekly_alerts(of, statuses or [owed()], ledger.history, day)
        decided = new_digests(of, recipients(of), alerts, ledger.history, as_of=day, run_id="run")
        ledger.alerts += [dict(row) for row in decided.alerts]
        ledger.messages |= {str(row["message_id"]): {**row, "outcome": MessageOutcome.SENT} for row in decided.messages}
        found += [day for _ in decided.messages]
    return found


def test_the_page_is_due_once_a_week_at_the_first_run_of_the_week() -> None:
    every_day = [MONDAY + timedelta(days=days) for days in range(15)]
    assert weeks_of(led(), every_day) == [MONDAY, MONDAY + timedelta(7), MONDAY + timedelta(14)]
    assert weeks_of(led(), [MONDAY + timedelta(2), MONDAY + timedelta(2), MONDAY + timedelta(4)]) == [
        MONDAY + timedelta(2)
    ]


def test_a_run_for_an_earlier_week_sends_no_page_after_a_later_one() -> None:
    assert weeks_of(led(), [MONDAY, MONDAY - timedelta(7)]) == [MONDAY]


def test_there_is_no_page_without_a_lead_without_what_is_due_or_where_the_programme_does_without() -> None:
    of = led()
    without = of.model_copy(update={"settings": of.settings.model_copy(update={"alerts": Alerts(weekly=False)})})
    assert weeks_of(without, [MONDAY]) == []
    assert weeks_of(programme(), [MONDAY]) == []
    assert weeks_of(of, [DUE - timedelta(days=30)]) == []
    over = [owed(state=ReturnState.RECEIVED), owed("IPSO", ReturnState.WAIVED)]
    assert weeks_of(of, [MONDAY], over) == []
    assert weeks_of(of, [MONDAY], [*over, owed("ICARE", ReturnState.SCHEDULED, due_on=MONDAY + timedelta(90))]) == [
        MONDAY
    ]


STATUSES = [
    owed("A1"),
    owed("A2", due_on=DUE - timedelta(days=100)),
    replace(owed("A3", ReturnState.RECEIVED), arrived_on=DUE),
    replace(owed("A4", ReturnState.LATE), arrived_on=AS_OF),
    owed("A5", ReturnState.QUARANTINED),
    owed("A6", ReturnState.WAIVED),
    owed("A7", ReturnState.LEFT),
    owed("A8", ReturnState.SCHEDULED, due_on=AS_OF + timedelta(days=1)),
    replace(owed("A9", ReturnState.NOTHING_TO_REPORT, innovation="VITA"), arrived_on=AS_OF - timedelta(days=7)),
    owed("A0", ReturnState.OPEN, innovation="VITA", due_on=AS_OF - timedelta(days=6)),
]


def page_of(statuses: list[ReturnStatus], *undelivered: Message, of: Programme | None = None) -> WeeklyPage:
    whole = of or led()
    return weekly_page(
        whole,
        statuses,
        recipients(whole),
        undelivered,
        sender="suivi@example.org",
        as_of=AS_OF,
        decided_on=AS_OF,
        message_id="<0123456789abcdef@essai.essaim>",
        desk=DESK,
    )


def test_each_cohort_is_counted_and_what_changed_within_the_week() -> None:
    page = page_of(STATUSES)
    assert page.total == Counts(
        expected=7, received=3, late=1, missing=2, to_correct=1, came=1, became_missing=1, fell_due=1
    )
    of_cohorts = {one.cohort: one.counts for one in page.cohorts}
    assert list(of_cohorts) == ["VITA, première vague", "LREF, première vague"]
    assert of_cohorts["VITA, première vague"] == Counts(
        expected=2, received=1, late=0, missing=0, to_correct=0, came=0, became_missing=0, fell_due=1
    )


def test_the_oldest_missing_returns_come_first_with_those_who_follow_them() -> None:
    page = page_of(STATUSES)
    assert [(one.structure, one.days_late, one.followed_by) for one in page.missing] == [
        ("A2", 120, ("B",)),
        ("A1", 20, ("B",)),
    ]
    assert page.missing[0].page == f"{DESK}/returns/LREF-1/A2/M06/tableau"
    many = [owed(f"S{n:02}") for n in range(MOST_MISSING + 5)]
    assert len(page_of(many).missing) == MOST_MISSING
    unfollowed = page_of([owed()], of=led(evaluators=[{**EVALUATORS[0]}]))
    assert unfollowed.missing[0].followed_by == ()


def test_whoever_was_not_reached_is_named() -> None:
    def message(code: str, outcome: MessageOutcome) -> Message:
        return Message(f"<{code}>", Channel.MAIL, code, AS_OF, outcome, 1, None, "run")

    page = page_of(
        STATUSES,
        message("A", MessageOutcome.DEAD),
        message("B", MessageOutcome.POSTPONED),
        message("gone", MessageOutcome.DEAD),
    )
    assert [(one.name, one.is_refused) for one in page.not_reached] == [("A", True), ("B", False)]


def test_the_page_is_put_into_words_in_both_languages() -> None:
    page = page_of(STATUSES, Message("<A>", Channel.MAIL, "A", AS_OF, MessageOutcome.DEAD, 1, None, "run"))
    message = compose_weekly(page)
    text = parts(message)[0].replace(NBSP, " ")
    assert message["Subject"] == "La semaine : 3 retours reçus sur 7 · Essai".replace(" :", f"{NBSP}:")
    assert message["To"] == "lead@example.org"
    for words in (
        "7 attendus · 3 reçus (dont 1 en retard) · 2 manquants · 1 à corriger",
        "- 1 retour reçu\n- 1 est arrivé à échéance\n- 1 est désormais manquant",
        "VITA AIR\n- VITA, première vague\n  2 attendus · 1 reçu\n  Cette semaine : 1 est arrivé à échéance",
        "Suivi par B",
        "A : le message du jeudi 5 juillet 2018 a été refusé.",
        f"Toutes les structures → {DESK}/",
    ):
        assert words in text
    english = parts(compose_weekly(replace(page, locale="en")))[0].replace(NBSP, " ")
    assert "7 expected · 3 received (1 of them late) · 2 missing · 1 to be corrected" in english


def test_a_week_without_a_change_says_so() -> None:
    quiet = page_of([owed("A2", due_on=date(2018, 1, 1))])
    assert "- rien n'a changé" in parts(compose_weekly(quiet))[0]


@pytest.mark.parametrize("locale", ["fr", "en"])
def test_the_text_and_the_page_say_the_same_and_no_command(locale: str) -> None:
    page = page_of(STATUSES, Message("<A>", Channel.MAIL, "A", AS_OF, MessageOutcome.DEAD, 1, None, "run"))
    text, html = parts(compose_weekly(replace(page, locale=locale)))
    seen = Page(html).text.casefold()
    for line in text.splitlines():
        words = line.strip().removeprefix("- ").partition(" → http")[0].casefold()
        if words and words != "--":
            assert " ".join(words.split()) in seen
    assert "essaim " not in text
    assert compose_weekly(page).as_bytes() == compose_weekly(replace(page)).as_bytes()


def test_the_page_is_of_the_lead_and_held_back_by_no_digest() -> None:
    assert recipients(led())[WEEKLY].email == "lead@example.org"
    assert WEEKLY not in recipients(programme())
