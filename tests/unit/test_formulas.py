"""Test how formulas of derived indicators are read and resolved, and what else of them is a mistake."""

from pathlib import Path

import pytest
from programme_folders import copied, mistakes_of

from schemas.formulas import Formula, Part, read_formula, resolved


@pytest.mark.parametrize(
    ("text", "formula"),
    [
        ("a + b", Formula((("a", 1), ("b", 1)))),
        ("a+b", Formula((("a", 1), ("b", 1)))),
        (" COLD-1 - b_2 + c ", Formula((("COLD-1", 1), ("b_2", -1), ("c", 1)))),
        ("placed / people", Formula((("placed", 1),), "people")),
        ("placed/people", Formula((("placed", 1),), "people")),
        # The code of one indicator.
        ("a-b", None),
        ("a", None),
        ("a / b / c", None),
        ("a / b + c", None),
        ("(a + b) / c", None),
        ("2 * a", None),
        ("a +", None),
        ("+ a", None),
        ("", None),
        ("a + été", None),
    ],
)
def test_a_formula_adds_and_subtracts_or_divides_codes(text: str, formula: Formula | None):
    assert read_formula(text) == formula


def test_a_derived_indicator_is_resolved_to_weights_of_asked_ones():
    formulas = {
        code: formula
        for code, text in {
            "net": "in - out",
            "twice": "net + in",
            "rest": "all - net",
            "rate": "net / twice",
            "nothing": "net + out",
        }.items()
        if (formula := read_formula(text)) is not None
    }
    assert resolved("twice", formulas, None) == (Part("in", False, 2), Part("out", False, -1))
    assert resolved("rest", formulas, "%") == (Part("all", False, 1), Part("in", False, -1), Part("out", False, 1))
    in_percent = (Part("in", False, 100), Part("out", False, -100), Part("in", True, 2), Part("out", True, -1))
    assert resolved("rate", formulas, " % ") == in_percent
    assert [part.weight for part in resolved("rate", formulas, "% of all")] == [1, -1, 2, -1]
    # What cancels out is no part.
    assert resolved("nothing", formulas, None) == (Part("in", False, 1),)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copied(tmp_path)


def add(path: Path, columns: tuple[str, ...], *changed: tuple[str, dict[str, str]]) -> None:
    """Add columns to a table, with values on the lines that begin with a text."""
    header, *lines = path.read_text(encoding="utf-8").splitlines()
    new = [f"{header},{','.join(columns)}"]
    for line in lines:
        values = next((values for start, values in changed if line.startswith(start)), {})
        new.append(",".join([line, *(values.get(column, "") for column in columns)]))
    path.write_text("\n".join(new) + "\n", encoding="utf-8")


def test_an_indicator_accumulates_or_is_cumulative(folder: Path):
    codebook = folder / "codebook.csv"
    add(codebook, ("accumulates",), ("persons_concerned,", {"accumulates": "true"}))
    assert [(one.file, one.found) for one in mistakes_of(folder)] == [
        ("codebook.csv", "accumulates of persons_concerned, which is_cumulative too")
    ]


def test_a_share_has_no_factor(folder: Path):
    add(
        folder / "crosswalk.csv",
        ("share_of", "factor"),
        ("suivi,1,adoption,", {"share_of": "adopted", "factor": "2"}),
    )
    assert "factor 2 beside share_of" in [one.found for one in mistakes_of(folder)]
