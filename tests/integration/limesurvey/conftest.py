"""Provide recorded exchanges, a server that replays them, and a client that never sleeps."""

import base64
import contextlib
import json
import re
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tasks.limesurvey import LimeSurvey
from tasks.questionnaires.questionnaire import Questionnaire
from tasks.simulator import Simulator, State, Survey, User, serve

DATA = Path(__file__).parents[2] / "data" / "limesurvey"
SERVER_ZONE = ZoneInfo("Europe/Paris")
BATCHES = ("first", "second", "third")

SURVEY = 790101
"""The bilingual survey with every type of question."""

SURVEY_FILES = {
    781234: "evaluation_adoption_fr.lss",
    781235: "mini_anonyme_sans_date_fr.lss",
    781236: "mini_datee_fr.lss",
    790101: "bilingue_tous_types_v1.lss",
    790102: "bilingue_tous_types_v2.lss",
    790103: "durees.lss",
    790104: "chiffre.lss",
    790105: "expire.lss",
    790106: "sans_participants.lss",
    790107: "desactive.lss",
    790108: "edition_sans_persistance.lss",
    790109: "persistance_sans_edition.lss",
    791101: "sauts_fr.lss",
    791102: "saisies_fr.lss",
    791103: "suivi_repete_fr.lss",
    791107: "suivi_repete_fr.lss",
    791108: "codes_chiffres_fr.lss",
    791109: "tous_types_blancs_fr.lss",
}
"""The file of each recorded survey whose responses are read."""


@dataclass(frozen=True)
class Exchange:
    """A recorded call, with the answer of the real server and its time, naive, in the server's time zone."""

    batch: str
    name: str
    answered_at: datetime
    status: int
    content_type: str
    body: bytes
    method: str | None = None
    params: object = None
    raw: str | None = None
    request_content_type: str = "application/json"
    shortened: bool = False
    file: str | None = None

    @property
    def title(self) -> str:
        return f"{self.batch}/{self.name}"

    @property
    def number(self) -> int:
        return int(self.name.partition("_")[0])


def read_exchanges(batch: str) -> list[Exchange]:
    exchanges: list[Exchange] = []
    for line in (DATA / f"{batch}.jsonl").read_text(encoding="utf-8").rstrip("\n").split("\n"):
        row = json.loads(re.sub(r"<(\d+) x>", lambda run: "x" * int(run.group(1)), line))
        file = row.get("file")
        body = row.get("body") or ""
        if file is not None:
            body = f'{{"id":1, "result":"{base64.b64encode(file.encode()).decode()}", "error":null}}'
        exchanges.append(
            Exchange(
                batch=batch,
                name=row["name"],
                answered_at=parsedate_to_datetime(row["date"]).astimezone(SERVER_ZONE).replace(tzinfo=None),
                status=row["status"],
                content_type=row["content_type"] or "",
                body=body.encode(),
                method=row.get("method"),
                params=row.get("params"),
                raw=row.get("raw"),
                request_content_type=row.get("request_content_type") or "application/json",
                shortened=row.get("shortened", False),
                file=file,
            )
        )
    return exchanges


@pytest.fixture(scope="session")
def recorded() -> Callable[[str], Exchange]:
    """Return a recorded exchange by its title, such as `first/109_export_json_default`."""
    by_title = {one.title: one for batch in BATCHES for one in read_exchanges(batch)}
    return by_title.__getitem__


@pytest.fixture(scope="session")
def all_exchanges() -> dict[str, list[Exchange]]:
    return {batch: read_exchanges(batch) for batch in BATCHES}


@pytest.fixture(scope="session")
def survey_file() -> Callable[[str], Path]:
    return lambda name: DATA / "surveys" / name


Choice = Callable[[list[Any]], Exchange]
"""Pick the recording that answers a call, by the call's parameters."""


def in_turn(exchanges: list[Exchange]) -> Choice:
    """Answer with the recordings in turn; repeat the last one."""
    waiting = list(exchanges)
    return lambda _params: waiting.pop(0) if len(waiting) > 1 else waiting[0]


@contextlib.contextmanager
def replaying(script: Mapping[str, Choice]) -> Generator[str]:
    """Serve recordings on the loopback address.

    Only the id of the envelope is changed, to that of the call, as the real server would have had it.
    """

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
            pass

        def do_POST(self) -> None:
            call = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            exchange = script[call["method"]](call["params"])
            body = re.sub(rb'^\{"id":1\b', b'{"id":%d' % call["id"], exchange.body)
            self.close_connection = True
            self.send_response(exchange.status)
            self.send_header("Content-Type", exchange.content_type)
            self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/index.php/admin/remotecontrol"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def replay(recorded: Callable[[str], Exchange]) -> Iterator[Callable[..., LimeSurvey]]:
    """Make clients whose servers answer with recordings.

    `replay(get_summary="first/097_get_summary")`: one for all calls of a method, a list for one after the other, or a
    function that picks a title by the parameters.
    """
    with contextlib.ExitStack() as stack:

        def choice(titles: str | list[str] | Callable[[list[Any]], str]) -> Choice:
            if callable(titles):
                return lambda params: recorded(titles(params))
            return in_turn([recorded(one) for one in ([titles] if isinstance(titles, str) else titles)])

        def start(**titles: str | list[str] | Callable[[list[Any]], str]) -> LimeSurvey:
            script = {
                "get_session_key": choice("first/001_session_ok"),
                "release_session_key": choice("first/164_release_session_key"),
            } | {method: choice(title) for method, title in titles.items()}
            return stack.enter_context(client_of(stack.enter_context(replaying(script))))

        yield start


def do_not_wait(_seconds: float) -> None:
    """Return at once."""


def client_of(url: str, **options: Any) -> LimeSurvey:
    """Return a client that does not wait between attempts."""
    settings: dict[str, Any] = {"username": "admin", "password": "password", "wait": do_not_wait} | options
    return LimeSurvey(url, **settings)


@pytest.fixture
def connect() -> Iterator[Callable[..., LimeSurvey]]:
    """Make clients that are closed at the end of the test."""
    with contextlib.ExitStack() as stack:

        def connected(url: str, **options: Any) -> LimeSurvey:
            return stack.enter_context(client_of(url, **options))

        yield connected


@pytest.fixture
def survey(survey_file: Callable[[str], Path]) -> Survey:
    survey = Survey.from_lss(survey_file("bilingue_tous_types_v1.lss"))
    survey.activate()
    for number in range(1, 4):
        survey.add_participant(
            token=f"t{number}",
            attributes={"attribute_1": f"STR-{number}", "attribute_2": "2026"},
            firstname="Ada",
            lastname="Invented",
            email="ada@example.org",
        )
    for number in range(1, 13):
        survey.add_response(
            {"codestr": f"STR-{number}", "freins[temps]": "Y", "etp": "0.50"},
            token="t1" if number == 1 else None,
            submitdate="2026-03-31 10:00:00" if number % 3 else None,
        )
    return survey


@pytest.fixture
def simulator(survey: Survey) -> Iterator[Simulator]:
    users = (User("admin", "password"), User("reader", "password", administrator=False, surveys=frozenset({SURVEY})))
    with serve(State([survey], users)) as running:
        yield running


@pytest.fixture
def server(simulator: Simulator, connect: Callable[..., LimeSurvey]) -> LimeSurvey:
    return connect(simulator.url)


@pytest.fixture(scope="module")
def questionnaires(survey_file: Callable[[str], Path]) -> dict[int, Questionnaire]:
    """Return the questionnaires of all recorded surveys, from the simulator."""
    surveys: list[Survey] = []
    for survey_id, name in SURVEY_FILES.items():
        survey = Survey.from_lss(survey_file(name))
        survey.sid = survey_id
        surveys.append(survey)
    with (
        serve(State(surveys)) as simulator,
        LimeSurvey(simulator.url, username="admin", password="password") as server,
    ):
        return {survey.sid: server.questionnaire(survey.sid) for survey in surveys}
