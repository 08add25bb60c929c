"""Test `essaim check` on random programmes: each is accepted, and refused once it is ambiguous."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from random_folder import write_folder
from random_programme import Drawn, RandomProgramme, drawn, windows_overlap

from schemas.errors import ProgrammeError
from tasks.programme import read_programme

SEEDS = range(60)

Change = Callable[[RandomProgramme], RandomProgramme | None]


def _changed(programme: RandomProgramme, instrument: Drawn, **settings: object) -> RandomProgramme:
    changed = replace(instrument, settings={**instrument.settings, **settings})
    instruments = [changed if one is instrument else one for one in programme.instruments]
    return replace(programme, instruments=tuple(instruments))


def _sharing(programme: RandomProgramme) -> Iterator[Drawn]:
    return (one for one in programme.instruments if one.is_survey and len(one.versions[0]) > 1)


def no_occasion(programme: RandomProgramme) -> RandomProgramme | None:
    """Return the programme with a shared survey whose responses name no occasion."""
    for one in _sharing(programme):
        return _changed(programme, one, join={name: key for name, key in one.join.items() if name != "occasion"})
    return None


def overlapping_windows(programme: RandomProgramme) -> RandomProgramme | None:
    """Return the programme with a survey that is shared by window, although its windows overlap."""
    for one in _sharing(programme):
        if windows_overlap(programme, one):
            return _changed(programme, one, join={**one.join, "occasion": "by window"})
    return None


def one_survey_twice(programme: RandomProgramme) -> RandomProgramme | None:
    """Return the programme with two instruments that declare the same survey."""
    surveys = [one for one in programme.instruments if one.is_survey]
    if not surveys:
        return None
    again = replace(surveys[0], settings={**surveys[0].settings, "code": "encore"})
    return replace(programme, instruments=(*programme.instruments, again))


def offset_twice(programme: RandomProgramme) -> RandomProgramme | None:
    """Return the programme with two occasions that are due on the same days."""
    occasions = programme.settings["occasions"]
    again = {**occasions[0], "code": "ENCORE"}
    return replace(programme, settings={**programme.settings, "occasions": [*occasions, again]})


@pytest.mark.slow
def test_every_random_programme_is_accepted(tmp_path: Path) -> None:
    for seed in SEEDS:
        programme = drawn(Random(seed))
        write_folder(programme, tmp_path / str(seed))
        read = read_programme(tmp_path / str(seed))
        assert len(read.settings.instruments) == len(programme.instruments)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (no_occasion, "no join.occasion that says which of them a response answers"),
        (overlapping_windows, "by window, although"),
        (one_survey_twice, "survey_id"),
        (offset_twice, "other (months|days) for each occasion"),
    ],
)
def test_every_random_programme_is_refused_once_it_is_ambiguous(tmp_path: Path, change: Change, words: str) -> None:
    ambiguous = [change(drawn(Random(seed))) for seed in SEEDS]
    found = [programme for programme in ambiguous if programme is not None]
    assert found
    for number, programme in enumerate(found):
        write_folder(programme, tmp_path / str(number))
        with pytest.raises(ProgrammeError, match=words):
            read_programme(tmp_path / str(number))
