"""Open the programme's LimeSurvey server, and map the client's errors to outcomes of a check."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from schemas.enums import CheckOutcome
from schemas.errors import UsageError
from schemas.programme import Programme
from schemas.settings import Environment
from tasks.limesurvey import (
    LimeSurvey,
    LimeSurveyError,
    LoginRefused,
    NoParticipantTable,
    NotPermitted,
    SurveyEntry,
    SurveyNotActive,
    SurveyNotFound,
    Unreachable,
)
from tasks.surveys.moments import LAST_MOMENT

_ATTEMPTS = 4
_OUTCOMES: tuple[tuple[type[LimeSurveyError], CheckOutcome], ...] = (
    (Unreachable, CheckOutcome.UNREACHABLE),
    (LoginRefused, CheckOutcome.REFUSED),
    (NotPermitted, CheckOutcome.REFUSED),
    (SurveyNotFound, CheckOutcome.NOT_FOUND),
    (SurveyNotActive, CheckOutcome.NOT_ACTIVE),
    (NoParticipantTable, CheckOutcome.ANONYMOUS),
    (LimeSurveyError, CheckOutcome.UNINTELLIGIBLE),
)


def open_server(programme: Programme, environment: Environment, *, attempts: int = _ATTEMPTS) -> LimeSurvey:
    """Return a client for the programme's LimeSurvey server. Nothing is sent before its first call.

    Args:
        programme: The programme.
        environment: The settings of the installation.
        attempts: How often a call is tried while the server does not answer.

    Raises:
        UsageError: The programme names no server, the environment no user and password, or its address is not one.
    """
    source = programme.settings.sources.limesurvey
    if source is None:
        raise UsageError("programme.yaml names no LimeSurvey server: expected sources.limesurvey.url.")
    if environment.limesurvey_username is None or environment.limesurvey_password is None:
        raise UsageError(
            "There is no user for the LimeSurvey server. "
            "Set ESSAIM_LIMESURVEY_USERNAME and ESSAIM_LIMESURVEY_PASSWORD (see .env.example)."
        )
    try:
        return LimeSurvey(
            environment.limesurvey_url or source.url,
            username=environment.limesurvey_username,
            password=environment.limesurvey_password,
            page_size=source.page_size,
            attempts=attempts,
        )
    except ValueError as error:
        # programme.yaml is checked when it is read.
        raise UsageError(f"ESSAIM_LIMESURVEY_URL cannot be used. {error}") from error


@dataclass(frozen=True, slots=True)
class OpenDays:
    """The days on which the server lets a survey be answered, as local dates of the programme; None for no limit."""

    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Reached:
    """The answer of the server before its surveys are read.

    Attributes:
        trouble: The outcome for every survey, and a sentence, where the server keeps all of them from being read.
        open_days: When each survey can be answered, by its number.
    """

    trouble: tuple[CheckOutcome, str] | None = None
    open_days: Mapping[int, OpenDays] = field(default_factory=dict[int, OpenDays])


def reach_server(programme: Programme, environment: Environment, *, attempts: int = _ATTEMPTS) -> Reached:
    """Try the server once, and list its surveys.

    Call it before surveys are read in parallel: a login refused for each of them would lock our address out, and each
    of them would wait for a server that is down.

    Raises:
        UsageError: As in `open_server`.
    """
    try:
        with open_server(programme, environment, attempts=attempts) as server:
            listed = server.surveys()
    except LimeSurveyError as error:
        return Reached((outcome_of(error), str(error)))
    return Reached(open_days={entry.survey_id: open_days_of(entry, programme) for entry in listed})


def open_days_of(entry: SurveyEntry, programme: Programme) -> OpenDays:
    """Return the days on which a listed survey can be answered. One that expires at midnight is closed on that day."""

    def local_day(moment: datetime) -> date:
        return min(moment, LAST_MOMENT).replace(tzinfo=server_zone(programme)).astimezone(programme.zone).date()

    return OpenDays(
        first=entry.starts and local_day(entry.starts),
        last=entry.expires and local_day(entry.expires - timedelta.resolution),
    )


def server_zone(programme: Programme) -> ZoneInfo:
    """Return the time zone of the server's dates."""
    source = programme.settings.sources.limesurvey
    return ZoneInfo(source.timezone if source else "UTC")


def outcome_of(error: LimeSurveyError) -> CheckOutcome:
    """Return the outcome that an error of the client means for a survey."""
    return next(outcome for kind, outcome in _OUTCOMES if isinstance(error, kind))
