"""Questionnaire drift: how a live questionnaire differs from the one that the crosswalk was written for."""

from tasks.drift.baseline import accept_questionnaires, baseline_text
from tasks.drift.comparing import broken_items, differences
from tasks.drift.difference import Difference, Proposal

__all__ = [
    "Difference",
    "Proposal",
    "accept_questionnaires",
    "baseline_text",
    "broken_items",
    "differences",
]
