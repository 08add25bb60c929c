"""Each way to read the workbook, in a process of its own: `python -m benchmarks.workbooks.candidates NAME FILE`.

What they import is imported before the clocks start, as in a run that reads many files; the process that parses is
started within them. One clock is the wall's, the other counts processor time, that of the parsing process included.
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
    """The reader library: all cells as Python values."""
    from python_calamine import CalamineWorkbook

    def read(path: Path) -> int:
        rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0).to_python(skip_empty_area=False)
        return len(rows) * len(rows[0])

    return read


def pandas_calamine() -> Callable[[Path], int]:
    """What a user would write: pandas with the same library, unchecked."""
    import pandas as pd

    pd.read_excel  # noqa: B018 imported on first use otherwise

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
    import pandas as pd  # every run has it: pyarrow looks for it

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
            sys.exit(f"{len(contents.findings)} findings in a workbook without a fault")
        return contents.rows.num_rows + 3 * book.sheets["Participants"].height

    return read


def essaim() -> Callable[[Path], int]:
    """Read in the parsing process, started for it; checked, and under pseudonyms."""
    return _essaim(warm=False)


def essaim_next_file() -> Callable[[Path], int]:
    """The same, where the parsing process has read a file before."""
    return _essaim(warm=True)


CANDIDATES = {
    "calamine": calamine,
    "pandas with calamine": pandas_calamine,
    "essaim": essaim,
    "essaim, next file": essaim_next_file,
}

_BEFORE = {"processor_seconds": 0.0}
"""What a process that parsed before had used by then: it is counted when it ends."""


def _used_by(process_id: int | None) -> float:
    """Processor seconds of a process that runs (Linux)."""
    told = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


def _used() -> float:
    """Processor seconds of this process and of those that it has ended."""
    counted = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in counted)


if __name__ == "__main__":
    read = CANDIDATES[sys.argv[1]]()
    started, used = time.perf_counter(), _used()
    cells = read(Path(sys.argv[2]))
    told = {
        "seconds": time.perf_counter() - started,
        "processor_seconds": _used() - used - _BEFORE["processor_seconds"],
        "cells": cells,
    }
    sys.stdout.write(json.dumps(told) + "\n")
