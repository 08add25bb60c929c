"""Recognise who sent a message, and decide for which returns that person may send a workbook."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from schemas.enums import FilledBy
from schemas.programme import Programme
from tasks.alerts.contacts import addresses_in
from tasks.alerts.recipients import LEAD
from tasks.following import Following, enrolled, following, recipients_on

STRUCTURE = "structure"
"""Who has sent what comes from the address of a structure."""


@dataclass(frozen=True, slots=True)
class Sender:
    """Whoever has an address that the programme knows.

    Attributes:
        codes: Codes of the evaluators with this address, and `_lead` if it is the lead's.
        structures: Codes of the structures whose contact has the address.
    """

    codes: frozenset[str]
    structures: frozenset[str]

    @property
    def who(self) -> str:
        """The code of the person, or `structure`."""
        return min(self.codes, default=STRUCTURE)


class Senders:
    """The senders of a programme.

    Args:
        programme: The programme.
    """

    def __init__(self, programme: Programme) -> None:
        self._programme = programme
        self._following: Mapping[str, tuple[Following, ...]] = following(programme, enrolled(programme))

    def known(self, address: str) -> Sender | None:
        """Return the sender with an address; None if the programme does not know it."""
        wanted = address.casefold()
        settings = self._programme.settings
        codes = {one.code for one in settings.evaluators if one.email.casefold() == wanted}
        if settings.lead is not None and settings.lead.email.casefold() == wanted:
            codes.add(LEAD)
        structures = {
            enrolment.structure_code
            for enrolment in self._programme.enrolments
            if wanted in (found.casefold() for found in addresses_in(enrolment.contact))
        }
        return Sender(frozenset(codes), frozenset(structures)) if wanted and (codes or structures) else None

    def may_send(self, sender: Sender, expected_return_id: str, day: date) -> bool:
        """Return whether a sender may send a return on a day.

        The lead may send all; an evaluator those of the structures that the evaluator follows or stands in for on the
        day; a structure its own, but for those that an evaluator fills in.

        Args:
            sender: The sender.
            expected_return_id: The return.
            day: The day on which the message arrived, in the programme's time zone.
        """
        cohort_code, structure_code, _occasion, instrument_code = expected_return_id.split("/")
        enrolment_id = f"{cohort_code}/{structure_code}"
        if LEAD in sender.codes or sender.codes & set(self._followers(enrolment_id, day)):
            return True
        enrolment = self._programme.enrolment_by_id.get(enrolment_id)
        instrument = self._programme.instrument_by_code.get(instrument_code)
        is_own = enrolment is not None and enrolment.structure_code in sender.structures
        return is_own and instrument is not None and instrument.filled_by is FilledBy.STRUCTURE

    def contacts_of(self, sender: Sender, day: date) -> list[str]:
        """Return the codes of the evaluators whom a structure that is a sender reaches on a day.

        They follow it, or stand in for those who are away.
        """
        return [
            code
            for enrolment in self._programme.enrolments
            if enrolment.structure_code in sender.structures
            for code in recipients_on(self._following.get(enrolment.enrolment_id, ()), day)
        ]

    def _followers(self, enrolment_id: str, day: date) -> list[str]:
        of_enrolment = self._following.get(enrolment_id, ())
        return [one.evaluator_code for one in of_enrolment if one.period.holds_on(day)]
