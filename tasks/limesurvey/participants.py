"""Read participants, without names and addresses, and have the server write to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import partial

from tasks.limesurvey.errors import BadAnswer, MissingAttribute
from tasks.limesurvey.halving import PageSize
from tasks.limesurvey.model import Mailing, Participant
from tasks.limesurvey.reading import Row, parsed_moment, rows, whole_number
from tasks.limesurvey.session import StatusAnswer
from tasks.limesurvey.surveys import SurveyCalls

_COLUMNS = ("completed", "sent", "remindercount", "usesleft", "language", "emailstatus")
_DIRECT_IDENTIFIERS = frozenset({"firstname", "lastname", "email", "participant_info", "participant_id"})
_PAGE_SIZE = 5000


class ParticipantCalls(SurveyCalls):
    """The part of the client that reads participants and has the server write to them."""

    def participants(self, survey_id: int, *, attributes: Sequence[str] = ()) -> tuple[Participant, ...]:
        """Return all participants of a survey, without names and addresses (`list_participants`).

        Args:
            survey_id: The survey.
            attributes: The attributes to read, by the server's names (`attribute_1`).

        Returns:
            The participants by ascending tid.

        Raises:
            MissingAttribute: The participants have no such attribute.
            BadAnswer: Fewer participants came than the server counts.
            NoParticipantTable: The survey has no participants table.
            ValueError: `attributes` names a direct identifier such as `email`.
        """
        identifying = sorted(_DIRECT_IDENTIFIERS.intersection(attributes))
        if identifying:
            raise ValueError(f"{', '.join(identifying)}: names and addresses are not read. Name attributes only.")
        found: dict[int, Participant] = {}
        counted = None
        for _ in range(2):  # the staff may add a participant while the others are read
            found |= self._participants_from(survey_id, max(found, default=0) + 1, tuple(attributes))
            counted = self.summary(survey_id).participants
            if counted is not None and len(found) >= counted:
                return tuple(participant for _, participant in sorted(found.items()))
        raise self._bad(
            f"{len(found)} participants came",
            survey_id,
            expected="as many as the server counts" + ("" if counted is None else f", {counted}"),
        )

    def _participants_from(self, survey_id: int, first: int, attributes: tuple[str, ...]) -> dict[int, Participant]:
        """Return the participants with tids from `first` on, by tid."""
        found: dict[int, Participant] = {}
        size = PageSize(_PAGE_SIZE)
        more = True
        while more:
            next_tid = max(found, default=first - 1) + 1
            page, more = size.ask(partial(self._participants_page, survey_id, next_tid, attributes))
            found |= page
        return found

    def _participants_page(
        self, survey_id: int, first: int, attributes: tuple[str, ...], count: int, halving: bool
    ) -> tuple[dict[int, Participant], bool]:
        """Return at most `count` participants from tid `first` on, by tid, and whether more may follow."""
        refuse = self._refuse("list_participants", survey_id)
        columns = list(dict.fromkeys((*attributes, *_COLUMNS)))
        try:
            result = self._call(
                "list_participants",
                survey_id,
                first,
                count,
                False,
                columns,
                survey_id=survey_id,
                halving=halving,
                judging=True,
            )
        except StatusAnswer as answer:
            self._only_empty(answer, survey_id)
            return {}, False
        read = rows(result, refuse)
        if unknown := [name for name in attributes for row in read[:1] if name not in row]:
            raise MissingAttribute(
                where=self.where,
                survey_id=survey_id,
                found=f"the participants have no {' and no '.join(unknown)}",
                expected="the attributes that were asked for",
                remedy="Add the attribute to the participants on the server, or ask for another one.",
                names=unknown,
            )
        listed = [_participant(row, attributes, refuse) for row in read]
        by_tid = {participant.tid: participant for participant in listed}
        if len(by_tid) < len(listed):
            raise refuse("a participant came twice")
        if min(by_tid, default=first) < first:
            raise refuse("participants came that were not requested")
        return by_tid, len(listed) >= count

    def invite_participants(self, survey_id: int, *, tids: Sequence[int]) -> Mailing:
        """Have the server invite participants that were not invited yet (`invite_participants`).

        Args:
            survey_id: The survey.
            tids: The numbers of the participants.

        Returns:
            Which invitations were sent, and which failed.

        Raises:
            NoParticipantTable: The survey has no participants table.
            Unreachable: The call failed. It is never repeated: some invitations may have been sent.
        """
        return self._mailing("invite_participants", survey_id, list(tids), True, True)

    def remind_participants(self, survey_id: int, *, tids: Sequence[int], days_between: int | None = None) -> Mailing:
        """Have the server remind invited participants that have not answered (`remind_participants`).

        Args:
            survey_id: The survey.
            tids: The numbers of the participants.
            days_between: The server passes over participants it reminded fewer days ago.

        Returns:
            Which reminders were sent, and which failed.

        Raises:
            NoParticipantTable: The survey has no participants table.
            Unreachable: The call failed. It is never repeated: some reminders may have been sent.
        """
        return self._mailing("remind_participants", survey_id, days_between, None, list(tids), True)

    def _mailing(self, method: str, survey_id: int, *params: object) -> Mailing:
        refuse = self._refuse(method, survey_id)
        try:
            result = self._call(method, survey_id, *params, survey_id=survey_id, reading=False, judging=True)
            row = Row(result, refuse)
        except StatusAnswer as answer:
            self._only_empty(answer, survey_id)
            return Mailing((), {}, None)
        left = whole_number(row.text("status").split(" ")[0]) if "status" in row else None
        sent: list[int] = []
        failed: dict[int, str] = {}
        for tid, item in row.without("status").items():
            number = whole_number(tid)
            if number is None:
                raise refuse(f"{tid!r} is no participant's number")
            outcome = Row(item, refuse)
            if outcome.text("status") == "OK":
                sent.append(number)
            else:
                failed[number] = outcome.text("error") if "error" in outcome else outcome.text("status")
        return Mailing(tuple(sent), failed, left)


def _participant(row: Row, attributes: Iterable[str], refuse: Callable[[str], BadAnswer]) -> Participant:
    completed = row.text("completed")
    sent = row.text("sent")
    # Q: screened out by a quota. Y: completed, in an anonymised survey, which keeps no date.
    is_completed = completed not in {"N", "Q", ""}
    return Participant(
        tid=row.integer("tid"),
        token=row.text("token"),
        attributes={name: row.optional_text(name) for name in attributes},
        completed=is_completed,
        completed_at=parsed_moment(completed, refuse) if is_completed and completed != "Y" else None,
        sent=sent not in {"N", ""},
        sent_at=parsed_moment(sent, refuse) if sent not in {"N", "Y", ""} else None,
        reminders=row.integer("remindercount"),
        uses_left=row.integer("usesleft"),
        language=row.text("language"),
        email_status=row.text("emailstatus"),
    )
