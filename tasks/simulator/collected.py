"""What a simulated survey collects, and what people do to it: those who answer, and the staff."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tasks.simulator.model import Participant, StoredResponse, new_token, now_text
from tasks.simulator.structure import Structure

_UNKNOWN_DATE = "1980-01-01 00:00:00"


@dataclass(slots=True)
class CollectedData(Structure):
    """The participants and the responses, both in the order of their ids.

    Answers go by heading (`freins[temps]`, `statut[other]`, `td[gouv][2]`). Dates (`at` and the like) are naive texts
    in the server's zone, by default now. All methods raise `KeyError` for a heading, a response or a token that there
    is not; those that touch responses raise `ValueError` where the survey is not active.
    """

    has_participants: bool = False
    attribute_names: tuple[str, ...] = ()
    """The columns of the participants table beyond those that every survey has, `attribute_1` for one."""
    participants: dict[int, Participant] = field(default_factory=dict[int, Participant])
    responses: dict[int, StoredResponse] = field(default_factory=dict[int, StoredResponse])
    files: dict[str, str] = field(default_factory=dict[str, str])
    """Contents of uploaded files in base64, by the name that the server gave them."""
    next_response_id: int = 1
    next_tid: int = 1

    def add_participant(
        self, *, token: str | None = None, attributes: Mapping[str, str] | None = None, **columns: str | int | None
    ) -> int:
        """Adds one participant and answers its tid; `columns` are those of `Participant`, `firstname` for one."""
        self.has_participants = True
        given = dict(attributes or {})
        self.attribute_names = (*self.attribute_names, *(name for name in given if name not in self.attribute_names))
        participant = Participant(
            tid=self.next_tid,
            token=new_token() if token is None else token,
            attributes=given,
            **columns,  # type: ignore[arg-type]  # the values are what the caller gave; the dataclass refuses unknown names
        )
        self.participants[participant.tid] = participant
        self.next_tid += 1
        return participant.tid

    def participant(self, token: str) -> Participant:
        """The participant with that token; its columns can be set."""
        for row in self.participants.values():
            if row.token == token:
                return row
        raise KeyError(token)

    def delete_participant(self, token: str) -> None:
        """The staff delete a participant. The responses keep the token; its attributes read as null."""
        del self.participants[self.participant(token).tid]

    def add_response(
        self,
        answers: Mapping[str, str | None],
        *,
        token: str | None = None,
        submitdate: str | None = None,
        startdate: str | None = None,
        datestamp: str | None = None,
        lastpage: int | None = None,
        startlanguage: str | None = None,
        seed: str | None = None,
        response_id: int | None = None,
    ) -> int:
        """Adds one response and answers its id.

        Headings that are left out are null. A `submitdate` of `None` makes it incomplete. The participant with that
        token is marked as completed.
        """
        self._need_table()
        started = startdate or datestamp or submitdate or now_text()
        stored = StoredResponse(
            id=self.next_response_id if response_id is None else response_id,
            answers=self._stored(answers),
            token=token,
            submitdate=submitdate,
            startdate=started,
            datestamp=datestamp or submitdate or started,
            lastpage=lastpage,
            startlanguage=startlanguage or self.languages[0],
            seed=seed,
        )
        self.put_response(stored)
        if submitdate is not None:
            self._mark_completed(token, submitdate)
        return stored.id

    def open_only(self, *, token: str | None = None, at: str | None = None, language: str | None = None) -> int:
        """Somebody opens the form and leaves: a row without page, date or answer. Answers its id."""
        return self.add_response({}, token=token, datestamp=at or now_text(), startlanguage=language)

    def answer(
        self, response_id: int, answers: Mapping[str, str | None], *, at: str | None = None, page: int | None = None
    ) -> None:
        """Somebody goes on with an incomplete response: its id stays, `datestamp` moves, `lastpage` is that reached."""
        row = self._row(response_id)
        row.answers = {**row.answers, **self._stored(answers)}
        row.datestamp = at or now_text()
        row.lastpage = row.lastpage if page is None else page

    def complete(
        self,
        response_id: int,
        answers: Mapping[str, str | None] | None = None,
        *,
        at: str | None = None,
        page: int | None = None,
    ) -> None:
        """Somebody completes a response, or sends a completed one again: the participant has one use less.

        A survey that keeps no dates writes 1980 for the date.
        """
        moment = at or now_text()
        self.answer(response_id, answers or {}, at=moment, page=page)
        row = self._row(response_id)
        row.submitdate = moment if self.dated else _UNKNOWN_DATE
        self._mark_completed(row.token, moment)

    def reopen(self, response_id: int, *, at: str | None = None, hidden: Iterable[str] = ()) -> int:
        """Somebody opens a completed response again and answers nothing. Answers the id of the row that shows it.

        Where answers persist by token, the row is stamped anew and the answers under the `hidden` headings, which
        relevance hides now, become null; the participant stays as it was. Where they do not, a new row begins with
        the same token. Raises `ValueError` where the survey does not allow to edit after completion.
        """
        row = self._row(response_id)
        if self.settings.get("alloweditaftercompletion") != "Y":
            raise ValueError(f"Survey {self.sid} does not allow to edit after completion.")
        if self.settings.get("tokenanswerspersistence") != "Y":
            return self.open_only(token=row.token, at=at, language=row.startlanguage)
        moment = at or now_text()
        self.answer(response_id, dict.fromkeys(hidden), at=moment)
        row.submitdate = moment if self.dated else _UNKNOWN_DATE
        return response_id

    def edit(self, response_id: int, answers: Mapping[str, str | None], *, at: str | None = None) -> None:
        """Answers of a response change.

        With `at`, the person changes them and sends the response again at that moment. Without, the staff or a program
        change them, and no date moves.
        """
        if at is not None:
            self.complete(response_id, answers, at=at)
        else:
            row = self._row(response_id)
            row.answers = {**row.answers, **self._stored(answers)}

    def delete_response(self, response_id: int) -> None:
        """The staff delete a response, or a person clears it: its id is never used again, the participant stays."""
        self._row(response_id)
        del self.responses[response_id]

    def put_response(self, stored: StoredResponse) -> None:
        """Stores a row under its id and keeps the rows in the order of their ids."""
        append = not self.responses or stored.id > next(reversed(self.responses))
        self.responses[stored.id] = stored
        if not append:
            self.responses = dict(sorted(self.responses.items()))
        self.next_response_id = max(self.next_response_id, stored.id + 1)

    def _stored(self, answers: Mapping[str, str | None]) -> dict[str, str | None]:
        by_heading = self.columns_by_heading()
        columns = [(by_heading[heading], text) for heading, text in answers.items()]
        return {column.name: column.stored(text) for column, text in columns}

    def _mark_completed(self, token: str | None, at: str) -> None:
        for row in self.participants.values() if token is not None else ():
            if row.token == token:
                row.completed = "Y" if self.anonymized else at[:16]
                row.usesleft -= 1

    def _row(self, response_id: int) -> StoredResponse:
        self._need_table()
        return self.responses[response_id]

    def _need_table(self) -> None:
        if not self.active:
            raise ValueError(f"Survey {self.sid} is not active: activate() it before responses are added.")
