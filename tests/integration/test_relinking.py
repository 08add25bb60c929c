"""Test that people keep their series when what decides a pseudonym changes. All people are invented."""

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import bookkeeping as wb
import pandas as pd
import pytest
import sqlalchemy as sa
import yaml
from building import build_models
from delivering import AS_OF, collect, deliver, rows
from running import essaim, succeeding

from schemas.errors import UsageError
from schemas.programme import Programme
from schemas.settings import Environment, ProjectPaths
from schemas.tables import PSEUDONYM_KEYS, PSEUDONYM_LINKS, RETURNS, ROW_ANSWERS, TABLES, sql_table
from tasks.pipeline.relinking import Change, PersonChange, Relinked, Unread, UnreadReturn, relink_people
from tasks.programme import read_programme
from tasks.run import recorded_run
from tasks.workbooks import workbook_name
from tasks.workbooks.pseudonyms import RULE, PseudonymKey, pseudonym_key
from warehouse.connection import open_warehouse
from warehouse.pseudonym_keys import hold_key
from warehouse.pseudonym_links import returns_of_people
from warehouse.runs import begin_run, last_instant_of

M03, M06, ELSEWHERE = "C-1/STR1/M03/suivi", "C-1/STR1/M06/suivi", "C-1/STR2/M06/suivi"
BORN = "1990-02-01"
CANARIES = ("Cœur", "Coeur", "Œdipe", "Goff", "Martin", "1990")


def begin_under_the_first_rule(paths: ProjectPaths) -> None:
    """Make the warehouse hold its key as an earlier Essaim did: without a rule."""
    key = pseudonym_key(paths, Environment())
    with open_warehouse(paths) as warehouse:
        stamp = begin_run(warehouse, run_id="earlier", command="collect", as_of=AS_OF, zone=wb.programme().zone)
        hold_key(warehouse, key.version, key.fingerprint, 1, stamp)
        warehouse.execute(sa.update(sql_table(PSEUDONYM_KEYS)).values(rule=None))
        warehouse.checkpoint()


def deliver_people(paths: ProjectPaths, expected_return_id: str, *names: str, day: int = 1, name: str = "") -> None:
    people = [wb.person(nom=one) for one in names]
    made = wb.book(people=people, whose=wb.identity(expected_return_id))
    deliver(paths, made, name or workbook_name(expected_return_id), day)


def relinked(paths: ProjectPaths, programme: Programme | None = None, as_of: date = AS_OF) -> Relinked:
    whole = programme or wb.programme()
    with recorded_run(paths, whole, Environment(), command="relink", as_of=as_of, publishes=False) as run:
        return relink_people(run, run.landing)


def people(paths: ProjectPaths) -> dict[tuple[str, int], str]:
    """Return the pseudonym in force of each row, by expected return and row number."""
    with open_warehouse(paths) as warehouse:
        return {
            (received.expected_return_id, place.row_number): person.text
            for received in returns_of_people(warehouse)
            for place, person in received.people.items()
        }


def key_of(paths: ProjectPaths, rule: int = RULE) -> Callable[[str], str]:
    """Return the function that gives the pseudonym of a last name, the other identifiers being those of `person`."""
    key = pseudonym_key(paths, Environment())
    ruled = PseudonymKey(key.secret, key.version, rule)
    return lambda name: ruled.pseudonym([name, "Personne", BORN])


def declared(**of_column: Mapping[str, Any]) -> Programme:
    """Return the programme with other declarations of columns of its table, as a later version of the folder."""
    columns: Any = wb.SHEETS[1]["columns"]
    changed = [{**column, **of_column.get(column["code"], {})} for column in columns]
    sheets: Sequence[Mapping[str, Any]] = [wb.SHEETS[0], {**wb.SHEETS[1], "columns": changed}]
    return wb.programme(sheets).model_copy(update={"version": "1"})


def original_of(paths: ProjectPaths, expected_return_id: str) -> Path:
    with open_warehouse(paths) as warehouse:
        (path,) = [
            one.landing_path for one in returns_of_people(warehouse) if one.expected_return_id == expected_return_id
        ]
    return paths.landing / path


def test_two_spellings_become_one_person_and_later_returns_follow_the_new_rule(paths: ProjectPaths):
    begin_under_the_first_rule(paths)
    deliver_people(paths, M03, "Cœur", "Inventée")
    deliver_people(paths, M06, "Coeur")
    collect(paths)
    old, new = key_of(paths, rule=1), key_of(paths)
    assert people(paths) == {(M03, 2): old("Cœur"), (M03, 3): old("Inventée"), (M06, 2): old("Coeur")}
    loaded = rows(paths, ROW_ANSWERS, "return_id", "item", "row_number", "pseudonym")

    done = relinked(paths)
    assert (done.rule_before, done.rule, done.returns, done.links, done.people) == (1, RULE, 2, 1, 1)
    assert (done.twice, done.unread) == ((), ())
    assert done.changes == tuple(
        sorted(
            (
                PersonChange(Change.MERGED, "STR1", "suivi", old("Cœur"), new("Coeur"), 1),
                PersonChange(Change.MERGED, "STR1", "suivi", new("Coeur"), new("Coeur"), 1),
            ),
            key=lambda one: one.pseudonym_before,
        )
    )
    assert people(paths) == {(M03, 2): new("Coeur"), (M03, 3): new("Inventée"), (M06, 2): new("Coeur")}
    assert rows(paths, PSEUDONYM_KEYS, "key_version", "rule") == [(1, RULE)]
    # What was loaded stays as it was.
    assert rows(paths, ROW_ANSWERS, "return_id", "item", "row_number", "pseudonym") == loaded

    deliver_people(paths, ELSEWHERE, "CŒUR")
    collect(paths)
    assert people(paths)[ELSEWHERE, 2] == new("Coeur")
    again = relinked(paths)
    assert (again.rule_before, again.links, again.people, again.changes) == (RULE, 0, 0, ())
    assert len(rows(paths, PSEUDONYM_LINKS, "return_id")) == 1
    with open_warehouse(paths) as warehouse:
        everything = str([warehouse.execute(sa.select(sql_table(table))) for table in TABLES])
    assert not [name for name in CANARIES if name in everything + str(done)]


def test_two_people_of_one_table_who_become_one_are_reported(paths: ProjectPaths):
    begin_under_the_first_rule(paths)
    deliver_people(paths, M03, "Cœur", "Coeur")
    deliver_people(paths, M06, "Cœur")
    collect(paths)
    assert relinked(paths).twice == (M03,)
    assert relinked(paths).twice == ()


def test_a_declared_order_merges_and_splits_people(paths: ProjectPaths):
    deliver_people(paths, M03, "Martin-Durand", "Le Goff")
    deliver_people(paths, M06, "Durand Martin", "Legoff")
    collect(paths)
    assert people(paths)[M03, 2] != people(paths)[M06, 2]
    assert people(paths)[M03, 3] == people(paths)[M06, 3]
    in_any_order = declared(nom={"any_order": True})
    # Each collection says that people are identified otherwise, until they are linked again.
    for _ in range(2):
        (note,) = collect(paths, in_any_order).notes
        assert note.startswith("People in suivi version 1, Participants are identified otherwise than when earlier")
        assert "run essaim relink" in note
    done = relinked(paths, in_any_order)
    assert collect(paths, in_any_order).notes == []
    now = people(paths)
    assert now[M03, 2] == now[M06, 2]
    assert now[M03, 3] != now[M06, 3]
    merged = [one for one in done.changes if one.change is Change.MERGED]
    split = [one for one in done.changes if one.change is Change.SPLIT]
    assert {one.pseudonym for one in merged} == {now[M03, 2]}
    assert len({one.pseudonym_before for one in merged}) == 2
    assert {one.pseudonym for one in split} == {now[M03, 3], now[M06, 3]}
    assert {one.pseudonym_before for one in split} == {key_of(paths)("legoff")}
    assert {one.rows for one in done.changes} == {1}
    # A return that comes afterwards is read by the same declaration.
    deliver_people(paths, ELSEWHERE, "DURAND-MARTIN")
    collect(paths, in_any_order)
    assert people(paths)[ELSEWHERE, 2] == now[M03, 2]
    assert relinked(paths, in_any_order).links == 0


def test_a_row_that_the_new_identifiers_do_not_identify_keeps_its_pseudonym(paths: ProjectPaths):
    unnamed = [wb.person(prenom=None, nom=name) for name in ("Inventée", "Secrète")]
    deliver(paths, wb.book(people=[wb.person(), *unnamed], whose=wb.identity(M03)), workbook_name(M03))
    collect(paths)
    before = people(paths)
    by_first_name = declared(nom={"role": "free_text", "required": False}, naissance={"role": "free_text"})
    done = relinked(paths, by_first_name)
    assert done.unread == (UnreadReturn(M03, Unread.OTHER_ROWS, rows=2, following=0),)
    now = people(paths)
    assert now[M03, 2] != before[M03, 2]
    assert [now[M03, row] for row in (3, 4)] == [before[M03, row] for row in (3, 4)]


def test_rows_whose_original_is_gone_go_by_the_same_person_or_keep_their_pseudonym(paths: ProjectPaths):
    begin_under_the_first_rule(paths)
    deliver_people(paths, M03, "Cœur", "Œdipe")
    deliver_people(paths, M06, "Cœur")
    deliver_people(paths, ELSEWHERE, "Œdipe")
    collect(paths)
    old, new = key_of(paths, rule=1), key_of(paths)
    original_of(paths, M03).unlink()
    done = relinked(paths)
    assert done.unread == (UnreadReturn(M03, Unread.GONE, rows=2, following=1),)
    assert done.unread[0].kept == 1
    assert people(paths) == {
        (M03, 2): new("Coeur"),
        # The same pseudonym in another structure is no proof that the series of this one goes on with it.
        (M03, 3): old("Œdipe"),
        (M06, 2): new("Coeur"),
        (ELSEWHERE, 2): new("Oedipe"),
    }
    assert relinked(paths).links == 0
    assert rows(paths, PSEUDONYM_KEYS, "rule") == [(RULE,)]


def test_a_gone_person_who_is_several_now_keeps_the_pseudonym(paths: ProjectPaths):
    deliver_people(paths, M03, "LeGoff")
    collect(paths)
    deliver_people(paths, M06, "Le Goff")
    collect(paths)
    deliver(paths, wb.book(people=[wb.person(nom="Le-Goff", contrat="CDD")], whose=wb.identity(M06)), "other.xlsx", 3)
    deliver(paths, wb.book(people=[wb.person(nom="Legoff", heures=7)], whose=wb.identity(M06)), "third.xlsx", 4)
    collect(paths)
    original_of(paths, M03).unlink()
    before = people(paths)[M03, 2]
    done = relinked(paths, declared(nom={"any_order": True}))
    assert done.unread == (UnreadReturn(M03, Unread.GONE, rows=1, following=0),)
    assert people(paths)[M03, 2] == before


def test_an_original_that_the_folder_no_longer_declares_is_reported_and_the_others_are_relinked(paths: ProjectPaths):
    begin_under_the_first_rule(paths)
    deliver_people(paths, M03, "Cœur")
    deliver_people(paths, M06, "Cœur")
    collect(paths)
    whole = wb.programme()
    settings = whole.settings.model_dump(exclude_unset=True)
    settings["instruments"][0]["versions"][0]["occasions"] = ["M06"]
    without_m03 = whole.model_copy(update={"settings": type(whole.settings).model_validate(settings)})
    done = relinked(paths, without_m03)
    assert done.unread == (UnreadReturn(M03, Unread.UNREADABLE, rows=1, following=1),)
    assert set(people(paths).values()) == {key_of(paths)("Coeur")}


def test_people_are_recognised_across_two_keys(paths: ProjectPaths, monkeypatch: pytest.MonkeyPatch):
    deliver_people(paths, M03, "Inventée")
    collect(paths)
    monkeypatch.setenv("ESSAIM_PSEUDONYM_KEY", "ab" * 32)
    with pytest.raises(UsageError, match="differs from the key that was used as version 1"):
        relinked(paths)
    monkeypatch.setenv("ESSAIM_PSEUDONYM_KEY_VERSION", "2")
    done = relinked(paths)
    assert (done.rule_before, done.links) == (None, 1)
    assert people(paths) == {(M03, 2): key_of(paths)("Inventée")}
    assert rows(paths, PSEUDONYM_LINKS, "key_version") == [(2,)]
    assert rows(paths, PSEUDONYM_KEYS, "key_version", "rule") == [(1, RULE), (2, RULE)]


def test_a_content_that_comes_again_after_relinking_is_the_version_that_it_was(paths: ProjectPaths):
    begin_under_the_first_rule(paths)
    deliver_people(paths, M03, "Cœur")
    collect(paths)
    relinked(paths)
    deliver_people(paths, M03, "Cœur", day=9, name="again.xlsx")
    collect(paths)
    assert len(rows(paths, RETURNS, "return_id")) == 1
    deliver_people(paths, M03, "Coeur", "Inventée", day=10, name="other.xlsx")
    collect(paths)
    assert len(rows(paths, RETURNS, "return_id")) == 2


def test_a_run_that_fails_while_it_records_leaves_nothing(paths: ProjectPaths, monkeypatch: pytest.MonkeyPatch):
    begin_under_the_first_rule(paths)
    deliver_people(paths, M03, "Cœur")
    collect(paths)
    before = people(paths)
    from warehouse.duckdb_engine import DuckDBWarehouse
    from warehouse.postgres_engine import PostgreSQLWarehouse

    with monkeypatch.context() as patched:
        for engine in (DuckDBWarehouse, PostgreSQLWarehouse):
            patched.setattr(engine, "append", failing_after(engine.append))
        with pytest.raises(RuntimeError, match="killed"):
            relinked(paths)
    assert people(paths) == before
    assert rows(paths, PSEUDONYM_LINKS, "return_id") == []
    assert rows(paths, PSEUDONYM_KEYS, "rule") == [(None,)]
    assert relinked(paths).links == 1


def failing_after(append: Callable[..., None]) -> Callable[..., None]:
    def failing(self: object, table: object, lines: object) -> None:
        append(self, table, lines)
        if table is PSEUDONYM_LINKS:
            raise RuntimeError("killed")

    return failing


def test_a_run_as_of_a_day_before_the_last_one_is_refused(paths: ProjectPaths):
    begin_under_the_first_rule(paths)
    deliver_people(paths, M03, "Cœur")
    collect(paths)
    relinked(paths)
    with pytest.raises(UsageError, match="so that this one would have no effect"):
        relinked(paths, declared(nom={"any_order": True}), date(2019, 3, 30))
    assert len(rows(paths, PSEUDONYM_LINKS, "return_id")) == 1


def test_a_programme_that_identifies_nobody_is_refused(paths: ProjectPaths):
    with pytest.raises(UsageError, match="no pseudonym can be computed"):
        relinked(paths, wb.programme(wb.SHEETS[:1]))


def test_a_quarantined_return_whose_original_is_gone_does_not_end_the_collection(paths: ProjectPaths):
    deliver(paths, wb.book(people=[wb.person(contrat="Apprentissage")], whose=wb.identity(M03)), "one.xlsx")
    collect(paths)
    (paths.folder / "inbox" / "one.xlsx").unlink()
    for original in paths.landing.glob("??/*"):
        original.unlink()
    loaded = collect(paths, declared(contrat={"allowed_values": ["CDI", "Apprentissage"]}))
    assert loaded.notes == ["one.xlsx: its original is no longer kept, so it was not read again."]


@contextmanager
def written_programme(folder: Path):
    """Write the programme as a folder, with an outcome of its people."""
    programme = wb.programme()
    settings = programme.settings.model_dump(mode="json", exclude_unset=True)
    settings["participants"] = {"contract_kind": "contract"}
    (folder / "programme.yaml").write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    indicators = [line.model_dump(mode="json", exclude_unset=True) for line in programme.indicators]
    for line in indicators:
        if line["indicator_code"] == "contract":
            line.update(kind="choice", allowed_values="CDI|CDD|Intérim")
    tables = {
        "structures.csv": [line.model_dump(mode="json", exclude_unset=True) for line in programme.enrolments],
        "codebook.csv": indicators,
        "crosswalk.csv": [line.model_dump(mode="json", exclude_unset=True) for line in programme.crosswalk],
        "recodes.csv": [line.model_dump(mode="json", exclude_unset=True) for line in programme.recodes],
    }
    for name, lines in tables.items():
        pd.DataFrame(lines).to_csv(folder / name, index=False)
    yield


OUTCOMES = (
    "select pseudonym, occasion_code, is_seen, was_seen_before from analytics.participant_outcomes "
    "where enrolment_id = 'C-1/STR1' order by months, pseudonym"
)


def believed_before(old: str, new: str) -> list[tuple[Any, ...]]:
    """Return the outcomes of a person with two spellings, who is two people by the first rule."""
    rows = [(old, "M03", True, None), (old, "M06", False, True), (new, "M06", True, False)]
    return sorted(rows, key=lambda one: (one[1], one[0]))


def test_the_views_of_a_day_go_by_what_was_relinked_by_then(paths_with_views: ProjectPaths):
    paths, day = paths_with_views, date(2019, 4, 1)

    def outcomes(as_of: date) -> list[tuple[Any, ...]]:
        known_by = last_instant_of(as_of, wb.programme().zone)
        build_models(paths, "--select", "+participant_outcomes", as_of=as_of, known_by=known_by)
        with open_warehouse(paths) as warehouse:
            return [tuple(row) for row in warehouse.execute(sa.text(OUTCOMES))]

    with written_programme(paths.folder):
        begin_under_the_first_rule(paths)
        deliver_people(paths, M03, "Cœur")
        deliver_people(paths, M06, "Coeur")
        programme = read_programme(paths.folder)
        collect(paths, programme)
        old, new = key_of(paths, rule=1), key_of(paths)
        assert relinked(paths, programme, day).links == 1
        assert outcomes(day) == [(new("Coeur"), "M03", True, None), (new("Coeur"), "M06", True, True)]
        assert outcomes(AS_OF) == believed_before(old("Cœur"), new("Coeur"))


@pytest.mark.parametrize("paths", ["duckdb"], indirect=True)
def test_the_command_shows_who_would_be_merged_then_does_it(paths: ProjectPaths, capsys: pytest.CaptureFixture[str]):
    with written_programme(paths.folder):
        begin_under_the_first_rule(paths)
        deliver_people(paths, M03, "Cœur")
        deliver_people(paths, M06, "Coeur")
        command = succeeding(capsys, paths.folder)
        newer = f"rule {RULE} exists: run essaim relink"
        assert newer in command("collect", "--as-of", str(AS_OF)).err
        assert newer in essaim(capsys, "doctor", "--programme", str(paths.folder)).out.replace("\n", " ")
        old, new = key_of(paths, rule=1), key_of(paths)
        believed = believed_before(old("Cœur"), new("Coeur"))

        def outcomes() -> list[tuple[Any, ...]]:
            shown = json.loads(command("query", OUTCOMES, "--format", "json").out)
            return [tuple(row.values()) for row in shown]

        assert outcomes() == believed

        day = str(date(2019, 4, 1))
        would = command("relink", "--dry-run", "--as-of", day)
        assert f"Would relink 1 row of 1 pseudonym in 2 returns with tables of people, by rule {RULE}." in would.out
        assert new("Coeur")[:16] in would.out
        assert (rows(paths, PSEUDONYM_LINKS, "return_id"), rows(paths, PSEUDONYM_KEYS, "rule")) == ([], [(None,)])
        assert outcomes() == believed

        done = json.loads(command("relink", "--json", "--as-of", day).out)
        assert (done["links"], done["dry_run"], len(done["changes"])) == (1, False, 2)
        assert outcomes() == [(new("Coeur"), "M03", True, None), (new("Coeur"), "M06", True, True)]

        again = command("relink", "--as-of", day)
        assert again.out.endswith("Nothing to relink in 2 returns with tables of people.\n")
        assert newer not in essaim(capsys, "doctor", "--programme", str(paths.folder)).out.replace("\n", " ")
        printed = would.out + would.err + str(done) + again.out + again.err
        assert not [name for name in CANARIES if name in printed]
