"""What the checks of a run counted, without what they looked at: no answer, no place of one, nobody's name."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from schemas.enums import Severity
from tasks.records import ReturnVersion


@dataclass(frozen=True, slots=True)
class Counted:
    """An expectation of a suite, as Great Expectations was given it: of so many returns, how many are otherwise."""

    place: int
    configuration: dict[str, Any]
    returns: int
    unexpected: int


@dataclass(frozen=True, slots=True)
class CountedCells:
    """So many findings of one check that is made while a workbook is read. `item` is "" where none is declared."""

    item: str
    check_name: str
    severity: Severity
    count: int


@dataclass(frozen=True, slots=True)
class Validated:
    """What was checked of so many new returns of one instrument version."""

    instrument_code: str
    instrument_version: int
    returns: int
    expectations: tuple[Counted, ...] = ()
    cells: tuple[CountedCells, ...] = ()

    @property
    def suite(self) -> str:
        """The name of its Great Expectations suite."""
        return f"{self.instrument_code} version {self.instrument_version}"


def counted(configuration: Any, place: int, returns: int, unexpected: int) -> Counted:
    """What an expectation counted. Great Expectations' own result holds answers: only the expectation is kept of it."""
    told: dict[str, Any] = configuration.to_json_dict()
    told["kwargs"] = {name: value for name, value in told["kwargs"].items() if name != "batch_id"}
    return Counted(place, told, returns, unexpected)


def counted_cells(returns: Iterable[ReturnVersion], declared: Collection[str]) -> tuple[CountedCells, ...]:
    """How often each check made a finding while the workbooks were read.

    A sheet or a column that nobody declared was named by whoever filled it in, so that its name is not kept.
    """
    counts = Counter(
        (finding.item if finding.item in declared else "", finding.check_name, finding.severity)
        for received in returns
        for finding in received.findings
    )
    return tuple(CountedCells(*key, count) for key, count in sorted(counts.items()))


def together(validated: Iterable[Validated]) -> Iterator[Validated]:
    """One of each instrument version: the returns of a large survey are checked some at a time."""
    whole: dict[str, Validated] = {}
    for one in validated:
        before = whole.get(one.suite)
        whole[one.suite] = one if before is None else _added(before, one)
    yield from (whole[suite] for suite in sorted(whole))


def _added(one: Validated, other: Validated) -> Validated:
    said: dict[int, Counted] = {}
    for more in (*one.expectations, *other.expectations):
        before = said.get(more.place, replace(more, returns=0, unexpected=0))
        said[more.place] = replace(
            more, returns=before.returns + more.returns, unexpected=before.unexpected + more.unexpected
        )
    cells: Counter[tuple[str, str, Severity]] = Counter()
    for cell in (*one.cells, *other.cells):
        cells[cell.item, cell.check_name, cell.severity] += cell.count
    return replace(
        one,
        returns=one.returns + other.returns,
        expectations=tuple(said[place] for place in sorted(said)),
        cells=tuple(CountedCells(*key, count) for key, count in sorted(cells.items())),
    )
