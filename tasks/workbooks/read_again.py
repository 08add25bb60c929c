"""Read the people of a loaded workbook again from its original, by the programme and the rule as they are now."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import pyarrow as pa

from schemas.enums import Role
from schemas.programme import Programme
from tasks.i18n import language
from tasks.records import checksum_of_content
from tasks.spreadsheets.parser import Parser
from tasks.workbooks.assigning import version_due
from tasks.workbooks.file_names import suffix_of
from tasks.workbooks.inbox import csv_encoding
from tasks.workbooks.pseudonyms import PseudonymKey
from tasks.workbooks.sheet_fields import layouts_of
from tasks.workbooks.sheets import read_contents
from warehouse.pseudonym_links import Pseudonym, ReturnOfPeople, RowPlace


@dataclass(frozen=True, slots=True)
class ReadAgain:
    """What an original contains under the present rule.

    Attributes:
        people: The pseudonym of each row of its tables of people.
        content_sha256: The checksum of its answers.
    """

    people: Mapping[RowPlace, Pseudonym]
    content_sha256: str


def read_again(
    content: bytes, received: ReturnOfPeople, programme: Programme, key: PseudonymKey, parser: Parser
) -> ReadAgain:
    """Read the people of a workbook again.

    Args:
        content: The original.
        received: The return version that was read from it.
        programme: The programme, whose instruments declare what identifies people.
        key: The key, with the rule to apply.
        parser: The parsing process.

    Returns:
        What it contains; nobody where the programme no longer declares such a workbook.

    Raises:
        RefusedError: The file cannot be parsed.
    """
    version = version_due(programme, received.expected_return_id)
    if version is None:
        return ReadAgain({}, "")
    book = parser.parse(content, suffix_of(received.origin), csv_encoding(programme))
    instrument = programme.instrument_by_code[received.expected_return_id.split("/")[3]]
    layouts = layouts_of(programme, instrument.code, version)
    words = language(programme.settings.locale)
    contents = read_contents(book, layouts, key, words, has_box=instrument.has_box)
    counts = {sum(field.role is Role.IDENTIFIER for field in layout.fields) for layout in layouts} - {0}
    people = _people(contents.rows, {key.pseudonym([None] * count) for count in counts})
    return ReadAgain(people, checksum_of_content(contents.answers, contents.rows))


def _people(rows: pa.Table | None, of_blanks: Collection[str]) -> dict[RowPlace, Pseudonym]:
    """Return the pseudonym of each row that identifies somebody. `of_blanks` are those of blank identifiers."""
    if rows is None or not rows.num_rows:
        return {}
    names = ("sheet_name", "row_number", "pseudonym", "key_version")
    columns = (rows.column(name).to_pylist() for name in names)
    return {
        RowPlace(sheet_name, row_number): Pseudonym(pseudonym, key_version)
        for sheet_name, row_number, pseudonym, key_version in zip(*columns, strict=True)
        if pseudonym is not None and pseudonym not in of_blanks
    }
