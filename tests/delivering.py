"""Deliver workbooks to the small programme of `bookkeeping`, and collect them in this process."""

import os
from datetime import UTC, date, datetime
from typing import Any

import bookkeeping as wb
import sqlalchemy as sa
from openpyxl import Workbook

from schemas.programme import Programme
from schemas.settings import Environment, ProjectPaths
from schemas.tables import Table, sql_table
from tasks.pipeline.planning import plan_expected_returns
from tasks.pipeline.workbooks import check_workbooks, load_workbooks, read_workbooks
from tasks.records import Loaded
from tasks.run import recorded_run
from tasks.workbooks import workbook_name
from warehouse.connection import open_warehouse

AS_OF = date(2019, 3, 31)
NAME = workbook_name(wb.RETURN)


def deliver(paths: ProjectPaths, made: Workbook, name: str = NAME, day: int = 1) -> None:
    """Write a workbook into the inbox, dated a day of February 2019."""
    folder = paths.folder / "inbox"
    folder.mkdir(exist_ok=True)
    (folder / name).write_bytes(wb.content(made))
    written = datetime(2019, 2, day, 12, tzinfo=UTC).timestamp()
    os.utime(folder / name, (written, written))


def collect(paths: ProjectPaths, programme: Programme | None = None, as_of: date = AS_OF) -> Loaded:
    """Run all steps of a collection that concern workbooks, except the build of the views."""
    whole = programme or wb.programme()
    (paths.folder / "inbox").mkdir(exist_ok=True)
    with recorded_run(paths, whole, Environment(), command="collect", as_of=as_of) as begun:
        run = plan_expected_returns(begun)
        readings = read_workbooks(run)
        (loaded,) = load_workbooks(run, readings, check_workbooks(run, readings))
    return loaded


def rows(paths: ProjectPaths, table: Table, *names: str) -> list[tuple[Any, ...]]:
    with open_warehouse(paths) as warehouse:
        columns = sql_table(table).c
        chosen = [columns[name] for name in names]
        return warehouse.execute(sa.select(*chosen).order_by(columns.loaded_at, *chosen))
