"""Derive reproducible numbers from checksums, for everything that nothing else determines."""

import hashlib


def chance(*parts: str) -> float:
    """Return a number in [0, 1) that depends only on the given texts."""
    digest = hashlib.sha256("\0".join(parts).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64
