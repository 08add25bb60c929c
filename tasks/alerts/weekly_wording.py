"""Put the weekly page for the lead into words."""

from collections.abc import Iterator
from dataclasses import dataclass

from tasks.alerts.entries import on_one_line
from tasks.alerts.weekly import Counts, LongMissing, WeeklyPage
from tasks.i18n import day_in_words, language


@dataclass(frozen=True, slots=True)
class CohortInWords:
    """A cohort: its name, its counts, and what changed within the week."""

    name: str
    counts: str
    changed: str


@dataclass(frozen=True, slots=True)
class InnovationInWords:
    """An innovation and its cohorts."""

    name: str
    cohorts: tuple[CohortInWords, ...]


@dataclass(frozen=True, slots=True)
class MissingInWords:
    """A missing return."""

    structure: str
    about: str
    when: str
    followed_by: str
    page: str


@dataclass(frozen=True, slots=True)
class WeeklyLetter:
    """The weekly page in words."""

    locale: str
    subject: str
    greeting: str
    opening: str
    counts: str
    changed_heading: str
    changed: tuple[str, ...]
    innovations: tuple[InnovationInWords, ...]
    missing_heading: str
    missing: tuple[MissingInWords, ...]
    page_label: str
    not_reached_heading: str
    not_reached: tuple[str, ...]
    desk: str
    desk_label: str
    why: str


def weekly_letter(page: WeeklyPage) -> WeeklyLetter:
    """Put the weekly page into words."""
    _ = language(page.locale).gettext
    programme = on_one_line(page.programme)
    day = day_in_words(page.as_of, page.locale)
    innovations: dict[str, list[CohortInWords]] = {}
    for one in page.cohorts:
        changed = ", ".join(_changed(page, one.counts))
        innovations.setdefault(on_one_line(one.innovation), []).append(
            CohortInWords(
                on_one_line(one.cohort),
                _counts(page, one.counts),
                _("This week: {changes}").format(changes=changed) if changed else "",
            )
        )
    return WeeklyLetter(
        locale=page.locale,
        subject=language(page.locale)
        .ngettext(
            "The week: {received} of {expected} return received · {programme}",
            "The week: {received} of {expected} returns received · {programme}",
            # In French, the number received governs the noun; in English, the number expected.
            page.total.received if page.locale == "fr" else page.total.expected,
        )
        .format(received=page.total.received, expected=page.total.expected, programme=programme),
        greeting=_("Hello,"),
        opening=_("Here is where {programme} stands on {day}:").format(programme=programme, day=day),
        counts=_counts(page, page.total),
        changed_heading=_("Since last week"),
        changed=tuple(_changed(page, page.total)) or (_("nothing has changed"),),
        innovations=tuple(InnovationInWords(name, tuple(cohorts)) for name, cohorts in innovations.items()),
        missing_heading=_("Missing for longest"),
        missing=tuple(_missing(page, one) for one in page.missing),
        page_label=_("Open this return"),
        not_reached_heading=_("Not reached"),
        not_reached=tuple(_not_reached(page)),
        desk=page.desk or "",
        desk_label=_("All structures"),
        why=_(
            "You get this mail once a week because you lead {programme}. To do without it, set weekly: false under "
            "alerts in programme.yaml."
        ).format(programme=programme),
    )


def _counts(page: WeeklyPage, counts: Counts) -> str:
    """Word the counts, without those that are zero."""
    plural = language(page.locale).ngettext
    words = [
        plural("{count} expected", "{count} expected", counts.expected).format(count=counts.expected),
        plural("{count} received", "{count} received", counts.received).format(count=counts.received),
    ]
    if counts.late:
        words[-1] += " " + plural("({count} of them late)", "({count} of them late)", counts.late).format(
            count=counts.late
        )
    if counts.missing:
        words.append(plural("{count} missing", "{count} missing", counts.missing).format(count=counts.missing))
    if counts.to_correct:
        words.append(
            plural("{count} to be corrected", "{count} to be corrected", counts.to_correct).format(
                count=counts.to_correct
            )
        )
    # A line breaks between two counts, and not within one.
    return " · ".join(one.replace(" ", "\N{NO-BREAK SPACE}") for one in words)


def _changed(page: WeeklyPage, counts: Counts) -> Iterator[str]:
    plural = language(page.locale).ngettext
    if counts.came:
        yield plural("{count} return received", "{count} returns received", counts.came).format(count=counts.came)
    if counts.fell_due:
        yield plural("{count} fell due", "{count} fell due", counts.fell_due).format(count=counts.fell_due)
    if counts.became_missing:
        yield plural("{count} has become missing", "{count} have become missing", counts.became_missing).format(
            count=counts.became_missing
        )


def _missing(page: WeeklyPage, one: LongMissing) -> MissingInWords:
    words = language(page.locale)
    _ = words.gettext
    late = words.ngettext("{count} day late", "{count} days late", one.days_late).format(count=one.days_late)
    due = _("Was due on {day}").format(day=day_in_words(one.due_on, page.locale))
    names = ", ".join(on_one_line(name) for name in one.followed_by)
    return MissingInWords(
        structure=on_one_line(one.structure),
        about=" · ".join(on_one_line(part) for part in (one.instrument, one.occasion)),
        when=f"{due} · {late}",
        followed_by=_("Followed by {names}").format(names=names) if names else _("Nobody follows this structure."),
        page=one.page or "",
    )


def _not_reached(page: WeeklyPage) -> Iterator[str]:
    _ = language(page.locale).gettext
    for one in page.not_reached:
        words = (
            _("{name}: the message of {day} was refused. Check the address.")
            if one.is_refused
            else _("{name}: the message of {day} has not left yet. The next run tries again.")
        )
        yield words.format(name=on_one_line(one.name), day=day_in_words(one.since_on, page.locale))
    for name in page.without_address:
        yield _("{name}: no mail address, or several, in structures.csv.").format(name=on_one_line(name))
