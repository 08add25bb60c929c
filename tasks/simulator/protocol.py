"""JSON-RPC as the real server speaks it: its envelope, its five kinds of failure, its table of methods.

The names of the parameters are the server's own, since calls with named parameters are accepted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from tasks.simulator.state import Interface, State, User
from tasks.simulator.survey import Survey

_XML_FAULT = (
    b'<?xml version="1.0" encoding="UTF-8"?>\n<methodResponse><fault><value><struct><member><name>faultCode</name>'
    b"<value><int>632</int></value></member><member><name>faultString</name><value><string>Invalid request, no method "
    b"passed; request must contain a 'methodName' tag</string></value></member></struct></value></fault>"
    b"</methodResponse>"
)
_COMPACT = json.JSONEncoder(separators=(",", ":"))
HTML = "text/html; charset=UTF-8"
JSON = "application/json"


class StatusError(Exception):
    """A call that the server answers with `{"status": words}`."""

    def __init__(self, words: str) -> None:
        super().__init__(words)
        self.words = words


class DatabaseFailure(Exception):
    """A call that ends in the `error` of the envelope, where the server shows its SQL."""


class Crash(Exception):
    """A call that ends in HTTP 500 with a page of HTML."""


class PlainText(Exception):
    """A call that ends in a bare text instead of an envelope."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes out: an HTTP status, a content type and a body."""

    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """The result of an export; the server writes its envelope with other spaces."""

    content: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """Who calls, from where; `user` is meaningless for the one method that needs no session."""

    state: State
    address: str
    user: User

    def survey(self, survey_id: object, *, missing: str = "Error: Invalid survey ID", write: bool = False) -> Survey:
        """The survey, once the user may read it (or change it). Raises `StatusError`."""
        survey = self.state.surveys.get(integer(survey_id))
        if survey is None:
            raise StatusError(missing)
        if not self.may(survey.sid, write=write):
            raise StatusError("No permission")
        return survey

    def may(self, sid: int, *, write: bool = False) -> bool:
        """Whether the user may read the survey, or change it."""
        return self.user.administrator or (not write and sid in self.user.surveys)


Function = Callable[..., object]


@dataclass(frozen=True, slots=True)
class _Method:
    parameters: tuple[str, ...]
    required: int
    function: Function
    needs_session: bool


METHODS: dict[str, _Method] = {}


def remote(*parameters: str, needs_session: bool = True) -> Callable[[Function], Function]:
    """Registers a function as the method of its name; parameters that end in `?` may be left out."""

    def register(function: Function) -> Function:
        names = (("sSessionKey",) if needs_session else ()) + tuple(name.removesuffix("?") for name in parameters)
        required = len([name for name in parameters if not name.endswith("?")]) + (1 if needs_session else 0)
        METHODS[function.__name__] = _Method(names, required, function, needs_session)
        return function

    return register


def answer(state: State, body: bytes, content_type: str, address: str) -> Reply:
    """Answers one request, whatever is in it."""
    if state.interface is Interface.XML:
        return Reply(200, HTML, _XML_FAULT)
    if state.interface is Interface.OFF or JSON not in content_type:
        return Reply(200, HTML, b"")
    try:
        request = json.loads(body)
    except ValueError:
        request = None
    if request is None:
        return _envelope(None, None, "unable to decode malformed json")
    if not isinstance(request, dict):
        return crash_page()
    envelope = cast("dict[str, object]", request)
    request_id = envelope.get("id")
    try:
        with state.lock:
            result = _call(state, envelope, address)
    except StatusError as refusal:
        result = {"status": refusal.words}
    except DatabaseFailure as failure:
        return _envelope(request_id, None, str(failure)) if request_id else Reply(200, HTML, b"")
    except Crash:
        return crash_page()
    except PlainText as text:
        return Reply(200, HTML, str(text).encode())
    if not request_id:
        return Reply(200, HTML, b"")
    return _envelope(request_id, result, None)


def _call(state: State, envelope: Mapping[str, object], address: str) -> object:
    method = METHODS.get(cast("str", envelope.get("method")))
    given = envelope.get("params")
    if method is None or not isinstance(given, list | dict):
        raise Crash
    if isinstance(given, dict):
        named = cast("dict[str, object]", given)
        arguments: list[object] = []
        for position, name in enumerate(method.parameters):
            if name in named:
                arguments.append(named[name])
            elif position < method.required:
                raise Crash
            else:
                break
    else:
        arguments = cast("list[object]", given)[: len(method.parameters)]
    if len(arguments) < method.required:
        raise Crash
    if not method.needs_session:
        return method.function(Call(state, address, User("", "")), *arguments)
    user = state.user_of(arguments[0])
    if user is None and method.function.__name__ != "release_session_key":
        raise StatusError("Invalid session key")
    call = Call(state, address, user or User("", ""))
    if method.function.__name__ == "release_session_key":
        return method.function(call, arguments[0])
    return method.function(call, *arguments[1:])


def _envelope(request_id: object, result: object, error: str | None) -> Reply:
    if isinstance(result, ExportedFile):
        head = f'{{"id":{php_json(request_id)}, "result":"'.encode()
        return Reply(200, JSON, b"".join((head, result.content, b'", "error":null}')))
    return Reply(200, JSON, php_json({"id": request_id, "result": result, "error": error}).encode())


def crash_page() -> Reply:
    """The page for a call that the server did not survive."""
    return Reply(500, HTML, b"<!doctype html><html><head><title>error</title></head><body>Error 500</body></html>")


def php_json(value: object) -> str:
    """JSON as PHP writes it: no spaces, only ASCII, slashes escaped."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _COMPACT.encode(value).replace("/", "\\/")


def integer(value: object) -> int:
    """PHP's conversion to an integer: the digits that a text starts with, 0 for anything else."""
    if isinstance(value, bool | int | float):
        return int(value)
    digits = re.match(r"\s*[+-]?\d+", value) if isinstance(value, str) else None
    return int(digits.group()) if digits else 0


def texts(value: object) -> list[str]:
    """A parameter that should be a list of names; anything else is none."""
    return [str(item) for item in cast("Sequence[object]", value)] if isinstance(value, list) else []
