"""The messages that did not go out, in words: what became of each, and how to mend it."""

from schemas.enums import Channel
from warehouse.alerts import Message

_MEND = {
    Channel.MAIL: "Correct the address in programme.yaml, then run essaim remind --retry-refused.",
    Channel.CHAT: "Correct ESSAIM_APPRISE_URLS, then run essaim remind --retry-refused.",
    Channel.SURVEY_SERVER: "Mend it there, then run essaim remind --retry-refused: who was written to is passed over.",
}


def refused_in_words(message: Message) -> str:
    """A message that was refused for good, as a sentence."""
    return f"{_what(message)} was refused: {message.last_words or 'nobody said why.'} {_MEND[message.channel]}"


def waits_in_words(message: Message) -> str:
    """A message that waits, as a sentence."""
    because = f": {message.last_words}" if message.last_words else "."
    return f"{_what(message)} waits, tried {message.attempts} times{because} essaim remind tries again."


def _what(message: Message) -> str:
    if message.channel is Channel.SURVEY_SERVER:
        return f"The reminder of {message.decided_on} to the participants of {message.recipient_code}"
    return f"The {message.channel} of {message.decided_on} to {message.recipient_code}"
