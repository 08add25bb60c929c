"""Test that evaluators see at the desk what they follow, and nothing else, whatever address they type."""

import json
from datetime import timedelta

import httpx
import pytest
from desk_programme import FIRST, OTHER, TODAY, Visited, decide, fields_of, filled, give

pytestmark = pytest.mark.parametrize("collected", ["duckdb"], indirect=True)
PAGES = (
    "/returns/{id}",
    "/structures/{enrolment}",
    "/decide/waive/{id}",
    "/decide/snooze/{id}",
    "/decide/leave/{enrolment}",
    "/undo/waive/{id}",
    "/workbook/{id}",
    "/marked/{id}",
)


def statuses(browser: httpx.Client, expected_return_id: str) -> set[int]:
    """Return the status of every page about a return."""
    enrolment = "/".join(expected_return_id.split("/")[:2])
    return {browser.get(page.format(id=expected_return_id, enrolment=enrolment)).status_code for page in PAGES}


def test_an_evaluator_sees_what_they_follow_and_nothing_else(visited: Visited):
    anne = visited.signed_in("ANNE")
    page = anne.get("/").text
    assert "Structure Un" in page
    assert "Structure Deux" in page
    assert "Structure Trois" not in page
    assert statuses(anne, OTHER) == {404}
    assert "Trois" not in anne.get(f"/returns/{OTHER}").text
    calendar = anne.get("/calendar.ics").text
    assert "Vague C-1" in calendar
    assert "Vague C-2" not in calendar


def test_addresses_typed_by_hand_show_nothing_more(visited: Visited):
    anne = visited.signed_in("ANNE")
    for path in (
        "/returns/C-1/../C-2/STR3/M06/tableau",
        "/returns/C-1/STR1/M06/tableau/../../../../C-2/STR3/M06/tableau",
        "/returns/%43-2/STR3/M06/tableau",
        "/returns/",
        "/structures/C-2",
        "/structures/",
        "/marked/../../var/desk.key",
        "/workbook/..%2F..%2Fprogramme.yaml",
        "/desk.css/../programme.yaml",
    ):
        answer = anne.get(path)
        assert answer.status_code == 404, path
        assert "Trois" not in answer.text


def test_what_another_evaluator_follows_cannot_be_decided_given_or_noted(visited: Visited):
    anne, bert = visited.signed_in("ANNE"), visited.signed_in("BERT")
    fields = fields_of(anne.get(f"/returns/{FIRST}"))
    book = filled(bert.get(f"/workbook/{OTHER}").content, 1)
    assert anne.post(f"/decide/waive/{OTHER}", data={**fields, "reason": "x"}).status_code == 404
    assert anne.post("/decide/leave/C-2/STR3", data={**fields, "reason": "x", "day": str(TODAY)}).status_code == 404
    assert anne.post(f"/note/{OTHER}", data={**fields, "how": "reached", "text": "x"}).status_code == 404
    assert anne.post(f"/upload/{OTHER}", data=fields, files={"file": ("x.xlsx", book)}).status_code == 404
    assert "Rien" in bert.get(f"/returns/{OTHER}").text
    # Nor by the page of a return that she follows.
    given = give(anne, f"/returns/{FIRST}", book, to=f"/upload/{FIRST}")
    assert given.status_code == 422
    assert "n&#39;a pas été conservé" in given.text


def test_the_lead_sees_all_and_the_substitute_what_the_evaluator_who_is_away_follows(visited: Visited):
    assert {"Structure Un", "Structure Trois"} <= set(visited.signed_in("_lead").get("/").text.split(">")) or all(
        name in visited.signed_in("_lead").get("/").text for name in ("Structure Un", "Structure Trois")
    )
    zoe, bert = visited.signed_in("ZOE"), visited.signed_in("BERT")
    assert "Structure Trois" in zoe.get("/").text
    assert "Structure Un" not in zoe.get("/").text
    assert "Structure Trois" in bert.get("/").text


def test_who_no_longer_follows_a_structure_sees_it_no_longer_from_the_next_page_on(visited: Visited):
    anne, zoe = visited.signed_in("ANNE"), visited.signed_in("ZOE")
    assert anne.get(f"/returns/{FIRST}").status_code == 200
    path = visited.folder / "programme.yaml"
    settings = json.loads(path.read_text(encoding="utf-8"))
    settings["evaluators"][0]["follows"] = [{"cohort": "C-1", "to": (TODAY - timedelta(days=1)).isoformat()}]
    settings["evaluators"][1]["substitutes"][0]["to"] = (TODAY - timedelta(days=1)).isoformat()
    path.write_text(json.dumps(settings), encoding="utf-8")
    assert anne.get(f"/returns/{FIRST}").status_code == 404
    assert zoe.get(f"/returns/{OTHER}").status_code == 404
    # Whoever is removed from the folder is signed out.
    del settings["evaluators"][0]
    path.write_text(json.dumps(settings, indent=2), encoding="utf-8")
    assert "Se connecter" in anne.get("/").text


def test_an_edit_with_a_mistake_leaves_the_desk_as_it_was(visited: Visited):
    anne = visited.signed_in("ANNE")
    (visited.folder / "programme.yaml").write_text("programme: [", encoding="utf-8")
    assert anne.get(f"/returns/{FIRST}").status_code == 200
    assert decide(anne, f"/decide/waive/{FIRST}", reason="jamais").status_code == 200
