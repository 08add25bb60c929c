"""Test how corrections.csv is read, and how a correction that is not applied is worded."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml
from folder_mistakes import copied

from schemas.corrections import CorrectionLine
from schemas.enums import CorrectionState
from schemas.errors import ProgrammeError
from schemas.tables import PROGRAMME_CORRECTIONS
from tasks.pipeline.corrections import in_words
from tasks.programme import read_programme
from tasks.programme.rows import programme_rows
from tasks.programme.tables import header_of
from warehouse.corrections import UnappliedCorrection

WORKBOOK, SURVEY, GRID = (f"COLD-1/CS02/M06/{code}" for code in ("workbook", "survey", "grid"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copied(tmp_path)


def read(folder: Path, *lines: str) -> list[tuple[object, ...]]:
    """Return the places and values that are loaded for lines of corrections.csv, which leave out reason and author."""
    text = "".join(f"{line},by telephone,EV-1\n" for line in lines)
    (folder / "corrections.csv").write_text(f"{header_of(CorrectionLine)}\n{text}", encoding="utf-8")
    names = ("expected_return_id", "respondent", "item", "rank", "old_value", "new_value", "line")
    loaded = programme_rows(read_programme(folder))[PROGRAMME_CORRECTIONS]
    return [tuple(row[name] for name in names) for row in loaded]


def values(folder: Path, *lines: str) -> list[tuple[object, ...]]:
    return [row[-3:-1] for row in read(folder, *lines)]


def mistakes(folder: Path, *lines: str) -> Sequence[str]:
    with pytest.raises(ProgrammeError) as caught:
        read(folder, *lines)
    return [f"{mistake.line}: {mistake.found}" for mistake in caught.value.mistakes]


@pytest.mark.parametrize(
    ("place", "written", "loaded"),
    [
        (f"{WORKBOOK},,Key figures!households", ('"1 200"', "12"), ("1200", "12")),
        (f"{WORKBOOK},,Key figures!food", ('"12,50"', "Non communiqué"), ("12.50", "nc")),
        (f"{WORKBOOK},,Key figures!food", ("n/a", ""), ("ne", "")),
        (f"{WORKBOOK},,Key figures!opened", ("31/03/2025", "2025-04-01"), ("2025-03-31", "2025-04-01")),
        (f"{WORKBOOK},,Key figures!opened", ("2025-03-31 10:00:00", "ne"), ("2025-03-31", "ne")),
        (f"{GRID},,Grid!rota", ("under WAY", "yes"), ("Under way", "Yes")),
        # An earlier version of the folder may have allowed other answers.
        (f"{GRID},,Grid!rota", ("Perhaps", "Yes"), ("Perhaps", "Yes")),
        (f"{SURVEY},,barriers[cost]", ("", "Y"), ("", "Y")),
        (f"{SURVEY},17,volunteers", ("9", "8"), ("9", "8")),
    ],
)
def test_values_are_read_as_those_of_a_return(
    folder: Path, place: str, written: tuple[str, str], loaded: tuple[str, str]
) -> None:
    assert values(folder, f"{place},{','.join(written)}") == [loaded]


def test_corrections_of_one_answer_continue_from_each_other(folder: Path) -> None:
    item = "Key figures!households"
    assert read(
        folder,
        f"{WORKBOOK},,{item},120,12",
        f"{SURVEY},17,volunteers,1,2",
        f'{WORKBOOK},,{item},"12,0",13',
        f"{SURVEY},18,volunteers,1,2",
    ) == [
        (WORKBOOK, "", item, 1, "120", "12", 2),
        (WORKBOOK, "", item, 2, "12.0", "13", 4),
        (SURVEY, "17", "volunteers", 1, "1", "2", 3),
        (SURVEY, "18", "volunteers", 1, "1", "2", 5),
    ]
    # Not below the first: another place, another value.
    assert mistakes(folder, f"{WORKBOOK},,{item},12,13", f"{WORKBOOK},,{item},120,12") == [
        f"3: another correction of {item} of the same return"
    ]
    # The codes of a structure name one return.
    edit = folder / "structures.csv"
    text = edit.read_text(encoding="utf-8").replace("structure_code,", "former_codes,structure_code,")
    lines = [line if "," not in line or line.startswith("former") else f",{line}" for line in text.splitlines()]
    edit.write_text("\n".join(lines).replace(",CS02,", "CS2X,CS02,"), encoding="utf-8")
    renamed = WORKBOOK.replace("CS02", "CS2X")
    assert [row[0] for row in read(folder, f"{renamed},,{item},1,2", f"{WORKBOOK},,{item},2,3")] == [renamed] * 2


def test_where_several_people_answer_a_line_names_the_response(folder: Path) -> None:
    path = folder / "programme.yaml"
    settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    settings["instruments"][0]["respondents"] = {"several": True, "minimum": 2}
    settings["instruments"][0]["innovations"] = ["COLD"]
    path.write_text(yaml.safe_dump(settings), encoding="utf-8")
    codebook = folder / "codebook.csv"
    text = codebook.read_text(encoding="utf-8")
    codebook.write_text(text.replace("500,,sum,,true", "500,,sum,sum,true"), encoding="utf-8")
    crosswalk = folder / "crosswalk.csv"
    kept = [x for x in crosswalk.read_text(encoding="utf-8").splitlines() if "survey" not in x or "volunteers" in x]
    crosswalk.write_text("\n".join(kept) + "\n", encoding="utf-8")
    found = mistakes(folder, f"{SURVEY},,volunteers,1,2", f"{SURVEY},3,volunteers,1,2")
    assert [one for one in found if "respondent" in one] == ["2: no respondent"]


def test_a_mistake_elsewhere_hides_what_follows_from_it(folder: Path) -> None:
    crosswalk = folder / "crosswalk.csv"
    text = crosswalk.read_text(encoding="utf-8")
    crosswalk.write_text(text.replace("workbook,1,Key figures!food", "workbook,one,Key figures!food"), encoding="utf-8")
    assert not any("food" in one for one in mistakes(folder, f"{WORKBOOK},,Key figures!food,1,2"))


@pytest.mark.parametrize(
    ("state", "respondent", "answer", "words"),
    [
        (
            CorrectionState.NOT_APPLIED, "", "14",
            f"{WORKBOOK}, p: found '14' where corrections.csv line 3 expects '120': '12' does not replace it. "
            "Delete the line if '14' is right; otherwise correct '14'.",
        ),
        (
            CorrectionState.NOT_APPLIED, "17", None,
            f"{WORKBOOK}, response 17, p: found a blank where corrections.csv line 3 expects '120': '12' does not "
            "replace it. Delete the line if a blank is right; otherwise correct a blank.",
        ),
        (
            CorrectionState.NO_RETURN, "", None,
            f"{WORKBOOK}, p: no version of this return counts, where corrections.csv line 3 expects '120'. It applies "
            "once one does; delete the line, or correct its expected_return_id, if none will.",
        ),
    ],
)  # fmt: skip
def test_a_correction_that_is_not_applied_is_named_with_what_was_found(
    state: CorrectionState, respondent: str, answer: str | None, words: str
) -> None:
    assert in_words(UnappliedCorrection(3, WORKBOOK, respondent, "p", "120", answer, "12", state)) == words
