"""Render the report as one HTML file without external resources, for screen, phone and paper."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

from schemas.enums import Adoption
from schemas.package_data import package_path
from tasks.i18n import day_in_words, number_in_words, page_environment
from tasks.reporting.plots import COLOURS, bars, steps
from tasks.reporting.report import Report

_TEMPLATES = package_path("tasks.reporting", "templates")


def page(report: Report) -> str:
    """Render the page. The output is deterministic: equal reports give identical bytes."""
    locale = report.locale
    environment = page_environment(_TEMPLATES, locale)
    formats: dict[str, Callable[..., Any]] = {
        "number": partial(number, locale=locale),
        "exact": partial(number_in_words, locale=locale),
        "percent": partial(percent, locale=locale),
        "day": partial(short_day, locale=locale),
        "long_day": partial(day_in_words, locale=locale),
    }
    environment.filters.update(formats)
    sign = _percent_sign(locale)
    plots: dict[str, Any] = {
        "bars": partial(bars, percent_sign=sign),
        "steps": partial(steps, percent_sign=sign),
        "colours": COLOURS,
    }
    environment.globals.update(plots)
    has_not_shown = any(one.counts[Adoption.NOT_SHOWN] for one in report.adoption)
    adoptions = [adoption for adoption in Adoption if has_not_shown or adoption is not Adoption.NOT_SHOWN]
    return environment.get_template("report.html.jinja").render(report=report, adoptions=adoptions)


def number(value: float, *, locale: str) -> str:
    """Format a number for the locale, with one decimal unless it is whole: “1 058”, “2,5”.

    A number below 1 has two digits: “0,45”.
    """
    from babel.numbers import format_decimal

    return format_decimal(value, format="@#" if 0 < abs(value) < 1 else "#,##0.#", locale=locale)


def percent(value: float, decimals: int = 1, *, locale: str) -> str:
    """Format a percentage for the locale: “96,8 %”, “96.8%”."""
    from babel.numbers import format_decimal

    shown = format_decimal(value, format="#,##0.0" if decimals else "#,##0", locale=locale)
    return shown + _percent_sign(locale)


def _percent_sign(locale: str) -> str:
    return "\N{NO-BREAK SPACE}%" if locale == "fr" else "%"


def short_day(day: date, *, locale: str) -> str:
    """Format a date for a table: “30 juin 2018”, “1er déc. 2018”."""
    from babel.dates import format_date

    # Babel writes the first of a month as « 1 », not « 1er ».
    is_first = locale == "fr" and day.day == 1
    return format_date(day, "d'er' MMM y" if is_first else "d MMM y", locale=locale)
