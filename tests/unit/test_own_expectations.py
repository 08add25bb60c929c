"""Test the expectations of Great Expectations that a programme declares beside Essaim's."""

import importlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from folder_mistakes import COLD_STORES

from schemas.enums import Severity
from schemas.errors import ProgrammeError
from schemas.own_expectations import OwnExpectation
from tasks.programme import read_programme

HOUSEHOLDS = "Key figures!households"


def entry(**changes: Any) -> dict[str, Any]:
    usual = {
        "type": "expect_column_values_to_be_between",
        "kwargs": {"column": HOUSEHOLDS, "max_value": 500},
        "notes": "no more than 500 households",
        "severity": "warning",
    }
    return usual | changes


def read(folder: Path, content: str, name: str = "workbook.json") -> Any:
    shutil.copytree(COLD_STORES, folder, dirs_exist_ok=True)
    (folder / "expectations").mkdir(exist_ok=True)
    (folder / "expectations" / name).write_text(content, encoding="utf-8")
    return read_programme(folder)


def test_a_suite_that_great_expectations_writes_is_read(tmp_path: Path) -> None:
    gx: Any = importlib.import_module("great_expectations")
    gxe: Any = importlib.import_module("great_expectations.expectations")
    limits = gxe.ExpectColumnValuesToBeBetween(
        column=HOUSEHOLDS, max_value=500, notes="no more than 500 households", severity="warning"
    )
    suite = gx.ExpectationSuite(name="workbook", expectations=[limits])
    programme = read(tmp_path, json.dumps(suite.to_json_dict()))
    (of_workbook,) = programme.own_expectations["workbook"]
    assert of_workbook == OwnExpectation(
        HOUSEHOLDS,
        None,
        "expect_column_values_to_be_between",
        {"max_value": 500},
        Severity.WARNING,
        "no more than 500 households",
    )
    # An edit of the file is an edit of the folder: returns that wait for a correction are checked again.
    assert programme.version != read_programme(COLD_STORES).version


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"type": "expect_column_mean_to_be_between"}, "expected one that a single return can fail"),
        ({"type": "expect_column_values_to_be_betwen"}, "Did you mean expect_column_values_to_be_between?"),
        ({"notes": ""}, "found expectation 1: no notes"),
        ({"severity": "fatal"}, "severity 'fatal'; expected critical or warning"),
        ({"kwargs": {"column": "Key figures!household", "max_value": 5}}, f"Did you mean {HOUSEHOLDS}?"),
        ({"kwargs": {"column": "Volunteers!hours", "max_value": 5}}, "that has one answer in a return"),
        ({"kwargs": {"column": HOUSEHOLDS, "max_value": "many"}}, "max_value 'many'; expected a number"),
        ({"kwargs": {"column": HOUSEHOLDS}}, "neither min_value nor max_value"),
        ({"kwargs": {"column": HOUSEHOLDS, "max_value": 5, "mostly": 0.9}}, "no share of returns may fail"),
        ({"kwargs": 5}, "no kwargs"),
        ({"type": "expect_column_values_to_match_regex", "kwargs": {"column": HOUSEHOLDS, "regex": "("}}, "regex '('"),
        ({"type": "expect_column_values_to_be_in_set", "kwargs": {"column": HOUSEHOLDS, "value_set": 3}}, "a list of"),
    ],
)
def test_a_mistake_in_a_file_of_expectations_is_reported_with_its_remedy(
    tmp_path: Path, changes: dict[str, Any], expected: str
) -> None:
    with pytest.raises(ProgrammeError) as refused:
        read(tmp_path, json.dumps({"expectations": [entry(**changes)]}))
    (sentence,) = [str(mistake) for mistake in refused.value.mistakes]
    assert sentence.startswith("expectations/workbook.json: found ")
    assert expected in sentence


@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        ("{", "workbook.json", "expectations/workbook.json:1: found text that is not JSON from column 2 on"),
        ("[]", "workbook.json", "found no list of expectations"),
        ('{"expectations": [3]}', "workbook.json", "found expectation 1: 3"),
        ('{"expectations": []}', "workbok.json", "Did you mean workbook?"),
    ],
)
def test_a_file_that_is_no_suite_or_of_no_instrument_is_refused(
    tmp_path: Path, content: str, name: str, expected: str
) -> None:
    with pytest.raises(ProgrammeError) as refused:
        read(tmp_path, content, name)
    assert expected in str(refused.value)
