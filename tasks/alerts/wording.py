"""Put a digest into words, for both its text and its page."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from schemas.enums import AlertKind
from tasks.alerts.digest import Digest, DigestLine, ToCorrect
from tasks.i18n import day_in_words, language

MOST_TO_CORRECT = 12
"""Highest number of places to correct listed for each return. The marked copy shows all of them."""

ORDER = (
    AlertKind.ESCALATED,
    AlertKind.MISSING,
    AlertKind.UNFINISHED,
    AlertKind.TO_BE_CORRECTED,
    AlertKind.UNVERIFIABLE,
    AlertKind.DUE_SOON,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """An expected return in words.

    Attributes:
        give_label: Label of `give`.
        give: Name of the workbook to send, or address of the questionnaire.
    """

    title: str
    about: str
    badge: str
    when: str
    late: str
    contact: str
    give_label: str
    give: str
    give_is_address: bool
    to_correct: tuple[ToCorrect, ...]
    more_to_correct: str
    annotated: str
    reference: str


@dataclass(frozen=True, slots=True)
class Section:
    """The entries of one kind, with a note on what to do about them."""

    kind: AlertKind
    heading: str
    note: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Command:
    """A command line and its purpose."""

    purpose: str
    line: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A digest in words."""

    locale: str
    subject: str
    greeting: str
    opening: str
    sections: tuple[Section, ...]
    workbooks_go: str
    stop_heading: str
    stop_note: str
    commands: tuple[Command, ...]
    reference_label: str
    why: str


def letter(digest: Digest) -> Letter:
    """Put a digest into words."""
    _, plural = language(digest.locale).gettext, language(digest.locale).ngettext
    sections = tuple(_sections(digest))
    programme = on_one_line(digest.programme)
    count = len(digest.lines)
    return Letter(
        locale=digest.locale,
        subject=plural(
            "{count} return to follow · {programme}", "{count} returns to follow · {programme}", count
        ).format(count=count, programme=programme),
        greeting=_("Hello,"),
        opening=_("{programme}, on {day}:").format(programme=programme, day=day_in_words(digest.as_of, digest.locale)),
        sections=sections,
        workbooks_go=_("Workbooks go into the folder {inbox}, under the name that is given here.").format(
            inbox=on_one_line(digest.inbox)
        )
        if digest.inbox and any(entry.give and not entry.give_is_address for s in sections for entry in s.entries)
        else "",
        stop_heading=_("No longer being reminded of a return"),
        stop_note=_(
            "The reminders stop by themselves on the day the return arrives. To stop them before, run one of these "
            "lines with the reference of the return, or answer this mail:"
        ),
        commands=(
            Command(_("It will not come"), _('essaim waive REFERENCE --reason "…"')),
            Command(_("It will come later"), _('essaim snooze REFERENCE --until DAY --reason "…"')),
            Command(_("The structure has left"), _('essaim leave COHORT/STRUCTURE --on DAY --reason "…"')),
        ),
        reference_label=_("Reference"),
        why=_why(digest, programme),
    )


def on_one_line(text: str) -> str:
    """Return a text without line breaks, which headers cannot hold, and without signs that reorder other text."""
    kept = "".join(" " if unicodedata.category(sign) in ("Cc", "Cf", "Zl", "Zp") else sign for sign in text)
    return " ".join(kept.split())


def _sections(digest: Digest) -> Iterable[Section]:
    _ = language(digest.locale).gettext
    words_of = {
        AlertKind.ESCALATED: (
            _("Not settled in spite of reminders"),
            _("Their evaluators were reminded several times. Only a direct contact will help now."),
        ),
        AlertKind.MISSING: (_("Missing"), _("Nothing has come, and the days of grace are over.")),
        AlertKind.UNFINISHED: (
            _("Begun, not finished"),
            _("Something has come, but too little is answered for it to count."),
        ),
        AlertKind.TO_BE_CORRECTED: (
            _("Received, to be corrected"),
            _("These came, and cannot be used as they are. Here is where to correct them."),
        ),
        AlertKind.UNVERIFIABLE: (
            _("Could not be checked (do not chase these)"),
            _("Their source could not be read. They may well have come: please do not chase them."),
        ),
        AlertKind.DUE_SOON: (
            _("Due soon, or due and still on time"),
            _("Nobody is late here: it is a good moment for a friendly word."),
        ),
    }
    for kind in ORDER:
        lines = [line for line in digest.lines if line.kind is kind]
        if lines:
            heading, note = words_of[kind]
            yield Section(kind, heading, note, tuple(_entry(digest, line) for line in lines))


def _entry(digest: Digest, line: DigestLine) -> Entry:
    _, plural = language(digest.locale).gettext, language(digest.locale).ngettext
    is_sent_again = line.kind is AlertKind.TO_BE_CORRECTED
    give_label, give = "", ""
    if line.kind is not AlertKind.UNVERIFIABLE and line.workbook:
        give_label = _("Workbook to send again") if is_sent_again else _("Workbook to send")
        give = line.workbook
    elif line.kind is not AlertKind.UNVERIFIABLE and line.survey:
        give_label, give = _("Open the questionnaire"), line.survey
    hidden = len(line.to_correct) - MOST_TO_CORRECT
    return Entry(
        title=on_one_line(line.structure),
        about=" · ".join(on_one_line(part) for part in (line.cohort, line.instrument, line.occasion)),
        badge=_("new") if line.is_new else "",
        when=_when(digest, line),
        late=_late(digest, line),
        contact=_("Contact: {contact}").format(contact=on_one_line(line.contact)) if line.contact else "",
        give_label=give_label,
        give=give,
        give_is_address=give.startswith(("https://", "http://")),
        to_correct=_shown(line.to_correct),
        more_to_correct=plural("and {count} more place", "and {count} more places", hidden).format(count=hidden)
        if hidden > 0
        else "",
        annotated=_("Marked copy → {place}").format(place=on_one_line(line.annotated)) if line.annotated else "",
        reference=line.expected_return_id,
    )


def _shown(to_correct: Sequence[ToCorrect]) -> tuple[ToCorrect, ...]:
    return tuple(
        ToCorrect(on_one_line(place.location), on_one_line(place.expected)) for place in to_correct[:MOST_TO_CORRECT]
    )


def _when(digest: Digest, line: DigestLine) -> str:
    _, plural = language(digest.locale).gettext, language(digest.locale).ngettext
    day = day_in_words(line.due_on, digest.locale)
    ahead = (line.due_on - digest.as_of).days
    if line.kind is AlertKind.DUE_SOON:
        if ahead > 0:
            return plural("Due on {day}, in {count} day", "Due on {day}, in {count} days", ahead).format(
                day=day, count=ahead
            )
        return _("Due today").format(day=day) if ahead == 0 else _("Was due on {day}, still on time").format(day=day)
    return (_("Was due on {day}") if ahead < 0 else _("Due on {day}")).format(day=day)


def _late(digest: Digest, line: DigestLine) -> str:
    if not line.days_late or line.kind in (AlertKind.UNVERIFIABLE, AlertKind.DUE_SOON):
        return ""
    plural = language(digest.locale).ngettext
    return plural("{count} day late", "{count} days late", line.days_late).format(count=line.days_late)


def _why(digest: Digest, programme: str) -> str:
    _ = language(digest.locale).gettext
    if digest.is_to_lead:
        return _(
            "You get this mail because you lead {programme}. It goes out once a day at most, and only when something "
            "has changed. The list of all returns: essaim status."
        ).format(programme=programme)
    return _(
        "You get this mail because you follow {innovations} in {programme}. It goes out once a day at most, and only "
        "when something has changed. The list of all returns: essaim status."
    ).format(innovations=", ".join(on_one_line(name) for name in digest.follows), programme=programme)
