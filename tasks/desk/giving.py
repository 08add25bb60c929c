"""Receive a workbook for an expected return: check it at once, and keep it for the next run."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

from anyio import move_on_after
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile
from starlette.responses import Response

from schemas.enums import ReturnState
from schemas.intake import ItemKind
from tasks.checking import CheckedFile, check_file
from tasks.desk.desk import Desk
from tasks.desk.visits import Visit
from tasks.received import enrolment_of, file_item, file_item_id, number_of
from tasks.spreadsheets.cells import MAXIMUM_BYTES
from tasks.spreadsheets.parser import Parser
from tasks.workbooks.file_names import SUFFIXES, ReturnNames, suffix_of
from warehouse.intake import Item, items_about, keep, now, open_intake
from warehouse.last_values import reported_values
from warehouse.sign_ins import record_action

_MOST_AN_HOUR = 30
"""Files that are accepted for one expected return within an hour."""
_WAITS_SECONDS = 20
"""How long a file waits until it can be checked at once; then it is kept, and the next run checks it."""
ENDED = frozenset({ReturnState.WAIVED, ReturnState.LEFT, ReturnState.NOTHING_TO_REPORT})
"""The states in which no workbook is asked for."""


@dataclass(frozen=True, slots=True)
class Given:
    """What became of a file.

    Attributes:
        trouble: Why it was not kept; empty if it was.
        receipt: The receipt of a kept file; empty without one.
        sentences: What follows from it.
        checked: What the checks found; None for a file that was not read.
    """

    trouble: str = ""
    receipt: str = ""
    sentences: tuple[str, ...] = ()
    checked: CheckedFile | None = None


def give(
    visit: Visit,
    expected_return_id: str,
    file_name: str,
    content: bytes,
    form_id: str,
    received_from: str,
    *,
    keeps_faulty: bool = True,
    is_checked: bool = True,
) -> Given:
    """Check a file, and keep it unless it is for another return.

    Args:
        visit: The visit.
        expected_return_id: The expected return that it is given for.
        file_name: Its name, of which nothing but the suffix is kept.
        content: Its bytes.
        form_id: Identifier of the form.
        received_from: Code of the person, or `structure`.
        keeps_faulty: Whether a file with something to correct is kept; otherwise only what was found is returned.
        is_checked: Whether it is checked now; otherwise the next run checks it.
    """
    _ = visit.words.gettext
    desk = visit.desk
    suffix = suffix_of(file_name)
    if not content:
        return Given(_("No file was chosen, or it is empty. Choose the filled-in workbook."))
    if suffix not in SUFFIXES:
        return Given(
            _(
                "A file of this kind ({suffix}) cannot be read. Save it as an Excel workbook (.xlsx), then send it."
            ).format(suffix=suffix)
            if suffix
            else _("The name of the file has no ending. Save it as an Excel workbook (.xlsx), then send it.")
        )
    if len(content) > MAXIMUM_BYTES:
        return Given(
            _("The file is larger than {size} MB. Remove its pictures and unused sheets, then send it again.").format(
                size=MAXIMUM_BYTES // 1_000_000
            )
        )
    if _given_lately(visit, expected_return_id) >= _MOST_AN_HOUR:
        return Given(_("Too many files came for this page within the last hour. Send it again in an hour."))
    plan = desk.planned()
    named = ReturnNames(plan, desk.programme.ids_of).named(file_name) if suffix in (".csv", ".zip") else None
    if named not in (None, expected_return_id):
        return Given(_of_another(visit))
    item = file_item(file_item_id(form_id, content), content, suffix, expected_return_id, received_from)
    if not is_checked:
        return _kept(visit, item, content, _("Many files are arriving now. Yours is checked in a few minutes."))
    with Parser() as parser:
        checked = check_file(
            item,
            content,
            programme=desk.programme,
            paths=desk.paths,
            environment=desk.environment,
            words=visit.words,
            plan=plan,
            values=reported_values(desk.paths, enrolment_of(expected_return_id)),
            parser=parser,
        )
    if checked.is_other:
        return Given(_of_another(visit), checked=checked)
    if checked.version is None:
        return Given(
            _("This is not the workbook of this page, and was not kept. Download the workbook here, and fill it in."),
            checked=checked,
        )
    if checked.errors and not keeps_faulty:
        return Given(_("It cannot be submitted as it is. Correct the places below."), checked=checked)
    return replace(_kept(visit, checked.item, content, *_sentences(visit, checked)), checked=checked)


def _of_another(visit: Visit) -> str:
    return visit.words.gettext(
        "This is not the workbook of this page: it was made for another structure, occasion or form. It was not kept. "
        "Download the one of this page."
    )


def _given_lately(visit: Visit, expected_return_id: str) -> int:
    """Return how many files came for an expected return within the last hour."""
    with open_intake(visit.desk.paths) as intake:
        items = items_about(intake, [expected_return_id])
    since = now() - timedelta(hours=1)
    return sum(item.kind is ItemKind.WORKBOOK and item.received_at >= since for item in items)


def _kept(visit: Visit, item: Item, content: bytes, *sentences: str) -> Given:
    desk = visit.desk
    with open_intake(desk.paths) as intake:
        keep(intake, item, desk.sealed(content))
        record_action(intake, item.received_from, "gave_workbook", item.subject_id)
    desk.apply()
    receipt = visit.words.gettext("Received, number {number}.").format(number=number_of(item.item_id))
    return Given(receipt=receipt, sentences=sentences)


def _sentences(visit: Visit, checked: CheckedFile) -> tuple[str, ...]:
    _ = visit.words.gettext
    if checked.errors:
        return (
            _("It cannot be used as it is. Correct the places below, and send it again."),
            _("The person who follows you at the programme sees that it has arrived and is to be corrected."),
        )
    if checked.is_for_us:
        return (
            _("Your part is done. Something is still to be settled on our side: you have nothing to do."),
            _("The person who follows you at the programme sees that it has arrived."),
        )
    return (
        _("Everything could be read. You have nothing left to do. Thank you!"),
        _("The person who follows you at the programme sees that it has arrived."),
    )


Handle = Callable[[str, bytes, bool], Response]
"""Answers a file: its name, its content, and whether it can be checked at once."""


async def in_turn(desk: Desk, file: object, handle: Handle) -> Response:
    """Answer a file of a form when its turn comes: of many that arrive together, a few are in memory at a time.

    Args:
        desk: The desk.
        file: The field of the form; no file is an empty one.
        handle: Answers it, in a thread.
    """
    with move_on_after(_WAITS_SECONDS) as waiting:
        await desk.checks.acquire()
    if not waiting.cancelled_caught:
        try:
            return await run_in_threadpool(handle, *await _content_of(file), True)
        finally:
            desk.checks.release()
    async with desk.unchecked:
        return await run_in_threadpool(handle, *await _content_of(file), False)


async def _content_of(file: object) -> tuple[str, bytes]:
    if not isinstance(file, UploadFile):
        return "", b""
    return file.filename or "", await file.read()
