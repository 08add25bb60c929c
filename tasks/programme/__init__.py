"""The programme folder: read whole, checked whole, projected to the rows that the warehouse keeps of it."""

from tasks.programme.folder import read_programme
from tasks.programme.rows import programme_rows

__all__ = ["programme_rows", "read_programme"]
