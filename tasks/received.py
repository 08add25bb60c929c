"""Write and read the items of the intake: a decision, or a file for an expected return."""

import hashlib
import json
import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from schemas.enums import DecisionKind, ReturnChannel
from schemas.intake import ItemKind, ItemOutcome
from tasks.decisions import Decision
from tasks.landing import Landing
from tasks.workbooks.file_names import workbook_name
from tasks.workbooks.inbox import InboxFile
from warehouse.intake import Item, now

STRUCTURE = "structure"
"""Who has sent an item by the link of a structure."""
LONGEST = 1000
"""Highest number of characters of a reason or a note."""
_PLACES = 50
"""Highest number of places to correct that an item lists."""
_SHOWN = 8
"""Length of the number of an item that people see."""


def number_of(item_id: str) -> str:
    """Return the number of an item that people see and quote."""
    return item_id[:_SHOWN]


def decision_item(item_id: str, decision: Decision, subject_id: str, received_from: str) -> Item:
    """Return a decision as an item of the intake.

    Args:
        item_id: Its identifier.
        decision: The decision.
        subject_id: The expected return, or the enrolment that left.
        received_from: Code of the person.
    """
    payload = {
        "kind": decision.kind.value,
        "effective_on": decision.effective_on and decision.effective_on.isoformat(),
        "reason": decision.reason,
        "is_undone": decision.is_undone,
    }
    return Item(item_id, ItemKind.DECISION, subject_id, now(), received_from, json.dumps(payload, ensure_ascii=False))


def decision_of(item: Item) -> Decision:
    """Return the decision of an item."""
    payload = json.loads(item.payload)
    day = payload["effective_on"]
    return Decision(
        DecisionKind(payload["kind"]),
        None if day is None else date.fromisoformat(day),
        item.received_from,
        payload["reason"],
        is_undone=payload["is_undone"],
    )


def file_item_id(form_id: str, content: bytes) -> str:
    """Return the id of a file that was given with a form: given twice with it, it is one item."""
    return uuid.uuid5(uuid.NAMESPACE_OID, f"{form_id} {hashlib.sha256(content).hexdigest()}").hex


def file_item(
    item_id: str,
    content: bytes,
    suffix: str,
    expected_return_id: str,
    received_from: str,
    channel: ReturnChannel = ReturnChannel.DESK,
) -> Item:
    """Return a file as an item of the intake.

    Args:
        item_id: Its identifier.
        content: Its bytes.
        suffix: The suffix of its name, with the dot. The name itself is not kept: it may name a person.
        expected_return_id: The expected return that it is for.
        received_from: Code of the person, or `structure`.
        channel: The way by which it came.
    """
    sha256 = hashlib.sha256(content).hexdigest()
    payload = json.dumps({"suffix": suffix, "channel": channel.value})
    return Item(item_id, ItemKind.WORKBOOK, expected_return_id, now(), received_from, payload, sha256)


def with_places(item: Item, to_correct: Sequence[tuple[str, str]]) -> Item:
    """Return a file with the places that its sender is to correct, and what is expected there: they name no person."""
    payload = json.loads(item.payload) | {"to_correct": to_correct[:_PLACES]}
    return replace(item, payload=json.dumps(payload, ensure_ascii=False))


def places_to_correct(item: Item) -> list[tuple[str, str]]:
    """Return the places that the sender of a file is to correct, and what is expected there."""
    return [(location, expected) for location, expected in json.loads(item.payload).get("to_correct", [])]


def note_item(item_id: str, how: str, text: str, subject_id: str, received_from: str) -> Item:
    """Return a contact with a structure as an item of the intake, which no run applies.

    Args:
        item_id: Its identifier.
        how: What came of it, such as `no_answer`.
        text: The note.
        subject_id: The expected return.
        received_from: Code of the person.
    """
    payload = json.dumps({"how": how, "text": text}, ensure_ascii=False)
    at = now()
    return Item(item_id, ItemKind.NOTE, subject_id, at, received_from, payload, None, at, ItemOutcome.APPLIED)


def note_of(item: Item) -> tuple[str, str]:
    """Return what came of a contact, and the note."""
    payload = json.loads(item.payload)
    return payload["how"], payload["text"]


def enrolment_of(expected_return_id: str) -> str:
    """Return the enrolment that owes an expected return."""
    return "/".join(expected_return_id.split("/")[:2])


def file_name_of(item: Item) -> str:
    """Return the name that the file of an item has in receipts.

    It holds the number of the item, so that it is no other sending of a file that lies in the inbox.
    """
    stem = workbook_name(item.subject_id).removesuffix(".xlsx")
    return f"{stem} ({number_of(item.item_id)}){_suffix_of(item)}"


def file_of(item: Item, content: bytes, landing: Landing) -> InboxFile:
    """Land the file of an item, and return it as a file of the inbox.

    Args:
        item: The item.
        content: The bytes of its file.
        landing: The folder that keeps the originals.
    """
    sha256, landing_path = landing.keep(content, _suffix_of(item))
    return InboxFile(
        named=item.subject_id,
        name=file_name_of(item),
        content=content,
        sha256=sha256,
        landing_path=landing_path,
        delivered_at=item.received_at,
        channel=ReturnChannel(json.loads(item.payload)["channel"]),
        sent_by=item.received_from,
    )


def _suffix_of(item: Item) -> str:
    return str(json.loads(item.payload)["suffix"])
