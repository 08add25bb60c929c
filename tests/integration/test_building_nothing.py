"""Test that a build makes nothing where no input changed, and again what a build left that did not end."""

import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from small_programme import AS_OF, Small, small_programme

from schemas.enums import DecisionKind
from schemas.errors import DbtError
from schemas.settings import Environment, ProjectPaths
from tasks.decisions import Decision, decide
from tasks.pipeline.planning import plan_expected_returns
from tasks.pipeline.views import build
from tasks.programme import read_programme
from tasks.run import recorded_run
from tasks.transform.dbt_build import Node
from warehouse.connection import open_warehouse

EVERYTHING = {"int_panel", "return_rates", "surveillance", "return_rates_is_sound"}
"""Some of the models and tests of a build of everything."""


MISSING = "C-1/STR2/M06/suivi"


def built(small: Small, day: date, decision: Decision | None = None) -> set[str]:
    """Build as of a day, after a decision about the missing return, and return what dbt ran."""
    nodes: list[Node] = []
    programme = read_programme(small.folder)
    with recorded_run(small.paths, programme, Environment(), command="build", as_of=day) as begun:
        run = plan_expected_returns(begun)
        if decision is not None:
            decide(run, decision, [MISSING], {})
        build(run, nodes.append)
    return {node.name for node in nodes}


def rows(paths: ProjectPaths, statement: str) -> list[tuple[Any, ...]]:
    with open_warehouse(paths) as warehouse:
        return warehouse.execute(sa.text(statement))


def test_what_no_changed_input_concerns_is_not_built(paths_with_views: ProjectPaths, monkeypatch: pytest.MonkeyPatch):
    with small_programme(monkeypatch, paths_with_views.folder, structures=("STR1", "STR2")) as small:
        small.add_participants("STR1", "STR2")
        small.answer("str1")
        small.collect(AS_OF)
        assert built(small, AS_OF) >= EVERYTHING
        assert built(small, AS_OF) == set()

        # A day later, only the views that read the day itself differ.
        late = "select days_late from analytics.return_status where state = 'missing' order by days_late limit 1"
        ((before,),) = rows(small.paths, late)
        assert built(small, AS_OF + timedelta(days=1)) == set()
        assert rows(small.paths, late) == [(before + 1,)]

        # A waiver changes the states of returns, and no answer.
        day = AS_OF + timedelta(days=1)
        waived = built(small, day, Decision(DecisionKind.WAIVE, None, "E", "invented"))
        assert {"fct_expected_return", "return_rates", "return_rates_is_sound"} <= waived
        assert {"int_item_values", "int_current_returns", "dim_enrolment"} & waived == set()
        assert built(small, day) == set()

        # On an earlier day, the waiver was not known.
        assert "fct_expected_return" in built(small, AS_OF)
        assert built(small, AS_OF) == set()


def test_after_a_build_that_failed_everything_is_built(paths_with_views: ProjectPaths, monkeypatch: pytest.MonkeyPatch):
    with small_programme(monkeypatch, paths_with_views.folder) as small:
        small.collect(AS_OF)
        built(small, AS_OF)
        rows(small.paths, "insert into raw.expected_returns select * from raw.expected_returns")
        with pytest.raises(DbtError, match="each_row_of_raw_is_there_once"):
            built(small, AS_OF)
        rows(small.paths, "create table raw.once as select distinct * from raw.expected_returns")
        rows(small.paths, "delete from raw.expected_returns")
        rows(small.paths, "insert into raw.expected_returns select * from raw.once")
        rows(small.paths, "drop table raw.once")
        assert built(small, AS_OF) >= EVERYTHING
        assert built(small, AS_OF) == set()

        rows(small.paths, "drop table analytics.return_rates")
        assert "return_rates" in built(small, AS_OF)


def test_a_run_that_builds_nothing_does_not_import_dbt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    with small_programme(monkeypatch, tmp_path) as small:
        small.collect(AS_OF)
        small.build_everything()
        program = (
            "import sys\nfrom datetime import date\nfrom pathlib import Path\n"
            "from flows.collect import rebuild\nfrom schemas.settings import Environment, ProjectPaths\n"
            f"rebuild(ProjectPaths(Path({str(small.folder)!r})), Environment(), 'build', date({AS_OF:%Y, %-m, %-d}))\n"
            "sys.exit('dbt' in sys.modules)"
        )
        ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
        assert ran.returncode == 0, ran.stderr
