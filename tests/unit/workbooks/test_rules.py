"""Test the rules between the answers of a return, and between two occasions: declaration, and validation."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import bookkeeping as wb
import pytest
from running import EXAMPLE

from schemas.programme import Programme
from schemas.rules import AtMost, ChangesWithin, CountsWith
from tasks.i18n import language
from tasks.programme import read_programme
from tasks.records import Answer, ReturnVersion
from tasks.validation.validate import check_returns
from tasks.workbooks.templates import numbers_before
from warehouse.last_values import Reported

SHEET = {
    "name": "D",
    "items": [
        {"code": "rallyes", "label": "Rallyes", "kind": "count"},
        {"code": "participants", "label": "Participants", "kind": "count", "maximum": 500},
        {"code": "entreprises", "label": "Entreprises", "kind": "count"},
        {"code": "forme", "label": "Forme", "allowed_values": ["rue", "salle"]},
    ],
}
RULES = [
    {"item": "D!entreprises", "at_most": "D!participants", "severity": "warning"},
    {"item": "D!rallyes", "counts_with": {"D!participants": 15, "D!entreprises": 6}},
    {"item": "D!participants", "at_least_times": 0.5, "at_most_times": 2},
]
PROGRAMME = wb.programme([SHEET], rules=RULES)
GIVEN: dict[str, dict[str, str | None]] = {
    "valid": {},
    "too few": {"participants": "14", "entreprises": "5"},
    "no rally": {"rallyes": "0", "participants": "10", "entreprises": "1"},
    "not communicated": {"participants": "nc", "entreprises": "nc"},
    "more companies than people": {"participants": "20", "entreprises": "21"},
    "doubled": {"participants": "41"},
    "halved": {"participants": "19"},
    "no whole number": {"entreprises": "6,5"},
    "over the limit": {"participants": "501"},
    "of another kind": {"forme": "pré"},
}
BEFORE = {"doubled": 20.0, "halved": 40.0, "valid": 0.0}


def received(name: str, changed: Mapping[str, str | None]) -> ReturnVersion:
    answers = {"rallyes": "1", "participants": "30", "entreprises": "8", "forme": "rue", **changed}
    return ReturnVersion(
        expected_return_id=f"C-1/{name}/M06/suivi",
        instrument_code="suivi",
        instrument_version=1,
        source_id="inbox",
        receipt_id=name,
        origin=f"{name}.xlsx",
        respondent="",
        sequence=0,
        is_submitted=True,
        answered_at=datetime(2019, 2, 1),
        answered_on=date(2019, 2, 1),
        answers=tuple(
            Answer(f"D!{code}", code, None, None, "value", value, f"D!B{row}")
            for row, (code, value) in enumerate(answers.items(), start=1)
        ),
    )


@pytest.fixture(scope="module")
def checked() -> dict[str, list[tuple[str, str, str, str]]]:
    before = {f"C-1/{name}/M06/suivi": {"D!participants": number} for name, number in BEFORE.items()}
    returns = check_returns([received(*one) for one in GIVEN.items()], PROGRAMME, language("en"), before)
    return {one.receipt_id: wb.findings_of(one) for one in returns}


ENOUGH = "at least {}, for D!B1 to count"
EXPECTED = {
    "valid": [],
    "no rally": [],
    "not communicated": [],
    "too few": [
        ("warning", "D!B2", "14", ENOUGH.format(15)),
        ("warning", "D!B3", "5", ENOUGH.format(6)),
    ],
    "more companies than people": [("warning", "D!B3", "21", "at most 20, the value in D!B2")],
    "doubled": [
        ("warning", "D!B2", "41", "a number from 10 to 40: it was 20 the last time; confirm it, or correct it")
    ],
    "halved": [("warning", "D!B2", "19", "a number from 20 to 80: it was 40 the last time; confirm it, or correct it")],
    "no whole number": [("error", "D!B3", "6,5", "a whole number, or nc")],
    "over the limit": [("error", "D!B2", "501", "a number of at most 500")],
    "of another kind": [("error", "D!B4", "a text of 3 characters", "one of: rue, salle, nc, ne")],
}


@pytest.mark.parametrize("name", GIVEN)
def test_what_breaks_a_rule_is_reported_with_what_would_keep_it(
    checked: dict[str, list[tuple[str, str, str, str]]], name: str
):
    assert sorted(checked[name]) == EXPECTED[name]


def test_a_rule_is_known_by_its_keys():
    (version,) = PROGRAMME.settings.instruments[0].versions
    assert [type(rule) for rule in version.rules] == [AtMost, CountsWith, ChangesWithin]


@pytest.mark.parametrize("rule", [{"at_least_times": 2, "at_most_times": 1}, {"counts_with": {}}, {"at_mst": "D!x"}])
def test_a_rule_that_says_nothing_is_a_mistake(rule: dict[str, Any]):
    with pytest.raises(ValueError, match="rules"):
        wb.programme([SHEET], rules=[{"item": "D!rallyes", **rule}])


def test_the_last_number_before_an_occasion_is_what_a_change_is_measured_by():
    programme: Programme = read_programme(EXAMPLE)
    reported = {code: Reported(number, None, "") for code, number in (("M06", 5.0), ("M18", 9.0))}
    reported["M12"] = Reported(None, None, "nc")
    values = {("VITA-2/ICARE", "persons_concerned"): reported}
    assert numbers_before(programme, "VITA-2/ICARE/M18/tableau", values) == {"Données!personnes": 5.0}
    assert numbers_before(programme, "VITA-2/ICARE/M06/tableau", values) == {}


def test_a_change_is_not_measured_across_a_break_in_the_series():
    programme: Programme = read_programme(EXAMPLE)
    crosswalk = [
        line.model_copy(update={"break_reason": "x"})
        if (line.instrument_code, line.version) == ("tableau", 2)
        else line
        for line in programme.crosswalk
    ]
    broken = programme.model_copy(update={"crosswalk": crosswalk})
    before = {"M06": Reported(5.0, None, "")}
    values = {("VITA-2/ICARE", "persons_concerned"): before}
    assert numbers_before(broken, "VITA-2/ICARE/M12/tableau", values) == {}
    values = {("VITA-2/ICARE", "persons_concerned"): before | {"M12": Reported(7.0, None, "")}}
    assert numbers_before(broken, "VITA-2/ICARE/M18/tableau", values) == {"Données!personnes": 7.0}
