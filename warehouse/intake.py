"""Keep what the desk and the mailbox receive, apart from the warehouse, until a run applies it.

What `keep` has returned from is on disk. The intake is a SQLite file, or the schema `intake` of the warehouse's
database (docs/decisions/0045).
"""

from collections.abc import Collection, Generator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, IntegrityError

from schemas.errors import DatabaseError
from schemas.intake import ITEMS, METADATA, ItemKind, ItemOutcome
from schemas.settings import ProjectPaths
from warehouse.address import Address, warehouse_address

_WAIT_SECONDS = 10
"""How long a writer waits for another one."""


def now() -> datetime:
    """Return the present instant, UTC without a zone."""
    return datetime.now(UTC).replace(tzinfo=None)


@dataclass(frozen=True, slots=True)
class Item:
    """A file or decision that was acknowledged.

    Attributes:
        item_id: Its identifier.
        kind: What it is.
        subject_id: The expected return, or the enrolment that left.
        received_at: UTC, without a zone.
        received_from: Code of the evaluator, `_lead` or `structure`.
        payload: The decision, or the suffix of the file, as JSON.
        sha256: Checksum of the file; None for a decision.
        settled_at: When a run settled it, UTC; None while it waits.
        outcome: What became of it; None while it waits.
        detail: Why it was refused.
    """

    item_id: str
    kind: ItemKind
    subject_id: str
    received_at: datetime
    received_from: str
    payload: str
    sha256: str | None = None
    settled_at: datetime | None = None
    outcome: ItemOutcome | None = None
    detail: str | None = None


_NAMES = tuple(field.name for field in fields(Item))


def keep(intake: sa.Engine, item: Item, content: bytes | None = None) -> bool:
    """Keep an item. It is on disk when this returns.

    Args:
        intake: The open intake.
        item: The item.
        content: The sealed file of a workbook.

    Returns:
        False if an item with its id is kept already: the form was sent twice.
    """
    row = {name: getattr(item, name) for name in _NAMES} | {"content": content}
    try:
        with intake.begin() as connection:
            connection.execute(sa.insert(ITEMS).values(row))
    except IntegrityError:
        return False
    return True


def waiting_items(intake: sa.Engine, kind: ItemKind) -> list[Item]:
    """Return the items of a kind that no run has settled, in the order of their arrival."""
    return _items(intake, ITEMS.c.settled_at.is_(None) & (ITEMS.c.kind == kind.value))


def oldest_waiting(intake: sa.Engine) -> datetime | None:
    """Return when the oldest item that no run has settled arrived, UTC; None if none waits."""
    with intake.connect() as connection:
        return connection.scalar(sa.select(sa.func.min(ITEMS.c.received_at)).where(ITEMS.c.settled_at.is_(None)))


def items_about(intake: sa.Engine, subject_ids: Collection[str]) -> list[Item]:
    """Return the items about some returns and enrolments, settled or not, in the order of their arrival."""
    return _items(intake, ITEMS.c.subject_id.in_(subject_ids))


def _items(intake: sa.Engine, condition: sa.ColumnElement[bool]) -> list[Item]:
    columns = [ITEMS.c[name] for name in _NAMES]
    with intake.connect() as connection:
        statement = sa.select(*columns).where(condition).order_by(ITEMS.c.received_at, ITEMS.c.item_id)
        return [_item(dict(row)) for row in connection.execute(statement).mappings()]


def _item(row: dict[str, Any]) -> Item:
    row["kind"] = ItemKind(row["kind"])
    row["outcome"] = row["outcome"] and ItemOutcome(row["outcome"])
    return Item(**row)


def sealed_content(intake: sa.Engine, item_id: str) -> bytes | None:
    """Return the sealed file of an item; None for a decision, and once a run has landed the file."""
    with intake.connect() as connection:
        return connection.scalar(sa.select(ITEMS.c.content).where(ITEMS.c.item_id == item_id))


def settle(intake: sa.Engine, item_id: str, run_id: str, outcome: ItemOutcome, detail: str | None = None) -> None:
    """Record what a run has made of an item. The file of a workbook is dropped, because its original is landed."""
    values = {"settled_at": now(), "run_id": run_id, "outcome": outcome.value, "detail": detail, "content": None}
    with intake.begin() as connection:
        connection.execute(sa.update(ITEMS).where(ITEMS.c.item_id == item_id).values(values))


@contextmanager
def open_intake(paths: ProjectPaths) -> Generator[sa.Engine]:
    """Open the intake of a programme, creating its tables where they are missing.

    Raises:
        UsageError: The database server refuses the connection.
        DatabaseError: The intake cannot be opened, or a statement failed.
    """
    address = warehouse_address(paths)
    engine = _in_file(paths) if address is None else _in_database(address)
    try:
        if not _has_tables(engine, address):
            with engine.begin() as connection:
                if address is not None:
                    connection.execute(sa.schema.CreateSchema(str(METADATA.schema), if_not_exists=True))
                METADATA.create_all(connection)
        yield engine
    except DBAPIError as error:
        # The text of the error may quote a row.
        raise DatabaseError(
            f"The intake in {address or paths.intake} could not be used ({type(error.orig).__name__}). Check the space "
            "and the rights, then try again: nothing that was acknowledged is lost."
        ) from error
    finally:
        engine.dispose()


def holds_an_intake(paths: ProjectPaths) -> bool:
    """Return whether the programme has an intake, without creating one.

    Raises:
        UsageError: The database server refuses the connection.
        DatabaseError: The database cannot be reached.
    """
    address = warehouse_address(paths)
    if address is None:
        return paths.intake.exists()
    engine = _in_database(address)
    try:
        return _has_tables(engine, address)
    finally:
        engine.dispose()


def _has_tables(engine: sa.Engine, address: Address | None) -> bool:
    existing = sa.inspect(engine).get_table_names(schema=None if address is None else METADATA.schema)
    return {table.name for table in METADATA.tables.values()} <= set(existing)


def _in_file(paths: ProjectPaths) -> sa.Engine:
    paths.var.mkdir(parents=True, exist_ok=True)
    if not paths.intake.exists():
        paths.intake.touch(mode=0o600)
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=str(paths.intake)),
        execution_options={"schema_translate_map": {METADATA.schema: None}},
        connect_args={"timeout": _WAIT_SECONDS},
    )
    event.listen(engine, "connect", _make_durable)
    return engine


def _make_durable(connection: Any, _record: object) -> None:
    # Readers do not wait for writers, and a commit is on disk when it returns.
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")


def _in_database(address: Address) -> sa.Engine:
    from warehouse.database import connect  # imports the driver

    def transactional() -> Any:
        connection = connect(address, "essaim intake")
        connection.autocommit = False
        return connection

    return sa.create_engine("postgresql+psycopg://", creator=transactional, poolclass=sa.pool.NullPool)
