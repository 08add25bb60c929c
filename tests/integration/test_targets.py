"""Test targets of a cohort through the commands, on both engines: what is claimed, when, and to whom."""

import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

import pytest
from commands import Commands
from html_tables import Page
from small_programme import data_table

from schemas.settings import ProjectPaths

ITEMS = {"people": "Personnes", "rating": "Note", "waste": "Déchets"}
TABLE = data_table("INNO", ("M03",))
TABLE["versions"][0]["sheets"][0]["items"] = [{"code": code, "label": label} for code, label in ITEMS.items()]
SETTINGS = {
    "programme": "objectifs",
    "name": "Des objectifs",
    "timezone": "Europe/Paris",
    "occasions": [{"code": "M03", "months": 3}],
    "innovations": [{"code": "INNO", "name": "Une innovation"}],
    "cohorts": [{"code": "C-1", "innovation": "INNO", "name": "Première vague", "anchor_on": "2025-06-30"}],
    "evaluators": [{"code": "E", "name": "Personne Inventée", "email": "evaluation@example.org", "follows": ["INNO"]}],
    "instruments": [TABLE],
    "sources": {"inbox": {}},
}
HEADER = "cohort_code,occasion_code,indicator_code,target,direction\n"
TARGETS = 'C-1,M03,rating,"3,5",\nC-1,M03,waste,20,at_most\n'
FILES = {
    "programme.yaml": json.dumps(SETTINGS),
    # The return of C falls due a month after those of A and B.
    "structures.csv": "structure_code,structure_name,cohort_code,anchor_on\n"
    "A,Structure A,C-1,\nB,Structure B,C-1,\nC,Structure C,C-1,2025-07-31\n",
    "codebook.csv": "indicator_code,label_fr,label_en,level,kind,unit,minimum,maximum,ceiling,over_structures,is_core\n"
    "people,Personnes aidées,People helped,structure,count,,0,500,50,sum,true\n"
    "rating,Note,Rating,structure,number,,1,5,,mean,true\n"
    "waste,Déchets,Waste,structure,number,kg,0,900,,sum,true\n",
    "crosswalk.csv": "instrument_code,version,item,indicator_code,recode\n"
    + "".join(f"tableau,1,Données!{code},{code},\n" for code in ITEMS),
    "recodes.csv": "recode,source_value,value,missing_reason\n",
    "targets.csv": f"{HEADER}C-1,M03,people,60,\n{TARGETS}",
}
EARLY, LATE, COMPLETE, EDITED, AFTER = "2025-10-10", "2025-11-20", "2025-11-26", "2025-12-02", "2025-12-03"
PROGRESS = (
    "select indicator_code, status, target, value, round(lower_value * 1000), round(upper_value * 1000), n_reported, "
    "n_expected, n_to_come, last_due_on from analytics.target_progress order by indicator_code"
)
LAST = "2025-10-31"
MISSED, WITHDRAWN = "OBJECTIF MANQUÉ", "CE N'EST PLUS MANQUÉ : RECTIFICATION D'UN MESSAGE PRÉCÉDENT"


@pytest.fixture
def commands(paths_with_views: ProjectPaths) -> Commands:
    folder = paths_with_views.folder / "programme"
    (folder / "inbox").mkdir(parents=True)
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return Commands(folder)


def send(commands: Commands, returns: Mapping[str, Sequence[int]], day: str) -> None:
    """Put workbooks into the inbox: the numbers of each structure, in the order of the items."""
    noon = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC).timestamp() + 12 * 3600
    for structure, numbers in returns.items():
        file = commands.folder / "inbox" / f"C-1__{structure}__M03__tableau.csv"
        lines = [f"{label},{number}\n" for label, number in zip(ITEMS.values(), numbers, strict=True)]
        file.write_text("Question,Réponse\n" + "".join(lines), encoding="utf-8")
        os.utime(file, (noon, noon))


def mail(commands: Commands, day: str) -> dict[str, str]:
    return commands.mail("E", date.fromisoformat(day))


def test_a_target_is_claimed_once_and_only_where_coverage_allows_it(commands: Commands) -> None:
    # 12 + 9 = 21 kg exceed 20 at most already; the others wait for C.
    send(commands, {"A": (20, 4, 12), "B": (10, 2, 9)}, "2025-09-20")
    commands.run("collect", "--as-of", EARLY)
    assert commands.rows(PROGRESS) == [
        ("people", "not_due", 60, 30, 30000, 30000, 2, 2, 1, LAST),
        ("rating", "not_due", 3.5, 3, 3000, 3000, 2, 2, 1, LAST),
        ("waste", "missed", 20, 21, 21000, 21000, 2, 2, 1, LAST),
    ]
    early = mail(commands, EARLY)
    assert "Déchets (nouveau)" in early[MISSED]
    assert "Objectif : au plus 20 kg" in early[MISSED]
    assert "chiffre : 21 kg (2 structures sur 2)\n" in early[MISSED]
    assert "Personnes aidées" not in early[MISSED]
    assert "coverage" not in commands.run("status").out

    # C is silent: 0 to 50 people, a rating of 1 to 5 and 0 to 12 kg, the most that a structure has reported.
    commands.run("collect", "--as-of", LATE)
    assert commands.rows(PROGRESS) == [
        ("people", "undecided", 60, 30, 30000, 80000, 2, 3, 0, LAST),
        ("rating", "undecided", 3.5, 3, 2333, 3667, 2, 3, 0, LAST),
        ("waste", "missed", 20, 21, 21000, 33000, 2, 3, 0, LAST),
    ]
    assert [heading for heading in mail(commands, LATE) if "MANQUÉ" in heading and "MANQUANT" not in heading] == []
    status = commands.run("status").out
    assert "Targets of which coverage does not allow to say whether they are reached" in status
    assert ("C-1/M03/people" in status, "C-1/M03/waste" in status) == (True, False)

    # 50 people, and (4 + 2 + 3) / 3 = 3.
    send(commands, {"C": (20, 3, 0)}, "2025-11-25")
    commands.run("collect", "--as-of", COMPLETE)
    assert [row[:6] for row in commands.rows(PROGRESS)] == [
        ("people", "missed", 60, 50, 50000, 50000),
        ("rating", "missed", 3.5, 3, 3000, 3000),
        ("waste", "missed", 20, 21, 21000, 21000),
    ]
    complete = mail(commands, COMPLETE)[MISSED]
    assert ("Personnes aidées" in complete, "Note" in complete, "Déchets" in complete) == (True, True, False)
    assert "Objectif : au moins 3,5\n" in complete
    assert "chiffre : 50 (3 structures sur 3)\n" in complete
    commands.run("remind", "--as-of", COMPLETE)
    assert commands.rows("select count(*) from ops.alerts where kind = 'target_missed'") == [(3,)]

    # The staff lowers a target, and B sends another rating: (4 + 4 + 3) / 3 = 3.667.
    (commands.folder / "targets.csv").write_text(f"{HEADER}C-1,M03,people,45,at_least\n{TARGETS}", encoding="utf-8")
    send(commands, {"B": (10, 4, 9)}, "2025-12-01")
    commands.run("collect", "--as-of", EDITED)
    assert [row[:4] for row in commands.rows(PROGRESS)][:2] == [
        ("people", "reached", 45, 50),
        ("rating", "reached", 3.5, pytest.approx(11 / 3)),
    ]
    edited = mail(commands, EDITED)
    assert (MISSED in edited, "Note (nouveau)" in edited[WITHDRAWN]) == (False, True)
    assert "L'objectif est atteint." in edited[WITHDRAWN]
    commands.run("collect", "--as-of", AFTER)
    assert not list(ProjectPaths(commands.folder).mails.glob(f"{AFTER}_*"))

    commands.run("report", "--out", str(commands.folder / "report.html"))
    cells = Page((commands.folder / "report.html").read_text(encoding="utf-8")).tables["table-targets"]
    assert cells["C-1/M03/people"][4].startswith("|✓atteint|")
    assert cells["C-1/M03/waste"][4].startswith("|✗manqué|")
    assert (cells["C-1/M03/waste"][1], cells["C-1/M03/waste"][2]) == ("au plus 20|kg", "21|3 sur 3")

    # The report of an earlier day has the target of that day.
    commands.run("build", "--as-of", COMPLETE)
    assert commands.rows(PROGRESS, "--as-of", COMPLETE)[0][:4] == ("people", "missed", 60, 50)
