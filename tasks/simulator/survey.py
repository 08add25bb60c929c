"""Simulate a survey from activation to deactivation, with its archives."""

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
    """An archived participants table."""

    attribute_names: tuple[str, ...]
    rows: dict[int, Participant]
    next_tid: int


@dataclass(slots=True)
class Survey(CollectedData):
    """A survey: its questions (`Structure`), its participants and responses (`CollectedData`), and its archives."""

    _archived_responses: dict[int, StoredResponse] = field(default_factory=dict[int, StoredResponse], repr=False)
    _archived_people: _People | None = field(default=None, repr=False)

    @classmethod
    def from_lss(cls, source: Path | str | bytes) -> Survey:
        """Read a survey from an `.lss` export file, given by its path or its content.

        Raises:
            ValueError: The file is not a survey structure, or declares a document type (XML entities are not expanded).
        """
        return read_lss(cls, source if isinstance(source, bytes) else Path(source).read_bytes())

    def copy(self, sid: int, title: str) -> Survey:
        """Return an inactive copy of the survey without participants and responses."""
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
        """Activate the survey with an empty responses table; response ids continue from the previous ones."""
        self.active = True
        self.responses = {}
        for question in self.questions:
            if question.type == "R":  # its number of columns is fixed at activation
                question.attributes.setdefault(("max_subquestions", ""), str(len(question.options)))

    def deactivate(self) -> None:
        """Deactivate the survey; responses and participants move to archives that no call can read."""
        self.settings["autonumber_start"] = str(self.next_response_id)
        self._archived_responses = self.responses
        self.responses = {}
        self.delete_participants_table()
        self.active = False

    def reactivate(self, *, keep_ids: bool | None = True, participants: bool = True) -> None:
        """Activate the survey again and restore its archives.

        Args:
            keep_ids: Whether the responses keep their ids or get new ones; None leaves them in the archive.
            participants: Whether to restore the participants.
        """
        self.activate()
        if keep_ids is not None:
            self.import_archive(keep_ids=keep_ids)
        if participants:
            self.restore_participants()

    def import_archive(self, *, keep_ids: bool) -> None:
        """Restore the archived responses, without answers to questions removed since.

        As on the server, importing them twice under new ids duplicates them.
        """
        columns = {column.name for column in self.columns()}
        for row in list(self._archived_responses.values()):
            if keep_ids and row.id in self.responses:
                continue
            answers = {name: text for name, text in row.answers.items() if name in columns}
            number = row.id if keep_ids else self.next_response_id
            self.put_response(dataclasses.replace(row, id=number, answers=answers))

    def fill(self, count: int, *, seed: int = 0, start: str = "2026-01-05 08:00:00", complete: float = 0.9) -> None:
        """Add random responses, each of a few hundred bytes; they start at intervals of 37 s.

        Participants, if any, answer in turn and are not marked as completed. Answers ignore relevance.

        Args:
            count: The number of responses.
            seed: The seed of the random answers; the same seed gives the same responses.
            start: The time of the first response, naive, in the time zone of the server.
            complete: The share of complete responses.
        """
        self._need_table()
        fill(self, count, seed=seed, start=start, complete=complete)

    def rename_columns(self, renamed: Mapping[str, str]) -> None:
        """Rename the columns of all rows after the questions got new ids."""
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
        """Archive the participants table, as staff do; responses are then exported without a token."""
        if self.has_participants:
            self._archived_people = _People(self.attribute_names, self.participants, self.next_tid)
        self.has_participants = False
        self.attribute_names = ()
        self.participants = {}
        self.next_tid = 1

    def restore_participants(self) -> None:
        """Restore the archived participants table, and with it the tokens in exports."""
        if self._archived_people is not None:
            self.has_participants = True
            self.attribute_names = self._archived_people.attribute_names
            self.participants = self._archived_people.rows
            self.next_tid = self._archived_people.next_tid
