"""The process that parses: `python -m tasks.spreadsheets.child`. One for many files, so that it starts once.

It reads requests from its standard input (a line of JSON, then the file's bytes) and answers on its standard output
(a line of JSON, then the cells of each sheet as Arrow). It has no key, no database and no address.
"""

import contextlib
import json
import os
import sys
from typing import Any, BinaryIO

MEMORY = 3 << 30
"""Bytes of address space. The largest workbook that is accepted needs about a third of it."""

SECONDS = 120
"""Of processor time, a file."""


_UNUSED = frozenset({"pandas", "numpy", "cloudpickle", "dateutil"})


class _WithoutWhatIsNotUsed:
    """pyarrow imports these to look whether a value is one of theirs, if they are there: four fifths of the start."""

    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        """Say that they are not there."""
        if name in _UNUSED:
            raise ImportError(name)


def main() -> None:
    """Answer requests until there are no more."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    sys.stdout = sys.stderr
    _limit_memory()
    sys.meta_path.insert(0, _WithoutWhatIsNotUsed())
    while line := sys.stdin.buffer.readline():
        request = json.loads(line)
        content = sys.stdin.buffer.read(request["size"])
        _limit_time()
        _answer(request, content, answers)
        answers.flush()


def _answer(request: dict[str, Any], content: bytes, answers: BinaryIO) -> None:
    from tasks.spreadsheets.cells import Refusal, RefusedError
    from tasks.spreadsheets.parsing import parse

    try:
        if "places" in request:
            from tasks.spreadsheets.marking import mark  # brings openpyxl

            _write(answers, {"sizes": [len(marked := mark(content, request))]}, marked)
            return
        book = parse(content, request["suffix"])
        sheets = [_as_arrow(sheet) for sheet in book.sheets.values()]
    except RefusedError as error:
        _write(answers, {"refusal": error.refusal.value, "details": error.details})
        return
    except (MemoryError, RecursionError):
        _write(answers, {"refusal": Refusal.TOO_MUCH.value, "details": {}})
        return
    told = [{"name": s.name, "is_hidden": s.is_hidden, "merged": s.merged} for s in book.sheets.values()]
    header = {"sizes": [len(sheet) for sheet in sheets], "sheets": told}
    _write(answers, {**header, "encoding": book.encoding, "separator": book.separator}, *sheets)


def _as_arrow(sheet: Any) -> bytes:
    import pyarrow as pa

    texts = {f"t{number}": array for number, array in enumerate(sheet.texts)}
    kinds = {f"k{number}": array for number, array in enumerate(sheet.kinds)}
    table = pa.table({**texts, **kinds})
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue().to_pybytes()


def _write(answers: BinaryIO, header: dict[str, Any], *parts: bytes) -> None:
    answers.write(json.dumps(header).encode() + b"\n")
    for part in parts:
        answers.write(part)


def _limit_memory() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource  # not on every system

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _limit_time() -> None:
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        _, hard = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime) + SECONDS, hard))


if __name__ == "__main__":
    main()
