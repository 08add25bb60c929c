"""Test the commands waive, snooze, leave, remind, plan and doctor."""

import json
import shlex
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from deciding import decided
from running import AS_OF, Demo, essaim
from tables import mails, table

from flows.cli.extend import EXAMPLE
from schemas.enums import DecisionKind
from schemas.settings import ProjectPaths
from warehouse.writer import writing

TODAY = ("--as-of", str(AS_OF))
RETURNS = "select expected_return_id from analytics.return_status"


@pytest.fixture
def folder(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> Path:
    copy = demo.copy(with_results=True)
    monkeypatch.setenv("ESSAIM_PROGRAMME", str(copy))
    return copy


def states(folder: Path, like: str) -> dict[object, object]:
    query = f"select expected_return_id, state from analytics.return_status where expected_return_id like '{like}'"
    return dict(table(folder, query))


def rate(folder: Path) -> tuple[Any, ...]:
    query = "select n_expected, n_missing, returned_pct from analytics.return_rates "
    (row,) = table(folder, query + "where grouping = 'cohort' and group_code = 'LREF-1' and occasion_code = 'M06'")
    return row


def test_a_waived_return_leaves_the_rates_and_comes_back_when_it_is_taken_back(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    before = rate(folder)
    assert before[1] == 1
    ran = essaim(capsys, "waive", "LREF-1/LREF08/M06/*", "--reason", "flooded", "--author", "EVAL-C", *TODAY)
    assert ran.code == 0, ran.err
    assert "Waived: 2." in ran.out
    suivi = "LREF-1/LREF08/M06/suivi"
    assert states(folder, "LREF-1/LREF08/M06/%") == {suivi: "waived", "LREF-1/LREF08/M06/tableau": "received"}
    assert rate(folder) == (before[0] - 1, 0, 100.0)
    assert "flooded" in essaim(capsys, "status").out
    # No decision publishes what the folder suppresses by now.
    settings = folder / "programme.yaml"
    settings.write_text(settings.read_text().replace("minimum_structures: 0", "minimum_structures: 100"))
    shown = "select count(*) from analytics.consolidated_results where indicator_code <> 'structures' and value > 0"
    assert table(folder, shown) != [(0,)]
    undone = essaim(capsys, "waive", suivi, "--undo", "--reason", "dry again", "--author", "EVAL-A", *TODAY, "--json")
    output = json.loads(undone.out)
    assert output["decided"] == [suivi]
    assert [line["state"] for line in output["returns"]] == ["missing"]
    assert rate(folder) == before
    assert table(folder, shown) == [(0,)]
    trail = "select is_undone, author, reason, decided_on from raw.decisions where subject_id = "
    assert table(folder, f"{trail}'{suivi}' order by loaded_at") == [
        (False, "EVAL-C", "flooded", AS_OF),
        (True, "EVAL-A", "dry again", AS_OF),
    ]


def test_the_example_of_extend_runs_on_the_demonstration_and_is_taken_back(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    suivi = "LREF-1/LREF08/M06/suivi"
    before = rate(folder)
    _essaim, *example = shlex.split(EXAMPLE)
    ran = essaim(capsys, *(str(folder) if word == "demo" else word for word in example))
    assert ran.code == 0, ran.err
    assert "Extended: 1." in ran.out
    assert states(folder, suivi) == {suivi: "open"}
    assert rate(folder) == (before[0] - 1, 0, 100.0)
    undone = essaim(capsys, "extend", suivi, "--undo", "--reason", "moved already", *TODAY)
    assert "Due again as planned: 1." in undone.out
    assert rate(folder) == before


def test_a_structure_that_left_owes_nothing_afterwards_and_a_snoozed_return_is_not_reported_until_its_day(
    folder: Path, capsys: pytest.CaptureFixture[str]
):
    left_on = date(2018, 12, 1)
    decided(folder, DecisionKind.LEAVE, "TAPAJ-3/TAPAJ31", on=left_on, reason="merged", as_of=AS_OF)
    snoozed = "VITA-1/VITA03/M18/tableau"
    ran = essaim(capsys, "snooze", snoozed, "--until", "2019-06-03", "--reason", "away", *TODAY)
    assert ran.code == 0, ran.err
    assert set(states(folder, "TAPAJ-3/TAPAJ31/%").values()) == {"left"}
    dimension = "select left_on, left_reason from marts.dim_enrolment where enrolment_id = 'TAPAJ-3/TAPAJ31'"
    assert table(folder, dimension) == [(left_on, "merged")]
    assert states(folder, snoozed) == {snoozed: "missing"}
    before = mails(folder)
    rehearsed = essaim(capsys, "remind", "--as-of", "2019-05-06", "--dry-run")
    assert rehearsed.code == 0, rehearsed.err
    assert "nothing was sent" in rehearsed.out
    assert mails(folder) == before
    reminded = essaim(capsys, "remind", "--as-of", "2019-05-06", "--json")
    assert {one["outcome"] for one in json.loads(reminded.out)["messages"]} == {"sent"}
    query = "select expected_return_id from ops.alerts where decided_on = '2019-05-06'"
    ids = {str(row[0]) for row in table(folder, query)}
    assert "VITA-1/VITA04/M18/tableau" in ids
    assert snoozed not in ids
    assert not [one for one in ids if one.startswith("TAPAJ-3/TAPAJ31/")]
    assert json.loads(essaim(capsys, "remind", "--as-of", "2019-05-06", "--json").out)["messages"] == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ("waive", "LREF-1/LREF08/M06/suvi", "VITA-9/*", "--reason", "x"),
            "'LREF-1/LREF08/M06/suvi' is not an expected return. The nearest is LREF-1/LREF08/M06/suivi.",
        ),
        (("leave", "LREF-1/LREF8", "--on", "2019-01-01", "--reason", "x"), "The nearest is LREF-1/LREF08."),
        (("waive", "LREF-1/LREF08/M06/suivi", "--reason", " "), "A decision needs a reason"),
        (("waive", "LREF-1/LREF08/M06/suivi", "--reason", "x\udcff"), "--reason holds control characters or bytes"),
        (("waive", "LREF-1/LREF08/M06/suivi", "--reason", "x", "--author", "\x01"), "--author holds control"),
        (("waive", "LREF-1/LREF08/M06/suivi", "--reason", "x", "--undo"), "There is nothing to take back of LREF-1"),
        (("snooze", "LREF-1/LREF08/M06/suivi", "--until", "2019-03-31", "--reason", "x"), "a day after 2019-03-31"),
        (("leave", "LREF-1/LREF08", "--on", "2017-01-01", "--reason", "x"), "not before 2018-07-31"),
    ],
)
def test_an_impossible_decision_is_refused_and_nothing_is_recorded(
    folder: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], message: str
):
    ran = essaim(capsys, *arguments, *TODAY)
    assert ran.code == 2
    assert message in ran.err
    assert table(folder, "select count(*) from raw.decisions") == [(0,)]


def test_templates_and_calendars_leave_out_waived_returns_and_structures_that_have_left(
    folder: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
):
    def counts() -> dict[str, int]:
        lines = json.loads(essaim(capsys, "calendar", "--format", "json", "--ics", str(tmp_path / "ics"), *TODAY).out)
        return {
            f"{line['cohort_code']}/{line['occasion_code']}/{line['instrument_code']}": line["count"] for line in lines
        }

    def workbooks(occasion: str) -> set[str]:
        out = str(tmp_path / f"workbooks {len(list(tmp_path.iterdir()))}")
        written = json.loads(essaim(capsys, "templates", "--occasion", occasion, "--out", out, "--json").out)
        return {Path(file).name for file in written}

    def events() -> str:
        return (tmp_path / "ics" / "EVAL-C.ics").read_text(encoding="utf-8")

    before, sent = counts(), workbooks("M12")
    assert events().count("STATUS:CANCELLED") == 0
    flooded = table(folder, f"{RETURNS} where expected_return_id like 'LREF-1/LREF07/M12/%'")
    stopped = table(folder, f"{RETURNS} where expected_return_id like 'RALLYES-1/%/M18/%'")
    decided(folder, DecisionKind.LEAVE, "LREF-1/LREF08", on=date(2018, 12, 31), as_of=AS_OF)
    decided(folder, DecisionKind.WAIVE, *(id_ for (id_,) in (*flooded, *stopped)), as_of=AS_OF)
    after = counts()
    assert after["LREF-1/M12/tableau"] == before["LREF-1/M12/tableau"] - 2
    assert after["LREF-1/M18/tableau"] == before["LREF-1/M18/tableau"] - 1
    gone = {id_ for id_ in before if id_ not in after}
    assert gone
    assert all(id_.startswith("RALLYES-1/M18/") for id_ in gone)
    assert events().count("STATUS:CANCELLED") == len(gone)
    assert {name for name in sent - workbooks("M12") if "LREF0" in name} == {
        name for name in sent if "LREF08" in name or "LREF07" in name
    }
    decided(folder, DecisionKind.LEAVE, "LREF-1/LREF08", is_undone=True, as_of=AS_OF)
    assert counts()["LREF-1/M18/tableau"] == before["LREF-1/M18/tableau"]


def test_the_plan_shows_what_an_edited_folder_would_change(folder: Path, capsys: pytest.CaptureFixture[str]):
    assert essaim(capsys, "plan", *TODAY).code == 0
    path = folder / "programme.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("anchor_on: 2018-07-31", "anchor_on: 2018-08-31"), encoding="utf-8")
    ran = essaim(capsys, "plan", *TODAY)
    assert ran.code == 3
    assert "moved" in ran.out
    assert "LREF08" in ran.out
    assert 'essaim plan --accept --reason "…"' in ran.out
    assert "The anchor date has changed for RALLYES-1, LREF-1." in ran.out
    output = json.loads(essaim(capsys, "plan", *TODAY, "--json").out)
    assert {one["change"] for one in output["changes"]} == {"moved"}
    assert {one["effect"] for one in output["changes"]} == {"next run", "needs acceptance"}
    past = table(folder, "select count(*) from raw.expected_returns where is_withdrawn")
    assert past == [(0,)]


def test_the_doctor_finds_what_is_not_as_it_should_be(folder: Path, capsys: pytest.CaptureFixture[str]):
    def examined(*arguments: str) -> dict[str, str]:
        ran = essaim(capsys, "doctor", "--json", *arguments)
        ill = {one["checked"]: one["detail"] for one in json.loads(ran.out) if not one["is_well"]}
        assert ran.code == (3 if ill else 0)
        # Nobody serves the surveys of the demonstration here.
        ill.pop("survey server", None)
        return ill

    paths = ProjectPaths(folder)
    assert examined("--as-of", "2019-07-02") == {}
    assert "quarterly run is overdue" in examined("--as-of", "2019-07-03")["regular runs"]
    assert "yet to come" in examined("--as-of", "2019-03-30")["warehouse"]
    (paths.var / "writer.json").write_text('{"command": "collect", "pid": 1, "since": "2019-03-31"}')
    assert "essaim collect, process 1" in examined(*TODAY)["lease"]
    (paths.var / "writer.json").unlink()
    with writing(paths.var, "collect"):
        assert examined(*TODAY) == {}
    paths.landing_key.rename(paths.var / "elsewhere.key")
    paths.published.unlink()
    assert set(examined(*TODAY)) == {"landing key", "published copy"}
    paths.warehouse.write_bytes(b"not a warehouse")
    assert "Restore it from a backup" in examined(*TODAY)["warehouse"]
    (folder / "programme.yaml").write_text("programme: [")
    assert "essaim check" in examined(*TODAY)["programme"]
