"""Test that the client reads each recorded export of the real server cell by cell."""

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from tasks.limesurvey import BadAnswer, LimeSurvey, ResponsePage, long_form, responses_table
from tasks.questionnaires.questionnaire import Questionnaire
from tasks.questionnaires.response_columns import Part

Replay = Callable[..., LimeSurvey]
Recorded = Callable[[str], Any]
ADOPTION, BILINGUAL, MINI, ANONYMOUS = 781234, 790101, 781236, 781235
UNCLEAR = {791104, 791105}
"""The surveys with reserved or repeated codes, whose responses are refused."""
REPLACED = 791106
"""A survey with repeated codes, which the import replaced."""


def export_titles(all_exchanges: dict[str, list[Any]]) -> list[Any]:
    """Return the recorded exports in the form that the client requests, with at least one response."""
    found: list[Any] = []
    for batch in all_exchanges.values():
        for exchange in batch:
            if exchange.method != "export_responses" or not (exchange.file or "").startswith('{"responses": [{'):
                continue
            params = [*exchange.params, *[None] * 8]
            if (
                params[1] not in {*UNCLEAR, REPLACED}
                and params[5] in {None, "code"}
                and params[6] in {None, "short"}
                and not params[9]
                and not params[10]
            ):
                found.append(exchange)
    return found


def test_every_recorded_export_becomes_the_long_form_cell_by_cell(
    replay: Replay, all_exchanges: dict[str, list[Any]], questionnaires: dict[int, Questionnaire]
) -> None:
    own = {
        "id",
        "submitdate",
        "lastpage",
        "startlanguage",
        "seed",
        "token",
        "startdate",
        "datestamp",
        "ipaddr",
        "refurl",
    }
    exports = export_titles(all_exchanges)
    server = replay(export_responses=[exchange.title for exchange in exports])
    unknown: dict[str, set[str]] = {}
    for exchange in exports:
        survey_id = int(re.findall(r"^\d+", str(exchange.params[1]))[0])
        rows = json.loads(exchange.file)["responses"]
        (page,) = server.response_pages_by_ids(survey_id, [row["id"] for row in rows])
        table = long_form(page.table, questionnaires[survey_id])
        cells = {
            (row["response_id"], row["field"]): row["value_text"]
            for row in table.select(["response_id", "field", "value_text"]).to_pylist()
        }
        assert cells == {
            (row["id"], heading): None if value is None else str(value)
            for row in rows
            for heading, value in row.items()
            if heading not in own
        }, exchange.title
        flagged = {row["field"] for row in table.filter(~table["is_known"].to_numpy()).to_pylist()}
        if flagged:
            unknown[exchange.title] = flagged
        assert page.raw.decode() == exchange.file
        assert page.completed == len([row for row in rows if row["submitdate"] is not None])
    assert len(exports) > 120
    # The answers to a question whose code changed while the survey was open are kept, and flagged.
    assert unknown == {"second/415_v1_live_export_after": {"court2"}}


def page_in(replay: Replay, exchange: Any, survey_id: int) -> ResponsePage:
    """Return the page in a recorded export, read by the ids of its responses."""
    ids = [row["id"] for row in json.loads(exchange.file)["responses"]]
    (page,) = replay(export_responses=exchange.title).response_pages_by_ids(survey_id, ids)
    return page


def test_the_long_form_names_question_subquestion_scale_and_part(
    replay: Replay, recorded: Recorded, questionnaires: dict[int, Questionnaire]
) -> None:
    page = page_in(replay, recorded("second/263_s19_export_all"), BILINGUAL)
    rows = long_form(page.table, questionnaires[BILINGUAL]).to_pylist()
    second = {row["field"]: row for row in rows if row["response_id"] == 2}
    wanted = {
        "statut": ("statut", None, None, Part.VALUE, "-oth-"),
        "statut[other]": ("statut", None, None, Part.OTHER, "Réseau informel"),
        "suite[comment]": ("suite", None, None, Part.COMMENT, "Si le budget « suit » ; sinon non"),
        "td[gouv][2]": ("td", "gouv", 1, Part.VALUE, "m2"),
        "tn[sal_t2]": ("tn", "sal_t2", None, Part.VALUE, "7.5"),
        "tn[ben_t2]": ("tn", "ben_t2", None, Part.VALUE, ""),
        "freins[temps]": ("freins", "temps", None, Part.VALUE, "Y"),
        "freins[other]": ("freins", None, None, Part.OTHER, "Locaux"),
        "leviers[dircomment]": ("leviers", "dir", None, Part.COMMENT, "très moteur"),
        "leviers[othercomment]": ("leviers", "other", None, Part.COMMENT, "maire"),
        "prio[1]": ("prio", "1", None, Part.RANK, "p3"),
        "pieces[filecount]": ("pieces", None, None, Part.FILE_COUNT, "1"),
        "qualite": ("qualite", None, None, Part.VALUE, None),
        "moment": ("moment", None, None, Part.VALUE, "2026-03-15 14:30:00"),
    }
    for heading, expected in wanted.items():
        row = second[heading]
        found = (row["question_code"], row["subquestion_code"], row["scale_id"], row["part"], row["value_text"])
        assert found == expected
    assert second["pieces"]["part"] == Part.FILES
    assert json.loads(second["pieces"]["value_text"])[0]["name"] == "rapport.txt"


def test_a_complete_response_of_an_undated_survey_has_no_date(replay: Replay, recorded: Recorded) -> None:
    page = page_in(replay, recorded("first/274_web_submitted_export_781235"), ANONYMOUS)
    rows = responses_table(page.table).to_pylist()
    assert rows[0] == {
        "response_id": 1,
        "token": None,
        "is_complete": True,
        "submitted": None,
        "started": None,
        "last_saved": None,
        "last_page": 1,
        "start_language": "fr",
    }


def test_a_row_that_somebody_only_opened_is_incomplete(replay: Replay, recorded: Recorded) -> None:
    page = page_in(replay, recorded("second/137_s00_active_no_table_export"), BILINGUAL)
    row = responses_table(page.table).to_pylist()[0]
    assert (row["is_complete"], row["last_page"], row["submitted"]) == (False, None, None)
    assert row["started"] == datetime(2026, 11, 22, 23, 30, 15)


def test_an_empty_survey_is_an_empty_page_where_the_count_agrees(replay: Replay) -> None:
    server = replay(
        export_responses="first/029_export_active_empty_json", get_summary="first/031_get_summary_active_empty"
    )
    assert list(server.response_files(ADOPTION)) == []


def test_the_words_of_an_empty_survey_are_refused_where_the_count_disagrees(replay: Replay) -> None:
    server = replay(export_responses="first/029_export_active_empty_json", get_summary="first/097_get_summary")
    with pytest.raises(BadAnswer, match=r"'No Data, could not get max id\.' and counts 9 responses"):
        list(server.response_files(ADOPTION))


def test_an_emptied_survey_with_its_numbers_going_on_is_empty(replay: Replay) -> None:
    server = replay(export_responses="second/457_de_re_export", get_summary="second/454_de_re_get_summary")
    assert list(server.response_files(790107)) == []
