"""Fill a simulated survey with many random responses, reproducible by seed and compact in memory."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from tasks.simulator.model import StoredResponse

if TYPE_CHECKING:
    from tasks.simulator.collected import CollectedData
    from tasks.simulator.fields import AnswerColumn

_AT_ONCE = 10_000
_SECONDS_BETWEEN = 37
_SENTENCES = (
    "Rien à signaler.", "Le budget « suit » ; sinon non", "Manque de temps", "très moteur", "Équipe à renforcer",
    "À revoir au printemps", "Réunion d'équipe chaque lundi",
    "café / atelier", "Une ligne\nune autre", "100 % d'accord",
    'on dit "oui"', "",
)  # fmt: skip
_CHOICES: dict[str, Sequence[str]] = {
    "Y": ("Y", "N", "Y", ""),
    "G": ("F", "M", ""),
    "5": ("1", "2", "3", "4", "5", ""),
    "A": ("1", "2", "3", "4", "5", ""),
    "B": ("1", "4", "7", "10", ""),
    "C": ("Y", "N", "U", ""),
    "E": ("I", "S", "D", ""),
    "M": ("Y", "", "", ""),
    "P": ("Y", "", "", ""),
    ":": ("0", "1", "2.5", "12", ""),
    "X": ("",),
    "|": ("",),
}


class PackedAnswers(Mapping[str, str | None]):
    """The answers of a row by column name, stored as a tuple; all rows share the mapping of names to places."""

    __slots__ = ("packed", "places")

    def __init__(self, places: Mapping[str, int], packed: tuple[str | None, ...]) -> None:
        """Combine the shared places with the values of a row."""
        self.places = places
        self.packed = packed

    def __getitem__(self, name: str) -> str | None:
        """Return the answer in a column."""
        return self.packed[self.places[name]]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the column names."""
        return iter(self.places)

    def __len__(self) -> int:
        """Return the number of columns."""
        return len(self.places)


def fill(survey: CollectedData, count: int, *, seed: int, start: str, complete: float) -> None:
    """Add random responses; see `Survey.fill`."""
    chance = random.Random(seed)  # noqa: S311 not for security
    columns = survey.columns()
    places = {column.name: place for place, column in enumerate(columns)}
    pools = [_pool(survey, column, chance) for column in columns]
    began = datetime.fromisoformat(start)
    tokens = [row.token for row in survey.participants.values()] if not survey.anonymized else []
    for offset in range(0, count, _AT_ONCE):
        size = min(_AT_ONCE, count - offset)
        rows = zip(*(chance.choices(pool, k=size) for pool in pools), strict=True) if pools else iter([()] * size)
        for number, values in enumerate(rows, start=offset):
            at = began + timedelta(seconds=_SECONDS_BETWEEN * number)
            done = chance.random() < complete
            saved = f"{at + timedelta(seconds=chance.randrange(60, 1800)):%Y-%m-%d %H:%M:%S}"
            survey.put_response(
                StoredResponse(
                    id=survey.next_response_id,
                    answers=PackedAnswers(places, values),
                    token=tokens[number % len(tokens)] if tokens else None,
                    submitdate=saved if done else None,
                    startdate=f"{at:%Y-%m-%d %H:%M:%S}",
                    datestamp=saved,
                    lastpage=len(survey.groups) if done else 1,
                    startlanguage=survey.languages[0],
                    seed=str(chance.randrange(10**9)),
                )
            )


def _pool(survey: CollectedData, column: AnswerColumn, chance: random.Random) -> Sequence[str | None]:
    """Return the values to draw from for a column, with null if the question has a relevance condition."""
    kind = column.question.type
    if column.extra == "filecount":
        values: Sequence[str | None] = ("0",)
    elif column.extra in {"other", "comment", "othercomment"}:
        values = ("", "", "", *_SENTENCES)
    elif kind in "L!OFH1R":
        codes = [row.code for row in column.question.options if row.scale_id == (column.scale_id or 0)]
        values = (*codes, "")
    elif kind in "NK*":
        values = (*(f"{chance.randrange(400) / 4:g}" for _ in range(200)), None)
    elif kind == "D":
        values = (*(f"2026-{1 + place % 12:02}-{1 + place % 28:02} 00:00:00" for place in range(100)), None)
    elif kind == "I":
        values = survey.languages
    else:
        values = _CHOICES.get(kind, _SENTENCES)
    return values if column.question.relevance in {"", "1"} else (*values, None)
