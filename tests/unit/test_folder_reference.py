"""Test that the reference of the programme folder is current, complete, and shows values that are valid."""

from collections.abc import Iterator
from datetime import date
from enum import Enum, StrEnum
from typing import Annotated, Any, Literal, get_args

import pytest
from folder_mistakes import answer_about
from pydantic import BaseModel, Field

from schemas.attributes import AttributeLine
from schemas.base import Code, Day, Whole
from schemas.corrections import CorrectionLine
from schemas.programme import Programme
from tasks.programme import read_programme
from tasks.programme.folder import SETTINGS_FILE
from tasks.reference.docstrings import introduction_of, meanings_of, meanings_of_values
from tasks.reference.examples import EVERY_KEY, examples_of_settings, lines_of
from tasks.reference.page import PAGE, page
from tasks.reference.sections import FILES, Section, keys_of, models_in, sections_of
from tasks.reference.values import words_of

SECTIONS = [section for file, model in FILES.items() for section in sections_of(model, file)]


class Colour(StrEnum):
    RED = "red"
    """Like a rose."""
    BLUE = "blue"
    """Like the sky,
    on a good day."""


class Followed(BaseModel):
    """What is followed."""

    cohort: Code | None = None
    from_on: Day | None = Field(default=None, alias="from")


class Either(BaseModel):
    """One of two.

    With a second paragraph
    of two lines.

    Attributes:
        ratio: The ratio of two
            numbers: of this: and that.
        both: The second.
    """

    ratio: Annotated[float | None, Field(gt=0, le=1)] = None
    days: Annotated[tuple[Annotated[Whole, Field(ge=-3)], ...], Field(min_length=1)] = (1,)
    follows: list[Code | Followed] = Field(default_factory=list[Code | Followed])
    by_code: dict[Code, list[str]] = Field(default_factory=dict[Code, list[str]])
    of_one: Annotated[dict[str, Followed], Field(max_length=1)] | None = None
    colour: Colour | None = None
    size: Literal["S", "L"] = "S"
    since: date | None = None


def test_the_checked_in_page_is_what_the_model_says():
    expected = "run python -m tasks.reference.page and keep what it writes"
    assert PAGE.read_text(encoding="utf-8") == page(), expected


def test_every_file_of_a_folder_is_in_the_reference():
    fields = Programme.model_fields.values()
    # The lines of corrections.csv and attributes.csv are kept in another form.
    models = {model for info in fields for model in models_in(info.annotation)} | {CorrectionLine, AttributeLine}
    assert models == set(FILES.values()), "each table of Programme in FILES of tasks/reference/sections.py"


@pytest.mark.parametrize("section", SECTIONS, ids=[section.title for section in SECTIONS])
def test_every_key_has_a_meaning_and_no_meaning_is_of_another_key(section: Section):
    meanings = meanings_of(section.model)
    assert introduction_of(section.model), f"a docstring of {section.model.__name__} that says what it is"
    assert meanings.keys() == section.model.model_fields.keys(), f"Attributes: of {section.model.__name__}"
    assert [name for name, meaning in meanings.items() if not meaning.endswith(".")] == []


def enumerations_in(annotation: Any) -> Iterator[type[Enum]]:
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        yield annotation
    for argument in get_args(annotation):
        yield from enumerations_in(argument)


@pytest.mark.parametrize("section", SECTIONS, ids=[section.title for section in SECTIONS])
def test_every_value_of_an_enumeration_has_a_meaning(section: Section):
    for info in section.model.model_fields.values():
        for words in enumerations_in(info.annotation):
            assert list(meanings_of_values(words)) == [member.value for member in words], words.__name__


def test_every_key_of_the_settings_has_an_example():
    examples = examples_of_settings()
    without = {
        (section.model.__name__, key)
        for section in sections_of(FILES[SETTINGS_FILE], SETTINGS_FILE)
        for key, name in keys_of(section.model).items()
        if (section.model, key) not in examples and not any(models_in(section.model.model_fields[name].annotation))
    }
    assert without == set(), f"a line with each of them in {EVERY_KEY.name}/{SETTINGS_FILE}"


@pytest.mark.parametrize("file", [file for file in FILES if file != SETTINGS_FILE])
def test_every_column_has_an_example(file: str):
    declared = {attribute.code for attribute in read_programme(EVERY_KEY).settings.attributes}
    filled = {column for line in lines_of(file) for column, cell in line.items() if cell and column not in declared}
    assert filled == set(FILES[file].model_fields), f"a line with each of them in {EVERY_KEY.name}/{file}"


def test_the_examples_are_valid_together_and_none_is_doubtful():
    assert answer_about(EVERY_KEY) == []


def test_the_anchors_of_the_sections_differ():
    anchors = [section.anchor for section in SECTIONS]
    assert len(set(anchors)) == len(anchors)


def test_values_are_described_in_unions_lists_and_mappings():
    words = {key: words_of(info, lambda kind: f"<{kind.__name__}>") for key, info in Either.model_fields.items()}
    assert words == {
        "ratio": "number above 0 and at most 1",
        "days": "list of whole numbers, each at least -3, at least one",
        "follows": "list of codes or <Followed>",
        "by_code": "codes, each with its list of texts",
        "of_one": "one text with its keys of <Followed>",
        "colour": "<Colour>",
        "size": "`S` or `L`",
        "since": "day",
    }


def test_models_in_unions_and_mappings_have_sections_with_the_keys_as_they_are_written():
    whole, followed = sections_of(Either, "file")
    assert (whole.places, followed.places) == (["file"], ["follows", "of_one"])
    assert list(keys_of(followed.model)) == ["cohort", "from"]


def test_docstrings_are_read_with_lines_that_go_on_and_colons():
    assert introduction_of(Either) == "One of two.\n\nWith a second paragraph of two lines."
    assert meanings_of(Either) == {"ratio": "The ratio of two numbers: of this: and that.", "both": "The second."}
    assert meanings_of_values(Colour) == {"red": "Like a rose.", "blue": "Like the sky, on a good day."}
