"""Decide of which returns Essaim writes to the structures themselves, and at which moments."""

from collections.abc import Iterable, Mapping, Sequence

from schemas.enums import AlertKind, InstrumentKind, ResolvedBy
from schemas.instruments import Instrument
from warehouse.loads import ReturnError

REMINDABLE = frozenset(
    {
        AlertKind.DUE_SOON,
        AlertKind.MISSING,
        AlertKind.UNFINISHED,
        AlertKind.TOO_FEW_RESPONDENTS,
        AlertKind.DELETED,
    }
)
"""The kinds of which a structure can be reminded, because it has not completed its return."""

CORRECTED_BY_SENDER = frozenset({AlertKind.TO_BE_CORRECTED, AlertKind.NEWER_TO_BE_CORRECTED})
"""The kinds that a structure resolves by sending its workbook again."""


def kind_to_structure(instrument: Instrument, kind: AlertKind, step: int | None) -> AlertKind | None:
    """Return the kind of alert of which Essaim writes to the structure of a return, if any.

    What was submitted on the survey server can only be opened again there: nobody but the evaluator writes about it.

    Args:
        instrument: The instrument of the return, which may set `mails_to_structures`.
        kind: The kind of alert of the return.
        step: The reminder step reached; None before the first.
    """
    if not instrument.mails_to_structures:
        return None
    is_workbook = instrument.kind is InstrumentKind.WORKBOOK
    if kind in REMINDABLE or (kind is AlertKind.INCOMPLETE and is_workbook):
        return AlertKind.REMINDED if step is not None else None
    return kind if kind in CORRECTED_BY_SENDER and is_workbook else None


def errors_of_sender(to_correct: Mapping[str, Sequence[ReturnError]], return_id: str | None) -> Iterable[ReturnError]:
    """Yield the errors of a return version that its sender can correct.

    Args:
        to_correct: The errors of each quarantined return version.
        return_id: The version.
    """
    return (error for error in to_correct.get(return_id or "", ()) if error.resolved_by is ResolvedBy.SENDER)
