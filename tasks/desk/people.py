"""List who may sign in at the desk, and the enrolments that each may see on a day."""

from collections.abc import Mapping
from datetime import date

from schemas.programme import Programme
from tasks.alerts.recipients import LEAD, Recipient, recipients
from tasks.following import followers_on, following, recipients_on


def people(programme: Programme) -> dict[str, Recipient]:
    """Return the evaluators and the lead, by code."""
    return {code: one for code, one in recipients(programme).items() if one.email is not None}


def first_person(programme: Programme) -> Recipient | None:
    """Return the lead, else the first evaluator: who signs in where nobody has been asked; None without either."""
    known = people(programme)
    return known.get(LEAD) or next(iter(known.values()), None)


def person_of(programme: Programme, address: str) -> Recipient | None:
    """Return whose mail address this is; None if nobody's."""
    wanted = address.strip().casefold()
    return next((one for one in people(programme).values() if (one.email or "").casefold() == wanted), None)


def address_of_follower(programme: Programme, enrolment_id: str, innovation_code: str, day: date) -> str | None:
    """Return the mail address of whoever gets the alerts of an enrolment on a day, else of the lead.

    Args:
        programme: The programme.
        enrolment_id: The enrolment.
        innovation_code: Its innovation.
        day: The day, in the programme's time zone.
    """
    known = people(programme)
    of_enrolment = following(programme, {enrolment_id: innovation_code})[enrolment_id]
    codes = [code for code in (*recipients_on(of_enrolment, day), LEAD) if code in known]
    return known[codes[0]].email if codes else None


def seen_by(programme: Programme, code: str, enrolments: Mapping[str, str], day: date) -> frozenset[str]:
    """Return the ids of the enrolments that a person may see: those followed on a day, the lead all.

    Whoever is away sees their structures, as does the substitute.

    Args:
        programme: The programme.
        code: Code of the person.
        enrolments: The innovation of each enrolment, by id.
        day: The day, in the programme's time zone.
    """
    if code == LEAD:
        return frozenset(enrolments)
    return frozenset(
        enrolment_id
        for enrolment_id, of_enrolment in following(programme, enrolments).items()
        if code in followers_on(of_enrolment, day) or code in recipients_on(of_enrolment, day)
    )
