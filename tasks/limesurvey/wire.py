"""Make one JSON-RPC call over HTTP, with a deadline, a size limit and retries, and validate the envelope."""

from __future__ import annotations

import itertools
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

import httpx
import orjson
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    stop_before_delay,
    wait_exponential_jitter,
)

from tasks.limesurvey.errors import (
    BadAnswer,
    Exhausted,
    LimeSurveyError,
    ServerError,
    SessionExpired,
    SurveyNotActive,
    Unreachable,
)
from tasks.limesurvey.exchange import LONGEST_WAIT, Deadline, TooLargeError, described, exchange, retry_after
from tasks.limesurvey.words import Meaning, meaning_of_error

_RETRIED_STATUSES = frozenset({429, 500, 502, 503, 504})
_TURNED_AWAY_STATUSES = frozenset({429, 503})
_BACKOFF = wait_exponential_jitter(initial=1, exp_base=4, max=30, jitter=1)
"""Pauses of about 1, 4 and 16 seconds, long enough for a server to restart, with jitter to spread clients."""
_CHECK_ADDRESS = "Check the address and that the server's JSON-RPC interface is switched on."
_TRY_LATER = "Nothing was changed. Run again later, and inform the administrator of the server if it lasts."
# PHP writes these words, with or without markup, after any output it had sent before; then the status is HTTP 200.
_OUT_OF_MEMORY = re.compile(rb"Allowed memory size of \d+ bytes exhausted|Out of memory", re.IGNORECASE)
_ENVELOPE = "an envelope of JSON with id, result and error"


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a client: see `LimeSurvey`."""

    deadline_seconds: float
    maximum_bytes: int
    attempts: int
    page_size: int


class Again(StrEnum):
    """Which failed calls may be repeated."""

    ALWAYS = "always"
    UNHEARD = "unheard"
    """Only a call that did not reach the interface."""
    NEVER = "never"


class _CutShort(Exception):
    """The body ended before its JSON document did."""

    found = "the answer is cut short"
    pause: float | None = None
    unheard = False


class _Unavailable(Exception):
    """No answer, or a status that may pass.

    Attributes:
        found: What happened, as part of a sentence.
        pause: The seconds that the server asks to wait.
        unheard: The call did not reach the interface.
    """

    def __init__(self, found: str, pause: float | None = None, *, unheard: bool = False) -> None:
        super().__init__(found)
        self.found = found
        self.pause = pause
        self.unheard = unheard


class JsonRpcTransport:
    """Post calls to one address. `where` is that address without credentials."""

    def __init__(
        self,
        url: str,
        *,
        transport: httpx.BaseTransport | None,
        limits: Limits,
        wait: Callable[[float], object],
    ) -> None:
        try:
            address = httpx.URL(url)
        except httpx.InvalidURL:
            address = httpx.URL("")
        if address.scheme not in {"http", "https"} or not address.host:
            raise ValueError("The address of the survey server must start with https:// or http:// and name a host.")
        self.where = str(address.copy_with(username=None, password=None, query=None, fragment=None))
        self._url = address
        self._http = httpx.Client(
            transport=transport,
            follow_redirects=False,
            headers={"Accept": "application/json"},
            # One connection per call: the server closes them, and the watchdog sees each one when it is opened.
            limits=httpx.Limits(max_keepalive_connections=0),
        )
        self._limits = limits
        self._wait = wait
        self._ids = itertools.count(1)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def deadline(self, *, at_most: float | None = None) -> Deadline:
        """Return the deadline of a call that starts now."""
        seconds = self._limits.deadline_seconds if at_most is None else min(self._limits.deadline_seconds, at_most)
        return Deadline(time.monotonic() + seconds, seconds)

    def post(
        self,
        method: str,
        params: Sequence[object],
        deadline: Deadline,
        *,
        again: Again,
        survey_id: int | None = None,
        halving: bool = False,
    ) -> object:
        """Post a call and return its `result`. Temporary failures are retried within the deadline.

        Args:
            method: The remote call.
            params: Its arguments.
            deadline: The end of the call, retries included.
            again: Which failures may be retried.
            survey_id: The survey, for errors.
            halving: Raise `Exhausted` at once for an answer that is too large for the server or for us.

        Raises:
            BadAnswer: The answer is not a valid envelope, or larger than the limit.
            Exhausted: See `halving`.
            ServerError: The envelope holds an error.
            SessionExpired: The envelope holds the error of an expired session.
            SurveyNotActive: The envelope holds the error of a missing table of responses.
            Unreachable: No answer within the deadline or the attempts.
        """

        def sleep(seconds: float) -> None:
            self._wait(seconds)

        retrying = Retrying(
            retry=retry_if_exception(lambda error: _is_repeatable(error, again)),
            stop=stop_after_attempt(self._limits.attempts) | stop_before_delay(deadline.left()),
            wait=_pause,
            sleep=sleep,
            reraise=True,
        )
        try:
            return retrying(self._attempt, method, params, deadline, survey_id, halving=halving)
        except (_CutShort, _Unavailable) as error:
            attempt = retrying.statistics["attempt_number"]
            ended_early = _is_repeatable(error, again) and attempt < self._limits.attempts
            raise self._given_up(error, attempt, deadline if ended_early else None, survey_id) from error

    def _given_up(
        self, error: _CutShort | _Unavailable, attempt: int, deadline: Deadline | None, survey_id: int | None
    ) -> LimeSurveyError:
        """Return the error for a call that is not repeated; `deadline` is given where it leaves no time to retry."""
        found = error.found
        if deadline is not None:
            asks = "" if error.pause is None else f" and asks to wait {_wait_in_words(error.pause)}"
            return self._unreachable(f"{found}{asks}, and a call may last {deadline.seconds:g} s in all", survey_id)
        if isinstance(error, _CutShort):
            return self.bad(found, survey_id, remedy=_TRY_LATER)
        times = "" if attempt == 1 else f", {attempt} times in a row"
        return self._unreachable(f"{found}{times}", survey_id)

    def _attempt(
        self, method: str, params: Sequence[object], deadline: Deadline, survey_id: int | None, *, halving: bool
    ) -> object:
        request_id = next(self._ids)
        content = orjson.dumps({"method": method, "params": list(params), "id": request_id})
        try:
            status, headers, body = exchange(self._http, self._url, content, deadline, self._limits.maximum_bytes)
        except TooLargeError:
            found = f"the answer is larger than {self._limits.maximum_bytes:,} bytes"
            if halving:
                raise self._exhausted(found, survey_id) from None
            raise self.bad(found, survey_id, expected="at most that", remedy="Raise maximum_bytes.") from None
        except httpx.DecodingError as error:
            raise _CutShort from error
        except httpx.TransportError as error:
            if deadline.left() <= 0 or isinstance(error, httpx.ReadTimeout | httpx.WriteTimeout | httpx.PoolTimeout):
                raise self._late(deadline, survey_id) from error
            unheard = isinstance(error, httpx.ConnectError | httpx.ConnectTimeout)
            raise _Unavailable(described(error), unheard=unheard) from error
        if deadline.left() <= 0:
            raise self._late(deadline, survey_id)
        if status == 500 and halving:
            raise self._exhausted("the server gave up on the answer (HTTP 500)", survey_id)
        if status in _RETRIED_STATUSES:
            unheard = status in _TURNED_AWAY_STATUSES
            raise _Unavailable(f"the server answers HTTP {status}", retry_after(headers), unheard=unheard)
        if status != 200:
            raise self.bad(
                f"HTTP {status}{_redirected_to(headers)}", survey_id, expected="HTTP 200", remedy=_CHECK_ADDRESS
            )
        if not body:
            if halving:
                raise self._exhausted("the server sent an empty answer", survey_id)
            raise self.bad("the answer is empty", survey_id, remedy=_CHECK_ADDRESS)
        return self._result(body, request_id, survey_id, halving=halving)

    def _result(self, body: bytes, request_id: int, survey_id: int | None, *, halving: bool) -> object:
        try:
            envelope = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise self._not_json(body, survey_id, halving=halving) from error
        if (
            not isinstance(envelope, dict)
            or not {"id", "result", "error"} <= cast("dict[str, object]", envelope).keys()
        ):
            raise self.bad("the answer is JSON, but not an envelope of JSON-RPC", survey_id, remedy=_CHECK_ADDRESS)
        fields = cast("dict[str, object]", envelope)
        if fields["id"] != request_id:
            raise self.bad(
                "the answer belongs to another call", survey_id, expected=f"the id {request_id}", remedy=_TRY_LATER
            )
        if fields["error"] is not None:
            raise self._failed(str(fields["error"]), survey_id, halving=halving)
        return fields["result"]

    def _failed(self, words: str, survey_id: int | None, *, halving: bool) -> LimeSurveyError:
        """Return the error that the words of an envelope mean. They may hold SQL: the sentence leaves them out."""
        meaning = meaning_of_error(words)
        if meaning is Meaning.SESSION_EXPIRED:
            return SessionExpired(
                where=self.where,
                survey_id=survey_id,
                found="the session is over",
                expected="a valid session",
                remedy="Log in again.",
                words=words,
            )
        if meaning is Meaning.NOT_ACTIVE:
            return SurveyNotActive(
                where=self.where,
                survey_id=survey_id,
                found="the survey has no table of responses",
                expected="an active survey",
                remedy="Activate it, or remove it from the programme. Its answers could not be checked.",
                words=words,
            )
        if meaning is Meaning.OUT_OF_MEMORY and halving:
            return self._exhausted("the server ran out of memory", survey_id, words)
        return ServerError(
            where=self.where,
            survey_id=survey_id,
            found="the server reports an internal error, whose words are not shown here",
            expected="a result",
            remedy="Nothing was read. Inform the administrator of the server: its log has the details.",
            words=words,
        )

    def _not_json(self, body: bytes, survey_id: int | None, *, halving: bool) -> Exception:
        if halving and _OUT_OF_MEMORY.search(body):
            return self._exhausted("the server ran out of memory", survey_id)
        start = body[:200].lstrip(b"\xef\xbb\xbf \r\n\t").lower()
        if start.startswith(b"{"):
            return _CutShort()
        if start.startswith((b"<!doctype", b"<html")):
            found = "the answer is a web page, a login form or an error page for instance"
        elif start.startswith(b"<?xml"):
            found = "the answer is XML: the interface is switched to XML-RPC"
        else:
            found = "the answer is a text, not JSON"
        words = body[:200].decode("utf-8", "replace")
        return self.bad(found, survey_id, remedy=_CHECK_ADDRESS, words=words)

    def bad(
        self, found: str, survey_id: int | None, *, remedy: str, expected: str = _ENVELOPE, words: str = ""
    ) -> BadAnswer:
        """Return the error for an answer that breaks the protocol."""
        return BadAnswer(
            where=self.where, survey_id=survey_id, found=found, expected=expected, remedy=remedy, words=words
        )

    def _late(self, deadline: Deadline, survey_id: int | None) -> Unreachable:
        return self._unreachable(f"no whole answer within {deadline.seconds:g} s", survey_id)

    def _unreachable(self, found: str, survey_id: int | None) -> Unreachable:
        return Unreachable(
            where=self.where, survey_id=survey_id, found=found, expected="an answer in time", remedy=_TRY_LATER
        )

    def _exhausted(self, found: str, survey_id: int | None, words: str = "") -> Exhausted:
        return Exhausted(
            where=self.where,
            survey_id=survey_id,
            found=found,
            expected="a page of responses",
            remedy="Ask for smaller pages (page_size).",
            words=words,
        )


def _redirected_to(headers: httpx.Headers) -> str:
    """Return the address that the server redirects to, without credentials and query, as part of a sentence."""
    location = headers.get("location", "")
    if not location:
        return ""
    try:
        address = httpx.URL(location).copy_with(username=None, password=None, query=None, fragment=None)
    except (httpx.InvalidURL, ValueError):
        return ", redirected to an invalid address"
    return f", redirected to {address}"


def _wait_in_words(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < LONGEST_WAIT else "a day or longer"


def _is_repeatable(error: BaseException, again: Again) -> bool:
    """Return whether a call that failed with this error may be repeated."""
    if not isinstance(error, _CutShort | _Unavailable):
        return False
    return again is Again.ALWAYS or (again is Again.UNHEARD and error.unheard)


def _pause(state: RetryCallState) -> float:
    """Return the seconds until the next attempt: those that the server asks for, or an exponential backoff."""
    error = state.outcome.exception() if state.outcome else None
    demanded = error.pause if isinstance(error, _CutShort | _Unavailable) else None
    return _BACKOFF(state) if demanded is None else demanded
