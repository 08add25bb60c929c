"""Test that question codes that are columns of the export are exported as the real server does.

The headings are those that the server exported of `codes_reserves_fr.lss`.
"""

import re
from pathlib import Path

import orjson
import pytest
from running import USER

from tasks.limesurvey import LimeSurvey
from tasks.simulator import State, Survey, serve

SURVEY = Path(__file__).parents[2] / "data" / "limesurvey" / "surveys" / "codes_reserves_fr.lss"
OWN = ["id", "submitdate", "lastpage", "startlanguage", "seed", "startdate", "datestamp"]
QUESTIONS = ["id", "seed", "startdate", "submitdate", "datestamp", "token", "lastpage", "startlanguage"]
FREE = ["ipaddr", "refurl", "attribute1", "firstname", "completed", "fin"]


def headings(survey: Survey) -> list[str]:
    """Return the headings of an export, with (SGQA) for the number of a question."""
    survey.activate()
    survey.add_response({"fin": "x"}, submitdate="2026-11-28 14:44:35")
    with (
        serve(State([survey], [USER])) as simulator,
        LimeSurvey(simulator.url, username=USER.name, password=USER.password) as server,
    ):
        (file,) = server.response_files(survey.sid)
    (response,) = orjson.loads(file.raw)["responses"]
    return [re.sub(r"\(\d+X\d+X\d+\)", "(SGQA)", heading) for heading in response]


@pytest.mark.parametrize("has_participants", [True, False])
def test_a_reserved_code_is_marked_where_the_export_has_a_column_of_that_name(has_participants: bool) -> None:
    survey = Survey.from_lss(SURVEY)
    if has_participants:
        survey.add_participant(token="jetonnom-1")
    own = [*OWN[:5], "token", *OWN[5:]] if has_participants else OWN
    marked = [f"{code} (SGQA)" if code in own else code for code in QUESTIONS]
    assert headings(survey) == [*own, *marked, *FREE]
