"""Test the validation of returns: the checks, and the findings of returns that fail them."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.enums import Severity
from schemas.expectations import IsText, expectations, numbers_of
from schemas.own_expectations import OwnExpectation
from schemas.programme import Programme
from tasks.i18n import language
from tasks.records import Answer, Finding, ReturnVersion
from tasks.validation.validate import check_returns


def number_of(text: str | None) -> float | None:
    return numbers_of(pa.chunked_array([[text]], pa.string()))[0].as_py()


ITEMS = ("personnes", "retours", "note", "premier_jour", "suite", "adoption", "frein", "remarque")
GOOD: dict[str, str | None] = {
    "personnes": "1 234",
    "retours": "12",
    "note": "4,5",
    "premier_jour": "2019-01-31",
    "suite": "yes",
    "adoption": "enc",
    "frein": "",
    "remarque": "n'importe quoi",
}


def indicator(code: str, kind: str, **columns: Any) -> dict[str, Any]:
    defaults = {"label_fr": code, "label_en": code, "level": "structure", "over_structures": "none", "is_core": False}
    return {"indicator_code": code, "kind": kind, **defaults, **columns}


PROGRAMME = Programme.model_validate(
    {
        "version": "0",
        "settings": {
            "programme": "essai",
            "name": "Essai",
            "timezone": "Europe/Paris",
            "occasions": [{"code": "M06", "months": 6}],
            "innovations": [{"code": "VITA", "name": "VITA Air"}],
            "cohorts": [{"code": "VITA-1", "innovation": "VITA", "name": "une", "anchor_on": "2018-07-31"}],
            "evaluators": [{"code": "A", "name": "A", "email": "a@example.org", "follows": ["VITA"]}],
            "instruments": [
                {
                    "code": "tableau",
                    "name": "Tableau",
                    "kind": "workbook",
                    "filled_by": "structure",
                    "mode": "data_table",
                    "innovations": ["VITA"],
                    "versions": [
                        {
                            "version": 1,
                            "occasions": ["M06"],
                            "sheets": [{"name": "D", "items": [{"code": item, "label": item} for item in ITEMS]}],
                            "rules": [{"item": "retours", "at_most": "personnes"}],
                        }
                    ],
                }
            ],
        },
        "enrolments": [],
        "indicators": [
            indicator("personnes", "count", minimum=0, maximum=100000, is_core=True),
            indicator("retours", "count", minimum=0),
            indicator("note", "number", minimum=1, maximum=5),
            indicator("premier_jour", "date"),
            indicator("suite", "choice", allowed_values="yes|no", is_core=True),
            indicator("adoption", "choice", allowed_values="adopted|in_progress"),
            indicator("frein", "choice", allowed_values="yes|no", is_core=True),
            indicator("remarque", "text"),
        ],
        "crosswalk": [
            {"instrument_code": "tableau", "version": 1, "item": item, "indicator_code": item, "recode": recode}
            for item, recode in {**dict.fromkeys(ITEMS), "adoption": "en_ligne", "frein": "coche"}.items()
        ],
        "recodes": [
            {"recode": "en_ligne", "source_value": "oui", "value": "adopted"},
            {"recode": "en_ligne", "source_value": "enc", "value": "in_progress"},
            {"recode": "en_ligne", "source_value": "?", "missing_reason": "unexplained"},
            {"recode": "coche", "source_value": "Y", "value": "yes"},
            {"recode": "coche", "source_value": "", "value": "no"},
        ],
    }
)

WRONG = {
    "no number": {"personnes": "environ douze"},
    "not whole": {"personnes": "12,5"},
    "negative": {"retours": "-1"},
    "too many": {"personnes": "100001"},
    "no rating": {"note": "bien"},
    "rating too high": {"note": "5,01"},
    "rating too low": {"note": "0"},
    "no day": {"premier_jour": "31/01/2019"},
    "no choice": {"suite": "peut-être"},
    "no recode": {"adoption": "adopted"},
    "not a tick": {"frein": "N"},
    "more than all": {"personnes": "11", "retours": "12"},
}
EXPECTED = {
    "no number": ("personnes", "a text of 13 characters", "a whole number, or nc"),
    "not whole": ("personnes", "12,5", "a whole number, or nc"),
    "negative": ("retours", "-1", "a number of at least 0"),
    "too many": ("personnes", "100001", "a number from 0 to 100000"),
    "no rating": ("note", "a text of 4 characters", "a number, or nc"),
    "rating too high": ("note", "5,01", "a number from 1 to 5"),
    "rating too low": ("note", "0", "a number from 1 to 5"),
    "no day": ("premier_jour", "31/01/2019", "a date, or nc"),
    "no time": ("premier_jour", "2019-01-31 24:30:00", "a date, or nc"),
    "a time alone": ("premier_jour", "1970-01-01 09:30:00", "a date, or nc"),
    "no choice": ("suite", "a text of 9 characters", "one of: yes, no, nc, ne"),
    "no recode": ("adoption", "a text of 7 characters", "one of: oui, enc, ?, nc, ne"),
    "not a tick": ("frein", "a text of 1 character", "one of: Y, nc, ne"),
    "more than all": ("retours", "12", "at most 11, the value in D!B1"),
}
RIGHT: dict[str, dict[str, str | None]] = {
    "valid": {},
    "nc in small and capital letters": {"personnes": "nc", "retours": "NC", "note": "Nc", "premier_jour": "nc"},
    "nc for a choice": {"suite": "nc", "adoption": "ne", "frein": "nc"},
    "at the limits": {"personnes": "100000", "retours": "0", "note": "1"},
    "all of them": {"personnes": "12", "retours": "12,0"},
    "a tick": {"frein": "Y"},
    "a reason": {"adoption": "?"},
    "a day with its midnight": {"premier_jour": "2019-01-31T00:00:00"},
    "a day with its time": {"premier_jour": "2019-01-31 09:30:00"},
    "of nobody known how many": {"personnes": "nc", "retours": "12"},
    "blank where nothing is core": dict.fromkeys(("retours", "note", "premier_jour", "adoption", "remarque")),
}


def received(name: str, changed: Mapping[str, str | None], findings: tuple[Finding, ...] = ()) -> ReturnVersion:
    answers = {**GOOD, **changed}
    return ReturnVersion(
        expected_return_id=f"VITA-1/{name}/M06/tableau",
        instrument_code="tableau",
        instrument_version=1,
        source_id="inbox",
        receipt_id=name,
        origin=f"{name}.xlsx",
        respondent="",
        sequence=0,
        is_submitted=True,
        answered_at=datetime(2019, 1, 31),
        answered_on=date(2019, 1, 31),
        answers=tuple(
            Answer(item, item, None, None, "value", answers[item], f"D!B{number}")
            for number, item in enumerate(ITEMS, start=1)
        ),
        findings=findings,
    )


LAYOUT = Finding("", "D", "layout", Severity.ERROR, "no such sheet", "a sheet named D")
GIVEN = [
    *(received(name, changed) for name, changed in WRONG.items()),
    *(received(name, changed) for name, changed in RIGHT.items()),
    received("blank", dict.fromkeys(("personnes", "suite"))),
    received("two things", {"personnes": "douze", "note": "9"}),
    received("layout", {"personnes": "douze"}, (LAYOUT,)),
]


@pytest.fixture(scope="module")
def checked() -> dict[str, ReturnVersion]:
    """Return all of the returns by name, validated together."""
    found = check_returns(GIVEN, PROGRAMME, language("en"))
    return {r.receipt_id: r for r in found}


def messages_of(received: ReturnVersion) -> list[tuple[str, str, str]]:
    return [(finding.item, finding.found, finding.expected) for finding in received.findings]


@pytest.mark.parametrize("name", WRONG)
def test_a_value_that_cannot_be_right_is_reported_with_its_cell_what_was_found_and_what_was_expected(
    checked: dict[str, ReturnVersion], name: str
):
    assert messages_of(checked[name]) == [EXPECTED[name]]
    (finding,) = checked[name].findings
    assert finding.location == f"D!B{ITEMS.index(finding.item) + 1}"
    assert finding.severity is Severity.ERROR
    assert checked[name].is_quarantined


@pytest.mark.parametrize("name", RIGHT)
def test_a_value_that_can_be_right_has_no_finding(checked: dict[str, ReturnVersion], name: str):
    assert checked[name].findings == ()


def test_a_blank_core_item_is_a_warning_and_does_not_keep_the_return_out(checked: dict[str, ReturnVersion]):
    assert messages_of(checked["blank"]) == [
        ("personnes", "nothing", "an answer, or nc"),
        ("suite", "nothing", "an answer, or nc"),
    ]
    assert {finding.severity for finding in checked["blank"].findings} == {Severity.WARNING}
    assert not checked["blank"].is_quarantined


def test_a_core_box_that_was_left_unticked_is_answered(checked: dict[str, ReturnVersion]):
    assert next(a.value_text for a in checked["valid"].answers if a.item == "frein") == ""
    assert checked["valid"].findings == ()


def test_everything_wrong_in_a_return_is_reported_at_once(checked: dict[str, ReturnVersion]):
    assert [item for item, _, _ in messages_of(checked["two things"])] == ["personnes", "note"]


def test_a_return_whose_layout_failed_is_checked_for_what_could_be_read(checked: dict[str, ReturnVersion]):
    assert checked["layout"].findings[0] == LAYOUT
    assert messages_of(checked["layout"])[1:] == [("personnes", "a text of 5 characters", "a whole number, or nc")]


def test_the_returns_come_back_in_their_order_with_their_answers(checked: dict[str, ReturnVersion]):
    assert [r.return_id for r in checked.values()] == [r.return_id for r in GIVEN]
    assert [r.answers for r in checked.values()] == [r.answers for r in GIVEN]


def test_what_is_found_in_one_return_does_not_depend_on_the_others(checked: dict[str, ReturnVersion]):
    alone = check_returns([received("no day", WRONG["no day"])], PROGRAMME, language("en"))
    assert alone == (checked["no day"],)


def test_an_entirely_blank_return_has_findings_for_its_core_items_only():
    (empty,) = check_returns([received("empty", dict.fromkeys(ITEMS))], PROGRAMME, language("en"))
    assert [f.item for f in empty.findings if f.severity is Severity.WARNING] == ["personnes", "suite", "frein"]
    assert not empty.is_quarantined


def test_an_item_missing_from_a_return_is_reported_like_a_blank():
    whole = received("lacking", {})
    lacking = ReturnVersion(
        **{n: getattr(whole, n) for n in ReturnVersion.__slots__ if n != "answers"}, answers=whole.answers[2:]
    )
    (found,) = check_returns([lacking], PROGRAMME, language("en"))
    assert messages_of(found) == [("personnes", "nothing", "an answer, or nc")]


def test_the_same_is_found_whatever_the_language(checked: dict[str, ReturnVersion]):
    french = {r.receipt_id: r for r in check_returns(GIVEN, PROGRAMME, language("fr"))}
    for name, there in checked.items():
        here = french[name].findings
        assert [(f.item, f.location, f.severity) for f in here] == [
            (f.item, f.location, f.severity) for f in there.findings
        ]
        assert all(finding.found and finding.expected for finding in here)
    assert messages_of(french["no number"]) == [("personnes", "un texte de 13 caractères", "un nombre entier, ou nc")]


def test_a_locale_without_a_catalogue_speaks_english():
    assert language("eo").gettext("a date, or nc") == "a date, or nc"


def test_no_return_is_checked_without_trouble():
    assert check_returns([], PROGRAMME, language("en")) == ()


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("12", 12.0),
        ("012", 12.0),
        ("12,5", 12.5),
        ("12.5", 12.5),
        ("-3", -3.0),
        ("+3", 3.0),
        ("1 234,5", 1234.5),
        ("1\u00a0234,5", 1234.5),
        ("1\u202f234,5", 1234.5),
        ("1 234\u202f567", 1234567.0),
        ("1,234", 1.234),
        ("0", 0.0),
        (None, None),
        ("", None),
        (" ", None),
        ("nc", None),
        ("12 personnes", None),
        ("1 23", None),
        ("12 34", None),
        ("1 2345", None),
        ("1,2,3", None),
        ("1.234,5", None),
        ("12,", None),
        (",5", None),
        ("1e3", None),
        ("0x10", None),
        ("nan", None),
        ("inf", None),
        ("1_000", None),
        ("12\n", None),
        ("１２", None),
        ("١٢", None),
    ],
)
def test_a_number_is_what_people_write_as_one(text: str | None, number: float | None):
    assert number_of(text) == number


@given(whole=st.integers(0, 10**12), separator=st.sampled_from(["", " ", "\u00a0", "\u202f"]))
def test_a_number_is_the_same_whatever_stands_between_its_thousands(whole: int, separator: str):
    assert number_of(f"{whole:,}".replace(",", separator)) == whole


@given(whole=st.integers(0, 10**9), decimals=st.text("0123456789", min_size=1, max_size=5))
def test_a_decimal_comma_is_a_decimal_point(whole: int, decimals: str):
    assert number_of(f"{whole},{decimals}") == number_of(f"{whole}.{decimals}") == float(f"{whole}.{decimals}")


PATTERNS = {
    expectation.item: expectation.pattern
    for expectation in expectations(PROGRAMME, "tableau", PROGRAMME.instrument_by_code["tableau"].versions[0])
    if isinstance(expectation, IsText) and expectation.item != "premier_jour"
}


@pytest.mark.parametrize("item", PATTERNS)
@given(text=st.text("0123456789１٢ncNCe+-., \u00a0\u202f\n", max_size=8))
def test_what_passes_as_a_number_is_one_or_a_reason(item: str, text: str):
    if re.match(PATTERNS[item], text):
        assert text.lower() in ("nc", "ne") or number_of(text) is not None


@pytest.mark.parametrize("text", ["12\n", "nc\n", "１２", "12 ", "\n12"])
def test_what_is_no_number_does_not_pass_as_one(text: str):
    assert not any(re.match(pattern, text) for pattern in PATTERNS.values())


WORDS = "au plus 50 retours, ou un mot dans la remarque"


def own(kind: str, item: str = "retours", other: str | None = None, **arguments: Any) -> OwnExpectation:
    severity = arguments.pop("severity", Severity.ERROR)
    return OwnExpectation(item, other, kind, arguments, severity, WORDS)


def found(expectation: OwnExpectation, **answers: str | None) -> list[Finding]:
    programme = PROGRAMME.model_copy(update={"own_expectations": {"tableau": (expectation,)}})
    (checked,) = check_returns([received("own", answers)], programme, language("fr"))
    return [finding for finding in checked.findings if finding.check_name == expectation.type]


@pytest.mark.parametrize(
    ("expectation", "right", "wrong"),
    [
        (own("expect_column_values_to_be_between", max_value=50), "50", "51"),
        (own("expect_column_values_to_be_between", min_value=2, strict_min=True), "2,5", "2"),
        (own("expect_column_values_to_be_in_set", value_set=[1, 12]), "12,0", "13"),
        (own("expect_column_values_to_not_be_in_set", value_set=["12"]), "13", "12"),
        (own("expect_column_values_to_match_regex", regex="^[0-9]{2}$"), "12", "123"),
        (own("expect_column_values_to_not_match_regex", regex="^9+$"), "98", "99"),
        (own("expect_column_value_lengths_to_be_between", max_value=2), "12", "123"),
        (own("expect_column_pair_values_a_to_be_greater_than_b", "personnes", "retours"), "12", "1234"),
        (own("expect_column_pair_values_to_be_equal", "personnes", "retours"), "1 234", "1233"),
    ],
    ids=lambda value: value.type if isinstance(value, OwnExpectation) else None,
)
def test_a_return_that_fails_an_expectation_of_the_programme_is_sent_back_in_its_words(
    expectation: OwnExpectation, right: str, wrong: str
) -> None:
    assert found(expectation, retours=right) == []
    (finding,) = found(expectation, retours=wrong)
    assert (finding.severity, finding.expected, finding.item) == (Severity.ERROR, WORDS, expectation.item)
    # A reason is no value that could be wrong.
    assert found(expectation, retours="nc") == []


def test_what_must_be_given_may_be_a_reason_and_a_warning_is_one() -> None:
    expectation = own("expect_column_values_to_not_be_null", "remarque", severity=Severity.WARNING)
    assert found(expectation, remarque="ne") == []
    (finding,) = found(expectation, remarque="")
    assert finding.severity is Severity.WARNING


def test_a_version_that_does_not_ask_what_an_expectation_is_about_is_left_alone() -> None:
    assert found(own("expect_column_values_to_not_be_null", "another")) == []
