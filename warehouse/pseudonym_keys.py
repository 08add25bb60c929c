"""Record which key pseudonyms are made with.

Reads and writes `ops.pseudonym_keys`, which holds a fingerprint of each key, never the key.
"""

import hmac

import sqlalchemy as sa

from schemas.errors import UsageError
from schemas.tables import PSEUDONYM_KEYS, sql_table
from warehouse.connection import Warehouse
from warehouse.loads import load_together
from warehouse.runs import Stamp


def held_keys() -> sa.Select[int, str]:
    """Return the statement that selects the used versions of the key and their fingerprints."""
    keys = sql_table(PSEUDONYM_KEYS).c
    return sa.select(keys.key_version, keys.fingerprint).order_by(keys.key_version)


def hold_key(warehouse: Warehouse, version: int, fingerprint: str, rule: int, stamp: Stamp) -> int:
    """Record a version of the key and its rule at its first use, and return the rule in force.

    Pseudonyms of a version all follow the rule that it began with. Otherwise a person whose name the rules fold
    differently would be two.

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
    keys = sql_table(PSEUDONYM_KEYS).c
    known = warehouse.execute(sa.select(keys.fingerprint, keys.rule).where(keys.key_version == version))
    if not known:
        row = {"key_version": version, "fingerprint": fingerprint, "rule": rule}
        load_together(warehouse, {PSEUDONYM_KEYS: [row]}, stamp)
        return rule
    if not hmac.compare_digest(known[0][0], fingerprint):
        raise UsageError(
            f"The key for pseudonyms differs from the key that was used as version {version}: the same person would "
            "get another pseudonym. Expected the key that this warehouse began with. Restore it (ESSAIM_PSEUDONYM_KEY, "
            "or var/pseudonym.key); if it is lost, or must be changed, increase ESSAIM_PSEUDONYM_KEY_VERSION."
        )
    return known[0][1] or 1
