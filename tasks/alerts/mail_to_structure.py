"""Prepare the mail that an evaluator may send to a structure, as an address that opens it in any mail program."""

import re
from urllib.parse import quote

from schemas.enums import AlertKind, StateReason
from schemas.programme import EMAIL
from tasks.alerts.digest import Digest, DigestLine
from tasks.alerts.entries import on_one_line
from tasks.i18n import day_in_words, language

CAN_BE_SENT = frozenset(
    {StateReason.NOTHING_CAME, StateReason.BEGUN, StateReason.TOO_FEW_RESPONDENTS, StateReason.DELETED}
)
"""The reasons for which whoever owes the return can open the questionnaire."""
IS_SENT_AGAIN = frozenset({StateReason.INCOMPLETE, StateReason.TO_BE_CORRECTED})
"""The reasons for which a workbook is sent again."""
_MOST_PLACES = 5
"""Mail programs cut long addresses off, so the prepared text names only some places to correct."""
_WRITTEN = re.compile(r"[^\s<>()\[\],;:]+@[^\s<>()\[\],;:]+")


def mail_to_structure(digest: Digest, line: DigestLine) -> str:
    """Return the `mailto:` address of a mail to the structure, with its subject and text (RFC 6068).

    Empty where the contact has no mail address, or where the structure has nothing to do: the evaluators fill in the
    return themselves, the survey cannot be answered, or what is missing is on our side.
    """
    address = next(iter(addresses_in(line.contact)), None)
    is_asked = line.reason in CAN_BE_SENT | IS_SENT_AGAIN
    if address is None or line.is_of_evaluator or line.survey_closure is not None or not is_asked:
        return ""
    subject = on_one_line(f"{digest.programme} – {line.instrument}, {line.occasion}")
    return f"mailto:{quote(address, safe='@')}?subject={quote(subject)}&body={quote(_text(digest, line))}"


def addresses_in(contact: str | None) -> list[str]:
    """Return the mail addresses in a contact of structures.csv, which may hold a telephone number too."""
    return [found for found in _WRITTEN.findall(contact or "") if EMAIL.fullmatch(found)]


def _text(digest: Digest, line: DigestLine) -> str:
    _ = language(digest.locale).gettext
    given = {
        "instrument": on_one_line(line.instrument),
        "occasion": on_one_line(line.occasion),
        "day": day_in_words(line.due_on, digest.locale),
    }
    asked = _("Could you send it to us, or let us know when we may expect it?")
    paragraphs = [_("Hello,")]
    if line.reason is StateReason.TO_BE_CORRECTED:
        places = [f"- {on_one_line(place.location)} → {on_one_line(place.expected)}" for place in line.to_correct]
        shown = [*places[:_MOST_PLACES], *["- …"][: len(places) - _MOST_PLACES]] if places else []
        paragraphs.append(_("Thank you for “{instrument}” ({occasion}). It cannot be used as it is.").format(**given))
        if shown:
            paragraphs.append("\n".join([_("To be corrected:"), *shown]))
        asked = _("Could you correct it and send it to us again?")
    elif line.reason is StateReason.NOTHING_CAME and line.kind is AlertKind.DUE_SOON:
        paragraphs.append(_("We expect your answer to “{instrument}” ({occasion}) by {day}.").format(**given))
    elif line.reason in (StateReason.NOTHING_CAME, StateReason.DELETED):
        paragraphs.append(
            _("We have not received your answer to “{instrument}” ({occasion}), which was due on {day}.").format(
                **given
            )
        )
    else:
        paragraphs.append(
            _("Your answer to “{instrument}” ({occasion}, due on {day}) is not complete yet.").format(**given)
        )
    if line.survey is not None:
        paragraphs.append(_("The questionnaire: {address}").format(address=line.survey))
    elif line.workbook is not None and line.reason is not StateReason.TO_BE_CORRECTED:
        paragraphs.append(_("The workbook to fill in is attached."))
    paragraphs += [asked, _("With many thanks,")]
    return "\r\n\r\n".join(paragraph.replace("\n", "\r\n") for paragraph in paragraphs)
