"""Put the structures of a digest into words: each once, with all its returns."""

from collections.abc import Iterable, Sequence

from schemas.enums import AlertKind, InstrumentKind, MessageOutcome, StateReason
from tasks.alerts.contacts import ContactProblem
from tasks.alerts.digest import Digest, DigestLine, ToCorrect
from tasks.alerts.entries import Entry, StructureItem, on_one_line
from tasks.alerts.kinds_in_words import label
from tasks.alerts.listing import most_urgent
from tasks.alerts.mail_to_structure import CAN_BE_SENT, IS_SENT_AGAIN, mail_to_structure
from tasks.i18n import day_in_words, language
from tasks.state_reasons import reason_in_words

MOST_TO_CORRECT = 12
"""Highest number of places to correct listed for each return. The marked copy shows all of them."""


def structure_items(digest: Digest) -> tuple[StructureItem, ...]:
    """Return the structures of the returns that a digest lists, those with something new and urgent first."""
    of_structures: dict[str, list[DigestLine]] = {}
    for line in most_urgent(digest):
        of_structures.setdefault(line.structure_code or line.structure, []).append(line)
    return tuple(_item(digest, lines) for lines in of_structures.values())


def _item(digest: Digest, lines: Sequence[DigestLine]) -> StructureItem:
    _ = language(digest.locale).gettext
    contact = ", ".join(dict.fromkeys(on_one_line(line.contact) for line in lines if line.contact))
    is_unfollowed = any(line.is_unfollowed for line in lines)
    return StructureItem(
        name=on_one_line(lines[0].structure),
        contact=_("Contact: {contact}").format(contact=contact) if contact else "",
        write_to=mail_to_structure(digest, lines),
        written=_written(digest, lines),
        unfollowed=_("Nobody follows this structure: name an evaluator for it in programme.yaml (follows).")
        if is_unfollowed
        else "",
        returns=tuple(_entry(digest, line) for line in lines),
    )


def _written(digest: Digest, lines: Iterable[DigestLine]) -> str:
    """Word when Essaim last wrote to the structure about any of some returns, or why it cannot."""
    _ = language(digest.locale).gettext
    problems = {line.cannot_write for line in lines if line.cannot_write is not None}
    if ContactProblem.SEVERAL_ADDRESSES in problems:
        return _("Essaim could not write to the structure: its contact in structures.csv has several mail addresses.")
    if problems:
        return _("Essaim could not write to the structure: its contact in structures.csv has no mail address.")
    last = max(
        (line.written for line in lines if line.written is not None), key=lambda one: one.decided_on, default=None
    )
    if last is None:
        return ""
    day = day_in_words(last.decided_on, digest.locale)
    if last.outcome is MessageOutcome.SENT:
        return _("Essaim wrote to the structure on {day}.").format(day=day)
    if last.outcome is MessageOutcome.DEAD:
        return _(
            "Essaim could not write to the structure on {day}: the mail was refused. Check its address in "
            "structures.csv."
        ).format(day=day)
    return _(
        "Essaim has tried to write to the structure since {day}: the mail server has not taken the mail yet."
    ).format(day=day)


def _entry(digest: Digest, line: DigestLine) -> Entry:
    _, plural = language(digest.locale).gettext, language(digest.locale).ngettext
    give_label, give = "", ""
    if line.workbook and line.page is None and line.reason in IS_SENT_AGAIN:
        give_label, give = _("Workbook to send again"), line.workbook
    elif line.workbook and line.page is None and line.reason in CAN_BE_SENT:
        give_label, give = _("Workbook to send"), line.workbook
    elif line.survey and line.reason in CAN_BE_SENT and line.survey_closure is None:
        give_label, give = _("Open the questionnaire"), line.survey
    hidden = len(line.to_correct) - MOST_TO_CORRECT
    return Entry(
        kind=line.kind,
        title=label(digest, line),
        about=" · ".join(on_one_line(part) for part in (line.instrument, line.occasion, line.cohort)),
        badge=_("new") if line.is_new else "",
        when=_when(digest, line),
        late=_late(digest, line),
        situation=_situation(digest, line),
        advice=_advice(digest, line),
        give_label=give_label,
        give=give,
        give_is_address=give.startswith(("https://", "http://")),
        to_correct=_shown(line.to_correct),
        more_to_correct=plural("and {count} more place", "and {count} more places", hidden).format(count=hidden)
        if hidden > 0
        else "",
        marked=_marked(digest, line),
        page=line.page or "",
        reference="" if line.page else line.expected_return_id,
    )


def _marked(digest: Digest, line: DigestLine) -> str:
    _ = language(digest.locale).gettext
    if not line.is_marked:
        return ""
    if line.page:
        return _("A copy of the workbook with these places marked is on the page of the return.")
    if not digest.can_be_answered:
        return _("Whoever runs Essaim has a copy of the workbook with these places marked.")
    return _("Whoever runs Essaim has a copy of the workbook with these places marked: answer this mail to get it.")


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
    is_awaited = ahead < 0 and line.kind is not AlertKind.NEWER_TO_BE_CORRECTED
    return (_("Was due on {day}") if is_awaited else _("Due on {day}")).format(day=day)


def _late(digest: Digest, line: DigestLine) -> str:
    if not line.days_late or line.kind in (AlertKind.UNVERIFIABLE, AlertKind.DUE_SOON):
        return ""
    plural = language(digest.locale).ngettext
    return plural("{count} day late", "{count} days late", line.days_late).format(count=line.days_late)


def _situation(digest: Digest, line: DigestLine) -> str:
    """Word where a return stands, in the sections that hold returns of several kinds."""
    words = language(digest.locale)
    if line.reason is StateReason.TOO_FEW_RESPONDENTS:
        return words.ngettext(
            "{count} complete response of the {minimum} needed",
            "{count} complete responses of the {minimum} needed",
            line.n_respondents,
        ).format(count=line.n_respondents, minimum=line.minimum_respondents)
    is_mixed = line.kind in (AlertKind.ESCALATED, AlertKind.SURVEY_CLOSED) or (
        line.kind is AlertKind.DUE_SOON and line.reason is not StateReason.NOTHING_CAME
    )
    return reason_in_words(line.reason, words) if is_mixed else ""


def _advice(digest: Digest, line: DigestLine) -> str:
    _ = language(digest.locale).gettext
    is_survey = line.instrument_kind is InstrumentKind.LIMESURVEY
    match line.reason:
        case StateReason.INCOMPLETE | StateReason.TO_BE_CORRECTED if is_survey and line.is_of_evaluator:
            return _("Reopen your response on the survey server, and complete or correct it.")
        case StateReason.INCOMPLETE if is_survey:
            return _(
                "Reopen the response on the survey server so that the structure can complete it, or complete it with "
                "the structure by telephone."
            )
        case StateReason.TO_BE_CORRECTED if is_survey:
            return _(
                "Reopen the response on the survey server so that the structure can correct it (first extend the "
                "survey if it has expired), or correct it with the structure by telephone."
            )
        case StateReason.INCOMPLETE if line.is_of_evaluator:
            return _("Complete your workbook and send it again.")
        case StateReason.INCOMPLETE:
            return _("Ask the structure to complete the workbook and to send it again.")
        case _:
            return ""
