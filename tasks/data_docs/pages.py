"""The pages of Data Docs, by the renderers of Great Expectations in a frame of ours.

Its own frame fetches styles, fonts and scripts from other hosts, and invites to a newsletter.
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


@dataclass(frozen=True, slots=True)
class Page:
    """One suite of a run: the validation result as Great Expectations writes it, and the page that shows it."""

    name: str
    result: dict[str, Any]
    html: str


def page_of(validated: Validated, *, run_id: str, run_time: str) -> Page:
    """The page of one suite. `run_time` is an instant as ISO 8601 writes it."""
    result = _result(validated, run_id, run_time)
    from great_expectations.render.renderer.page_renderer import ValidationResultsPageRenderer

    document: Any = ValidationResultsPageRenderer().render(result)
    _without_dead_link(document)
    _with_plain_headings(document)
    if validated.cells:
        document.sections.append(_cells(validated))
    html = _view().render(document, run_id=run_id)
    return Page(f"{validated.instrument_code}-v{validated.instrument_version}", result.to_json_dict(), html)


def index(title: str, runs: Sequence[dict[str, Any]]) -> str:
    """A page that names the suites of some runs and links to their pages."""
    return _view().env.get_template("index.j2").render(title=title, runs=runs)


def _result(validated: Validated, run_id: str, run_time: str) -> Any:
    version = great_expectations().__version__
    from great_expectations.core import ExpectationSuiteValidationResult

    results = [_expectation_result(said) for said in validated.expectations]
    fine = sum(result.success for result in results)
    return ExpectationSuiteValidationResult(
        success=fine == len(results),
        results=results,
        suite_name=validated.suite,
        statistics={
            "evaluated_expectations": len(results),
            "successful_expectations": fine,
            "unsuccessful_expectations": len(results) - fine,
            "success_percent": _ALL * fine / len(results) if results else None,
        },
        meta={
            "great_expectations_version": version,
            "run_id": {"run_name": run_id, "run_time": run_time},
            "batch_spec": {"data_asset_name": f"{validated.returns} new returns"},
            "returns": validated.returns,
            "found_while_reading": sum(cell.count for cell in validated.cells),
        },
    )


def _expectation_result(said: Counted) -> Any:
    from great_expectations.core import ExpectationValidationResult
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

    return ExpectationValidationResult(
        success=said.unexpected == 0,
        expectation_config=ExpectationConfiguration(**said.configuration),
        result={
            "element_count": said.returns,
            "unexpected_count": said.unexpected,
            "unexpected_percent": _ALL * said.unexpected / max(said.returns, 1),
        },
    )


def _without_dead_link(document: Any) -> None:
    """There is no page of the suite by itself: what is expected stands on the page of what was found."""
    header = document.sections[0].content_blocks[0]
    header.subheader.string_template["styling"]["params"].pop("expectation_suite_name")


def _with_plain_headings(document: Any) -> None:
    """Great Expectations takes the name of a column for HTML where it heads a section, and only there."""
    for section in document.sections[1:]:
        heading = section.content_blocks[0].header.string_template
        heading["template"] = escape(heading["template"])


def _cells(validated: Validated) -> Any:
    from great_expectations.render.components import RenderedHeaderContent, RenderedSectionContent, RenderedTableContent

    title = "Found while the workbooks were read"
    told = "Cells and layouts are checked column by column, before the suite; of one column and check, at most 50 cells"
    table: list[Any] = [
        [escape(cell.item) or "(what nobody declared)", cell.check_name, cell.severity.value, cell.count]
        for cell in validated.cells
    ]
    return RenderedSectionContent(
        section_name=title,
        content_blocks=[
            RenderedHeaderContent(header=title, subheader=told, styling={"header": {"classes": ["alert"]}}),
            RenderedTableContent(
                header_row=["Sheet and column", "Check", "Severity", "Findings"],
                table=table,
                styling={"body": {"classes": ["table"]}},
            ),
        ],
    )


@cache
def _view() -> Any:
    from great_expectations.render.view.view import DefaultJinjaPageView
    from jinja2 import ChoiceLoader, FileSystemLoader

    view: Any = DefaultJinjaPageView()
    view.env.loader = ChoiceLoader([FileSystemLoader(_TEMPLATES), view.env.loader])
    return view
