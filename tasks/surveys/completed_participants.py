"""Find the participants who count as completed on the survey server without a response."""

from collections.abc import Iterator

from schemas.tables import Row
from tasks.run import RunContext
from tasks.surveys.assigning import Assigner, join_recodes
from tasks.surveys.fetching import Fetched
from warehouse.connection import Warehouse
from warehouse.surveys import completed_without_response


def completed_participants(
    fetched: Fetched, run: RunContext, warehouse: Warehouse, answered: frozenset[str]
) -> Iterator[Row]:
    """Yield a row for each expected return whose participant begins or ceases to count as completed without a response.

    The server neither lets such a participant in nor reminds them: most often, the response was deleted.

    Args:
        fetched: The survey, read completely.
        run: The run.
        warehouse: The open warehouse.
        answered: The expected returns that a response on the server answers, or may answer.
    """
    survey = fetched.survey
    instrument = run.programme.instrument_by_code[survey.instrument_code]
    join, participants = instrument.join_of(survey.instrument_version), fetched.participants or {}
    assigner = Assigner(join, survey.expected, participants, join_recodes(run.programme, join))
    completed: set[str] = set()
    can_answer: set[str] = set()
    # Where occasions share the survey, who answered one of them counts as completed for all.
    holding = _tokens(fetched) if assigner.is_shared else frozenset[str]()
    for token, participant in participants.items():
        if token not in holding:
            (completed if participant.completed else can_answer).update(assigner.open_returns(token, run.as_of))
    # The server lets in, and reminds, another participant of the structure.
    now = completed - can_answer - answered
    before = completed_without_response(warehouse, survey.source_id, run.stamp)
    for expected_return_id in sorted(now ^ before):
        yield {
            "expected_return_id": expected_return_id,
            "source_id": survey.source_id,
            "is_completed": expected_return_id in now,
        }


def _tokens(fetched: Fetched) -> frozenset[str]:
    """Return the tokens of all responses on the server."""
    pages = [] if fetched.spool is None else [fetched.spool.page(number) for number in range(len(fetched.receipts))]
    return frozenset(
        token for page in pages if "token" in page.column_names for token in page.column("token").to_pylist() if token
    )
