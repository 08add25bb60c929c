"""Find the participants who count as completed on the survey server without a response to an expected return."""

from collections.abc import Iterator

from schemas.tables import Row
from tasks.limesurvey import responses_table
from tasks.run import RunContext
from tasks.surveys.assigning import Assigner, join_recodes
from tasks.surveys.fetching import Fetched
from warehouse.connection import Warehouse
from warehouse.surveys import completed_without_response


def completed_participants(
    fetched: Fetched, run: RunContext, warehouse: Warehouse, answered: frozenset[str]
) -> Iterator[Row]:
    """Yield a row for each expected return whose participants begin or cease to count as completed without a response.

    The server does not write to such a participant, and by default no longer lets them in. Either their response was
    deleted, or they answered another occasion of the survey.

    Args:
        fetched: The survey, read completely.
        run: The run.
        warehouse: The open warehouse.
        answered: The expected returns that a response on the server answers, or may answer.
    """
    survey = fetched.survey
    instrument = run.programme.instrument_by_code[survey.instrument_code]
    join, participants = instrument.join_of(survey.instrument_version), fetched.participants or {}
    recodes, changes = join_recodes(run.programme, join), run.programme.structure_changes
    assigner = Assigner(join, survey.expected, participants, recodes, changes=changes)
    completed: set[str] = set()
    used_up: set[str] = set()
    can_answer: set[str] = set()
    # Where occasions share the survey, who answered one of them counts as completed for all.
    tokens = _tokens(fetched) if assigner.is_shared else {}
    for token, participant in participants.items():
        returns = assigner.open_returns(token, run.as_of)
        if not participant.completed:
            can_answer |= returns
        elif token not in tokens:
            completed |= returns
        elif tokens[token] and participant.uses_left < 1:
            used_up |= returns
        elif tokens[token]:
            can_answer |= returns
    # The server lets in, and reminds, another participant of the structure.
    now = {id_: id_ not in completed for id_ in (completed | used_up) - can_answer - answered}
    before = completed_without_response(warehouse, survey.source_id, run.stamp)
    for expected_return_id in sorted(now.keys() | before.keys()):
        if now.get(expected_return_id) != before.get(expected_return_id):
            yield {
                "expected_return_id": expected_return_id,
                "source_id": survey.source_id,
                "is_completed": expected_return_id in now,
                "is_used_up": now.get(expected_return_id, False),
            }


def _tokens(fetched: Fetched) -> dict[str, bool]:
    """Return the tokens of all responses on the server, and whether a response with the token was submitted."""
    tokens: dict[str, bool] = {}
    pages = [] if fetched.spool is None else [fetched.spool.page(number) for number in range(len(fetched.receipts))]
    for responses in map(responses_table, pages):
        pairs = zip(responses.column("token").to_pylist(), responses.column("is_complete").to_pylist(), strict=True)
        for token, is_complete in pairs:
            if token:
                tokens[token] = tokens.get(token, False) or is_complete
    return tokens
