"""Find the workbooks among the parts of a message, also within forwarded messages."""

import hashlib
from dataclasses import dataclass, field
from email.message import EmailMessage, Message
from itertools import islice

from tasks.workbooks.file_names import REFUSED_SUFFIXES, SUFFIXES, suffix_of

MOST_FILES = 20
"""The most workbooks that are read of a message."""
_MOST_PARTS = 1000
_SUFFIX_OF_TYPE = {
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.oasis.opendocument.spreadsheet": ".ods",
    "application/vnd.ms-excel": ".xls",
    "text/csv": ".csv",
}
"""The suffixes of attachments whose name has none."""
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
    """Return what is attached to a message, in the order of its parts."""
    found: dict[str, Attachment] = {}
    has_closed_parts = False
    count = 0
    for part in islice(message.walk(), _MOST_PARTS):
        name = part.get_filename() or ""
        content_type = part.get_content_type()
        has_closed_parts |= content_type in _CLOSED_TYPES or name.casefold().endswith(_CLOSED_NAMES)
        suffix = _suffix(part, name, content_type)
        content = part.get_payload(decode=True) if suffix and not part.is_multipart() else None
        if not isinstance(content, bytes):
            continue
        sha256 = hashlib.sha256(content).hexdigest()
        if sha256 in found:
            continue
        count += 1
        if count <= MOST_FILES:
            found[sha256] = Attachment(count, name, suffix, content, sha256)
    return Attached(tuple(found.values()), has_closed_parts, max(0, count - MOST_FILES))


def _suffix(part: Message, name: str, content_type: str) -> str:
    suffix = suffix_of(name)
    if suffix in (*SUFFIXES, *REFUSED_SUFFIXES):
        return suffix
    is_attached = bool(name) or part.get_content_disposition() == "attachment"
    return _SUFFIX_OF_TYPE.get(content_type, "") if is_attached and not suffix else ""
