"""Send files to the parsing process, and start another process where a file exceeded its limits."""

import contextlib
import json
import os
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import pyarrow as pa

from tasks.spreadsheets.cells import CellBook, CellSheet, Refusal, RefusedError
from tasks.spreadsheets.safe_names import shown_sheet

DEADLINE = 180
"""The limit of elapsed seconds for each file."""

_ROOT = Path(__file__).parents[2]
_QUIET = {"ARROW_DEFAULT_MEMORY_POOL": "system", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""Settings against reserved but unused memory, which counts towards the limit of address space."""


class Parser:
    """The parsing process: started with the first file, ended with the `with` block."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._end()

    @property
    def process_id(self) -> int | None:
        """The id of the running process; None where none runs."""
        return self._process.pid if self._process else None

    def parse(self, content: bytes, suffix: str, csv_encoding: str | None = None) -> CellBook:
        """Parse a file to cells.

        Args:
            content: The bytes of the file.
            suffix: The suffix of its name, in lower case and with the dot.
            csv_encoding: The encoding of CSV files that are not in Unicode; None for none.

        Raises:
            RefusedError: The file is refused.
        """
        header, parts = self._ask({"suffix": suffix, "csv_encoding": csv_encoding}, content)
        sheets = [_sheet(description, part) for description, part in zip(header["sheets"], parts, strict=True)]
        return CellBook({sheet.name: sheet for sheet in sheets}, header["encoding"], header["separator"])

    def mark(self, content: bytes, places: Sequence[tuple[str, str, str, str]], **request: object) -> bytes:
        """Make a copy of a workbook with marked cells.

        Args:
            content: The bytes of the workbook.
            places: The sheet, the cell, the comment and the severity of each mark.
            request: The other values of a request, see `marking.mark`.

        Returns:
            The copy, as XLSX.

        Raises:
            RefusedError: The workbook is refused.
        """
        return self._ask({"places": list(places), **request}, content)[1][0]

    def _ask(self, request: dict[str, Any], content: bytes) -> tuple[dict[str, Any], list[bytes]]:
        process = self._process = self._process or _started()
        assert process.stdin  # noqa: S101 narrows the type: the process has pipes
        assert process.stdout  # noqa: S101 narrows the type: the process has pipes
        deadline = threading.Timer(DEADLINE, process.kill)
        deadline.start()
        try:
            answer = _exchange(process.stdin, process.stdout, request, content)
        finally:
            deadline.cancel()
        if answer is None:
            self._end()
            raise RefusedError(Refusal.TOO_MUCH)
        header, parts = answer
        if "refusal" in header:
            if header["refusal"] == Refusal.TOO_MUCH:
                self._end()
            raise RefusedError(Refusal(header["refusal"]), **header["details"])
        return header, parts

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                with contextlib.suppress(OSError):
                    pipe.close()


def _exchange(
    requests: IO[bytes], answers: IO[bytes], request: dict[str, Any], content: bytes
) -> tuple[dict[str, Any], list[bytes]] | None:
    """Return the header and the parts of the answer; None where the process died before the end of its answer."""
    try:
        requests.write(json.dumps({**request, "size": len(content)}).encode() + b"\n")
        requests.write(content)
        requests.flush()
        header: dict[str, Any] = json.loads(answers.readline() or b"{}")
        sizes: list[int] = header.get("sizes", [])
        parts = [answers.read(size) for size in sizes]
    except OSError:
        return None
    return (header, parts) if header and [len(part) for part in parts] == sizes else None


def _started() -> "subprocess.Popen[bytes]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ESSAIM_")}
    return subprocess.Popen(
        [sys.executable, "-m", "tasks.spreadsheets.child"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=_ROOT,
        env={**environment, **_QUIET},
    )


def _sheet(description: dict[str, Any], content: bytes) -> CellSheet:
    table = pa.ipc.open_stream(content).read_all().combine_chunks()
    width = table.num_columns // 2
    texts = tuple(_whole(table.column(f"t{number}"), pa.string()) for number in range(width))
    kinds = tuple(_whole(table.column(f"k{number}"), pa.int8()) for number in range(width))
    name, merged = shown_sheet(description["name"]), tuple(description["merged"])
    lengths = _whole(table.column("lengths"), pa.int32()) if "lengths" in table.column_names else None
    rows, columns = tuple(description["hidden_rows"]), tuple(description["hidden_columns"])
    return CellSheet(
        name, texts, kinds, description["is_hidden"], merged, description["differs_at"], lengths, rows, columns
    )


def _whole(column: pa.ChunkedArray, kind: pa.DataType) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks or [pa.array([], kind)])
