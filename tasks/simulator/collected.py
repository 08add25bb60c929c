"""Hold the participants and responses of a simulated survey, and change them as respondents and staff do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tasks.simulator.model import Participant, StoredResponse, new_token, now_text
from tasks.simulator.structure import Structure

_UNKNOWN_DATE = "1980-01-01 00:00:00"


@dataclass(slots=True)
class CollectedData(Structure):
    """The participants and responses of a survey, in the order of their ids.

    Methods take answers by export heading (`freins[temps]`, `statut[other]`, `td[gouv][2]`) and dates (`at` and others)
    as naive texts in the time zone of the server; the default is now. They raise `KeyError` for an unknown heading,
    response or token, and `ValueError` for a change of responses while the survey is inactive.
    """

    has_participants: bool = False
    attribute_names: tuple[str, ...] = ()
    """The custom columns of the participants table, such as `attribute_1`."""
    participants: dict[int, Participant] = field(default_factory=dict[int, Participant])
    responses: dict[int, StoredResponse] = field(default_factory=dict[int, StoredResponse])
    files: dict[str, str] = field(default_factory=dict[str, str])
    """Contents of uploaded files in base64, by generated file name."""
    writes_null: bool = True
    """Whether exports hold null, and not an empty text in its place, as those of LimeSurvey 6.4.2 do."""
    next_response_id: int = 1
    next_tid: int = 1

    def add_participant(
        self, *, token: str | None = None, attributes: Mapping[str, str] | None = None, **columns: str | int | None
    ) -> int:
        """Add a participant and return its tid; `columns` are fields of `Participant`, such as `firstname`."""
        self.has_participants = True
        given = dict(attributes or {})
        self.attribute_names = (*self.attribute_names, *(name for name in given if name not in self.attribute_names))
        participant = Participant(
            tid=self.next_tid,
            token=new_token() if token is None else token,
            attributes=given,
            **columns,  # type: ignore[arg-type]  # the dataclass rejects unknown names
        )
        self.participants[participant.tid] = participant
        self.next_tid += 1
        return participant.tid

    def participant(self, token: str) -> Participant:
        """Return the participant with this token, which the caller may modify."""
        for row in self.participants.values():
            if row.token == token:
                return row
        raise KeyError(token)

    def delete_participant(self, token: str) -> None:
        """Delete a participant, as staff do. Responses keep the token; exported attributes become null."""
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
        """Add a response and return its id.

        Omitted headings are null. A response without `submitdate` is incomplete; with one, the participant with this
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
        """Open the form and leave, as a respondent does: add a row without page, date or answer. Return its id."""
        return self.add_response({}, token=token, datestamp=at or now_text(), startlanguage=language)

    def answer(
        self, response_id: int, answers: Mapping[str, str | None], *, at: str | None = None, page: int | None = None
    ) -> None:
        """Send a page of a response, as a respondent does; this updates `datestamp` and `lastpage`.

        A response that was submitted keeps its date of submission, and every answer that is not given.
        """
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
        """Submit a response, or submit it again, as a respondent does; the participant has one use less.

        Without dated responses the submit date is 1980-01-01, as on the real server.
        """
        moment = at or now_text()
        self.answer(response_id, answers or {}, at=moment, page=page)
        row = self._row(response_id)
        row.submitdate = moment if self.dated else _UNKNOWN_DATE
        self._mark_completed(row.token, moment)

    def reopen(self, response_id: int, *, at: str | None = None, hidden: Iterable[str] = ()) -> int:
        """Reopen a completed response without answering, as a respondent does, and return the id of the row.

        With answer persistence by token, the dates of the row are updated and the participant is unchanged. Without it,
        a new row with the same token begins.

        Args:
            response_id: The completed response.
            at: The time of the action.
            hidden: Headings that relevance hides now; their answers become null.

        Raises:
            ValueError: The survey does not allow editing after completion.
        """
        row = self._row(response_id)
        if self.settings.get("alloweditaftercompletion") != "Y":
            raise ValueError(f"Survey {self.sid} does not allow editing after completion.")
        if self.settings.get("tokenanswerspersistence") != "Y":
            return self.open_only(token=row.token, at=at, language=row.startlanguage)
        moment = at or now_text()
        self.answer(response_id, dict.fromkeys(hidden), at=moment)
        row.submitdate = moment if self.dated else _UNKNOWN_DATE
        return response_id

    def edit(self, response_id: int, answers: Mapping[str, str | None], *, at: str | None = None) -> None:
        """Change answers of a response.

        With `at`, the respondent changes them and submits again at that time. Without it, staff or a program change
        them and no date is updated.
        """
        if at is not None:
            self.complete(response_id, answers, at=at)
        else:
            row = self._row(response_id)
            row.answers = {**row.answers, **self._stored(answers)}

    def delete_response(self, response_id: int) -> None:
        """Delete a response. Its id is not reused; the participant is unchanged."""
        self._row(response_id)
        del self.responses[response_id]

    def put_response(self, stored: StoredResponse) -> None:
        """Store a row under its id, keeping the order of ids."""
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
            raise ValueError(f"Survey {self.sid} is not active: call activate() before adding responses.")
