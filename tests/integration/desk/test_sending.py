"""Test that a structure gives its workbook by its personal page, and learns at once what is to be corrected."""

import io
import json
import re
import time
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from desk_programme import FIRST, OTHER, PERSON, SECOND, Visited, decide, filled, give
from openpyxl import load_workbook

from schemas.intake import ITEMS
from tasks.links import Purpose
from warehouse.intake import now, open_intake
from warehouse.sign_ins import revoke_links

ON_DUCKDB = pytest.mark.parametrize("collected", ["duckdb"], indirect=True)


def test_a_structure_sends_corrects_and_sends_again(visited: Visited):
    browser, page = visited.browser(), visited.link_to_send(FIRST)
    shown = browser.get(page).text
    assert "Structure Un" in shown
    assert "Structure Deux" not in shown
    assert "Écrivez à anne@example.org" in shown
    template = browser.get(f"{page}/workbook")
    faulty = give(browser, page, filled(template.content, -5, PERSON))
    number = re.findall(r"Reçu, numéro ([0-9a-f]{8})", faulty.text)[0]
    assert "Données!B" in faulty.text
    assert ": -5 →" in faulty.text
    # The copy in which the cell is marked is there at once, and so is the number of places for the evaluator.
    marked = load_workbook(io.BytesIO(browser.get(f"{page}/marked").content))
    assert any(cell.comment is not None for row in marked["Données"].iter_rows() for cell in row)
    anne = visited.signed_in("ANNE")
    waiting = anne.get(f"/returns/{FIRST}").text
    assert f"Classeur reçu, numéro {number}" in waiting
    assert "Données!B" in waiting
    assert "-5" not in waiting
    visited.commands.run("apply")
    assert visited.state(FIRST) == "quarantined"
    assert "Données!B" in anne.get(f"/returns/{FIRST}").text
    right = give(browser, page, filled(template.content, 12, PERSON))
    assert "Vous n&#39;avez plus rien à faire" in right.text
    visited.commands.run("apply")
    assert visited.state(FIRST) in {"received", "late"}
    (observation,) = visited.commands.rows(
        f"select value_number, origin, channel, sent_by from analytics.provenance where expected_return_id = '{FIRST}' "
        "and indicator_code = 'personnes'"
    )
    assert (observation[0], *observation[2:]) == (12, "desk", "structure")
    assert re.fullmatch(r"C-1__STR1__M06__tableau \([0-9a-f]{8}\)\.xlsx", str(observation[1]))


@ON_DUCKDB
def test_the_last_workbook_counts_also_where_an_earlier_content_comes_again(visited: Visited):
    browser, page = visited.browser(), visited.link_to_send(FIRST)
    template = browser.get(f"{page}/workbook").content
    for persons in (10, 20, 10):
        give(browser, page, filled(template, persons))
    visited.commands.run("apply")
    values = visited.commands.rows(
        "select value_number from analytics.cohort_panel "
        "where enrolment_id = 'C-1/STR1' and occasion_code = 'M06' and indicator_code = 'personnes'"
    )
    assert values == [(10.0,)]
    # Nothing is left in the intake but what shows that it came.
    assert visited.commands.try_to("apply").out == "Nothing waits to be applied.\n"


@ON_DUCKDB
def test_the_page_still_lists_what_is_to_be_corrected_when_it_is_opened_again(visited: Visited):
    browser, page = visited.browser(), visited.link_to_send(FIRST)
    template = browser.get(f"{page}/workbook").content
    give(browser, page, filled(template, -5))
    for _ in range(2):
        again = browser.get(page).text
        assert "Données!B" in again
        assert f"{page}/marked" in again
        visited.commands.run("apply")


@ON_DUCKDB
def test_a_file_whose_name_states_another_return_is_refused(visited: Visited):
    answer = give(visited.browser(), visited.link_to_send(FIRST), b"Personnes;5\n", "C-1__STR2__M06__tableau.csv")
    assert answer.status_code == 422
    assert "n&#39;a pas été conservé" in answer.text


@ON_DUCKDB
def test_an_acknowledged_workbook_waits_while_its_occasion_is_out_of_the_folder(visited: Visited):
    browser, page = visited.browser(), visited.link_to_send("C-1/STR1/M12/tableau")
    give(browser, page, filled(browser.get(f"{page}/workbook").content, 5))
    path = visited.folder / "programme.yaml"
    settings = path.read_text(encoding="utf-8")
    edited = json.loads(settings)
    for instrument in edited["instruments"]:
        instrument["versions"][0]["occasions"] = ["M06"]
    path.write_text(json.dumps(edited), encoding="utf-8")
    applied = visited.commands.try_to("collect")
    assert "is no longer due" in applied.out
    assert "that waits" in visited.commands.try_to("apply", "--discard", "0" * 8, "--reason", "x", "--author", "A").err
    path.write_text(settings, encoding="utf-8")
    visited.commands.run("collect")
    assert visited.state("C-1/STR1/M12/tableau") == "received"


@ON_DUCKDB
def test_a_workbook_that_no_run_will_read_is_deleted_by_its_number_and_the_reason_stays(visited: Visited):
    browser, page = visited.browser(), visited.link_to_send(FIRST)
    kept = give(browser, page, filled(browser.get(f"{page}/workbook").content, 5, PERSON))
    (number,) = set(re.findall(r"numéro ([0-9a-f]{8})", kept.text.replace("\N{NO-BREAK SPACE}", " ")))
    assert "Expected a reason" in visited.commands.try_to("apply", "--discard", number, "--author", "A").err
    visited.commands.run("apply", "--discard", number, "--reason", "Envoyé par erreur", "--author", "A")
    with open_intake(visited.paths) as intake, intake.connect() as connection:
        assert connection.execute(sa.select(ITEMS.c.content, ITEMS.c.outcome)).all() == [(None, "refused")]
    assert visited.commands.rows("select count(*) from raw.returns") == [(0,)]
    assert "Envoyé par erreur (A)" in visited.signed_in("ANNE").get(f"/returns/{FIRST}").text


@ON_DUCKDB
def test_links_of_two_structures_cannot_be_exchanged(visited: Visited):
    browser = visited.browser()
    template = browser.get(f"{visited.link_to_send(SECOND)}/workbook").content
    given = give(browser, visited.link_to_send(FIRST), filled(template, 5))
    assert given.status_code == 422
    assert "n&#39;a pas été conservé" in given.text
    # The words of neither structure are shown on the page of the other.
    assert "Structure Deux" not in given.text
    visited.commands.try_to("apply")
    assert visited.commands.rows("select * from raw.returns") == []


@ON_DUCKDB
def test_a_link_that_is_too_old_changed_revoked_or_of_no_return_opens_nothing(visited: Visited):
    links = visited.desk.links
    good = links.made(Purpose.SEND, FIRST)
    for useless in (
        links.made(Purpose.SEND, FIRST, made_at=now() - timedelta(seconds=121 * 24 * 3600)),
        links.made(Purpose.SIGN_IN, FIRST),
        links.made(Purpose.SEND, "C-9/STR1/M06/tableau"),
        good[:-2] + "xx",
        "x",
    ):
        answer = visited.browser().get(f"/send/{useless}")
        assert (answer.status_code, "Structure" in answer.text) == (404, False)
        assert visited.browser().get(f"/send/{useless}/workbook").status_code == 404
    assert visited.browser().get(f"/send/{good}").status_code == 200
    old = links.made(Purpose.SEND, FIRST, made_at=now() - timedelta(seconds=60))
    with open_intake(visited.paths) as intake:
        revoke_links(intake, FIRST)
    assert visited.browser().get(f"/send/{old}").status_code == 404
    assert visited.browser().get(f"/send/{links.made(Purpose.SEND, SECOND)}").status_code == 200


@ON_DUCKDB
def test_an_evaluator_gives_a_structure_its_link_and_revokes_it(visited: Visited):
    anne = visited.signed_in("ANNE")
    page = anne.get(f"/returns/{FIRST}")
    (link,) = re.findall(r'value="(http://[^"]+/send/[^"]+)"', page.text)
    assert "Structure Un" in visited.browser().get(link).text
    token = re.findall(r'name="form_token" value="([^"]+)"', page.text)[0]
    time.sleep(1)  # links are dated by the second
    assert "ne sont plus valables" in anne.post(f"/revoke/{FIRST}", data={"form_token": token}).text.replace(
        "&#39;", "'"
    )
    assert visited.browser().get(link).status_code == 404
    assert visited.signed_in("BERT").post(f"/revoke/{FIRST}", data={"form_token": token}).status_code == 403


@ON_DUCKDB
def test_nothing_is_asked_for_that_is_waived(visited: Visited):
    page = visited.link_to_send(FIRST)
    decide(visited.signed_in("ANNE"), f"/decide/waive/{FIRST}", reason="Jamais formée")
    visited.commands.run("apply")
    assert visited.browser().get(page).status_code == 404


@ON_DUCKDB
@pytest.mark.parametrize(
    ("content", "name", "expected"),
    [
        (b"", "x.xlsx", "il est vide"),
        (b"MZ", "x.exe", "ne peut pas être lu"),
        (b"x", "sans-suffixe", "pas d&#39;extension"),
        (b"PK\x03\x04 broken", "x.xlsx", "classeur entier"),
        (b"%PDF", "../../x.xlsx", "classeur entier"),
    ],
)
def test_a_file_that_is_no_workbook_is_refused_in_words(visited: Visited, content: bytes, name: str, expected: str):
    answer = give(visited.browser(), visited.link_to_send(FIRST), content, name)
    assert expected in answer.text
    assert answer.status_code in (200, 422)


@ON_DUCKDB
def test_a_file_that_is_too_large_is_refused_before_it_is_read(visited: Visited):
    answer = give(visited.browser(), visited.link_to_send(FIRST), b"0" * 22_000_000)
    assert answer.status_code == 413


@ON_DUCKDB
def test_no_name_of_a_person_is_kept_in_clear(visited: Visited):
    browser, page = visited.browser(), visited.link_to_send(FIRST)
    template = browser.get(f"{page}/workbook").content
    give(browser, page, filled(template, 12, PERSON), f"{PERSON}.xlsx")
    assert PERSON.encode() in unzipped(filled(template, 12, PERSON))
    assert not [path for path in files_of(visited.folder) if PERSON.encode() in path.read_bytes()]
    visited.commands.run("apply")
    assert not [path for path in files_of(visited.folder) if PERSON.encode() in path.read_bytes()]


def unzipped(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


def files_of(folder: Path) -> list[Path]:
    return [path for path in (folder / "var").rglob("*") if path.is_file()]


@ON_DUCKDB
def test_an_evaluator_gives_a_workbook_on_behalf_of_a_structure(visited: Visited):
    bert = visited.signed_in("BERT")
    template = bert.get(f"/workbook/{OTHER}").content
    given = give(bert, f"/returns/{OTHER}", filled(template, 7), to=f"/upload/{OTHER}")
    assert "Reçu, numéro" in given.text
    visited.commands.run("apply")
    assert visited.state(OTHER) in {"received", "late"}
