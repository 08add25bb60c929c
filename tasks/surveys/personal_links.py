"""Find the tokens of the participants who owe a return, for the mails that Essaim writes to structures.

Names and addresses stay on the server.
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date

from schemas.instruments import Instrument
from schemas.successions import UNCHANGED, StructureChanges
from schemas.tables import Row
from tasks.limesurvey import LimeSurvey
from tasks.surveys.assigning import Assigner
from tasks.surveys.reminding import join_of_survey


def open_tokens(
    server: LimeSurvey,
    survey_id: int,
    instrument: Instrument,
    expected: Mapping[str, Row],
    *,
    today: date,
    recodes: Mapping[str, Mapping[str, str]] | None = None,
    changes: StructureChanges = UNCHANGED,
) -> dict[str, list[str]]:
    """Return the tokens by which each expected return of a survey can still be given, by `list_participants`.

    Args:
        server: The survey server.
        survey_id: The survey.
        instrument: Its instrument.
        expected: The planned returns of the survey, by id.
        today: The day as of which returns are open.
        recodes: The codes that `join.recode` gives (`join_recodes`).
        changes: The structures that were renamed or moved.

    Raises:
        LimeSurveyError: The participants could not be read.
    """
    join = join_of_survey(instrument, expected)
    participants = server.participants(survey_id, attributes=list(join.attributes))
    by_token = {one.token: one for one in participants if one.token}
    assigner = Assigner(join, expected, by_token, recodes, changes=changes)
    tokens: dict[str, list[str]] = defaultdict(list)
    for token, participant in sorted(by_token.items()):
        if not participant.completed:
            for expected_return_id in assigner.open_returns(token, today):
                tokens[expected_return_id].append(token)
    return tokens
