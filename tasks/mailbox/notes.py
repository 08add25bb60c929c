"""Word what a person must know of a message of the mailbox. No note names an address or an attachment."""

from collections.abc import Iterator, Sequence
from zoneinfo import ZoneInfo

from schemas.intake import MailOutcome
from tasks.i18n import counted
from tasks.mailbox.attachments import Attached
from tasks.mailbox.letters import Letter
from tasks.mailbox.reading import Fate, ReadFile
from tasks.mailbox.senders import Sender

_FLAGGED = "It stays in the mailbox, flagged."
_FORWARD = (
    "If it is a return, forward it to the mailbox from the address of an evaluator who follows the structure, or write "
    "the address as contact in structures.csv and have it sent again."
)


def named(letter: Letter, zone: ZoneInfo) -> str:
    """Return the message, to begin a sentence with: its day, and a name made from its Message-ID."""
    return f"The message {letter.reference} of {letter.arrived_on(zone)}"


def of_unknown(letter: Letter, zone: ZoneInfo, attachments: Attached, *, is_forged: bool) -> str:
    """Word a message of an unknown sender."""
    files = counted(len(attachments.workbooks) + attachments.left_out_count, "workbook")
    why = (
        "is from an address of the programme, and the mail server has not recorded that the sender is genuine"
        if is_forged
        else "is from an address that belongs to no structure, evaluator or lead of the programme"
    )
    return f"{named(letter, zone)} {why}, so none of its files ({files}) was kept. {_FLAGGED} {_FORWARD}"


def of_automatic(letter: Letter, zone: ZoneInfo, attachments: Attached, reason: str) -> str:
    """Word a message that no person wrote."""
    sentence = f"{named(letter, zone)} was neither kept nor answered: {reason}."
    if attachments.workbooks:
        sentence += f" It has {counted(len(attachments.workbooks), 'workbook')}. {_FLAGGED} {_FORWARD}"
    return sentence


def of_files(
    letter: Letter,
    zone: ZoneInfo,
    sender: Sender,
    outcome: MailOutcome,
    attachments: Attached,
    files: Sequence[ReadFile],
) -> Iterator[str]:
    """Word what of a known sender's message was not kept."""
    message = f"{named(letter, zone)} (from {sender.who})"
    for file in files:
        place = f"{message}, workbook {file.attachment.number}"
        match file.fate:
            case Fate.NOT_THEIRS:
                yield (
                    f"{place}: it is for {file.expected_return_id}, which its sender may not send, so it was not kept. "
                    f"{_FLAGGED} {_FORWARD}"
                )
            case Fate.UNREADABLE:
                yield f"{place}: it cannot be read, and states no return. {file.reason} {_FLAGGED}"
            case Fate.UNASSIGNED:
                yield f"{place}: it states no expected return. {_FLAGGED} Expected the workbook that was sent."
            case _:
                continue
    if attachments.left_out_count:
        left_out = counted(attachments.left_out_count, "workbook")
        yield f"{message}: {left_out} of it were not read, because it has too many. {_FLAGGED}"
    if attachments.has_closed_parts:
        yield f"{message}: a part cannot be opened (winmail.dat, smime.p7m). {_FLAGGED} Its sender must send it again."
    if not letter.is_whole:
        yield f"{message}: it is too large, and was not read. {_FLAGGED} Its sender must send each workbook alone."
    if outcome is MailOutcome.NO_WORKBOOK:
        yield f"{message}: it has no workbook. {_FLAGGED} Read it there: it may be a question."
