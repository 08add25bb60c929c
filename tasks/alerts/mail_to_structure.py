"""Prepare the mail that an evaluator may send to a structure, as an address that opens it in any mail program."""

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from schemas.enums import AlertKind, StateReason
from tasks.alerts.contacts import addresses_in
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
_LONGEST = 1800
"""Characters that an address may have before its last sentences: Windows cuts off addresses from about 2,000."""


def mail_to_structure(digest: Digest, lines: Sequence[DigestLine]) -> str:
    """Return the `mailto:` address of a mail to a structure, with its subject and text (RFC 6068).

    Empty where no contact has a mail address, or where the structure has nothing to do: the evaluators fill in the
    returns themselves, the surveys cannot be answered, or what is missing is on our side.

    Args:
        digest: The digest.
        lines: Returns of one structure.
    """
    asked = [
        line
        for line in lines
        if not line.is_of_evaluator and line.survey_closure is None and line.reason in CAN_BE_SENT | IS_SENT_AGAIN
    ]
    addresses = [address for line in asked for address in addresses_in(line.contact)]
    if not addresses:
        return ""
    plural = language(digest.locale).ngettext
    count = len(asked)
    what = (
        f"{asked[0].instrument}, {asked[0].occasion}"
        if count == 1
        else plural("{count} return", "{count} returns", count).format(count=count)
    )
    subject = on_one_line(f"{digest.programme} – {what}")
    address = f"mailto:{quote(addresses[0], safe='@')}?subject={quote(subject)}&body="
    return address + quote(_text(digest, asked, _LONGEST - len(address)))


def _text(digest: Digest, lines: Sequence[DigestLine], longest: int) -> str:
    """Return the text of the mail. Returns that make it too long are counted."""
    words = language(digest.locale)
    _, plural = words.gettext, words.ngettext
    text = _("Hello,")
    for number, line in enumerate(lines):
        longer = "\n\n".join([text, *_paragraphs(digest, line)])
        if number and len(quote(longer)) > longest:
            more = len(lines) - number
            text += "\n\n" + plural("And {count} more return.", "And {count} more returns.", more).format(count=more)
            break
        text = longer
    if len(lines) > 1:
        asked = _("Could you send us all this, or let us know when we may expect it?")
    elif lines[0].reason is StateReason.TO_BE_CORRECTED:
        asked = _("Could you correct it and send it to us again?")
    else:
        asked = _("Could you send it to us, or let us know when we may expect it?")
    return "\n\n".join([text, asked, _("With many thanks,")]).replace("\n", "\r\n")


def _paragraphs(digest: Digest, line: DigestLine) -> Iterator[str]:
    """Yield the paragraphs about one return: where it stands, and how to give it."""
    _ = language(digest.locale).gettext
    given = {
        "instrument": on_one_line(line.instrument),
        "occasion": on_one_line(line.occasion),
        "day": day_in_words(line.due_on, digest.locale),
    }
    if line.reason is StateReason.TO_BE_CORRECTED:
        places = [f"- {on_one_line(place.location)} → {on_one_line(place.expected)}" for place in line.to_correct]
        shown = [*places[:_MOST_PLACES], *["- …"][: len(places) - _MOST_PLACES]] if places else []
        yield _("Thank you for “{instrument}” ({occasion}). It cannot be used as it is.").format(**given)
        if shown:
            yield "\n".join([_("To be corrected:"), *shown])
    elif line.reason is StateReason.NOTHING_CAME and line.kind is AlertKind.DUE_SOON:
        yield _("We expect your answer to “{instrument}” ({occasion}) by {day}.").format(**given)
    elif line.reason in (StateReason.NOTHING_CAME, StateReason.DELETED):
        yield _("We have not received your answer to “{instrument}” ({occasion}), which was due on {day}.").format(
            **given
        )
    else:
        yield _("Your answer to “{instrument}” ({occasion}, due on {day}) is not complete yet.").format(**given)
    if line.survey is not None:
        yield _("The questionnaire: {address}").format(address=line.survey)
    elif line.send is not None and line.reason in IS_SENT_AGAIN:
        yield _("To see what is missing or wrong, and to send it again: {address}").format(address=line.send)
    elif line.send is not None:
        yield _("To download the workbook, and to send it to us: {address}").format(address=line.send)
    elif line.workbook is not None and line.reason is not StateReason.TO_BE_CORRECTED:
        yield _("The workbook to fill in is attached.")
