"""Post a line about each mail to chats and webhooks, through Apprise."""

import logging
from email.message import EmailMessage

from pydantic import SecretStr

from schemas.enums import DeliveryOutcome
from schemas.errors import MailError
from tasks.delivery.outcome import RECIPIENT_HEADER, Delivery, Send
from tasks.delivery.wording import AGAIN


def into_chats(addresses: SecretStr) -> Send:
    """Return a function that posts the subject of a mail and its recipient's code to all addresses.

    Args:
        addresses: Apprise addresses, separated by blanks.

    Raises:
        MailError: One of them is not an Apprise address. The error gives its position, because it holds secrets.
    """
    # These loggers repeat parts of addresses, which are secrets.
    logging.getLogger("apprise").disabled = True
    logging.getLogger("urllib3").setLevel(logging.INFO)
    from apprise import Apprise, AppriseAsset, NotifyFormat

    # By default, the chats show the name of Apprise and pictures fetched from its site.
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
    for position, address in enumerate(addresses.get_secret_value().split(), start=1):
        if not chats.add(address):
            raise MailError(
                f"Address {position} of ESSAIM_APPRISE_URLS is not one that Apprise knows. Correct it, or remove it."
            )

    def send(message: EmailMessage) -> Delivery:
        is_posted = chats.notify(
            title=str(message["Subject"]), body=str(message[RECIPIENT_HEADER]), body_format=NotifyFormat.TEXT
        )
        if is_posted:
            return Delivery(DeliveryOutcome.SENT, "Posted to the chats.")
        return Delivery(DeliveryOutcome.POSTPONED, f"Not all of ESSAIM_APPRISE_URLS could be posted to. {AGAIN}")

    return send
