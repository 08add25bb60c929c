"""Put a digest into words, for both its text and its page."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from schemas.enums import AlertKind, InstrumentKind, StateReason
from tasks.alerts.digest import Digest, DigestLine, ToCorrect
from tasks.alerts.entries import Entry, Section, on_one_line
from tasks.alerts.listing import ORDER, most_urgent, not_listed
from tasks.alerts.mail_to_structure import CAN_BE_SENT, IS_SENT_AGAIN, mail_to_structure
from tasks.alerts.target_wording import target_sections, targets_in_subject
from tasks.i18n import day_in_words, language
from tasks.state_reasons import closure_in_words, reason_in_words

MOST_FOLLOWED = 6
"""Highest number of names of followed innovations, cohorts and structures that a mail lists."""
MOST_TO_CORRECT = 12
"""Highest number of places to correct listed for each return. The marked copy shows all of them."""


@dataclass(frozen=True, slots=True)
class Command:
    """A command line and its purpose."""

    purpose: str
    line: str


@dataclass(frozen=True, slots=True)
class Letter:
    """A digest in words.

    Attributes:
        not_listed: How many returns are not listed, and where they are; empty if all are.
        pages: Address of the page that has them, if there is one.
    """

    locale: str
    subject: str
    greeting: str
    opening: str
    caution: str
    sections: tuple[Section, ...]
    not_listed: str
    pages: str
    workbooks_go: str
    stop_heading: str
    stop_note: str
    commands: tuple[Command, ...]
    reference_label: str
    why: str


def letter(digest: Digest) -> Letter:
    """Put a digest into words."""
    _ = language(digest.locale).gettext
    sections = (*_sections(digest), *target_sections(digest))
    programme = on_one_line(digest.programme)
    return Letter(
        locale=digest.locale,
        subject=_subject(digest, programme),
        greeting=_("Hello,"),
        opening=_("{programme}, on {day}:").format(programme=programme, day=day_in_words(digest.as_of, digest.locale)),
        caution=_(
            "The sources were last read on {day}: whatever has come since is not taken into account here."
        ).format(day=day_in_words(digest.collected_on, digest.locale))
        if digest.collected_on < digest.as_of
        else "",
        sections=sections,
        not_listed=not_listed(digest),
        pages=digest.pages or "",
        workbooks_go=_("Workbooks go into the folder {inbox}, under the name that is given here.").format(
            inbox=on_one_line(digest.inbox)
        )
        if digest.inbox and any(entry.give and not entry.give_is_address for s in sections for entry in s.entries)
        else "",
        stop_heading=_("No longer being reminded of a return"),
        stop_note=_(
            "The reminders stop by themselves on the day the return arrives. To stop them before, run one of these "
            "commands with the reference of the return, or answer this mail:"
        ),
        commands=()
        if _is_of_closed_surveys(digest)
        else (
            Command(_("It will not come"), _('essaim waive REFERENCE --reason "…"')),
            Command(_("There is nothing to report"), _('essaim nothing REFERENCE --reason "…"')),
            Command(_("It will come later"), _('essaim snooze REFERENCE --until DAY --reason "…"')),
            Command(_("A later due date was agreed"), _('essaim extend REFERENCE --until DAY --reason "…"')),
            Command(_("The structure has left"), _('essaim leave COHORT/STRUCTURE --on DAY --reason "…"')),
        ),
        reference_label=_("Reference"),
        why=_why(digest, programme),
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


def _sections(digest: Digest) -> Iterable[Section]:
    _ = language(digest.locale).gettext
    words_of = {
        AlertKind.ESCALATED: (
            _("Due for long, and still not settled"),
            _("Their due date passed long ago. Here is where each return stands."),
        ),
        AlertKind.SURVEY_CLOSED: (
            _("Returns of surveys that nobody can answer (to be settled on our side, not by the structures)"),
            _("Their survey is closed on the survey server: please do not chase the structures."),
        ),
        AlertKind.MISSING: (_("Missing"), _missing(digest)),
        AlertKind.COMPLETED_WITHOUT_RESPONSE: (
            _("No response, but completed for the survey server"),
            _(
                "The survey server holds no response of theirs, or no longer, but counts the participant as completed: "
                "it will not remind them. If a response was deleted by mistake, restore it. Otherwise reset the "
                "participant in the list of participants of the survey: not completed, one use left."
            ),
        ),
        AlertKind.TOKEN_USED_UP: (
            _("No response, and the token was used for another occasion"),
            _(
                "Their survey serves several occasions. The participant has answered another one, and the survey "
                "server counts them as completed: it does not write to them about this occasion, and by default no "
                "longer lets them in. In the list of participants of the survey, reset the participant: not completed, "
                "one use left. To avoid this for the occasions to come, give the participants a use for each occasion."
            ),
        ),
        AlertKind.DELETED: (
            _("Deleted on the survey server"),
            _(
                "A response, submitted or only begun, was deleted on the survey server; none has come since. If that "
                "was a mistake, restore it; otherwise the questionnaire must be answered again. Check too that the "
                "server no longer counts the participant as completed: otherwise it will not remind them."
            ),
        ),
        AlertKind.UNFINISHED: (
            _("Begun, not finished"),
            _(
                "Begun on the survey server, not submitted yet: open the questionnaire again, finish it and submit it. "
                "If the survey server no longer lets the structure in, it counts the participant as completed: reset "
                "them in the list of participants of the survey (not completed, one use left)."
            ),
        ),
        AlertKind.INCOMPLETE: (
            _("Submitted, incomplete"),
            _("They were submitted, but too few of the essential questions are answered for them to count."),
        ),
        AlertKind.TOO_FEW_RESPONDENTS: (
            _("Not enough respondents yet"),
            _("Complete responses have come, but fewer than are needed."),
        ),
        AlertKind.SET_ASIDE: (
            _("Answered after the structure had left (to be settled on our side, not by the structures)"),
            _(
                "A response came after the day on which the structure left, and the instrument sets such responses "
                "aside. Decide whether it counts. If it does, take the departure back or correct its day (essaim leave "
                "COHORT/STRUCTURE --undo, or --on DAY; left_on in structures.csv): the next collection reads it. "
                "If it does not, waive the return."
            ),
        ),
        AlertKind.UNPLACED: (
            _("Occasion to be determined"),
            _(
                "A response, submitted or only begun, is on the survey server, but it is not known for which occasion. "
                "It is listed under each occasion that it may be for: determine it once, and all of them are settled. "
                "Here is how."
            ),
        ),
        AlertKind.TO_BE_CORRECTED: (
            _("Received, to be corrected"),
            _("These came, and cannot be used as they are. Here is where to correct them."),
        ),
        AlertKind.TO_BE_MENDED: (
            _("Received, to be settled on our side (not by the structures)"),
            _(
                "The programme folder or Essaim cannot read these yet, and the structures can do nothing about it. "
                "Here is what to change; the next collection reads them again."
            ),
        ),
        AlertKind.NEWER_TO_BE_CORRECTED: (
            _("Received, and sent again with errors"),
            _(
                "These were received and count. A newer version of them came since and cannot be used as it is: until "
                "it is corrected, the figures stay those of the earlier one."
            ),
        ),
        AlertKind.UNVERIFIABLE: (
            _("Could not be checked (do not chase these)"),
            _(
                "Their source could not be read, or nobody has looked since they fell due. They may well have come: "
                "please do not chase them."
            ),
        ),
        AlertKind.DUE_SOON: (
            _("Due soon, or due and still on time"),
            _("Nobody is late here: it is a good moment for a friendly word."),
        ),
    }
    listed = most_urgent(digest)
    for kind in ORDER:
        lines = [line for line in digest.lines if line.kind is kind]
        if lines:
            heading, note = words_of[kind]
            entries = tuple(_entry(digest, line) for line in lines if line in listed)
            yield Section(kind, heading, note, len(lines), _closed_surveys(digest, lines), entries)


def _entry(digest: Digest, line: DigestLine) -> Entry:
    _, plural = language(digest.locale).gettext, language(digest.locale).ngettext
    give_label, give = "", ""
    if line.workbook and line.reason in IS_SENT_AGAIN:
        give_label, give = _("Workbook to send again"), line.workbook
    elif line.workbook and line.reason in CAN_BE_SENT:
        give_label, give = _("Workbook to send"), line.workbook
    elif line.survey and line.reason in CAN_BE_SENT and line.survey_closure is None:
        give_label, give = _("Open the questionnaire"), line.survey
    hidden = len(line.to_correct) - MOST_TO_CORRECT
    return Entry(
        title=on_one_line(line.structure),
        about=" · ".join(on_one_line(part) for part in (line.cohort, line.instrument, line.occasion)),
        badge=_("new") if line.is_new else "",
        when=_when(digest, line),
        late=_late(digest, line),
        situation=_situation(digest, line),
        advice=_advice(digest, line),
        contact=_("Contact: {contact}").format(contact=on_one_line(line.contact)) if line.contact else "",
        write_to=mail_to_structure(digest, line),
        write_to_label=_("Write to the structure: a text is ready"),
        give_label=give_label,
        give=give,
        give_is_address=give.startswith(("https://", "http://")),
        to_correct=_shown(line.to_correct),
        more_to_correct=plural("and {count} more place", "and {count} more places", hidden).format(count=hidden)
        if hidden > 0
        else "",
        annotated=_("Marked copy → {place}").format(place=on_one_line(line.annotated)) if line.annotated else "",
        unfollowed=_("Nobody follows this structure: name an evaluator for it in programme.yaml (follows).")
        if line.is_unfollowed
        else "",
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
    is_awaited = ahead < 0 and line.kind is not AlertKind.NEWER_TO_BE_CORRECTED
    return (_("Was due on {day}") if is_awaited else _("Due on {day}")).format(day=day)


def _late(digest: Digest, line: DigestLine) -> str:
    if not line.days_late or line.kind in (AlertKind.UNVERIFIABLE, AlertKind.DUE_SOON):
        return ""
    plural = language(digest.locale).ngettext
    return plural("{count} day late", "{count} days late", line.days_late).format(count=line.days_late)


def _missing(digest: Digest) -> str:
    _, plural = language(digest.locale).gettext, language(digest.locale).ngettext
    note = _("Nothing has come, and the days of grace are over.")
    if not digest.n_unassigned:
        return note
    unassigned = plural(
        "But {count} file or response has come that belongs to no expected return: look at it before you chase "
        "(essaim status).",
        "But {count} files or responses have come that belong to no expected return: look at them before you chase "
        "(essaim status).",
        digest.n_unassigned,
    ).format(count=digest.n_unassigned)
    return f"{note} {unassigned}"


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


def _closed_surveys(digest: Digest, lines: Sequence[DigestLine]) -> tuple[str, ...]:
    """Word once for each closed survey of some returns which it is, why nobody can answer it, and the remedy."""
    words = language(digest.locale)
    worded: dict[str, None] = {}
    for line in lines:
        if line.survey_closure is None:
            continue
        day = day_in_words(line.survey_closure_on, digest.locale) if line.survey_closure_on else ""
        # Surveys of one instrument differ by their occasions.
        occasions = sorted({one.occasion for one in lines if one.survey_id == line.survey_id})
        named = words.gettext("Survey {number} ({instrument}, {occasions})").format(
            number=line.survey_id, instrument=on_one_line(line.instrument), occasions=", ".join(occasions)
        )
        worded[f"{named} → {closure_in_words(line.survey_closure, day, words)}"] = None
    return tuple(worded)


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


def _why(digest: Digest, programme: str) -> str:
    _ = language(digest.locale).gettext
    if digest.is_to_lead:
        return _(
            "You get this mail because you lead {programme}. It goes out once a day at most, and only when something "
            "has changed. The list of all returns: essaim status."
        ).format(programme=programme)
    followed, absent = _listed_names(digest, digest.follows), _listed_names(digest, digest.stands_in_for)
    if followed and absent:
        why = _(
            "You get this mail because you follow {followed} and stand in for {absent} in {programme}. It goes out "
            "once a day at most, and only when something has changed. The list of all returns: essaim status."
        )
    elif absent:
        why = _(
            "You get this mail because you stand in for {absent} in {programme}. It goes out once a day at most, and "
            "only when something has changed. The list of all returns: essaim status."
        )
    else:
        why = _(
            "You get this mail because you follow {followed} in {programme}. It goes out once a day at most, and only "
            "when something has changed. The list of all returns: essaim status."
        )
    return why.format(followed=followed, absent=absent, programme=programme)


def _listed_names(digest: Digest, names: Sequence[str]) -> str:
    plural = language(digest.locale).ngettext
    listed = ", ".join(on_one_line(name) for name in names[:MOST_FOLLOWED])
    more = len(names) - MOST_FOLLOWED
    if more <= 0:
        return listed
    return plural("{listed} and {count} more", "{listed} and {count} more", more).format(listed=listed, count=more)
