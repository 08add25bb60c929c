"""Fetch and load surveys: find what changed on the server, assign responses to expected returns, and load answers."""

from tasks.surveys.assigning import join_recodes
from tasks.surveys.fetching import Fetched, SurveyToRead, could_not_fetch, fetch
from tasks.surveys.loading import LoadContext, load_survey
from tasks.surveys.personal_links import open_tokens
from tasks.surveys.reminding import ToRemind, participants_to_remind, remind
from tasks.surveys.server import Reached, open_server, reach_server

__all__ = [
    "Fetched",
    "LoadContext",
    "Reached",
    "SurveyToRead",
    "ToRemind",
    "could_not_fetch",
    "fetch",
    "join_recodes",
    "load_survey",
    "open_server",
    "open_tokens",
    "participants_to_remind",
    "reach_server",
    "remind",
]
