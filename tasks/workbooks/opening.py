"""Open a workbook that arrived, by one rule for every way in: the inbox, the mailbox and the desk."""

from schemas.programme import Programme
from tasks.spreadsheets.cells import CellBook, Refusal, RefusedError
from tasks.spreadsheets.parser import Parser
from tasks.workbooks.file_names import REFUSED_SUFFIXES


def open_workbook(content: bytes, suffix: str, programme: Programme, parser: Parser) -> CellBook:
    """Parse a workbook to cells.

    Args:
        content: Its bytes.
        suffix: The suffix of its name, in lower case and with the dot.
        programme: The programme, which may declare the encoding of CSV files.
        parser: The parsing process.

    Raises:
        RefusedError: The file is refused.
    """
    book = parser.parse(content, suffix, csv_encoding(programme))
    # What else was found in such a file is a better reason.
    if suffix in REFUSED_SUFFIXES:
        raise RefusedError(Refusal.OTHER_FORMAT, suffix=suffix)
    return book


def csv_encoding(programme: Programme) -> str | None:
    """Return the encoding that the programme declares for CSV files that are not Unicode; None without one."""
    inbox = programme.settings.sources.inbox
    return None if inbox is None or inbox.csv_encoding is None else inbox.csv_encoding.value


def files_of_sets(programme: Programme) -> frozenset[str]:
    """Return the names of the files of which the programme's sets of CSV files are made.

    A file of an archive that has another name is not named: it may be named after a person.
    """
    versions = (version for instrument in programme.settings.instruments for version in instrument.versions)
    return frozenset(f"{sheet.name}.csv" for version in versions for sheet in version.sheets)
