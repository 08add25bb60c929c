"""Read the people of a loaded workbook again from its original, by the programme and the rule as they are now."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from schemas.enums import Role
from schemas.programme import Programme
from tasks.i18n import language
from tasks.records import checksum_of_content
from tasks.spreadsheets.parser import Parser
from tasks.workbooks.age_bands import age_attributes
from tasks.workbooks.assigning import version_due
from tasks.workbooks.file_names import suffix_of
from tasks.workbooks.opening import csv_encoding
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
        bands: The known age band of each row and attribute of participants.
    """

    people: Mapping[RowPlace, Pseudonym]
    content_sha256: str
    bands: Mapping[tuple[RowPlace, str], str] = field(default_factory=dict[tuple[RowPlace, str], str])


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
    ages = age_attributes(programme, received.expected_return_id)
    contents = read_contents(book, layouts, key, words, has_box=instrument.has_box, ages=ages)
    counts = {sum(one.role is Role.IDENTIFIER for one in layout.fields) for layout in layouts} - {0}
    people = _people(contents.rows, {key.pseudonym([None] * count) for count in counts})
    return ReadAgain(people, checksum_of_content(contents.answers, contents.rows), _bands(contents.bands, people))


def _bands(bands: pa.Table | None, people: Collection[RowPlace]) -> dict[tuple[RowPlace, str], str]:
    """Return the age bands of the rows that identify somebody."""
    names = ("sheet_name", "row_number", "attribute_code", "band")
    rows = zip(*(bands.column(name).to_pylist() for name in names), strict=True) if bands is not None else ()
    return {
        (place, attribute_code): band
        for sheet_name, row_number, attribute_code, band in rows
        for place in [RowPlace(sheet_name, row_number)]
        if place in people
    }


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
