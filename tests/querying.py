"""Query the views of one warehouse, be it a DuckDB file or a database."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from databases import Database


@dataclass(frozen=True)
class Views:
    """Query the views of one warehouse."""

    source: Path | Database

    def rows(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        return self.answer(query, parameters)[1]

    def answer(self, query: str, parameters: Sequence[object]) -> tuple[list[str], list[tuple[Any, ...]]]:
        if isinstance(self.source, Database):
            with self.source.connect() as connection:
                answer = connection.execute(query.replace("?", "%s").encode(), parameters or None)
                return [column.name for column in answer.description or ()], answer.fetchall()
        with duckdb.connect(str(self.source), read_only=True) as connection:
            answer = connection.execute(query, parameters)
            return [column[0] for column in answer.description], answer.fetchall()

    def status(self, expected_return_id: str) -> dict[str, Any]:
        query = "select * from analytics.return_status where expected_return_id = ?"
        names, (row,) = self.answer(query, [expected_return_id])
        return dict(zip(names, row, strict=True))

    def state(self, expected_return_id: str) -> object:
        return self.status(expected_return_id)["state"]

    def cell(self, enrolment_id: str, occasion_code: str, indicator_code: str) -> tuple[Any, ...]:
        (row,) = self.rows(
            "select value_number, value_text, missing_reason, obs_status from analytics.cohort_panel "
            "where enrolment_id = ? and occasion_code = ? and indicator_code = ?",
            enrolment_id,
            occasion_code,
            indicator_code,
        )
        return row

    def figure(self, innovation_code: str, indicator_code: str) -> tuple[Any, ...]:
        (row,) = self.rows(
            "select value, missing_reason, n_reported, n_expected from analytics.consolidated_results "
            "where innovation_code = ? and indicator_code = ?",
            innovation_code,
            indicator_code,
        )
        return row
