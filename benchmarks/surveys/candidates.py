"""Each way to get the survey into a database, run in a process of its own: `python -m benchmarks.surveys.candidates`.

What is printed is JSON: seconds of each step, rows, and the peak of memory of the process.
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

import pyarrow as pa

from benchmarks.surveys.programme import SURVEY, USER

PAGE = 5000
PROGRAMME, DATABASE = Path("programme"), "database.duckdb"


class Steps:
    """Seconds of each step of a candidate."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def __call__(self, name: str, work: Callable[[], Any]) -> Any:
        """Do some work and count its seconds."""
        began = time.perf_counter()
        answer = work()
        self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - began
        return answer


def essaim(url: str, target: str | None, steps: Steps) -> int:
    """The fetching and loading of `essaim collect`; a second look at the unchanged survey is a step of its own."""
    from schemas.settings import Places
    from tasks.collection import fetch_survey, load_survey, plan_expected_returns, surveys_to_read
    from tasks.context import recorded_run
    from tasks.programme import read_programme
    from tasks.quality import great_expectations

    os.environ |= {
        "ESSAIM_LIMESURVEY_URL": url,
        "ESSAIM_LIMESURVEY_USERNAME": USER.name,
        "ESSAIM_LIMESURVEY_PASSWORD": USER.password,
    }
    if target:
        os.environ["ESSAIM_WAREHOUSE_URL"] = target
    programme = read_programme(PROGRAMME)
    great_expectations()
    with recorded_run(Places(PROGRAMME), programme, command="collect", as_of=date(2026, 12, 31)) as run:
        steps("plan", lambda: plan_expected_returns(run, programme))
        (survey,) = surveys_to_read(run, programme)
        fetched = steps("fetch", lambda: fetch_survey(run, programme, survey))
        loaded = steps("load", lambda: load_survey(run, programme, fetched))
        assert not loaded.trouble, loaded
        (again,) = surveys_to_read(run, programme, only_changed=True)
        looked = steps("look again", lambda: fetch_survey(run, programme, again))
        steps("look again", lambda: load_survey(run, programme, looked))
    return loaded.count


def bytes_only(url: str, _target: str | None, steps: Steps) -> int:
    """The same pages through the same client, and nothing done with them: what no loading can do without."""
    from tasks.limesurvey import LimeSurvey

    def read() -> int:
        with LimeSurvey(url, username=USER.name, password=USER.password, page_size=PAGE) as server:
            return sum(len(page.ids) for page in server.response_pages(SURVEY))

    return steps("fetch", read)


def _citric_pages(url: str) -> Iterator[bytes]:
    from citric import Client

    with Client(url, USER.name, USER.password) as client:
        first = 1
        while True:
            content = client.export_responses(
                SURVEY, file_format="json", from_response_id=first, to_response_id=first + PAGE - 1
            )
            if content.startswith(b'{"responses": []') or not json.loads(content)["responses"]:
                return
            yield content
            first += PAGE


def citric_pandas(url: str, target: str | None, steps: Steps) -> int:
    """Citric's export, a pandas frame a page, `to_sql`."""
    import pandas as pd
    import sqlalchemy as sa

    engine = sa.create_engine((target or f"duckdb:///{DATABASE}").replace("postgresql://", "postgresql+psycopg://"))
    count = 0
    pages = _citric_pages(url)
    while (content := steps("fetch", lambda: next(pages, None))) is not None:
        rows = json.loads(content)["responses"]
        frame = pd.DataFrame(rows)
        frame.columns = [name.replace("[", "_").replace("]", "") for name in frame.columns]
        steps(
            "load",
            lambda frame=frame: frame.to_sql(
                "responses", engine, if_exists="append", index=False, chunksize=500, method="multi"
            ),
        )
        count += len(rows)
    return count


def _dlt(url: str, target: str | None, steps: Steps, made: Callable[[bytes], Any]) -> int:
    import dlt

    @dlt.resource(name="responses", write_disposition="append")
    def responses() -> Iterator[Any]:
        for content in _citric_pages(url):
            yield made(content)

    destination = dlt.destinations.postgres(target) if target else dlt.destinations.duckdb(DATABASE)
    pipeline = dlt.pipeline("survey", destination=destination, dataset_name="survey", pipelines_dir="dlt")
    steps("extract", lambda: pipeline.extract(responses(), loader_file_format=None if target else "parquet"))
    steps("load", pipeline.normalize)
    steps("load", pipeline.load)
    return pipeline.last_trace.last_normalize_info.row_counts["responses"]


def dlt_objects(url: str, target: str | None, steps: Steps) -> int:
    """What citric's export gives, as Python objects, with dlt."""
    return _dlt(url, target, steps, lambda content: json.loads(content)["responses"])


def dlt_arrow(url: str, target: str | None, steps: Steps) -> int:
    """Arrow tables made of the same pages with dlt: its fastest configuration."""

    def table(content: bytes) -> pa.Table:
        return pa.Table.from_pylist(json.loads(content)["responses"])

    return _dlt(url, target, steps, table)


def bulk(_url: str, target: str | None, steps: Steps) -> int:
    """The engine's own bulk load of the rows that Essaim loaded, from a Parquet file (DuckDB) or CSV (PostgreSQL)."""
    import duckdb

    if target is None:
        with duckdb.connect(DATABASE) as connection:
            connection.execute("set memory_limit = '512MB'")
            steps("load", lambda: connection.execute("create table answers as from 'answers.parquet'"))
            steps("load", lambda: connection.execute("checkpoint"))
            return connection.execute("select count(*) from answers").fetchone()[0]
    import psycopg

    with psycopg.connect(target) as connection, connection.cursor() as cursor:
        cursor.execute("create schema bulk")
        cursor.execute("create table bulk.answers (like raw.answers)")

        def copy() -> None:
            with (
                cursor.copy("copy bulk.answers from stdin (format csv)") as into,
                Path("answers.csv").open("rb") as file,
            ):
                while block := file.read(1 << 20):
                    into.write(block)
            connection.commit()

        steps("load", copy)
        return cursor.execute("select count(*) from bulk.answers").fetchone()[0]


CANDIDATES = {
    "essaim": essaim,
    "bytes only": bytes_only,
    "citric + pandas to_sql": citric_pandas,
    "dlt, Python objects": dlt_objects,
    "dlt, Arrow": dlt_arrow,
    "bulk load": bulk,
}


def main() -> None:
    """Run one candidate in the present folder."""
    name, url, target = sys.argv[1:4]
    steps = Steps()
    count = CANDIDATES[name](url, target or None, steps)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    sys.stdout.write(json.dumps({"rows": count, "seconds": steps.seconds, "peak_mb": peak}) + "\n")


if __name__ == "__main__":
    main()
