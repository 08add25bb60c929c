"""Hold which returns come when, and read it from `demonstration.yaml` of a programme folder and the tables it names."""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

from schemas.errors import UsageError
from tasks.demonstration.answering import Growth
from tasks.demonstration.chance import chance

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


_BESIDE_TOTALS = Growth(head_start=0, spread=5, spread_a_month=0)
"""Small numbers beside the published totals."""


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
        answered_on: The days on which returns come; all others are not received. None where these days follow from
            `missing`, `late_days` and the due dates.
        respondents: The number of respondents of a return, where several answer.
        growth: How answers that nothing determines advance over the months.
        seed: Another seed gives other answers where nothing determines them.
    """

    as_of: date
    totals: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    grids: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    missing: frozenset[str] = frozenset()
    late_days: Mapping[str, int] = field(default_factory=dict[str, int])
    partial: frozenset[str] = frozenset()
    not_communicated: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    people: Mapping[str, Sequence[int]] = field(default_factory=dict[str, Sequence[int]])
    to_correct: Mapping[str, Mapping[str, str]] = field(default_factory=dict[str, Mapping[str, str]])
    answered_on: Mapping[str, date] | None = None
    respondents: Mapping[str, int] = field(default_factory=dict[str, int])
    growth: Growth = _BESIDE_TOTALS
    seed: int = 0

    def chance(self, *parts: str) -> float:
        """Return a number in [0, 1) that depends only on the seed and on the given texts."""
        return chance(*parts, *((f"seed {self.seed}",) if self.seed else ()))

    def is_received(self, id_: str, due_on: date) -> bool:
        """Return whether an expected return has come by `as_of`."""
        if self.answered_on is not None:
            return id_ in self.answered_on
        return due_on <= self.as_of and id_ not in self.missing

    @property
    def named_returns(self) -> frozenset[str]:
        """The expected returns that the scenario names."""
        named = (
            *(self.grids, self.missing, self.late_days, self.partial, self.not_communicated, self.people),
            self.to_correct,
        )
        return frozenset(id_ for ids in named for id_ in ids)


def has_scenario(folder: Path) -> bool:
    """Return whether a programme folder has a scenario."""
    return (folder / FILE).exists()


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
