"""The parsing process, `python -m tasks.spreadsheets.child`: parses many files one after another.

It reads requests from standard input (a line of JSON, then the bytes of the file) and answers on standard output (a
line of JSON, then the cells of each sheet as an Arrow stream). It holds no key and no database address.
"""

import contextlib
import json
import os
import sys
from typing import Any, BinaryIO

MEMORY = 3 << 30
"""The limit of address space in bytes, about three times what the largest accepted workbook needs."""

SECONDS = 120
"""The limit of processor time for each file."""

_UNUSED = frozenset({"pandas", "numpy", "cloudpickle", "dateutil"})


class _UnusedFinder:
    """Hide unused packages from pyarrow, which imports them if they are installed: four fifths of the start-up time."""

    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        """Raise ImportError for an unused package."""
        if name in _UNUSED:
            raise ImportError(name)


def main() -> None:
    """Answer requests until standard input ends."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    sys.stdout = sys.stderr
    _limit_memory()
    sys.meta_path.insert(0, _UnusedFinder())
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
            from tasks.spreadsheets.marking import mark  # imports openpyxl

            _write(answers, {"sizes": [len(marked := mark(content, request))]}, marked)
            return
        book = parse(content, request["suffix"], request["csv_encoding"])
        sheets = [_as_arrow(sheet) for sheet in book.sheets.values()]
    except RefusedError as error:
        _write(answers, {"refusal": error.refusal.value, "details": error.details})
        return
    except (MemoryError, RecursionError):
        _write(answers, {"refusal": Refusal.TOO_MUCH.value, "details": {}})
        return
    described = [
        {
            "name": s.name,
            "is_hidden": s.is_hidden,
            "merged": s.merged,
            "differs_at": s.differs_at,
            "hidden_rows": s.hidden_rows,
            "hidden_columns": s.hidden_columns,
        }
        for s in book.sheets.values()
    ]
    header = {"sizes": [len(sheet) for sheet in sheets], "sheets": described}
    _write(answers, {**header, "encoding": book.encoding, "separator": book.separator}, *sheets)


def _as_arrow(sheet: Any) -> bytes:
    import pyarrow as pa

    texts = {f"t{number}": array for number, array in enumerate(sheet.texts)}
    kinds = {f"k{number}": array for number, array in enumerate(sheet.kinds)}
    lengths = {} if sheet.lengths is None else {"lengths": sheet.lengths}
    table = pa.table({**texts, **kinds, **lengths})
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
        import resource  # Unix only

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
