"""Word the corrections that a run did not apply."""

from schemas.enums import CorrectionState
from tasks.programme.spellings import shown
from tasks.run import RunContext
from warehouse.connection import open_warehouse
from warehouse.corrections import UnappliedCorrection, unapplied_corrections


def corrections_not_applied(run: RunContext) -> list[str]:
    """Return a sentence for each correction that the views of the run do not apply."""
    with open_warehouse(run.paths) as warehouse:
        return list(map(in_words, unapplied_corrections(warehouse)))


def in_words(one: UnappliedCorrection) -> str:
    """Word a correction that is not applied, and the remedy."""
    response = f", response {one.respondent}" if one.respondent else ""
    where = f"{one.expected_return_id}{response}, {one.item}"
    if one.state is CorrectionState.NO_RETURN:
        return (
            f"{where}: no version of this return counts, where corrections.csv line {one.line} expects "
            f"{_shown(one.old_value)}. It applies once one does; delete the line, or correct its expected_return_id, "
            "if none will."
        )
    found = _shown(one.answer_text)
    return (
        f"{where}: found {found} where corrections.csv line {one.line} expects {_shown(one.old_value)}: "
        f"{_shown(one.new_value)} does not replace it. Delete the line if {found} is right; otherwise correct {found}."
    )


def _shown(answer: str | None) -> str:
    return shown(answer) if answer else "a blank"
