"""Test the mails of digests: the complete content as text and HTML, with reproducible bytes."""

import email
import email.policy
import html
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from running import EXAMPLE

from schemas.enums import AlertKind, InstrumentKind, ResolvedBy, ReturnState, StateReason
from schemas.programme import Programme
from tasks.alerts import Alert, Digest, DigestLine, ToCorrect, alerts_due, compose, digest_of
from tasks.alerts.adapting import survey_address
from tasks.alerts.wording import MOST_TO_CORRECT, ORDER
from tasks.delivery.mail_files import write_mail
from tasks.i18n import day_in_words
from tasks.programme import read_programme
from warehouse.loads import ReturnError
from warehouse.views import ReturnStatus

TODAY = date(2019, 3, 31)
MESSAGE_ID = "<0123456789abcdef0123456789abcdef@ais_emploi.essaim>"
NBSP = "\N{NO-BREAK SPACE}"
LINE = DigestLine(
    kind=AlertKind.MISSING,
    expected_return_id="VITA-2/NEO56/M18/tableau",
    structure="NEO 56",
    cohort="VITA Air, deuxième vague",
    instrument="Tableau de données",
    occasion="M18",
    due_on=date(2018, 6, 15),
    days_late=289,
    is_new=True,
    workbook="VITA-2__NEO56__M18__tableau.xlsx",
)
DIGEST = Digest(
    programme="Accélérateur d'innovation sociale, emploi",
    recipient_code="EVAL-A",
    recipient="camille@example.org",
    sender="suivi@example.org",
    follows=("VITA Air", "Parcours gardien"),
    as_of=TODAY,
    collected_on=TODAY,
    lines=(LINE,),
    message_id=MESSAGE_ID,
    dated=datetime(2019, 3, 31, 7, tzinfo=UTC),
    inbox="inbox",
)
STATUS = ReturnStatus(
    expected_return_id="VITA-2/NEO56/M18/tableau",
    innovation_code="VITA",
    cohort_code="VITA-2",
    structure_code="NEO56",
    structure_name="NEO 56",
    occasion_code="M18",
    instrument_code="tableau",
    source_id="inbox",
    due_on=date(2018, 6, 15),
    on_time_until_on=date(2018, 6, 30),
    days_late=289,
    state=ReturnState.MISSING,
    snoozed_until_on=None,
    is_source_read=True,
    quarantined_return_id=None,
    state_reason=StateReason.NOTHING_CAME,
    is_programme_to_mend=False,
    n_respondents=0,
    minimum_respondents=1,
)
HOSTILE = [
    "<script>alert(1)</script>",
    '=HYPERLINK("http://example.org")',
    "<img src=x onerror=alert(1)>",
    "{{ 7 * 7 }} {% raw %}",
    "&lt;b&gt; \"' `",
    "</style></div>",
]


def parts(message: EmailMessage) -> tuple[str, str]:
    """Parse the text and the page from the bytes of a mail, like a mail program."""
    opened = email.message_from_bytes(message.as_bytes(), policy=email.policy.default)
    assert opened.defects == []
    plain, page = opened.get_body(("plain",)), opened.get_body(("html",))
    assert plain is not None
    assert page is not None
    return plain.get_content(), page.get_content()


def composed(*lines: DigestLine, **changes: Any) -> tuple[str, str]:
    return parts(compose(replace(DIGEST, lines=lines or (LINE,), **changes)))


class Page(HTMLParser):
    """Collect the tags of a page, their styles and links, and the visible text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.seen: list[str] = []
        self.feed(page)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "title"} & set(self.open):
            self.seen.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.seen).split())


@pytest.fixture(scope="module")
def programme() -> Programme:
    return read_programme(EXAMPLE)


def test_a_line_says_who_owes_what_since_when_how_late_and_what_to_send() -> None:
    for form in composed():
        seen = Page(form).text if "<html" in form else " ".join(form.split())
        for words in (
            "NEO 56",
            "VITA Air, deuxième vague · Tableau de données · M18",
            "Attendu depuis le vendredi 15 juin 2018",
            "289 jours de retard",
            "nouveau",
            "Classeur à envoyer → VITA-2__NEO56__M18__tableau.xlsx",
            "Référence → VITA-2/NEO56/M18/tableau",
            "Les classeurs se déposent dans le dossier inbox",
            "parce que vous suivez VITA Air, Parcours gardien dans",
            'essaim waive RÉFÉRENCE --reason "…"',
            'essaim snooze RÉFÉRENCE --until JOUR --reason "…"',
            f"au {day_in_words(TODAY, 'fr')}".replace(NBSP, " "),
        ):
            assert words in seen.replace(NBSP, " ")


def test_the_text_and_the_page_say_the_same() -> None:
    lines = tuple(replace(LINE, kind=kind, to_correct=(ToCorrect("Données!B2", "nc"),)) for kind in AlertKind)
    text, page = composed(*lines)
    seen = Page(page).text.casefold()
    for line in text.splitlines():
        words = line.strip().removeprefix("- ").replace(" (nouveau)", "").casefold()
        if words and words != "--":
            assert " ".join(words.split()) in seen


def test_english_is_spoken_where_the_programme_speaks_it() -> None:
    text, page = composed(locale="en")
    assert f"Was due on Friday 15{NBSP}June{NBSP}2018 · 289 days late" in text
    assert "1 return to follow" in str(compose(replace(DIGEST, locale="en"))["Subject"])
    assert '<html lang="en">' in page
    assert "retard" not in text + page


@pytest.mark.parametrize(
    ("day", "french", "english"),
    [
        (date(2018, 6, 15), "vendredi 15 juin 2018", "Friday 15 June 2018"),
        (date(2019, 3, 1), "vendredi 1er mars 2019", "Friday 1 March 2019"),
        (date(2020, 2, 29), "samedi 29 février 2020", "Saturday 29 February 2020"),
    ],
)
def test_days_are_written_as_people_write_them(day: date, french: str, english: str) -> None:
    assert day_in_words(day, "fr").replace(NBSP, " ") == french
    assert day_in_words(day, "en").replace(NBSP, " ") == english


def test_french_has_a_space_that_does_not_break_before_its_double_signs() -> None:
    text, _ = composed(*(replace(LINE, kind=kind) for kind in AlertKind))
    assert not re.search(r" [:;!?»]|« ", text)


def test_every_kind_that_goes_by_mail_has_a_place_in_it() -> None:
    assert sorted(ORDER) == sorted(set(AlertKind) - {AlertKind.REMINDED})


def test_nothing_has_come_is_said_of_nothing_else() -> None:
    for reason in set(StateReason) - {StateReason.NOTHING_CAME}:
        for kind in set(ORDER) - {AlertKind.MISSING}:
            text, _ = composed(replace(LINE, kind=kind, reason=reason))
            assert "Rien n'est arrivé" not in text


@pytest.mark.parametrize(
    ("reason", "instrument_kind", "is_of_evaluator", "advice"),
    [
        (StateReason.INCOMPLETE, InstrumentKind.LIMESURVEY, False, "pour que la structure la complète"),
        (StateReason.INCOMPLETE, InstrumentKind.LIMESURVEY, True, "Rouvrez votre réponse"),
        (StateReason.INCOMPLETE, InstrumentKind.WORKBOOK, False, "Demandez à la structure de compléter le classeur"),
        (StateReason.INCOMPLETE, InstrumentKind.WORKBOOK, True, "Complétez votre classeur"),
        (StateReason.TO_BE_CORRECTED, InstrumentKind.LIMESURVEY, False, "pour que la structure la corrige"),
        (StateReason.TO_BE_CORRECTED, InstrumentKind.LIMESURVEY, True, "Rouvrez votre réponse"),
    ],
)
def test_the_advice_is_for_whoever_fills_the_return_in(
    reason: StateReason, instrument_kind: InstrumentKind, is_of_evaluator: bool, advice: str
) -> None:
    line = replace(LINE, reason=reason, instrument_kind=instrument_kind, is_of_evaluator=is_of_evaluator)
    for kind in (AlertKind(reason.value), AlertKind.ESCALATED):
        for form in composed(replace(line, kind=kind)):
            assert advice in form


@pytest.mark.parametrize(
    "reason",
    [
        StateReason.INCOMPLETE,
        StateReason.TOKEN_USED_UP,
        StateReason.TO_BE_CORRECTED,
        StateReason.UNPLACED,
        StateReason.TO_BE_MENDED,
    ],
)
def test_nobody_is_sent_to_a_questionnaire_that_is_submitted(reason: StateReason) -> None:
    line = replace(LINE, kind=AlertKind(reason.value), reason=reason, workbook=None, survey="https://e.example.org/7")
    assert "https://" not in "".join(composed(line))


def test_who_used_the_token_for_another_occasion_must_be_reset_on_the_server() -> None:
    line = replace(LINE, kind=AlertKind.TOKEN_USED_UP, reason=StateReason.TOKEN_USED_UP)
    for form in composed(line):
        assert "remettez ce participant" in form
        assert "autant d'utilisations qu'il y a d'échéances" in html.unescape(form)
    for form in composed(line, locale="en"):
        assert "one use left" in form
    text, _ = composed(replace(line, kind=AlertKind.ESCALATED))
    assert "accès à l'enquête déjà utilisé pour une autre échéance" in text


def test_a_missing_return_says_what_came_and_belongs_to_nobody() -> None:
    assert "sans qu'on sache" not in composed()[0]
    text, _ = composed(n_unassigned=1)
    assert "Mais 1 fichier ou réponse est arrivé sans qu'on sache à quel retour il correspond" in text
    text, _ = composed(n_unassigned=2)
    assert "Mais 2 fichiers ou réponses sont arrivés" in text
    assert "sans qu'on sache" not in composed(replace(LINE, kind=AlertKind.UNFINISHED), n_unassigned=2)[0]


@pytest.mark.parametrize("kind", ORDER)
def test_each_kind_has_its_own_section_and_no_other(kind: AlertKind) -> None:
    _, page = composed(replace(LINE, kind=kind))
    headings = re.findall(r'<h2 class="h-(\w+)"', page)
    assert headings == [kind.value]


def test_what_could_not_be_checked_says_not_to_chase_and_asks_for_nothing() -> None:
    text, _ = composed(replace(LINE, kind=AlertKind.UNVERIFIABLE, reason=StateReason.UNREAD, days_late=0))
    assert "merci de ne pas les relancer" in text
    assert "Classeur" not in text
    assert "retard" not in text


@pytest.mark.parametrize(
    ("due_on", "words"),
    [
        (date(2019, 4, 15), "Attendu le lundi 15 avril 2019, dans 15 jours"),
        (date(2019, 4, 1), "Attendu le lundi 1er avril 2019, dans 1 jour"),
        (TODAY, "Attendu aujourd'hui"),
        (date(2019, 3, 28), "Attendu depuis le jeudi 28 mars 2019, encore dans les délais"),
    ],
)
def test_what_is_due_soon_is_never_called_late(due_on: date, words: str) -> None:
    text, _ = composed(replace(LINE, kind=AlertKind.DUE_SOON, due_on=due_on, days_late=3))
    assert f"  {words}\n" in text.replace(NBSP, " ")
    assert "de retard" not in text


def test_what_must_be_corrected_is_reported_with_its_place_and_its_marked_copy() -> None:
    places = tuple(ToCorrect(f"Données!B{row}", "un nombre entier, ou nc") for row in range(MOST_TO_CORRECT + 3))
    line = replace(
        LINE,
        kind=AlertKind.TO_BE_CORRECTED,
        reason=StateReason.TO_BE_CORRECTED,
        to_correct=places,
        annotated="var/corrections/x.xlsx",
    )
    for form in composed(line):
        assert form.count("un nombre entier, ou nc") == MOST_TO_CORRECT
        assert f"et 3{NBSP}autres endroits" in form
        assert "Copie annotée → var/corrections/x.xlsx" in form
        assert "Classeur à renvoyer" in form


def test_a_survey_is_linked_and_nothing_else_is() -> None:
    address = "https://enquetes.example.org/index.php/310603?lang=fr"
    text, page = composed(replace(LINE, workbook=None, survey=address, contact="standard 01 99 00 12 34"))
    assert f"Ouvrir le questionnaire → {address}" in text
    assert [attributes["href"] for tag, attributes in Page(page).tags if tag == "a"] == [address]
    assert f"Contact{NBSP}: standard 01 99 00 12 34" in text


@pytest.mark.parametrize("address", ["javascript:alert(1)", "data:text/html,x", "file:///etc/passwd"])
def test_an_address_that_is_no_web_page_is_no_link(address: str) -> None:
    _, page = composed(replace(LINE, workbook=None, survey=address))
    assert "href" not in page


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        ("https://e.example.org/index.php/admin/remotecontrol", "https://e.example.org/index.php/7?lang=fr"),
        ("http://127.0.0.1:8085/ls/index.php/admin/remotecontrol", "http://127.0.0.1:8085/ls/index.php/7?lang=fr"),
        ("https://e.example.org/elsewhere", None),
        ("javascript:/admin/remotecontrol", None),
    ],
)
def test_a_survey_s_address_follows_from_the_server_s(server: str, expected: str | None) -> None:
    assert survey_address(server, 7, "fr") == expected


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
        annotated=name,
        to_correct=(ToCorrect(name, name),),
    )
    _, page = composed(line, programme=name, follows=(name,), inbox=name)
    assert {tag for tag, _ in Page(page).tags} == {tag for tag, _ in Page(composed(_plain(line))[1]).tags}
    assert " ".join(name.split()) in Page(page).text


def _plain(line: DigestLine) -> DigestLine:
    return replace(line, structure="a", cohort="a", instrument="a", contact="a", workbook="a", annotated="a")


@pytest.mark.parametrize("break_", ["\r\n", "\n", "\r", "\u2028", "\u0085", "\v"])
def test_a_line_break_in_a_name_adds_no_header_and_no_line(break_: str) -> None:
    name = f"Essai{break_}Bcc: victim@example.org{break_}{break_}- IPSO"
    message = compose(replace(DIGEST, programme=name, lines=(replace(LINE, structure=name),)))
    opened = email.message_from_bytes(message.as_bytes(), policy=email.policy.default)
    assert opened["Bcc"] is None
    assert opened["Subject"] == "1 retour à suivre · Essai Bcc: victim@example.org - IPSO"
    text, _ = parts(message)
    assert len([line for line in text.splitlines() if line.startswith("- ")]) == 1 + 3  # the return, and three commands


def test_a_sign_that_reorders_text_is_left_out() -> None:
    text, _ = composed(replace(LINE, structure="NEO\u202e 65\u2066 x"))
    assert not set("\u202e\u2066") & set(text)


def test_a_mail_goes_to_one_address_and_names_no_other() -> None:
    message = compose(DIGEST)
    assert message["To"] == "camille@example.org"
    assert {name for name, value in message.items() if "@" in value} == {"From", "To", "Message-ID"}
    assert not [form for form in parts(message) if "@" in form.replace("@media", "")]


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
    _, page = composed(*(replace(LINE, kind=kind, structure="x" * 300) for kind in AlertKind))
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
    _, page = composed(*(replace(LINE, kind=kind) for kind in AlertKind))
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


def adapted(programme: Programme, alerts: list[Alert], new: set[str] | None = None, **more: Any) -> Digest:
    given: dict[str, Any] = {
        "recipient_code": "EVAL-A",
        "recipient": "camille@example.org",
        "sender": "suivi@example.org",
        "new": {alert.alert_id for alert in alerts} if new is None else new,
        "to_correct": {"a-faulty-version": [ReturnError("Données!B2", "un nombre entier, ou nc")]},
        "as_of": TODAY,
        "collected_on": TODAY,
        "decided_on": TODAY,
        "message_id": MESSAGE_ID,
    }
    return digest_of(programme, alerts, **(given | more))


def test_a_digest_has_names_in_the_place_of_codes_and_says_where_the_return_is_given(programme: Programme) -> None:
    survey = replace(STATUS, instrument_code="suivi", expected_return_id="VITA-2/NEO56/M18/suivi")
    digest = adapted(programme, alerts_due(programme, [STATUS, survey], TODAY))
    assert digest.follows == ("VITA Air", "Parcours gardien")
    workbook_line, survey_line = digest.lines
    assert workbook_line == LINE
    assert survey_line.instrument == "Questionnaire de suivi"
    assert survey_line.survey == "http://127.0.0.1:8085/index.php/310603?lang=fr"
    assert survey_line.workbook is None


def test_new_returns_come_first_and_returns_reported_before_are_not_called_new(programme: Programme) -> None:
    known, new = alerts_due(programme, [STATUS, replace(STATUS, expected_return_id="VITA-2/IPSO/M18/tableau")], TODAY)
    digest = adapted(programme, [known, new], new={new.alert_id})
    assert [(line.expected_return_id.split("/")[1], line.is_new) for line in digest.lines] == [
        ("IPSO", True),
        ("NEO56", False),
    ]


def test_places_to_correct_are_those_of_the_version_that_must_be_corrected(programme: Programme) -> None:
    faulty = replace(
        STATUS,
        state=ReturnState.QUARANTINED,
        state_reason=StateReason.TO_BE_CORRECTED,
        quarantined_return_id="a-faulty-version",
        days_late=None,
    )
    alerts = alerts_due(programme, [faulty, STATUS], TODAY)
    digest = adapted(programme, alerts, annotated={"a-faulty-version": "var/corrections/a.xlsx"})
    places = {line.kind: (line.to_correct, line.annotated) for line in digest.lines}
    assert places == {
        AlertKind.TO_BE_CORRECTED: (
            (ToCorrect("Données!B2", "un nombre entier, ou nc"),),
            "var/corrections/a.xlsx",
        ),
        AlertKind.MISSING: ((), None),
    }


def test_each_reader_gets_the_errors_that_the_line_is_about(programme: Programme) -> None:
    errors = [
        ReturnError("réponse 1, adopt", "une ligne pour A5", ResolvedBy.PROGRAMME, "l'option A5"),
        ReturnError("réponse 1, budget", "un nombre, ou nc"),
    ]
    faulty = replace(
        STATUS,
        state=ReturnState.QUARANTINED,
        state_reason=StateReason.TO_BE_CORRECTED,
        is_programme_to_mend=True,
        quarantined_return_id="v",
    )
    evaluator, lead = (
        Alert(faulty, AlertKind.TO_BE_CORRECTED, None, "EVAL-A"),
        Alert(faulty, AlertKind.TO_BE_MENDED, None, "_lead"),
    )
    copies = {"v": "var/corrections/v.xlsx"}
    (line,) = adapted(programme, [evaluator], to_correct={"v": errors}, annotated=copies).lines
    assert (line.to_correct, line.annotated) == (
        (ToCorrect("réponse 1, budget", "un nombre, ou nc"),),
        "var/corrections/v.xlsx",
    )
    (line,) = adapted(programme, [lead], to_correct={"v": errors}, annotated=copies).lines
    assert (line.to_correct, line.annotated) == (
        (ToCorrect("réponse 1, adopt · l'option A5", "une ligne pour A5"),),
        None,
    )


def test_a_return_that_is_within_its_days_of_grace_is_not_late(programme: Programme) -> None:
    status = replace(STATUS, state=ReturnState.OPEN, state_reason=StateReason.INCOMPLETE, on_time_until_on=TODAY)
    (line,) = adapted(programme, [Alert(status, AlertKind.INCOMPLETE, 0, "EVAL-A")]).lines
    assert line.days_late == 0


def test_what_came_and_belongs_to_nobody_is_counted_of_the_sources_of_missing_returns(programme: Programme) -> None:
    counts = {"inbox": 2, "limesurvey:310603": 5}
    missing = adapted(programme, [Alert(STATUS, AlertKind.MISSING, None, "EVAL-A")], unassigned=counts)
    begun = adapted(programme, [Alert(STATUS, AlertKind.UNFINISHED, None, "EVAL-A")], unassigned=counts)
    assert (missing.n_unassigned, begun.n_unassigned) == (2, 0)


def test_the_lead_of_the_programme_gets_the_reason_in_other_words(programme: Programme) -> None:
    digest = adapted(programme, alerts_due(programme, [STATUS], TODAY), recipient_code="_lead")
    assert digest.is_to_lead
    assert "parce que vous pilotez" in parts(compose(digest))[0]
