"""Test the one reader of numbers, days, choices and missing reasons."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.enums import DecimalSign, Misreading
from schemas.formats import MISSING_WORDS, Read, plausible_day, read_choice, read_day, read_number, reason_of
from schemas.layouts import DAY_FORMATS

SIGNS = [None, *DecimalSign]


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize(
    ("text", "number"),
    [
        *(("0", "0"), ("-5", "-5"), ("+5", "5"), ("12.5", "12.5"), ("12,50", "12.50"), ("0,125", "0.125")),
        *(("1 234", "1234"), ("1 234 567,5", "1234567.5"), ("1\u00a0234", "1234"), ("1\u202f234", "1234")),
        *(("1\u2009234", "1234"), ("1'234", "1234"), ("1’234’567.5", "1234567.5"), ("1 234,567", "1234.567")),
        *(("1,234,567", "1234567"), ("1.234.567", "1234567"), ("1,234.5", "1234.5"), ("1.234,5", "1234.5")),
        *(("1234,567", "1234.567"), ("\u22125", "-5"), ("1\u00ad2", "12"), ("12\u200b", "12")),
        *(("3.0000000000000004", "3"), ("0.30000000000000004", "0.3"), ("12.299999999999999", "12.3")),
        *((f"1{chr(space)}234", "1234") for space in (*range(0x2000, 0x200B), 0x205F, 0x3000)),
        *((f"{chr(space)}12{chr(space)}", "12") for space in (0x2003, 0x2007, 0x3000)),
        *(("123456789012.3456", "123456789012.3456"), ("123456789012345", "123456789012345")),
    ],
)
def test_a_number_with_one_reading_is_read_whatever_the_decimal_sign(text: str, number: str, sign: DecimalSign | None):
    assert read_number(text, decimal_sign=sign) == Read(number)


@pytest.mark.parametrize(
    ("text", "readings", "by_comma", "by_point"),
    [
        ("1,234", ("1234", "1,2340"), "1.234", "1234"),
        ("1.234", ("1234", "1.2340"), "1234", "1.234"),
        ("-12,345", ("-12345", "-12,3450"), "-12.345", "-12345"),
    ],
)
def test_a_number_with_two_readings_is_read_by_the_declared_decimal_sign_only(
    text: str, readings: tuple[str, str], by_comma: str, by_point: str
):
    assert read_number(text) == Read(text, Misreading.AMBIGUOUS, readings)
    assert read_number(text, decimal_sign=DecimalSign.COMMA) == Read(by_comma)
    assert read_number(text, decimal_sign=DecimalSign.POINT) == Read(by_point)


@pytest.mark.parametrize("text", ["1,234", "1.234", "-12,345", "999.999"])
def test_each_of_two_readings_is_a_number_with_one_reading(text: str):
    whole, fraction = map(read_number, read_number(text).readings)
    assert (whole.misreading, fraction.misreading) == (None, None)
    assert float(whole.text) == pytest.approx(1000 * float(fraction.text))


@pytest.mark.parametrize("sign", SIGNS)
@pytest.mark.parametrize(
    ("text", "why"),
    [
        *((text, Misreading.LEADING_ZEROS) for text in ("012", "00", "-012", "012,5", "0 123")),
        *(
            (text, Misreading.KIND)
            for text in ("1 23", "1e5", "douze", "1,2,3", "12 345,", ".5", "1 234.567,8", "12€", "01.234.567")
        ),
        ("45 %", Misreading.PERCENTAGE),
    ],
)
def test_a_text_that_is_no_number_is_not_read(text: str, why: Misreading, sign: DecimalSign | None):
    assert read_number(text, decimal_sign=sign) == Read(text, why)


def test_a_number_too_long_for_the_views_is_not_read():
    assert read_number("-" + "9" * 15 + ",2") == Read("-" + "9" * 15 + ".2")
    assert read_number("1" + "0" * 15) == Read("1" + "0" * 15, Misreading.TOO_LONG)
    assert read_number("1234567890123456,78") == Read("1234567890123456,78", Misreading.TOO_LONG)
    assert read_number("1 234 567 890 123 456,25") == Read("1 234 567 890 123 456,25", Misreading.TOO_LONG)


@pytest.mark.parametrize("text", ["-0", "\u22120", "+0", "0"])
def test_zero_has_no_sign(text: str):
    assert read_number(text) == Read("0")


def test_a_percentage_is_read_where_the_unit_is_percent():
    assert read_number("45,5\u00a0%", is_percentage=True) == Read("45.5")


def test_a_whole_number_has_no_fraction():
    assert read_number("12,0", is_whole=True) == Read("12.0")
    assert read_number("3.0000000000000004", is_whole=True) == Read("3")
    assert read_number("12.299999999999999", is_whole=True).misreading is Misreading.KIND
    assert read_number("12,5", is_whole=True) == Read("12,5", Misreading.KIND)
    assert read_number("1,234", is_whole=True, decimal_sign=DecimalSign.COMMA) == Read("1,234", Misreading.KIND)


@given(st.integers(-(10**14), 10**14), st.sampled_from([" ", "\u00a0", "\u202f", "\u2009", "'", "’"]))
def test_a_whole_number_is_read_with_any_separator_of_thousands(number: int, separator: str):
    assert read_number(f"{number:,}".replace(",", separator)) == Read(str(number))


@given(st.decimals(-(10**9), 10**9, places=2), st.sampled_from(".,"))
def test_a_number_with_two_decimals_is_read_with_either_sign(number: object, sign: str):
    assert float(read_number(str(number).replace(".", sign)).text) == float(str(number))


@pytest.mark.parametrize(("text", "day"), [("31/01/2019", "2019-01-31"), ("2019-01-31", "2019-01-31")])
def test_a_day_is_read_in_its_formats(text: str, day: str):
    assert read_day(text, DAY_FORMATS) == Read(day)


@pytest.mark.parametrize("text", ["29/02/2019", "01/31/2019", "31.01.2019", "janvier"])
def test_a_day_that_does_not_exist_or_is_written_otherwise_is_not_read(text: str):
    assert read_day(text, DAY_FORMATS) == Read(text, Misreading.KIND)


@pytest.mark.parametrize("day", [date(1900, 2, 28), date(2100, 1, 1), date(9999, 12, 31)])
def test_a_day_far_from_the_present_is_not_plausible(day: date):
    assert plausible_day(day, "?") == Read("?", Misreading.LIMITS)


@pytest.mark.parametrize(("reason", "words"), MISSING_WORDS.items())
def test_a_missing_word_is_its_reason_whatever_its_case_and_accents(reason: str, words: tuple[str, ...]):
    for word in words:
        spellings = (word, word.upper(), word.replace("é", "e"), word.replace("é", "e\u0301"), f"  {word} ")
        assert {reason_of(spelling) for spelling in spellings} == {reason}, word


@pytest.mark.parametrize("text", ["", "0", "n", "connu", "none", "non", "une structure inconnue", "x" * 100])
def test_any_other_text_is_no_reason(text: str):
    assert reason_of(text) is None


def test_a_choice_is_known_whatever_its_case_and_accents_unless_it_names_two():
    choices = ("Évalué", "Evalue", "CDI")
    assert read_choice("cdi", choices) == "CDI"
    assert read_choice("évalué", choices) == "Évalué"
    assert read_choice("ÈVALUE", choices) is None
    assert read_choice("CDD", choices) is None
