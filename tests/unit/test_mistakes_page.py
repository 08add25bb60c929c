"""Test that the page of mistakes is current, and that each key and column has one."""

import pytest
from mistakes_page import PAGE, page

from tasks.programme.folder import SETTINGS_FILE
from tasks.reference.sections import FILES, keys_of, models_in, sections_of
from tasks.reference.values import words_of


@pytest.fixture(scope="module")
def current() -> str:
    return page()


@pytest.mark.slow
def test_the_checked_in_page_is_what_check_says(current: str):
    assert PAGE.read_text(encoding="utf-8") == current, "run python tests/mistakes_page.py and keep what it writes"


@pytest.mark.slow
def test_every_key_and_column_has_a_mistake_but_for_those_that_accept_any_text(current: str):
    without: set[str] = set()
    for file, model in FILES.items():
        of_file = current.partition(f"\n## `{file}`\n")[2].partition("\n## ")[0]
        for section in sections_of(model, ""):
            for key, name in keys_of(section.model).items():
                info = section.model.model_fields[name]
                places = [f"{place.rpartition('.')[2]}.{key}" if place else key for place in section.places]
                is_text = words_of(info, lambda kind: kind.__name__) == "text"
                has_keys = any(models_in(info.annotation)) or (is_text and file != SETTINGS_FILE)
                if not has_keys and not any(f"| `{place}` | " in of_file for place in places):
                    without.add(f"{file} {places[0]}")
    assert without == set()
