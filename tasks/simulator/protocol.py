"""Implement JSON-RPC like the real server: its envelope, its kinds of failure, its table of methods.

Parameters have the names of the real server because it accepts calls with named parameters.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from tasks.simulator.state import Interface, Right, State, User
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
    """A failure that the server reports as `{"status": words}`."""

    def __init__(self, words: str) -> None:
        """Create the error from the words of the status."""
        super().__init__(words)
        self.words = words


class DatabaseFailure(Exception):
    """A failure that the server reports in the `error` of the envelope, with its SQL."""


class Crash(Exception):
    """A failure that the server reports as HTTP 500 with an HTML page."""


class PlainText(Exception):
    """A failure that the server reports as plain text without an envelope."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP response."""

    status: int
    content_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class ExportedFile:
    """The result of an export, whose envelope has different whitespace on the real server."""

    content: bytes


@dataclass(frozen=True, slots=True)
class Call:
    """The context of a call; `user` is a placeholder for the one method without a session."""

    state: State
    address: str
    user: User

    def survey(self, survey_id: object, right: Right, *, missing: str = "Error: Invalid survey ID") -> Survey:
        """Return a survey after checking permissions.

        Args:
            survey_id: The id as sent.
            right: The permission that the call needs.
            missing: The status words for an unknown survey.

        Raises:
            StatusError: The survey does not exist, or the user lacks the permission.
        """
        survey = self.state.surveys.get(integer(survey_id))
        if survey is None:
            raise StatusError(missing)
        self.need(survey, right)
        return survey

    def need(self, survey: Survey, right: Right) -> None:
        """Check a permission on a survey.

        Raises:
            StatusError: The user lacks it.
        """
        if not self.user.may(survey.sid, right):
            raise StatusError("No permission")


Function = Callable[..., object]


@dataclass(frozen=True, slots=True)
class _Method:
    parameters: tuple[str, ...]
    required: int
    function: Function
    needs_session: bool


METHODS: dict[str, _Method] = {}


def remote(*parameters: str, needs_session: bool = True) -> Callable[[Function], Function]:
    """Register a function as a remote method; parameters that end in `?` are optional."""

    def register(function: Function) -> Function:
        names = (("sSessionKey",) if needs_session else ()) + tuple(name.removesuffix("?") for name in parameters)
        required = len([name for name in parameters if not name.endswith("?")]) + (1 if needs_session else 0)
        METHODS[function.__name__] = _Method(names, required, function, needs_session)
        return function

    return register


def answer(state: State, body: bytes, content_type: str, address: str) -> Reply:
    """Answer a request, valid or not."""
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
    """Return the page of an internal server error."""
    return Reply(500, HTML, b"<!doctype html><html><head><title>error</title></head><body>Error 500</body></html>")


def php_json(value: object) -> str:
    """Encode JSON like PHP: without spaces, in ASCII, with escaped slashes."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return _COMPACT.encode(value).replace("/", "\\/")


def integer(value: object) -> int:
    """Convert to an integer like PHP: the leading digits of a text, 0 for anything else."""
    if isinstance(value, bool | int | float):
        return int(value)
    digits = re.match(r"\s*[+-]?\d+", value) if isinstance(value, str) else None
    return int(digits.group()) if digits else 0


def texts(value: object) -> list[str]:
    """Convert a list parameter to texts; any other type is an empty list."""
    return [str(item) for item in cast("Sequence[object]", value)] if isinstance(value, list) else []
