"""List the recipients of alerts and their channels. The warehouse holds their codes only; names stay in the folder."""

from dataclasses import dataclass

from schemas.enums import Channel
from schemas.programme import Programme
from tasks.schedule.expected_returns import survey_source

LEAD = "_lead"
"""Code of the programme's lead. No code of an evaluator begins with an underscore."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """A person, or a survey whose server writes to its participants.

    Attributes:
        code: Code of the evaluator, `LEAD`, or the source of the survey.
        email: Mail address; None for a survey, whose server keeps the addresses.
        channels: The channels that each message goes by.
    """

    code: str
    name: str
    email: str | None
    channels: tuple[Channel, ...] = (Channel.MAIL,)


def recipients(programme: Programme, *, has_chats: bool = False) -> dict[str, Recipient]:
    """Return the evaluators, the lead and the surveys that set `reminders`, by code.

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
    for instrument in settings.instruments:
        for version in instrument.versions:
            if instrument.reminders and version.survey_id is not None:
                code = survey_source(version.survey_id)
                people[code] = Recipient(code, instrument.name, None, (Channel.SURVEY_SERVER,))
    return people
