"""Generate the returns of a demonstration so that they add up to published totals, and deliver them."""

from tasks.demonstration.deliver import answer_surveys, fill_inbox
from tasks.demonstration.generate import DemonstrationReturn, generate
from tasks.demonstration.scenario import Scenario, read_scenario

__all__ = ["DemonstrationReturn", "Scenario", "answer_surveys", "fill_inbox", "generate", "read_scenario"]
