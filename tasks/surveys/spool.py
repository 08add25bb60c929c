"""The pages of a survey between fetching and loading, so that they are not read from their bytes twice."""

import os
import tempfile
import weakref
from pathlib import Path

import pyarrow as pa


class Spool:
    """Pages on the disk, in a file without a name: it ends with this process, however that ends.

    A page is there without the answers that name people; in memory it is while it is used.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file, name = tempfile.mkstemp(dir=folder, prefix=".arriving-")
        Path(name).unlink()
        self._paths: list[tuple[int, int]] = []
        self._end = 0
        weakref.finalize(self, os.close, self._file)

    def add(self, page: pa.Table) -> None:
        """Put a page after the others."""
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, page.schema) as stream:
            stream.write_table(page)
        written = memoryview(sink.getvalue())
        self._paths.append((self._end, len(written)))
        while written:
            count = os.pwrite(self._file, written, self._end)
            self._end += count
            written = written[count:]

    def page(self, number: int) -> pa.Table:
        """A page by its number, from 0."""
        start, size = self._paths[number]
        return pa.ipc.open_stream(pa.py_buffer(os.pread(self._file, size, start))).read_all()
