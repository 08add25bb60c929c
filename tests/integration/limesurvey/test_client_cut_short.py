"""Test that an answer truncated at any byte is refused."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tasks.limesurvey import BadAnswer, LimeSurvey


def test_an_export_cut_after_any_byte_is_refused(recorded: Callable[[str], Any]) -> None:
    body = recorded("second/516_ed_first_complete_export").body
    cut = len(body)

    def answer(request: httpx.Request) -> httpx.Response:
        call = json.loads(request.content)
        if call["method"] == "get_session_key":
            return httpx.Response(200, json={"id": call["id"], "result": "key", "error": None})
        return httpx.Response(200, content=body.replace(b'"id":1', b'"id":%d' % call["id"], 1)[:cut])

    transport = httpx.MockTransport(answer)
    with LimeSurvey(
        "https://surveys.example.org/rpc", username="a", password="b", transport=transport, attempts=1, page_size=1
    ) as server:
        cut = len(body) + 8
        (page,) = server.response_pages_by_ids(790108, [1])
        assert page.ids == (1,)
        for length in range(len(body)):
            cut = length
            with pytest.raises(BadAnswer, match="survey 790108: "):
                list(server.response_pages_by_ids(790108, [1]))
