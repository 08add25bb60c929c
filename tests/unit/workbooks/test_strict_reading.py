"""Test that each cell is read by the type in its layout, or becomes a finding, and is never guessed or left blank."""

import datetime
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import bookkeeping as wb
import pyarrow as pa
import pytest
from openpyxl import Workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from pydantic import ValidationError

from schemas.enums import DecimalSign
from schemas.layouts import TableColumn
from tasks.landing import Landing
from tasks.records import ReturnVersion
from tasks.spreadsheets.parser import Parser
from tasks.workbooks import read_inbox

Read = Callable[..., ReturnVersion]
NOT_READ = "one answer, in column B: this cell was not read"
IN_EUROS = "the number in euros, and no other unit beside it"
NOT_BESIDE = "only answers beside a label: this cell was not read"


@pytest.fixture
def read(tmp_path: Path, parser: Parser, landing: Landing) -> Read:
    def reading(
        made: Workbook | bytes,
        name: str = "envoi.xlsx",
        locale: str = "en",
        sheets: Sequence[Mapping[str, Any]] = wb.SHEETS,
        decimal_sign: DecimalSign | None = None,
    ) -> ReturnVersion:
        programme = wb.programme(sheets)
        (instrument,) = programme.settings.instruments
        declared = instrument.model_copy(update={"decimal_sign": decimal_sign})
        settings = programme.settings.model_copy(update={"instruments": [declared]})
        inbox = wb.inbox(tmp_path, parser, programme.model_copy(update={"settings": settings}), locale=locale)
        (tmp_path / "inbox" / name).write_bytes(made if isinstance(made, bytes) else wb.content(made))
        *_, received = read_inbox(inbox, landing, {}).returns
        return received

    return reading


def value_of(received: ReturnVersion, item: str) -> str | None:
    return {answer.item: answer.value_text for answer in received.answers}[f"Données!{item}"]


def column(received: ReturnVersion, item: str) -> list[str | None]:
    return [row["value_text"] for row in wb.rows_of(received) if row["item"] == f"Participants!{item}"]


def test_a_valid_workbook_is_read_without_a_finding(read: Read):
    received = read(wb.book())
    assert wb.findings_of(received) == []
    assert [(answer.item, answer.value_text) for answer in received.answers] == [
        ("Données!personnes", "12"),
        ("Données!retours", "3"),
        ("Données!budget", "1234.5"),
        ("Données!adoption", "Positif"),
        ("Données!depuis", "2019-01-31"),
    ]
    assert [column(received, item) for item in ("contrat", "heures", "entree")] == [["CDI"], ["12.5"], ["2019-01-15"]]


def test_identifiers_and_free_text_go_no_further(read: Read):
    received = read(wb.book(people=[wb.person(remarque="voir Madame Secrète")]))
    everything = json.dumps([wb.rows_of(received), [str(answer) for answer in received.answers]])
    for named in ("Inventée", "1990", "Secr", "rien"):
        assert named not in everything


@pytest.mark.parametrize("spelling", ["nc", "NC", "N.C.", "n/c", "Non communiqué", "non  communiquée"])
def test_nc_is_a_reason_however_it_is_spelt(read: Read, spelling: str):
    received = read(wb.book(wb.items(personnes=spelling), [wb.person(heures=spelling, contrat=spelling)]))
    assert (value_of(received, "personnes") or "").lower() == "nc"
    assert (column(received, "heures"), str(column(received, "contrat")[0]).lower()) == (["nc"], "nc")
    assert wb.findings_of(received) == []


def test_ne_is_another_reason(read: Read):
    assert value_of(read(wb.book(wb.items(retours="Non évalué"))), "retours") == "ne"


@pytest.mark.parametrize(
    ("written", "hours"),
    [("12,5", "12.5"), ("12.5", "12.5"), ("1 2", None), ("7", "7"), ("0,125", "0.125"), (7, "7"), (7.25, "7.25")],
)
def test_numbers_are_read_in_french_and_in_english(read: Read, written: object, hours: str | None):
    received = read(wb.book(people=[wb.person(heures=written)]))
    assert (column(received, "heures") == [hours]) is (hours is not None)
    assert received.is_quarantined is (hours is None)


@pytest.mark.parametrize(
    ("written", "expected"),
    [("1 234,5", "1234.5"), ("1\u202f234,5", "1234.5"), ("1\u2009234,5", "1234.5"), ("1\u2019234\u2019567", "1234567"),
     ("1,234.5", "1234.5"), ("1.234,5", "1234.5"), ("1,234,567", "1234567")],
)  # fmt: skip
def test_separators_of_thousands_are_read_where_they_can_mean_nothing_else(read: Read, written: str, expected: str):
    received = read(wb.book(wb.items(budget=written)))
    assert (value_of(received, "budget"), wb.findings_of(received)) == (expected, [])


def test_a_number_that_can_be_read_in_two_ways_is_not_read(read: Read):
    assert wb.findings_of(read(wb.book(wb.items(budget="1,234")))) == [
        (
            "error",
            "Données!B3",
            "1,234",
            "1234 or 1,2340: write the one that is meant, without a separator of thousands",
        )
    ]


@pytest.mark.parametrize(
    ("written", "sign", "number"),
    [
        ("1,234", DecimalSign.COMMA, "1.234"),
        ("1.234", DecimalSign.COMMA, "1234"),
        ("1,234", DecimalSign.POINT, "1234"),
        ("1.234", DecimalSign.POINT, "1.234"),
        (1.234, DecimalSign.COMMA, "1.234"),
    ],
)
def test_the_declared_decimal_sign_decides_between_two_readings(
    read: Read, written: object, sign: DecimalSign, number: str
):
    received = read(wb.book(wb.items(budget=written), [wb.person(heures=written)]), decimal_sign=sign)
    assert value_of(received, "budget") == number
    assert column(received, "heures") == [number]


def test_the_declared_decimal_sign_decides_in_a_csv_file_too(read: Read):
    lines = [wb.HEADER, wb.person(heures="1,234")]
    content = "\n".join(";".join(map(str, line)) for line in lines).encode()
    name = f"{wb.RETURN.replace('/', '__')}.csv"
    sheets = [wb.SHEETS[1]]
    assert column(read(content, name, sheets=sheets, decimal_sign=DecimalSign.COMMA), "heures") == ["1.234"]
    assert read(content, name, sheets=sheets).is_quarantined


@pytest.mark.parametrize("share", [0.12345, 0.12])
def test_a_percentage_of_a_cell_has_a_decimal_point_whatever_the_declared_sign(read: Read, share: float):
    sheet = {"name": "Données", "items": [{"code": "part", "label": "Part", "kind": "number", "unit": "%"}]}
    made = wb.book([["Part", share]])
    made.remove(made["Participants"])
    made["Données"]["B1"].number_format = "0.00%"
    for sign in (None, *DecimalSign):
        received = read(made, sheets=[sheet], decimal_sign=sign)
        assert wb.findings_of(received) == []
        assert float(value_of(received, "part") or "nan") == 100 * share


def test_a_declared_value_that_is_worded_like_a_reason_stays_one(read: Read):
    for written in ("Non renseigné", "NON RENSEIGNE"):
        assert value_of(read(wb.book(wb.items(adoption=written))), "adoption") == "Non renseigné"


def test_a_code_is_no_number(read: Read):
    assert wb.findings_of(read(wb.book(wb.items(personnes="012"))))[0] == (
        *("error", "Données!B1", "012"),
        "a number without a zero before it",
    )


@pytest.mark.parametrize("written", ["31/01/2019", "31.01.2019", datetime.date(2019, 1, 31)])
def test_days_are_read_by_their_declared_formats(read: Read, written: object):
    assert value_of(read(wb.book(wb.items(depuis=written))), "depuis") == "2019-01-31"


@pytest.mark.parametrize("written", ["29/02/2023", "01/31/2019", "2019-01-31", "janvier", 43496, "31/01/19"])
def test_an_invalid_or_differently_written_day_is_reported(read: Read, written: object):
    ((severity, where, _, expected),) = wb.findings_of(read(wb.book(wb.items(depuis=written))))
    assert (severity, where) == ("error", "Données!B5")
    assert expected == "a day that exists, written as 31/03/2019, 31.03.2019, or nc"


def test_both_epochs_give_the_same_days(read: Read):
    made = wb.book(wb.items(depuis=datetime.date(2019, 1, 31)))
    made.epoch = CALENDAR_MAC_1904
    assert value_of(read(made), "depuis") == "2019-01-31"


@pytest.mark.parametrize("written", ["positif", "POSITIF ", "Positif"])
def test_a_declared_value_is_known_whatever_its_case(read: Read, written: str):
    assert value_of(read(wb.book(wb.items(adoption=written))), "adoption") == "Positif"


def test_a_declared_value_is_known_without_its_accents(read: Read):
    assert value_of(read(wb.book(wb.items(adoption="negatif"))), "adoption") == "Négatif"


def test_a_value_that_was_not_declared_is_reported_with_those_that_were(read: Read):
    assert wb.findings_of(read(wb.book(people=[wb.person(contrat="CUI")]))) == [
        ("error", "Participants!D2", "a text of 3 characters", "one of: CDI, CDD, Intérim, nc, ne")
    ]


def test_labels_sheets_and_headers_are_known_by_their_other_spellings(read: Read):
    rows = wb.items()
    rows[0][0] = "NOMBRE DE PERSONNES"
    made = wb.book(rows, header=["nom", "PRÉNOM", "Né(e) le", *wb.HEADER[3:]])
    made["Participants"].title = "liste"
    received = read(made)
    assert (wb.findings_of(received), value_of(received, "personnes"), column(received, "contrat")) == (
        [],
        "12",
        ["CDI"],
    )


def test_columns_may_stand_in_another_order(read: Read):
    received = read(wb.book(people=[wb.PERSON[::-1]], header=wb.HEADER[::-1]))
    assert (wb.findings_of(received), column(received, "heures")) == ([], ["12.5"])
    assert {row["column_letters"] for row in wb.rows_of(received)} == {"B", "C", "D"}


def test_limits_hold_for_rows_and_a_blank_that_is_required_is_an_error(read: Read):
    people = [wb.person(nom=f"n{place}", heures=hours) for place, hours in enumerate([35, 36, -1, None, "nc"])]
    assert wb.findings_of(read(wb.book(people=people))) == [
        ("error", "Participants!E3", "36", "a number from 0 to 35"),
        ("error", "Participants!E4", "-1", "a number from 0 to 35"),
        ("error", "Participants!E5", "nothing", "an answer, or nc"),
    ]


def test_an_error_of_a_formula_is_no_blank(read: Read):
    made = wb.book(people=[wb.person(), wb.person(nom="b")])
    made["Données"]["B1"].data_type, made["Données"]["B1"].value = "e", "#DIV/0!"
    made["Participants"]["E3"] = "#REF!"
    expected = "a value: the cell shows an error of its formula"
    assert wb.findings_of(read(made)) == [
        ("error", "Données!B1", "#DIV/0!", expected),
        ("error", "Participants!E3", "#REF!", expected),
    ]


def test_a_formula_that_was_never_calculated_is_no_blank(read: Read):
    expected = "the value itself: the formula was never calculated, type its result in its place"
    assert wb.findings_of(read(wb.book(wb.items(personnes="=6+6"), [wb.person(heures="=1+1")]))) == [
        ("error", "Données!B1", "=", expected),
        ("error", "Participants!E2", "=", expected),
    ]


def test_the_same_person_is_the_same_pseudonym_however_the_name_is_typed(read: Read):
    typed = [wb.person(), wb.person(nom="INVENTEE ", prenom="personne", naissance=datetime.date(1990, 2, 1))]
    first, second = (read(wb.book(people=[one]), name=f"{place}.xlsx") for place, one in enumerate(typed))
    assert persons(first) == persons(second) == [wb.KEY.pseudonym(["inventee", "Personne", "1990-02-01"])]
    assert {row["key_version"] for row in wb.rows_of(first)} == {1}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Cœur", "Coeur"),
        ("Æbel", "aebel"),
        ("Sørensen", "SORENSEN"),
        ("Łukasz", "Lukasz"),
        ("Strauß", "Strauss"),
        ("L\u2019Hermitte", "l'hermitte"),
        ("L\u02bcHermitte", "l'hermitte"),
        ("Le\u00a0Goff", "LE-GOFF"),
        ("Παπάς", "ΠΑΠΑΣ"),
        ("Ŋiŋgá", "ningA"),
        ("Ŧ", "t"),
        ("Семёнов", "СЕМЕНОВ"),
        ("Nguye\u0302\u0303n", "nguyen"),
        ("ガ", "カ\u3099"),
    ],
)
def test_spellings_of_one_name_are_one_person(one: str, other: str):
    assert wb.KEY.pseudonym([one]) == wb.KEY.pseudonym([other])


@pytest.mark.parametrize(("one", "other"), [("नेहा", "नहा"), ("ガ", "カ"), ("มุ", "มี"), ("שָׁלוֹם", "שלום"), ("So", "nc")])
@pytest.mark.parametrize("any_order", [False, True])
def test_marks_that_tell_names_apart_are_kept_since_the_third_rule(one: str, other: str, any_order: bool):
    for rule, people in ((2, 1), (3, 2)):
        key = replace(wb.KEY, rule=rule)
        found = {key.pseudonyms([pa.array([name])], [any_order])[0] for name in (one, other)}
        assert len(found) == (2 if one.isascii() else people)


@pytest.mark.parametrize("any_order", [False, True])
def test_what_names_nobody_is_a_blank_since_the_third_rule(any_order: bool):
    missing = ["?", "…", "♥", "\u0947", "N.C.", "Non communiqué", "ne sait pas", "Inconnue"]
    people = [*missing, "S.O. Lee", "So", "Nada"]
    found = wb.KEY.people([pa.array(people)], [any_order])
    assert [name for name, is_nobody in zip(people, *found.name_nobody, strict=True) if is_nobody.as_py()] == missing
    second = replace(wb.KEY, rule=2).people([pa.array(people)], [any_order])
    assert len(set(second.pseudonyms)) > len(set(found.pseudonyms))
    assert second.name_nobody == found.name_nobody


@pytest.mark.parametrize("any_order", [False, True])
def test_every_sign_that_is_typed_as_an_apostrophe_is_one_since_the_fourth_rule(any_order: bool):
    names = [
        f"N{sign}Diaye" for sign in ("'", "\u2019", "\u00b4", "`", "\u02c8", "\u02bb", "\u02bc", "\u2032", "\uff07")
    ]
    for rule, are_one in ((3, False), (4, True)):
        key = replace(wb.KEY, rule=rule)
        assert (len(set(key.pseudonyms([pa.array(names)], [any_order]))) == 1) is are_one
    assert wb.KEY.pseudonym(["N\u00b4Diaye"]) == wb.KEY.pseudonym(["NDiaye"])


def test_a_key_that_began_with_the_first_rule_keeps_its_pseudonyms():
    first = replace(wb.KEY, rule=1)
    assert first.pseudonym(["Inventée"]) == wb.KEY.pseudonym(["Inventée"])
    assert first.pseudonym(["Strauß"]) == first.pseudonym(["Strauss"])
    assert first.pseudonym(["Cœur"]) != first.pseudonym(["Coeur"])


def of_table(read: Read, name: str, *, any_order: bool) -> list[str]:
    """Return the pseudonyms of a table whose second row has another name than the first."""
    declared: Any = wb.SHEETS[1]["columns"]
    columns = [{**column, "any_order": any_order} if column["code"] == "nom" else column for column in declared]
    people = [wb.person(nom="Martin-Durand"), wb.person(nom=name)]
    return persons(read(wb.book(people=people), sheets=[wb.SHEETS[0], {**wb.SHEETS[1], "columns": columns}]))


@pytest.mark.parametrize(
    "name",
    ["Durand Martin", "DURAND - MARTIN", "Durand\u2010Martin", "Durand\u00a0Mart\u00adin", "Dur\u0301and / Martin"],
)
def test_a_double_name_in_another_order_is_one_person_only_where_declared(read: Read, name: str):
    assert len(of_table(read, name, any_order=True)) == 1
    assert len(of_table(read, name, any_order=False)) == 2


@pytest.mark.parametrize("name", ["Durandmartin", "Durand", "Martin Durand Martin", "Martin Durant"])
def test_any_order_merges_nobody_whose_parts_differ(read: Read, name: str):
    assert len(of_table(read, name, any_order=True)) == 2


@pytest.mark.parametrize(
    "name", ["L'Hermitte", "L\u2019Hermitte", "L\u00b4Hermitte", "L\u02bcHERMITTE", "Inventée", "Cœur"]
)
def test_a_name_of_one_part_has_the_same_pseudonym_in_any_order(name: str):
    in_any_order = wb.KEY.pseudonyms([pa.array([name])], [True])
    assert in_any_order == [wb.KEY.pseudonym([name.replace("\u00b4", "'")])]


@pytest.mark.parametrize(
    ("declared", "message"),
    [
        ({"role": "indicator"}, "expected any_order with role: identifier"),
        ({"role": "identifier", "kind": "date"}, "found any_order of a date; expected any_order of a text only"),
    ],
)
def test_any_order_is_refused_where_there_is_no_name(declared: dict[str, str], message: str):
    with pytest.raises(ValidationError, match=message):
        TableColumn.model_validate({"code": "nom", "label": "Nom", "any_order": True, **declared})


def persons(received: ReturnVersion) -> list[str]:
    return list(dict.fromkeys(row["pseudonym"] for row in wb.rows_of(received)))


def test_another_key_gives_other_pseudonyms_and_has_another_fingerprint():
    other = type(wb.KEY)(b"another key of the tests")
    assert other.pseudonym(["a"]) != wb.KEY.pseudonym(["a"])
    assert other.fingerprint != wb.KEY.fingerprint
    assert "tests" not in repr(other)


def test_what_people_read_is_french_where_the_programme_is(read: Read):
    ((_, _, found, expected),) = wb.findings_of(read(wb.book(wb.items(personnes="=6+6")), locale="fr"))
    assert found == "="
    assert expected.startswith("la valeur elle-même")


def test_a_percentage_is_what_is_seen_where_its_field_is_one(read: Read):
    sheet = {"name": "Données", "items": [{"code": "taux", "label": "Taux", "kind": "number", "unit": "%"}]}
    for written in (0.45, "45 %", "45%", 45):
        made = wb.book([["Taux", written]])
        del made["Participants"]
        if written == 0.45:
            made["Données"]["B1"].number_format = "0%"
        received = read(made, name=f"{type(written).__name__}{written}.xlsx".replace("%", ""), sheets=[sheet])
        assert (value_of(received, "taux"), wb.findings_of(received)) == ("45", [])


def test_a_label_that_is_marked_as_required_or_ends_in_a_colon_is_known(read: Read):
    rows = wb.items()
    rows[0][0], rows[1][0] = "Personnes concernées *", "dont retournées à l'emploi\u00a0:"
    header = ["Nom *", "Prénom :", *wb.HEADER[2:]]
    assert wb.findings_of(read(wb.book(rows, header=header))) == []


@pytest.mark.parametrize(
    ("rows", "finding"),
    [
        ([["Budget", None, 7]], ("error", "Données!C1", "7", "the answer in column B")),
        ([["Budget", None, "euros"]], None),
        ([["Budget", 7, "euros"]], None),
        ([["Budget", 7, 8]], ("warning", "Données!C1", "8", NOT_READ)),
        ([["Budget", 7, "k€"]], ("error", "Données!C1", "a text of 2 characters", IN_EUROS)),
        ([["Budget", 7, "dollars"]], ("error", "Données!C1", "a text of 7 characters", IN_EUROS)),
        ([["Budget", 7, "€"]], None),
        ([["Budget", 7, "dollars, à vérifier"]], ("warning", "Données!C1", "a text of 19 characters", NOT_READ)),
        ([["Budget"], [None, 7]], ("error", "Données!B2", "7", "the answer on the line of its label")),
        ([["Budget", 7, "(euros)"]], None),
        ([["Budget", None, "douze"]], ("error", "Données!C1", "a text of 5 characters", "the answer in column B")),
        ([["Budget", 7], [None, 8]], ("warning", "Données!B2", "8", NOT_BESIDE)),
        ([["Budget"], [None, "Réponses"]], ("warning", "Données!B2", "a text of 8 characters", NOT_BESIDE)),
    ],
)
def test_a_value_elsewhere_than_beside_its_label_is_a_finding(
    read: Read, rows: list[list[object]], finding: tuple[str, ...] | None
):
    item = {"code": "budget", "label": "Budget", "kind": "number", "unit": "euros"}
    sheet = {"name": "Données", "items": [item]}
    made = wb.book(rows)
    del made["Participants"]
    received = read(made, sheets=[sheet])
    assert wb.findings_of(received) == ([finding] if finding else [])


def test_totals_are_left_out_with_a_warning_or_refused_where_it_is_declared(read: Read):
    people = [wb.person(), ["Total", None, None, None, 12.5, None, None], ["Total", "Jeanne", "02/02/1990", "CDI", 7]]
    for declared, severity in (("leave_out", "warning"), ("refuse", "error")):
        sheets = [wb.SHEETS[0], {**wb.SHEETS[1], "other_rows": declared}]
        received = read(wb.book(people=people), name=f"{declared}.xlsx", sheets=sheets)
        assert column(received, "heures") == ["12.5", "7"]
        assert [finding[:2] for finding in wb.findings_of(received)] == [
            (severity, "Participants!A3"),
            ("warning", "Participants!A4"),
        ]
