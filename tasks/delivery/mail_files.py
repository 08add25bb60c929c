"""Write mails as `.eml` files, which mail programs open, for an installation without a mail server."""

from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

from schemas.enums import DeliveryOutcome
from tasks.delivery.outcome import RECIPIENT_HEADER, Delivery, Send


def into_files(folder: Path) -> Send:
    """Return a function that writes a mail to a file in one step. The same mail written again is the same file."""

    def send(message: EmailMessage) -> Delivery:
        return Delivery(DeliveryOutcome.SENT, write_mail(folder, message).name)

    return send


def write_mail(folder: Path, message: EmailMessage) -> Path:
    """Write a mail to a file named by its day, recipient code and Message-ID."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    day = parsedate_to_datetime(message["Date"]).date()
    name = f"{day.isoformat()}_{message[RECIPIENT_HEADER]}_{str(message['Message-ID'])[1:9]}.eml"
    arriving = folder / f".{name}"
    # Links in it are keys.
    arriving.touch(mode=0o600)
    arriving.write_bytes(message.as_bytes())
    return arriving.replace(folder / name)
