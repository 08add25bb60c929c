"""The desk as a web application (ASGI): its addresses, what guards them, and the pages for what goes wrong."""

from urllib.parse import urlsplit

from anyio import move_on_after
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from schemas.errors import EssaimError
from tasks.desk import deciding, interviews, returns, sending, signing_in, structures
from tasks.desk.desk import Desk
from tasks.desk.pages import STYLE
from tasks.desk.visits import visit_of, visit_of_nobody
from tasks.spreadsheets.cells import MAXIMUM_BYTES
from tasks.unforeseen import record_unforeseen

_LARGEST_BODY = MAXIMUM_BYTES + 1_000_000
"""Bytes of the largest form: a workbook and the other fields."""
_SLOWEST_SECONDS = 30
"""How long the next piece of a request may take."""
_HEADERS = {
    # No script, no picture and no style but our own; no page of another site shows ours, or gets our forms.
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    # An address may be a key: neither caches nor other sites learn it.
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
_LOOPBACK = ["127.0.0.1", "localhost", "[::1]"]


def application(desk: Desk) -> Starlette:
    """Return the application of a desk."""
    host = urlsplit(desk.url).hostname or ""
    app = Starlette(
        routes=[
            Route("/desk.css", _style),
            Route("/", structures.structures_page),
            Route("/language/{locale}", signing_in.choose_language),
            Route("/sign-in", signing_in.ask_for_link, methods=["POST"]),
            Route("/sign-in/{link}", signing_in.confirm_sign_in),
            Route("/sign-in/{link}", signing_in.sign_in, methods=["POST"]),
            Route("/sign-out", signing_in.sign_out, methods=["POST"]),
            Route("/structures/{enrolment_id:path}", structures.structure_page),
            Route("/returns/{expected_return_id:path}", returns.return_page),
            *(
                Route(f"/{verb}/{{kind}}/{{subject_id:path}}", endpoint, methods=[method])
                for verb in ("decide", "undo")
                for endpoint, method in ((deciding.decide_page, "GET"), (deciding.decide, "POST"))
            ),
            Route("/form/{expected_return_id:path}", interviews.form_page),
            Route("/form/{expected_return_id:path}", interviews.save_or_submit, methods=["POST"]),
            Route("/note/{expected_return_id:path}", returns.add_note, methods=["POST"]),
            Route("/upload/{expected_return_id:path}", returns.upload, methods=["POST"]),
            Route("/revoke/{expected_return_id:path}", returns.revoke, methods=["POST"]),
            Route("/workbook/{expected_return_id:path}", returns.workbook),
            Route("/marked/{expected_return_id:path}", returns.marked),
            Route("/calendar.ics", returns.calendar),
            Route("/send/{link}", sending.sending_page),
            Route("/send/{link}", sending.send, methods=["POST"]),
            Route("/send/{link}/workbook", sending.sent_workbook),
            Route("/send/{link}/marked", sending.sent_marked),
        ],
        middleware=[
            Middleware(_Guard),
            # Against DNS rebinding: a foreign host name that resolves to this address is refused.
            Middleware(TrustedHostMiddleware, allowed_hosts=[*_LOOPBACK, host], www_redirect=False),
        ],
        exception_handlers={HTTPException: _not_there, EssaimError: _not_now, Exception: _unforeseen},
    )
    app.state.desk = desk
    return app


class _Guard:
    """Middleware that adds the security headers to each response, and refuses a body that is too large."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        size = 0

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        async def receive_up_to_limit() -> Message:
            nonlocal size
            message: Message | None = None
            with move_on_after(_SLOWEST_SECONDS):
                message = await receive()
            if message is None:
                raise HTTPException(408)
            size += len(message.get("body", b""))
            if size > _LARGEST_BODY:
                raise HTTPException(413)
            return message

        stated = Headers(scope=scope).get("content-length", "0")
        if not stated.isdigit() or int(stated) > _LARGEST_BODY:
            await PlainTextResponse(_too_large(), 413)(scope, receive, send_with_headers)
            return
        await self._app(scope, receive_up_to_limit, send_with_headers)


def _too_large() -> str:
    size = MAXIMUM_BYTES // 1_000_000
    return f"Le fichier dépasse {size}\N{NO-BREAK SPACE}Mo. / The file is larger than {size} MB."


def _style(_request: Request) -> Response:
    return Response(STYLE, media_type="text/css")


def _not_there(request: Request, error: Exception) -> Response:
    visit = visit_of(request)
    _ = visit.words.gettext
    status = error.status_code if isinstance(error, HTTPException) else 500
    match status:
        case 403:
            heading, sentence = _("This form is too old"), _("Sign in again, and fill it in again.")
        case 413:
            heading, sentence = _("The file is too large"), _("Remove its pictures and unused sheets.")
        case 408:
            heading, sentence = _("The connection is too slow"), _("Nothing was saved. Try again.")
        case _:
            heading = _("Page not found")
            sentence = _("There is no such page, or it is about a structure that you do not follow.")
    return visit.with_sentences(
        heading, sentence, status=status, onward=f"{visit.root}/", label=_("Back to my structures")
    )


def _not_now(request: Request, error: Exception) -> Response:
    """Answer that something cannot be done now. The sentence of the error is for whoever runs Essaim, in the log."""
    visit = visit_of_nobody(request)
    _ = visit.words.gettext
    reference = record_unforeseen(error, visit.desk.paths.error_log, f"a page of the desk: {error}")
    return visit.with_sentences(
        _("This is not possible at the moment"),
        _("Nothing was saved. Try again in a few minutes. If it happens again, tell the person who runs Essaim:"),
        f"{reference}.",
        status=503,
    )


def _unforeseen(request: Request, error: Exception) -> Response:
    visit = visit_of_nobody(request)
    _ = visit.words.gettext
    reference = record_unforeseen(error, visit.desk.paths.error_log, "a page of the desk")
    return visit.with_sentences(
        _("Unexpected error"),
        _("Nothing was saved. Tell the person who runs Essaim: {reference}.").format(reference=reference),
        status=500,
    )
