"""Count what the checks of a run found. The counts contain no answer, no location and no name of a person."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from schemas.enums import Severity
from tasks.records import Finding


@dataclass(frozen=True, slots=True)
class Counted:
    """The counts of one expectation of a suite.

    Attributes:
        place: The position of the expectation in its suite, from 0.
        configuration: The expectation, as Great Expectations serialises it.
        returns: The number of returns checked.
        unexpected: The number of returns that fail the expectation.
    """

    place: int
    configuration: dict[str, Any]
    returns: int
    unexpected: int


@dataclass(frozen=True, slots=True)
class CountedCells:
    """The number of findings of one check that runs while workbooks, or the answers to a survey, are read.

    Attributes:
        item: The item, or the name of the sheet and "!"; "" where the programme declares neither.
        check_name: The check.
        severity: The severity of the findings.
        count: The number of findings.
    """

    item: str
    check_name: str
    severity: Severity
    count: int


@dataclass(frozen=True, slots=True)
class Validated:
    """The counts of one validation: of new returns of one instrument version.

    Attributes:
        instrument_code: The instrument.
        instrument_version: Its version.
        returns: The number of returns checked.
        expectations: The counts of each expectation of the suite.
        cells: The counts of the checks that run while workbooks, or the answers to a survey, are read.
    """

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
    """Return the counts of an expectation, without Great Expectations' own result, which contains answers.

    Args:
        configuration: The expectation (`ExpectationConfiguration`).
        place: Its position in the suite, from 0.
        returns: The number of returns checked.
        unexpected: The number of returns that fail it.
    """
    serialised: dict[str, Any] = configuration.to_json_dict()
    serialised["kwargs"] = {name: value for name, value in serialised["kwargs"].items() if name != "batch_id"}
    return Counted(place, serialised, returns, unexpected)


def counted_cells(findings: Iterable[Finding], declared: Collection[str]) -> tuple[CountedCells, ...]:
    """Count the findings of each check that ran while workbooks, or the answers to a survey, were read.

    The names of undeclared sheets and columns are dropped: structures chose them, so that they may name people.

    Args:
        findings: The findings.
        declared: The items and sheets that the programme declares.
    """
    counts = Counter(
        (finding.item if finding.item in declared else "", finding.check_name, finding.severity) for finding in findings
    )
    return tuple(CountedCells(*key, count) for key, count in sorted(counts.items()))


def together(validated: Iterable[Validated]) -> Iterator[Validated]:
    """Add up the counts of each instrument version: a large survey is checked in several validations."""
    sums: dict[str, Validated] = {}
    for part in validated:
        before = sums.get(part.suite)
        sums[part.suite] = part if before is None else _added(before, part)
    yield from (sums[suite] for suite in sorted(sums))


def _added(first: Validated, second: Validated) -> Validated:
    expectations: dict[int, Counted] = {}
    for added in (*first.expectations, *second.expectations):
        before = expectations.get(added.place, replace(added, returns=0, unexpected=0))
        expectations[added.place] = replace(
            added, returns=before.returns + added.returns, unexpected=before.unexpected + added.unexpected
        )
    cells: Counter[tuple[str, str, Severity]] = Counter()
    for cell in (*first.cells, *second.cells):
        cells[cell.item, cell.check_name, cell.severity] += cell.count
    return replace(
        first,
        returns=first.returns + second.returns,
        expectations=tuple(expectations[place] for place in sorted(expectations)),
        cells=tuple(CountedCells(*key, count) for key, count in sorted(cells.items())),
    )
