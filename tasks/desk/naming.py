"""Name what the desk shows: the contact of a structure, its mail address, and the instruments."""

import re

from schemas.programme import EMAIL, Programme

_WRITTEN = re.compile(r"[^\s<>()\[\],;:]+@[^\s<>()\[\],;:]+")


def contact_of(programme: Programme, enrolment_id: str) -> str:
    """Return the contact of a structure, as structures.csv has it; empty without one."""
    enrolment = programme.enrolment_by_id.get(enrolment_id)
    return (enrolment.contact or "") if enrolment is not None else ""


def address_in(contact: str) -> str:
    """Return the first mail address of a contact; empty without one."""
    return next((found for found in _WRITTEN.findall(contact) if EMAIL.fullmatch(found)), "")


def instrument_name(programme: Programme, instrument_code: str) -> str:
    """Return the name of an instrument; its code if the folder has it no longer."""
    instrument = programme.instrument_by_code.get(instrument_code)
    return instrument.name if instrument is not None else instrument_code
