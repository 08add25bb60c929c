"""Test that the next pages are fetched while pages are checked, and checked while pages are loaded."""

import threading
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest
from small_programme import AS_OF, Small, small_programme

from schemas.settings import Environment
from tasks.pipeline.planning import plan_expected_returns, surveys_to_read
from tasks.pipeline.surveys import fetch_survey, load_survey
from tasks.programme import read_programme
from tasks.records import Loaded
from tasks.run import recorded_run
from tasks.simulator import Misbehaviour
from tasks.surveys import loading


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Small]:
    """Yield a programme with ten responses on five pages, each a batch of its own."""
    monkeypatch.setattr(loading, "_BATCH_BYTES", 1)
    several = {"several": True, "minimum": 1}
    folder = tmp_path / "programme"
    with small_programme(monkeypatch, folder, page_size=2, only_numbers=True, respondents=several) as small:
        small.add_participants("STR1", "STR2", "STR3")
        for number in range(1, 11):
            small.answer(f"str{number % 3 + 1}", at=f"2025-12-{number:02} 10:00:00", budget=str(number))
        yield small


def collected_while(small: Small, kind: Misbehaviour, **more: int) -> tuple[Loaded, list[int]]:
    """Collect from a server that misbehaves after the first page.

    Return the outcome, and the number of responses read at each report of progress.
    """
    came: list[int] = []

    def progress(count: int, _of: int) -> None:
        came.append(count)
        if len(came) == 1:
            small.simulator.misbehave(kind, method="export_responses", **more)

    programme = read_programme(small.folder)
    with recorded_run(small.paths, programme, Environment(), command="collect", as_of=AS_OF) as begun:
        run = plan_expected_returns(begun)
        (survey,) = surveys_to_read(run)
        return load_survey(run, fetch_survey(run, survey, progress)), came


def budgets(small: Small) -> list[tuple[Any, ...]]:
    return small.rows(
        "select r.sequence, a.value_text from raw.returns as r join raw.answers as a using (return_id) "
        "where a.item = 'budget' order by r.sequence"
    )


ALL = [(number, str(number)) for number in range(1, 11)]


def still_working() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if "ThreadPoolExecutor" in thread.name}


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (Misbehaviour.DUPLICATE, "a response came twice"),
        (Misbehaviour.BAD_BASE64, "the file is not in strict base64, it was damaged on its way"),
        (Misbehaviour.HTML, "the answer is a web page, a login form or an error page for instance"),
    ],
)
def test_an_answer_that_is_none_while_a_page_is_read_leaves_nothing_loaded_and_nothing_running(
    small: Small, kind: Misbehaviour, words: str
) -> None:
    running = still_working()
    loaded, came = collected_while(small, kind)
    assert loaded.trouble is not None
    assert f"{small.simulator.url}, survey {small.survey.sid}: " in loaded.trouble
    assert words in loaded.trouble
    assert came == [2]
    # The second page had been read by then.
    assert small.simulator.calls.count("export_responses") == 3
    assert still_working() == running
    assert small.check() == ("unintelligible", loaded.trouble)
    assert budgets(small) == []
    assert small.collect().trouble is None
    assert budgets(small) == ALL


def test_a_page_that_cannot_be_read_while_the_next_one_comes_ends_both(small: Small) -> None:
    running, third = still_working(), small.survey.responses[5]
    page = third.lastpage
    broken: Any = third
    broken.lastpage = "five"  # no server writes this
    loaded = small.collect()
    assert loaded.trouble == (
        f"{small.simulator.url}, survey {small.survey.sid}: the answer to export_responses is not usable: lastpage "
        "holds other values than whole numbers. Expected: a whole and undamaged answer. "
        "Nothing was read, and the collected responses stay as they are."
    )
    # The fourth page was requested while the third was read; a fifth was not requested.
    assert small.simulator.calls.count("export_responses") == 4
    assert still_working() == running
    assert budgets(small) == []
    third.lastpage = page
    assert small.collect().trouble is None
    assert budgets(small) == ALL


@pytest.mark.parametrize(
    ("kind", "more"), [(Misbehaviour.OUT_OF_MEMORY, {"times": 9, "above": 1}), (Misbehaviour.EXPIRE, {"times": 1})]
)
def test_what_is_overcome_on_the_way_changes_nothing_of_what_is_loaded(
    small: Small, kind: Misbehaviour, more: dict[str, int]
) -> None:
    loaded, came = collected_while(small, kind, **more)
    assert loaded.trouble is None
    assert loaded.count == came[-1] == 10
    assert budgets(small) == ALL
