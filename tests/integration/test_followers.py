"""Test who follows what in the loaded programme, on both engines."""

from datetime import date

import sqlalchemy as sa
from planned import programme

from schemas.programme import Programme
from schemas.settings import Environment, ProjectPaths
from schemas.tables import PROGRAMME_FOLLOWS, sql_table
from tasks.pipeline.planning import load_folder
from tasks.run import RunContext
from warehouse.connection import open_warehouse
from warehouse.runs import begin_run

BEFORE, AFTER = date(2018, 9, 1), date(2018, 9, 2)


def followed(paths: ProjectPaths, whole: Programme, day: date) -> list[str]:
    """Load a programme as of a day, and return the enrolments that somebody follows in it."""
    with open_warehouse(paths) as warehouse:
        stamp = begin_run(warehouse, run_id=f"collect-{day}", command="collect", as_of=day, zone=whole.zone)
        load_folder(warehouse, RunContext(paths, whole, Environment(), day, stamp), {})
        follows = sql_table(PROGRAMME_FOLLOWS).c
        rows = warehouse.execute(sa.select(follows.enrolment_id).where(follows.run_id == stamp.run_id))
    return sorted(enrolment_id for (enrolment_id,) in rows)


def test_who_follows_an_innovation_still_follows_an_enrolment_that_was_removed_from_the_folder(paths: ProjectPaths):
    whole = programme()
    assert followed(paths, whole, BEFORE) == ["LREF-1/FNICE", "VITA-1/ICARE", "VITA-1/IPSO"]
    fewer = whole.model_copy(
        update={"version": "1", "enrolments": [e for e in whole.enrolments if e.structure_code != "IPSO"]}
    )
    assert followed(paths, fewer, AFTER) == ["LREF-1/FNICE", "VITA-1/ICARE", "VITA-1/IPSO"]
