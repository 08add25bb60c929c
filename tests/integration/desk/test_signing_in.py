"""Test that a person signs in at the desk by a link of a mail, and nobody else."""

import email
import email.policy
import re
from urllib.parse import urlsplit

import pytest
from desk_programme import Visited

from tasks.links import Purpose

pytestmark = pytest.mark.parametrize("collected", ["duckdb"], indirect=True)


def mailed_links(visited: Visited) -> list[str]:
    """Return the links to sign in that were mailed."""
    found: list[str] = []
    for path in sorted(visited.paths.mails.glob("*.eml")):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        body = message.get_body(("plain",))
        found += re.findall(r"http://\S+/sign-in/\S+", body.get_content() if body is not None else "")
    return found


def test_the_link_of_a_mail_signs_in_once_and_comes_back_to_the_page_that_was_asked_for(visited: Visited):
    browser = visited.browser()
    page = browser.get("/returns/C-1/STR1/M06/tableau")
    assert "Se connecter" in page.text
    assert "Structure Un" not in page.text
    asked = browser.post("/sign-in", data={"address": " Anne@Example.org ", "next": "/returns/C-1/STR1/M06/tableau"})
    (link,) = mailed_links(visited)
    assert "Consultez votre messagerie" in asked.text
    # A scanner of mails opens links; nothing is used up.
    for _ in range(3):
        assert "Bonjour Anne Inventée" in visited.browser().get(link).text
    at_page = browser.post(link.partition("?")[0], data={"next": "/returns/C-1/STR1/M06/tableau"})
    assert at_page.url.path == "/returns/C-1/STR1/M06/tableau"
    assert "Structure Un" in at_page.text
    again = visited.browser().post(link.partition("?")[0], data={"next": "/"})
    assert (again.status_code, "ne sert qu'une fois" in again.text.replace("&#39;", "'")) == (403, True)


def test_an_unknown_address_gets_the_same_page_and_no_mail(visited: Visited):
    browser = visited.browser()
    known, unknown = (
        browser.post("/sign-in", data={"address": address, "next": "/"})
        for address in ("anne@example.org", "personne@example.org")
    )
    assert known.text == unknown.text
    assert len(mailed_links(visited)) == 1


def test_nobody_is_flooded_with_links(visited: Visited):
    for _ in range(8):
        visited.browser().post("/sign-in", data={"address": "anne@example.org", "next": "/"})
    assert len(mailed_links(visited)) == 5


def test_a_link_that_was_changed_is_too_old_or_was_made_for_something_else_is_refused(visited: Visited):
    links = visited.desk.links
    link = links.made(Purpose.SIGN_IN, "ANNE")
    old = links.made(Purpose.SIGN_IN, "ANNE", seconds_ago=31 * 60)
    young = links.made(Purpose.SIGN_IN, "ANNE", seconds_ago=29 * 60)
    sending = links.made(Purpose.SEND, "ANNE")
    gone = links.made(Purpose.SIGN_IN, "LEFT")
    changed = link[:40] + ("A" if link[40] != "A" else "B") + link[41:]
    for useless in (old, sending, gone, changed, "é", "x"):
        answer = visited.browser().post(f"/sign-in/{useless}", data={"next": "/"})
        assert answer.status_code in (403, 404), useless
        assert "Structure Un" not in answer.text
    assert visited.browser().get(f"/sign-in/{young}").status_code == 200


def test_a_link_leads_to_no_other_site(visited: Visited):
    for elsewhere in ("//evil.example/", "https://evil.example/", "/\\evil.example", "javascript:alert(1)", "x"):
        browser = visited.browser()
        link = f"/sign-in/{visited.desk.links.made(Purpose.SIGN_IN, 'ANNE')}"
        answer = browser.post(link, data={"next": elsewhere}, follow_redirects=False)
        assert answer.headers["location"] == "/"
        assert browser.get(f"/language/en?next={elsewhere}", follow_redirects=False).headers["location"] == "/"


def test_a_session_ends_with_signing_out_also_where_its_cookie_was_copied(visited: Visited):
    browser = visited.signed_in("ANNE")
    copied = visited.browser()
    copied.cookies = browser.cookies
    page = browser.get("/")
    assert "Structure Un" in copied.get("/").text
    token = re.findall(r'name="form_token" value="([^"]+)"', page.text)[0]
    browser.post("/sign-out", data={"form_token": token})
    assert "Structure Un" not in browser.get("/").text
    assert "Structure Un" not in copied.get("/").text


def test_a_form_of_another_site_does_nothing(visited: Visited):
    browser, other = visited.signed_in("ANNE"), visited.signed_in("BERT")
    token = re.findall(r'name="form_token" value="([^"]+)"', other.get("/").text)[0]
    for given in ({}, {"form_token": ""}, {"form_token": token}, {"form_token": "é"}):
        for path in ("/decide/waive/C-1/STR1/M06/tableau", "/note/C-1/STR1/M06/tableau", "/sign-out"):
            assert browser.post(path, data={"reason": "x", "how": "reached", **given}).status_code == 403
    assert "Structure Un" in browser.get("/").text


def test_a_foreign_host_name_and_pages_around_ours_are_refused(visited: Visited):
    assert visited.browser(Host="evil.example").get("/").status_code == 400
    answer = visited.browser().get("/")
    assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert answer.headers["cache-control"] == "no-store"


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(visited: Visited):
    browser = visited.browser()
    link = f"/sign-in/{visited.desk.links.made(Purpose.SIGN_IN, 'ANNE')}"
    cookie = browser.post(link, data={"next": "/"}, follow_redirects=False).headers["set-cookie"]
    assert {"HttpOnly", "SameSite=lax"} <= set(cookie.split("; "))
    assert urlsplit(visited.desk.url).scheme == "http"
    assert "Secure" not in cookie.split("; ")


def test_the_pages_are_in_french_or_english(visited: Visited):
    browser = visited.signed_in("ANNE")
    assert "Mes structures" in browser.get("/").text
    english = browser.get("/language/en?next=/")
    assert "My structures" in english.text
    assert 'lang="en"' in english.text
    assert "Mes structures" in browser.get("/language/fr?next=/").text
