"""Name what the desk shows: the contact of a structure, and the instruments."""

from schemas.programme import Programme


def contact_of(programme: Programme, enrolment_id: str) -> str:
    """Return the contact of a structure, as structures.csv has it; empty without one."""
    enrolment = programme.enrolment_by_id.get(enrolment_id)
    return (enrolment.contact or "") if enrolment is not None else ""


def instrument_name(programme: Programme, instrument_code: str) -> str:
    """Return the name of an instrument; its code if the folder has it no longer."""
    instrument = programme.instrument_by_code.get(instrument_code)
    return instrument.name if instrument is not None else instrument_code
