"""Load the survey into a database in one of several ways: `python -m benchmarks.surveys.candidates NAME URL TARGET`.

The output is JSON: wall and CPU seconds of each step, the number of rows, and the peak memory.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import orjson

from benchmarks.surveys.programme import SURVEY, USER

PAGE = 5000
PROGRAMME, DATABASE = Path("programme"), "database.duckdb"


class Steps:
    """Measure the steps of a candidate: wall seconds, and CPU seconds of all its threads and ended child processes."""

    def __init__(self) -> None:
        """Begin without measurements."""
        self.seconds: dict[str, float] = {}
        self.cpu_seconds: dict[str, float] = {}

    def __call__(self, name: str, work: Callable[[], Any]) -> Any:
        """Run a step and add its seconds."""
        began, cpu_began = time.perf_counter(), sum(os.times()[:4])
        answer = work()
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - began
        self.cpu_seconds[name] = self.cpu_seconds.get(name, 0.0) + sum(os.times()[:4]) - cpu_began
        return answer


def essaim(url: str, target: str | None, steps: Steps) -> int:
    """Fetch and load like `essaim collect`; a second fetch of the unchanged survey is a separate step."""
    from schemas.settings import Environment, ProjectPaths
    from tasks.pipeline.planning import plan_expected_returns, surveys_to_read
    from tasks.pipeline.surveys import fetch_survey, load_survey
    from tasks.programme import read_programme
    from tasks.run import recorded_run
    from tasks.validation.gx import great_expectations

    os.environ |= {
        "ESSAIM_LIMESURVEY_URL": url,
        "ESSAIM_LIMESURVEY_USERNAME": USER.name,
        "ESSAIM_LIMESURVEY_PASSWORD": USER.password,
    }
    if target:
        os.environ["ESSAIM_WAREHOUSE_URL"] = target
    programme = read_programme(PROGRAMME)
    great_expectations()
    with recorded_run(
        ProjectPaths(PROGRAMME), programme, Environment(), command="collect", as_of=date(2026, 12, 31)
    ) as begun:
        run = steps("plan", lambda: plan_expected_returns(begun))
        (survey,) = surveys_to_read(run)
        fetched = steps("fetch", lambda: fetch_survey(run, survey))
        loaded = steps("load", lambda: load_survey(run, fetched))
        assert not loaded.trouble, loaded
        (again,) = surveys_to_read(run, only_changed=True)
        looked = steps("look again", lambda: fetch_survey(run, again))
        steps("look again", lambda: load_survey(run, looked))
    return loaded.count


def essaim_answers_only(url: str, target: str | None, steps: Steps) -> int:
    """Parse and load with Essaim, without originals, versions, checks or assignment."""
    import pandas  # noqa: F401 Arrow imports it with its first array
    import pyarrow as pa

    from schemas.settings import ProjectPaths
    from schemas.tables import ANSWERS
    from tasks.limesurvey import LimeSurvey, responses_of
    from tasks.surveys.rows import answers_of
    from warehouse.connection import open_warehouse
    from warehouse.loads import load_together
    from warehouse.runs import Stamp, utc_now

    if target:
        os.environ["ESSAIM_WAREHOUSE_URL"] = target
    with LimeSurvey(url, username=USER.name, password=USER.password) as server:
        questionnaire = server.questionnaire(SURVEY)
    pages: list[bytes] = steps("fetch", lambda: list(_citric_pages(url)))

    def answers() -> Iterator[pa.Table]:
        for first in range(0, len(pages), 8):
            responses = pa.concat_tables([responses_of(page) for page in pages[first : first + 8]])
            ids = pa.concat_arrays(responses.column("id").cast(pa.string()).chunks)
            yield answers_of(ids, responses, questionnaire)

    with open_warehouse(ProjectPaths(PROGRAMME)) as warehouse:
        stamp = Stamp("answers-only", utc_now(), utc_now())
        steps("load", lambda: load_together(warehouse, {ANSWERS: answers()}, stamp))
        steps("load", warehouse.checkpoint)
    return sum(page.count(b'"submitdate":') for page in pages)


def bytes_only(url: str, _target: str | None, steps: Steps) -> int:
    """Fetch the exported files of all pages and decode their base64: the common part of all candidates."""
    return steps("fetch", lambda: sum(page.count(b'"submitdate":') for page in _citric_pages(url)))


def _citric_pages(url: str) -> Iterator[bytes]:
    from citric import Client

    with Client(url, USER.name, USER.password) as client:
        summary = client.get_summary(SURVEY)
        count = int(summary["full_responses"])
        for first in range(1, count + 1, PAGE):
            yield client.export_responses(
                SURVEY, file_format="json", from_response_id=first, to_response_id=first + PAGE - 1
            )


def citric_pandas(url: str, target: str | None, steps: Steps) -> int:
    """Load citric's export with `to_sql`, one pandas frame per page."""
    import pandas as pd
    import sqlalchemy as sa

    engine = sa.create_engine((target or f"duckdb:///{DATABASE}").replace("postgresql://", "postgresql+psycopg://"))
    count = 0
    pages = _citric_pages(url)
    while (content := steps("fetch", lambda: next(pages, None))) is not None:
        rows = steps("load", lambda content=content: orjson.loads(content)["responses"])
        frame = steps("load", lambda rows=rows: pd.DataFrame(rows))
        frame.columns = [name.replace("[", "_").replace("]", "") for name in frame.columns]
        steps(
            "load",
            lambda frame=frame: frame.to_sql(
                "responses", engine, if_exists="append", index=False, chunksize=500, method="multi"
            ),
        )
        count += len(rows)
    return count


def _dlt(name: str, url: str, target: str | None, steps: Steps, made: Callable[[bytes], Any]) -> int:
    import dlt

    @dlt.resource(name="responses", write_disposition="append", max_table_nesting=0)
    def responses() -> Iterator[Any]:
        for content in _citric_pages(url):
            yield made(content)

    destination = dlt.destinations.postgres(target) if target else dlt.destinations.duckdb(DATABASE)
    pipeline = dlt.pipeline(name, destination=destination, dataset_name=name, pipelines_dir="dlt")
    # The fastest intermediate file format for each database.
    steps("extract", lambda: pipeline.extract(responses(), loader_file_format="csv" if target else "parquet"))
    steps("load", pipeline.normalize)
    steps("load", pipeline.load)
    with pipeline.sql_client() as client:
        return client.execute_sql("select count(*) from responses")[0][0]


def dlt_objects(url: str, target: str | None, steps: Steps) -> int:
    """Load citric's export with dlt as Python objects."""
    return _dlt("dlt_objects", url, target, steps, lambda content: orjson.loads(content)["responses"])


def dlt_arrow(url: str, target: str | None, steps: Steps) -> int:
    """Load the pages with dlt as Arrow tables from Essaim's reader, the fastest configuration of dlt."""
    from tasks.limesurvey import responses_of

    return _dlt("dlt_arrow", url, target, steps, responses_of)


def bulk(_url: str, target: str | None, steps: Steps) -> int:
    """Load the rows of `raw.answers` and `raw.returns` that Essaim loaded with the bulk load of the engine.

    DuckDB reads Parquet files, PostgreSQL uses COPY from CSV. The files are read once before, so that they are in the
    page cache.
    """
    import duckdb

    names = ("answers", "returns")
    if target is None:
        with duckdb.connect(DATABASE) as connection:
            connection.execute("set memory_limit = '512MB'")
            for name in names:
                Path(f"{name}.parquet").read_bytes()
                load = f"create table {name} as from '{name}.parquet'"
                steps("load", lambda load=load: connection.execute(load).fetchall())
            steps("load", lambda: connection.execute("checkpoint").fetchall())
            return connection.execute("select count(*) from answers").fetchall()[0][0]
    import psycopg

    with psycopg.connect(target) as connection, connection.cursor() as cursor:
        cursor.execute("create schema bulk")

        def copy(name: str) -> None:
            with (
                cursor.copy(f"copy bulk.{name} from stdin (format csv)") as into,
                Path(f"{name}.csv").open("rb") as file,
            ):
                while block := file.read(1 << 20):
                    into.write(block)

        for name in names:
            cursor.execute(f"create table bulk.{name} (like raw.{name})")
            Path(f"{name}.csv").read_bytes()
            steps("load", lambda name=name: copy(name))
        steps("load", connection.commit)
        return cursor.execute("select count(*) from bulk.answers").fetchone()[0]


CANDIDATES = {
    "essaim": essaim,
    "bytes only": bytes_only,
    "bulk load": bulk,
    "essaim, answers only": essaim_answers_only,
    "dlt, Python objects": dlt_objects,
    "dlt, Arrow": dlt_arrow,
    "citric + pandas to_sql": citric_pandas,
}


def main() -> None:
    """Run one candidate in the current directory."""
    name, url, target = sys.argv[1:4]
    steps = Steps()
    count = CANDIDATES[name](url, target or None, steps)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    result = {"rows": count, "seconds": steps.seconds, "cpu_seconds": steps.cpu_seconds, "peak_mb": peak}
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
