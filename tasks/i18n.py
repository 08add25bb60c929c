"""Translate the texts for evaluators and structures by gettext catalogues. Message ids are the English sentences."""

import io
from collections.abc import Sequence
from datetime import date
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.package_data import package_path

if TYPE_CHECKING:
    import jinja2

LOCALES = package_path("tasks", "locales")


@cache
def language(locale: str) -> NullTranslations:
    """Return the catalogue of a locale, or one that returns the message ids if there is none."""
    catalogue = LOCALES / locale / "LC_MESSAGES" / "essaim.po"
    if not catalogue.exists():
        return NullTranslations()
    from babel.messages.mofile import write_mo  # only commands that write to people need it
    from babel.messages.pofile import read_po

    compiled = io.BytesIO()
    with catalogue.open("rb") as file:
        write_mo(compiled, read_po(file))
    compiled.seek(0)
    return GNUTranslations(compiled)


def page_environment(templates: Path, locale: str) -> "jinja2.Environment":
    """Return the environment of the templates of pages, with the sentences of a locale in `_` and `ngettext`."""
    import jinja2  # only commands that write pages need it

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_translations(language(locale), newstyle=False)  # pyright: ignore[reportAttributeAccessIssue] added by the extension
    return environment


def one_of(words: Sequence[str], locale: str) -> str:
    """Return alternatives as a list in words, such as « M03, M06 ou M09 » or “M03, M06, or M09”."""
    from babel.lists import format_list

    return format_list(words, style="or", locale=locale)


def counted(count: int, noun: str) -> str:
    """Return a number with its noun in English, for the command line: “1 return”, “2 returns”."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def number_in_words(value: float, locale: str) -> str:
    """Return a number with at most three decimals, such as « 1 058,5 » or “1,058.5”."""
    from babel.numbers import format_decimal

    return format_decimal(value, format="#,##0.###", locale=locale)


def day_in_words(day: date, locale: str) -> str:
    """Return a date in words, such as « vendredi 15 juin 2018 » or “Friday 15 June 2018”, with no-break spaces."""
    from babel.dates import format_date

    if locale == "fr":
        # Babel writes the first of a month as « 1 », not « 1er ».
        number = "1er" if day.day == 1 else str(day.day)
        weekday, month = format_date(day, "EEEE", locale="fr"), format_date(day, "MMMM", locale="fr")
        return f"{weekday} {number}\N{NO-BREAK SPACE}{month}\N{NO-BREAK SPACE}{day.year}"
    return format_date(day, "EEEE d\N{NO-BREAK SPACE}MMMM\N{NO-BREAK SPACE}y", locale="en")
