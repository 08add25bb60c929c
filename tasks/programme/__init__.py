"""Read and check the programme folder, and project it to rows of the warehouse."""

from tasks.programme.folder import read_programme

__all__ = ["read_programme"]
