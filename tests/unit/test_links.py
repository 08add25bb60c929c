"""Test the signed links of the desk."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from schemas.settings import Environment, ProjectPaths
from tasks.links import SENDING_LASTS, SIGN_IN_LASTS, Link, Links, Purpose

RETURN = "VITA-2/NEO56/M18/tableau"


@pytest.fixture
def links(tmp_path: Path) -> Links:
    return Links(ProjectPaths(tmp_path), Environment())


def ago(**past: float) -> datetime:
    return datetime.now(UTC).replace(tzinfo=None, microsecond=0) - timedelta(**past)


def test_a_link_states_what_it_was_made_for(links: Links) -> None:
    link = links.read(Purpose.SEND, links.made(Purpose.SEND, RETURN), SENDING_LASTS)
    assert link is not None
    assert link.subject == RETURN
    assert abs(link.made_at - ago()) < timedelta(minutes=1)


def test_two_links_for_the_same_return_differ_and_one_made_again_is_the_same(links: Links, tmp_path: Path) -> None:
    assert links.made(Purpose.SEND, RETURN) != links.made(Purpose.SEND, RETURN)
    again = Links(ProjectPaths(tmp_path), Environment())
    made_at = ago(days=3)
    text = links.made(Purpose.SEND, RETURN, link_id="ab", made_at=made_at)
    assert again.made(Purpose.SEND, RETURN, link_id="ab", made_at=made_at) == text
    assert again.read(Purpose.SEND, text, SENDING_LASTS) == Link(RETURN, "ab", made_at)
    assert links.made(Purpose.SEND, RETURN, link_id="ab", made_at=made_at + timedelta(seconds=1)) != text


def test_a_link_is_of_no_use_for_another_purpose_or_when_it_is_too_old_or_not_made_yet(links: Links) -> None:
    assert links.read(Purpose.SIGN_IN, links.made(Purpose.SEND, RETURN), SENDING_LASTS) is None
    for age, lasts, is_read in (
        (ago(minutes=29), SIGN_IN_LASTS, True),
        (ago(minutes=31), SIGN_IN_LASTS, False),
        (ago(minutes=-5), SIGN_IN_LASTS, False),
    ):
        text = links.made(Purpose.SIGN_IN, "EVAL-A", made_at=age)
        assert (links.read(Purpose.SIGN_IN, text, lasts) is not None) is is_read


def test_a_link_that_was_changed_in_any_place_states_nothing(links: Links) -> None:
    text = links.made(Purpose.SEND, RETURN)
    content = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= 1
        forged = urlsafe_b64encode(bytes(changed)).decode().rstrip("=")
        assert links.read(Purpose.SEND, forged, SENDING_LASTS) is None


@pytest.mark.parametrize("text", ["", "x", "é", "AAAA", "../../etc/passwd", "%00", "A" * 10_000])
def test_what_is_no_link_states_nothing(links: Links, text: str) -> None:
    assert links.read(Purpose.SEND, text, SENDING_LASTS) is None


def test_a_link_has_one_spelling(links: Links) -> None:
    text = links.made(Purpose.SEND, RETURN)
    for other in (text + "=", text + "\n", text[:10] + "!" + text[10:]):
        assert links.read(Purpose.SEND, other, SENDING_LASTS) is None


def test_a_key_that_was_replaced_still_reads_and_another_one_does_not(tmp_path: Path) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()

    def with_keys(keys: str) -> Links:
        return Links(ProjectPaths(tmp_path), Environment(desk_key=SecretStr(keys)))

    text = with_keys(old).made(Purpose.SEND, RETURN)
    assert with_keys(f"{new} {old}").read(Purpose.SEND, text, SENDING_LASTS) is not None
    assert with_keys(new).read(Purpose.SEND, text, SENDING_LASTS) is None
    assert with_keys(f"{new} {old}").made(Purpose.SEND, RETURN, link_id="a", made_at=ago(days=1)) == with_keys(
        new
    ).made(Purpose.SEND, RETURN, link_id="a", made_at=ago(days=1))
