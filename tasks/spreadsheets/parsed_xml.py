"""Parse the XML of a file from outside, which may declare no entities."""

import re
from xml.etree import ElementTree

from tasks.spreadsheets.cells import Refusal, RefusedError

ENTITY = re.compile(rb"<!(?:ENTITY|DOCTYPE)", re.IGNORECASE)


def parsed_xml(xml: bytes) -> ElementTree.Element:
    """Parse a part of a file.

    Raises:
        RefusedError: It declares entities.
        ElementTree.ParseError: It is not XML.
    """
    if ENTITY.search(xml):
        raise RefusedError(Refusal.ENTITIES)
    # S314 warns of entities that expand to gigabytes or read other files: none is declared.
    return ElementTree.fromstring(xml)  # noqa: S314
