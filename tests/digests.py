"""Compose digests for the tests of mails, and open a mail like a mail program."""

import email
import email.policy
from dataclasses import replace
from datetime import UTC, date, datetime
from email.message import EmailMessage
from html.parser import HTMLParser
from typing import Any

from schemas.enums import AlertKind, ReturnState, StateReason
from tasks.alerts import Digest, DigestLine, compose
from warehouse.views import ReturnStatus

TODAY = date(2019, 3, 31)
MESSAGE_ID = "<0123456789abcdef0123456789abcdef@ais_emploi.essaim>"
NBSP = "\N{NO-BREAK SPACE}"
LINE = DigestLine(
    kind=AlertKind.MISSING,
    expected_return_id="VITA-2/NEO56/M18/tableau",
    structure="NEO 56",
    structure_code="NEO56",
    cohort="VITA Air, deuxième vague",
    instrument="Tableau de données",
    occasion="M18",
    due_on=date(2018, 6, 15),
    days_late=289,
    is_new=True,
    workbook="VITA-2__NEO56__M18__tableau.xlsx",
)
DIGEST = Digest(
    programme="Accélérateur d'innovation sociale, emploi",
    recipient_code="EVAL-A",
    recipient="camille@example.org",
    sender="suivi@example.org",
    follows=("VITA Air", "Parcours gardien"),
    as_of=TODAY,
    collected_on=TODAY,
    lines=(LINE,),
    message_id=MESSAGE_ID,
    dated=datetime(2019, 3, 31, 7, tzinfo=UTC),
)
STATUS = ReturnStatus(
    expected_return_id="VITA-2/NEO56/M18/tableau",
    innovation_code="VITA",
    cohort_code="VITA-2",
    structure_code="NEO56",
    structure_name="NEO 56",
    occasion_code="M18",
    instrument_code="tableau",
    source_id="inbox",
    due_on=date(2018, 6, 15),
    on_time_until_on=date(2018, 6, 30),
    days_late=289,
    state=ReturnState.MISSING,
    snoozed_until_on=None,
    is_source_read=True,
    quarantined_return_id=None,
    state_reason=StateReason.NOTHING_CAME,
    is_programme_to_mend=False,
    n_respondents=0,
    minimum_respondents=1,
)


def parts(message: EmailMessage) -> tuple[str, str]:
    """Parse the text and the page from the bytes of a mail, like a mail program."""
    opened = email.message_from_bytes(message.as_bytes(), policy=email.policy.default)
    assert opened.defects == []
    plain, page = opened.get_body(("plain",)), opened.get_body(("html",))
    assert plain is not None
    assert page is not None
    return plain.get_content(), page.get_content()


def composed(*lines: DigestLine, **changes: Any) -> tuple[str, str]:
    return parts(compose(replace(DIGEST, lines=lines or (LINE,), **changes)))


class Page(HTMLParser):
    """Collect the tags of a page, their styles and links, and the visible text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.seen: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "title"} & set(self.open):
            self.seen.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.seen).split())
