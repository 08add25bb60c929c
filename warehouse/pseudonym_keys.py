"""Record which key pseudonyms are made with.

Reads and writes `ops.pseudonym_keys`, which holds a fingerprint of each key, never the key.
"""

import hmac
import json
from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from schemas.errors import UsageError
from schemas.tables import PSEUDONYM_KEYS, RETURNS, ROW_ANSWERS, Row, sql_table
from warehouse.connection import Warehouse
from warehouse.loads import load_together
from warehouse.runs import Stamp

_AGES = "age bands of "
"""Begins the name under which what decides the age bands of an enrolment is recorded beside the identifiers."""


def held_keys() -> sa.Select[int, str]:
    """Return the statement that selects the used versions of the key and their fingerprints."""
    keys = sql_table(PSEUDONYM_KEYS).c
    return sa.select(keys.key_version, keys.fingerprint).order_by(keys.key_version)


def held_rule(key_version: int) -> sa.Select[int | None]:
    """Return the statement that selects the rule of a version of the key; null for the first rule."""
    keys = sql_table(PSEUDONYM_KEYS).c
    return sa.select(keys.rule).where(keys.key_version == key_version)


def hold_key(warehouse: Warehouse, version: int, fingerprint: str, rule: int, stamp: Stamp) -> int:
    """Record a version of the key and its rule at its first use, and return the rule in force.

    A version keeps the rule that it began with until `essaim relink` moves its pseudonyms to the newest. Otherwise a
    person whose name the rules fold differently would be two.

    Args:
        warehouse: The warehouse.
        version: Version of the key.
        fingerprint: HMAC-SHA256 of a fixed sentence under the key.
        rule: Version of the rule that folds the spellings of a name, for a version of the key that is new.
        stamp: The run's stamp.

    Raises:
        UsageError: The warehouse holds another fingerprint for this version. With this key, no known participant would
            be recognised.
    """
    held = rule_in_force(warehouse, version, fingerprint)
    if held is None:
        load_together(warehouse, {PSEUDONYM_KEYS: [_row(version, fingerprint, rule)]}, stamp)
    return held or rule


def rule_in_force(warehouse: Warehouse, version: int, fingerprint: str) -> int | None:
    """Return the rule of a version of the key; None if the version was never used.

    Raises:
        UsageError: The warehouse holds another fingerprint for this version.
    """
    keys = sql_table(PSEUDONYM_KEYS).c
    known = warehouse.execute(sa.select(keys.fingerprint, keys.rule).where(keys.key_version == version))
    if not known:
        return None
    if not hmac.compare_digest(known[0][0], fingerprint):
        raise UsageError(
            f"The key for pseudonyms differs from the key that was used as version {version}: the same person would "
            "get another pseudonym. Expected the key that this warehouse began with. Restore it (ESSAIM_PSEUDONYM_KEY, "
            "or var/pseudonym.key); if it is lost, or must be changed, increase ESSAIM_PSEUDONYM_KEY_VERSION."
        )
    return known[0][1] or 1


def set_rule(warehouse: Warehouse, version: int, fingerprint: str, rule: int, stamp: Stamp) -> None:
    """Set the rule of a version of the key, which is recorded if it is new. Call it in a transaction."""
    if rule_in_force(warehouse, version, fingerprint) is None:
        warehouse.append(PSEUDONYM_KEYS, [{**_row(version, fingerprint, rule), **stamp.columns}])
        return
    table = sql_table(PSEUDONYM_KEYS)
    warehouse.execute(sa.update(table).where(table.c.key_version == version).values(rule=rule))


def differently_identified(
    warehouse: Warehouse, version: int, identifiers: Mapping[str, Sequence[str]]
) -> tuple[str, ...]:
    """Return the tables of people whose rows were linked by other identifiers. New tables are recorded.

    Args:
        warehouse: The warehouse.
        version: Version of the key, which the warehouse holds.
        identifiers: The identifiers of each table, by its name.
    """
    before = _held_identifiers(warehouse, version)
    if not before.keys() >= identifiers.keys():
        set_identifiers(warehouse, version, {**identifiers, **before})
    return tuple(table for table in identifiers if before.get(table, identifiers[table]) != identifiers[table])


def differently_aged(warehouse: Warehouse, version: int, ages: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return the enrolments with age bands that were computed otherwise, or not at all. New enrolments are recorded.

    Args:
        warehouse: The warehouse.
        version: Version of the key, which the warehouse holds.
        ages: What decides the age bands of each enrolment, by its id.
    """
    before = _held_identifiers(warehouse, version)
    held = {name.removeprefix(_AGES): decided for name, decided in before.items() if name.startswith(_AGES)}
    if ages and not held:
        # Age bands were not declared before: the people who are held have none.
        ids = sql_table(RETURNS).c.expected_return_id
        cells = sql_table(ROW_ANSWERS).c
        people = sa.select(cells.return_id).where(cells.pseudonym.is_not(None))
        read = warehouse.execute(sa.select(ids).distinct().where(sql_table(RETURNS).c.return_id.in_(people)))
        with_people = {"/".join(str(row[0]).split("/")[:2]) for row in read}
        held = {one: [] for one in ages if one in with_people}
    if not held.keys() >= ages.keys():
        set_identifiers(warehouse, version, {**before, **ages_held({**ages, **held})})
    return tuple(one for one in ages if held.get(one, ages[one]) != ages[one])


def ages_held(ages: Mapping[str, Sequence[str]]) -> dict[str, Sequence[str]]:
    """Return what decides the age bands of each enrolment under the names that are recorded beside identifiers."""
    return {f"{_AGES}{enrolment_id}": decided for enrolment_id, decided in ages.items()}


def _held_identifiers(warehouse: Warehouse, version: int) -> dict[str, Sequence[str]]:
    keys = sql_table(PSEUDONYM_KEYS).c
    ((held,),) = warehouse.execute(sa.select(keys.identifiers).where(keys.key_version == version))
    return json.loads(held) if held else {}


def set_identifiers(warehouse: Warehouse, version: int, identifiers: Mapping[str, Sequence[str]]) -> None:
    """Record the identifiers by which the rows of tables of people are linked, for a version of the key."""
    table = sql_table(PSEUDONYM_KEYS)
    held = json.dumps({name: list(codes) for name, codes in identifiers.items()}, ensure_ascii=False)
    warehouse.execute(sa.update(table).where(table.c.key_version == version).values(identifiers=held))


def _row(version: int, fingerprint: str, rule: int) -> Row:
    return {"key_version": version, "fingerprint": fingerprint, "rule": rule}
