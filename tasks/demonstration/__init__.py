"""Invent the returns of a programme, which add up to the totals of its scenario if it has one, and deliver them."""

from tasks.demonstration.deliver import answer_surveys, fill_inbox
from tasks.demonstration.generate import DemonstrationReturn, generate
from tasks.demonstration.scenario import Scenario, has_scenario, read_scenario
from tasks.demonstration.surveys import surveys_of
from tasks.demonstration.usual import usual_scenario

__all__ = [
    "DemonstrationReturn",
    "Scenario",
    "answer_surveys",
    "fill_inbox",
    "generate",
    "has_scenario",
    "read_scenario",
    "surveys_of",
    "usual_scenario",
]
