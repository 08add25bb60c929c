"""Make a digest of alerts, with names in the place of codes and the place where each return is given."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from types import MappingProxyType
from urllib.parse import urlsplit

from schemas.enums import AlertKind, InstrumentKind
from schemas.programme import Instrument, Programme
from tasks.alerts.deciding import Alert
from tasks.alerts.digest import Digest, DigestLine, ToCorrect
from tasks.workbooks import workbook_name

_REMOTE_CONTROL = "/admin/remotecontrol"
_LATE_SINCE_DUE = frozenset({AlertKind.MISSING, AlertKind.UNFINISHED, AlertKind.ESCALATED})
"""The kinds whose delay is counted from the due date to the day of the digest."""


def digest_of(
    programme: Programme,
    alerts: Iterable[Alert],
    *,
    recipient_code: str,
    recipient: str,
    sender: str,
    new: Collection[str],
    to_correct: Mapping[str, Sequence[tuple[str, str]]],
    as_of: date,
    decided_on: date,
    message_id: str,
    annotated: Mapping[str, str] = MappingProxyType({}),
    server_url: str | None = None,
) -> Digest:
    """Return the digest of alerts for one recipient: new alerts first, then by due date.

    Args:
        programme: The programme.
        alerts: The alerts of the recipient.
        recipient_code: Code of the recipient.
        recipient: Mail address of the recipient.
        sender: Mail address that the digest comes from.
        new: Ids of the alerts that no earlier digest held.
        to_correct: For each return version to be corrected, the places to correct and the values expected there.
        as_of: Day whose states the digest reports.
        decided_on: Day on which the message was decided, which dates the mail.
        message_id: Message-ID of the mail.
        annotated: Path of the marked copy of each return version to be corrected, if there is one.
        server_url: Address of LimeSurvey's RemoteControl; the programme's by default.
    """
    settings = programme.settings
    follows = next((evaluator.follows for evaluator in settings.evaluators if evaluator.code == recipient_code), [])
    source = settings.sources.limesurvey
    server = server_url or (source.url if source else None)
    lines: list[DigestLine] = []
    for alert in alerts:
        version = alert.status.quarantined_return_id or ""
        line = _line(programme, alert, as_of, server)
        places = tuple(ToCorrect(*place) for place in to_correct.get(version, ()))
        lines.append(replace(line, is_new=alert.alert_id in new, to_correct=places, annotated=annotated.get(version)))
    return Digest(
        programme=settings.name,
        recipient_code=recipient_code,
        recipient=recipient,
        sender=sender,
        follows=tuple(i.name for i in settings.innovations if i.code in follows),
        as_of=as_of,
        lines=tuple(sorted(lines, key=lambda line: (not line.is_new, line.due_on, line.structure, line.cohort))),
        message_id=message_id,
        dated=datetime.combine(decided_on, time(7), tzinfo=UTC),
        locale=settings.locale,
        inbox=settings.sources.inbox.path if settings.sources.inbox else None,
    )


def survey_address(server_url: str, survey_id: int, locale: str) -> str | None:
    """Return the address at which a survey is answered, or None if the server's address does not give it.

    Args:
        server_url: Address of the server's RemoteControl.
        survey_id: Number of the survey.
        locale: Language of the questionnaire.
    """
    url = urlsplit(server_url)
    if url.scheme not in ("http", "https") or not url.path.endswith(_REMOTE_CONTROL):
        return None
    return f"{url.scheme}://{url.netloc}{url.path.removesuffix(_REMOTE_CONTROL)}/{survey_id}?lang={locale}"


def _line(programme: Programme, alert: Alert, as_of: date, server: str | None) -> DigestLine:
    status = alert.status
    instrument = programme.instrument_by_code.get(status.instrument_code)
    cohort = programme.cohort_by_code.get(status.cohort_code)
    enrolment = programme.enrolment_by_id.get(f"{status.cohort_code}/{status.structure_code}")
    late = (as_of - status.due_on).days if alert.kind in _LATE_SINCE_DUE else status.days_late or 0
    return DigestLine(
        kind=alert.kind,
        expected_return_id=status.expected_return_id,
        structure=status.structure_name,
        cohort=cohort.name if cohort else status.cohort_code,
        instrument=instrument.name if instrument else status.instrument_code,
        occasion=status.occasion_code,
        due_on=status.due_on,
        days_late=max(late, 0),
        contact=enrolment.contact if enrolment else None,
        survey=_survey(programme, instrument, status.occasion_code, server),
        workbook=_workbook(instrument, status.expected_return_id),
    )


def _survey(programme: Programme, instrument: Instrument | None, occasion_code: str, server: str | None) -> str | None:
    version = instrument.version_at(occasion_code) if instrument else None
    if version is None or version.survey_id is None or server is None:
        return None
    return survey_address(server, version.survey_id, programme.settings.locale)


def _workbook(instrument: Instrument | None, expected_return_id: str) -> str | None:
    is_workbook = instrument is not None and instrument.kind is InstrumentKind.WORKBOOK
    return workbook_name(expected_return_id) if is_workbook else None
