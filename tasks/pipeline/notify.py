"""Send the messages of the ledger: by mail, to the chats, and through the survey server."""

from collections.abc import Collection, Generator
from contextlib import contextmanager
from gettext import NullTranslations

from schemas.enums import Channel, DeliveryOutcome
from schemas.errors import EssaimError
from tasks.alerts import (
    WEEKLY,
    Alert,
    Digest,
    Outgoing,
    Send,
    compose,
    compose_to_structure,
    compose_weekly,
    digest_of,
    latest_report_address,
    recipients,
    weekly_page,
)
from tasks.alerts.weekly import WeeklyPage
from tasks.delivery import Delivery, open_chats, open_delivery
from tasks.delivery import Send as SendMail
from tasks.limesurvey import LimeSurveyError
from tasks.pipeline.writing_to_structures import PersonalLinks, mail_to_structure
from tasks.run import RunContext
from tasks.schedule.expected_returns import survey_source
from tasks.state_reasons import closure_in_words
from tasks.surveys import join_recodes, open_server, remind
from tasks.workbooks.annotating import annotated_copies
from warehouse.alerts import dead_messages, waiting_messages
from warehouse.connection import Warehouse
from warehouse.last_values import reported_in
from warehouse.views import return_status


@contextmanager
def open_channels(run: RunContext, warehouse: Warehouse) -> Generator[Send]:
    """Open the channels, and yield the function that sends a message by its channel.

    A dry run, and any run on invented answers, writes mails as files and sends nothing.

    Args:
        run: The run, planned.
        warehouse: The warehouse, with its views built.

    Raises:
        UsageError: The settings of the mail server or of the chats cannot be used.
    """
    environment = run.environment
    is_kept_here = run.is_rehearsal or run.paths.invented.exists()
    chats = None if is_kept_here else open_chats(environment)
    with open_delivery(environment, run.paths.mails, only_files=is_kept_here) as by_mail:

        def send(message: Outgoing) -> Delivery:
            match message.channel:
                case Channel.MAIL if message.recipient.is_structure:
                    return _write_to_structure(run, warehouse, message, by_mail)
                case Channel.MAIL if message.recipient.code == WEEKLY:
                    return by_mail(compose_weekly(_weekly_page(run, warehouse, message)))
                case Channel.MAIL:
                    return by_mail(compose(_digest(run, message)))
                case Channel.CHAT if chats is not None:
                    return chats(compose(_digest(run, message)))
                case Channel.CHAT:
                    return Delivery(DeliveryOutcome.SENT, "Dry run: nothing was sent to the chats.")
                case Channel.SURVEY_SERVER:
                    return _remind_structures(run, message)

        yield send


def _weekly_page(run: RunContext, warehouse: Warehouse, message: Outgoing) -> WeeklyPage:
    return weekly_page(
        run.programme,
        return_status(warehouse),
        recipients(run.programme),
        [*dead_messages(warehouse), *waiting_messages(warehouse)],
        sender=run.environment.mail_from,
        as_of=message.as_of,
        decided_on=message.decided_on,
        message_id=message.message_id,
        desk=run.environment.desk_url,
    )


def _write_to_structure(run: RunContext, warehouse: Warehouse, message: Outgoing, by_mail: SendMail) -> Delivery:
    try:
        mail = mail_to_structure(run, message, reported_in(warehouse), _marked(run, message))
    except (EssaimError, LimeSurveyError) as error:
        return Delivery(DeliveryOutcome.POSTPONED, str(error))
    return by_mail(compose_to_structure(mail))


def _marked(run: RunContext, message: Outgoing) -> Collection[str]:
    """Return the return versions to be corrected that have a marked copy."""
    return annotated_copies(run.paths.annotated, message.to_correct, run.folder).keys()


def _digest(run: RunContext, message: Outgoing) -> Digest:
    return digest_of(
        run.programme,
        message.alerts,
        recipient_code=message.recipient.code,
        recipient=message.recipient.email or "",
        sender=run.environment.mail_from,
        new=message.new,
        to_correct=message.to_correct,
        as_of=message.as_of,
        collected_on=message.collected_on,
        decided_on=message.decided_on,
        message_id=message.message_id,
        unassigned=message.unassigned,
        marked=_marked(run, message),
        server_url=run.environment.limesurvey_url,
        pages=latest_report_address(run.environment.pages_url),
        desk=run.environment.desk_url,
        link_to_send=PersonalLinks(run, message).made,
        written=message.written,
    )


def _remind_structures(run: RunContext, message: Outgoing) -> Delivery:
    """Have the survey server remind the structures that reached a reminder step: not every one that owes a return.

    Nobody is reminded of a survey that nobody can answer, until a run has read that it can be answered.
    """
    alerts = [alert for alert in message.alerts if isinstance(alert, Alert)]
    owed = {alert.status.expected_return_id for alert in alerts if alert.alert_id in message.decided}
    expected = {id_: row for id_, row in run.plan.items() if row["source_id"] == message.recipient.code}
    instrument, survey_id = next(
        (instrument, version.survey_id)
        for instrument in run.programme.settings.instruments
        for version in instrument.versions
        if version.survey_id is not None and survey_source(version.survey_id) == message.recipient.code
    )
    closures = {(alert.status.survey_closure, alert.status.survey_closure_on) for alert in alerts}
    for closure, day in closures:
        if closure is not None:
            sentence = closure_in_words(closure, str(day), NullTranslations())
            return Delivery(
                DeliveryOutcome.POSTPONED, f"Survey {survey_id}: nobody was invited or reminded. {sentence}"
            )
    try:
        with open_server(run.programme, run.environment) as server:
            return remind(
                server,
                survey_id,
                instrument,
                expected,
                owed,
                today=run.as_of,
                dry_run=run.is_rehearsal,
                recodes=join_recodes(run.programme, instrument.join),
                changes=run.programme.structure_changes,
            )
    except EssaimError as error:
        return Delivery(DeliveryOutcome.POSTPONED, str(error))
