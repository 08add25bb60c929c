"""Find the mail address at which a structure is written to: the one in its contact, where there is exactly one."""

import re
from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum

from schemas.base import EMAIL
from schemas.programme import Programme

_WRITTEN = re.compile(r"[^\s<>()\[\],;:]+@[^\s<>()\[\],;:]+")


class ContactProblem(StrEnum):
    """Why a structure cannot be written to."""

    NO_ADDRESS = "no_address"
    """Its contact is empty, or has no valid mail address."""
    SEVERAL_ADDRESSES = "several_addresses"


@dataclass(frozen=True, slots=True)
class Contact:
    """Where a structure is written to.

    Attributes:
        name: Name of the structure.
        address: Its mail address; None where it cannot be written to.
        problem: Why it cannot be written to; None where it can.
    """

    name: str
    address: str | None
    problem: ContactProblem | None


def addresses_in(contact: str | None) -> list[str]:
    """Return the valid mail addresses in a contact, each once, in their order."""
    found = (written.rstrip(".") for written in _WRITTEN.findall(contact or ""))
    return list({address.casefold(): address for address in found if EMAIL.fullmatch(address)}.values())


def contacts(programme: Programme) -> dict[str, Contact]:
    """Return where each structure is written to, by the first code of the structure.

    The contacts of all enrolments of a structure count, for each structure gets one mail.
    """
    names: dict[str, str] = {}
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for enrolment in programme.enrolments:
        code = enrolment.enrolment_id.partition("/")[2]
        names.setdefault(code, enrolment.structure_name)
        found[code] |= {address.casefold(): address for address in addresses_in(enrolment.contact)}
    return {code: _contact(name, list(found[code].values())) for code, name in names.items()}


def _contact(name: str, addresses: list[str]) -> Contact:
    if len(addresses) == 1:
        return Contact(name, addresses[0], None)
    problem = ContactProblem.SEVERAL_ADDRESSES if addresses else ContactProblem.NO_ADDRESS
    return Contact(name, None, problem)
