"""Test that loading other questions than before changes no version, and that later answers stay later, on both engines.

The loaded questions change with the identifiers and with the crosswalk.
"""

from collections.abc import Generator
from datetime import date, datetime
from typing import Any

import pytest
import sqlalchemy as sa
from building import build_models
from small_programme import Small, small_programme

from schemas.settings import ProjectPaths
from tasks.programme import read_programme
from warehouse.connection import open_warehouse
from warehouse.runs import last_instant_of

DAY = date(2025, 12, 28)
THIS = "C-1/STR1/M06/suivi"


@pytest.fixture
def small(paths_with_views: ProjectPaths, monkeypatch: pytest.MonkeyPatch) -> Generator[Small]:
    """Yield a programme without identifiers whose warehouse is on DuckDB, then on PostgreSQL."""
    with small_programme(monkeypatch, paths_with_views.folder, identifiers=[]) as small:
        small.add_participants("STR1", "STR2")
        yield small


def rows(small: Small, sql: str) -> list[tuple[Any, ...]]:
    with open_warehouse(small.paths) as warehouse:
        return warehouse.execute(sa.text(sql))


def versions(small: Small) -> list[tuple[Any, ...]]:
    return rows(small, "select sequence, return_id, answered_at from raw.returns order by loaded_at, sequence")


def current(small: Small, indicator: str = "budget") -> object:
    """Return the value of an indicator at the end of the day."""
    known_by = last_instant_of(DAY, read_programme(small.folder).zone)
    build_models(small.paths, "--select", "+fct_observation", as_of=DAY, known_by=known_by)
    ((number, text),) = rows(
        small,
        "select value_number, value_text from marts.fct_observation "
        f"where indicator_code = '{indicator}' and expected_return_id = '{THIS}'",
    )
    return number if text is None else text


def identify(small: Small, before: str, now: str) -> None:
    small.edit("programme.yaml", f'"identifiers": [{before}]', f'"identifiers": [{now}]')


def test_an_answer_that_was_edited_when_an_identifier_was_added_is_a_version(small: Small) -> None:
    number = small.answer(at="2025-12-10 10:00:00", budget="7")
    small.collect(date(2025, 12, 15))
    identify(small, "", '\n    "nom"\n   ')
    small.survey.edit(number, {"budget": "8"}, at="2025-12-20 10:00:00")
    assert small.collect(DAY).count == 1
    assert versions(small)[-1][2] == datetime(2025, 12, 20, 9)
    assert current(small) == 8
    # Edited and edited back.
    small.survey.edit(number, {"budget": "7"}, at="2025-12-21 10:00:00")
    assert small.collect(DAY).count == 1
    assert current(small) == 7


def test_an_answer_that_was_exported_and_not_loaded_is_loaded_with_the_time_of_the_answer(small: Small) -> None:
    identify(small, "", '\n    "budget"\n   ')
    small.edit("crosswalk.csv", "suivi,1,budget,budget,\n", "")
    small.answer(at="2025-12-10 10:00:00", budget="7")
    small.answer("str2", at="2025-12-11 10:00:00", budget="")
    small.collect(date(2025, 12, 15))
    identify(small, '\n    "budget"\n   ', "")
    small.edit(
        "crosswalk.csv",
        "suivi,1,adopt,adoption,adoption\n",
        "suivi,1,adopt,adoption,adoption\nsuivi,1,budget,budget,\n",
    )
    assert small.collect(DAY).count == 1
    assert small.collect(DAY).count == 0
    found = versions(small)
    assert [(number, at) for number, _, at in found if number == 1] == [(1, datetime(2025, 12, 10, 9))] * 2
    assert len(found) == 3
    assert current(small) == 7


def test_a_question_that_is_mapped_and_was_loaded_brings_no_version(small: Small) -> None:
    small.edit("crosswalk.csv", "suivi,1,budget,budget,\n", "")
    small.answer(at="2025-12-10 10:00:00", budget="7")
    small.collect(date(2025, 12, 15))
    before = versions(small)
    small.edit(
        "crosswalk.csv",
        "suivi,1,adopt,adoption,adoption\n",
        "suivi,1,adopt,adoption,adoption\nsuivi,1,budget,budget,\n",
    )
    assert small.collect(DAY).count == 0
    assert versions(small) == before
    assert current(small) == 7


def test_a_question_under_another_code_and_an_identifier_added_together_change_no_version(small: Small) -> None:
    small.answer(at="2025-12-10 10:00:00", budget="7")
    small.collect(date(2025, 12, 15))
    small.survey.rename_question("adopt", "adhesion")
    small.edit("crosswalk.csv", "suivi,1,adopt,", "suivi,1,adhesion,")
    identify(small, "", '\n    "nom"\n   ')
    small.accept()
    small.collect(DAY)
    assert small.collect(DAY).count == 0
    assert {at for _, _, at in versions(small)} == {datetime(2025, 12, 10, 9)}
    assert current(small, "adoption") == "adopted"


def test_a_quarantined_answer_keeps_its_version_and_its_time_when_identifiers_change(small: Small) -> None:
    small.answer(at="2025-12-10 10:00:00", budget="-5")
    small.collect(date(2025, 12, 15))
    before = versions(small)
    for changed in (("", '\n    "nom"\n   '), ('\n    "nom"\n   ', "")):
        identify(small, *changed)
        # It is checked again, as the version that it was.
        assert len(small.collect(DAY).quarantined) == 1
        assert set(versions(small)) == set(before)
        assert small.collect(DAY).quarantined == []
    # An answer that was edited meanwhile is another version.
    identify(small, "", '\n    "nom"\n   ')
    small.survey.edit(1, {"budget": "-6"})
    assert len(small.collect(DAY).quarantined) == 1
    assert len(set(versions(small))) == 2
