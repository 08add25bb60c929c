"""Compose mails, as text and as HTML. The same content gives the same mail to the byte."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cache

import jinja2

from schemas.package_data import package_path
from tasks.alerts.digest import Digest
from tasks.alerts.entries import on_one_line
from tasks.alerts.recipients import WEEKLY
from tasks.alerts.structure_letter import StructureLetter, StructureMail, structure_letter
from tasks.alerts.weekly import WeeklyPage
from tasks.alerts.weekly_wording import WeeklyLetter, weekly_letter
from tasks.alerts.wording import Letter, letter
from tasks.delivery.outcome import RECIPIENT_HEADER
from tasks.records import checksum

_TEMPLATES = package_path("tasks.alerts", "templates")
_WORKBOOK = "vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def compose(digest: Digest) -> EmailMessage:
    """Return the mail of a digest, for any channel of `tasks.delivery`."""
    message = _message("Essaim", digest.sender, digest.recipient, digest.recipient_code)
    if digest.reply_to is not None and digest.can_be_answered:
        # The sender is a programme: a person reads the replies.
        message["Reply-To"] = Address(addr_spec=digest.reply_to)
    words = letter(digest)
    _complete(message, words, "digest", digest.message_id, digest.dated)
    return message


def compose_to_structure(mail: StructureMail) -> EmailMessage:
    """Return the mail to a structure, with the workbooks to fill in."""
    message = _message(on_one_line(mail.programme), mail.sender, mail.recipient, mail.recipient_code)
    if mail.reply_to:
        message["Reply-To"] = [Address(addr_spec=address) for address in mail.reply_to]
    _complete(message, structure_letter(mail), "structure", mail.message_id, mail.dated)
    workbooks = [one.workbook for one in mail.returns if one.workbook is not None]
    for workbook in workbooks:
        message.add_attachment(workbook.content, maintype="application", subtype=_WORKBOOK, filename=workbook.name)
    if workbooks:
        message.set_boundary(f"essaim-{checksum(mail.message_id, *(workbook.name for workbook in workbooks))[:32]}")
    return message


def compose_weekly(page: WeeklyPage) -> EmailMessage:
    """Return the mail of the weekly page."""
    message = _message("Essaim", page.sender, page.recipient, WEEKLY)
    _complete(message, weekly_letter(page), "weekly", page.message_id, page.dated)
    return message


def _message(name: str, sender: str, recipient: str, recipient_code: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = Address(name, addr_spec=sender)
    message["To"] = Address(addr_spec=recipient)
    # Keeps out-of-office replies from answering (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message[RECIPIENT_HEADER] = recipient_code
    return message


def _complete(
    message: EmailMessage,
    words: Letter | StructureLetter | WeeklyLetter,
    template: str,
    message_id: str,
    dated: datetime,
) -> None:
    """Add the subject, the date and both forms of a mail."""
    text = _template(f"{template}.txt.jinja").render(letter=words)
    page = _template(f"{template}.html.jinja").render(letter=words)
    message["Subject"] = words.subject
    message["Date"] = format_datetime(dated)
    message["Message-ID"] = message_id
    message["Content-Language"] = words.locale
    # Quoted-printable, so that no mail server rewrites long or non-ASCII lines.
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(page, subtype="html", cte="quoted-printable")
    message.set_boundary(f"essaim-{checksum(message_id, text, page)[:32]}")


@cache
def _template(name: str) -> jinja2.Template:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=name.endswith(".html.jinja"),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    ).get_template(name)
