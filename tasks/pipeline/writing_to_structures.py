"""Put together the mail to a structure: what it owes, with the workbooks, the personal links and who answers it."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from schemas.enums import AlertKind, InstrumentKind, JoinBy, StateReason
from schemas.instruments import Instrument
from tasks.alerts import Alert, AskedReturn, Attachment, Outgoing, StructureMail, ToCorrect, errors_of_sender
from tasks.alerts.addresses import page_to_send, survey_address
from tasks.alerts.dating import dated_on
from tasks.following import following, recipients_on
from tasks.links import Links, Purpose
from tasks.records import checksum
from tasks.run import RunContext
from tasks.surveys import join_recodes, open_server, open_tokens
from tasks.workbooks.template_workbook import workbook_of
from tasks.workbooks.templates import template_of
from warehouse.last_values import Values


@dataclass(frozen=True, slots=True)
class PersonalLinks:
    """The links of one message by which structures send returns: the same whenever the message is sent.

    Attributes:
        run: The run.
        message: The message.
    """

    run: RunContext
    message: Outgoing
    _links: list[Links] = field(default_factory=list[Links])

    def made(self, expected_return_id: str) -> str:
        """Return the text of the link for an expected return."""
        if not self._links:
            self._links.append(Links(self.run.paths, self.run.environment))
        return self._links[0].made(
            Purpose.SEND,
            expected_return_id,
            link_id=checksum(self.message.message_id, expected_return_id)[:32],
            made_at=self.message.recorded_at,
        )


def mail_to_structure(run: RunContext, message: Outgoing, values: Values, marked: Collection[str]) -> StructureMail:
    """Return the mail to a structure.

    Args:
        run: The run, planned.
        message: The message to a structure, with all returns that it is to be asked for.
        values: The values reported before, for the workbooks.
        marked: The return versions that have a marked copy.

    Raises:
        EssaimError: The credentials of the survey server are missing.
        LimeSurveyError: The participants of a survey could not be read.
    """
    settings = run.programme.settings
    mailbox = settings.sources.mailbox
    alerts = sorted(_of_returns(message), key=lambda alert: (alert.status.due_on, alert.subject_id))
    people = _answering(run, alerts, message)
    tokens = _tokens(run, alerts)
    return StructureMail(
        programme=settings.name,
        recipient_code=message.recipient.code,
        recipient=message.recipient.email or "",
        sender=run.environment.mail_from,
        reply_to=tuple(people),
        answered_by=tuple(people.values()),
        structure=message.recipient.name,
        as_of=message.as_of,
        returns=tuple(_asked(run, message, alert, values, marked, tokens) for alert in alerts),
        message_id=message.message_id,
        dated=dated_on(message.decided_on, run.programme.zone),
        mailbox=mailbox.address if mailbox is not None else None,
        locale=settings.locale,
    )


def _of_returns(message: Outgoing) -> Iterator[Alert]:
    return (alert for alert in message.alerts if isinstance(alert, Alert))


def _answering(run: RunContext, alerts: Iterable[Alert], message: Outgoing) -> dict[str, str]:
    """Return the people who get the replies, address to name: those who follow the structure, else the lead."""
    settings = run.programme.settings
    of_enrolments = following(
        run.programme, {alert.status.enrolment_id: alert.status.innovation_code for alert in alerts}
    )
    codes = {code for of_enrolment in of_enrolments.values() for code in recipients_on(of_enrolment, message.as_of)}
    people = {one.email: one.name for one in settings.evaluators if one.code in codes}
    if not people and settings.lead is not None:
        return {settings.lead.email: settings.lead.name}
    return people


def _asked(
    run: RunContext,
    message: Outgoing,
    alert: Alert,
    values: Values,
    marked: Collection[str],
    tokens: Mapping[str, list[str]],
) -> AskedReturn:
    status, desk = alert.status, run.environment.desk_url
    instrument = run.programme.instrument_by_code[status.instrument_code]
    is_survey = instrument.kind is InstrumentKind.LIMESURVEY
    is_new = alert.kind is AlertKind.REMINDED and status.state_reason is StateReason.NOTHING_CAME
    template = None
    if is_new and not is_survey and status.expected_return_id in run.plan:
        template = template_of(run.programme, run.plan[status.expected_return_id], values)
    return AskedReturn(
        kind=alert.kind,
        instrument=instrument.name,
        occasion=status.occasion_code,
        due_on=status.due_on,
        is_on_time=message.as_of <= status.on_time_until_on,
        reason=status.state_reason or StateReason.NOTHING_CAME,
        to_correct=tuple(
            ToCorrect(error.location, error.expected)
            for error in errors_of_sender(message.to_correct, status.quarantined_return_id)
        )
        if alert.kind is not AlertKind.REMINDED
        else (),
        workbook=None if template is None else Attachment(template.file_name, workbook_of(template)),
        is_survey=is_survey,
        survey=_survey(run, instrument, status.occasion_code, tokens.get(status.expected_return_id, []))
        if is_survey
        else None,
        send=page_to_send(desk, PersonalLinks(run, message).made(status.expected_return_id))
        if desk and not is_survey
        else None,
        is_marked=status.quarantined_return_id in marked,
    )


def _survey(run: RunContext, instrument: Instrument, occasion_code: str, tokens: list[str]) -> str | None:
    """Return the address of a questionnaire: with the token of the structure, if it has exactly one.

    Where responses name their structure by an answer, the questionnaire is open to all.
    """
    source = run.programme.settings.sources.limesurvey
    server = run.environment.limesurvey_url or (source.url if source else None)
    version = instrument.version_at(occasion_code)
    if server is None or version is None or version.survey_id is None:
        return None
    address = survey_address(server, version.survey_id, run.programme.settings.locale)
    if address is None or instrument.join.by is JoinBy.QUESTION:
        return address
    return f"{address}&token={tokens[0]}" if len(tokens) == 1 else None


def _tokens(run: RunContext, alerts: Sequence[Alert]) -> dict[str, list[str]]:
    """Return the tokens by which the surveys of some alerts can be answered, by expected return.

    Raises:
        EssaimError: The credentials of the survey server are missing.
        LimeSurveyError: The participants of a survey could not be read.
    """
    tokens: dict[str, list[str]] = {}
    for source_id in sorted({alert.status.source_id for alert in alerts}):
        alert = next(alert for alert in alerts if alert.status.source_id == source_id)
        instrument = run.programme.instrument_by_code[alert.status.instrument_code]
        version = instrument.version_at(alert.status.occasion_code)
        if instrument.join.by is JoinBy.QUESTION or version is None or version.survey_id is None:
            continue
        with open_server(run.programme, run.environment) as server:
            tokens |= open_tokens(
                server,
                version.survey_id,
                instrument,
                {id_: row for id_, row in run.plan.items() if row["source_id"] == source_id},
                today=run.as_of,
                recodes=join_recodes(run.programme, instrument.join),
                changes=run.programme.structure_changes,
            )
    return tokens
