"""Find the reason for each blank answer of responses: the question was not shown, or it is unknown whether it was."""

# pyarrow.compute makes its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from schemas.enums import MissingReason
from tasks.limesurvey import answer_fields, responses_table, tells_hidden
from tasks.questionnaires.display import Display, ResponseForm
from tasks.questionnaires.questionnaire import Questionnaire

Mask = npt.NDArray[np.bool_]
_REASONS: tuple[MissingReason | None, ...] = (None, MissingReason.NOT_SHOWN, MissingReason.UNKNOWN_IF_SHOWN)
_LEFT_BLANK, _NOT_SHOWN, _UNKNOWN = range(len(_REASONS))
_AT_SUBMISSION = np.timedelta64(1, "s")
"""How far apart the two dates of a submission may lie: the server takes the time twice."""


def missing_reasons(responses: pa.Table, questionnaire: Questionnaire) -> pa.Array:
    """Return a reason for each answer of some responses, in the order of `long_form`.

    The reason is null for an answer, for a blank of a question that was shown, and in an incomplete response for a
    question that may follow later.

    - In a submitted form, null means that the question was not shown, and an empty text that it was left blank.
    - A blank number or date is null in both cases, and so is everything that was not given through the server's
      interface; an encrypted answer is empty in both. There the conditions of the question decide, where they are
      understood.
    - In an incomplete response, null may also mean that the page was not reached: only conditions that are known not to
      hold decide.
    - A response that was changed after its submission, and not submitted again, keeps what the server wrote for the
      answers before the change. There the conditions decide too; a question without any cannot be concerned.
    - Where the server writes an empty text for all of these, conditions decide everywhere.
    """
    display = Display(questionnaire)
    fields = answer_fields(responses, questionnaire)
    is_changed = _are_changed_since(responses)
    columns = [_places(responses, field.heading, display, is_changed) for field in fields]
    codes = np.stack(columns, axis=1).ravel() if columns else np.empty(0, np.int8)
    return pa.DictionaryArray.from_arrays(
        pa.array(codes - 1, mask=codes == _LEFT_BLANK), pa.array([reason.value for reason in _REASONS if reason])
    )


def are_explained(responses: pa.Table, heading: str, questionnaire: Questionnaire) -> Mask:
    """Return for each answer of one column whether it is blank for one of the reasons; not for a missing column."""
    if heading not in responses.column_names:
        return np.zeros(responses.num_rows, np.bool_)
    return _places(responses, heading, Display(questionnaire), _are_changed_since(responses)) != _LEFT_BLANK


def _are_changed_since(responses: pa.Table) -> Mask:
    """Return whether each response was changed after it was last submitted; not where the survey keeps no dates.

    The server stores each page that is sent, and the date of saving, but leaves the date of submission.
    """
    dates = responses_table(responses)
    submitted, saved = (dates.column(name).to_numpy() for name in ("submitted", "last_saved"))
    return saved - submitted > _AT_SUBMISSION


def _places(responses: pa.Table, heading: str, display: Display, is_changed: Mask) -> npt.NDArray[np.int8]:
    """Return the place of each answer's reason in `_REASONS`."""
    texts = pc.cast(responses.column(heading), pa.string())
    is_blank = _mask(pc.equal(pc.fill_null(texts, ""), ""))
    is_null = _mask(pc.is_null(texts)) if tells_hidden(responses) else is_blank
    reasons = np.zeros(responses.num_rows, np.int8)
    if display.is_hidden(heading):
        reasons[is_blank] = _NOT_SHOWN
        return reasons
    is_complete = _mask(pc.is_valid(responses.column("submitdate")))
    is_from_form = _mask(pc.is_valid(responses.column("lastpage")))
    if display.has_condition(heading):
        # Like those of the interface, the blanks of a changed response do not follow its other answers.
        is_from_form &= ~is_changed
    is_open = is_blank
    if display.tells_blanks(heading) and tells_hidden(responses):
        is_told = is_complete & is_from_form
        reasons[is_told & is_null] = _NOT_SHOWN
        is_open = is_blank & ~is_told & (is_null | ~is_from_form)
    if not display.has_condition(heading):
        return reasons
    read = {other: _answers(responses, other) for other in display.read_by(heading) if other in responses.column_names}
    known: dict[tuple[object, ...], int] = {}
    for place in np.flatnonzero(is_open).tolist():
        answers = {other: texts_of[place] for other, texts_of in read.items()}
        response = ResponseForm(bool(is_complete[place]), bool(is_from_form[place]))
        key = (response, *answers.values())
        if key not in known:
            known[key] = _reason(display, heading, answers, response)
        reasons[place] = known[key]
    return reasons


def _answers(responses: pa.Table, heading: str) -> list[str | None]:
    texts = pc.cast(responses.column(heading), pa.string()).to_pylist()
    return texts if tells_hidden(responses) else [text or None for text in texts]


def _reason(display: Display, heading: str, answers: Mapping[str, str | None], response: ResponseForm) -> int:
    match display.is_shown(heading, answers, response):
        case False:
            return _NOT_SHOWN
        case None if response.is_complete:
            return _UNKNOWN
        case _:
            return _LEFT_BLANK


def _mask(column: pa.ChunkedArray) -> Mask:
    return column.combine_chunks().to_numpy(zero_copy_only=False)
