"""A line about each mail to chats and webhooks, through Apprise. A second channel: the mail stays the message."""

import logging
from email.message import EmailMessage

from pydantic import SecretStr

from schemas.enums import DeliveryOutcome
from schemas.errors import UsageError
from tasks.delivery.outcome import RECIPIENT_HEADER, Delivery, Send
from tasks.delivery.wording import AGAIN


def into_chats(addresses: SecretStr) -> Send:
    """Sends the subject and the recipient's code, to all the addresses.

    Raises:
        UsageError: one of them is no Apprise address. It is told by its place, because it holds secrets.
    """
    # Their logs repeat parts of addresses, which are secrets.
    logging.getLogger("apprise").disabled = True
    logging.getLogger("urllib3").setLevel(logging.INFO)
    from apprise import Apprise, AppriseAsset, NotifyFormat

    # What the chats would show of Apprise itself: its name, and pictures fetched from its site.
    asset = AppriseAsset(
        app_id="Essaim",
        app_desc="Essaim",
        app_url="",
        image_url_mask="",
        image_url_logo="",
        image_path_mask="",
        async_mode=False,
        storage_mode="memory",
    )
    chats = Apprise(asset=asset)
    for place, address in enumerate(addresses.get_secret_value().split(), start=1):
        if not chats.add(address):
            raise UsageError(
                f"Address {place} of ESSAIM_APPRISE_URLS is none that Apprise knows. Correct it, or leave it out."
            )

    def send(message: EmailMessage) -> Delivery:
        told = chats.notify(
            title=str(message["Subject"]), body=str(message[RECIPIENT_HEADER]), body_format=NotifyFormat.TEXT
        )
        if told:
            return Delivery(DeliveryOutcome.SENT, "The chats were told.")
        return Delivery(DeliveryOutcome.POSTPONED, f"Not all of ESSAIM_APPRISE_URLS could be told. {AGAIN}")

    return send
