"""Test versions of instruments that are like another one but for what is different."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml
from folder_mistakes import COLD_STORES

from schemas.errors import ProgrammeError
from schemas.instruments import InstrumentVersion
from tasks.programme import read_programme

APART = read_programme(COLD_STORES)


def written(folder: Path, version: dict[str, Any]) -> Path:
    """Copy a programme of which the second version of the workbook is written in another way, and return its file."""
    shutil.copytree(COLD_STORES, folder)
    file = folder / "programme.yaml"
    settings = yaml.safe_load(file.read_text(encoding="utf-8"))
    (workbook,) = [one for one in settings["instruments"] if one["code"] == "workbook"]
    workbook["versions"][1] = {"version": 2, "occasions": ["M09", "M12", "M18"], **version}
    settings["cohorts"] = [{**one, "anchor_on": str(one["anchor_on"])} for one in settings["cohorts"]]
    file.write_text(yaml.safe_dump(settings, sort_keys=False, allow_unicode=True), encoding="utf-8")
    return file


def second_version(folder: Path, version: dict[str, Any]) -> InstrumentVersion:
    written(folder, version)
    return read_programme(folder).instrument_by_code["workbook"].versions[1]


def test_a_version_is_like_another_one_but_for_the_keys_that_it_states(tmp_path: Path) -> None:
    changed = {"like": 1, "sheets": [{"name": "Key figures", "items": [{"code": "food", "unit": "kg"}]}]}
    found = second_version(tmp_path / "programme", changed)
    # Another label would be another field: the folder that writes both versions out has the same one.
    assert found.sheets == APART.instrument_by_code["workbook"].versions[1].sheets


def test_a_version_adds_items_and_is_without_others(tmp_path: Path) -> None:
    changed: dict[str, Any] = {
        "like": 1,
        "without": ["Key figures!opened", "Volunteers"],
        "sheets": [
            {"name": "Key figures", "items": [{"code": "meals", "label": "Meals"}]},
            {"name": "Remarks", "items": [{"code": "remark", "label": "Remark", "role": "free_text"}]},
        ],
        "rules": [{"item": "Key figures!meals", "at_most": "Key figures!households"}],
    }
    folder = tmp_path / "programme"
    written(folder, changed)
    crosswalk = folder / "crosswalk.csv"
    kept = [
        line
        for line in crosswalk.read_text(encoding="utf-8").splitlines(keepends=True)
        if not line.startswith(("workbook,2,Volunteers", "workbook,2,Key figures!opened"))
    ]
    crosswalk.write_text("".join(kept), encoding="utf-8")
    version = read_programme(folder).instrument_by_code["workbook"].versions[1]
    assert [sheet.name for sheet in version.sheets] == ["Key figures", "Remarks"]
    assert [item.code for item in version.sheets[0].items] == ["households", "food", "meals"]
    assert version.sheets[0].items[1].unit == "lb"
    assert len(version.rules) == 1


@pytest.mark.parametrize(
    ("version", "line", "found"),
    [
        ({"like": 3}, "like: 3", "like 3 of version 2 of workbook"),
        ({"like": 2}, "like: 2", "like 2 of version 2 of workbook"),
        (
            {"like": 5, "sheets": [{"name": "Key figures", "items": [{"code": "food", "unit": "kg"}]}]},
            "like: 5",
            "like 5 of version 2 of workbook",
        ),
        ({"like": 1, "without": ["Key figures!meals"]}, "- Key figures!meals", "item 'Key figures!meals' of version 1"),
        (
            {"like": 1, "sheets": [{"name": "Key figures", "items": [{"code": "food", "units": "kg"}]}]},
            "units: kg",
            "the key 'units'",
        ),
    ],
)
def test_a_mistake_is_reported_once_and_where_it_is_written(
    version: dict[str, Any], line: str, found: str, tmp_path: Path
) -> None:
    file = written(tmp_path / "programme", version)
    with pytest.raises(ProgrammeError) as error:
        read_programme(tmp_path / "programme")
    (mistake,) = error.value.mistakes
    lines = [text.strip() for text in file.read_text(encoding="utf-8").splitlines()]
    assert (mistake.found, lines[mistake.line - 1]) == (found, line)


def test_a_mistake_in_what_is_taken_over_is_reported_where_it_is_written(tmp_path: Path) -> None:
    file = written(tmp_path / "programme", {"like": 1})
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("required: true", "required: perhaps", 1), encoding="utf-8")
    with pytest.raises(ProgrammeError) as error:
        read_programme(tmp_path / "programme")
    (mistake,) = error.value.mistakes
    assert file.read_text(encoding="utf-8").splitlines()[mistake.line - 1].strip() == "required: perhaps"
