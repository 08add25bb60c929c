"""Word and compose the one answer to a message, in the language of the programme (RFC 3834)."""

import email.policy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from gettext import NullTranslations

from schemas.intake import MailOutcome
from schemas.programme import Programme
from tasks.delivery.outcome import RECIPIENT_HEADER
from tasks.i18n import language
from tasks.mailbox.attachments import MOST_FILES, Attached
from tasks.mailbox.letters import Letter
from tasks.mailbox.reading import Fate, ReadFile
from tasks.mailbox.senders import STRUCTURE

_MOST_PLACES = 20
"""Places to correct that an answer lists for each workbook."""
LARGEST_MESSAGE = 60_000_000
"""Bytes of the largest message that is read: two workbooks of the largest accepted size, as mail encodes them."""
_UNFOLDED = email.policy.default.clone(max_line_length=990)
"""Writes a long Message-ID as it is. On lines of the usual length, it would be encoded, and its thread lost."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What an answer states, and to whom it goes.

    Attributes:
        outcome: What the message was.
        files: What became of each workbook of the message.
        attached: What was attached to it.
        numbers: The receipt number of each kept workbook, by its checksum.
        sender: The address that the answer comes from.
        recipient_code: Code of the evaluator, `_lead`, `structure` or `unknown`.
        contact: The address of the person who gets the replies; None for nobody.
        pages: The page at the desk of each return of which something is to be corrected; none without a desk.
        dated: When the message was recorded, UTC, without a zone. It makes the same answer the same mail to the byte.
    """

    outcome: MailOutcome
    files: Sequence[ReadFile]
    attached: Attached
    numbers: dict[str, str]
    sender: str = field(repr=False)
    recipient_code: str
    contact: str | None = field(repr=False)
    dated: datetime
    pages: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


def own_domain(programme: Programme) -> str:
    """Return the domain of the Message-IDs of a programme."""
    return f"{programme.settings.programme}.essaim".casefold()


def compose_answer(letter: Letter, reply: Reply, programme: Programme) -> EmailMessage:
    """Return the answer to a message, for any channel of `tasks.delivery`."""
    settings = programme.settings
    words = language(settings.locale)
    message = EmailMessage(_UNFOLDED)
    message["From"] = Address("Essaim", addr_spec=reply.sender)
    message["To"] = Address(addr_spec=letter.address)
    if reply.contact is not None:
        message["Reply-To"] = Address(addr_spec=reply.contact)
    is_to_correct = any(file.counts and (file.to_correct or file.fate is not Fate.KEPT) for file in reply.files)
    subject = _subject(reply.outcome, words, is_to_correct=is_to_correct)
    message["Subject"] = f"{subject} – {' '.join(settings.name.split())}"
    message["Date"] = format_datetime(reply.dated.replace(tzinfo=UTC))
    message["Message-ID"] = f"<{letter.key[:32]}@{own_domain(programme)}>"
    if letter.message_id is not None:
        message["In-Reply-To"] = letter.message_id
        message["References"] = " ".join(letter.references)
    message["Content-Language"] = settings.locale
    message["Auto-Submitted"] = "auto-replied"
    # Keeps out-of-office replies of Exchange from answering.
    message["X-Auto-Response-Suppress"] = "All"
    message[RECIPIENT_HEADER] = reply.recipient_code
    text = "\n\n".join(_paragraphs(letter, reply, programme, words)) + "\n"
    message.set_content(text, cte="quoted-printable")
    return message


def _subject(outcome: MailOutcome, words: NullTranslations, *, is_to_correct: bool) -> str:
    _ = words.gettext
    match outcome:
        case MailOutcome.KEPT if is_to_correct:
            return _("Your workbook is to be corrected")
        case MailOutcome.KEPT:
            return _("Your workbook has arrived")
        case MailOutcome.NO_WORKBOOK:
            return _("Your message has no workbook")
        case MailOutcome.UNKNOWN_SENDER:
            return _("We do not know your address")
        case _:
            return _("Your workbook could not be used")


def _paragraphs(letter: Letter, reply: Reply, programme: Programme, words: NullTranslations) -> list[str]:
    _ = words.gettext
    paragraphs = [_("Hello,"), *(_of_file(file, reply, programme, words) for file in reply.files)]
    if reply.attached.left_out_count:
        paragraphs.append(
            _(
                "Your message has more than {most} workbooks. Send those after the first {most} in another message."
            ).format(most=MOST_FILES)
        )
    if reply.attached.has_closed_parts:
        paragraphs.append(
            _(
                "Your message has a part that only your mail program or a key can open (winmail.dat, smime.p7m). If it "
                "is the workbook, send it again as an ordinary attachment of a message that is not encrypted."
            )
        )
    if not letter.is_whole:
        megabytes = LARGEST_MESSAGE // 1_000_000
        paragraphs.append(
            _(
                "Your message is larger than {limit} MB and was not read. Send each workbook in a message of its own."
            ).format(limit=megabytes)
        )
    if reply.outcome is MailOutcome.UNKNOWN_SENDER:
        paragraphs.append(
            _(
                "Your message came from an address that the programme does not know, so nothing of it was kept. Send "
                "it again from the address that your structure has given to the programme, or ask to have yours added."
            )
        )
    elif reply.outcome is MailOutcome.NO_WORKBOOK:
        paragraphs.append(
            _("We found no workbook in your message. A program reads this mailbox, which is for workbooks only.")
        )
    elif reply.outcome is MailOutcome.KEPT and any(
        file.counts and file.fate is Fate.KEPT and not file.is_checked for file in reply.files
    ):
        paragraphs.append(
            _(
                "What has arrived is checked at the next collection. If something is to be corrected, the person who "
                "follows you will write to you."
            )
        )
    if reply.contact is not None:
        paragraphs.append(
            _("For any question, reply to this message or write to {contact}.").format(contact=reply.contact)
        )
    paragraphs.append(_("This message was written by a program."))
    return paragraphs


def _of_file(file: ReadFile, reply: Reply, programme: Programme, words: NullTranslations) -> str:
    _ = words.gettext
    number = file.attachment.number
    if file.is_kept and file.expected_return_id is not None:
        given = _named(file.expected_return_id, programme) | {"number": reply.numbers[file.attachment.sha256]}
        arrived = _("“{instrument}” ({occasion}) of {structure} has arrived. Receipt number: {number}")
        if file.replaced_by is not None:
            replaced = _("Workbook {later} of your message is for the same return and replaces it.")
            return f"{arrived.format(**given)}\n{replaced.format(later=file.replaced_by)}"
        if file.to_correct:
            return _to_correct(file, reply.pages.get(file.expected_return_id), reply, given, words)
        if file.fate is Fate.KEPT:
            all_is_well = _("Everything could be read. You have nothing left to do. Thank you!")
            return arrived.format(**given) + (f"\n{all_is_well}" if file.is_checked else "")
        arrived = _(
            "“{instrument}” ({occasion}) of {structure} has arrived, and cannot be read. Receipt number: {number}"
        )
        return f"{arrived.format(**given)}\n{file.reason}"
    match file.fate:
        case Fate.UNREADABLE:
            return _("Workbook {number} of your message cannot be read.").format(number=number) + f"\n{file.reason}"
        case Fate.UNASSIGNED:
            return _(
                "Workbook {number} of your message does not state which return it is for. Fill in the workbook that "
                "was sent to you, and send that one."
            ).format(number=number)
        case _:
            return _(
                "Workbook {number} of your message is for a return that cannot be sent from your address, so it was "
                "not kept. A structure sends the workbooks that were made for it, and whoever follows structures sends "
                "theirs."
            ).format(number=number)


def _to_correct(
    file: ReadFile, page: str | None, reply: Reply, given: Mapping[str, str], words: NullTranslations
) -> str:
    """Word what its sender is to correct. What was found is left out, because mail is not encrypted."""
    _ = words.gettext
    arrived = _(
        "“{instrument}” ({occasion}) of {structure} has arrived, and cannot be used as it is. Receipt number: {number}"
    )
    places = [f"- {location} → {expected}" for location, expected in file.to_correct[:_MOST_PLACES]]
    more = ["- …"] if len(file.to_correct) > _MOST_PLACES else []
    lines = [arrived.format(**given), _("To be corrected:"), *places, *more]
    if page is None:
        lines.append(_("Correct it, and send it to us again."))
    elif reply.recipient_code == STRUCTURE:
        lines += [_("Correct it, and send it to us again, or give it on your page:"), page]
    else:
        lines += [_("Correct it, and send it to us again, or give it on the page of the return:"), page]
    return "\n".join(lines)


def _named(expected_return_id: str, programme: Programme) -> dict[str, str]:
    cohort_code, structure_code, occasion_code, instrument_code = expected_return_id.split("/")
    enrolment = programme.enrolment_by_id.get(f"{cohort_code}/{structure_code}")
    instrument = programme.instrument_by_code.get(instrument_code)
    names = {
        "instrument": instrument.name if instrument else instrument_code,
        "occasion": occasion_code,
        "structure": enrolment.structure_name if enrolment else structure_code,
    }
    return {key: " ".join(name.split()) for key, name in names.items()}
