"""Words that a workbook is written with and known by when it comes back, in whatever language it was written."""

from gettext import NullTranslations

from schemas.layouts import plain
from tasks.i18n import language

LOCALES = ("fr", "en")


def heading(words: NullTranslations) -> str:
    """What stands above the labels: the title above it is no answer."""
    return words.gettext("What is asked")


def guide(words: NullTranslations) -> str:
    """The name of the sheet that says how to fill in the others."""
    return words.gettext("Read me")


def to_mend(words: NullTranslations) -> str:
    """The name of the sheet that lists what must be corrected, in a copy that goes back."""
    return words.gettext("To be corrected")


def lists(words: NullTranslations) -> str:
    """The name of the hidden sheet that holds the values of drop-down lists."""
    return words.gettext("Lists")


HEADINGS = frozenset(plain(heading(language(locale))) for locale in LOCALES)
GUIDES = frozenset(plain(of(language(locale))) for locale in LOCALES for of in (guide, to_mend, lists))
"""The sheets that hold no answers, though we wrote them."""
