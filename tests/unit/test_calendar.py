"""Test `essaim calendar`: the due dates of a folder, and its files for calendar programs."""

import csv
import io
import json
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
import vobject
from icalendar import Calendar
from running import EXAMPLE, ROOT, essaim

from schemas.errors import UsageError
from schemas.programme import Cohort, Evaluator, Programme, Schedule
from tasks.programme import read_programme
from tasks.schedule.due_dates import DueDate, by_evaluator, due_dates
from tasks.schedule.expected_returns import owed_by_folder, plan
from tasks.schedule.icalendar_files import write_calendars

TODAY = date(2019, 3, 31)


@pytest.fixture(scope="module")
def programme() -> Programme:
    return read_programme(EXAMPLE)


def dates_of(programme: Programme) -> list[DueDate]:
    return due_dates(programme, owed_by_folder(programme))


def moved(programme: Programme, code: str, anchor_on: date) -> Programme:
    def cohort(one: Cohort) -> Cohort:
        return one.model_copy(update={"anchor_on": anchor_on}) if one.code == code else one

    cohorts = [cohort(one) for one in programme.settings.cohorts]
    return programme.model_copy(update={"settings": programme.settings.model_copy(update={"cohorts": cohorts})})


def written(folder: Path, programme: Programme, today: date = TODAY) -> dict[str, bytes]:
    followed = by_evaluator(programme, owed_by_folder(programme))
    return {path.name: path.read_bytes() for path in write_calendars(folder, programme, followed, today=today)}


def events(content: bytes) -> dict[str, vobject.base.Component]:
    """Return the events by UID, read by another implementation."""
    return {event.uid.value: event for event in vobject.readOne(content.decode()).contents.get("vevent", [])}


def test_the_due_dates_are_those_of_the_plan(programme: Programme) -> None:
    planned = {
        (str(row["enrolment_id"]).split("/")[0], row["occasion_code"], row["instrument_code"], row["due_on"])
        for row in plan(programme)
    }
    shown = {(d.cohort_code, d.occasion_code, d.instrument_code, d.due_on) for d in dates_of(programme)}
    assert shown == planned


def test_structures_of_a_cohort_with_another_due_day_have_an_event_of_their_own(
    programme: Programme, tmp_path: Path
) -> None:
    first, *others = programme.enrolments
    cohort = programme.cohort_by_code[first.cohort_code]
    own = first.model_copy(update={"anchor_on": cohort.anchor_on + timedelta(days=45)})
    changed = programme.model_copy(update={"enrolments": [own, *others]})
    before, after = ({d.due_date_id: d for d in dates_of(one)} for one in (programme, changed))
    later = {id_: due for id_, due in after.items() if id_ not in before}
    assert {due.count for due in later.values()} == {1}
    assert {id_.rsplit("/", 1)[0] for id_ in later} == {id_ for id_ in before if id_.startswith(f"{cohort.code}/")}
    assert {id_: due.due_on for id_, due in before.items()} == {id_: after[id_].due_on for id_ in before}
    shown = due_dates(changed, owed_by_folder(changed), first=min(due.due_on for due in later.values()))
    assert {due.due_date_id for due in shown} <= {*after}
    written(tmp_path, programme)
    (name,) = {f"{code}.ics" for due in later.values() for code in due.evaluator_codes}
    listed = events(written(tmp_path, changed)[name])
    assert {uid for uid in listed if "_20" in uid} == {
        f"{id_.replace('/', '_')}@{programme.settings.programme}.essaim" for id_ in later
    }
    # Those of the other structures are revised once: they are of one structure less.
    revised = {str(event.sequence.value) for uid, event in listed.items() if uid.startswith(f"{cohort.code}_")}
    assert revised == {"0", "1"}


def test_structures_that_left_before_a_due_date_are_not_counted(programme: Programme) -> None:
    first, *others = programme.enrolments
    left = first.model_copy(update={"left_on": date(2016, 7, 1)})
    changed = programme.model_copy(update={"enrolments": [left, *others]})
    before, after = (
        {d.due_date_id: d.count for d in dates_of(one) if d.cohort_code == first.cohort_code}
        for one in (programme, changed)
    )
    # VITA-1 was trained until 31 December 2015: M06 is due on 30 June 2016.
    assert {id_: before[id_] - after[id_] for id_ in before} == {id_: 0 if "/M06/" in id_ else 1 for id_ in before}


@pytest.mark.parametrize(("first", "last", "count"), [("2019-04-30", "2019-04-30", 2), ("2030-01-01", None, 0)])
def test_the_days_that_are_shown_include_the_first_and_the_last(
    first: str, last: str | None, count: int, capsys: pytest.CaptureFixture[str]
) -> None:
    until = ["--to", last] if last else []
    ran = essaim(capsys, "calendar", "--programme", str(EXAMPLE), "--from", first, *until, "--format", "json")
    assert ran.code == 0
    assert len(json.loads(ran.out)) == count


def test_days_the_wrong_way_round_are_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    ran = essaim(capsys, "calendar", "--programme", str(EXAMPLE), "--from", "2019-02-01", "--to", "2019-01-01")
    assert ran.code == 2
    assert "--from 2019-02-01 is after --to 2019-01-01" in ran.err


def test_the_calendar_is_printed_as_csv_and_as_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    as_csv = essaim(capsys, "calendar", "--programme", str(EXAMPLE), "--format", "csv")
    listed = list(csv.DictReader(io.StringIO(as_csv.out)))
    assert {line["evaluator_codes"] for line in listed} == {"EVAL-A", "EVAL-B", "EVAL-C"}
    assert f"{len(listed)} due dates." in essaim(capsys, "calendar", "--programme", str(EXAMPLE)).out


def test_the_calendar_is_limited_to_what_an_evaluator_follows_a_structure_owes_and_an_innovation_asks(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def shown(*limits: str) -> list[dict[str, str]]:
        ran = essaim(capsys, "calendar", "--programme", str(EXAMPLE), "--format", "csv", *limits)
        assert ran.code == 0, ran.err
        return list(csv.DictReader(io.StringIO(ran.out)))

    every = shown()
    of_c = shown("--evaluator", "EVAL-C")
    assert of_c == [line for line in every if line["evaluator_codes"] == "EVAL-C"] != []
    of_lref = shown("--innovation", "LREF")
    assert of_lref == [line for line in every if line["innovation_code"] == "LREF"] != []
    assert shown("--evaluator", "EVAL-A", "--innovation", "LREF") == []
    assert {(line["cohort_code"], line["count"]) for line in shown("--structure", "NEO56")} == {("VITA-2", "1")}
    ran = essaim(capsys, "calendar", "--programme", str(EXAMPLE), "--structure", "NEO57")
    assert (ran.code, "Did you mean NEO56?" in ran.err) == (2, True)


def test_a_calendar_brings_neither_engine_nor_scheduler() -> None:
    setup = "import sys, runpy; sys.argv = ['essaim', 'calendar', '--programme', sys.argv[1], '--format', 'csv']\n"
    heavy = ("sqlalchemy", "duckdb", "pandas", "prefect", "icalendar")
    report = f"finally:\n print([name for name in {heavy} if name in sys.modules], file=sys.stderr)"
    code = f"{setup}try:\n runpy.run_module('flows', run_name='__main__')\n{report}"
    ran = subprocess.run(
        [sys.executable, "-c", code, str(EXAMPLE)], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    assert ran.stderr.strip() == "[]"


def test_each_evaluator_has_a_calendar_that_another_program_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], programme: Programme
) -> None:
    folder = tmp_path / "calendars"
    ran = essaim(capsys, "calendar", "--programme", str(EXAMPLE), "--ics", str(folder), "--to", "2018-01-01")
    assert ran.code == 0
    assert sorted(path.name for path in folder.iterdir()) == ["EVAL-A.ics", "EVAL-B.ics", "EVAL-C.ics"]
    dates = dates_of(programme)
    for path in folder.iterdir():
        read = events(path.read_bytes())
        mine = [d for d in dates if path.stem in d.evaluator_codes]
        assert sorted(event.dtstart.value for event in read.values()) == sorted(d.due_on for d in mine)
        assert len(read) == len(mine)
        for event in read.values():
            assert event.dtend.value - event.dtstart.value == timedelta(days=1)
            assert event.dtstart.value_param == "DATE" if hasattr(event.dtstart, "value_param") else True
            assert [alarm.trigger.value for alarm in event.valarm_list] == [
                timedelta(days=step, hours=9) for step in Schedule().reminder_days
            ]


def test_a_calendar_counts_the_structures_that_its_evaluator_follows_on_the_due_date(
    tmp_path: Path, programme: Programme
) -> None:
    # M12 of VITA-2 is due on 15 December 2017, M18 on 15 June 2018.
    evaluators = [
        {"code": "A", "follows": ["VITA-2"], "substitutes": [{"evaluator": "C", "from": "2017-12-01"}]},
        {"code": "B", "follows": [{"structure": "NEO56", "from": "2018-06-15"}]},
        {"code": "C", "follows": []},
    ]
    own = {"name": "E", "email": "e@example.org"}
    parsed = [Evaluator.model_validate({**own, **evaluator}) for evaluator in evaluators]
    settings = programme.settings.model_copy(update={"evaluators": parsed})
    changed = programme.model_copy(update={"settings": settings})
    found = {name: events(content) for name, content in written(tmp_path, changed).items()}
    uids = ("VITA-2_M12_tableau@ais_emploi.essaim", "VITA-2_M18_tableau@ais_emploi.essaim")
    counts = {
        name: [int(read[uid].description.value.split("\N{NO-BREAK SPACE}")[0]) for uid in uids if uid in read]
        for name, read in found.items()
    }
    # One of the seven structures had left.
    assert counts == {"A.ics": [6, 6], "B.ics": [1], "C.ics": []}
    codes = {due.due_date_id: due.evaluator_codes for due in dates_of(changed)}
    assert (codes["VITA-2/M12/tableau"], codes["VITA-2/M18/tableau"]) == (("A",), ("A", "B"))


def test_a_calendar_speaks_the_programme_s_language(tmp_path: Path, programme: Programme) -> None:
    event = events(written(tmp_path, programme)["EVAL-A.ics"])["VITA-2_M18_tableau@ais_emploi.essaim"]
    assert event.summary.value == "VITA Air, deuxième vague · M18 · Tableau de données"
    assert "pour le vendredi 15 juin 2018" in event.description.value.replace("\N{NO-BREAK SPACE}", " ")


def test_lines_are_folded_and_end_as_the_standard_asks(tmp_path: Path, programme: Programme) -> None:
    for content in written(tmp_path, programme).values():
        lines = content.split(b"\r\n")
        assert max(map(len, lines)) <= 75
        assert not [line for line in lines if b"\n" in line or b"\r" in line]


def test_a_name_with_the_standard_s_own_signs_stays_a_name(tmp_path: Path, programme: Programme) -> None:
    name = "Vague; une, deux\\ trois\nBEGIN:VEVENT\nfin"
    cohorts = [c.model_copy(update={"name": name}) for c in programme.settings.cohorts]
    named = programme.model_copy(update={"settings": programme.settings.model_copy(update={"cohorts": cohorts})})
    before, after = written(tmp_path / "a", programme)["EVAL-A.ics"], written(tmp_path / "b", named)["EVAL-A.ics"]
    assert events(before).keys() == events(after).keys()
    assert all(event.summary.value.startswith(name) for event in events(after).values())


def test_a_calendar_written_again_on_another_day_is_the_same_file(tmp_path: Path, programme: Programme) -> None:
    first = written(tmp_path, programme)
    assert written(tmp_path, programme, today=date(2020, 1, 1)) == first
    assert written(tmp_path / "elsewhere", programme, today=date(2021, 1, 1)) == first


def test_a_due_date_that_moves_is_the_same_event_with_a_higher_sequence(tmp_path: Path, programme: Programme) -> None:
    uid = "VITA-2_M18_tableau@ais_emploi.essaim"
    before = events(written(tmp_path, programme)["EVAL-A.ics"])
    later = moved(programme, "VITA-2", date(2017, 1, 15))
    after = events(written(tmp_path, later)["EVAL-A.ics"])
    assert after.keys() == before.keys()
    assert (before[uid].dtstart.value, after[uid].dtstart.value) == (date(2018, 6, 15), date(2018, 7, 15))
    assert (before[uid].sequence.value, after[uid].sequence.value) == ("0", "1")
    assert after[uid].last_modified.value == datetime(2019, 3, 31, tzinfo=UTC)
    untouched = [u for u in before if not u.startswith("VITA-2_")]
    assert all(after[u].serialize() == before[u].serialize() for u in untouched)
    back = events(written(tmp_path, programme)["EVAL-A.ics"])
    assert (back[uid].dtstart.value, back[uid].sequence.value) == (date(2018, 6, 15), "2")


def test_a_due_date_that_is_gone_is_cancelled_once_and_comes_back(tmp_path: Path, programme: Programme) -> None:
    fewer = programme.model_copy(update={"enrolments": [e for e in programme.enrolments if e.cohort_code != "VITA-2"]})
    uid = "VITA-2_M18_tableau@ais_emploi.essaim"
    written(tmp_path, programme)
    gone = written(tmp_path, fewer)
    event = events(gone["EVAL-A.ics"])[uid]
    assert (event.status.value, event.sequence.value, hasattr(event, "valarm")) == ("CANCELLED", "1", False)
    assert written(tmp_path, fewer, today=date(2020, 1, 1)) == gone
    back = events(written(tmp_path, programme)["EVAL-A.ics"])[uid]
    assert (back.status.value, back.sequence.value) == ("CONFIRMED", "2")


@pytest.mark.parametrize(
    "content",
    [b"", b"mine", b"\xff\xfe", b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:x\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"],
)
def test_a_file_that_is_no_calendar_of_ours_is_left_alone(content: bytes, tmp_path: Path, programme: Programme) -> None:
    (tmp_path / "EVAL-A.ics").write_bytes(content)
    with pytest.raises(UsageError, match=r"EVAL-A\.ics is not a calendar that Essaim wrote"):
        written(tmp_path, programme)
    assert (tmp_path / "EVAL-A.ics").read_bytes() == content


def test_no_person_and_no_address_stands_in_a_calendar(tmp_path: Path, programme: Programme) -> None:
    for content in written(tmp_path, programme).values():
        read = Calendar.from_ical(content)
        assert not [e for e in read.walk("VEVENT") if "ATTENDEE" in e or "ORGANIZER" in e]
        assert b"Exemple" not in content
        assert b"example.org" not in content
