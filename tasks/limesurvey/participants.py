"""The calls about participants: who they are (without names), their files, the mails to them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from tasks.limesurvey.errors import BadAnswer
from tasks.limesurvey.halving import PageSize
from tasks.limesurvey.model import Mailing, Participant, UploadedFile
from tasks.limesurvey.reading import Row, parsed_moment, rows, whole_number
from tasks.limesurvey.session import StatusAnswer
from tasks.limesurvey.surveys import SurveyCalls

_COLUMNS = ("completed", "sent", "remindercount", "usesleft", "language", "emailstatus")
_DIRECT_IDENTIFIERS = frozenset({"firstname", "lastname", "email", "participant_info", "participant_id"})
_AT_ONCE = 5000


class ParticipantCalls(SurveyCalls):
    """The part of the client that is about participants."""

    def participants(self, survey_id: int, *, attributes: Sequence[str] = ()) -> tuple[Participant, ...]:
        """All participants with the attributes asked for, without names and addresses.

        Raises `NoParticipantTable`, `BadAnswer` where an attribute does not exist or where fewer participants come
        than the server counts, and `ValueError` where a name or an address is asked for.
        """
        identifying = sorted(_DIRECT_IDENTIFIERS.intersection(attributes))
        if identifying:
            raise ValueError(f"{', '.join(identifying)}: names and addresses are not read; ask for attributes only.")
        found: dict[int, Participant] = {}
        counted = None
        for _ in range(2):  # the staff may add somebody while the others are read
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
        found: dict[int, Participant] = {}
        size = PageSize(_AT_ONCE)
        more = True
        while more:
            page, more = size.ask(self._reader_from(survey_id, max(found, default=first - 1) + 1, attributes))
            found |= page
        return found

    def _reader_from(
        self, survey_id: int, first: int, attributes: tuple[str, ...]
    ) -> Callable[[int, bool], tuple[dict[int, Participant], bool]]:
        """Reads that many participants from a tid on, by their tids, and says whether more may follow."""
        refuse = self._refuse("list_participants", survey_id)
        wanted = list(dict.fromkeys((*attributes, *_COLUMNS)))

        def read(count: int, halving: bool) -> tuple[dict[int, Participant], bool]:
            try:
                result = self._call(
                    "list_participants",
                    survey_id,
                    first,
                    count,
                    False,
                    wanted,
                    survey_id=survey_id,
                    halving=halving,
                    judging=True,
                )
            except StatusAnswer as answer:
                self._only_empty(answer, survey_id)
                return {}, False
            listed = [_participant(row, attributes, refuse) for row in rows(result, refuse)]
            by_tid = {participant.tid: participant for participant in listed}
            if len(by_tid) < len(listed):
                raise refuse("a participant came twice")
            if min(by_tid, default=first) < first:
                raise refuse("participants came that were not asked for")
            return by_tid, len(listed) >= count

        return read

    def uploaded_files(
        self, survey_id: int, *, token: str | None = None, response_id: int | None = None
    ) -> tuple[UploadedFile, ...]:
        """What is known of the files of the responses with a token, or of one response. The contents are dropped.

        Raises `BadAnswer` where there is no such response, `ValueError` without token and id.
        """
        if token is None and response_id is None:
            raise ValueError("Files belong to a response: give its token or its id.")
        refuse = self._refuse("get_uploaded_files", survey_id)
        result = self._call("get_uploaded_files", survey_id, token, response_id, survey_id=survey_id)
        if result == []:
            return ()
        return tuple(_file(name, Row(item, refuse).row("meta")) for name, item in Row(result, refuse).items())

    def invite_participants(self, survey_id: int, *, tids: Sequence[int] | None = None) -> Mailing:
        """Has the server invite those who were not invited yet, all or those named. Not repeated when it fails."""
        listed = None if tids is None else list(tids)
        return self._mailing("invite_participants", survey_id, listed, True, True)

    def remind_participants(
        self,
        survey_id: int,
        *,
        tids: Sequence[int] | None = None,
        days_between: int | None = None,
        most: int | None = None,
    ) -> Mailing:
        """Has the server remind those who have not answered, at most `most` times each. Not repeated when it fails."""
        listed = None if tids is None else list(tids)
        return self._mailing("remind_participants", survey_id, days_between, most, listed, True)

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
    unknown = [name for name in attributes if name not in row]
    if unknown:
        raise refuse(f"the participants have no {' and no '.join(unknown)}")
    completed = row.text("completed")
    sent = row.text("sent")
    # Q: screened out by a quota. Y: answered, in an anonymised survey, which keeps no date.
    done = completed not in {"N", "Q", ""}
    return Participant(
        tid=row.integer("tid"),
        token=row.text("token"),
        attributes={name: row.optional_text(name) for name in attributes},
        completed=done,
        completed_at=parsed_moment(completed, refuse) if done and completed != "Y" else None,
        sent=sent not in {"N", ""},
        sent_at=parsed_moment(sent, refuse) if sent not in {"N", "Y", ""} else None,
        reminders=row.integer("remindercount"),
        uses_left=row.integer("usesleft"),
        language=row.text("language"),
        email_status=row.text("emailstatus"),
    )


def _file(stored_name: str, meta: Row) -> UploadedFile:
    return UploadedFile(
        stored_name=stored_name,
        name=meta.text("name"),
        extension=meta.text("ext"),
        title=meta.text("title"),
        comment=meta.text("comment"),
        size_kb=meta.number("size"),
        question_code=meta.row("question").text("title"),
        question_id=meta.row("question").integer("qid"),
        index=meta.integer("index"),
    )
