"""A simulated survey from its opening to its end, with the archives that it leaves."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

from tasks.simulator.collected import CollectedData
from tasks.simulator.filling import PackedAnswers, fill
from tasks.simulator.lss import read_lss
from tasks.simulator.model import Participant, StoredResponse


@dataclass(frozen=True, slots=True)
class _People:
    """A participants table that was put away."""

    attribute_names: tuple[str, ...]
    rows: dict[int, Participant]
    next_tid: int


@dataclass(slots=True)
class Survey(CollectedData):
    """A survey with everything that belongs to it: what it asks (`Structure`), what it collects (`CollectedData`)."""

    _archived_responses: dict[int, StoredResponse] = field(default_factory=dict[int, StoredResponse], repr=False)
    _archived_people: _People | None = field(default=None, repr=False)

    @classmethod
    def from_lss(cls, source: Path | str | bytes) -> Survey:
        """Reads a survey from its `.lss` export file (a path, or the bytes of one).

        Raises `ValueError` for anything else, and for a document type declaration: entities are never expanded.
        """
        return read_lss(cls, source if isinstance(source, bytes) else Path(source).read_bytes())

    def copy(self, sid: int, title: str) -> Survey:
        """A closed survey that asks the same, as staff make one for the next phase; it has collected nothing."""
        texts = {language: {**row, "surveyls_title": title} for language, row in self.texts.items()}
        return Survey(
            sid=sid,
            settings=dict(self.settings),
            texts=texts,
            groups=deepcopy(self.groups),
            questions=deepcopy(self.questions),
            numbering=self.numbering,
        )

    def activate(self) -> None:
        """Opens the survey: its responses table exists and is empty; ids go on where they were."""
        self.active = True
        self.responses = {}
        for question in self.questions:
            if question.type == "R":  # its columns are made now and do not follow its options afterwards
                question.attributes.setdefault(("max_subquestions", ""), str(len(question.options)))

    def deactivate(self) -> None:
        """Closes the survey: responses and participants are archived where no call reaches them."""
        self.settings["autonumber_start"] = str(self.next_response_id)
        self._archived_responses = self.responses
        self.responses = {}
        self.delete_participants_table()
        self.active = False

    def reactivate(self, *, keep_ids: bool | None = True, participants: bool = True) -> None:
        """Opens a closed survey again, with its archived responses under the ids that they had, or under new ones.

        With `keep_ids` of `None` the responses stay in the archive, without `participants` the participants do.
        """
        self.activate()
        if keep_ids is not None:
            self.import_archive(keep_ids=keep_ids)
        if participants:
            self.restore_participants()

    def import_archive(self, *, keep_ids: bool) -> None:
        """Takes the archived responses back. Under new ids, doing it twice doubles them, as on the server.

        Answers to questions that were removed meanwhile are left behind.
        """
        columns = {column.name for column in self.columns()}
        for row in list(self._archived_responses.values()):
            if keep_ids and row.id in self.responses:
                continue
            answers = {name: text for name, text in row.answers.items() if name in columns}
            number = row.id if keep_ids else self.next_response_id
            self.put_response(dataclasses.replace(row, id=number, answers=answers))

    def fill(self, count: int, *, seed: int = 0, start: str = "2026-01-05 08:00:00", complete: float = 0.9) -> None:
        """Adds many invented responses, the same ones for the same seed, a few hundred bytes each.

        They begin 37 s apart from `start` on (naive, in the server's zone); `complete` is the share that was completed.
        Participants, where there are any, answer in turn and are not marked as completed. Answers ignore relevance.
        """
        self._need_table()
        fill(self, count, seed=seed, start=start, complete=complete)

    def rename_columns(self, renamed: Mapping[str, str]) -> None:
        """The columns got other names, as all questions got other numbers; rows keep their answers."""
        places: dict[int, Mapping[str, int]] = {}
        for row in (*self.responses.values(), *self._archived_responses.values()):
            answers = row.answers
            if isinstance(answers, PackedAnswers):
                shared = places.get(id(answers.places))
                if shared is None:
                    shared = {renamed[name]: place for name, place in answers.places.items()}
                    places[id(answers.places)] = shared
                row.answers = PackedAnswers(shared, answers.packed)
            else:
                row.answers = {renamed[name]: text for name, text in answers.items()}

    def delete_participants_table(self) -> None:
        """The staff delete the participants table: it is archived, and responses are exported without token."""
        if self.has_participants:
            self._archived_people = _People(self.attribute_names, self.participants, self.next_tid)
        self.has_participants = False
        self.attribute_names = ()
        self.participants = {}
        self.next_tid = 1

    def restore_participants(self) -> None:
        """The archived participants table comes back, and with it the tokens in exports."""
        if self._archived_people is not None:
            self.has_participants = True
            self.attribute_names = self._archived_people.attribute_names
            self.participants = self._archived_people.rows
            self.next_tid = self._archived_people.next_tid
