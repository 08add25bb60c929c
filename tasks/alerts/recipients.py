"""Who can be told, and by which ways. Names and addresses are the folder's: the warehouse knows codes only."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from schemas.enums import Channel
from schemas.programme import Programme
from tasks.schedule.expected_returns import survey_source

LEAD = "_lead"
"""The programme's lead. No evaluator's code begins like this."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who is told, by each of the `channels`; or a survey, whose participants its own server writes to.

    `email` is None for a survey: their addresses stay on its server.
    """

    code: str
    name: str
    email: str | None
    channels: tuple[Channel, ...] = (Channel.MAIL,)


def recipients(programme: Programme, *, has_chats: bool = False) -> dict[str, Recipient]:
    """The evaluators, the lead, and the surveys that opted in to `reminders`, by their codes.

    A line about each mail goes to the chats too, where the installation has any.
    """
    settings = programme.settings
    by = (Channel.MAIL, Channel.CHAT) if has_chats else (Channel.MAIL,)
    people = {one.code: Recipient(one.code, one.name, one.email, by) for one in settings.evaluators}
    if settings.lead is not None:
        people[LEAD] = Recipient(LEAD, settings.lead.name, settings.lead.email, by)
    for instrument in settings.instruments:
        for version in instrument.versions:
            if instrument.reminders and version.survey_id is not None:
                code = survey_source(version.survey_id)
                people[code] = Recipient(code, instrument.name, None, (Channel.SURVEY_SERVER,))
    return people


def followers(programme: Programme) -> Mapping[str, list[str]]:
    """The codes of the evaluators who follow each innovation, in the order of the folder."""
    codes: dict[str, list[str]] = defaultdict(list)
    for evaluator in programme.settings.evaluators:
        for innovation_code in evaluator.follows:
            codes[innovation_code].append(evaluator.code)
    return codes
