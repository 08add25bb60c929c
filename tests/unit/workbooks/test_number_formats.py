"""Test that a number is read as its number format shows it, or refused where it shows something else."""

from pathlib import Path

import pytest
from bookkeeping import book, content, findings_of, inbox, items, person, programme, rows_of
from openpyxl import Workbook
from openpyxl.styles.numbers import builtin_format_code
from random_workbooks import by_libreoffice

from tasks.landing import Landing
from tasks.records import ReturnVersion
from tasks.spreadsheets.cells import Cell, CellKind
from tasks.spreadsheets.parser import Parser
from tasks.spreadsheets.parsing import parse
from tasks.workbooks import read_inbox
from tasks.workbooks.units import is_another_unit, is_unit_alone

EUROS = '_-* #,##0.00\\ "€"_-;\\-* #,##0.00\\ "€"_-;_-* "-"\\ "€"_-;_-@_-'
SEEN = [
    ("General", 12, CellKind.NUMBER, "12"),
    ("#,##0", 12345, CellKind.NUMBER, "12345"),
    ("0.0", 12.345, CellKind.NUMBER, "12.345"),
    ("[Red]0;[Blue]-0", -3, CellKind.NUMBER, "-3"),
    (EUROS, 1234.5, CellKind.WORDED, "1234.5 €"),
    (EUROS, 0, CellKind.NUMBER, "0"),
    ("0.00E+00", 12345, CellKind.NUMBER, "12345"),
    ("# ?/?", 0.5, CellKind.NUMBER, "0.5"),
    ("0%", 0.45, CellKind.TEXT, "45 %"),
    ("00000", 123, CellKind.PADDED, "00123"),
    ('0" h"', 12, CellKind.WORDED, "12 h"),
    ('0.0" ETP"', 0.5, CellKind.WORDED, "0.5 ETP"),
    ('0.0\\ "k€"', 12, CellKind.WORDED, "12 k€"),
    ("[$$-409]#,##0.00", 12.5, CellKind.WORDED, "12.5 $"),
    ('0"%"', 45, CellKind.TEXT, "45 %"),
    ("0\\‰", 45, CellKind.TEXT, "45 ‰"),
    ("dd\\/mm\\/yyyy", 43470, CellKind.DAY, "2019-01-05"),
    ("yyyy\\-mm\\-dd", 43470, CellKind.DAY, "2019-01-05"),
    *(
        (beside, 12, CellKind.DISGUISED, "12")
        for beside in (
            *('"<"0', '">"0', '"≤"0', '"≥ "0', '"~"0', '"±"0', '"moins de "0', '"plus de "0', '"minus "0', '"neg. "0'),
            *(
                '"pas "0',
                '"non : "0',
                '"sauf "0',
                '"env. "0',
                '"CS"000',
                '0" nc"',
                '0"½"',
                '0" et demi"',
                '0"²"',
                '0" ?"',
            ),
            *('0" environ"', '0" max."', '0" or less"', '0" (estimé)"', '0"+"'),
        )
    ),
    ('"moins de "0%', 0.45, CellKind.DISGUISED, "0.45"),
    ('0" € HT"', 12, CellKind.WORDED, "12 € HT"),
    ('0" h/mois"', 12, CellKind.WORDED, "12 h/mois"),
    ('0" m²"', 12, CellKind.WORDED, "12 m²"),
    ('0" pers."', 12, CellKind.WORDED, "12 pers."),
    ('"n°"0', 12, CellKind.WORDED, "12 n°"),
    ('"US$ "0', 12, CellKind.WORDED, "12 US$"),
    *(
        (part, 43470, CellKind.PART_OF_DAY, "2019-01-05")
        for part in ("mmm\\ yyyy", "yyyy", "mmmm", "dd\\/mm", "d", "dddd", "d\\-mmm", "[$-409]d\\-mmm;@", "mm\\/yyyy")
    ),
    ('dd/mm/yyyy" à "hh"h"mm', 43470, CellKind.DAY, "2019-01-05"),
    ('yyyy\\-mm\\-dd"T"hh:mm"Z"', 43470, CellKind.DAY, "2019-01-05"),
    ("[$-40C]d\\ mmmm\\ yyyy;@", 43470, CellKind.DAY, "2019-01-05"),
    ("[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", 43470, CellKind.DAY, "2019-01-05"),
    ("yyyymmdd", 43470, CellKind.DAY, "2019-01-05"),
    ('"le "d"/"m"/"yy', 43470, CellKind.DAY, "2019-01-05"),
    ("hh\\:mm", 0.5, CellKind.TIME, "12:00:00"),
    ('h"h"mm', 0.5, CellKind.TIME, "12:00:00"),
    ("-0;-0", 12, CellKind.DISGUISED, "12"),
    ("(0);(0)", 12, CellKind.DISGUISED, "12"),
    ('0"-"', 12, CellKind.DISGUISED, "12"),
    ("0;0", -12, CellKind.DISGUISED, "-12"),
    ("#,##0;[Red]#,##0", -12, CellKind.DISGUISED, "-12"),
    ("0;(0)", -12, CellKind.NUMBER, "-12"),
    ("#,##0_);(#,##0)", -12, CellKind.NUMBER, "-12"),
    ("[>=0]0;0", -12, CellKind.DISGUISED, "-12"),
    ("[<=100]0;0.0", -12, CellKind.NUMBER, "-12"),
    ("#", 0, CellKind.DISGUISED, "0"),
    ("# ###", 1234, CellKind.NUMBER, "1234"),
    ("#,##0,", 12345, CellKind.DISGUISED, "12345"),
    ('0.0,,"M"', 12345678, CellKind.DISGUISED, "12345678"),
    ("0;-0;;@", 0, CellKind.DISGUISED, "0"),
    ("0;-0;;@", 4, CellKind.NUMBER, "4"),
    ('"Oui";"Oui";"Non"', 1, CellKind.DISGUISED, "1"),
    ('[=1]"Oui";[=2]"Non";0', 2, CellKind.DISGUISED, "2"),
    ('[=1]"Oui";[=2]"Non";0', 3, CellKind.NUMBER, "3"),
]


def with_formats() -> bytes:
    """Return a workbook with one number of each format, from A1 down."""
    made = Workbook()
    page = made.worksheets[0]
    page.title = "Nombres"
    for row, (number_format, number, _, _) in enumerate(SEEN, start=1):
        page.cell(row, 1, number).number_format = number_format
    return content(made)


def seen_in(content: bytes, suffix: str) -> list[tuple[str, Cell]]:
    sheet = parse(content, suffix).sheets["Nombres"]
    return [(number_format, sheet.at(row, 0)) for row, (number_format, *_) in enumerate(SEEN)]


def test_a_number_is_read_as_its_format_shows_it_or_known_to_be_disguised(tmp_path: Path) -> None:
    made = with_formats()
    expected = [(number_format, Cell(text, kind)) for number_format, _, kind, text in SEEN]
    assert seen_in(made, ".xlsx") == expected
    for suffix in ("xlsx", "ods"):
        saved = by_libreoffice({"formats": made}, tmp_path / suffix, suffix)["formats"]
        assert seen_in(saved, f".{suffix}") == expected


@pytest.mark.parametrize(
    ("number_format", "number"),
    [('"avant le "dd/mm/yyyy', 43470), ('dd/mm/yyyy" ?"', 43470), ("dd/mm/bbbb", 43470),
     ('0" 000"', 12), ('dd/mm/"2018"', 43470), ("\\3\\1/mm/yyyy", 43470), ("dd/mm/yyyy;;", 0), ("0\\,0", 12),
     ("00-00-00", 123456), ("#.##", 0), ("hh\\:mm", 1.5), ("mm:ss", 0.5), ("0%%", 0.45)],
)  # fmt: skip
def test_what_a_format_adds_or_leaves_out_disguises_a_number(number_format: str, number: float) -> None:
    made = Workbook()
    made.worksheets[0]["A1"] = number
    made.worksheets[0]["A1"].number_format = number_format
    assert parse(content(made), ".xlsx").sheets["Sheet"].at(0, 0) == Cell(str(number), CellKind.DISGUISED)


@pytest.mark.parametrize("number", [16, 17])
def test_parts_of_days_that_files_do_not_define_are_known(number: int) -> None:
    made = Workbook()
    made.worksheets[0]["A1"] = 43470
    made.worksheets[0]["A1"].number_format = builtin_format_code(number)
    assert parse(content(made), ".xlsx").sheets["Sheet"].at(0, 0) == Cell("2019-01-05", CellKind.PART_OF_DAY)


def test_a_part_of_a_day_is_an_error_that_says_so(tmp_path: Path, parser: Parser, landing: Landing) -> None:
    made = book(items(depuis=43470))
    made["Données"]["B5"].number_format = "d-mmm"
    (finding,) = findings_of(collected(made, tmp_path, parser, landing))
    assert (finding[1], "n'en montre qu'une partie" in finding[3]) == ("Données!B5", True)


def test_a_semicolon_in_quotes_or_after_a_backslash_begins_no_section() -> None:
    made = Workbook()
    made.worksheets[0]["A1"] = 0
    made.worksheets[0]["A1"].number_format = '0" h ; x"\\;'
    # A section of its own would show “0 h”.
    assert parse(content(made), ".xlsx").sheets["Sheet"].at(0, 0) == Cell("0", CellKind.DISGUISED)


@pytest.mark.parametrize(
    ("number_format", "number", "budget"),
    [("#,##0.00 [$€-40C]", 12, "12"), ('0" euros"', 12, "12"), ('0" € HT"', 12, "12"), ("0;(0)", -12, "-12"),
     ('0" k€"', 12, None), ('0" milliers d\'euros"', 12, None), ('0 "M€"', 12, None), ('0" mille"', 12, None),
     ("[$$-409]#,##0", 12, None), ("[$£-809]#,##0", 12, None), ('0" F CFA"', 12, None), ('0"%"', 45, None),
     ("0‰", 45, None), ("0;0", -12, None), ("#", 0, None), ("dd\\/mm\\/yyyy", 43470, None), ('0" jours"', 12, None),
     ('0" centimes"', 12, None), ('0" KF"', 12, None), ('0" ETP"', 12, None), ('"< "0', 12, None)],
)  # fmt: skip
def test_a_number_is_taken_only_in_the_unit_of_its_field(
    tmp_path: Path, parser: Parser, landing: Landing, number_format: str, number: float, budget: str | None
) -> None:
    made = book(items(budget=number))
    made["Données"]["B3"].number_format = number_format
    received = collected(made, tmp_path, parser, landing)
    assert [where for *_, where, _, _ in findings_of(received)] == ([] if budget else ["Données!B3"])
    if budget:
        assert {answer.item: answer.value_text for answer in received.answers}["Données!budget"] == budget


@pytest.mark.parametrize("number_format", ["dd\\/mm\\/yyyy", "[$-40C]d\\ mmmm\\ yyyy;@", "yyyymmdd"])
def test_a_day_is_one_however_its_format_separates_it(
    tmp_path: Path, parser: Parser, landing: Landing, number_format: str
) -> None:
    made = book(items(depuis=43470), [person(naissance=32905), person()])
    made["Données"]["B5"].number_format = made["Participants"]["C2"].number_format = number_format
    received = collected(made, tmp_path, parser, landing)
    assert {answer.item: answer.value_text for answer in received.answers}["Données!depuis"] == "2019-01-05"
    assert len({row["pseudonym"] for row in rows_of(received)}) == 1


@pytest.mark.parametrize(
    ("seen", "unit", "is_another"),
    [("k€", "k€", False), ("k€", "milliers d'euros", False), ("€", "k€", True), ("€", "euros", False),
     ("€", "heures", True), ("€", None, False), ("h", "heures par semaine", False),
     ("j", "heures", True), ("pour cent", "%", False), ("pour cent", "euros", True), ("kWh", "kWh", False),
     ("m", "mètres", False), ("M", "euros", True), ("CS", None, False), ("$", None, False), ("milliers", None, True),
     ("ETP", "heures", True), ("m²", "heures", True), ("séances", "heures", True), ("séances", "personnes", False),
     ("séances", "visites", False), ("participants", "euros", True), ("€ HT", "euros", False), ("h/mois", "h", False),
     ("centimes", "euros", True), ("cents", "euros", True), ("cents d'euro", "euros", True), ("CHF", "CHF", False),
     ("centimes", "centimes", False), ("KF", "euros", True), ("kF", None, True), ("kF", "F", True), ("k$", "$", True),
     ("US$", "dollars", False), ("kCHF", "CHF", True), ("M CHF", "CHF", True), ("kCHF", None, True),
     ("kCHF", "kCHF", False), ("paires", None, True), ("pairs", "personnes", True), ("min", "minutes", False),
     ("min", None, True)],
)  # fmt: skip
def test_units_are_compared_by_what_they_measure(seen: str, unit: str | None, is_another: bool) -> None:
    assert is_another_unit(seen, unit) == is_another


def collected(made: Workbook, folder: Path, parser: Parser, landing: Landing) -> ReturnVersion:
    receiving = inbox(folder, parser, programme(), locale="fr")
    (folder / "inbox" / "envoi.xlsx").write_bytes(content(made))
    *_, received = read_inbox(receiving, landing, {}).returns
    return received


@pytest.fixture
def received(tmp_path: Path, parser: Parser, landing: Landing) -> ReturnVersion:
    """Return a workbook in which formats disguise a budget, and add words to a count, hours and a name."""
    made = book(items(personnes=12, budget=12345), [person(nom=7, heures=35)])
    for sheet, cell, number_format in (
        ("Données", "B1", '0" personnes"'),
        ("Données", "B3", "#,##0,"),
        ("Participants", "A2", '"CS"000'),
        ("Participants", "E2", '0" h"'),
    ):
        made[sheet][cell].number_format = number_format
    return collected(made, tmp_path, parser, landing)


def test_a_disguised_number_is_an_error_that_names_the_cell_and_words_are_left_out_of_numbers(
    received: ReturnVersion,
) -> None:
    assert [(severity, where) for severity, where, *_ in findings_of(received)] == [
        ("error", "Données!B3"), ("error", "Participants!A2"),
    ]  # fmt: skip
    assert "montrent autre chose que ce que la cellule contient" in findings_of(received)[0][3]
    assert {answer.item: answer.value_text for answer in received.answers}["Données!personnes"] == "12"
    assert [row["value_text"] for row in rows_of(received) if row["item"] == "Participants!heures"] == ["35"]


@pytest.mark.parametrize(
    ("text", "is_unit"),
    [("lb", True), ("(lb)", True), ("k€", True), ("milliers d'euros", True), ("pour cent", True), ("h.", True),
     ("kg de riz", False), ("12 kg", False), ("lb?", False), ("voir plus bas", False), ("nc", False), ("", False)],
)  # fmt: skip
def test_a_text_that_is_only_a_unit_is_known_from_a_comment(text: str, is_unit: bool) -> None:
    assert is_unit_alone(text) == is_unit
