"""Put the kinds of alerts into words: a heading, what to do about them, and the label of one return."""

from collections.abc import Iterator, Sequence

from schemas.enums import AlertKind
from tasks.alerts.digest import Digest, DigestLine
from tasks.alerts.entries import Section, on_one_line
from tasks.alerts.listing import ORDER
from tasks.i18n import day_in_words, language
from tasks.state_reasons import closure_in_words, reason_in_words


def return_sections(digest: Digest) -> Iterator[Section]:
    """Yield a section for each kind of alert about returns, the most urgent first."""
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
                "aside. Decide whether it counts. If it does, have the departure taken back or its day corrected: the "
                "next collection reads it. If it does not, have the return waived."
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
    for kind in ORDER:
        lines = [line for line in digest.lines if line.kind is kind]
        if lines:
            heading, note = words_of[kind]
            yield Section(kind, heading, note, len(lines), _closed_surveys(digest, lines))


def label(digest: Digest, line: DigestLine) -> str:
    """Return how one return stands, in a few words."""
    words = language(digest.locale)
    _ = words.gettext
    match line.kind:
        case AlertKind.ESCALATED:
            return _("Due for long")
        case AlertKind.SURVEY_CLOSED:
            return _("Closed survey: do not chase")
        case AlertKind.MISSING:
            return _("Nothing received")
        case AlertKind.TO_BE_CORRECTED:
            return _("To be corrected")
        case AlertKind.NEWER_TO_BE_CORRECTED:
            return _("Sent again with errors")
        case AlertKind.UNVERIFIABLE:
            return _("Could not be checked: do not chase")
        case AlertKind.DUE_SOON:
            return _("Not late")
        case _:
            return reason_in_words(line.reason, words)


def _missing(digest: Digest) -> str:
    _, plural = language(digest.locale).gettext, language(digest.locale).ngettext
    note = _("Nothing has come, and the days of grace are over.")
    if not digest.n_unassigned:
        return note
    unassigned = plural(
        "But {count} file or response has come that belongs to no expected return: have it looked at before you chase.",
        "But {count} files or responses have come that belong to no expected return: have them looked at "
        "before you chase.",
        digest.n_unassigned,
    ).format(count=digest.n_unassigned)
    return f"{note} {unassigned}"


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
