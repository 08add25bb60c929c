"""Test that one collection loads what a careful reader sees in the typed answers to a survey, or names the question.

Each answer is given by a structure of its own. Everything is invented.
"""

import re
from collections.abc import Generator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from databases import Server
from running import exit_code
from small_programme import Small, small_programme

from warehouse.connection import open_warehouse

CODEBOOK = """\
indicator_code,label_fr,label_en,level,kind,unit,minimum,maximum,allowed_values,over_structures,is_core
typed,Budget,Budget,structure,number,euros,,,,sum,true
entered,Montant,Amount,structure,number,euros,,,,sum,false
checked,Nombre,Number,structure,number,euros,,,,sum,false
share,Part,Share,structure,number,%,0,100,,mean,false
since,Depuis le,Since,structure,date,,,,,none,false
day,Le,On,structure,date,,,,,none,false
people,Personnes,People,structure,count,personnes,,,,sum,false
remark,Remarque,Remark,structure,text,,,,,none,false
"""
CROSSWALK = """\
instrument_code,version,item,indicator_code,recode
suivi,1,texte,typed,
suivi,1,montant,entered,
suivi,1,numtexte,checked,
suivi,1,multitexte[s1],share,
suivi,1,multitexte[s2],since,
suivi,1,jour,day,
suivi,1,multinumtexte[s1],people,
suivi,1,fin,remark,
"""
NC, NE = "not_communicated", "not_evaluated"
LONG = "Un texte inventé, très long." * 40_000


@dataclass(frozen=True, slots=True)
class Given:
    """An answer, and what is right of it.

    Attributes:
        item: The question.
        answer: The answer.
        value: The number, the day or the missing reason in the views; None where the response is quarantined.
        finding: What was found, and what was expected of it; None where the response is loaded.
    """

    item: str
    answer: str
    value: object = None
    finding: tuple[str, str] | None = None


def refused(item: str, answer: str, expected: str, found: str | None = None) -> Given:
    return Given(item, answer, finding=(found or answer, expected))


def two_readings(whole: str, fraction: str) -> str:
    return f"{whole} or {fraction}: write the one that is meant, without a separator of thousands"


NO_ZERO = "a number without a zero before it"
A_NUMBER = "a number, or nc"
DAYS = "a day from 01/03/1900 to 31/12/2099"
REVERSED = "the answer typed again: a sign in it (U+202E) shows it in reverse"
LOST = "the answer with its letters: some were lost before it was sent, and cannot be recovered"
TWICE = "“Ã©” or “é”: the letters were encoded twice, type them or save the file as UTF-8"
GIVEN = [
    refused("texte", "1,234", two_readings("1234", "1,2340")),
    refused("texte", "1.234", two_readings("1234", "1.2340")),
    refused("texte", "-1,234", two_readings("-1234", "-1,2340")),
    refused("texte", "012", NO_ZERO),
    refused("texte", "0 123", NO_ZERO),
    refused("texte", "1e5", A_NUMBER, "a text of 3 characters"),
    refused("texte", "une dizaine", A_NUMBER, "a text of 11 characters"),
    Given("texte", "12,5", 12.5),
    Given("texte", "0,125", 0.125),
    Given("texte", "1,2340", 1.234),
    Given("texte", "1 234 567", 1234567),
    Given("texte", "1\u2009234\u2009567", 1234567),
    Given("texte", "1\u202f234,5", 1234.5),
    Given("texte", "1’234’567", 1234567),
    Given("texte", "1.234.567", 1234567),
    Given("texte", "1.234,5", 1234.5),
    Given("texte", "1,234.5", 1234.5),
    Given("texte", "\u221212", -12),
    Given("texte", "1\u200b2", 12),
    Given("texte", "3.0000000000000004", 3),
    Given("texte", "N.C.", NC),
    Given("texte", "Ne sait pas", NC),
    Given("texte", "not known", NC),
    Given("texte", "N/A", NE),
    Given("texte", "sans objet", NE),
    Given("texte", "Non évalué", NE),
    refused("texte", "45 %", "a number that is not a percentage"),
    refused("texte", "9" * 16, "a number of at most 15 digits", "a text of 16 characters"),
    refused("texte", LONG, A_NUMBER, f"a text of {len(LONG)} characters"),
    refused("texte", "\u202e21", REVERSED, "a text of 3 characters"),
    refused("fin", "\u202eeétnevnI", REVERSED, "a text of 9 characters"),
    refused("fin", "a\0b", LOST, "a text of 3 characters"),
    refused("fin", "a\0b" * 99, LOST, "a text of 297 characters"),
    refused("fin", "Invent\ufffde", LOST, "a text of 8 characters"),
    refused("fin", "InventÃ©e", TWICE, "a text of 9 characters"),
    Given("texte", "nc\0", NC),
    Given("texte", "\u206812\u2069", 12),
    Given("fin", LONG, LONG),
    Given("fin", "Inconnu", NC),
    Given("fin", "1,234 euros, 012 et N/A", "1,234 euros, 012 et N/A"),
    Given("multinumtexte[s1]", "1234", 1234),
    refused("multinumtexte[s1]", "1234.5", "a whole number, or nc"),
    # The server writes these itself, with a decimal point.
    Given("montant", "1.234", 1.234),
    Given("montant", "123456789012.3456", 123456789012.3456),
    Given("numtexte", "1.234", 1.234),
    refused("numtexte", "1,234", two_readings("1234", "1,2340")),
    refused("numtexte", "012", NO_ZERO),
    Given("multitexte[s1]", "45 %", 45),
    Given("multitexte[s1]", "45,5%", 45.5),
    refused("multitexte[s1]", "145 %", "a number from 0 to 100"),
    Given("multitexte[s2]", "31/01/2019", "2019-01-31"),
    Given("multitexte[s2]", "2019-01-31", "2019-01-31"),
    Given("multitexte[s2]", "nsp", NC),
    refused("multitexte[s2]", "12/01/1900", DAYS),
    refused("multitexte[s2]", "29/02/2019", "a date, or nc"),
    refused("multitexte[s2]", "2019-02-29", "a date, or nc"),
    Given("jour", "2019-01-31", "2019-01-31"),
    refused("jour", "1900-01-12", DAYS),
    refused("jour", "9999-12-31", DAYS),
]
INDICATORS = {item: indicator for _, _, item, indicator, _ in (line.split(",") for line in CROSSWALK.splitlines()[1:])}


def structure_of(given: Given) -> str:
    return f"S{GIVEN.index(given):03}"


def name_of(given: Given) -> str:
    return ascii(f"{given.item} {given.answer[:20]}")


@pytest.fixture(scope="module", params=["duckdb", "postgresql"])
def collected(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Generator[Small]:
    """Collect all answers at once, on DuckDB, then on PostgreSQL."""
    folder = tmp_path_factory.mktemp("answers") / "programme"
    structures = [structure_of(given) for given in GIVEN]
    with pytest.MonkeyPatch.context() as patch:
        use_engine(request.param, request, patch)
        with small_programme(patch, folder, structures=structures, **OF_ENTRIES) as small:
            written(small)
            for given in GIVEN:
                answer(small, structure_of(given), given)
            assert exit_code("collect", "--programme", str(small.folder), "--as-of", "2026-03-31") == 3
            yield small


def use_engine(engine: str, request: pytest.FixtureRequest, patch: pytest.MonkeyPatch) -> None:
    if engine == "postgresql":
        server: Server = request.getfixturevalue("postgresql_server")
        patch.setenv("ESSAIM_WAREHOUSE_URL", server.database(request.getfixturevalue("database_with_views")).url)
    else:
        patch.delenv("ESSAIM_WAREHOUSE_URL", raising=False)


OF_ENTRIES: dict[str, Any] = {
    "survey": "saisies_fr.lss",
    "only_numbers": True,
    "number": "texte",
    "identifiers": [],
}


def written(small: Small) -> None:
    """Write the tables of the programme."""
    (small.folder / "codebook.csv").write_text(CODEBOOK, encoding="utf-8")
    (small.folder / "crosswalk.csv").write_text(CROSSWALK, encoding="utf-8")
    small.edit("programme.yaml", '"programme": "petit"', '"programme": "petit", "locale": "en"')


def answer(small: Small, structure: str, given: Given) -> None:
    small.add_participants(structure)
    small.survey.add_response(
        {"texte": "5", given.item: given.answer}, token=structure.lower(), submitdate="2025-12-20 10:00:00"
    )


def rows(small: Small, sql: str, **values: str) -> list[tuple[Any, ...]]:
    with open_warehouse(small.paths) as warehouse:
        return [tuple(row) for row in warehouse.execute(sa.text(sql).bindparams(**values))]


def findings(small: Small, structure: str) -> list[tuple[Any, ...]]:
    return rows(
        small,
        "select location, found, expected from raw.findings join raw.returns using (return_id) "
        "where expected_return_id = :expected and severity = 'error'",
        expected=f"C-1/{structure}/M06/suivi",
    )


def value(small: Small, structure: str, item: str) -> object:
    """Return what the views show of an item: its number, its day, or its missing reason."""
    ((number, text, reason),) = rows(
        small,
        "select value_number, value_text, missing_reason from marts.fct_observation "
        "where indicator_code = :indicator and expected_return_id = :expected",
        indicator=INDICATORS[item],
        expected=f"C-1/{structure}/M06/suivi",
    )
    return next(one for one in (number, text, reason) if one is not None)


@pytest.mark.parametrize("given", GIVEN, ids=name_of)
def test_an_answer_is_read_as_a_careful_reader_reads_it_or_its_question_is_named(
    collected: Small, given: Given
) -> None:
    structure = structure_of(given)
    response = GIVEN.index(given) + 1
    if given.finding is not None:
        assert findings(collected, structure) == [(f"response {response}, {given.item}", *given.finding)]
    else:
        assert findings(collected, structure) == []
        assert value(collected, structure, given.item) == given.value


def test_an_answer_that_was_read_is_no_other_version_when_it_is_collected_again(collected: Small) -> None:
    held = rows(collected, "select return_id, content_sha256 from raw.returns order by return_id")
    collected.collect(date(2026, 4, 30))
    assert rows(collected, "select return_id, content_sha256 from raw.returns order by return_id") == held


@pytest.mark.parametrize("engine", ["duckdb", "postgresql"])
@pytest.mark.parametrize(
    ("sign", "answers"),
    [
        ("comma", {"1,234": 1.234, "1.234": 1234, "12.5": 12.5}),
        ("point", {"1,234": 1234, "1.234": 1.234, "12,5": 12.5}),
    ],
)
def test_the_declared_decimal_sign_decides_between_two_readings(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    engine: str,
    sign: str,
    answers: dict[str, float],
) -> None:
    use_engine(engine, request, monkeypatch)
    structures = [f"S{place}" for place in range(len(answers) + 1)]
    with small_programme(monkeypatch, tmp_path / "programme", structures=structures, **OF_ENTRIES) as small:
        written(small)
        for structure, text in zip(structures, answers, strict=False):
            answer(small, structure, Given("texte", text))
        answer(small, structures[-1], Given("montant", "1.234"))
        quarantined = small.collect(date(2026, 3, 1)).quarantined
        assert sum(re.search(r"1234 or 1[.,]2340", sentence) is not None for sentence in quarantined) == 2
        # A response that was quarantined is read again by the declaration.
        small.edit("programme.yaml", '"filled_by"', f'"decimal_sign": "{sign}", "filled_by"')
        assert small.collect(views=True).quarantined == []
        assert {text: value(small, one, "texte") for one, text in zip(structures, answers, strict=False)} == answers
        assert value(small, structures[-1], "montant") == 1.234


@pytest.fixture(params=["duckdb", "postgresql"])
def small(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[Small]:
    """Yield a programme whose budget is the answer to a text question."""
    use_engine(request.param, request, monkeypatch)
    with small_programme(monkeypatch, tmp_path / "programme", number="nom", identifiers=[]) as small:
        small.add_participants("STR1", "STR2", "STR3")
        yield small


def budget_of(small: Small, structure: str) -> object:
    ((number,),) = rows(
        small,
        "select value_number from marts.fct_observation "
        "where indicator_code = 'budget' and expected_return_id = :expected",
        expected=f"C-1/{structure}/M06/suivi",
    )
    return number


def versions(small: Small) -> list[tuple[Any, ...]]:
    return rows(small, "select sequence, return_id, answered_at, outcome from raw.returns order by loaded_at, sequence")


def test_an_answer_that_was_read_changes_no_version_when_other_questions_are_loaded(small: Small) -> None:
    small.answer("str1", nom="1 234,5")
    small.answer("str2", nom="N.C.")
    small.answer("str3", nom="1,234")
    small.collect()
    before = versions(small)
    assert [outcome for *_, outcome in before] == ["loaded", "loaded", "quarantined"]
    small.edit("programme.yaml", '"identifiers": []', '"identifiers": ["budget"]')
    small.collect()
    # The quarantined response is checked again, as the version that it was.
    assert set(versions(small)) == set(before)


def test_answers_that_were_loaded_as_typed_are_read_when_their_question_is_mapped(small: Small) -> None:
    line = "suivi,1,nom,budget,\n"
    small.edit("crosswalk.csv", line, "")
    for structure, text in (("str1", "1.234,5"), ("str2", "1,234"), ("str3", "7")):
        small.answer(structure, nom=text)
    small.collect()
    assert len(versions(small)) == 3
    small.edit("crosswalk.csv", "adoption,adoption\n", f"adoption,adoption\n{line}")
    assert len(small.collect().quarantined) == 1
    assert small.collect(views=True).count == 0
    assert [(one, outcome) for one, *_, outcome in versions(small)[3:]] == [(1, "loaded"), (2, "quarantined")]
    # The version of STR2 that counts holds the answer as it was typed, which has two readings.
    assert [budget_of(small, structure) for structure in ("STR1", "STR2", "STR3")] == [1234.5, None, 7]
