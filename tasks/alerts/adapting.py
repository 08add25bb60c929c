"""Make a digest of alerts, with names in the place of codes and the place where each return is given."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from types import MappingProxyType

from schemas.enums import AlertKind, FilledBy, InstrumentKind, ResolvedBy, ReturnState, StateReason
from schemas.following import FollowedKind, value_of
from schemas.instruments import Instrument
from schemas.programme import Programme
from schemas.programme_tables import present_codes
from tasks.alerts.addresses import desk_address, page_of_return, page_to_send, survey_address
from tasks.alerts.contacts import contacts
from tasks.alerts.dating import dated_on
from tasks.alerts.deciding import Alert, AnyAlert
from tasks.alerts.digest import Digest, DigestLine, TargetLine, ToCorrect
from tasks.alerts.targets import TargetAlert
from tasks.following import Following, entries_of, followers_on, following
from tasks.workbooks import workbook_name
from warehouse.alerts import Written
from warehouse.loads import ReturnError

_RESOLVED_BY = {
    StateReason.TO_BE_CORRECTED: ResolvedBy.SENDER,
    StateReason.UNPLACED: ResolvedBy.PLACEMENT,
    StateReason.TO_BE_MENDED: ResolvedBy.PROGRAMME,
}
"""Whose errors a digest lists, by the reason of the line."""


def digest_of(
    programme: Programme,
    alerts: Iterable[AnyAlert],
    *,
    recipient_code: str,
    recipient: str,
    sender: str,
    new: Collection[str],
    to_correct: Mapping[str, Sequence[ReturnError]],
    as_of: date,
    collected_on: date,
    decided_on: date,
    message_id: str,
    marked: Collection[str] = (),
    server_url: str | None = None,
    unassigned: Mapping[str, int] = MappingProxyType({}),
    pages: str | None = None,
    desk: str | None = None,
    link_to_send: Callable[[str], str] | None = None,
    written: Mapping[str, Written] = MappingProxyType({}),
) -> Digest:
    """Return the digest of alerts for one recipient: new alerts first, then by due date.

    Args:
        programme: The programme.
        alerts: The alerts of the recipient.
        recipient_code: Code of the recipient.
        recipient: Mail address of the recipient.
        sender: Mail address that the digest comes from.
        new: Ids of the alerts that no earlier digest has reported to the recipient.
        to_correct: The errors of each quarantined return version.
        as_of: Day whose states the digest reports.
        collected_on: Last day as of which the sources were read.
        decided_on: Day on which the message was decided, which dates the mail.
        message_id: Message-ID of the mail.
        marked: The return versions to be corrected that have a marked copy.
        server_url: Address of LimeSurvey's RemoteControl; the programme's by default.
        unassigned: The number of files and responses of each source that belong to no expected return.
        pages: Address of the latest report, if an installation serves its reports to others.
        desk: Address of the desk, if there is one.
        link_to_send: Returns the text of the link by which a structure sends an expected return.
        written: The last message to a structure about each expected return.
    """
    settings = programme.settings
    source = settings.sources.limesurvey
    server = server_url or (source.url if source else None)
    all_alerts = list(alerts)
    of_targets = [alert for alert in all_alerts if isinstance(alert, TargetAlert)]
    of_returns = [alert for alert in all_alerts if isinstance(alert, Alert)]
    of_enrolments = following(
        programme,
        {id_: one.target.innovation_code for one in of_targets for id_ in one.enrolment_ids}
        | {one.status.enrolment_id: one.status.innovation_code for one in of_returns},
    )
    found_contacts = contacts(programme)
    lines: list[DigestLine] = []
    for alert in of_returns:
        version = alert.status.quarantined_return_id or ""
        errors = to_correct.get(version, ())
        line = _line(programme, alert, as_of, server)
        if alert.kind is AlertKind.NEWER_TO_BE_CORRECTED:
            line = replace(line, reason=_reason_of(errors))
        resolved_by = _RESOLVED_BY.get(line.reason)
        places = tuple(_place(error) for error in errors if error.resolved_by is resolved_by)
        contact = found_contacts.get(alert.status.structure_code)
        instrument = programme.instrument_by_code.get(alert.status.instrument_code)
        is_written_to = instrument is not None and instrument.mails_to_structures
        lines.append(
            replace(
                line,
                is_new=alert.alert_id in new,
                to_correct=places,
                is_marked=version in marked and resolved_by is ResolvedBy.SENDER,
                is_unfollowed=not followers_on(of_enrolments[alert.status.enrolment_id], as_of),
                page=page_of_return(desk, line.expected_return_id) if desk else None,
                send=page_to_send(desk, link_to_send(line.expected_return_id))
                if desk and link_to_send and line.workbook and not line.is_of_evaluator
                else None,
                written=written.get(line.expected_return_id) if is_written_to else None,
                cannot_write=contact.problem if contact and is_written_to else None,
            )
        )
    missing_sources = {alert.status.source_id for alert in of_returns if alert.kind is AlertKind.MISSING}
    return Digest(
        programme=settings.name,
        recipient_code=recipient_code,
        recipient=recipient,
        sender=sender,
        reply_to=settings.alerts.reply_to or (settings.lead.email if settings.lead else None),
        follows=_followed(programme, recipient_code, as_of),
        stands_in_for=_absent(programme, recipient_code, of_enrolments, as_of),
        as_of=as_of,
        collected_on=collected_on,
        lines=tuple(sorted(lines, key=lambda line: (not line.is_new, line.due_on, line.structure, line.cohort))),
        message_id=message_id,
        dated=dated_on(decided_on, programme.zone),
        locale=settings.locale,
        n_unassigned=sum(unassigned.get(source_id, 0) for source_id in missing_sources),
        cap=settings.alerts.digest_cap,
        pages=pages,
        desk=desk_address(desk) if desk else None,
        targets=tuple(_target_line(programme, alert, is_new=alert.alert_id in new) for alert in of_targets),
    )


def _target_line(programme: Programme, alert: TargetAlert, *, is_new: bool) -> TargetLine:
    target = alert.target
    cohort = programme.cohort_by_code.get(target.cohort_code)
    indicator = programme.indicator_by_code.get(target.indicator_code)
    return TargetLine(
        kind=alert.kind,
        progress=target,
        cohort=cohort.name if cohort else target.cohort_code,
        indicator=indicator.label(programme.settings.locale) if indicator else target.indicator_code,
        is_of_values=indicator is not None and indicator.accumulates,
        is_new=is_new,
    )


def _followed(programme: Programme, recipient_code: str, day: date) -> tuple[str, ...]:
    """Return the names of what an evaluator follows on a day, in the order of programme.yaml."""
    settings = programme.settings
    structures = {enrolment.structure_code: enrolment.structure_name for enrolment in programme.enrolments}
    codes = present_codes(programme.enrolments)
    labels = {attribute.code: attribute.label(settings.locale) for attribute in settings.attributes}
    names = {
        **{(FollowedKind.INNOVATION, innovation.code): innovation.name for innovation in settings.innovations},
        **{(FollowedKind.COHORT, cohort.code): cohort.name for cohort in settings.cohorts},
        **{(FollowedKind.STRUCTURE, code): name for code, name in structures.items()},
        **{
            (
                FollowedKind.ATTRIBUTE,
                value_of(one.attribute_code, one.value),
            ): f"{labels[one.attribute_code]} {one.value}"
            for one in programme.attribute_values
        },
    }
    evaluator = next((one for one in settings.evaluators if one.code == recipient_code), None)
    entries = entries_of(evaluator, settings, codes) if evaluator is not None else ()
    held = ((kind, code) for kind, code, period in entries if period.holds_on(day))
    # A value of an attribute may be that of no structure.
    return tuple(dict.fromkeys(names[one] for one in held if one in names))


def _absent(
    programme: Programme, recipient_code: str, of_enrolments: Mapping[str, Iterable[Following]], day: date
) -> tuple[str, ...]:
    """Return the names of the evaluators for whom an evaluator stands in on a day, of some enrolments."""
    replaced = {
        one.replaces_code
        for of_enrolment in of_enrolments.values()
        for one in of_enrolment
        if one.evaluator_code == recipient_code and one.period.holds_on(day)
    }
    return tuple(evaluator.name for evaluator in programme.settings.evaluators if evaluator.code in replaced)


def _reason_of(errors: Iterable[ReturnError]) -> StateReason:
    """Return why a version is quarantined: for what its sender can correct, where there is anything."""
    resolvers = {error.resolved_by for error in errors}
    return next((reason for reason, one in _RESOLVED_BY.items() if one in resolvers), StateReason.TO_BE_CORRECTED)


def _line(programme: Programme, alert: Alert, as_of: date, server: str | None) -> DigestLine:
    status = alert.status
    instrument = programme.instrument_by_code.get(status.instrument_code)
    cohort = programme.cohort_by_code.get(status.cohort_code)
    enrolment = programme.enrolment_by_id.get(status.enrolment_id)
    survey_id = _survey_id(instrument, status.occasion_code)
    reason = status.state_reason or StateReason.NOTHING_CAME
    if alert.kind is AlertKind.TO_BE_MENDED:
        reason = StateReason.TO_BE_MENDED
    elif alert.kind is AlertKind.UNVERIFIABLE:
        reason = StateReason.UNREAD
    # What came and waits for a correction may have come in time.
    came = status.state is ReturnState.QUARANTINED or alert.kind is AlertKind.NEWER_TO_BE_CORRECTED
    is_late = as_of > status.on_time_until_on and (not came or alert.kind is AlertKind.ESCALATED)
    return DigestLine(
        kind=alert.kind,
        expected_return_id=status.expected_return_id,
        structure=status.structure_name,
        structure_code=status.structure_code,
        cohort=cohort.name if cohort else status.cohort_code,
        instrument=instrument.name if instrument else status.instrument_code,
        occasion=status.occasion_code,
        due_on=status.due_on,
        days_late=(as_of - status.due_on).days if is_late else 0,
        reason=reason,
        survey_closure=status.survey_closure,
        survey_closure_on=status.survey_closure_on,
        instrument_kind=instrument.kind if instrument else InstrumentKind.WORKBOOK,
        is_of_evaluator=instrument is not None and instrument.filled_by is FilledBy.EVALUATOR,
        n_respondents=status.n_respondents,
        minimum_respondents=status.minimum_respondents,
        contact=enrolment.contact if enrolment else None,
        survey_id=survey_id,
        survey=survey_address(server, survey_id, programme.settings.locale) if server and survey_id else None,
        workbook=_workbook(instrument, programme.ids_of(status.expected_return_id)[0]),
    )


def _place(error: ReturnError) -> ToCorrect:
    return ToCorrect(f"{error.location} · {error.found}" if error.found else error.location, error.expected)


def _survey_id(instrument: Instrument | None, occasion_code: str) -> int | None:
    version = instrument.version_at(occasion_code) if instrument else None
    return version.survey_id if version else None


def _workbook(instrument: Instrument | None, written: str) -> str | None:
    is_workbook = instrument is not None and instrument.kind is InstrumentKind.WORKBOOK
    return workbook_name(written) if is_workbook else None
