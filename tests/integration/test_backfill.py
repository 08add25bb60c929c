"""Test the collection of a past period day by day."""

import json
from datetime import date
from pathlib import Path

import pytest
from building import begin_with_views
from running import essaim
from small_programme import small_programme

from flows.past_period import collect_period
from schemas.enums import Pace
from schemas.errors import UsageError
from schemas.settings import Environment


def test_a_past_period_is_collected_in_order_and_each_day_knows_what_had_come_by_then(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with small_programme(monkeypatch, tmp_path / "programme") as small:
        small.add_participants("STR1", "STR2", "STR3")
        small.answer("str1", at="2025-12-20 10:00:00")
        small.answer("str2", at="2026-02-20 10:00:00")
        with pytest.raises(UsageError, match="no occasion M99"):
            collect_period(small.paths, Environment(), date(2026, 1, 1), date(2026, 4, 1), Pace.DUE_DATES, ["M99"])
        with pytest.raises(UsageError, match="Expected a first day, then a last one"):
            collect_period(small.paths, Environment(), date(2026, 4, 1), date(2026, 1, 1), Pace.QUARTERS)
        begin_with_views(small.paths)
        period = ("--from", "2026-01-01", "--to", "2026-04-01", "--pace", "quarters")
        output = json.loads(essaim(capsys, "backfill", *period, "--programme", str(small.folder), "--json").out)
    ran = small.rows("select command, as_of_on, outcome from ops.runs order by started_at")
    assert [(command, day) for command, day, _ in ran[:2]] == [
        ("backfill", date(2026, 1, 1)),
        ("backfill", date(2026, 4, 1)),
    ]
    assert {outcome for _, _, outcome in ran} == {"done"}
    known = "select respondent, cast(known_at as date) from raw.returns order by respondent"
    assert [day for _, day in small.rows(known)] == [date(2026, 1, 1), date(2026, 4, 1)]
    total = output["summary"][-1]
    assert (total["received"], total["late"], total["missing"]) == (1, 1, 1)
    assert output["mails"] == []
    assert not small.rows("select * from ops.alerts")
    assert len(output["changes"]) == 3
    assert Path(output["report"]).is_file()
