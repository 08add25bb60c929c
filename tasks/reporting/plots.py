"""Draw the plots of the report as SVG, with Altair and vl-convert (no browser, no network).

Sizes and paddings are fixed because Vega would otherwise measure texts with the fonts of the machine, and the page
would differ between machines.
"""

import re
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from markupsafe import Markup, escape

from schemas.enums import ReturnState
from tasks.reporting.report import Returns
from warehouse.report_rows import DurationRow

if TYPE_CHECKING:
    import altair as alt

COLOURS: dict[str, str] = {
    ReturnState.RECEIVED.value: "#1f6f54",
    ReturnState.LATE.value: "#86b8a2",
    ReturnState.PARTIAL.value: "#e0ac4a",
    ReturnState.QUARANTINED.value: "#7a4ea0",
    ReturnState.MISSING.value: "#a8452c",
    ReturnState.UNVERIFIABLE.value: "#8c979f",
    ReturnState.OPEN.value: "#e3e8ec",
}
"""The colour of each state, in the plot and in its legend."""

_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, Arial, sans-serif"
_INK, _SOFT, _GRID, _BAND, _LINE = "#1c2329", "#55606a", "#c3ccd3", "#cfe0ea", "#174a6b"
_TICKS = [0, 0.5, 1]
_ROLES = re.compile(r' (?:role|aria-\w+)="[^"]*"')
_ROOT = re.compile(r'^<svg [^>]*?viewBox="([^"]*)"[^>]*>')


def bars(innovations: Iterable[Returns], label: str, percent_sign: str) -> Markup:
    """Draw one stacked bar per innovation: the share of each state among its expected returns.

    Args:
        innovations: The returns of each innovation, in the order of the bars; none is drawn without expected returns.
        label: The text alternative.
        percent_sign: The suffix of the axis labels.
    """
    import altair as alt

    due = [returns for returns in innovations if returns.expected]
    rows = [
        {"innovation": returns.innovation_code, "state": state, "place": place, "count": count}
        for returns in due
        for place, (state, count) in enumerate(returns.parts.items())
        if count
    ]
    names = [returns.innovation_code for returns in due]
    chart = (
        alt.Chart(alt.InlineData(values=rows))
        .mark_bar(stroke="#ffffff", strokeWidth=0.5)
        .encode(
            x=alt.X("count:Q", stack="normalize", title=None, axis=_percent_axis(percent_sign, labelFlush=True)),
            y=alt.Y(
                "innovation:N",
                sort=names,
                title=None,
                scale=alt.Scale(paddingInner=8 / 26, paddingOuter=4 / 26),
                axis=alt.Axis(domain=False, ticks=False, labelColor=_INK, labelPadding=6, labelLimit=0),
            ),
            color=alt.Color("state:N", legend=None, scale=alt.Scale(domain=[*COLOURS], range=[*COLOURS.values()])),
            order=alt.Order("place:Q"),
        )
        .properties(width=230, height=26 * len(names))
    )
    return _svg(chart, label, {"left": 100, "top": 2, "right": 10, "bottom": 20})


def steps(rows: Sequence[DurationRow], label: str, percent_sign: str) -> Markup:
    """Draw the share that has shown a first result as a step curve, with the band between its bounds.

    The curve starts where the result is first asked, and has a point for each estimate.

    Args:
        rows: The estimates of one innovation, in order of months.
        label: The text alternative.
        percent_sign: The suffix of the axis labels.
    """
    import altair as alt

    points = [
        {"months": row.months, "lower": row.lower_value, "upper": row.upper_value, "share": row.reached_share}
        for row in rows
        if row.lower_value is not None
    ]
    # A result that is asked later than the first occasion may have been reached at any time before.
    if rows[0].lower_value is not None:
        points.insert(0, {"months": 0, "lower": 0.0, "upper": 0.0, "share": 0.0})
    known = [point for point in points if point["share"] is not None]
    months = alt.X(
        "months:Q",
        title=None,
        scale=alt.Scale(domain=[0, max(rows[-1].months, 1)], nice=False),
        axis=alt.Axis(
            values=[row.months for row in rows], grid=False, domain=False, ticks=False, labelColor=_SOFT,
            labelOverlap=False, labelFlush=False, labelLimit=0, format="d",
        ),
    )  # fmt: skip
    shares = alt.Scale(domain=[0, 1], nice=False)
    band = (
        alt.Chart(alt.InlineData(values=points))
        .mark_area(interpolate="step-after", color=_BAND)
        .encode(
            x=months,
            y=alt.Y("lower:Q", title=None, scale=shares, axis=_percent_axis(percent_sign)),
            y2="upper:Q",
        )
    )
    line = (
        alt.Chart(alt.InlineData(values=known))
        .mark_line(
            interpolate="step-after",
            color=_LINE,
            strokeWidth=2.5,
            # A single estimate is no line.
            point=alt.OverlayMarkDef(color=_LINE, size=22),
        )
        .encode(x=months, y=alt.Y("share:Q", scale=shares))
    )
    return _svg(alt.layer(band, line, width=232, height=110), label, {"left": 42, "top": 10, "right": 16, "bottom": 22})


def _percent_axis(percent_sign: str, **more: Any) -> "alt.Axis":
    import altair as alt

    return alt.Axis(
        values=_TICKS, labelExpr=f"100 * datum.value + '{percent_sign}'", domain=False, ticks=False, gridColor=_GRID,
        labelColor=_SOFT, labelOverlap=False, labelLimit=0, **more,
    )  # fmt: skip


def _svg(chart: "alt.TopLevelMixin", label: str, padding: dict[str, int]) -> Markup:
    """Render a chart as SVG with a text alternative."""
    import vl_convert

    settings: dict[str, Any] = {
        "autosize": {"type": "none"},
        "padding": padding,
        "background": None,
        "config": {"aria": False, "font": _FONT, "view": {"stroke": None}, "axis": {"labelFontSize": 11}},
    }
    drawn = vl_convert.vegalite_to_svg({**chart.to_dict(), **settings})
    # Only the root keeps a role (img), and no size: CSS sets it.
    drawn = _ROLES.sub("", drawn)
    root = f'<svg viewBox="\\1" role="img" aria-label="{str(escape(label)).replace(chr(92), chr(92) * 2)}">'
    return Markup(_ROOT.sub(root, drawn, count=1))  # noqa: S704 the label is escaped, the rest comes from codes and numbers
