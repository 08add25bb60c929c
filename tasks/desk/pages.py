"""Render the pages of the desk: on the server, without JavaScript, in French or English."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cache, partial
from typing import Any

import jinja2

from schemas.enums import ReturnState
from schemas.package_data import package_path
from tasks.i18n import day_in_words, language, page_environment
from tasks.reporting.page import short_day
from tasks.state_reasons import reason_in_words, state_in_words

_TEMPLATES = package_path("tasks.desk", "templates")
STYLE = (_TEMPLATES / "desk.css").read_text(encoding="utf-8")
"""The style sheet of all pages."""
SIGNS: Mapping[ReturnState, str] = {
    ReturnState.SCHEDULED: "·",
    ReturnState.OPEN: "○",
    ReturnState.PARTIAL: "◐",
    ReturnState.QUARANTINED: "✎",
    ReturnState.RECEIVED: "✓",
    ReturnState.LATE: "✓",
    ReturnState.NOTHING_TO_REPORT: "∅",
    ReturnState.MISSING: "✗",
    ReturnState.UNVERIFIABLE: "?",
    ReturnState.WAIVED: "–",
    ReturnState.LEFT: "–",
}
"""The sign of each state, beside its colour and its words."""


def page(template: str, locale: str, **contents: object) -> str:
    """Render a page.

    Args:
        template: Name of its template.
        locale: Language of the page.
        contents: What it shows.
    """
    return _environment(locale).get_template(template).render(locale=locale, **contents)


@cache
def _environment(locale: str) -> jinja2.Environment:
    words = language(locale)
    environment = page_environment(_TEMPLATES, locale)
    filters: dict[str, Callable[..., Any]] = {
        "day": partial(short_day, locale=locale),
        "long_day": partial(day_in_words, locale=locale),
        "instant": partial(instant, locale=locale),
        "state": partial(state_in_words, language=words),
        "sign": SIGNS.__getitem__,
        "reason": partial(reason_in_words, language=words),
    }
    environment.filters.update(filters)
    return environment


def instant(local: datetime, *, locale: str) -> str:
    """Format a local instant: “1 déc. 2026 à 10:32”, “1 Dec 2026 at 10:32”."""
    joined = language(locale).gettext("{day} at {time}")
    return joined.format(day=short_day(local.date(), locale=locale), time=f"{local:%H:%M}")
