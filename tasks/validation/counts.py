"""Count what the checks of a run found, and in which returns: no answer, no location and no name of a person."""

from collections import defaultdict
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
        item: The item that it is about.
        words: What is expected, in words, without an answer.
        failed: The expected returns that fail it, by id, in order.
    """

    place: int
    configuration: dict[str, Any]
    returns: int
    unexpected: int
    item: str = ""
    words: str = ""
    failed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CountedCells:
    """The number of findings of one check that runs while workbooks, or the answers to a survey, are read.

    Attributes:
        item: The item, or the name of the sheet and "!"; "" where the programme declares neither.
        check_name: The check.
        severity: The severity of the findings.
        count: The number of findings.
        failed: The expected returns that have one, by id, in order.
    """

    item: str
    check_name: str
    severity: Severity
    count: int
    failed: tuple[str, ...] = ()


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


def counted(
    configuration: Any, place: int, returns: int, unexpected: int, item: str, words: str, failed: Iterable[str]
) -> Counted:
    """Return the counts of an expectation, without Great Expectations' own result, which contains answers.

    Args:
        configuration: The expectation (`ExpectationConfiguration`).
        place: Its position in the suite, from 0.
        returns: The number of returns checked.
        unexpected: The number of returns that fail it.
        item: The item that it is about.
        words: What is expected, in words, without an answer.
        failed: The expected returns that fail it.
    """
    serialised: dict[str, Any] = configuration.to_json_dict()
    serialised["kwargs"] = {name: value for name, value in serialised["kwargs"].items() if name != "batch_id"}
    return Counted(place, serialised, returns, unexpected, item, words, tuple(sorted(set(failed))))


def counted_cells(findings: Iterable[tuple[str, Finding]], declared: Collection[str]) -> tuple[CountedCells, ...]:
    """Count the findings of each check that ran while workbooks, or the answers to a survey, were read.

    The names of undeclared sheets and columns are dropped: structures chose them, so that they may name people.

    Args:
        findings: The findings, each with the id of its expected return.
        declared: The items and sheets that the programme declares.
    """
    failed: dict[tuple[str, str, Severity], list[str]] = defaultdict(list)
    for expected_return_id, finding in findings:
        item = finding.item if finding.item in declared else ""
        failed[item, finding.check_name, finding.severity].append(expected_return_id)
    return tuple(CountedCells(*key, len(of), tuple(sorted(set(of)))) for key, of in sorted(failed.items()))


def together(validated: Iterable[Validated]) -> Iterator[Validated]:
    """Add up the counts of each instrument version that has any: a large survey is checked in several validations."""
    sums: dict[str, Validated] = {}
    for part in validated:
        before = sums.get(part.suite)
        sums[part.suite] = part if before is None else _added(before, part)
    yield from (sums[suite] for suite in sorted(sums) if sums[suite].expectations or sums[suite].cells)


def _added(first: Validated, second: Validated) -> Validated:
    expectations: dict[int, Counted] = {}
    for added in (*first.expectations, *second.expectations):
        before = expectations.get(added.place, replace(added, returns=0, unexpected=0, failed=()))
        expectations[added.place] = replace(
            added,
            returns=before.returns + added.returns,
            unexpected=before.unexpected + added.unexpected,
            failed=tuple(sorted({*before.failed, *added.failed})),
        )
    cells: dict[tuple[str, str, Severity], CountedCells] = {}
    for cell in (*first.cells, *second.cells):
        key = (cell.item, cell.check_name, cell.severity)
        count, failed = (cells[key].count, cells[key].failed) if key in cells else (0, ())
        cells[key] = replace(cell, count=count + cell.count, failed=tuple(sorted({*failed, *cell.failed})))
    return replace(
        first,
        returns=first.returns + second.returns,
        expectations=tuple(expectations[place] for place in sorted(expectations)),
        cells=tuple(cell for _, cell in sorted(cells.items())),
    )
