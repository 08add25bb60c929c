"""The programme folder: read whole, checked whole; `rows` projects it to what the warehouse keeps of it."""

from tasks.programme.folder import read_programme

__all__ = ["read_programme"]
