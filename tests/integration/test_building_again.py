"""Test that an incremental build gives the same rows as a full build, for any data and any previous build."""

import random
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from building import build_all, build_models, what_is_broken
from running import EXAMPLE

from schemas.enums import Aggregation, IndicatorKind, Level
from schemas.errors import EssaimError
from schemas.instruments import NothingToReport
from schemas.programme import Programme
from schemas.programme_tables import Enrolment, Indicator
from schemas.settings import ProjectPaths
from schemas.tables import (
    ANSWERS,
    DECISIONS,
    PSEUDONYM_LINKS,
    RETURNS,
    ROW_ANSWERS,
    SOURCE_CHECKS,
    WITHDRAWALS,
    Row,
    Table,
    sql_table,
)
from tasks.programme import read_programme
from tasks.programme.rows import programme_rows
from tasks.schedule.expected_returns import changes_to_plan, plan
from tasks.transform.dbt_build import Node, models_version
from warehouse.connection import Warehouse, open_warehouse
from warehouse.known_plan import plan_known_by
from warehouse.loads import load_plan, load_programme, load_together
from warehouse.runs import begin_run, last_instant_of
from warehouse.views import are_all_built_by

KEPT = (
    "int_item_values",
    "int_observations",
    "int_panel",
    "int_derived_cells",
    "int_participants",
    "int_participant_paths",
    "int_balanced_indicators",
)
OF_ANSWERS = {"int_observations": "value_text", "int_participants": "contract_kind"}
"""Models that keep the rows of an enrolment without new answers, each with one of its columns."""
VIEWS = {"stg_decisions", "fct_observation", "cohort_panel", "return_status"}
"""Some of the models that are views."""
FIRST, SECOND, THIRD = date(2017, 8, 31), date(2018, 2, 28), date(2018, 3, 31)
MARKED = "SOLENI-1/S18"
NOTHING, CUMULATIVE, ACCUMULATING = "Bilan!rien", "persons_returned_to_work", "persons_concerned"
CELLS = {"emploi": ["oui", "non", "nc", None], "contrat": ["CDI", "CDD", None], "formation": ["oui", "non", None]}


@pytest.fixture(scope="module")
def programme() -> Programme:
    """Return the reference programme with five dozen more structures that follow participants.

    One of its series is broken, one of its indicators accumulates, and one is the ratio of another to it. Its workbooks
    can say that there is nothing to report: numbers are zero then, or unchanged.
    """
    read = read_programme(EXAMPLE)
    more = [
        Enrolment(structure_code=f"S{n}", structure_name=f"S{n}", cohort_code="SOLENI-1", is_invented=True)
        for n in range(60)
    ]
    lines = [
        line.model_copy(update={"break_reason": "asked otherwise"})
        if (line.instrument_code, line.version, line.indicator_code) == ("tableau", 2, "persons_concerned")
        else line
        for line in read.crosswalk
    ]
    # The first version asks it too, so that a later value can be unchanged.
    lines += [one.model_copy(update={"version": 1}) for one in lines if one.indicator_code == CUMULATIVE]
    says_nothing = NothingToReport(item=NOTHING, values=["oui"])
    instruments = [
        one.model_copy(update={"nothing_to_report": says_nothing}) if one.code == "tableau" else one
        for one in read.settings.instruments
    ]
    indicators = [
        one.model_copy(
            update={
                "zero_if_nothing": True,
                "is_cumulative": one.indicator_code == CUMULATIVE,
                "accumulates": one.indicator_code == ACCUMULATING,
            }
        )
        if one.kind.is_numeric and one.level is Level.STRUCTURE
        else one
        for one in read.indicators
    ]
    ratio = Indicator(
        indicator_code="return_rate",
        level=Level.STRUCTURE,
        kind=IndicatorKind.NUMBER,
        over_structures=Aggregation.SUM,
        is_core=False,
        publication_rank=9,
        formula=f"{CUMULATIVE} / {ACCUMULATING}",
    )
    return read.model_copy(
        update={
            "version": "with more",
            "settings": read.settings.model_copy(update={"instruments": instruments}),
            "enrolments": [*read.enrolments, *more],
            "indicators": [*indicators, ratio],
            "crosswalk": lines,
        }
    )


class History:
    """Generate random received data: returns on time or late, further versions, quarantine and correction.

    Some returns are withdrawn, and restored; some people are relinked. Of some returns, they or a decision say that
    there is nothing to report.
    """

    def __init__(self, seed: int, paths: ProjectPaths) -> None:
        self._draw = random.Random(seed)
        self._paths = paths
        self._quarantined: list[dict[str, Any]] = []
        self._withdrawn: set[str] = set()
        self._decided: set[str] = set()
        self._runs = 0

    def collect(self, programme: Programme, day: date, untouched: str = "") -> None:
        """Run a collection in which each expected return that is due by then may change."""
        self._runs += 1
        owed = [
            row
            for row in plan(programme)
            if row["instrument_code"] in ("participants", "tableau")
            and str(row["enrolment_id"]).startswith("SOLENI-1/")
            and row["opens_on"] <= day  # pyright: ignore[reportOperatorIssue] a day
        ]
        with open_warehouse(self._paths) as warehouse:
            stamp = begin_run(
                warehouse,
                run_id=f"run {self._runs}",
                command="collect",
                as_of=day,
                zone=programme.zone,
            )
            load_programme(warehouse, programme.version, programme_rows(programme), stamp)
            load_plan(warehouse, changes_to_plan(plan_known_by(warehouse, stamp).planned, programme, day), stamp)
            rows: dict[Table, list[dict[str, Any]]] = {
                SOURCE_CHECKS: [{"source_id": "inbox", "outcome": "read", "detail": None}]
            }
            rows |= {table: [] for table in (RETURNS, ANSWERS, ROW_ANSWERS, WITHDRAWALS, DECISIONS)}
            rows[PSEUDONYM_LINKS] = [*self._links(warehouse, untouched)]
            for one in self._quarantined:
                self._return({**one, "outcome": "loaded"}, programme, rows)
            self._quarantined = []
            for expected in owed:
                if not untouched or not str(expected["enrolment_id"]).startswith(untouched):
                    self._happen(expected, day, programme, rows)
            load_together(warehouse, rows, stamp)
            warehouse.checkpoint()

    def _links(self, warehouse: Warehouse, untouched: str) -> Iterator[dict[str, Any]]:
        """Yield links of some rows that earlier runs loaded: two people of a structure become one."""
        cells = sql_table(ROW_ANSWERS).c
        columns = [cells[name] for name in ("return_id", "sheet_name", "row_number", "pseudonym")]
        for return_id, sheet_name, row_number, pseudonym in warehouse.execute(
            sa.select(*columns).distinct().order_by(*columns)
        ):
            if (not untouched or not return_id.startswith(untouched)) and self._draw.random() < 0.2:
                yield {
                    "return_id": return_id,
                    "sheet_name": sheet_name,
                    "row_number": row_number,
                    "pseudonym": f"{pseudonym.split()[0]} {self._draw.randint(0, 1)}",
                    "key_version": 1,
                }

    def _happen(self, expected: Row, day: date, programme: Programme, rows: dict[Table, list[dict[str, Any]]]) -> None:
        id_ = str(expected["expected_return_id"])
        for sequence in range(self._draw.choice([0, 1, 1, 2])):
            answered_on = day - timedelta(days=self._draw.randint(0, 150))
            outcome = self._draw.choice(["loaded", "loaded", "loaded", "quarantined"])
            returned = {
                "return_id": f"{id_}@{answered_on}#{sequence} of run {self._runs}",
                "expected_return_id": id_,
                "source_id": "inbox",
                "receipt_id": "of the test",
                "origin": "of the test.xlsx",
                "respondent": "",
                "programme_version": "of the test",
                "content_sha256": "of the test",
                "sequence": sequence,
                "is_submitted": True,
                "answered_at": datetime.combine(answered_on, time(10)),
                "answered_on": answered_on,
                "outcome": outcome,
            }
            if outcome == "quarantined":
                self._quarantined.append(returned)
            self._return(returned, programme, rows)
        if self._draw.random() < 0.2:
            self._decided ^= {id_}
            decision = {"kind": "nothing", "subject_id": id_, "is_undone": id_ not in self._decided}
            rows[DECISIONS].append({**decision, "decided_on": day, "author": "E", "reason": "of the test"})
        if self._draw.random() < 0.1:
            self._withdrawn ^= {id_}
            is_withdrawn = id_ in self._withdrawn
            columns = {"expected_return_id": id_, "respondent": "", "source_id": "inbox", "is_withdrawn": is_withdrawn}
            rows[WITHDRAWALS].append({**columns, "reason": "vanished" if is_withdrawn else "restored"})

    def _return(self, returned: dict[str, Any], programme: Programme, rows: dict[Table, list[dict[str, Any]]]) -> None:
        rows[RETURNS].append(returned)
        if returned["outcome"] != "loaded":
            return
        _, structure, _, instrument = returned["expected_return_id"].split("/")
        if instrument == "tableau":
            nothing = self._draw.choice(["oui", None, None])
            drawn = {
                item: self._draw.choice([None, "0", "nc"] if nothing else [*"34567893456789", "oui", "nc", None])
                for item in sorted({line.item for line in programme.crosswalk if line.instrument_code == instrument})
            }
            rows[ANSWERS] += [
                {
                    "return_id": returned["return_id"],
                    "item": item,
                    "question_code": item,
                    "part": "value",
                    "value_text": text,
                }
                for item, text in {**drawn, NOTHING: nothing}.items()
            ]
            return
        people = self._draw.sample(range(5), self._draw.randint(0, 5))
        rows[ROW_ANSWERS] += [
            {
                "return_id": returned["return_id"],
                "sheet_name": "Participants",
                "row_number": row,
                "pseudonym": f"{structure} {person}",
                "key_version": 1,
                "item": f"Participants!{column}",
                "value_text": self._draw.choice(texts),
                "column_letters": "D",
            }
            for row, person in enumerate([*people, *people[:1]], start=2)
            for column, texts in CELLS.items()
        ]


def test_what_is_kept_is_what_a_full_build_makes(paths: ProjectPaths, programme: Programme) -> None:
    history = History(10, paths)
    history.collect(programme, FIRST)
    build(paths, programme, FIRST)
    counts = {name: len(rows(paths, name)) for name in KEPT}
    assert min(counts.values()) > 5, counts

    history.collect(programme, SECOND, untouched="SOLENI-1/S1")
    for name, column in OF_ANSWERS.items():
        kept = sa.table(name, sa.column("enrolment_id"), sa.column(column), schema="intermediate")
        change(paths, sa.update(kept).where(kept.c.enrolment_id == MARKED).values({column: "mark"}))
    for name in KEPT:  # as after an interrupted build
        key = "expected_return_id" if name == "int_item_values" else "enrolment_id"
        kept = sa.table(name, sa.column(key), schema="intermediate")
        change(paths, sa.delete(kept).where(sa.or_(*(kept.c[key].like(f"SOLENI-1/{s}%") for s in ("S3", "S4")))))
    build(paths, programme, SECOND)
    assert all(any("'B'" in row for row in rows(paths, name)) for name in ("int_panel", "int_derived_cells"))
    panel = rows(paths, "int_panel")
    assert any("'nothing_to_report'" in row for row in panel)
    unchanged = sa.text("select count(*) from intermediate.int_panel where is_unchanged")
    with open_warehouse(paths) as warehouse:
        assert warehouse.execute(unchanged)[0][0] > 0
    # No data was received for the enrolment, so its rows are kept.
    assert all(any("'mark'" in row for row in rows(paths, name)) for name in OF_ANSWERS)
    same_as_full(paths, programme, SECOND)

    # There is no new occasion: the new returns belong to occasions of an earlier build.
    history.collect(programme, THIRD)
    build(paths, programme, THIRD)
    same_as_full(paths, programme, THIRD)

    # The column type changed between two versions of the models: the first build of a version rebuilds every table.
    change(
        paths, sa.text("alter table intermediate.int_participants alter inputs type text using cast(inputs as text)")
    )
    build(paths, programme, FIRST, "--full-refresh")  # a day before the last build
    same_as_full(paths, programme, FIRST)

    recodes = [line for line in programme.recodes if line.source_value != "CDD"]
    edited = programme.model_copy(update={"version": "edited", "recodes": recodes})
    history.collect(edited, FIRST)
    build(paths, edited, FIRST)
    same_as_full(paths, edited, FIRST)


def test_what_did_not_pass_is_tested_again_and_what_did_is_not(programme: Programme, tmp_path: Path) -> None:
    paths = ProjectPaths(tmp_path, in_file=True)
    history = History(7, paths)
    history.collect(programme, FIRST)
    moment: dict[str, Any] = {"as_of": FIRST, "known_by": last_instant_of(FIRST, programme.zone)}
    first: list[Node] = []
    build_all(paths, **moment, observe=first.append)

    history.collect(programme, SECOND)
    answer_twice(paths, sql_table(ANSWERS).c.loaded_at.asc())
    new = answer_twice(paths, sql_table(ANSWERS).c.loaded_at.desc())
    moment: dict[str, Any] = {"as_of": SECOND, "known_by": last_instant_of(SECOND, programme.zone)}
    # Both builds test the new return; neither tests the old one, which passed before.
    for _ in range(2):
        again: list[Node] = []
        with pytest.raises(EssaimError) as refused:
            build_all(paths, **moment, observe=again.append)
        assert f' each_answer_is_there_once: 2 rows violate "{new}". ' in str(refused.value)
        # The views that read the failed table exist already: they are tested again, not rebuilt.
        assert made(first) - made(again) >= VIEWS
        assert made(again) & VIEWS == set()
        assert "return_status_is_sound" in {node.name for node in again}


def test_of_what_is_kept_the_rows_of_new_inputs_are_tested_and_no_others(programme: Programme, tmp_path: Path) -> None:
    paths = ProjectPaths(tmp_path, in_file=True)
    moment: dict[str, Any] = {"as_of": FIRST, "known_by": last_instant_of(FIRST, programme.zone)}
    History(7, paths).collect(programme, FIRST)
    inputs = ("+int_cohort_inputs", "+int_participant_path_inputs", "int_tested_inputs")
    build_models(paths, "--select", "+cohort_panel", *inputs, **moment)
    one = f"enrolment_id = '{MARKED}' and occasion_code"
    for statement in (
        f"update intermediate.int_panel_inputs set is_tested = not ({one} = 'M06')",
        f"insert into intermediate.int_panel select * from intermediate.int_panel where {one} in ('M06', 'M12')",
    ):
        change(paths, sa.text(statement))
    of_structures = sum(one.level == "structure" and one.formula is None for one in programme.indicators)
    assert what_is_broken(paths, "cohort_panel", **moment) == {
        "cohort_panel has one row for each enrolment_id, occasion_code, indicator_code": of_structures
    }


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("drop table intermediate.int_built_models", "no build has come to its end"),
        ("update intermediate.int_built_models set models = 'earlier'", "one of these models has not"),
        ("update staging.stg_moment set models = 'later'", "one of other models has begun since"),
    ],
)
def test_views_are_made_again_unless_the_last_build_by_these_models_made_all(
    paths: ProjectPaths, programme: Programme, statement: str, why: str
) -> None:
    moment: dict[str, Any] = {"as_of": FIRST, "known_by": last_instant_of(FIRST, programme.zone)}
    History(7, paths).collect(programme, FIRST)
    build_models(paths, "--select", "stg_moment", "int_built_models", **moment)
    with open_warehouse(paths) as warehouse:
        assert are_all_built_by(warehouse, models_version())
    change(paths, sa.text(statement))
    with open_warehouse(paths) as warehouse:
        assert not are_all_built_by(warehouse, models_version()), why


def test_a_build_reports_which_model_violates_its_tests(programme: Programme, paths: ProjectPaths) -> None:
    History(7, paths).collect(programme, FIRST)
    table = sql_table(RETURNS)
    with open_warehouse(paths) as warehouse:
        held = warehouse.execute(sa.select(table).order_by(table.c.return_id).limit(2))
        odd = [{**dict(zip(table.c.keys(), one, strict=True)), "outcome": "odd", "run_id": "!"} for one in held]
        warehouse.append(RETURNS, odd)
        warehouse.checkpoint()
    with pytest.raises(EssaimError) as refused:
        build_all(paths, as_of=FIRST, known_by=last_instant_of(FIRST, programme.zone))
    assert ' stg_returns_is_sound: 2 rows violate "outcome is one of loaded, quarantined". ' in str(refused.value)


def made(nodes: list[Node]) -> set[str]:
    return {node.name for node in nodes if node.kind == "model"}


def answer_twice(paths: ProjectPaths, order: sa.ColumnElement[Any]) -> str:
    """Load an existing answer again (no run does), and return the rule that this violates."""
    table = sql_table(ANSWERS)
    with open_warehouse(paths) as warehouse:
        (held,) = warehouse.execute(sa.select(table).order_by(order).limit(1))
        answer = dict(zip(table.c.keys(), held, strict=True))
        warehouse.append(ANSWERS, [answer])
        warehouse.checkpoint()
    return f"return {answer['return_id']} has one answer to {answer['item']}"


def build(paths: ProjectPaths, programme: Programme, day: date, *arguments: str) -> None:
    some = arguments if "--select" in arguments else (*arguments, "--select", *(f"+{name}" for name in KEPT))
    build_models(paths, *some, as_of=day, known_by=last_instant_of(day, programme.zone))


def same_as_full(paths: ProjectPaths, programme: Programme, day: date) -> None:
    def unmarked() -> list[list[str]]:
        return [[row for row in rows(paths, name) if MARKED not in row] for name in KEPT]

    kept = unmarked()
    # On PostgreSQL, the view of two of them goes with them.
    build(paths, programme, day, "--select", *KEPT, "int_cells", "--full-refresh")
    assert kept == unmarked()


def rows(paths: ProjectPaths, name: str) -> list[str]:
    with open_warehouse(paths) as warehouse:
        return sorted(
            map(repr, warehouse.execute(sa.select(sa.text("*")).select_from(sa.text(f"intermediate.{name}"))))
        )


def change(paths: ProjectPaths, statement: sa.Executable) -> None:
    with open_warehouse(paths) as warehouse:
        warehouse.execute(statement)
        warehouse.checkpoint()


def test_a_model_that_violates_its_tests_is_reported_with_each_rule_and_the_number_of_rows(
    paths: ProjectPaths, programme: Programme
):
    moment: dict[str, Any] = {"as_of": FIRST, "known_by": last_instant_of(FIRST, programme.zone)}
    History(7, paths).collect(programme, FIRST)
    build_models(paths, "--select", "+fct_expected_return", "+dim_occasion", **moment)
    assert what_is_broken(paths, "fct_expected_return", **moment) == {}

    table = "marts.fct_expected_return"
    for statement in (
        f"alter table {table} alter column opens_on drop not null",
        f"update {table} set state = 'odd' where enrolment_id in ('SOLENI-1/S11', 'SOLENI-1/S12')",
        f"update {table} set opens_on = null where enrolment_id = 'SOLENI-1/S12'",
        f"update {table} set n_core_items_with_value = n_core_items + 1 where enrolment_id = 'SOLENI-1/S13'",
        f"insert into {table} select * from {table} where enrolment_id = 'SOLENI-1/S14'",
    ):
        change(paths, sa.text(statement))
    states = (
        "scheduled, open, partial, quarantined, received, late, nothing_to_report, missing, unverifiable, waived, left"
    )
    of_each = 9  # expected returns of an enrolment
    assert what_is_broken(paths, "fct_expected_return", **moment) == {
        "fct_expected_return has one row for each expected_return_id": of_each,
        "opens_on is never null": of_each,
        f"state is one of {states}": 2 * of_each,
        "core_items_with_value_are_answered_and_asked": of_each,
    }
