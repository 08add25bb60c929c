"""Word what came for a return, what was decided about it, and which contacts there were."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from gettext import NullTranslations

from schemas.enums import DecisionKind, ReturnOutcome
from schemas.intake import ItemKind, ItemOutcome
from tasks.desk.acts import words_of
from tasks.desk.desk import Desk
from tasks.desk.pages import instant
from tasks.received import STRUCTURE, decision_of, note_of, number_of, places_to_correct
from tasks.reporting.page import short_day
from warehouse.desk import DeskDecision, DeskHistory, DeskVersion
from warehouse.intake import Item


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    Attributes:
        at: Its instant or day, to order by.
        when: The same in words.
        words: What happened.
    """

    at: datetime
    when: str
    words: str


def hows(language: NullTranslations) -> dict[str, str]:
    """Return what may come of a contact with a structure: code and words."""
    _ = language.gettext
    return {
        "no_answer": _("Called, no answer"),
        "reached": _("Reached by telephone"),
        "message": _("Left a message"),
        "written": _("Wrote to them"),
        "visited": _("Met them"),
    }


def event_of(item: Item, desk: Desk, locale: str, language: NullTranslations) -> Event:
    """Return what the desk or the mailbox has received, in words."""
    _ = language.gettext
    when = instant(desk.local(item.received_at), locale=locale)
    match item.kind:
        case ItemKind.WORKBOOK:
            count = len(places_to_correct(item))
            words = _("Workbook received, number {number}").format(number=number_of(item.item_id))
            if count:
                plural = language.ngettext("{count} place to correct", "{count} places to correct", count)
                words = f"{words} · {plural.format(count=count)}"
        case ItemKind.DECISION:
            decision = decision_of(item)
            words = _decided(
                decision.kind, decision.effective_on, decision.reason, locale, language, decision.is_undone
            )
        case ItemKind.NOTE:
            how, text = note_of(item)
            words = " · ".join(filter(None, (hows(language).get(how, how), text)))
    if item.outcome is ItemOutcome.REFUSED:
        words = _("{what} – not applied: {reason}").format(what=words, reason=item.detail)
    return Event(
        item.received_at, when, words if item.received_from == STRUCTURE else f"{words} ({item.received_from})"
    )


def events(
    history: DeskHistory, items: Iterable[Item], desk: Desk, locale: str, language: NullTranslations
) -> list[Event]:
    """Return what happened, the latest first: versions, decisions, and what the desk keeps itself.

    Args:
        history: What is published.
        items: The items of the intake. Those that a run has applied are in what is published, except contacts.
        desk: The desk.
        locale: The language of the days.
        language: The same, as a catalogue.
    """
    of_desk = (
        event_of(item, desk, locale, language)
        for item in items
        if item.kind is ItemKind.NOTE or item.outcome is not ItemOutcome.APPLIED
    )
    versions = {version.return_id: version for version in history.versions}
    found = [
        *(_of_version(version, desk, locale, language) for version in versions.values()),
        *(_of_decision(decision, locale, language) for decision in history.decisions),
        *of_desk,
    ]
    return sorted(found, key=lambda event: event.at, reverse=True)


def _of_version(version: DeskVersion, desk: Desk, locale: str, language: NullTranslations) -> Event:
    _ = language.gettext
    is_loaded = version.outcome is ReturnOutcome.LOADED
    words = _("Received") if is_loaded else _("Received, to be corrected")
    return Event(version.answered_at, instant(desk.local(version.answered_at), locale=locale), words)


def _of_decision(decision: DeskDecision, locale: str, language: NullTranslations) -> Event:
    words = _decided(
        decision.kind, decision.effective_on, decision.reason, locale, language, is_undone=decision.is_undone
    )
    at = datetime.combine(decision.decided_on, time())
    return Event(at, short_day(decision.decided_on, locale=locale), f"{words} ({decision.author})")


def _decided(
    kind: DecisionKind, day: date | None, reason: str, locale: str, language: NullTranslations, is_undone: bool
) -> str:
    heading = words_of(kind, language, is_undone=is_undone).heading
    if day is not None:
        heading = f"{heading} ({short_day(day, locale=locale)})"
    return f"{heading} · {reason}"
