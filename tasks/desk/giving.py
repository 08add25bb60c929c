"""Receive a workbook for an expected return: check it at once, and keep it for the next run."""

from dataclasses import dataclass

from starlette.datastructures import UploadFile

from schemas.enums import ReturnState
from tasks.desk.checking import CheckedFile, check_file
from tasks.desk.visits import Visit
from tasks.received import number_of
from tasks.spreadsheets.cells import MAXIMUM_BYTES
from tasks.workbooks.file_names import SUFFIXES, suffix_of
from warehouse.intake import keep, open_intake
from warehouse.sign_ins import record_action

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
    visit: Visit, expected_return_id: str, file_name: str, content: bytes, form_id: str, received_from: str
) -> Given:
    """Check a file, and keep it unless it is for another return.

    Args:
        visit: The visit.
        expected_return_id: The expected return that it is given for.
        file_name: Its name, of which nothing but the suffix is kept.
        content: Its bytes.
        form_id: Identifier of the form.
        received_from: Code of the person, or `structure`.
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
            ).format(suffix=suffix or "?")
        )
    if len(content) > MAXIMUM_BYTES:
        return Given(
            _("The file is larger than {size} MB. Remove its pictures and unused sheets, then send it again.").format(
                size=MAXIMUM_BYTES // 1_000_000
            )
        )
    checked = check_file(
        content,
        suffix,
        expected_return_id,
        form_id=form_id,
        received_from=received_from,
        programme=desk.programme,
        paths=desk.paths,
        environment=desk.environment,
        words=visit.words,
        plan=desk.planned(),
    )
    if checked.is_other:
        return Given(
            _("This workbook is for another structure or occasion, and was not kept. Download that of this page."),
            checked=checked,
        )
    if checked.version is None:
        return Given(
            _("This is not the workbook of this page, and was not kept. Download the workbook here, and fill it in."),
            checked=checked,
        )
    with open_intake(desk.paths) as intake:
        keep(intake, checked.item, desk.sealed(content))
        record_action(intake, received_from, "gave_workbook", expected_return_id)
    desk.apply()
    receipt = _("Received, number {number}.").format(number=number_of(checked.item.item_id))
    return Given(receipt=receipt, sentences=_sentences(visit, checked), checked=checked)


def _sentences(visit: Visit, checked: CheckedFile) -> tuple[str, ...]:
    _ = visit.words.gettext
    if checked.errors:
        return (
            _("It cannot be used as it is. Correct the places below, and send it again."),
            _("The person who follows you at the programme is told that it has arrived and is to be corrected."),
        )
    if checked.is_for_us:
        return (
            _("Your part is done. Something is still to be settled on our side: you have nothing to do."),
            _("The person who follows you at the programme is told that it has arrived."),
        )
    return (
        _("Everything could be read. You have nothing left to do. Thank you!"),
        _("The person who follows you at the programme is told that it has arrived."),
    )


async def uploaded(form: object) -> tuple[str, bytes]:
    """Return the name and the content of the file of a form; both empty without one."""
    if not isinstance(form, UploadFile):
        return "", b""
    return form.filename or "", await form.read()
