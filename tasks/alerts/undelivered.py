"""Word the undelivered messages: the outcome of each, and its remedy."""

from schemas.enums import Channel
from tasks.alerts.recipients import STRUCTURE
from warehouse.alerts import Message

_REMEDIES = {
    Channel.MAIL: "Correct the address in programme.yaml, then run essaim remind --retry-refused.",
    Channel.CHAT: "Correct ESSAIM_APPRISE_URLS, then run essaim remind --retry-refused.",
    Channel.SURVEY_SERVER: "Fix it on the survey server, then run essaim remind --retry-refused. It repeats no mail.",
}


_OF_A_STRUCTURE = "Correct its contact in structures.csv, then run essaim remind --retry-refused."


def refused_in_words(message: Message) -> str:
    """Return a sentence about a permanently rejected message."""
    reason = message.last_words or "no reason was given."
    return f"{_what(message)} was permanently rejected: {reason} {_remedy(message)}"


def waits_in_words(message: Message) -> str:
    """Return a sentence about a queued message."""
    reason = f": {message.last_words}" if message.last_words else "."
    return f"{_what(message)} waits, tried {message.attempts} times{reason} essaim remind tries again."


def _remedy(message: Message) -> str:
    return _OF_A_STRUCTURE if message.recipient_code.startswith(STRUCTURE) else _REMEDIES[message.channel]


def _what(message: Message) -> str:
    if message.channel is Channel.SURVEY_SERVER:
        return f"The reminder of {message.decided_on} to the participants of {message.recipient_code}"
    return f"The {message.channel} of {message.decided_on} to {message.recipient_code}"
