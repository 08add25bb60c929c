"""Fill `raw` like a collection, with the expected returns of a programme and random answers."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

import pyarrow as pa

from benchmarks.views.programme import COLUMNS, CORE, ITEMS, TABLE, is_choice, item
from schemas.enums import RunOutcome
from schemas.programme import Programme
from schemas.settings import ProjectPaths
from schemas.tables import ANSWERS, RETURNS, ROW_ANSWERS, Row
from tasks.programme.rows import programme_rows
from tasks.schedule.expected_returns import INBOX, plan
from warehouse.connection import open_warehouse
from warehouse.loads import load_plan, load_programme, load_source_check, load_together
from warehouse.runs import Stamp, begin_run, end_run, last_instant_of

_AT_A_TIME = 500_000
"""The maximum number of cells in an Arrow table."""
_CHOICES = ["oui", "en cours", "partiel", "non", "nc"]
_NUMBERS = [*map(str, range(500)), *["nc"] * 25]
_CELLS = {"emploi": ["oui", "non"], "contrat": ["CDI", "CDD", "interim"], "formation": ["oui", "non"]}


@dataclass(frozen=True)
class Version:
    """A version of a return."""

    return_id: str
    expected_return_id: str
    structure: int
    answered_on: date
    sequence: int


def versions(programme: Programme) -> list[Version]:
    """Draw the received returns: 95 % of those expected, of which 5 % late and 2 % corrected in a second version."""
    draw = Random(2026)
    received = []
    structures = {enrolment.enrolment_id: number for number, enrolment in enumerate(programme.enrolments)}
    for expected in plan(programme):
        id_, due_on, structure = str(expected["expected_return_id"]), expected["due_on"], expected["enrolment_id"]
        assert isinstance(due_on, date)
        if draw.random() < 0.05:
            continue
        days = draw.randint(20, 60) if draw.random() < 0.05 else -draw.randint(0, 20)
        for sequence in range(2 if draw.random() < 0.02 else 1):
            return_id = hashlib.sha256(f"{id_} {sequence}".encode()).hexdigest()
            answered_on = due_on + timedelta(days=days + sequence)
            received.append(Version(return_id, id_, structures[str(structure)], answered_on, sequence))
    return received


def fill(paths: ProjectPaths, programme: Programme, participants: int, today: date, after: date | None = None) -> int:
    """Load the returns received up to a date, and return the number of versions.

    Args:
        paths: The folders of the programme.
        programme: The programme.
        participants: The number of participants of all structures.
        today: The last date to load.
        after: The last date that an earlier call loaded, if any.
    """
    zone = programme.zone
    some = [v for v in versions(programme) if v.answered_on <= today and (after is None or v.answered_on > after)]
    people = participants // len(programme.enrolments)
    with open_warehouse(paths) as warehouse:
        begun = begin_run(warehouse, run_id=f"run of {today}", command="collect", as_of=today, zone=zone)
        stamp = Stamp(begun.run_id, last_instant_of(today, zone), begun.loaded_at)
        load_programme(warehouse, programme.version, programme_rows(programme), stamp)
        if after is None:
            load_plan(warehouse, plan(programme), stamp)
            load_source_check(warehouse, {"source_id": INBOX, "outcome": "read", "detail": None}, stamp, zone)
        load_together(
            warehouse,
            {RETURNS: [_returned(v) for v in some], ANSWERS: _answers(some), ROW_ANSWERS: _rows(some, people)},
            stamp,
        )
        end_run(warehouse, begun.run_id, RunOutcome.DONE)
        warehouse.checkpoint()
    return len(some)


def _returned(version: Version) -> Row:
    return {
        "return_id": version.return_id,
        "expected_return_id": version.expected_return_id,
        "source_id": INBOX,
        "receipt_id": version.return_id,
        "origin": f"{version.expected_return_id.replace('/', '__')}.xlsx",
        "respondent": "",
        "language": None,
        "questionnaire_version": None,
        "programme_version": "of the benchmark",
        "content_sha256": version.return_id,
        "sequence": version.sequence,
        "is_submitted": True,
        "answered_at": datetime.combine(version.answered_on, time(10)),
        "answered_on": version.answered_on,
        "outcome": "loaded",
    }


def _answers(some: list[Version]) -> Iterator[pa.Table]:
    items = [item(number) for number in range(ITEMS)]
    cells = [f"{name.partition('!')[0]}!B{number + 2}" for number, name in enumerate(items)]
    for part in _parts(some, ITEMS):
        draw = Random(part[0].return_id)
        texts = []
        for _ in part:
            texts += [_answer(draw, number) for number in range(ITEMS)]
        yield pa.table(
            {
                "return_id": _each([version.return_id for version in part], ITEMS),
                "item": _repeated(items, len(part)),
                "question_code": _repeated([name.partition("!")[2] for name in items], len(part)),
                "subquestion_code": pa.nulls(len(texts), pa.string()),
                "scale": pa.nulls(len(texts), pa.int64()),
                "part": _repeated(["value"], len(texts)),
                "value_text": pa.array(texts, pa.string()).dictionary_encode(),
                "location": _repeated(cells, len(part)),
                "missing_reason": pa.nulls(len(texts), pa.string()),
            }
        )


def _answer(draw: Random, number: int) -> str | None:
    """Draw an answer; only non-core items can be blank, so every return is complete."""
    if number >= CORE and draw.random() < 0.05:
        return None
    return draw.choice(_CHOICES if is_choice(number) else _NUMBERS)


def _rows(some: list[Version], people: int) -> Iterator[pa.Table]:
    width = people * len(COLUMNS)
    if not width:
        return
    row_numbers = pa.array([row + 2 for row in range(people) for _ in COLUMNS])
    for part in _parts(some, width):
        draw = Random(part[0].return_id)
        pseudonyms, texts = [], []
        for version in part:
            pseudonyms += [hashlib.sha256(f"{version.structure} {row}".encode()).hexdigest() for row in range(people)]
            for _ in range(people):
                texts += [draw.choice(_CELLS[column]) for column in COLUMNS]
        size = len(texts)
        yield pa.table(
            {
                "return_id": _each([version.return_id for version in part], width),
                "sheet_name": _repeated([TABLE], size),
                "row_number": pa.concat_arrays([row_numbers] * len(part)),
                "pseudonym": _each(pseudonyms, len(COLUMNS)),
                "key_version": pa.repeat(pa.scalar(1, pa.int64()), size),
                "item": _repeated([f"{TABLE}!{column}" for column in COLUMNS], size // len(COLUMNS)),
                "value_text": pa.array(texts, pa.string()).dictionary_encode(),
                "column_letters": _repeated(["B", "C", "D"], size // len(COLUMNS)),
                "missing_reason": pa.nulls(size, pa.string()),
            }
        )


def _parts(some: list[Version], width: int) -> Iterator[list[Version]]:
    size = max(1, _AT_A_TIME // width)
    for first in range(0, len(some), size):
        yield some[first : first + size]


def _each(texts: list[str], times: int) -> pa.DictionaryArray:
    """Repeat each text a number of times before the next."""
    numbers = pa.array([number for number in range(len(texts)) for _ in range(times)], pa.int32())
    return pa.DictionaryArray.from_arrays(numbers, pa.array(texts, pa.string()))


def _repeated(texts: list[str], times: int) -> pa.DictionaryArray:
    """Repeat the sequence of texts a number of times."""
    numbers = pa.array(list(range(len(texts))) * times, pa.int32())
    return pa.DictionaryArray.from_arrays(numbers, pa.array(texts, pa.string()))
