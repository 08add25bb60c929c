"""Test that a name typed in place of a number reaches no mail, no page and no log."""

import email
import email.policy
import os
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from openpyxl import load_workbook
from running import AS_OF, Demo, demonstration_state, essaim, served

from schemas.settings import ProjectPaths

CANARY = "Zoé Canari"
PARTS = ("Zoé", "Zo=C3=A9", "Canari")


def text_of(content: bytes) -> str:
    """Return the headers and the decoded parts of a mail as one text."""
    message = email.message_from_bytes(content, policy=email.policy.default)
    parts = [part.get_content() for part in message.walk() if not part.is_multipart()]
    return "\n".join([content.decode("ascii"), *map(str, message.values()), *parts])


def test_a_name_typed_into_cells_and_answers_reaches_no_mail_no_page_and_no_log(
    demo: Demo,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    folder = demo.copy(with_results=False)
    on_29_march = datetime(2019, 3, 29, 10, tzinfo=UTC).timestamp()
    for name in ("GARDIEN-1__GARD11__M18__tableau.xlsx", "VITA-2__ICARE__M18__tableau.xlsx"):
        path = folder / "inbox" / name
        book = load_workbook(path)
        book["Données"]["B1"], book["Données"]["B2"] = CANARY, f"voir {CANARY}"
        book.save(path)
        os.utime(path, (on_29_march, on_29_march))
    state = demonstration_state()
    for survey in state.surveys.values():
        for id_, response in list(survey.responses.items())[:5]:
            survey.responses[id_] = replace(response, answers=dict.fromkeys(response.answers, CANARY))
    with served(monkeypatch, state):
        ran = essaim(capsys, "collect", "--programme", str(folder), "--as-of", str(AS_OF), "--json")
    assert ran.code == 3, ran.err
    mails = [text_of(path.read_bytes()) for path in ProjectPaths(folder).mails.glob("*.eml")]
    assert len(mails) == 3
    assert any("Données!B1" in mail for mail in mails)
    pages = [path.read_text() for path in ProjectPaths(folder).data_docs.rglob("*") if path.is_file()]
    assert len(pages) > len(mails)
    assert not [part for part in PARTS for text in (*mails, *pages, ran.err, caplog.text) if part in text]
