"""Word the state of an expected return, and why it has not been received, for the mails, the report and the desk."""

from gettext import NullTranslations

from schemas.enums import ReturnState, StateReason, SurveyClosure


def state_in_words(state: ReturnState, language: NullTranslations) -> str:
    """Return a state of one return as a word or two."""
    _ = language.gettext
    match state:
        case ReturnState.SCHEDULED:
            return _("not open yet")
        case ReturnState.OPEN:
            return _("can be sent")
        case ReturnState.PARTIAL:
            return _("incomplete")
        case ReturnState.QUARANTINED:
            return _("to be corrected")
        case ReturnState.RECEIVED:
            return _("received")
        case ReturnState.LATE:
            return _("received late")
        case ReturnState.NOTHING_TO_REPORT:
            return _("nothing to report")
        case ReturnState.MISSING:
            return _("missing")
        case ReturnState.UNVERIFIABLE:
            return _("could not be checked")
        case ReturnState.WAIVED:
            return _("no longer expected")
        case ReturnState.LEFT:
            return _("structure left")


def reason_in_words(reason: StateReason, language: NullTranslations) -> str:
    """Return a reason as a phrase without a full stop."""
    _ = language.gettext
    match reason:
        case StateReason.NOTHING_CAME:
            return _("Nothing has come")
        case StateReason.BEGUN:
            return _("Begun, not submitted")
        case StateReason.INCOMPLETE:
            return _("Submitted, but incomplete")
        case StateReason.TOO_FEW_RESPONDENTS:
            return _("Fewer respondents than needed")
        case StateReason.DELETED:
            return _("Response deleted on the survey server")
        case StateReason.COMPLETED_WITHOUT_RESPONSE:
            return _("No response, but completed for the survey server")
        case StateReason.TOKEN_USED_UP:
            return _("No response, and the token was used for another occasion")
        case StateReason.SET_ASIDE:
            return _("Answered after the structure had left, and set aside")
        case StateReason.UNPLACED:
            return _("Submitted or begun, but for which occasion is not known")
        case StateReason.TO_BE_CORRECTED:
            return _("Received, to be corrected by its sender")
        case StateReason.TO_BE_MENDED:
            return _("Received, to be settled on our side")
        case StateReason.UNREAD:
            return _("Source not read")


def closure_in_words(closure: SurveyClosure, day: str, language: NullTranslations) -> str:
    """Return why nobody can answer a survey, and the remedy, in two sentences.

    Args:
        closure: The reason.
        day: The last day on which the survey could be answered, or the first one on which it can be, in words.
        language: The language.
    """
    _ = language.gettext
    match closure:
        case SurveyClosure.EXPIRED:
            return _(
                "Nobody can answer the survey any more: it was open until {day}. Extend its expiry date on the survey "
                "server, or take the answers by telephone."
            ).format(day=day)
        case SurveyClosure.NOT_STARTED:
            return _(
                "Nobody can answer the survey yet: it opens on {day}. Bring its start date forward on the survey "
                "server, or take the answers by telephone."
            ).format(day=day)
        case SurveyClosure.NOT_ACTIVE:
            return _(
                "Nobody can answer the survey: it is not active. Activate it on the survey server, or take the "
                "answers by telephone."
            )
