"""Returns for a demonstration: made from published totals, so that they add up to them again."""

from tasks.demonstration.deliver import answer_surveys, fill_inbox
from tasks.demonstration.generate import DemonstrationReturn, generate
from tasks.demonstration.scenario import Scenario, read_scenario

__all__ = ["DemonstrationReturn", "Scenario", "answer_surveys", "fill_inbox", "generate", "read_scenario"]
