"""Test the days on which structures have the values of attributes.csv, and who follows them by these values."""

from datetime import date
from pathlib import Path

import pytest
from folder_mistakes import copied

from schemas.attributes import Attribute, AttributeValue
from schemas.following import Period
from schemas.tables import PROGRAMME_ATTRIBUTE_VALUES, PROGRAMME_ATTRIBUTES
from tasks.following import enrolled, followers_on, following
from tasks.programme import read_programme
from tasks.programme.rows import programme_rows

LAST, FIRST = date(2025, 12, 31), date(2026, 1, 1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copied(tmp_path / "programme")


def declare(folder: Path, *lines: str) -> None:
    text = "\n".join(("structure_code,from_on,region,charity_number", *lines))
    (folder / "attributes.csv").write_text(f"{text}\n", encoding="utf-8")


def values_of(folder: Path, structure_code: str) -> list[tuple[str, str, Period]]:
    values = read_programme(folder).attribute_values
    return [(one.attribute_code, one.value, one.period) for one in values if one.structure_code == structure_code]


def test_a_value_holds_until_the_next_one_and_a_blank_changes_nothing(folder: Path) -> None:
    declare(folder, "CS07,2026-01-01,Wales,", "CS07,,England,1000007", "CS07,2025-10-01,,2000007")
    assert values_of(folder, "CS07") == [
        ("region", "England", Period(None, LAST)),
        ("region", "Wales", Period(FIRST, None)),
        ("charity_number", "1000007", Period(None, date(2025, 9, 30))),
        ("charity_number", "2000007", Period(date(2025, 10, 1), None)),
    ]


def test_the_first_value_may_begin_on_a_day_and_spaces_around_it_do_not_count(folder: Path) -> None:
    declare(folder, "CS07,2026-01-01, Wales ,")
    assert values_of(folder, "CS07") == [("region", "Wales", Period(FIRST, None))]


def test_a_line_may_name_a_structure_by_a_former_code(folder: Path) -> None:
    path = folder / "structures.csv"
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    renamed = [line.replace("CS07,", "NEW7,") + (",CS07" if line.startswith("CS07,") else ",") for line in lines]
    path.write_text("\n".join((f"{header},former_codes", *renamed)) + "\n", encoding="utf-8")
    declare(folder, "CS07,,England,", "NEW7,2026-01-01,Wales,")
    assert values_of(folder, "NEW7") == [
        ("region", "England", Period(None, LAST)),
        ("region", "Wales", Period(FIRST, None)),
    ]


def test_rows_have_labels_in_both_languages_and_the_places_of_declared_values(folder: Path) -> None:
    rows = programme_rows(read_programme(folder))
    labels = [(row["attribute_code"], row["label_fr"], row["is_grouping"]) for row in rows[PROGRAMME_ATTRIBUTES]]
    assert labels == [("region", "Region", True), ("charity_number", "Charity number", False)]
    of_structure = [row for row in rows[PROGRAMME_ATTRIBUTE_VALUES] if row["structure_code"] == "CS07"]
    names = ("attribute_code", "place", "value", "value_rank", "from_on", "to_on")
    assert [tuple(row[name] for name in names) for row in of_structure] == [
        ("region", 1, "England", 1, None, LAST),
        ("region", 2, "Wales", 3, FIRST, None),
        ("charity_number", 1, "1000007", None, None, None),
    ]


def test_a_label_falls_back_to_the_other_language_and_then_to_the_code() -> None:
    assert Attribute(code="size", label_fr="Taille").label("en") == "Taille"
    assert Attribute(code="size", label_fr="Taille", label_en="Size").label("en") == "Size"
    assert Attribute(code="size").label("fr") == "size"


def test_an_evaluator_follows_the_structures_with_a_value_on_the_days_on_which_they_have_it(folder: Path) -> None:
    path = folder / "programme.yaml"
    text = path.read_text(encoding="utf-8")
    entry = "{attribute: region, value: Wales, from: 2025-06-01}"
    path.write_text(
        text.replace("bob@example.org, follows: [COLD]", f"bob@example.org, follows: [{entry}]"), encoding="utf-8"
    )
    programme = read_programme(folder)
    found = following(programme, enrolled(programme))
    days = (date(2025, 5, 31), date(2025, 6, 1), LAST, FIRST)
    assert [followers_on(found["COLD-1/CS05"], day) for day in days] == [("EV-1",), *[("EV-1", "EV-2")] * 3]
    assert [followers_on(found["COLD-1/CS07"], day) for day in days] == [*[("EV-1",)] * 3, ("EV-1", "EV-2")]
    assert [followers_on(found["COLD-1/CS01"], day) for day in days] == [("EV-1",)] * 4


def test_the_values_of_a_structure_are_values_of_its_present_code(folder: Path) -> None:
    assert AttributeValue("CS07", "region", "Wales", Period(FIRST, None)) in read_programme(folder).attribute_values
