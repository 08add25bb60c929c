"""Word why an expected return has not been received, for the mails and the report."""

from gettext import NullTranslations

from schemas.enums import StateReason


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
        case StateReason.UNPLACED:
            return _("Received, but for which occasion is not known")
        case StateReason.TO_BE_CORRECTED:
            return _("Received, to be corrected by its sender")
        case StateReason.TO_BE_MENDED:
            return _("Received, to be settled on our side")
        case StateReason.UNREAD:
            return _("Source not read")
