"""Test that answers in another unit are checked, asked and prefilled in that unit: pounds of an indicator in kg."""

from pathlib import Path

import pytest
from folder_mistakes import copied

from schemas.expectations import IsWithin, expectations
from schemas.programme import Programme
from schemas.programme_tables import CrosswalkLine
from tasks.demonstration.accepted import accepted_by_line
from tasks.i18n import language
from tasks.programme import read_programme
from tasks.programme.corrected_values import asked_answer
from tasks.validation import messages
from tasks.workbooks.sheet_fields import SheetField, layouts_of
from tasks.workbooks.templates import numbers_before
from warehouse.last_values import Reported

FOOD = "Key figures!food"
MOST_POUNDS = 220_458.553791887
RETURN = "COLD-1/CS01/{}/workbook"


@pytest.fixture
def programme(tmp_path: Path) -> Programme:
    """Return cold stores that were asked for pounds until M06, and for kilograms from M09 on."""
    path = copied(tmp_path) / "crosswalk.csv"
    lines = path.read_text(encoding="utf-8").splitlines()
    lines[0] += ",factor"
    lines[1:] = [f"{line}," for line in lines[1:]]
    lines = [line.replace("pounds until phase 1 and kilograms since", "") for line in lines]
    lines = [line.removesuffix(",") + ",0.4536" if line.startswith(f"workbook,1,{FOOD}") else line for line in lines]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return read_programme(tmp_path)


def food_of(programme: Programme, version: int) -> SheetField:
    asked = programme.instrument_by_code["workbook"].versions[version - 1]
    return next(
        field for layout in layouts_of(programme, "workbook", asked) for field in layout.fields if field.item == FOOD
    )


def line_of(programme: Programme, version: int) -> CrosswalkLine:
    return next(line for line in programme.crosswalk_of("workbook", version) if line.item == FOOD)


def test_limits_are_those_of_the_indicator_in_the_unit_of_the_answer(programme: Programme):
    version_1, version_2 = programme.instrument_by_code["workbook"].versions
    in_pounds, in_kilograms = (
        next(x for x in expectations(programme, "workbook", version) if isinstance(x, IsWithin) and x.item == FOOD)
        for version in (version_1, version_2)
    )
    assert (in_pounds.minimum, in_pounds.maximum) == (0, pytest.approx(MOST_POUNDS))
    assert in_kilograms == IsWithin(FOOD, 0, 100_000)
    assert (food_of(programme, 1).maximum, food_of(programme, 1).unit) == (in_pounds.maximum, "lb")
    assert (food_of(programme, 2).maximum, food_of(programme, 2).unit) == (100_000, "kg")
    # A limit has many digits in another unit: the words show one that is valid.
    assert messages.within(0, in_pounds.maximum, language("en")) == "a number from 0 to 220458"
    assert messages.within(1 / 0.4536, None, language("en")) == "a number of at least 2.20459"
    asked = asked_answer(
        programme.instrument_by_code["workbook"], version_1, line_of(programme, 1), programme.indicator_by_code, {}
    )
    assert asked is not None
    assert (asked.minimum, asked.maximum) == (0, in_pounds.maximum)
    assert accepted_by_line(programme, line_of(programme, 1)).maximum == in_pounds.maximum


def test_a_limit_is_reached_by_the_number_that_is_the_limit(programme: Programme):
    line = line_of(programme, 1).model_copy(update={"factor": 0.001})
    assert [line.as_answered(limit) for limit in (0.7, 5.0, 1.1, None)] == [700, 5000, 1100, None]


@pytest.mark.parametrize(
    ("occasion", "reported", "before"),
    [
        # 226.8 kg are 500 lb, and are asked in pounds at M06 and in kilograms at M09.
        ("M06", {"M03": Reported(226.8, None, "")}, 500),
        ("M09", {"M03": Reported(45.36, None, ""), "M06": Reported(226.8, None, "")}, 226.8),
    ],
)
def test_a_change_is_measured_in_the_unit_of_the_version_that_is_asked(
    programme: Programme, occasion: str, reported: dict[str, Reported], before: float
):
    numbers = numbers_before(programme, RETURN.format(occasion), {("COLD-1/CS01", "kg_shared"): reported})
    assert numbers == {FOOD: pytest.approx(before)}


def test_a_field_without_a_unit_does_not_show_that_of_the_indicator(programme: Programme):
    version = programme.instrument_by_code["workbook"].versions[0]
    sheet = version.sheets[0]
    items = [item.model_copy(update={"unit": None}) if item.code == "food" else item for item in sheet.items]
    unnamed = version.model_copy(update={"sheets": [sheet.model_copy(update={"items": items}), *version.sheets[1:]]})
    fields = [field for layout in layouts_of(programme, "workbook", unnamed) for field in layout.fields]
    assert [field.unit for field in fields if field.item == FOOD] == [None]
