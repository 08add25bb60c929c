"""Test that an evaluator fills in the grid of a visit as a form: saved as one goes, and submitted as the workbook."""

import re

import pytest
from desk_programme import FIRST, VISIT, Visited, fields_of

PAGE = f"/form/{VISIT}"
ANSWERS = {"Grille!stade": "partial", "Grille!salles": "12", "Grille!vu_le": "2026-03-31"}
ON_DUCKDB = pytest.mark.parametrize("collected", ["duckdb"], indirect=True)


def test_a_form_is_saved_corrected_and_submitted_as_the_workbook_would_be(visited: Visited):
    anne = visited.signed_in("ANNE")
    page = anne.get(PAGE)
    assert f"/form/{VISIT}" in anne.get(f"/returns/{VISIT}").text
    saved = anne.post(PAGE, data={**fields_of(page), "Grille!salles": "70", "Salles vues!salle[1]": "B", "act": "save"})
    assert "Enregistré le" in saved.text
    # Another device of hers has the answers, and nobody else has.
    again = visited.signed_in("ANNE").get(PAGE).text
    assert re.search(r'name="Grille!salles"[^>]*value="70"', again)
    assert "70" not in re.findall(r'value="([^"]*)"', visited.signed_in("_lead").get(PAGE).text)
    faulty = {**ANSWERS, "Grille!salles": "70", "Grille!stade": "", "Salles vues!salle[1]": "B", "act": "submit"}
    refused = anne.post(PAGE, data={**fields_of(page), **faulty})
    assert refused.status_code == 422
    assert "ne peut pas être envoyé tel quel" in refused.text
    assert refused.text.count('aria-invalid="true"') == 2
    assert visited.commands.try_to("apply").out == "Nothing waits to be applied.\n"
    right = {**ANSWERS, "Salles vues!salle[1]": "B", "Salles vues!note[1]": "vue", "act": "submit"}
    done = anne.post(PAGE, data={**fields_of(page), **right})
    assert "Le formulaire est envoyé" in done.text
    # Sent twice, it is one return; the draft is gone.
    anne.post(PAGE, data={**fields_of(page), **right})
    visited.commands.run("apply")
    assert visited.state(VISIT) in {"received", "late"}
    rows = visited.commands.rows(
        "select indicator_code, value_text, value_number, location from analytics.provenance "
        f"where expected_return_id = '{VISIT}' order by 1"
    )
    assert [row[:3] for row in rows] == [("salles", None, 12), ("stade", "partial", None)]
    assert all(re.fullmatch(r"Grille!B\d", str(row[3])) for row in rows)
    assert visited.commands.rows("select count(*) from raw.returns") == [(1,)]
    # The next form shows the answers of last time.
    assert "La dernière fois" in anne.get("/form/C-1/STR1/M12/grille").text
    assert "M06\N{NO-BREAK SPACE}: partial" in anne.get("/form/C-1/STR1/M12/grille").text


@ON_DUCKDB
def test_a_form_that_is_sent_again_does_not_replace_what_another_person_sent_since(visited: Visited):
    anne, lead = visited.signed_in("ANNE"), visited.signed_in("_lead")
    hers = {**fields_of(anne.get(PAGE)), **ANSWERS, "Grille!salles": "3", "act": "submit"}
    theirs = {**fields_of(lead.get(PAGE)), **ANSWERS, "Grille!salles": "20", "act": "submit"}
    for browser, answers in ((anne, hers), (lead, theirs), (anne, hers), (anne, hers)):
        assert "Le formulaire est envoyé" in browser.post(PAGE, data=answers).text
    visited.commands.run("apply")
    values = "select value_number from analytics.provenance where indicator_code = 'salles'"
    assert visited.commands.rows(values) == [(20,)]
    assert visited.commands.rows("select count(*) from raw.returns") == [(2,)]


@ON_DUCKDB
def test_a_form_is_there_for_what_evaluators_fill_in_and_for_those_who_follow(visited: Visited):
    assert visited.signed_in("ANNE").get(f"/form/{FIRST}").status_code == 404
    bert = visited.signed_in("BERT")
    assert bert.get(PAGE).status_code == 404
    fields = fields_of(bert.get("/form/C-2/STR3/M06/grille"))
    assert bert.post(PAGE, data={**fields, **ANSWERS, "act": "submit"}).status_code == 404
    assert visited.browser().post(PAGE, data={**ANSWERS, "act": "submit"}).text.count("Se connecter") > 0


@ON_DUCKDB
def test_what_is_wrong_is_shown_at_its_place_in_rows_too_and_a_day_may_be_unknown(visited: Visited):
    anne = visited.signed_in("ANNE")
    page = anne.get(PAGE)
    # The second row is empty: the third one of the form is the second one of the workbook.
    rows = {"Salles vues!salle[0]": "A", "Salles vues!salle[2]": "B", "Salles vues!vue_le[0]?": "nc"}
    both = {"Salles vues!vue_le[2]": "2026-03-31", "Salles vues!vue_le[2]?": "ne"}
    refused = anne.post(PAGE, data={**fields_of(page), **ANSWERS, **rows, **both, "act": "submit"})
    assert refused.status_code == 422
    assert re.findall(r'name="([^"]*)"[^>]*aria-invalid="true"', refused.text) == ["Salles vues!vue_le[2]"]
    assert "Salles vues!C3" not in refused.text
    assert re.search(r'name="Salles vues!vue_le\[2\]"[^>]*value="2026-03-31"', refused.text)
    unknown = {**ANSWERS, "Grille!vu_le": "", "Grille!vu_le?": "nc"}
    done = anne.post(PAGE, data={**fields_of(page), **unknown, **rows, "act": "submit"})
    assert "Le formulaire est envoyé" in done.text
    visited.commands.run("apply")
    assert visited.state(VISIT) in {"received", "late"}


@ON_DUCKDB
def test_what_is_typed_is_kept_sealed_and_comes_back_as_it_was(visited: Visited):
    anne = visited.signed_in("ANNE")
    typed = 'Mme Inventée <script>alert("1")</script> ☂ 500 %'
    page = anne.get(PAGE)
    shown = anne.post(PAGE, data={**fields_of(page), "Salles vues!note[0]": typed, "act": "save"})
    assert "&lt;script&gt;" in shown.text
    assert "<script>" not in shown.text
    assert b"Invent\xc3\xa9e <script>" not in visited.paths.intake.read_bytes()
