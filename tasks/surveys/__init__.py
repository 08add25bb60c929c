"""Fetch and load surveys: find what changed on the server, assign responses to expected returns, and load answers."""

from tasks.surveys.assigning import join_recodes
from tasks.surveys.fetching import Fetched, SurveyToRead, could_not_fetch, fetch
from tasks.surveys.loading import LoadContext, load_survey
from tasks.surveys.reminding import ToRemind, participants_to_remind, remind
from tasks.surveys.server import open_server, trouble_with_server

__all__ = [
    "Fetched",
    "LoadContext",
    "SurveyToRead",
    "ToRemind",
    "could_not_fetch",
    "fetch",
    "join_recodes",
    "load_survey",
    "open_server",
    "participants_to_remind",
    "remind",
    "trouble_with_server",
]
