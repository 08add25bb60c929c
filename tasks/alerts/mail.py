"""Compose the mail of a digest, as text and as HTML. The same digest gives the same mail to the byte."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from functools import cache

import jinja2

from schemas.package_data import package_path
from tasks.alerts.digest import Digest
from tasks.alerts.wording import letter
from tasks.delivery.outcome import RECIPIENT_HEADER
from tasks.records import checksum

_TEMPLATES = package_path("tasks.alerts", "templates")


def compose(digest: Digest) -> EmailMessage:
    """Return the mail of a digest, for any channel of `tasks.delivery`."""
    words = letter(digest)
    text = _template("digest.txt.jinja").render(letter=words)
    page = _template("digest.html.jinja").render(letter=words)
    message = EmailMessage()
    message["From"] = Address("Essaim", addr_spec=digest.sender)
    message["To"] = Address(addr_spec=digest.recipient)
    if digest.reply_to is not None and digest.reply_to.casefold() != digest.recipient.casefold():
        # The sender is a programme: a person reads the replies.
        message["Reply-To"] = Address(addr_spec=digest.reply_to)
    message["Subject"] = words.subject
    message["Date"] = format_datetime(digest.dated)
    message["Message-ID"] = digest.message_id
    message["Content-Language"] = digest.locale
    # Keeps out-of-office replies from answering (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message[RECIPIENT_HEADER] = digest.recipient_code
    # Quoted-printable, so that no mail server rewrites long or non-ASCII lines.
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(page, subtype="html", cte="quoted-printable")
    message.set_boundary(f"essaim-{checksum(digest.message_id, text, page)[:32]}")
    return message


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
