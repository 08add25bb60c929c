"""Read the scenario of a demonstration: `demonstration.yaml` of a programme folder and the tables it names."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

from schemas.errors import UsageError

FILE = "demonstration.yaml"


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Grid(_Model):
    """A published grid: one row per criterion, one column per structure; `structures` maps columns to enrolments."""

    instrument: str
    occasion: str
    file: str
    structures: dict[str, str]


class _File(_Model):
    as_of: date
    totals: str
    grids: list[Grid] = Field(default_factory=list[Grid])
    missing: list[str] = Field(default_factory=list[str])
    late: dict[str, int] = Field(default_factory=dict[str, int])
    partial: list[str] = Field(default_factory=list[str])
    not_communicated: dict[str, list[str]] = Field(default_factory=dict[str, list[str]])
    people: dict[str, list[int]] = Field(default_factory=dict[str, list[int]])
    to_correct: dict[str, dict[str, str]] = Field(default_factory=dict[str, dict[str, str]])


@dataclass(frozen=True, slots=True)
class Scenario:
    """Constraints that the generated returns satisfy.

    Attributes:
        as_of: The last day of the demonstration.
        totals: The printed totals, by innovation and indicator.
        grids: The printed cells of grids, by expected return and item code.
        missing: The expected returns that are not received.
        late_days: The days after the grace period of late returns, by expected return.
        partial: The expected returns whose responses are not submitted.
        not_communicated: The items answered `nc`, by expected return.
        people: The numbers of the persons in the tables, by expected return.
        to_correct: The invalid answers by item, by expected return.
    """

    as_of: date
    totals: Mapping[str, Mapping[str, str]]
    grids: Mapping[str, Mapping[str, str]]
    missing: frozenset[str]
    late_days: Mapping[str, int]
    partial: frozenset[str]
    not_communicated: Mapping[str, frozenset[str]]
    people: Mapping[str, Sequence[int]]
    to_correct: Mapping[str, Mapping[str, str]]

    @property
    def named_returns(self) -> frozenset[str]:
        """The expected returns that the scenario names."""
        named = (
            *(self.grids, self.missing, self.late_days, self.partial, self.not_communicated, self.people),
            self.to_correct,
        )
        return frozenset(id_ for ids in named for id_ in ids)


def read_scenario(folder: Path) -> Scenario:
    """Read the scenario of a programme folder.

    Raises:
        UsageError: A file is absent or invalid.
    """
    path = folder / FILE
    try:
        file = _File.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        totals = {row.pop("innovation_code"): row for row in _rows(folder / file.totals)}
        grids = {id_: values for grid in file.grids for id_, values in _grid(folder, grid).items()}
    except (OSError, yaml.YAMLError, ValueError, LookupError) as error:
        raise UsageError(
            f"Cannot read the demonstration in {folder}: {error}. Expected {FILE} and the tables that it names."
        ) from error
    return Scenario(
        as_of=file.as_of,
        totals=totals,
        grids=grids,
        missing=frozenset(file.missing),
        late_days=file.late,
        partial=frozenset(file.partial),
        not_communicated={id_: frozenset(items) for id_, items in file.not_communicated.items()},
        people=file.people,
        to_correct=file.to_correct,
    )


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _grid(folder: Path, grid: Grid) -> dict[str, dict[str, str]]:
    rows = _rows(folder / grid.file)
    criterion = next(iter(rows[0]))
    return {
        f"{enrolment_id}/{grid.occasion}/{grid.instrument}": {row[criterion]: row[heading] for row in rows}
        for heading, enrolment_id in grid.structures.items()
    }
