"""Who can be told, and by which way. Names and addresses are the folder's: the warehouse knows codes only."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from schemas.programme import Programme
from schemas.states import Channel

LEAD = "_lead"
"""The programme's lead. No evaluator's code begins like this."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who is told."""

    code: str
    name: str
    email: str


def recipients(programme: Programme) -> dict[str, Recipient]:
    """The evaluators and the lead, by their codes."""
    settings = programme.settings
    people = {one.code: Recipient(one.code, one.name, one.email) for one in settings.evaluators}
    if settings.lead is not None:
        people[LEAD] = Recipient(LEAD, settings.lead.name, settings.lead.email)
    return people


def followers(programme: Programme) -> Mapping[str, list[str]]:
    """The codes of the evaluators who follow each innovation, in the order of the folder."""
    codes: dict[str, list[str]] = defaultdict(list)
    for evaluator in programme.settings.evaluators:
        for innovation_code in evaluator.follows:
            codes[innovation_code].append(evaluator.code)
    return codes


def channels(programme: Programme, recipient_code: str) -> tuple[Channel, ...]:  # noqa: ARG001 each is told by mail
    """By which ways a recipient is told."""
    return (Channel.MAIL,)
