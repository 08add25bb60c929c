"""Reads surveys: what has changed on the server, who answered, when, and each answer with the question it answers."""

from tasks.surveys.fetching import Fetched, SurveyToRead, could_not_fetch, fetch
from tasks.surveys.loading import load_survey
from tasks.surveys.pages import LoadContext
from tasks.surveys.reminding import ToRemind, participants_to_remind, remind
from tasks.surveys.server import open_server, trouble_with_server

__all__ = [
    "Fetched",
    "LoadContext",
    "SurveyToRead",
    "ToRemind",
    "could_not_fetch",
    "fetch",
    "load_survey",
    "open_server",
    "participants_to_remind",
    "remind",
    "trouble_with_server",
]
