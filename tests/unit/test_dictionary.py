"""Test that the dictionary is complete in both languages and current with the dbt project."""

from pathlib import Path

import pytest

from schemas.enums import MissingReason
from tasks.dictionary.pages import DICTIONARY, pages
from tasks.dictionary.views import View, views

MODELS = Path(__file__).parents[2] / "dbt_project" / "models"


def test_the_checked_in_pages_are_what_the_dbt_project_says():
    there = {str(path.relative_to(DICTIONARY)): path.read_text(encoding="utf-8") for path in DICTIONARY.rglob("*.md")}
    assert there == pages(), "run python -m tasks.dictionary.pages and keep what it writes"


def test_every_model_that_analysts_read_has_a_page_in_each_language():
    models = {path.stem for layer in ("analytics", "marts") for path in (MODELS / layer).glob("*.sql")}
    assert set(views()) == models
    assert set(pages()) == {f"{locale}/{name}.md" for locale in ("fr", "en") for name in {*models, "README"}}


@pytest.mark.parametrize("view", views().values(), ids=lambda view: view.name)
def test_every_view_and_column_says_what_it_means_in_both_languages(view: View):
    described = {view.name: view.meaning} | {column.name: column.meaning for column in view.columns}
    assert [
        name for name, meaning in described.items() if not (meaning.fr.endswith(".") and meaning.en.endswith("."))
    ] == []
    assert [name for name, meaning in described.items() if " :" in meaning.fr or " ;" in meaning.fr] == []
    assert set(view.grain) <= described.keys()


def test_the_values_of_a_missing_reason_are_among_the_reasons():
    listed = [c.values for view in views().values() for c in view.columns if c.name.endswith("missing_reason")]
    assert set().union(*listed) == set(MissingReason)
