"""The programme's LimeSurvey server, and what its failures mean for what can be said to be missing."""

# pyarrow.compute makes its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

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
    SurveyNotActive,
    SurveyNotFound,
    Unreachable,
    responses_table,
)
from tasks.surveys.moments import Moments, in_utc

_OUTCOMES: tuple[tuple[type[LimeSurveyError], CheckOutcome], ...] = (
    (Unreachable, CheckOutcome.UNREACHABLE),
    (LoginRefused, CheckOutcome.REFUSED),
    (NotPermitted, CheckOutcome.REFUSED),
    (SurveyNotFound, CheckOutcome.NOT_FOUND),
    (SurveyNotActive, CheckOutcome.NOT_ACTIVE),
    (NoParticipantTable, CheckOutcome.ANONYMOUS),
    (LimeSurveyError, CheckOutcome.UNINTELLIGIBLE),
)


def open_server(programme: Programme, environment: Environment) -> LimeSurvey:
    """The programme's LimeSurvey server; it is called when it is first used.

    Raises:
        UsageError: the programme names no server, or the environment no user and password.
    """
    source = programme.settings.sources.limesurvey
    if source is None:
        raise UsageError("programme.yaml names no LimeSurvey server: expected sources.limesurvey.url.")
    if environment.limesurvey_username is None or environment.limesurvey_password is None:
        raise UsageError(
            "There is no user for the LimeSurvey server. "
            "Set ESSAIM_LIMESURVEY_USERNAME and ESSAIM_LIMESURVEY_PASSWORD (see .env.example)."
        )
    return LimeSurvey(
        environment.limesurvey_url or source.url,
        username=environment.limesurvey_username,
        password=environment.limesurvey_password,
        page_size=source.page_size,
    )


def trouble_with_server(programme: Programme, environment: Environment) -> tuple[CheckOutcome, str] | None:
    """What keeps the whole server from being read, if anything does.

    Asked once before the surveys are read side by side: a password that is refused for each of them would lock the
    address out, and a server that is down would be waited for as many times.
    """
    try:
        with open_server(programme, environment) as server:
            server.surveys()
    except LimeSurveyError as error:
        return outcome_of(error), str(error)
    return None


def server_zone(programme: Programme) -> ZoneInfo:
    """The time zone that the server's dates are in."""
    source = programme.settings.sources.limesurvey
    return ZoneInfo(source.timezone if source else "UTC")


def said_at(page: pa.Table, zone: ZoneInfo) -> Moments:
    """When each response of a page was given, as the server tells, UTC; NaT where the survey keeps no date."""
    told = responses_table(page)
    said = pc.coalesce(told.column("submitted"), told.column("last_saved"), told.column("started"))
    return in_utc(said.to_numpy().astype("datetime64[us]"), zone)


def outcome_of(error: LimeSurveyError) -> CheckOutcome:
    """What an error of the client means for a source."""
    return next(outcome for kind, outcome in _OUTCOMES if isinstance(error, kind))
