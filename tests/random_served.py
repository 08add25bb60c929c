"""Write the folder of a random programme, and serve its surveys."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest
from random_folder import surveys_of, write_folder
from random_programme import RandomProgramme
from running import USER, served

from tasks.drift.baseline import accept_questionnaires
from tasks.limesurvey import LimeSurvey
from tasks.simulator import Simulator, State


def _no_wait(_seconds: float) -> None:
    """Return at once."""


@contextmanager
def opened(monkeypatch: pytest.MonkeyPatch, folder: Path, programme: RandomProgramme) -> Generator[Simulator]:
    """Write a programme folder, serve its surveys, and accept their questionnaires."""
    write_folder(programme, folder)
    defaults = LimeSurvey.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "wait", _no_wait)
    with served(monkeypatch, State(surveys_of(programme), [USER])) as simulator:
        with LimeSurvey(simulator.url, username=USER.name, password=USER.password) as server:
            asked = {
                (one.code, number): server.questionnaire(one.first_survey + number - 1)
                for one in programme.instruments
                if one.is_survey
                for number in range(1, len(one.versions) + 1)
            }
        accept_questionnaires(folder, asked)
        yield simulator
