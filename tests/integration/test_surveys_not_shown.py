"""Test which blanks of recorded responses count, through the command line on both engines.

The responses are those that a real server exported; the simulated server exports them again. Python reads them, so the
tests that ask for no view run on one of the two engines, and build none.
"""

import json
from collections.abc import Callable, Generator
from datetime import date
from pathlib import Path

import pytest
import sqlalchemy as sa
from commands import Commands
from engines import ON_DUCKDB, ON_POSTGRESQL
from running import Ran, essaim
from small_programme import AS_OF, IN_TIME, SURVEYS, Small, small_programme

from schemas.settings import ProjectPaths
from warehouse.connection import open_warehouse

RECORDED = SURVEYS.parent / "third.jsonl"
Run = Callable[..., Ran]
Recorded = dict[str, str | int | None]
OWN = ("id", "submitdate", "lastpage", "startlanguage", "seed", "token", "startdate", "datestamp")
ADDED = {
    "codebook.csv": (
        "persons,Personnes,People,structure,count,,,,,sum,mean,true,\n"
        "frequency,Fréquence,Frequency,structure,text,,,,,none,,true,\n"
        "joined,Adhésion,Joined on,structure,date,,,,,none,,true,\n"
        "reason,Raison,Reason,structure,text,,,,,none,,true,\n"
        "help,Aide,Help,structure,choice,,,,yes|no,none,,false,\n"
    ),
    "crosswalk.csv": (
        "suivi,1,nbpers,persons,\nsuivi,1,usage,frequency,\nsuivi,1,dateadh,joined,\nsuivi,1,pourquoi,reason,\n"
        "suivi,1,aides[h1],help,ticked\n"
    ),
    "recodes.csv": "ticked,Y,yes,\nticked,,no,\n",
}


def recorded(name: str) -> list[Recorded]:
    """Return the responses of a recorded export."""
    lines = map(json.loads, RECORDED.read_text(encoding="utf-8").splitlines())
    (file,) = [line["file"] for line in lines if line["name"].endswith(name)]
    return json.loads(file)["responses"]


def give(small: Small, response: Recorded) -> None:
    """Put a recorded response on the simulated server, submitted in time if it was submitted."""
    is_submitted = response["submitdate"] is not None
    small.survey.add_response(
        {heading: None if text is None else str(text) for heading, text in response.items() if heading not in OWN},
        response_id=int(response["id"] or 0),
        token=f"str{response['id']}",
        submitdate=IN_TIME if is_submitted else None,
        datestamp=IN_TIME,
        lastpage=None if response["lastpage"] is None else int(response["lastpage"]),
    )


def opened(folder: Path, monkeypatch: pytest.MonkeyPatch, survey: str, number: str) -> Generator[Small]:
    codes = [f"STR{number}" for number in range(1, 12)]
    with small_programme(
        monkeypatch, folder, survey=survey, structures=codes, identifiers=[], only_numbers=True, number=number
    ) as small:
        small.add_participants(*codes)
        yield small


@pytest.fixture
def skips(paths_with_views: ProjectPaths, monkeypatch: pytest.MonkeyPatch) -> Generator[Small]:
    for small in opened(paths_with_views.folder, monkeypatch, "sauts_fr.lss", "salaries"):
        for name, lines in ADDED.items():
            path = small.folder / name
            path.write_text(path.read_text(encoding="utf-8") + lines, encoding="utf-8")
        yield small


@pytest.fixture
def blanks(paths_with_views: ProjectPaths, monkeypatch: pytest.MonkeyPatch) -> Generator[Small]:
    yield from opened(paths_with_views.folder, monkeypatch, "tous_types_blancs_fr.lss", "nombre")


@pytest.fixture
def run(paths_with_views: ProjectPaths, capsys: pytest.CaptureFixture[str]) -> Run:
    def command(name: str, *arguments: str) -> Ran:
        return essaim(capsys, name, "--programme", str(paths_with_views.folder), *arguments)

    return command


def collect(run: Run, as_of: date = AS_OF) -> None:
    ran = run("collect", "--as-of", str(as_of))
    assert "Traceback" not in ran.err
    assert ran.code in {0, 3}, ran.err


def rows(run: Run, sql: str) -> list[tuple[object, ...]]:
    ran = run("query", "--format", "json", sql)
    assert ran.code == 0, ran.err
    return [tuple(row.values()) for row in json.loads(ran.out)]


def read(small: Small) -> None:
    """Collect the survey, without building the views."""
    Commands(small.folder).read_sources(AS_OF)


def loaded(small: Small, sql: str) -> list[tuple[object, ...]]:
    """Return the rows of a query on what is loaded, published or not."""
    with open_warehouse(small.paths) as warehouse:
        return [tuple(row) for row in warehouse.execute(sa.text(sql))]


def stored(small: Small) -> dict[int, dict[str, tuple[str | None, str | None]]]:
    """Return the stored answer and reason of each cell, by response and item, of its latest version."""
    cells: dict[int, dict[str, tuple[str | None, str | None]]] = {}
    for response, item, text, reason in loaded(
        small,
        "select returns.sequence, answers.item, answers.value_text, answers.missing_reason from raw.answers as answers "
        "join raw.returns as returns on answers.return_id = returns.return_id "
        "order by returns.sequence, returns.loaded_at",
    ):
        assert isinstance(response, int)
        cells.setdefault(response, {})[str(item)] = (
            None if text is None else str(text),
            None if reason is None else str(reason),
        )
    return cells


def with_reason(cells: dict[str, tuple[str | None, str | None]], reason: str) -> set[str]:
    return {item for item, (_, stated) in cells.items() if stated == reason}


USAGE = {"usage", "usage[other]", "nbpers", "precis", "satis", "exemples[e1]", "exemples[e2]"}
AIDES = {"pourquoi", "aides[h1]", "aides[h2]"}
DOUBLE = {"double[a][1]", "double[a][2]", "double[b][1]", "double[b][2]"}


def filtered(*codes: str) -> set[str]:
    return {f"{question}[{code}]" for question in ("gravite", "jours") for code in codes}


NOT_SHOWN = {
    1: {"cache", *AIDES, *filtered("outil")},
    2: {"cache", *USAGE, *filtered("temps", "budget", "outil"), "dateadh", *DOUBLE},
    3: {"cache", "nbpers", "precis", "satis", *filtered("temps", "budget"), *AIDES, *DOUBLE},
    4: {"cache", *USAGE, *filtered("budget", "outil"), "dateadh"},
    # Begun only: what an answer that was given hides is not shown, whether or not its page was reached.
    5: {"cache", *USAGE, *filtered("temps", "budget", "outil"), "dateadh"},
    6: {"cache", *filtered("temps", "budget", "outil"), *AIDES, *DOUBLE},
    8: {"cache", "nbpers", "precis", "satis", *filtered("temps", "budget", "outil"), *AIDES, *DOUBLE},
    9: {"cache", "precis", *AIDES, *DOUBLE},
    # Entered through the interface: answers to hidden questions stay, and what was not given is null.
    10: {"cache", "grande", *USAGE, *filtered("budget", "outil"), "jours[temps]", "dateadh", *DOUBLE}
    - {"usage", "nbpers"},
    11: {"grande", "cache", "nbpers", "precis", "satis", *AIDES, *DOUBLE},
}  # fmt: skip
"""The columns that nobody was shown, by response."""


@ON_DUCKDB
def test_what_a_respondent_was_not_shown_is_told_from_what_was_left_blank(skips: Small) -> None:
    given = recorded("skips_export_json_all_short")
    for response in given:
        give(skips, response)
    read(skips)
    cells = stored(skips)
    # The seventh was only opened.
    assert cells.keys() == NOT_SHOWN.keys() == {int(row["id"] or 0) for row in given} - {7}
    for response in given:
        of_response = cells.get(int(response["id"] or 0), {})
        assert {item: text for item, (text, _) in of_response.items()} in (
            {},
            {heading: text for heading, text in response.items() if heading not in OWN},
        )
    assert {response: with_reason(of_response, "not_shown") for response, of_response in cells.items()} == NOT_SHOWN
    assert [with_reason(of_response, "unknown_if_shown") for of_response in cells.values()] == [set()] * len(cells)


@pytest.mark.parametrize("writes_null", [True, False])
def test_a_core_question_that_was_not_shown_counts_neither_for_nor_against_a_return(
    skips: Small, run: Run, *, writes_null: bool
) -> None:
    skips.survey.writes_null = writes_null
    for response in recorded("skips_export_json_all_short"):
        give(skips, response)
    collect(run)
    found = rows(
        run,
        "select expected_return_id, state, n_core_items, n_core_items_with_value, answered_pct "
        "from marts.fct_expected_return order by expected_return_id",
    )
    states = {str(row[0]).split("/")[1]: row[1:] for row in found}
    # Of five core items: salaries, nbpers, usage, dateadh, pourquoi.
    assert states["STR1"] == ("received", 4, 4, 100.0)
    assert states["STR2"] == ("received", 2, 2, 100.0)
    assert states["STR3"] == (
        "missing",
        3,
        0,
        33.3,
    )  # a submitted break-off: salaries is 0; usage and dateadh were left blank
    assert states["STR4"] == ("received", 2, 2, 100.0)
    assert states["STR9"] == ("received", 4, 4, 100.0)
    observed = rows(
        run,
        "select indicator_code, missing_reason, obs_status from marts.fct_observation "
        "where expected_return_id = 'C-1/STR2/M06/suivi' order by indicator_code",
    )
    assert observed == [
        ("budget", None, "A"),
        ("frequency", "not_shown", "M"),
        ("help", None, "A"),
        ("joined", "not_shown", "M"),
        ("persons", "not_shown", "M"),
        ("reason", None, "A"),
    ]
    helped = rows(
        run,
        "select expected_return_id, value_text, missing_reason from marts.fct_observation "
        "where indicator_code = 'help' order by expected_return_id",
    )
    assert {str(id_).split("/")[1]: (value, reason) for id_, value, reason in helped} == {
        "STR1": (None, "not_shown"),
        "STR2": ("yes", None),
        "STR4": ("no", None),
        "STR5": (None, "unexplained"),  # begun
        "STR9": (None, "not_shown"),
        "STR10": (None, "unexplained"),  # entered through the interface
    }
    panel = rows(
        run,
        "select indicator_code, missing_reason, obs_status from analytics.cohort_panel "
        "where enrolment_id = 'C-1/STR2' and occasion_code = 'M06' and missing_reason = 'not_shown' order by 1",
    )
    assert panel == [(code, "not_shown", "M") for code in ("frequency", "joined", "persons")]
    rates = rows(
        run,
        "select n_core_items, n_core_items_with_value, rr5_pct, rr6_pct from analytics.return_rates "
        "where grouping = 'cohort' and occasion_code = 'M06'",
    )
    # Six current returns ask 18 core items that were shown, four break-offs 13 or 14, and one did not come.
    # Without null, it is not known that the respondent of STR11 has seen the question that hides the next one.
    hidden_later = 0 if writes_null else 1
    broken_off = {code: states[code][1] for code in ("STR3", "STR6", "STR8", "STR11")}
    assert broken_off == {"STR3": 3, "STR6": 4, "STR8": 3, "STR11": 3 + hidden_later}
    assert rates == [(36 + hidden_later, 16, 36.4, 54.5)]


@ON_POSTGRESQL
def test_nobody_is_asked_for_an_answer_to_a_question_that_was_not_shown(skips: Small) -> None:
    for response in recorded("skips_export_json_all_short")[1:3]:
        give(skips, response)
    read(skips)
    unanswered = loaded(
        skips,
        "select returns.sequence, findings.item from raw.findings as findings "
        "join raw.returns as returns on findings.return_id = returns.return_id "
        "where findings.check_name = 'IsAnswered' order by 1, 2",
    )
    assert unanswered == [(3, "dateadh"), (3, "usage")]


@ON_DUCKDB
def test_answers_that_going_back_hides_again_are_not_shown_in_the_next_version(skips: Small) -> None:
    hidden: list[set[str]] = []
    for name in ("r3_before_going_back", "r3_after_change_incomplete", "r3_complete"):
        response = recorded(name)[-1]
        if hidden:
            skips.survey.delete_response(4)
        give(skips, response)
        read(skips)
        hidden.append(with_reason(stored(skips)[4], "not_shown"))
    before, changed, complete = hidden
    assert "usage" not in before
    assert "nbpers" not in before
    assert {"usage", "nbpers", "dateadh", "gravite[outil]", "jours[outil]"} <= changed
    assert complete == changed == NOT_SHOWN[4]


@ON_POSTGRESQL
def test_every_type_of_question_tells_a_blank_from_what_was_not_shown(blanks: Small) -> None:
    given = recorded("blanks_export_json_all_short")
    for response in given:
        give(blanks, response)
    read(blanks)
    cells = stored(blanks)
    under_condition = {heading for heading in given[0] if heading not in (*OWN, "voir", "fin")}
    assert len(under_condition) == 36
    assert {response: with_reason(of_response, "not_shown") for response, of_response in cells.items()} == {
        1: set(),
        2: set(),
        3: under_condition,
        # It was submitted without any answer.
        4: under_condition,
        5: set(),
        6: set(),
    }


def test_a_number_under_a_condition_that_is_not_understood_is_never_missing(skips: Small, run: Run) -> None:
    skips.survey.question("nbpers").relevance = "count(freins_temps.NAOK, freins_outil.NAOK) > 0"
    skips.accept()
    third = recorded("skips_export_json_all_short")[2]
    give(skips, third | {"usage": "hebdo", "dateadh": "2026-01-01 00:00:00"})
    begun = recorded("skips_export_json_all_short")[5]
    give(skips, begun)
    collect(run)
    cells = stored(skips)
    assert with_reason(cells[3], "unknown_if_shown") == {"nbpers"}
    assert with_reason(cells[6], "unknown_if_shown") == set()
    sql = (
        "select state, n_core_items, n_core_items_with_value from marts.fct_expected_return where expected_return_id = "
    )
    assert rows(run, f"{sql} 'C-1/STR3/M06/suivi'") == [("received", 3, 3)]
    panel = "select missing_reason, obs_status from analytics.cohort_panel where indicator_code = 'persons' "
    assert rows(run, f"{panel} and enrolment_id = 'C-1/STR3'") == [("unknown_if_shown", "O")]


@pytest.mark.parametrize(
    ("paths_with_views", "is_understood"),
    [("duckdb", True), ("postgresql", False)],
    indirect=["paths_with_views"],
)
def test_a_response_that_was_changed_after_its_submission_is_read_by_its_conditions(
    skips: Small, run: Run, *, is_understood: bool
) -> None:
    if not is_understood:
        skips.survey.question("pourquoi").relevance = "count(adhere.NAOK) > 0"
        skips.accept()
    give(skips, recorded("skips_export_json_all_short")[0])
    # Respondents go back, say that they have left the association, send the page, and close the form. The server keeps
    # the date of submission, and the null of the question that asks why they left.
    hidden = dict.fromkeys(["usage", "nbpers", "precis", "satis", "dateadh"])
    skips.survey.answer(1, {"adhere": "N", **hidden}, at="2025-12-20 10:00:03", page=1)
    collect(run)
    cells = stored(skips)[1]
    assert cells["adhere"] == ("N", None)
    assert {"usage", "nbpers", "dateadh"} <= with_reason(cells, "not_shown")
    assert with_reason(cells, "unknown_if_shown") == (set() if is_understood else {"pourquoi"})
    assert cells["pourquoi"] == (None, None if is_understood else "unknown_if_shown")
    sql = (
        "select state, n_core_items, answered_pct from marts.fct_expected_return "
        "where expected_return_id = 'C-1/STR1/M06/suivi'"
    )
    assert rows(run, sql) == [("partial", 2, 50.0) if is_understood else ("received", 1, 100.0)]


def test_a_warehouse_of_an_earlier_essaim_gets_no_new_versions(skips: Small) -> None:
    given = recorded("skips_export_json_all_short")
    give(skips, given[1])
    read(skips)
    # The column that the upgrade adds is null in the rows that are there.
    with open_warehouse(skips.paths) as warehouse, warehouse.transaction():
        warehouse.execute(sa.text("update raw.answers set missing_reason = null"))
    give(skips, given[3])
    read(skips)
    versions = loaded(skips, "select sequence, content_sha256 from raw.returns order by sequence")
    # As the versions before this distinction computed it.
    assert versions[0] == (2, "4d402800ed38ff7f0431b0492087b14925b7969f98bd85a28f86fb8b6beda599")
    assert [version[0] for version in versions] == [2, 4]
    cells = stored(skips)
    assert with_reason(cells[2], "not_shown") == set()
    assert with_reason(cells[4], "not_shown") == NOT_SHOWN[4]
