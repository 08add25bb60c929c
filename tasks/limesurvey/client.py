"""The client: typed methods for the calls of LimeSurvey's RemoteControl 2 that a pipeline needs, over JSON-RPC."""

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
    """A session of one account with one server.

        with LimeSurvey(url, username="essaim", password=secret) as server:
            for file in server.response_files(123456):
                print(file.page.ids)

    A context manager. It logs in at the first call (`get_session_key`) and logs out at the end of the block
    (`release_session_key`). Dates are naive, in the server's time zone.

    Args:
        url: The address of the JSON-RPC interface, such as `https://…/index.php/admin/remotecontrol`.
        username: The account.
        password: Its password.
        transport: Replaces the HTTP transport of httpx, in tests.
        deadline_seconds: The longest duration of one call, with its retries and a login.
        maximum_bytes: The largest answer that is read, after decompression.
        attempts: How often a call is tried, the first attempt included. Calls that write are tried once; a login is
            tried again only where the server did not receive it.
        page_size: How many response ids one export covers.
        wait: Sleeps between two attempts, given seconds.

    Raises:
        ValueError: `url` is not an HTTP address.

    Every method raises `Unreachable`, `LoginRefused`, `BadAnswer` and `ServerError`; a method with a `survey_id`
    raises `SurveyNotFound` and `NotPermitted`, too.
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
