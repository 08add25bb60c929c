"""Sign in by a link in a mail, short-lived and of use once. Opening it, as mail scanners do, does not use it up."""

from datetime import UTC, datetime, timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from urllib.parse import quote, urlencode
from uuid import uuid4

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from tasks.alerts.recipients import Recipient
from tasks.delivery import RECIPIENT_HEADER, open_delivery
from tasks.desk.people import people, person_of
from tasks.desk.visits import (
    Visit,
    path_within,
    require_form_token,
    signed_in,
    signed_out,
    visit_of,
    with_language,
)
from tasks.i18n import language
from tasks.links import SIGN_IN_LASTS, Link, Links, Purpose
from warehouse.intake import now, open_intake
from warehouse.sign_ins import count_actions, record_action, use_link

_MOST_MAILS = 5
"""Links that one person may ask for in an hour."""
_UNKNOWN = "_unknown"
"""Who asked for a link with an address that the programme does not know, in the audit."""


def sign_in_page(visit: Visit) -> Response:
    """Return the page that asks for a mail address."""
    return visit.shown("sign_in.html.jinja", next=visit.here)


async def ask_for_link(request: Request) -> Response:
    """Send a link to sign in, if the address is that of an evaluator or the lead. The page does not say whether."""
    form = await request.form()
    return await run_in_threadpool(_ask_for_link, request, str(form.get("address", "")), str(form.get("next", "/")))


def _ask_for_link(request: Request, address: str, onward: str) -> Response:
    visit = visit_of(request)
    _ = visit.words.gettext
    person = person_of(visit.desk.programme, address)
    background = None
    # An unknown address is recorded like a known one, so that neither the answer nor a failure distinguishes them.
    code = person.code if person is not None else _UNKNOWN
    with open_intake(visit.desk.paths) as intake:
        asked = count_actions(intake, code, "asked_for_link", now() - timedelta(hours=1))
        if asked < _MOST_MAILS:
            record_action(intake, code, "asked_for_link")
    if person is not None and asked < _MOST_MAILS:
        # After the response, which takes as long for an unknown address.
        background = BackgroundTask(_send, visit, person, path_within(onward))
    response = visit.with_sentences(
        _("Check your mailbox"),
        _("If the programme knows this address, a mail with a link is on its way. It is valid for 30 minutes."),
        _("If nothing arrives within a few minutes, look among the unwanted mails, and check the address."),
        onward=f"{visit.root}/",
        label=_("Back"),
    )
    response.background = background
    return response


def sign_in_address(url: str, links: Links, code: str, onward: str = "/") -> str:
    """Return the address of a new link to sign in.

    Args:
        url: The address of the desk.
        links: Makes the link.
        code: Code of the person.
        onward: The page to come to.
    """
    link = links.made(Purpose.SIGN_IN, code)
    return f"{url}/sign-in/{link}" + (f"?{urlencode({'next': onward})}" if onward != "/" else "")


def _send(visit: Visit, person: Recipient, onward: str) -> None:
    desk, locale = visit.desk, visit.desk.programme.settings.locale
    _ = language(locale).gettext
    link = sign_in_address(desk.url, desk.links, person.code, onward)
    name = " ".join(desk.programme.settings.name.split())
    message = EmailMessage()
    message["From"] = Address("Essaim", addr_spec=desk.environment.mail_from)
    message["To"] = Address(addr_spec=person.email or "")
    message["Subject"] = _("Your link to sign in · {programme}").format(programme=name)
    message["Date"] = format_datetime(datetime.now(UTC))
    message["Message-ID"] = f"<{uuid4().hex}@essaim>"
    message["Auto-Submitted"] = "auto-generated"
    message[RECIPIENT_HEADER] = person.code
    sentences = (
        _("Hello,"),
        _("Here is the link to the structures that you follow. It is valid for 30 minutes and can be used once:"),
        link,
        _("If you did not ask for it, ignore this mail: without it, nobody can sign in for you."),
    )
    message.set_content("\n\n".join(sentences) + "\n", cte="quoted-printable")
    is_kept_here = desk.paths.invented.exists()
    with open_delivery(desk.environment, desk.paths.mails, only_files=is_kept_here) as send:
        send(message)


def confirm_sign_in(request: Request) -> Response:
    """Return the page with the button that signs in: opening the link alone uses nothing up."""
    visit = visit_of(request)
    link = _link_of(visit)
    person = people(visit.desk.programme).get(link.subject) if link is not None else None
    if person is None:
        return _of_no_use(visit)
    onward = path_within(request.query_params.get("next", "/"))
    return visit.shown(
        "confirm_sign_in.html.jinja", name=person.name, link=quote(request.path_params["link"]), next=onward
    )


async def sign_in(request: Request) -> Response:
    """Sign in."""
    form = await request.form()
    return await run_in_threadpool(_sign_in, request, str(form.get("next", "/")))


def _sign_in(request: Request, onward: str) -> Response:
    visit = visit_of(request)
    link = _link_of(visit)
    if link is None or link.subject not in people(visit.desk.programme):
        return _of_no_use(visit)
    with open_intake(visit.desk.paths) as intake:
        is_first = use_link(intake, link.link_id)
    return signed_in(visit, link.subject, path_within(onward)) if is_first else _of_no_use(visit)


def _link_of(visit: Visit) -> Link | None:
    return visit.desk.links.read(Purpose.SIGN_IN, visit.request.path_params["link"], SIGN_IN_LASTS)


def _of_no_use(visit: Visit) -> Response:
    _ = visit.words.gettext
    return visit.with_sentences(
        _("This link is no longer valid"),
        _("A link is valid for 30 minutes and can be used once. Ask for a new one."),
        status=403,
        onward=f"{visit.root}/",
        label=_("Ask for a new link"),
    )


async def sign_out(request: Request) -> Response:
    """Sign out."""
    form = await request.form()
    return await run_in_threadpool(_sign_out, request, form.get("form_token"))


def _sign_out(request: Request, token: object) -> Response:
    visit = visit_of(request)
    require_form_token(visit, token)
    return signed_out(visit)


def choose_language(request: Request) -> Response:
    """Show the pages in another language."""
    return with_language(
        visit_of(request), request.path_params["locale"], path_within(request.query_params.get("next", "/"))
    )
