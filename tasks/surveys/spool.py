"""Keep the parsed pages of a survey between fetching and loading, so that no page is parsed twice."""

import os
import tempfile
import weakref
from pathlib import Path

import pyarrow as pa


class Spool:
    """Pages in an unlinked file: the file disappears with the process, however the process ends.

    Pages are added without the answers that name people. A page is in memory only while it is used.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file, name = tempfile.mkstemp(dir=folder, prefix=".arriving-")
        Path(name).unlink()
        self._extents: list[tuple[int, int]] = []
        self._end = 0
        weakref.finalize(self, os.close, self._file)

    def add(self, page: pa.Table) -> None:
        """Append a page."""
        sink = pa.BufferOutputStream()
        with pa.ipc.new_stream(sink, page.schema) as stream:
            stream.write_table(page)
        content = memoryview(sink.getvalue())
        self._extents.append((self._end, len(content)))
        while content:
            count = os.pwrite(self._file, content, self._end)
            self._end += count
            content = content[count:]

    def page(self, number: int) -> pa.Table:
        """Return a page by its number, from 0."""
        start, size = self._extents[number]
        return pa.ipc.open_stream(pa.py_buffer(os.pread(self._file, size, start))).read_all()
