"""Simulate a LimeSurvey server: JSON-RPC over HTTP on loopback.

The demonstration, the tests and the benchmarks use it. Tests compare its answers with recorded exchanges of a real
server. It injects faults on demand. It does not display questionnaires, evaluate relevance, validate answers against
the questionnaire, or send mail.

    survey = Survey.from_lss("survey.lss")
    survey.activate()
    survey.add_participant(token="t1", attributes={"attribute_1": "STR-001"})
    survey.add_response({"codestr": "STR-001", "freins[temps]": "Y"}, token="t1", submitdate="2026-03-31 10:00:00")
    with serve(State([survey])) as simulator:
        ...  # simulator.url, simulator.misbehave(Misbehaviour.DROP)
        survey.reopen(1, at="2026-04-02 09:00:00")  # see `Survey` for other actions
"""

from tasks.simulator.faults import Misbehaviour
from tasks.simulator.fields import AnswerColumn
from tasks.simulator.model import Group, Question
from tasks.simulator.server import Simulator, serve
from tasks.simulator.state import Interface, State, User
from tasks.simulator.survey import Survey

__all__ = [
    "AnswerColumn",
    "Group",
    "Interface",
    "Misbehaviour",
    "Question",
    "Simulator",
    "State",
    "Survey",
    "User",
    "serve",
]
