"""Find the workbooks among the parts of a message, also within forwarded messages."""

import hashlib
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from itertools import islice

from tasks.workbooks.file_names import REFUSED_SUFFIXES, SUFFIXES, suffix_of

MOST_FILES = 20
"""The most workbooks that are read of a message."""
_MOST_PARTS = 1000
_SUFFIX_OF_TYPE = {
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
    "application/vnd.ms-excel": ".xls",
    "application/vnd.ms-excel.sheet.macroenabled.12": ".xlsm",
    "application/vnd.ms-excel.sheet.binary.macroenabled.12": ".xlsb",
    "text/csv": ".csv",
}
"""The suffixes of workbooks whose name has none of a workbook, or that have no name."""
_CLOSED_TYPES = frozenset({"application/ms-tnef", "application/vnd.ms-tnef", "application/pkcs7-mime",
                           "application/x-pkcs7-mime", "multipart/encrypted"})  # fmt: skip
_CLOSED_NAMES = ("winmail.dat", "smime.p7m")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A workbook in a message.

    Attributes:
        number: Its position among the workbooks of the message, from 1.
        file_name: Its name, which may name a person: it is never recorded, logged or sent.
        suffix: The suffix of its name or its type, in lower case and with the dot.
        content: Its bytes.
        sha256: The checksum of its bytes.
    """

    number: int
    file_name: str = field(repr=False)
    suffix: str
    content: bytes = field(repr=False)
    sha256: str


@dataclass(frozen=True, slots=True)
class Attached:
    """What is attached to a message.

    Attributes:
        workbooks: The workbooks, each content once.
        has_closed_parts: Whether it has a part that only the sender's mail program or a key opens.
        left_out_count: The number of workbooks beyond those that are read.
    """

    workbooks: tuple[Attachment, ...]
    has_closed_parts: bool = False
    left_out_count: int = 0


def attached(message: EmailMessage) -> Attached:
    """Return what is attached to a message, in the order of its parts. A content that comes again counts there."""
    found: dict[str, Attachment] = {}
    has_closed_parts = False
    number = 0
    left_out: set[str] = set()
    for part in islice(message.walk(), _MOST_PARTS):
        name = part.get_filename() or ""
        content_type = part.get_content_type()
        has_closed_parts |= content_type in _CLOSED_TYPES or name.casefold().endswith(_CLOSED_NAMES)
        suffix = _suffix(name, content_type)
        content = part.get_payload(decode=True) if suffix and not part.is_multipart() else None
        if not isinstance(content, bytes):
            continue
        sha256 = hashlib.sha256(content).hexdigest()
        number += 1
        if sha256 in found or len(found) < MOST_FILES:
            first = found.pop(sha256, Attachment(number, name, suffix, content, sha256))
            found[sha256] = replace(first, number=number)
        else:
            left_out.add(sha256)
    return Attached(tuple(found.values()), has_closed_parts, len(left_out))


def _suffix(name: str, content_type: str) -> str:
    suffix = suffix_of(name)
    return suffix if suffix in (*SUFFIXES, *REFUSED_SUFFIXES) else _SUFFIX_OF_TYPE.get(content_type, "")
