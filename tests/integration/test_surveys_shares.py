"""Test the shares of the values of one choice question, through the command line on both engines."""

from collections.abc import Generator
from typing import Any

import pytest
from running import Ran, essaim
from small_programme import AS_OF, Small, small_programme

from schemas.settings import ProjectPaths

CODEBOOK = """\
indicator_code,label_fr,label_en,level,kind,unit,minimum,maximum,allowed_values,over_structures,over_respondents,\
is_core,publication_rank
adopted_share,Part adoptée,Adopted,structure,number,,0,1,,mean,mean,true,
partial_share,Part partielle,Partial,structure,number,,0,1,,mean,mean,true,
no_share,Part refusée,Refused,structure,number,,0,1,,mean,mean,false,
budget,Budget,Budget,structure,number,euros,0,100000,,sum,mean,true,1
"""
CROSSWALK = """\
instrument_code,version,item,indicator_code,recode,share_of
suivi,1,adopt,adopted_share,adoption,adopted
suivi,1,adopt,partial_share,adoption,partial
suivi,1,adopt,no_share,adoption,no
suivi,1,budget,budget,,
"""
RECODES = """\
recode,source_value,value,missing_reason
adoption,oui,adopted,
adoption,enc,partial,
adoption,part,partial,
adoption,non,,not_evaluated
adoption,refus,no,
"""


@pytest.fixture
def small(paths_with_views: ProjectPaths, monkeypatch: pytest.MonkeyPatch) -> Generator[Small]:
    several: dict[str, Any] = {"respondents": {"several": True, "minimum": 2}, "only_numbers": True}
    with small_programme(monkeypatch, paths_with_views.folder, **several) as small:
        for name, text in (("codebook.csv", CODEBOOK), ("crosswalk.csv", CROSSWALK), ("recodes.csv", RECODES)):
            (small.folder / name).write_text(text, encoding="utf-8")
        small.add_participants("STR1", "STR2", "STR3")
        yield small


def test_a_choice_question_gives_the_share_of_each_value_among_the_respondents_who_answered_it(
    small: Small, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*arguments: str) -> Ran:
        ran = essaim(capsys, arguments[0], "--programme", str(small.folder), *arguments[1:])
        assert "Traceback" not in ran.err
        assert ran.code in {0, 3}, ran.err
        return ran

    def rows(sql: str) -> list[str]:
        return run("query", "--format", "csv", sql).out.splitlines()[1:]

    run("check")
    # Of STR1, "non" is recoded to a missing reason, "" was left blank, and null was not shown: three of six count.
    for number, choice in enumerate(("oui", "enc", "part", "non", "", None), start=20):
        small.answer(adopt=choice, at=f"2025-12-{number} 10:00:00")
    for number, choice in enumerate(("oui", "oui"), start=20):
        small.answer("str2", adopt=choice, at=f"2025-12-{number} 10:00:00")
    for number, choice in enumerate(("non", "non"), start=20):
        small.answer("str3", adopt=choice, at=f"2025-12-{number} 10:00:00")
    run("collect", "--as-of", str(AS_OF))
    assert rows(
        "select expected_return_id, indicator_code, cast(value_number * 300 as integer), missing_reason, n_respondents "
        "from marts.fct_observation where item = 'adopt' order by 1, 2"
    ) == [
        f"C-1/{structure}/M06/suivi,{indicator},{hundreds},{reason},{counted}"
        for structure, reason, counted, shares in (
            ("STR1", "", 3, (100, 0, 200)),
            ("STR2", "", 2, (300, 0, 0)),
            ("STR3", "not_evaluated", 0, ("", "", "")),
        )
        for indicator, hundreds in zip(("adopted_share", "no_share", "partial_share"), shares, strict=True)
    ]
    # The question counts once for completeness, beside the budget.
    assert rows("select distinct n_core_items from marts.fct_expected_return where n_respondents > 0") == ["2"]
    # An answer has one row, whatever it provides.
    assert rows(
        "select indicator_code, count(*), count(distinct return_id) from analytics.survey_answers "
        "where item = 'adopt' group by indicator_code"
    ) == ['"adopted_share, no_share, partial_share",10,10']
