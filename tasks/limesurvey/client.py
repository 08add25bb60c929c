"""The client: typed methods for what a pipeline needs of LimeSurvey's RemoteControl 2, over JSON-RPC."""

from __future__ import annotations

import time
from collections.abc import Callable

import httpx
from pydantic import SecretStr

from tasks.limesurvey.participants import ParticipantCalls
from tasks.limesurvey.questions import QuestionCalls
from tasks.limesurvey.responses import ResponseCalls
from tasks.limesurvey.wire import Limits


class LimeSurvey(QuestionCalls, ParticipantCalls, ResponseCalls):
    """One server, one account. A context manager; the session begins at the first call.

        with LimeSurvey(url, username="essaim", password=secret) as server:
            for page in server.response_pages(123456): ...

    `deadline_seconds` is for a whole call, its retries and a login included. `maximum_bytes` caps one answer, unpacked.
    `attempts` counts the first one; only reading calls are repeated, and a login never. `page_size` is a number of
    response ids. `wait` sleeps between attempts. Dates are naive, in the server's time zone.

    All methods raise `Unreachable`, `LoginRefused`, `BadAnswer`, `ServerError`, and, where they are about a survey,
    `SurveyNotFound`, `NotPermitted`.
    """

    def __init__(
        self,
        url: str,
        *,
        username: str,
        password: str | SecretStr,
        transport: httpx.BaseTransport | None = None,
        deadline_seconds: float = 300.0,
        maximum_bytes: int = 256 * 1024 * 1024,
        attempts: int = 4,
        page_size: int = 5000,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        super().__init__(
            url,
            username=username,
            password=password,
            transport=transport,
            limits=Limits(deadline_seconds, maximum_bytes, attempts, page_size),
            wait=wait,
        )
