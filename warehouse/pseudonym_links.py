"""Read the people of the loaded workbook tables, and record the pseudonyms that a run of `essaim relink` gives them.

Reads `raw.returns`, `raw.row_answers`, `raw.pseudonym_links` and `ops.receipts`. Writes `raw.pseudonym_links`
and `raw.age_bands`, append-only, and the rule in `ops.pseudonym_keys`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from schemas.enums import ReturnOutcome
from schemas.tables import AGE_BANDS, PSEUDONYM_LINKS, RECEIPTS, RETURNS, ROW_ANSWERS, Row, sql_table
from warehouse.connection import Warehouse
from warehouse.pseudonym_keys import set_identifiers, set_rule
from warehouse.runs import Stamp

_ORDER_OF_LINKS = ("known_at", "loaded_at", "run_id")


@dataclass(frozen=True, slots=True)
class RowPlace:
    """A row of a workbook table: the sheet as it is declared, and the row number from 1."""

    sheet_name: str
    row_number: int


@dataclass(frozen=True, slots=True)
class Pseudonym:
    """A pseudonym, and the version of its key."""

    text: str
    key_version: int


@dataclass(frozen=True, slots=True)
class ReturnOfPeople:
    """A loaded return version with tables of people.

    Attributes:
        return_id: The version.
        expected_return_id: The return.
        origin: The name of its file, which may name a person: never show it.
        landing_path: The path of its original below the landing folder.
        people: The pseudonym of each row, as of the latest link.
    """

    return_id: str
    expected_return_id: str
    origin: str
    landing_path: str
    people: Mapping[RowPlace, Pseudonym]


def returns_of_people(warehouse: Warehouse) -> list[ReturnOfPeople]:
    """Return every loaded return version with tables of people, in the order of loading."""
    people: dict[str, dict[RowPlace, Pseudonym]] = {}
    for return_id, sheet_name, row_number, pseudonym, key_version in warehouse.execute(_people()):
        people.setdefault(return_id, {})[RowPlace(sheet_name, row_number)] = Pseudonym(pseudonym, key_version)
    returns, receipts = sql_table(RETURNS).c, sql_table(RECEIPTS).c
    rows = warehouse.execute(
        sa.select(returns.return_id, returns.expected_return_id, receipts.origin, receipts.landing_path)
        .where(returns.receipt_id == receipts.receipt_id, returns.outcome == ReturnOutcome.LOADED.value)
        .order_by(returns.loaded_at, returns.return_id)
    )
    return [
        ReturnOfPeople(return_id, expected_return_id, origin, landing_path, people.pop(return_id))
        for return_id, expected_return_id, origin, landing_path in rows
        if return_id in people
    ]


def _people() -> sa.Executable:
    """Return the statement that selects each row of a table of people with its pseudonym, as of the latest link."""
    cells, links = sql_table(ROW_ANSWERS).c, sql_table(PSEUDONYM_LINKS).c
    place = (cells.return_id, cells.sheet_name, cells.row_number)
    rows = (
        sa.select(*place, cells.pseudonym, cells.key_version).where(cells.pseudonym.is_not(None)).distinct().subquery()
    )
    recency = sa.func.row_number().over(
        partition_by=(links.return_id, links.sheet_name, links.row_number),
        order_by=[links[name].desc() for name in _ORDER_OF_LINKS],
    )
    names = ("return_id", "sheet_name", "row_number", "pseudonym", "key_version")
    latest = sa.select(*(links[name] for name in names), recency.label("recency")).subquery()
    is_same_row = sa.and_(*(rows.c[column.name] == latest.c[column.name] for column in place), latest.c.recency == 1)
    return sa.select(
        *(rows.c[column.name] for column in place),
        sa.func.coalesce(latest.c.pseudonym, rows.c.pseudonym),
        sa.func.coalesce(latest.c.key_version, rows.c.key_version),
    ).select_from(rows.outerjoin(latest, is_same_row))


def last_linked_at(warehouse: Warehouse) -> datetime | None:
    """Return the last instant from which a link is known, UTC; None without links."""
    return warehouse.execute(sa.select(sa.func.max(sql_table(PSEUDONYM_LINKS).c.known_at)))[0][0]


def contents_by_link(warehouse: Warehouse) -> dict[str, str]:
    """Return the checksum of the answers under the latest pseudonyms, of each return version that was relinked."""
    links = sql_table(PSEUDONYM_LINKS).c
    order = [links[name] for name in _ORDER_OF_LINKS]
    rows = warehouse.execute(
        sa.select(links.return_id, links.content_sha256, *order)
        .distinct()
        .where(links.content_sha256.is_not(None))
        .order_by(*order)
    )
    return {str(return_id): str(content_sha256) for return_id, content_sha256, *_ in rows}


def record_links(
    warehouse: Warehouse,
    links: Iterable[Row],
    *,
    key_version: int,
    fingerprint: str,
    rule: int,
    identifiers: Mapping[str, Sequence[str]],
    stamp: Stamp,
    bands: Iterable[Row] = (),
) -> None:
    """Record links and age bands, and the rule and the identifiers that later returns are read by, in one transaction.

    Args:
        warehouse: The warehouse.
        links: Rows of `raw.pseudonym_links` without the stamp.
        key_version: Version of the key.
        fingerprint: The key's fingerprint.
        rule: Version of the rule.
        identifiers: The identifiers of each table of people, by its name.
        stamp: The run's stamp.
        bands: Rows of `raw.age_bands` without the stamp.
    """
    rows: Sequence[Row] = [{**link, **stamp.columns} for link in links]
    banded: Sequence[Row] = [{**band, **stamp.columns} for band in bands]
    with warehouse.transaction():
        set_rule(warehouse, key_version, fingerprint, rule, stamp)
        set_identifiers(warehouse, key_version, identifiers)
        warehouse.append(PSEUDONYM_LINKS, rows)
        warehouse.append(AGE_BANDS, banded)
    warehouse.checkpoint()
