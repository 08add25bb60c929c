"""Deliver invented returns to a simulated survey server and, as workbooks, to an inbox."""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from schemas.enums import IndicatorKind, InstrumentKind
from schemas.errors import UsageError
from schemas.instruments import Instrument, InstrumentVersion
from schemas.programme import Programme
from schemas.programme_tables import Enrolment
from tasks.demonstration.generate import DemonstrationReturn
from tasks.demonstration.joining import Invited, invited
from tasks.demonstration.surveys import surveys_of
from tasks.i18n import language
from tasks.questionnaires.questionnaire import QuestionKind
from tasks.simulator import AnswerColumn, State, Survey, User
from tasks.workbooks import workbook_content, workbook_name
from tasks.workbooks.identity import Identity
from tasks.workbooks.sheet_fields import layouts_of

_TEXTS = frozenset(
    {
        QuestionKind.SHORT_TEXT,
        QuestionKind.LONG_TEXT,
        QuestionKind.HUGE_TEXT,
        QuestionKind.MULTIPLE_TEXTS,
        QuestionKind.ARRAY_TEXTS,
    }
)


def answer_surveys(folder: Path, programme: Programme, returns: Iterable[DemonstrationReturn], user: User) -> State:
    """Return the state of a simulated server with the surveys of a programme, their participants and responses.

    Args:
        folder: The programme folder.
        programme: The programme.
        returns: The returns to deliver; those of other instruments are skipped.
        user: The user of the server.

    Raises:
        UsageError: A file of `surveys/` is no survey, or lacks items of the crosswalk.
    """
    surveys = surveys_of(folder, programme)
    answered = sorted(
        (return_ for return_ in returns if return_.version.survey_id is not None),
        key=lambda r: (r.answered_at, r.expected_return_id),
    )
    respondents: dict[tuple[str, str], int] = defaultdict(int)
    for return_ in answered:
        key = return_.instrument_code, return_.enrolment_id
        respondents[key] = max(respondents[key], return_.respondent)
    for instrument in programme.settings.instruments:
        for version in instrument.versions:
            if version.survey_id is not None:
                _invite(programme, instrument, version, surveys[version.survey_id], respondents)
    for return_ in answered:
        instrument = programme.instrument_by_code[return_.instrument_code]
        _answer(programme, surveys[return_.version.survey_id or 0], return_, instrument)
    return State(surveys.values(), [user])


def fill_inbox(
    inbox: Path, programme: Programme, returns: Iterable[DemonstrationReturn], *, says_invented: bool = False
) -> int:
    """Write each workbook with its delivery time as modification time, and return the number of workbooks.

    A workbook that is there already with the same content is written again; nothing is written if one differs.

    Args:
        inbox: The folder to write to.
        programme: The programme.
        returns: The returns to deliver; those of surveys are skipped.
        says_invented: Whether each workbook says, on a sheet that is not read, that its answers are invented.

    Raises:
        UsageError: The inbox has a file with the name of a workbook and other content.
    """
    _ = language(programme.settings.locale).gettext
    note = _("These answers are invented by essaim simulate.") if says_invented else None
    workbooks = [return_ for return_ in returns if return_.instrument_kind is InstrumentKind.WORKBOOK]
    contents = {
        inbox / workbook_name(return_.expected_return_id): (return_, _workbook(programme, return_, note))
        for return_ in workbooks
    }
    taken = [path.name for path, (_, content) in contents.items() if path.exists() and path.read_bytes() != content]
    if taken:
        raise UsageError(
            f"{inbox} has {taken[0]}, with other content than the invented workbook of that name"
            f"{f', and {len(taken) - 1} more such files' if taken[1:] else ''}. Nothing was written. "
            "Move them away, or name another folder with --inbox DIR."
        )
    inbox.mkdir(parents=True, exist_ok=True)
    for path, (return_, content) in contents.items():
        path.write_bytes(content)
        delivered = return_.answered_at.replace(tzinfo=programme.zone).astimezone(UTC).timestamp()
        os.utime(path, (delivered, delivered))
    return len(contents)


def _workbook(programme: Programme, return_: DemonstrationReturn, note: str | None) -> bytes:
    cohort_code, structure_code = return_.enrolment_id.split("/")
    identity = Identity(
        programme=programme.settings.programme,
        cohorte=cohort_code,
        structure=structure_code,
        occasion=return_.occasion_code,
        instrument=return_.instrument_code,
        version=str(return_.version.version),
    )
    layouts = layouts_of(programme, return_.instrument_code, return_.version)
    kinds = {field.item: field.kind for layout in layouts for field in layout.fields}
    values = {item: _cell(kinds[item], answer) for item, answer in return_.answers.items()}
    rows = {
        sheet: [{item: _cell(kinds[item], cell) for item, cell in row.items()} for row in of_sheet]
        for sheet, of_sheet in return_.rows.items()
    }
    return workbook_content(
        identity,
        return_.version,
        values,
        rows,
        programme.settings.locale,
        created_at=return_.answered_at,
        note=note,
    )


def _cell(kind: IndicatorKind, answer: str | date | None) -> str | float | date | None:
    if not isinstance(answer, str):
        return answer
    if kind is IndicatorKind.DATE:
        try:
            return date.fromisoformat(answer)
        except ValueError:
            return answer
    if not kind.is_numeric:
        return answer
    try:
        number = float(answer)
    except ValueError:
        return answer
    return int(number) if number.is_integer() else number


def _invite(
    programme: Programme,
    instrument: Instrument,
    version: InstrumentVersion,
    survey: Survey,
    respondents: Mapping[tuple[str, str], int],
) -> None:
    join = instrument.join_of(version.version)
    participants: dict[str, tuple[Invited, Enrolment]] = {}
    uses: dict[str, int] = defaultdict(int)
    for enrolment in programme.enrolments:
        if programme.cohort_by_code[enrolment.cohort_code].innovation not in instrument.innovations:
            continue
        several = max(respondents.get((instrument.code, enrolment.enrolment_id), 0), instrument.respondents.minimum)
        for number in range(1, several + 1) if instrument.respondents.several else (0,):
            for occasion_code in version.occasions:
                one = invited(programme, join, version, enrolment.enrolment_id, occasion_code, number)
                if one.token is not None:
                    participants.setdefault(one.token, (one, enrolment))
                    uses[one.token] += 1
    for token, (one, enrolment) in participants.items():
        first_name, last_name = _name(programme, enrolment.structure_code).split(" ", maxsplit=1)
        survey.add_participant(
            token=token,
            attributes=one.attributes,
            firstname=first_name,
            lastname=last_name,
            email=f"{enrolment.structure_code.lower()}@example.org",
            usesleft=uses[token],
        )


def _answer(programme: Programme, survey: Survey, return_: DemonstrationReturn, instrument: Instrument) -> None:
    moment = _on_server(programme, return_.answered_at)
    one = invited(
        programme,
        instrument.join_of(return_.version.version),
        return_.version,
        return_.enrolment_id,
        return_.occasion_code,
        return_.respondent,
    )
    who = f"{return_.enrolment_id}/{return_.respondent}" if return_.respondent else return_.enrolment_id
    names = dict.fromkeys(_naming(survey, instrument), _name(programme, who))
    given = {item: answer for item, answer in return_.answers.items() if answer is not None}
    survey.add_response(
        {**(_left_blank(survey) if return_.is_complete else {}), **given, **names, **one.answers},
        token=one.token,
        submitdate=moment if return_.is_complete else None,
        startdate=moment,
        datestamp=moment,
        lastpage=3 if return_.is_complete else 1,
    )
    if one.token is not None and (participant := survey.participant(one.token)).usesleft > 0:
        participant.completed = "N"


def _on_server(programme: Programme, answered_at: datetime) -> str:
    """Return a time of the programme in the time zone of its survey server, as the server writes it."""
    server = programme.settings.sources.limesurvey
    zone = ZoneInfo(server.timezone) if server is not None else programme.zone
    return f"{answered_at.replace(tzinfo=programme.zone).astimezone(zone):%Y-%m-%d %H:%M:%S}"


def _name(programme: Programme, who: str) -> str:
    """Return a name that says that it is invented: at least two words."""
    return language(programme.settings.locale).gettext("Invented Person {who}").format(who=who)


def _naming(survey: Survey, instrument: Instrument) -> Iterator[str]:
    """Yield the headings of the questions that name people, are always shown and take a text."""
    for heading, column in survey.columns_by_heading().items():
        is_identifier = column.question.title in instrument.identifiers and not column.extra
        if is_identifier and column.question.type in _TEXTS and _is_always_shown(survey, column):
            yield heading


def _left_blank(survey: Survey) -> dict[str, str]:
    """Return the blank answers of a submitted form, by heading; a question with a condition is not shown."""
    return {
        heading: "0" if column.extra == "filecount" else ""
        for heading, column in survey.columns_by_heading().items()
        if _is_always_shown(survey, column)
    }


def _is_always_shown(survey: Survey, column: AnswerColumn) -> bool:
    conditions = {group.gid: group.relevance for group in survey.groups}
    return {column.question.relevance, conditions[column.question.gid]} <= {"", "1"}
