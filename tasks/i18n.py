"""What evaluators and structures read: gettext catalogues, French first. Message ids are the English sentences."""

import io
from datetime import date
from functools import cache
from gettext import GNUTranslations, NullTranslations

from schemas.package_data import package_path

LOCALES = package_path("tasks", "locales")


@cache
def language(locale: str) -> NullTranslations:
    """The catalogue of a locale; the message ids themselves where it has none."""
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


def day_in_words(day: date, locale: str) -> str:
    """A day as people write it: « vendredi 15 juin 2018 », “Friday 15 June 2018”. Its parts stay on one line."""
    from babel.dates import format_date

    if locale == "fr":
        # The names are Babel's; that the first of a month is « 1er » is not in them.
        number = "1er" if day.day == 1 else str(day.day)
        weekday, month = format_date(day, "EEEE", locale="fr"), format_date(day, "MMMM", locale="fr")
        return f"{weekday} {number}\N{NO-BREAK SPACE}{month}\N{NO-BREAK SPACE}{day.year}"
    return format_date(day, "EEEE d\N{NO-BREAK SPACE}MMMM\N{NO-BREAK SPACE}y", locale="en")
