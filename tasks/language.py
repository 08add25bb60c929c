"""What evaluators and structures read: gettext catalogues, French first. Message ids are the English sentences."""

import io
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

LOCALES = Path(__file__).parent / "locales"


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
