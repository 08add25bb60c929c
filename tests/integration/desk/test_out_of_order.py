"""Test what people see at the desk while the intake or the database cannot be used."""

import os

import pytest
from desk_programme import FIRST, Visited


def test_pages_say_that_it_is_not_possible_now_and_name_no_path_and_no_server(
    visited: Visited, monkeypatch: pytest.MonkeyPatch
):
    anne, sending = visited.signed_in("ANNE"), visited.link_to_send(FIRST)
    if "ESSAIM_WAREHOUSE_URL" in os.environ:
        monkeypatch.setenv("ESSAIM_WAREHOUSE_URL", "postgresql://essaim:canary@127.0.0.1:1/nowhere")
    else:
        visited.paths.intake.write_bytes(b"not a database" * 1000)
    answers = [
        *(anne.get(path) for path in ("/", f"/returns/{FIRST}", f"/decide/waive/{FIRST}", "/calendar.ics")),
        visited.browser().get(sending),
        # Known or not, an address gets the same answer.
        *(visited.browser().post("/sign-in", data={"address": a}) for a in ("anne@example.org", "x@example.org")),
    ]
    for answer in answers:
        assert (answer.status_code, "pas possible pour le moment" in answer.text) == (503, True), answer.text
        assert "référence" in answer.text or "reference" in answer.text
        for secret in (str(visited.folder), "127.0.0.1:1", "nowhere", "canary", "ESSAIM_"):
            assert secret not in answer.text
    log = visited.paths.error_log.read_text(encoding="utf-8")
    assert "a page of the desk: " in log
    assert "canary" not in log
