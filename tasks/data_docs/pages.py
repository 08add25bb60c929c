"""Render the pages of Data Docs: the renderers of Great Expectations in Essaim's own page template.

The template of Great Expectations loads styles, fonts and scripts from other hosts, and advertises a newsletter.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Any

from schemas.package_data import package_path
from tasks.validation.counts import Counted, Validated
from tasks.validation.gx import great_expectations

_TEMPLATES = package_path("tasks.data_docs", "templates")
_ALL = 100
_LISTED = 20
"""Highest number of returns that a page lists for each expectation."""


@dataclass(frozen=True, slots=True)
class Page:
    """One suite of a run: its file name without suffix, the validation result as JSON, and the page."""

    name: str
    result: dict[str, Any]
    html: str


def page_of(validated: Validated, *, run_id: str, run_time: str) -> Page:
    """Render the page of one suite.

    Args:
        validated: The counts.
        run_id: The run.
        run_time: When the run loaded, in ISO 8601 and UTC.
    """
    result = _result(validated, run_id, run_time)
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer

    document: Any = ValidationResultsPageRenderer().render(result)
    _without_dead_link(document)
    _with_plain_headings(document)
    # Next to the overview: what somebody has to see to.
    if validated.cells:
        document.sections.insert(1, _cell_checks(validated))
    if any(counts.unexpected for counts in validated.expectations):
        document.sections.insert(1, _not_met(validated))
    html = _view().render(document, run_id=run_id)
    return Page(f"{validated.instrument_code}-v{validated.instrument_version}", result.to_json_dict(), html)


def index(title: str, runs: Sequence[dict[str, Any]]) -> str:
    """Render an index page: the suites of each run, with links. `runs` are as `site.py` summarises them."""
    return _view().env.get_template("index.j2").render(title=title, runs=runs)


def _result(validated: Validated, run_id: str, run_time: str) -> Any:
    version = great_expectations().__version__
    from great_expectations.core import ExpectationSuiteValidationResult

    results = [_expectation_result(counts) for counts in validated.expectations]
    passed = sum(result.success for result in results)
    return ExpectationSuiteValidationResult(
        success=passed == len(results),
        results=results,
        suite_name=validated.suite,
        statistics={
            "evaluated_expectations": len(results),
            "successful_expectations": passed,
            "unsuccessful_expectations": len(results) - passed,
            "success_percent": _ALL * passed / len(results) if results else None,
        },
        meta={
            "great_expectations_version": version,
            "run_id": {"run_name": run_id, "run_time": run_time},
            "batch_spec": {"data_asset_name": f"{validated.returns} new returns"},
            "returns": validated.returns,
            "found_while_reading": sum(cell.count for cell in validated.cells),
        },
    )


def _expectation_result(counts: Counted) -> Any:
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    return ExpectationValidationResult(
        success=counts.unexpected == 0,
        expectation_config=ExpectationConfiguration(**counts.configuration),
        result={
            "element_count": counts.returns,
            "unexpected_count": counts.unexpected,
            "unexpected_percent": _ALL * counts.unexpected / max(counts.returns, 1),
        },
    )


def _without_dead_link(document: Any) -> None:
    """Remove the link to the page of the suite, which is not written."""
    header = document.sections[0].content_blocks[0]
    header.subheader.string_template["styling"]["params"].pop("expectation_suite_name")


def _with_plain_headings(document: Any) -> None:
    """Escape the headings of sections, where Great Expectations inserts the names of columns as HTML."""
    for section in document.sections[1:]:
        heading = section.content_blocks[0].header.string_template
        heading["template"] = escape(heading["template"])


def _not_met(validated: Validated) -> Any:
    """Return the section that lists which returns did not meet which expectation, in words."""
    table: list[Any] = [
        [escape(counts.item), escape(counts.words), counts.unexpected, _listed(counts.failed)]
        for counts in validated.expectations
        if counts.unexpected
    ]
    return _section(
        "Returns that did not meet an expectation",
        "Each with what was expected. essaim status lists those that wait for a correction",
        ["Question", "Expected", "Returns", "Which"],
        table,
    )


def _listed(ids: Sequence[str]) -> str:
    """Return the ids of expected returns, up to a number of them. That of a response without one is empty."""
    shown = [escape(one) or "a response that is not assigned" for one in ids[:_LISTED]]
    return ", ".join([*shown, *([f"and {len(ids) - _LISTED} more"] if len(ids) > _LISTED else [])])


def _section(title: str, subheader: str, header_row: list[Any], table: list[Any]) -> Any:
    from great_expectations.render.components import RenderedHeaderContent, RenderedSectionContent, RenderedTableContent

    return RenderedSectionContent(
        section_name=title,
        content_blocks=[
            RenderedHeaderContent(header=title, subheader=subheader, styling={"header": {"classes": ["alert"]}}),
            RenderedTableContent(header_row=header_row, table=table, styling={"body": {"classes": ["table"]}}),
        ],
    )


def _cell_checks(validated: Validated) -> Any:
    title = "Found while the returns were read"
    subheader = (
        "Checked before the suite: cells, layouts, typed answers. At most 50 cells of each column and check are counted"
    )
    table: list[Any] = [
        [escape(cell.item) or "(not declared)", cell.check_name, cell.severity.value, cell.count, _listed(cell.failed)]
        for cell in validated.cells
    ]
    header_row = ["Sheet and column, or question", "Check", "Severity", "Findings", "Returns"]
    return _section(title, subheader, header_row, table)


@cache
def _view() -> Any:
    from great_expectations.render.view.view import DefaultJinjaPageView
    from jinja2 import ChoiceLoader, FileSystemLoader

    view: Any = DefaultJinjaPageView()
    view.env.loader = ChoiceLoader([FileSystemLoader(_TEMPLATES), view.env.loader])
    return view
