"""Put a digest into words, for both its text and its page."""

from collections.abc import Sequence
from dataclasses import dataclass

from schemas.enums import AlertKind
from tasks.alerts.digest import Digest
from tasks.alerts.entries import Section, StructureItem, on_one_line
from tasks.alerts.kinds_in_words import return_sections
from tasks.alerts.listing import not_listed
from tasks.alerts.structure_items import structure_items
from tasks.alerts.target_wording import target_sections, targets_in_subject
from tasks.i18n import day_in_words, language

MOST_FOLLOWED = 6
"""Highest number of names of followed innovations, cohorts and structures that a mail lists."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A digest in words.

    Attributes:
        sections: What the digest says of each kind of alert about returns.
        structures: The structures with their returns.
        targets: The sections about targets.
        not_listed: How many returns are not listed, and where they are; empty if all are.
        rest: Address of the page that has them, if there is one.
        desk: Address of the desk, if there is one.
    """

    locale: str
    subject: str
    greeting: str
    opening: str
    caution: str
    sections: tuple[Section, ...]
    structures: tuple[StructureItem, ...]
    targets: tuple[Section, ...]
    write_to_label: str
    page_label: str
    not_listed: str
    rest: str
    workbooks_go: str
    stop: str
    desk: str
    desk_label: str
    reference_label: str
    why: str


def letter(digest: Digest) -> Letter:
    """Put a digest into words."""
    _ = language(digest.locale).gettext
    structures = structure_items(digest)
    programme = on_one_line(digest.programme)
    has_workbooks = any(one.give and not one.give_is_address for item in structures for one in item.returns)
    return Letter(
        locale=digest.locale,
        subject=_subject(digest, programme),
        greeting=_("Hello,"),
        opening=_("{programme}, on {day}:").format(programme=programme, day=day_in_words(digest.as_of, digest.locale)),
        caution=_("Not all sources have been read since {day}: what has come since may be missing here.").format(
            day=day_in_words(digest.collected_on, digest.locale)
        )
        if digest.collected_on < digest.as_of
        else "",
        sections=tuple(return_sections(digest)),
        structures=structures,
        targets=tuple(target_sections(digest)),
        write_to_label=_("Write to the structure: a text is ready"),
        page_label=_("Open this return"),
        not_listed=not_listed(digest),
        rest=digest.desk or digest.pages or "",
        workbooks_go=_workbooks_go(digest) if has_workbooks else "",
        stop="" if _is_of_closed_surveys(digest) else _stop(digest),
        desk=digest.desk or "",
        desk_label=_("All your structures"),
        reference_label=_("Reference"),
        why=_why(digest, programme),
    )


def _stop(digest: Digest) -> str:
    _ = language(digest.locale).gettext
    if digest.desk:
        return _(
            "The reminders of a return stop by themselves on the day it arrives. It will not come, it will come later, "
            "there is nothing to report, or the structure has left? Say so on the page of the return."
        )
    if not digest.can_be_answered:
        return _(
            "The reminders of a return stop by themselves on the day it arrives. It will not come, it will come later, "
            "there is nothing to report, or the structure has left? Have it recorded by whoever runs Essaim."
        )
    return _(
        "The reminders of a return stop by themselves on the day it arrives. It will not come, it will come later, "
        "there is nothing to report, or the structure has left? Answer this mail with the reference of the return."
    )


def _workbooks_go(digest: Digest) -> str:
    _ = language(digest.locale).gettext
    if not digest.can_be_answered:
        return _(
            "Workbooks keep the name that is given here. Whoever runs Essaim has those to fill in, and takes those "
            "that are filled in."
        )
    return _(
        "Workbooks keep the name that is given here. To get one to fill in, or to pass on one that is filled in, "
        "answer this mail."
    )


def _is_of_closed_surveys(digest: Digest) -> bool:
    """Return whether a digest has nothing but surveys that nobody can answer, of which no return is to be followed."""
    return all(line.kind is AlertKind.SURVEY_CLOSED for line in digest.lines)


def _subject(digest: Digest, programme: str) -> str:
    plural = language(digest.locale).ngettext
    of_targets = targets_in_subject(digest)
    if not digest.lines:
        return " · ".join((*of_targets, programme))
    if _is_of_closed_surveys(digest):
        count = len({line.survey_id for line in digest.lines})
        subject = plural(
            "{count} survey that nobody can answer · {programme}",
            "{count} surveys that nobody can answer · {programme}",
            count,
        )
    else:
        count = len(digest.lines)
        subject = plural("{count} return to follow · {programme}", "{count} returns to follow · {programme}", count)
    return subject.format(count=count, programme=" · ".join((*of_targets, programme)))


def _why(digest: Digest, programme: str) -> str:
    _ = language(digest.locale).gettext
    if digest.is_to_lead:
        return _(
            "You get this mail because you lead {programme}. It goes out once a day at most, and only when something "
            "has changed."
        ).format(programme=programme)
    followed, absent = _listed_names(digest, digest.follows), _listed_names(digest, digest.stands_in_for)
    if followed and absent:
        why = _(
            "You get this mail because you follow {followed} and stand in for {absent} in {programme}. It goes out "
            "once a day at most, and only when something has changed."
        )
    elif absent:
        why = _(
            "You get this mail because you stand in for {absent} in {programme}. It goes out once a day at most, and "
            "only when something has changed."
        )
    else:
        why = _(
            "You get this mail because you follow {followed} in {programme}. It goes out once a day at most, and only "
            "when something has changed."
        )
    return why.format(followed=followed, absent=absent, programme=programme)


def _listed_names(digest: Digest, names: Sequence[str]) -> str:
    plural = language(digest.locale).ngettext
    listed = ", ".join(on_one_line(name) for name in names[:MOST_FOLLOWED])
    more = len(names) - MOST_FOLLOWED
    if more <= 0:
        return listed
    return plural("{listed} and {count} more", "{listed} and {count} more", more).format(listed=listed, count=more)
