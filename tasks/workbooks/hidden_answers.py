"""Word the hidden rows and columns of which answers were read: what they hold was sent, but may not have been meant."""

from collections.abc import Collection
from gettext import NullTranslations

from schemas.enums import Severity
from tasks.records import Finding
from tasks.spreadsheets.cells import CellSheet


def hidden_answers(
    sheet: CellSheet, rows: Collection[int], columns: Collection[int], language: NullTranslations
) -> list[Finding]:
    """Return a warning where answers were read from hidden or filtered rows or columns; else nothing.

    Args:
        sheet: The cells.
        rows: The rows that were read, from 0.
        columns: The columns that were read, from 0.
        language: The language of the finding.
    """
    _, plural = language.gettext, language.ngettext
    of_rows, of_columns = len({*sheet.hidden_rows} & {*rows}), len({*sheet.hidden_columns} & {*columns})
    found: list[str] = []
    if of_rows:
        found.append(plural("{count} hidden row", "{count} hidden rows", of_rows).format(count=of_rows))
    if of_columns:
        found.append(plural("{count} hidden column", "{count} hidden columns", of_columns).format(count=of_columns))
    if not found:
        return []
    expected = _("rows and columns that can be seen: the hidden and filtered ones were read")
    item = f"{sheet.name}!"
    return [Finding(item, sheet.name, "hidden", Severity.WARNING, ", ".join(found), expected)]
