"""Who visits the desk and in which language, and the responses that their visits get."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta
from gettext import NullTranslations
from typing import cast
from urllib.parse import urlsplit
from uuid import uuid4

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from tasks.alerts.recipients import Recipient
from tasks.desk.desk import Desk
from tasks.desk.pages import page
from tasks.desk.people import people
from tasks.i18n import language
from warehouse.intake import now, open_intake
from warehouse.sign_ins import begin_session, end_session, record_action, session_of

SESSION_LASTS = timedelta(hours=12)
_SESSION, _LANGUAGE = "essaim_session", "essaim_language"
_LOCALES = ("fr", "en")


@dataclass(frozen=True, slots=True)
class Visit:
    """One request to the desk.

    Attributes:
        desk: The desk.
        request: The request.
        locale: The language of the pages.
        secret: The secret of the session; empty without one.
        person: Who is signed in; None for nobody.
    """

    desk: Desk
    request: Request
    locale: str
    secret: str = ""
    person: Recipient | None = None

    @property
    def words(self) -> NullTranslations:
        """The catalogue of the language of the pages."""
        return language(self.locale)

    @property
    def root(self) -> str:
        """The path of the desk below its host, without a slash at its end."""
        return urlsplit(self.desk.url).path.rstrip("/")

    @property
    def here(self) -> str:
        """The path of the request below the desk, with its query."""
        query = f"?{self.request.url.query}" if self.request.url.query else ""
        return self.request.url.path + query

    @property
    def form_token(self) -> str:
        """What a form of this session returns, so that no other site can send it (CSRF)."""
        return _hashed(f"form {self.secret}")

    def shown(self, template: str, status: int = 200, **contents: object) -> Response:
        """Return a page."""
        text = page(
            template,
            self.locale,
            programme_name=self.desk.programme.settings.name,
            person=self.person,
            root=self.root,
            here=self.here,
            other_locale=next(locale for locale in _LOCALES if locale != self.locale),
            form_token=self.form_token,
            form_id=uuid4().hex,
            **contents,
        )
        return HTMLResponse(text, status)

    def with_sentences(
        self, heading: str, *sentences: str, status: int = 200, onward: str = "", label: str = ""
    ) -> Response:
        """Return a page with a few sentences."""
        return self.shown(
            "message.html.jinja", status, heading=heading, sentences=sentences, onward=onward, onward_label=label
        )

    def sent_to(self, path: str) -> Response:
        """Send the browser to a page of the desk."""
        return RedirectResponse(self.root + path, 303)

    def record(self, action: str, subject_id: str = "") -> None:
        """Record in the audit what the person did."""
        with open_intake(self.desk.paths) as intake:
            record_action(intake, self.person.code if self.person is not None else "", action, subject_id)


def desk_of(request: Request) -> Desk:
    """Return the desk that a request came to."""
    return cast("Desk", request.app.state.desk)


def visit_of_nobody(request: Request) -> Visit:
    """Return the visit of a request as if nobody were signed in, for pages that must not read the intake."""
    desk = desk_of(request)
    wanted = request.cookies.get(_LANGUAGE)
    return Visit(desk, request, wanted if wanted in _LOCALES else desk.programme.settings.locale)


def visit_of(request: Request) -> Visit:
    """Return the visit of a request."""
    desk, locale = desk_of(request), visit_of_nobody(request).locale
    secret = request.cookies.get(_SESSION, "")
    if not secret:
        return Visit(desk, request, locale)
    with open_intake(desk.paths) as intake:
        code = session_of(intake, _hashed(secret))
    person = people(desk.programme).get(code or "")
    return Visit(desk, request, locale, secret if person is not None else "", person)


def require_form_token(visit: Visit, given: object) -> None:
    """Refuse a form that was not made for the session.

    Raises:
        HTTPException: It was made for another one, or by another site.
    """
    if not visit.secret or not secrets.compare_digest(str(given).encode(), visit.form_token.encode()):
        raise HTTPException(403)


def signed_in(visit: Visit, code: str, path: str) -> Response:
    """Begin a session, and send the browser to a page."""
    secret = secrets.token_urlsafe(32)
    with open_intake(visit.desk.paths) as intake:
        begin_session(intake, _hashed(secret), code, now() + SESSION_LASTS)
        record_action(intake, code, "signed_in")
    response = visit.sent_to(path)
    _keep(visit, response, _SESSION, secret, int(SESSION_LASTS.total_seconds()))
    return response


def signed_out(visit: Visit) -> Response:
    """End the session."""
    with open_intake(visit.desk.paths) as intake:
        end_session(intake, _hashed(visit.secret))
    visit.record("signed_out")
    response = visit.sent_to("/")
    response.delete_cookie(_SESSION, path=visit.root or "/")
    return response


def with_language(visit: Visit, locale: str, path: str) -> Response:
    """Remember a language, and send the browser back."""
    response = visit.sent_to(path)
    if locale in _LOCALES:
        _keep(visit, response, _LANGUAGE, locale, 365 * 24 * 3600)
    return response


def path_within(given: str) -> str:
    """Return a path of the desk to go to; the start for anything else, such as an address elsewhere."""
    is_path = given.startswith("/") and not given.startswith("//") and "\\" not in given and given.isprintable()
    return given if is_path else "/"


def item_id_of(form_id: str, *contents: str) -> str:
    """Return the id of what a form keeps: the same contents sent twice with it are kept once."""
    return _hashed("\0".join((form_id, *contents)))[:32]


def _keep(visit: Visit, response: Response, name: str, value: str, seconds: int) -> None:
    response.set_cookie(
        name, value, max_age=seconds, path=visit.root or "/", secure=visit.desk.is_secure, httponly=True, samesite="lax"
    )


def _hashed(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
