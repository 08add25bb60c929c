"""Test that an answer leads to the page and to the person that its sender needs, and states what counts."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bookkeeping import OTHER, RETURN
from posting import (
    EVALUATOR,
    GRID,
    LEAD,
    OTHER_EVALUATOR,
    OTHER_STRUCTURE,
    SECRET_NAME,
    Post,
    letter,
    text_of,
    workbook,
)

from tasks.links import SENDING_LASTS, Links, Purpose
from tasks.received import places_to_correct

DESK = "https://desk.example.org"
FAULTY = {"personnes": f"{SECRET_NAME} et douze autres"}


@pytest.mark.parametrize(
    ("sender", "expected_return_id"), [(EVALUATOR, RETURN), (EVALUATOR, GRID), (LEAD, OTHER), (LEAD, GRID)]
)
def test_evaluators_and_the_lead_are_led_to_the_page_of_the_return(
    post: Post, sender: str, expected_return_id: str
) -> None:
    post.account.receive(letter(workbook(expected_return_id, depuis="hier"), sender=sender))
    post.fetch(desk_url=DESK)
    (answer,) = post.answers()
    assert f"ou déposez-le sur la page du retour\N{NO-BREAK SPACE}:\n{DESK}/returns/{expected_return_id}\n" in text_of(
        answer
    )
    assert "/send/" not in text_of(answer)


def test_a_structure_is_led_to_its_personal_page(post: Post) -> None:
    post.account.receive(letter(workbook(**FAULTY)))
    post.fetch(desk_url=DESK)
    (answer,) = post.answers()
    before, _, link = text_of(answer).partition(f"{DESK}/send/")
    read = Links(post.paths, post.environment()).read(Purpose.SEND, link.split()[0], SENDING_LASTS)
    assert (read and read.subject, before.endswith("sur votre page\N{NO-BREAK SPACE}:\n")) == (RETURN, True)


def test_replies_go_to_whoever_stands_in_for_the_evaluator_who_is_away_on_the_day(post: Post) -> None:
    now = datetime.now(UTC)
    settings = post.programme.settings
    first, second = settings.evaluators
    away = {"evaluator": "B", "from": (now - timedelta(days=2)).date(), "to": (now + timedelta(days=2)).date()}
    absent = type(first).model_validate({**first.model_dump(), "substitutes": [away]})
    changed = settings.model_copy(update={"evaluators": [absent, second]})
    replaced = Post(post.account, post.paths, post.programme.model_copy(update={"settings": changed}))
    post.account.receive(letter(workbook()), arrived_at=now - timedelta(days=4))
    post.account.receive(letter(workbook()), arrived_at=now - timedelta(hours=1))
    post.account.receive(letter(workbook(OTHER), sender=OTHER_STRUCTURE), arrived_at=now - timedelta(hours=1))
    replaced.fetch()
    assert [answer["Reply-To"] for answer in post.answers()] == [EVALUATOR, OTHER_EVALUATOR, OTHER_EVALUATOR]
    assert f"écrivez à {OTHER_EVALUATOR}" in text_of(post.answers()[1])


@pytest.mark.parametrize(
    ("first", "second", "is_to_correct"),
    [(FAULTY, {}, False), ({}, FAULTY, True), (FAULTY, FAULTY | {"budget": 2}, True)],
)
def test_of_a_workbook_that_a_later_one_of_the_message_replaces_nothing_is_to_be_corrected(
    post: Post, first: Mapping[str, Any], second: Mapping[str, Any], is_to_correct: bool
) -> None:
    post.account.receive(letter(workbook(**first), workbook(**second)))
    post.fetch(desk_url=DESK)
    (answer,) = post.answers()
    numbers = [item.item_id[:8] for item in post.items()]
    of_first, of_second = text_of(answer).split("\n\n")[1:3]
    assert of_first == (
        "«\N{NO-BREAK SPACE}Tableau de suivi\N{NO-BREAK SPACE}» (M06, Structure inventée STR1) est bien arrivé. "
        f"Numéro de reçu\N{NO-BREAK SPACE}: {numbers[0]}\n"
        "Le classeur 2 de votre message concerne le même retour et le remplace."
    )
    assert (numbers[1] in of_second, "Données!B" in of_second, "/send/" in of_second) == (
        True,
        is_to_correct,
        is_to_correct,
    )
    expected = "Votre classeur est à corriger" if is_to_correct else "Votre classeur est bien arrivé"
    assert answer["Subject"].startswith(expected)
    assert bool(places_to_correct(post.items()[1])) == is_to_correct


def test_a_workbook_of_another_return_in_the_message_replaces_nothing(post: Post) -> None:
    post.account.receive(letter(workbook(**FAULTY), workbook(OTHER), sender=LEAD))
    post.fetch()
    (answer,) = post.answers()
    assert answer["Subject"].startswith("Votre classeur est à corriger")
    assert "le remplace" not in text_of(answer)
