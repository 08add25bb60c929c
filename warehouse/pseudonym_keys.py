"""Which key pseudonyms are made with. The key itself is never here: its fingerprint tells whether it is the same."""

import hmac
from typing import Any

import sqlalchemy as sa

from schemas.errors import UsageError
from schemas.tables import PSEUDONYM_KEYS, sql_table
from warehouse.connection import Warehouse
from warehouse.loads import load_together
from warehouse.runs import Stamp


def held_keys() -> sa.Select[Any, Any]:
    """Asks for the versions of the key that were used, and their fingerprints."""
    keys = sql_table(PSEUDONYM_KEYS).c
    return sa.select(keys.key_version, keys.fingerprint).order_by(keys.key_version)


def hold_key(warehouse: Warehouse, version: int, fingerprint: str, stamp: Stamp) -> None:
    """Remember a version of the key when it is first used.

    Raises:
        UsageError: the warehouse knows this version as another key. Nobody would be recognised under it.
    """
    keys = sql_table(PSEUDONYM_KEYS).c
    known = warehouse.execute(sa.select(keys.fingerprint).where(keys.key_version == version))
    if not known:
        load_together(warehouse, {PSEUDONYM_KEYS: [{"key_version": version, "fingerprint": fingerprint}]}, stamp)
    elif not hmac.compare_digest(known[0][0], fingerprint):
        raise UsageError(
            f"The key for pseudonyms is another one than version {version} was: the same person would get another "
            "pseudonym. Expected the key that this warehouse began with. Restore it (ESSAIM_PSEUDONYM_KEY, or "
            "var/pseudonym.key); if it is lost for good, or must be changed, raise ESSAIM_PSEUDONYM_KEY_VERSION."
        )
