"""Post workbooks to the mailbox of the small programme of `bookkeeping`, and fetch them in this process."""

import email
import email.policy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from typing import Any

import bookkeeping as wb
import pandas as pd
import yaml
from bookkeeping import RETURN, book, content, identity
from imap_server import PASSWORD, Account

from schemas.intake import AUDIT, ItemKind
from schemas.programme import Lead, Programme
from schemas.settings import Environment, ProjectPaths
from schemas.sources import MailboxSource
from tasks.landing import Landing
from tasks.pipeline.mailbox import MailFetched, fetch_mail
from tasks.run import RunContext
from tasks.schedule.expected_returns import plan
from warehouse.intake import Item, open_intake, sealed_content, waiting_items
from warehouse.runs import Stamp

AS_OF = date(2019, 3, 31)
STRUCTURE, OTHER_STRUCTURE = "contact@str1.example.org", "contact@str2.example.org"
EVALUATOR, OTHER_EVALUATOR = "a@example.org", "b@example.org"
LEAD = "lead@example.org"
STRANGER = "personne.inventee@elsewhere.example.org"
SECRET_NAME = "Personne Secrète"
XLSX = ("application", "vnd.openxmlformats-officedocument.spreadsheetml.sheet")
GRID = "C-1/STR1/M03/grille"


def programme(**source: Any) -> Programme:
    """Return the programme with a mailbox, contacts of its structures, a second evaluator, a lead and a grid."""
    whole = wb.programme()
    settings = whole.settings
    (first,) = settings.evaluators
    follows_first = first.model_copy(update={"follows": ["STR1"]})
    second = first.model_copy(update={"code": "B", "name": "B", "email": OTHER_EVALUATOR, "follows": ["STR2"]})
    mailbox = MailboxSource.model_validate({"host": "localhost", **source})
    (instrument,) = settings.instruments
    of_evaluator = {"code": "grille", "name": "Grille", "filled_by": "evaluator"}
    grid = type(instrument).model_validate({**instrument.model_dump(), **of_evaluator})
    settings = settings.model_copy(
        update={
            "sources": settings.sources.model_copy(update={"mailbox": mailbox}),
            "evaluators": [follows_first, second],
            "lead": Lead(name="L", email=LEAD),
            "instruments": [instrument, grid],
        }
    )
    contacts = {"STR1": f"01 02 03 04 05, {STRUCTURE}", "STR2": OTHER_STRUCTURE}
    enrolments = [one.model_copy(update={"contact": contacts[one.structure_code]}) for one in whole.enrolments]
    return whole.model_copy(update={"settings": settings, "enrolments": enrolments})


def workbook(expected_return_id: str = RETURN, **changed: Any) -> bytes:
    """Return a filled-in workbook of a return."""
    return content(book(wb.items(**changed), whose=identity(expected_return_id)))


def letter(
    *attachments: bytes | tuple[str, bytes], sender: str = STRUCTURE, headers: Mapping[str, str] | None = None
) -> EmailMessage:
    """Return a message with workbooks, each alone or with its name. The names of the others name a person."""
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"] = f"{SECRET_NAME} <{sender}>"
    message["To"] = "retours@example.org"
    message["Subject"] = f"Le tableau de {SECRET_NAME}"
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = make_msgid(domain="str1.example.org")
    message.set_content("Bonjour, voici le tableau.\n")
    for attachment in attachments:
        name, data = (f"{SECRET_NAME}.xlsx", attachment) if isinstance(attachment, bytes) else attachment
        message.add_attachment(data, maintype=XLSX[0], subtype=XLSX[1], filename=name)
    for name, value in (headers or {}).items():
        del message[name]
        message[name] = value
    return message


@dataclass(frozen=True)
class Post:
    """The mailbox of a programme, and what its runs make of it.

    Attributes:
        account: The mailbox.
        paths: The paths of the programme.
        programme: The programme.
    """

    account: Account
    paths: ProjectPaths
    programme: Programme

    def environment(self, **other: Any) -> Environment:
        given: dict[str, Any] = {
            "imap_username": self.account.user,
            "imap_password": PASSWORD,
            "mail_from": "suivi@example.org",
        }
        return Environment(**{**given, **other})

    def run(self, paths: ProjectPaths | None = None, **settings: Any) -> RunContext:
        """Return a planned run, without a warehouse."""
        planned = {str(row["expected_return_id"]): row for row in plan(self.programme)}
        stamp = Stamp("run", datetime(2019, 3, 31, 22), datetime(2026, 1, 1))
        return RunContext(paths or self.paths, self.programme, self.environment(**settings), AS_OF, stamp, planned)

    def fetch(self, **settings: Any) -> MailFetched:
        return fetch_mail(self.run(**settings))

    def items(self, paths: ProjectPaths | None = None) -> list[Item]:
        with open_intake(paths or self.paths) as intake:
            return waiting_items(intake, ItemKind.WORKBOOK)

    def returns(self) -> list[str]:
        """Return the expected returns of the kept workbooks."""
        return [item.subject_id for item in self.items()]

    def kept(self, item: Item) -> bytes:
        with open_intake(self.paths) as intake:
            sealed = sealed_content(intake, item.item_id)
        assert sealed is not None
        return Landing(self.paths, Environment()).unsealed(sealed)

    def audit(self) -> list[tuple[str, str, str]]:
        with open_intake(self.paths) as intake, intake.connect() as connection:
            rows = connection.execute(AUDIT.select().order_by(AUDIT.c.at))
            return [(row.who, row.action, row.subject_id) for row in rows]

    def answers(self) -> list[EmailMessage]:
        """Return the answers, which are files where there is no mail server, in the order of their writing."""
        files = sorted(self.paths.mails.glob("*.eml"), key=lambda file: file.stat().st_mtime_ns)
        return [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]


def write_programme(post: Post) -> None:
    """Write the folder of the programme, with its contacts."""
    folder = post.paths.folder
    wb.write_folder(folder, post.programme)
    settings = post.programme.settings.model_dump(mode="json", exclude_unset=True)
    settings["instruments"] = settings["instruments"][:1]
    for one in settings["instruments"]:
        one.pop("indicators", None)
    (folder / "programme.yaml").write_text(yaml.safe_dump(settings, allow_unicode=True), encoding="utf-8")
    enrolments = [one.model_dump(mode="json", exclude_unset=True) for one in post.programme.enrolments]
    pd.DataFrame(enrolments).to_csv(folder / "structures.csv", index=False)
    (folder / "inbox").mkdir(exist_ok=True)


def text_of(answer: EmailMessage) -> str:
    """Return the text of an answer."""
    return str(answer.get_content())


Open = Callable[..., Post]
"""Opens the post of a programme with some keys of its mailbox."""
