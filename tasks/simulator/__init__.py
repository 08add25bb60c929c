"""The simulator: a stand-in for a survey server, speaking its JSON-RPC over real HTTP on loopback.

It serves the demonstration, the tests and the benchmarks. It answers with the same shapes and the same words as the
recorded exchanges that tests hold it to, and misbehaves on demand. What it does not do: show questionnaires to people,
evaluate relevance, check answers against the questionnaire, send mail.

    survey = Survey.from_lss("survey.lss")
    survey.activate()
    survey.add_participant(token="t1", attributes={"attribute_1": "STR-001"})
    survey.add_response({"codestr": "STR-001", "freins[temps]": "Y"}, token="t1", submitdate="2026-03-31 10:00:00")
    with serve(State([survey])) as simulator:
        ...  # simulator.url, simulator.misbehave(Misbehaviour.DROP)
        survey.reopen(1, at="2026-04-02 09:00:00")  # and what else people and staff do: see `Survey`
"""

from tasks.simulator.faults import Misbehaviour
from tasks.simulator.server import Simulator, serve
from tasks.simulator.state import Interface, State, User
from tasks.simulator.survey import Survey

__all__ = ["Interface", "Misbehaviour", "Simulator", "State", "Survey", "User", "serve"]
