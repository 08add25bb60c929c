"""Mails as `.eml` files, which any mail program opens: what happens where no mail server is named."""

from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path

from schemas.enums import DeliveryOutcome
from tasks.delivery.outcome import RECIPIENT_HEADER, Delivery, Send


def into_files(folder: Path) -> Send:
    """Sends by writing a file: it is there whole, or not at all. Written again, it is the same file."""

    def send(message: EmailMessage) -> Delivery:
        return Delivery(DeliveryOutcome.SENT, write_mail(folder, message).name)

    return send


def write_mail(folder: Path, message: EmailMessage) -> Path:
    """Write a mail; its name tells the day, the recipient and the message."""
    folder.mkdir(parents=True, exist_ok=True)
    day = parsedate_to_datetime(message["Date"]).date()
    name = f"{day.isoformat()}_{message[RECIPIENT_HEADER]}_{str(message['Message-ID'])[1:9]}.eml"
    arriving = folder / f".{name}"
    arriving.write_bytes(message.as_bytes())
    return arriving.replace(folder / name)
