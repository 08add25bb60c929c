"""Tells what the ledger says is to be told: by mail, to the chats, and through the survey server."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager

from schemas.enums import Channel, DeliveryOutcome
from schemas.errors import EssaimError
from schemas.programme import Programme
from schemas.settings import Environment
from schemas.tables import Row
from tasks.alerts import Digest, Outgoing, Send, compose, digest_of
from tasks.delivery import Delivery, open_chats, open_delivery
from tasks.run import RunContext
from tasks.schedule.expected_returns import survey_source
from tasks.surveys import open_server, remind
from tasks.workbooks.annotating import annotated_copies


@contextmanager
def telling(run: RunContext, programme: Programme, planned: Mapping[str, Row]) -> Generator[Send]:
    """Tells somebody something, by the channel that it is for. Of a rehearsal, nothing but files leaves.

    `planned` are the expected returns by their ids.

    Raises:
        UsageError: the settings of the mail server or of the chats cannot be used.
    """
    environment = Environment()
    chats = None if run.is_rehearsal else open_chats(environment)
    with open_delivery(environment, run.paths.mails, only_files=run.is_rehearsal) as by_mail:

        def tell(told: Outgoing) -> Delivery:
            match told.channel:
                case Channel.MAIL:
                    return by_mail(compose(_digest(run, programme, environment, told)))
                case Channel.CHAT if chats is not None:
                    return chats(compose(_digest(run, programme, environment, told)))
                case Channel.CHAT:
                    return Delivery(DeliveryOutcome.SENT, "A rehearsal: the chats were not told.")
                case Channel.SURVEY_SERVER:
                    return _remind_structures(run, programme, environment, planned, told)

        yield tell


def _digest(run: RunContext, programme: Programme, environment: Environment, told: Outgoing) -> Digest:
    return digest_of(
        programme,
        told.alerts,
        recipient_code=told.recipient.code,
        recipient=told.recipient.email or "",
        sender=environment.mail_from,
        new=told.new,
        to_mend=told.to_mend,
        as_of=told.as_of,
        decided_on=told.decided_on,
        message_id=told.message_id,
        annotated=annotated_copies(run.paths.annotated, told.to_mend, run.folder),
        server_url=environment.limesurvey_url,
    )


def _remind_structures(
    run: RunContext, programme: Programme, environment: Environment, planned: Mapping[str, Row], told: Outgoing
) -> Delivery:
    """Have the survey server write to those whose step the message was decided for, and not to all who owe."""
    owed = {alert.status.expected_return_id for alert in told.alerts if alert.alert_id in told.new}
    expected = {id_: row for id_, row in planned.items() if row["source_id"] == told.recipient.code}
    instrument, survey_id = next(
        (instrument, version.survey_id)
        for instrument in programme.settings.instruments
        for version in instrument.versions
        if version.survey_id is not None and survey_source(version.survey_id) == told.recipient.code
    )
    try:
        with open_server(programme, environment) as server:
            return remind(server, survey_id, instrument, expected, owed, today=run.as_of, dry_run=run.is_rehearsal)
    except EssaimError as error:
        return Delivery(DeliveryOutcome.POSTPONED, str(error))
