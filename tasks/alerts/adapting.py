"""From alerts to the digest that tells them: names in the place of codes, and where a return can be given."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time
from types import MappingProxyType
from urllib.parse import urlsplit

from schemas.enums import AlertKind, InstrumentKind
from schemas.programme import Instrument, Programme
from tasks.alerts.deciding import Alert
from tasks.alerts.digest import Digest, DigestLine, ToMend
from tasks.workbooks import workbook_name

_REMOTE_CONTROL = "/admin/remotecontrol"
_COUNTED = frozenset({AlertKind.MISSING, AlertKind.UNFINISHED, AlertKind.ESCALATED})
"""What is late by as many days as have passed since it was due, whatever the views say of it."""


def digest_of(
    programme: Programme,
    alerts: Iterable[Alert],
    *,
    recipient_code: str,
    recipient: str,
    sender: str,
    new: Collection[str],
    to_mend: Mapping[str, Sequence[tuple[str, str]]],
    as_of: date,
    decided_on: date,
    message_id: str,
    annotated: Mapping[str, str] = MappingProxyType({}),
    server_url: str | None = None,
) -> Digest:
    """The digest of some alerts for one recipient; what is new and what is overdue longest stands first.

    `new` are the ids of the alerts that were not told before; `to_mend` says, for each return version to be corrected,
    where something else is expected and what, and `annotated` where its marked copy lies. `server_url` takes the
    place of the programme's LimeSurvey address.
    """
    settings = programme.settings
    follows = next((e.follows for e in settings.evaluators if e.code == recipient_code), [])
    source = settings.sources.limesurvey
    server = server_url or (source.url if source else None)
    lines: list[DigestLine] = []
    for alert in alerts:
        version = alert.status.quarantined_return_id or ""
        line = _line(programme, alert, as_of, server)
        places = tuple(ToMend(*place) for place in to_mend.get(version, ()))
        lines.append(replace(line, is_new=alert.alert_id in new, to_mend=places, annotated=annotated.get(version)))
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
    """Where a survey is answered, by the address of the server's RemoteControl; None where that cannot be told."""
    url = urlsplit(server_url)
    if url.scheme not in ("http", "https") or not url.path.endswith(_REMOTE_CONTROL):
        return None
    return f"{url.scheme}://{url.netloc}{url.path.removesuffix(_REMOTE_CONTROL)}/{survey_id}?lang={locale}"


def _line(programme: Programme, alert: Alert, as_of: date, server: str | None) -> DigestLine:
    status = alert.status
    instrument = programme.instrument_by_code.get(status.instrument_code)
    cohort = programme.cohort_by_code.get(status.cohort_code)
    enrolment = programme.enrolment_by_id.get(f"{status.cohort_code}/{status.structure_code}")
    late = (as_of - status.due_on).days if alert.kind in _COUNTED else status.days_late or 0
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
