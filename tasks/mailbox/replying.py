"""Gather what the answer to a message needs: to whom its replies go, and where its sender corrects a workbook."""

from collections.abc import Sequence

from tasks.alerts.addresses import page_of_return, page_to_send
from tasks.links import Links, Purpose
from tasks.mailbox.answers import Reply
from tasks.mailbox.attachments import Attached
from tasks.mailbox.letters import Letter
from tasks.mailbox.reading import ReadFile
from tasks.mailbox.senders import Sender, Senders
from tasks.received import number_of
from tasks.run import RunContext
from warehouse.mails import Mail, item_id_of


def reply_to(
    mail: Mail,
    letter: Letter,
    sender: Sender | None,
    files: Sequence[ReadFile],
    attachments: Attached,
    *,
    senders: Senders,
    run: RunContext,
) -> Reply:
    """Return what the answer to a message states.

    Args:
        mail: The record of the message.
        letter: The message.
        sender: Its sender; None if the programme does not know the address.
        files: What became of each of its workbooks.
        attachments: What was attached to it.
        senders: The senders of the programme.
        run: The run.
    """
    checksums = [file.attachment.sha256 for file in files]
    return Reply(
        outcome=mail.outcome,
        files=files,
        attached=attachments,
        numbers={sha256: number_of(item_id_of(mail.message_key, sha256)) for sha256 in checksums},
        sender=run.environment.mail_from,
        recipient_code="unknown" if sender is None else sender.who,
        contact=_contact(sender, letter, senders, run),
        pages={} if sender is None else _pages(mail, sender, files, run),
        dated=mail.recorded_at,
    )


def _pages(mail: Mail, sender: Sender, files: Sequence[ReadFile], run: RunContext) -> dict[str, str]:
    """Return the page at the desk of each return of which something is to be corrected.

    A structure has a personal page; evaluators and the lead sign in. Returns that an evaluator fills in have no
    personal page.
    """
    desk = run.environment.desk_url
    if desk is None:
        return {}
    to_correct = {file.expected_return_id for file in files if file.counts and file.to_correct}
    returns = sorted(id_ for id_ in to_correct if id_ is not None)
    if sender.codes:
        return {id_: page_of_return(desk, id_) for id_ in returns}
    links = Links(run.paths, run.environment)
    return {
        id_: page_to_send(desk, links.made(Purpose.SEND, id_, link_id=mail.message_key[:32], made_at=mail.recorded_at))
        for id_ in returns
    }


def _contact(sender: Sender | None, letter: Letter, senders: Senders, run: RunContext) -> str | None:
    """Return the address that gets the replies: of an evaluator of the structure, else the lead's."""
    settings = run.programme.settings
    emails = {evaluator.code: evaluator.email for evaluator in settings.evaluators}
    day = letter.arrived_on(run.programme.zone)
    codes = [] if sender is None or sender.codes else senders.contacts_of(sender, day)
    lead = settings.alerts.reply_to or (settings.lead and settings.lead.email)
    found = [*(emails[code] for code in codes), lead]
    return next((one for one in found if one is not None and one.casefold() != letter.address.casefold()), None)
