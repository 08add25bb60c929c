"""Test the mails of digests: hostile names, headers, lines, colours, and reproducible bytes."""

import email
import email.policy
import re
from dataclasses import replace
from pathlib import Path

import pytest
from digests import DIGEST, LINE, MESSAGE_ID, Page, composed, parts

from schemas.enums import AlertKind
from tasks.alerts import DigestLine, ToCorrect, compose
from tasks.alerts.listing import ORDER
from tasks.delivery.mail_files import write_mail

HOSTILE = [
    "<script>alert(1)</script>",
    '=HYPERLINK("http://example.org")',
    "<img src=x onerror=alert(1)>",
    "{{ 7 * 7 }} {% raw %}",
    "&lt;b&gt; \"' `",
    "</style></div>",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_what_a_folder_or_a_file_says_stays_text(name: str) -> None:
    line = replace(
        LINE,
        kind=AlertKind.TO_BE_CORRECTED,
        structure=name,
        cohort=name,
        instrument=name,
        contact=name,
        workbook=name,
        is_marked=True,
        to_correct=(ToCorrect(name, name),),
    )
    _, page = composed(line, programme=name, follows=(name,))
    assert {tag for tag, _ in Page(page).tags} == {tag for tag, _ in Page(composed(_plain(line))[1]).tags}
    assert " ".join(name.split()) in Page(page).text


def _plain(line: DigestLine) -> DigestLine:
    return replace(line, structure="a", cohort="a", instrument="a", contact="a", workbook="a")


@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r", "\u2028", "\u0085", "\v"])
def test_a_line_break_in_a_name_adds_no_header_and_no_line(break_: str) -> None:
    name = f"Essai{break_}Bcc: victim@example.org{break_}{break_}- IPSO"
    message = compose(replace(DIGEST, programme=name, lines=(replace(LINE, structure=name),)))
    opened = email.message_from_bytes(message.as_bytes(), policy=email.policy.default)
    assert opened["Bcc"] is None
    assert opened["Subject"] == "1 retour à suivre · Essai Bcc: victim@example.org - IPSO"
    text, _ = parts(message)
    assert len([line for line in text.splitlines() if line.startswith("- ")]) == 1


def test_a_sign_that_reorders_text_is_left_out() -> None:
    text, _ = composed(replace(LINE, structure="NEO\u202e 65\u2066 x"))
    assert not set("\u202e\u2066") & set(text)


def test_a_mail_goes_to_one_address_and_names_no_other() -> None:
    message = compose(DIGEST)
    assert message["To"] == "camille@example.org"
    assert {name for name, value in message.items() if "@" in value} == {"From", "To", "Message-ID"}
    assert not [form for form in parts(message) if "@" in form.replace("@media", "")]


def test_a_reply_reaches_a_person_who_is_not_the_one_that_writes_it() -> None:
    assert compose(DIGEST)["Reply-To"] is None
    assert compose(replace(DIGEST, reply_to="lead@example.org"))["Reply-To"] == "lead@example.org"
    assert compose(replace(DIGEST, reply_to="Camille@example.org"))["Reply-To"] is None


def test_no_answering_machine_answers() -> None:
    assert compose(DIGEST)["Auto-Submitted"] == "auto-generated"


def test_the_same_digest_is_the_same_mail_to_the_byte() -> None:
    assert compose(DIGEST).as_bytes() == compose(replace(DIGEST)).as_bytes()
    assert compose(DIGEST)["Date"] == "Sun, 31 Mar 2019 07:00:00 +0000"
    assert compose(DIGEST)["Message-ID"] == MESSAGE_ID


def test_every_line_of_a_mail_is_ascii_and_short_enough_for_any_server() -> None:
    lines = [replace(LINE, structure="é" * 2000) for _ in range(20)]
    content = compose(replace(DIGEST, lines=tuple(lines))).as_bytes()
    assert content.isascii()
    assert max(map(len, content.splitlines())) <= 998


def test_the_page_fits_a_phone() -> None:
    """Check that the page is one flexible column: no fixed width, table or picture, and no remote content."""
    _, page = composed(*(replace(LINE, kind=kind, structure="x" * 300) for kind in ORDER))
    tags = Page(page).tags
    assert not {tag for tag, _ in tags} & {"table", "img", "iframe", "link", "script", "pre", "form"}
    styles = [attributes["style"] or "" for _, attributes in tags if "style" in attributes]
    assert not [style for style in styles if re.search(r"(?<!max-)(?<!-)\bwidth:|min-width", style)]
    assert any("overflow-wrap:anywhere" in style and "max-width:600px" in style for style in styles)
    assert [style for style in styles if "nowrap" in style] == [s for s in styles if s.startswith("background:#dcebf5")]
    assert not re.search(r"url\(|@import|@font-face", page)
    assert '<meta name="viewport" content="width=device-width' in page


def _luminance(colour: str) -> float:
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_every_colour_can_be_read_by_day_and_in_the_dark() -> None:
    """Check for the contrast that WCAG 2 requires of normal text: 4.5:1 against the background."""
    _, page = composed(*(replace(LINE, kind=kind) for kind in ORDER))
    head, body = page.split("</head>")
    for style in re.findall(r'style="([^"]*)"', body):
        colours = re.search(r"(?<!-)\bcolor:(#\w{6})", style)
        ground = re.search(r"background:(#\w{6})", style)
        if colours:
            assert _contrast(colours[1], ground[1] if ground else "#ffffff") >= 4.5, style
    for rule in re.findall(r"\.[\w-]+ \{([^}]*)\}", head):
        colours = re.search(r"(?<!-)\bcolor: (#\w{6})", rule)
        ground = re.search(r"background: (#\w{6})", rule)
        if colours and "border" not in rule:
            assert _contrast(colours[1], ground[1] if ground else "#1e2429") >= 4.5, rule


def test_a_written_mail_is_named_for_its_day_and_recipient_and_written_twice_is_one_file(tmp_path: Path) -> None:
    path = write_mail(tmp_path / "mails", compose(DIGEST))
    content = path.read_bytes()
    assert write_mail(tmp_path / "mails", compose(DIGEST)).read_bytes() == content
    assert [one.name for one in path.parent.iterdir()] == ["2019-03-31_EVAL-A_01234567.eml"]


def test_a_long_programme_code_leaves_the_message_id_whole(tmp_path: Path) -> None:
    message_id = f"<{'0' * 32}@programme_{'x' * 30}.essaim>"
    path = write_mail(tmp_path, compose(replace(DIGEST, message_id=message_id)))
    assert email.message_from_bytes(path.read_bytes(), policy=email.policy.default)["Message-ID"] == message_id
