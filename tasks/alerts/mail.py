"""The digest that an evaluator reads, and where it goes: `.eml` files, which any mail program opens."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time
from email.message import EmailMessage
from email.utils import format_datetime
from gettext import NullTranslations
from pathlib import Path

from schemas.programme import Programme
from schemas.states import AlertKind, DeliveryOutcome
from tasks.alerts.deciding import Alert
from tasks.alerts.delivering import Delivery, Digest, Send
from tasks.alerts.recipients import Recipient

SENDER = "essaim@example.org"


def digest(
    programme: Programme,
    recipient: Recipient,
    alerts: Iterable[Alert],
    *,
    new: Collection[str],
    to_mend: Mapping[str, Sequence[tuple[str, str]]],
    as_of: date,
    message_id: str,
    language: NullTranslations,
) -> EmailMessage:
    """The digest of one recipient: what is due or missing, what must be corrected, what could not be checked.

    `new` are the ids of the alerts that were not told before; `to_mend` says, for each return version to be corrected,
    where something else is expected and what. What stands there is not repeated: somebody may have written a name.
    """
    _, plural = language.gettext, language.ngettext
    alerts = list(alerts)
    count = len(new)
    message = EmailMessage()
    message["From"] = SENDER
    message["To"] = recipient.email
    message["Subject"] = plural(
        "{programme}: {count} return needs you", "{programme}: {count} returns need you", count
    ).format(programme=_on_one_line(programme.settings.name), count=count)
    message["Date"] = format_datetime(datetime.combine(as_of, time(7), tzinfo=UTC))
    message["Message-ID"] = message_id
    headings = {
        AlertKind.ESCALATED: _("Not settled in spite of reminders"),
        AlertKind.MISSING: _("Missing"),
        AlertKind.UNFINISHED: _("Begun, not finished"),
        AlertKind.TO_BE_CORRECTED: _("Received, to be corrected"),
        AlertKind.UNVERIFIABLE: _("Could not be checked (do not chase these)"),
        AlertKind.DUE_SOON: _("Due soon, or due and still on time"),
    }
    lines = [
        _("Hello,"),
        "",
        _("As of {day}, for {programme}:").format(day=_day(as_of), programme=_on_one_line(programme.settings.name)),
    ]
    for kind, heading in headings.items():
        group = [alert for alert in alerts if alert.kind is kind]
        if group:
            lines += ["", f"{heading} ({len(group)})", ""]
        for alert in group:
            lines.append(_line(programme, alert, alert.alert_id in new, language))
            lines += [
                f"    {location} → {expected}"
                for location, expected in to_mend.get(alert.status.quarantined_return_id or "", ())
            ]
    lines += ["", _("The list of all returns: essaim status"), ""]
    message.set_content("\n".join(lines), charset="utf-8", cte="8bit")
    return message


def mails_to(folder: Path, programme: Programme, language: NullTranslations) -> Send:
    """Sending that writes each mail as a file into a folder."""

    def send(told: Digest) -> Delivery:
        message = digest(
            programme,
            told.recipient,
            told.alerts,
            new=told.new,
            to_mend=told.to_mend,
            as_of=told.as_of,
            message_id=told.message_id,
            language=language,
        )
        path = write_mail(folder, message, recipient_code=told.recipient.code, decided_on=told.decided_on)
        return Delivery(DeliveryOutcome.SENT, path.name)

    return send


def write_mail(folder: Path, message: EmailMessage, *, recipient_code: str, decided_on: date) -> Path:
    """Write a mail as a file. Written again, it is the same file."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{decided_on.isoformat()}_{recipient_code}_{str(message['Message-ID'])[1:9]}.eml"
    arriving = folder / f".{name}"
    arriving.write_bytes(message.as_bytes())
    return arriving.replace(folder / name)


def _line(programme: Programme, alert: Alert, is_new: bool, language: NullTranslations) -> str:
    _, plural = language.gettext, language.ngettext
    status = alert.status
    days = status.days_late or 0
    late = plural("{count} day late", "{count} days late", days).format(count=days) if days else ""
    instrument = programme.instrument_by_code.get(status.instrument_code)
    parts = [
        f"- {status.structure_name} ({status.cohort_code})",
        f"{instrument.name if instrument else status.instrument_code}, {status.occasion_code}",
        _("due on {day}").format(day=_day(status.due_on)) + (f", {late}" if late else ""),
        _("new") if is_new else "",
    ]
    return _on_one_line(" · ".join(part for part in parts if part))


def _on_one_line(text: str) -> str:
    """A text of a programme folder without its line breaks: no header can hold one."""
    return " ".join(text.split())


def _day(day: date) -> str:
    return f"{day:%d/%m/%Y}"
