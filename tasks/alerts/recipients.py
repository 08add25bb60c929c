"""List the recipients of alerts and their channels. The warehouse holds their codes only; names stay in the folder."""

from dataclasses import dataclass

from schemas.enums import Channel
from schemas.programme import Programme
from tasks.alerts.contacts import contacts
from tasks.schedule.expected_returns import survey_source

LEAD = "_lead"
"""Code of the programme's lead. No code of an evaluator begins with an underscore."""
WEEKLY = "_weekly"
"""Code of the programme's lead as the recipient of the weekly page, which no other message holds back."""
STRUCTURE = "structure:"
"""What the code of a recipient begins with that is a structure. No code of an evaluator has a colon."""


def structure_recipient(structure_code: str) -> str:
    """Return the code of a structure as a recipient, by the first code that the structure had."""
    return f"{STRUCTURE}{structure_code}"


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person, a structure, or a survey whose server writes to its participants.

    Attributes:
        code: Code of the evaluator, `LEAD`, that of a structure (`structure_recipient`), or the source of the survey.
        email: Mail address; None for a survey, whose server keeps the addresses.
        channels: The channels that each message goes by.
    """

    code: str
    name: str
    email: str | None
    channels: tuple[Channel, ...] = (Channel.MAIL,)

    @property
    def is_structure(self) -> bool:
        """True if it is a structure."""
        return self.code.startswith(STRUCTURE)


def recipients(programme: Programme, *, has_chats: bool = False) -> dict[str, Recipient]:
    """Return the evaluators, the lead, and what an instrument has written to, by code.

    An instrument that sets `reminders` has its surveys, one that sets `mails_to_structures` the structures with a mail
    address.

    Args:
        programme: The programme.
        has_chats: True if a line about each mail goes to chats as well.
    """
    settings = programme.settings
    channels = (Channel.MAIL, Channel.CHAT) if has_chats else (Channel.MAIL,)
    people = {
        evaluator.code: Recipient(evaluator.code, evaluator.name, evaluator.email, channels)
        for evaluator in settings.evaluators
    }
    if settings.lead is not None:
        people[LEAD] = Recipient(LEAD, settings.lead.name, settings.lead.email, channels)
        people[WEEKLY] = Recipient(WEEKLY, settings.lead.name, settings.lead.email)
    for instrument in settings.instruments:
        for version in instrument.versions:
            if instrument.reminders and version.survey_id is not None:
                code = survey_source(version.survey_id)
                people[code] = Recipient(code, instrument.name, None, (Channel.SURVEY_SERVER,))
    if any(instrument.mails_to_structures for instrument in settings.instruments):
        for structure_code, contact in contacts(programme).items():
            if contact.address is not None:
                code = structure_recipient(structure_code)
                people[code] = Recipient(code, contact.name, contact.address)
    return people
