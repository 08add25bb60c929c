"""Test that the catalogues translate every text for evaluators and structures."""

import ast
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import tasks
from tasks.i18n import LOCALES, language

KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "plural": (1, 2)}
EXTRACTED = {
    message if isinstance(message, str) else tuple(message)
    for _file, _line, message, _comments, _context in extract_from_dir(
        Path(tasks.__file__).parent,
        [("**.py", "python"), ("**.jinja", "jinja2.ext:babel_extract")],
        keywords=KEYWORDS,
    )
}


def french() -> dict[object, Message]:
    with (LOCALES / "fr" / "LC_MESSAGES" / "essaim.po").open("rb") as file:
        return {message.id: message for message in read_po(file) if message.id}


def test_every_sentence_has_its_french_and_no_french_is_left_over() -> None:
    assert set(french()) == EXTRACTED


def test_no_sentence_is_within_an_f_string_where_python_3_11_extracts_none() -> None:
    within = [
        f"{path.name}:{call.lineno}"
        for path in Path(tasks.__file__).parent.rglob("*.py")
        for joined in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(joined, ast.JoinedStr)
        for call in ast.walk(joined)
        if isinstance(call, ast.Call) and getattr(call.func, "id", getattr(call.func, "attr", "")) in KEYWORDS
    ]
    assert within == []


@pytest.mark.parametrize("message", french().values(), ids=lambda message: str(message.id)[:40])
def test_a_translation_names_the_same_things_as_the_sentence(message: Message) -> None:
    def fields(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name}

    sentences = [message.id] if isinstance(message.id, str) else list(message.id)
    translations = [message.string] if isinstance(message.string, str) else list(message.string or ())
    assert all(translations)
    assert {frozenset(fields(text)) for text in translations} == {frozenset(fields(text)) for text in sentences}


def test_english_is_what_the_code_says() -> None:
    assert language("en").gettext("nothing") == "nothing"
