"""Test the life of findings of surveillance through the commands, on both engines: new, explained, mended."""

import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

import pytest
from commands import Commands
from deciding import decided
from html_tables import Page
from small_programme import data_table

from schemas.enums import DecisionKind
from schemas.settings import ProjectPaths

OCCASIONS = ("M01", "M02", "M03", "M04")
ITEMS = {"staff": "Personnel", "visits": "Visites", "calls": "Appels", "rooms": "Salles", "meals": "Repas"}
TABLE = data_table("INNO", OCCASIONS)
TABLE["versions"][0]["sheets"][0]["items"] = [{"code": code, "label": label} for code, label in ITEMS.items()]
SETTINGS = {
    "programme": "veille",
    "name": "Une veille",
    "timezone": "Europe/Paris",
    "occasions": [{"code": code, "months": int(code[1:])} for code in OCCASIONS],
    "innovations": [{"code": "INNO", "name": "Une innovation"}],
    "cohorts": [{"code": "C-1", "innovation": "INNO", "name": "Première vague", "anchor_on": "2025-06-30"}],
    "evaluators": [{"code": "E", "name": "Personne Inventée", "email": "evaluation@example.org", "follows": ["INNO"]}],
    "instruments": [TABLE],
    "sources": {"inbox": {}},
}
FILES = {
    "programme.yaml": json.dumps(SETTINGS),
    "structures.csv": "structure_code,structure_name,cohort_code\nA,Structure A,C-1\nB,Structure B,C-1\n",
    "codebook.csv": "indicator_code,label_fr,label_en,level,kind,minimum,over_structures,is_core,publication_rank\n"
    + "".join(f"{code},{label},{label},structure,count,0,sum,true,\n" for code, label in ITEMS.items()),
    "crosswalk.csv": "instrument_code,version,item,indicator_code,recode\n"
    + "".join(f"tableau,1,Données!{code},{code},\n" for code in ITEMS),
    "recodes.csv": "recode,source_value,value,missing_reason\n",
}
BEFORE, FIRST, SECOND, THIRD = "2025-10-20", "2025-11-20", "2025-12-01", "2025-12-10"
JUMP, DUPLICATE = "jump_own/C-1/A/M04/staff", "duplicate_return/C-1/B/M03/tableau/C-1/A"
FINDINGS = (
    "select finding_id, state, pattern, value_number, current_number, reported_on, reason, author "
    "from analytics.surveillance order by finding_id"
)
BOUNDS = "select round(centre), round(lower_value), round(upper_value), n_compared from analytics.surveillance"


@pytest.fixture
def commands(paths_with_views: ProjectPaths) -> Commands:
    folder = paths_with_views.folder / "programme"
    (folder / "inbox").mkdir(parents=True)
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return Commands(folder)


def send(commands: Commands, returns: Mapping[tuple[str, str], Sequence[int]], day: str) -> None:
    """Put workbooks into the inbox: the numbers of each structure and occasion, in the order of the items."""
    noon = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC).timestamp() + 12 * 3600
    for (structure, occasion), numbers in returns.items():
        file = commands.folder / "inbox" / f"C-1__{structure}__{occasion}__tableau.csv"
        lines = [f"{label},{number}\n" for label, number in zip(ITEMS.values(), numbers, strict=True)]
        file.write_text("Question,Réponse\n" + "".join(lines), encoding="utf-8")
        os.utime(file, (noon, noon))


def test_a_slip_and_a_copy_are_reported_explained_and_mended(commands: Commands) -> None:
    # A has a staff of 24 at three occasions. B copies what A sent for M03.
    send(commands, {("A", "M01"): (24, 3, 5, 7, 11), ("A", "M02"): (24, 4, 6, 8, 12)}, "2025-09-01")
    send(commands, {("A", "M03"): (24, 5, 7, 9, 13)}, "2025-10-01")
    begun = commands.run("collect", "--as-of", BEFORE)
    assert (begun.code, "looked at" in begun.out) == (0, False), begun.out
    send(commands, {("B", "M03"): (24, 5, 7, 9, 13), ("A", "M04"): (240, 6, 8, 10, 14)}, "2025-11-01")
    ran = commands.run("collect", "--as-of", FIRST)
    assert (ran.code, "To be looked at: 2 findings." in ran.out) == (0, True), ran.out
    assert commands.rows(FINDINGS) == [
        (DUPLICATE, "new", None, None, None, FIRST, None, None),
        (JUMP, "new", "times_10", 240, 240, FIRST, None, None),
    ]
    # 25 × exp(± 3.5 / √25) - 1: 11.4 and 49.3.
    assert commands.rows(f"{BOUNDS} where finding_id = '{JUMP}'") == [(24, 11, 49, 3)]
    assert "To be looked at: 2 findings" in commands.run("status").out

    refused = commands.try_to("explain", JUMP.replace("A", "Z"), "--reason", "x", "--as-of", SECOND)
    assert (refused.code, f"The nearest is {JUMP}." in refused.err) == (2, True), refused.err
    why = ("--reason", "moved in together", "--author", "E", "--as-of", SECOND)
    explained = json.loads(commands.run("explain", "*", *why, "--json").out)
    assert explained == {"decided": [DUPLICATE, JUMP], "states": {DUPLICATE: "explained", JUMP: "explained"}}
    assert [row[1:2] + row[6:] for row in commands.rows(FINDINGS)] == [("explained", "moved in together", "E")] * 2
    status = commands.run("status").out
    assert ("looked at" in status, "moved in together" in status) == (False, False)
    commands.run("report", "--out", str(commands.folder / "report.html"), "--locale", "en")
    page = Page((commands.folder / "report.html").read_text(encoding="utf-8"))
    assert "table-findings-new" not in page.tables
    cells = page.tables["table-findings-explained"][JUMP]
    assert "240; its earlier values suggest 11.4 to 49.3|divided by 10, it would be in line" in cells[1]
    assert cells[3] == "moved in together|E"

    # Another number in the same place was not explained; what is explained of the copy is taken back.
    send(commands, {("A", "M04"): (2400, 6, 8, 10, 14)}, "2025-12-05")
    decided(commands.folder, DecisionKind.EXPLAIN, DUPLICATE, as_of=date.fromisoformat(SECOND), is_undone=True)
    ran = commands.run("collect", "--as-of", "2025-12-05")
    assert "To be looked at: 2 findings." in ran.out
    assert commands.rows(FINDINGS) == [
        (DUPLICATE, "new", None, None, None, FIRST, None, None),
        (JUMP, "new", "times_100", 2400, 2400, "2025-12-05", None, None),
    ]

    # The structure sends the right number, and a line of corrections.csv says what B counted itself.
    send(commands, {("A", "M04"): (24, 6, 8, 10, 14)}, "2025-12-08")
    (commands.folder / "corrections.csv").write_text(
        "expected_return_id,respondent,item,old_value,new_value,reason,author\n"
        "C-1/B/M03/tableau,,Données!calls,7,70,Par téléphone,E\n",
        encoding="utf-8",
    )
    ran = commands.run("collect", "--as-of", THIRD)
    assert (ran.code, "looked at" in ran.out) == (0, False), ran.out
    assert commands.rows(FINDINGS) == [
        (DUPLICATE, "mended", None, None, None, FIRST, None, None),
        (JUMP, "mended", None, 2400, 24, "2025-12-05", None, None),
    ]
    assert commands.rows("select finding_id, found from raw.surveillance where finding_id like 'jump%' order by 2") == [
        (JUMP, "240"),
        (JUMP, "2400"),
    ]

    # Earlier days are as they were.
    commands.run("build", "--as-of", BEFORE)
    assert commands.rows(FINDINGS, "--as-of", BEFORE) == []
    commands.run("build", "--as-of", SECOND)
    assert [row[:2] + row[5:7] for row in commands.rows(FINDINGS, "--as-of", SECOND)] == [
        (DUPLICATE, "new", FIRST, None),
        (JUMP, "explained", FIRST, "moved in together"),
    ]
