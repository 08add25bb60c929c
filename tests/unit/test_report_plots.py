"""Test that plots show the numbers of the report, have a text alternative, and are the same on every machine."""

import re
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from html_tables import Page
from markupsafe import Markup
from running import ROOT

from tasks.programme import read_programme
from tasks.reporting import contents, page
from tasks.reporting.plots import COLOURS, bars, steps
from warehouse.report_rows import DurationRow, InnovationRow, RateRow, ReportRows

PROGRAMME = read_programme(Path(__file__).parents[2] / "examples" / "ais_emploi")
RATE = RateRow("VITA", "M06", 10, 6, 5, 1, 0, 2, 0, 2, 0, 0, 40, 30, 60.0, 50.0, 75.0)
DURATIONS = [
    DurationRow("VITA", 6, 0.25, 0.05, 0.6, 12, 8, 2, 0, 8, 10, 0.2, 0.4),
    DurationRow("VITA", 12, 0.5, 0.2, 0.8, 12, 4, 2, 0, 8, 10, 0.4, 0.6),
    DurationRow("VITA", 24, None, None, None, 12, 0, 0, 0, 8, 10, 0.4, 0.8),
]


def report_page(locale: str = "fr") -> str:
    nothing = {
        name: []
        for name in ReportRows.__slots__
        if name not in ("as_of", "minimum_structures", "known_minimum_structures")
    }
    innovations = [InnovationRow("VITA", "VITA Air", 1), InnovationRow("ACOR", "A Cor", 2)]
    given: dict[str, Any] = {**nothing, "innovations": innovations, "rates": [RATE], "durations": DURATIONS}
    rows = ReportRows(as_of=date(2019, 3, 31), minimum_structures=0, known_minimum_structures=0, **given)
    return page(contents(rows, PROGRAMME, locale))


@pytest.fixture(scope="module")
def drawn() -> list[str]:
    return re.findall("<svg .*?</svg>", report_page(), re.DOTALL)


def lengths(svg: str) -> dict[str, float]:
    """Return the lengths of the bars by colour."""
    found = re.findall(r'd="M[\d.]+,[\d.]+h([\d.]+)v[^"]*"[^>]*? fill="(#\w+)"', svg)
    return {colour: float(length) for length, colour in found}


def test_a_bar_is_as_long_as_the_share_of_its_state(drawn: list[str]) -> None:
    assert lengths(drawn[0]) == pytest.approx(
        {
            COLOURS[state]: 230 * count / 10
            for state, count in (("received", 5), ("late", 1), ("partial", 2), ("missing", 2))
        }
    )
    assert re.findall(r">([^<>]+)</text>", drawn[0]) == [
        "0\N{NO-BREAK SPACE}%",
        "50\N{NO-BREAK SPACE}%",
        "100\N{NO-BREAK SPACE}%",
        "VITA",
    ]


def test_the_steps_go_through_the_shares_and_the_band_through_their_bounds(drawn: list[str]) -> None:
    paths = re.findall(r'd="([^"]+)"[^>]*?(?:fill="(?=#cfe0ea)|stroke=")(#cfe0ea|#174a6b)"', drawn[1])
    paths_by_colour = {
        colour: [tuple(map(float, pair.split(","))) for pair in re.findall(r"[\d.]+,[\d.]+", d)] for d, colour in paths
    }
    line, band = paths_by_colour["#174a6b"], paths_by_colour["#cfe0ea"]
    # 232 pixels are 24 months, 110 pixels are all structures; there is no estimate at 24 months.
    assert line[-1] == pytest.approx((116, 55))
    assert (58, 82.5) in line
    assert {(58, 66), (58, 88), (116, 44), (116, 66), (232, 22), (232, 66)} <= set(band)
    assert re.findall(r">([^<>]+)</text>", drawn[1])[:3] == ["6", "12", "24"]


def test_the_curve_starts_where_the_result_is_first_asked() -> None:
    unasked = DurationRow("VITA", 6, None, None, None, 12, 8, 0, 0, 8, 10, None, None)
    drawn = steps([unasked, *DURATIONS[1:]], "a text", "%")
    line = re.findall(r'd="([^"]+)"[^>]*?stroke="#174a6b"', drawn)[0]
    # 232 pixels are 24 months: the first point is at 12.
    assert next(float(x) for x in re.findall(r"[ML]?([\d.]+),", line)) == pytest.approx(116)


def test_a_plot_is_one_picture_with_a_text_instead_of_it(drawn: list[str]) -> None:
    assert len(drawn) == 2
    for svg in drawn:
        described = [given for _, given in Page(svg).tags if given.keys() & {"role", "aria-label"}]
        assert [given["role"] for given in described] == ["img"]
        assert "le tableau suivant donne les nombres" in str(described[0]["aria-label"])


def test_a_label_is_text_whatever_it_holds() -> None:
    label = 'a "quoted" \\1 <b>name</b>'
    for svg in (steps(DURATIONS, label, "%"), bars([], label, "%")):
        assert isinstance(svg, Markup)
        (_, given), *_ = Page(svg).tags
        assert given["aria-label"] == label


def test_two_plots_on_a_page_share_no_names_and_fetch_nothing(drawn: list[str]) -> None:
    assert re.findall(r'\bid="|url\(|href=|<style|<image', "".join(drawn)) == []


def test_the_page_is_the_same_in_another_process_with_other_fonts(tmp_path: Path) -> None:
    command = (
        "import sys; sys.path[:0] = ['tests', 'tests/unit']; from test_report_plots import *; print(report_page())"
    )
    environment = {"PATH": "/usr/bin", "FONTCONFIG_FILE": str(tmp_path / "none.conf"), "HOME": str(tmp_path)}
    ran = subprocess.run(
        [sys.executable, "-c", command], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert ran.stdout == report_page() + "\n"


def test_what_draws_is_imported_only_when_a_report_is_written() -> None:
    code = "import sys, tasks.reporting, flows.cli.collect; print({'altair', 'vl_convert'} & sys.modules.keys())"
    ran = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "set()"
