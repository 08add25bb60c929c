"""One JSON-RPC call over HTTP: deadline, byte cap, retries, and an envelope that is checked before it is believed."""

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
"""Pauses of about 1, 4 and 16 seconds, with chance in them so that clients spread: a server restarts within them."""
_CHECK_ADDRESS = "Check the address and that the server's JSON-RPC interface is switched on."
_TRY_LATER = "Nothing was changed; run again later, and tell whoever runs the server if it lasts."
# PHP writes it into the page, in bold or not, after whatever it had sent before, and with HTTP 200 then.
_OUT_OF_MEMORY = re.compile(rb"Allowed memory size of \d+ bytes exhausted|Out of memory", re.IGNORECASE)
_ENVELOPE = "an envelope of JSON with id, result and error"


@dataclass(frozen=True, slots=True)
class Limits:
    """How patient and how greedy a client is: see `LimeSurvey`."""

    deadline_seconds: float
    maximum_bytes: int
    attempts: int
    page_size: int


class Again(StrEnum):
    """Which calls that went wrong may be made again."""

    ALWAYS = "always"
    UNHEARD = "unheard"
    """Only one that did not get as far as the interface."""
    NEVER = "never"


class _CutShort(Exception):
    """The body ended before its JSON did."""

    found = "the answer is cut short"
    pause: float | None = None
    unheard = False


class _Unavailable(Exception):
    """No use could be made of the answer, or there was none; `pause` is what the server asked us to wait.

    `unheard`: the call did not get as far as the interface.
    """

    def __init__(self, found: str, pause: float | None = None, *, unheard: bool = False) -> None:
        super().__init__(found)
        self.found = found
        self.pause = pause
        self.unheard = unheard


class JsonRpcTransport:
    """Posts calls to one address. `where` is that address without credentials."""

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
            raise ValueError("The address of the survey server should start with https:// and name a host.")
        self.where = str(address.copy_with(username=None, password=None, query=None, fragment=None))
        self._url = address
        self._http = httpx.Client(
            transport=transport,
            follow_redirects=False,
            headers={"Accept": "application/json"},
            # A connection for each call, as the server closes them: the watchdog learns of each when it is made.
            limits=httpx.Limits(max_keepalive_connections=0),
        )
        self._limits = limits
        self._wait = wait
        self._ids = itertools.count(1)

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    def deadline(self, *, at_most: float | None = None) -> Deadline:
        """The deadline of a call that starts now."""
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
        """The `result` of a call.

        What may pass is tried again as far as `again` allows, `attempts` times in all, within the deadline. With
        `halving`, an answer that was too much for the server, or for us, raises `Exhausted` at once.

        Raises `Unreachable`, `BadAnswer`, `ServerError`, `SurveyNotActive`, `SessionExpired`, `Exhausted`.
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
            return retrying(self._once, method, params, deadline, survey_id, halving=halving)
        except (_CutShort, _Unavailable) as error:
            attempt = retrying.statistics["attempt_number"]
            ended_early = _is_repeatable(error, again) and attempt < self._limits.attempts
            raise self._given_up(error, attempt, deadline if ended_early else None, survey_id) from error

    def _given_up(
        self, error: _CutShort | _Unavailable, attempt: int, deadline: Deadline | None, survey_id: int | None
    ) -> LimeSurveyError:
        """The error for a call that is not repeated: `deadline` is given where it left no time for the next pause."""
        found = error.found
        if deadline is not None:
            asks = "" if error.pause is None else f" and asks to wait {_wait_in_words(error.pause)}"
            return self._unreachable(f"{found}{asks}, and a call may last {deadline.seconds:g} s in all", survey_id)
        if isinstance(error, _CutShort):
            return self.bad(found, survey_id, remedy=_TRY_LATER)
        times = "" if attempt == 1 else f", {attempt} times in a row"
        return self._unreachable(f"{found}{times}", survey_id)

    def _once(
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
                raise self._exhausted("the server answered nothing at all", survey_id)
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
            raise self.bad("the answer is JSON, but no answer to a call", survey_id, remedy=_CHECK_ADDRESS)
        fields = cast("dict[str, object]", envelope)
        if fields["id"] != request_id:
            raise self.bad(
                "the answer belongs to another call", survey_id, expected=f"the id {request_id}", remedy=_TRY_LATER
            )
        if fields["error"] is not None:
            raise self._failed(str(fields["error"]), survey_id, halving=halving)
        return fields["result"]

    def _failed(self, words: str, survey_id: int | None, *, halving: bool) -> LimeSurveyError:
        """The error for the words of an envelope. They may hold SQL: they stay out of the sentence."""
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
                remedy="Activate it, or take it out of the programme; its answers could not be checked.",
                words=words,
            )
        if meaning is Meaning.OUT_OF_MEMORY and halving:
            return self._exhausted("the server ran out of memory", survey_id, words)
        return ServerError(
            where=self.where,
            survey_id=survey_id,
            found="the server failed inside and says so in its own words, which are kept out of this sentence",
            expected="a result",
            remedy="Nothing was read; tell whoever runs the server, its log has the details.",
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
        """An answer that is not what it should be."""
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
    """Where the server redirects to, without credentials and query, as a part of a sentence."""
    location = headers.get("location", "")
    if not location:
        return ""
    try:
        address = httpx.URL(location).copy_with(username=None, password=None, query=None, fragment=None)
    except (httpx.InvalidURL, ValueError):
        return ", redirected to something that is no address"
    return f", sent on to {address}"


def _wait_in_words(seconds: float) -> str:
    return f"{seconds:.0f} s" if seconds < LONGEST_WAIT else "a day or longer"


def _is_repeatable(error: BaseException, again: Again) -> bool:
    """True if a call that failed with this error may be made again."""
    if not isinstance(error, _CutShort | _Unavailable):
        return False
    return again is Again.ALWAYS or (again is Again.UNHEARD and error.unheard)


def _pause(state: RetryCallState) -> float:
    """Return the seconds until the next attempt: those that the server asks for, or an exponential backoff."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.pause if isinstance(error, _CutShort | _Unavailable) else None
    return _BACKOFF(state) if asked is None else asked
