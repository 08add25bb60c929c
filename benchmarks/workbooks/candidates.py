"""Read the workbook in one of several ways: `python -m benchmarks.workbooks.candidates NAME FILE`.

Imports are excluded from the measurement, as in a run that reads many files; the start of the parsing process is
included. The output has wall seconds and CPU seconds, including those of the parsing process.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.workbooks.workbook import fields

COLUMNS = len(fields())


def calamine() -> Callable[[Path], int]:
    """Read all cells as Python values with the reader library."""
    from python_calamine import CalamineWorkbook

    def read(path: Path) -> int:
        rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python(skip_empty_area=False)
        return len(rows) * len(rows[0])

    return read


def pandas_calamine() -> Callable[[Path], int]:
    """Read with pandas and the same library, without checks."""
    import pandas as pd

    pd.read_excel  # noqa: B018 would otherwise be imported on first use

    def read(path: Path) -> int:
        frame = pd.read_excel(path, engine="calamine", dtype=str, keep_default_na=False)
        return (len(frame) + 1) * len(frame.columns)

    return read


def _layouts() -> tuple:
    from schemas.programme import Programme
    from tasks.workbooks.sheet_fields import layouts_of

    innovation = {"code": "I", "name": "I"}
    programme = Programme.model_validate(
        {
            "version": "0",
            "settings": {
                "programme": "banc", "name": "Banc", "timezone": "Europe/Paris", "innovations": [innovation],
                "occasions": [{"code": "M06", "months": 6}], "cohorts": [],
                "evaluators": [{"code": "A", "name": "A", "email": "a@example.org", "follows": ["I"]}],
                "instruments": [{
                    "code": "tableau", "name": "T", "kind": "workbook", "filled_by": "structure",
                    "mode": "data_table", "innovations": ["I"],
                    "versions": [{"version": 1, "occasions": ["M06"],
                                  "sheets": [{"name": "Participants", "columns": fields()}]}],
                }],
            },
            "enrolments": [], "indicators": [], "crosswalk": [], "recodes": [],
        }
    )  # fmt: skip
    return layouts_of(programme, "tableau", programme.settings.instruments[0].versions[0])


def _essaim(*, warm: bool) -> Callable[[Path], int]:
    import pandas as pd  # pyarrow imports it in every run

    from tasks.i18n import language
    from tasks.spreadsheets.parser import Parser
    from tasks.workbooks.pseudonyms import PseudonymKey
    from tasks.workbooks.sheets import read_contents

    key, layouts, words = PseudonymKey(b"of the benchmark, and of nothing else"), _layouts(), language("fr")
    parser = Parser()
    if warm:
        parser.parse(b"a;b", ".csv")
        _BEFORE["processor_seconds"] = _used_by(parser.process_id)

    def read(path: Path) -> int:
        with parser:
            book = parser.parse(path.read_bytes(), ".xlsx")
            contents = read_contents(book, layouts, key, words)
        if contents.findings or contents.rows is None or pd is None:
            sys.exit(f"{len(contents.findings)} findings in a valid workbook")
        return contents.rows.num_rows + 3 * book.sheets["Participants"].height

    return read


def essaim() -> Callable[[Path], int]:
    """Read, check and pseudonymise with Essaim, in a parsing process that is started for the file."""
    return _essaim(warm=False)


def essaim_next_file() -> Callable[[Path], int]:
    """Read, check and pseudonymise with Essaim, in a parsing process that has read a file before."""
    return _essaim(warm=True)


CANDIDATES = {
    "calamine": calamine,
    "pandas with calamine": pandas_calamine,
    "essaim": essaim,
    "essaim, next file": essaim_next_file,
}

_BEFORE = {"processor_seconds": 0.0}
"""CPU seconds of the warm parsing process before the measurement, to be subtracted from its total."""


def _used_by(process_id: int | None) -> float:
    """Return the CPU seconds of a running process (Linux)."""
    ticks = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(ticks[11]) + int(ticks[12])) / os.sysconf("SC_CLK_TCK")


def _used() -> float:
    """Return the CPU seconds of this process and of its ended child processes."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


if __name__ == "__main__":
    read = CANDIDATES[sys.argv[1]]()
    started, used = time.perf_counter(), _used()
    cells = read(Path(sys.argv[2]))
    result = {
        "seconds": time.perf_counter() - started,
        "processor_seconds": _used() - used - _BEFORE["processor_seconds"],
        "cells": cells,
    }
    sys.stdout.write(json.dumps(result) + "\n")
