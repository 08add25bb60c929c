"""The headings and sheet names that Essaim writes, recognised in either language when a workbook comes back."""

from gettext import NullTranslations

from schemas.layouts import plain, plain_label
from tasks.i18n import language

LOCALES = ("fr", "en")


def heading(words: NullTranslations) -> str:
    """Return the heading of the column of labels. Lines above it are titles."""
    return words.gettext("What is asked")


def guide(words: NullTranslations) -> str:
    """Return the name of the sheet with the instructions."""
    return words.gettext("Read me")


def to_correct(words: NullTranslations) -> str:
    """Return the name of the sheet that lists the corrections, in a copy that goes back."""
    return words.gettext("To be corrected")


def lists(words: NullTranslations) -> str:
    """Return the name of the hidden sheet with the values of drop-down lists."""
    return words.gettext("Lists")


HEADINGS = frozenset(plain_label(heading(language(locale))) for locale in LOCALES)
"""The folded headings of the column of labels."""
GUIDES = frozenset(plain(of(language(locale))) for locale in LOCALES for of in (guide, to_correct, lists))
"""The folded names of the sheets that Essaim writes and that hold no answers."""
