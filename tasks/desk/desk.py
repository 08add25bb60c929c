"""What every page of the desk works with: the programme as its folder is now, the plan, and who sees what."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Lock

from anyio import Semaphore

from schemas.errors import ProgrammeError
from schemas.intake import ItemKind, ItemOutcome
from schemas.programme import Programme
from schemas.settings import Environment, ProjectPaths
from schemas.tables import Row
from tasks.decisions import owed_returns
from tasks.desk.people import seen_by
from tasks.landing import Landing
from tasks.links import Links
from tasks.programme import read_programme
from tasks.workbooks.template_workbook import Template
from tasks.workbooks.templates import template_of
from warehouse.desk import DeskReturn, desk_returns, is_published, published_at, published_day
from warehouse.intake import Item
from warehouse.known_plan import KnownPlan, published_plan
from warehouse.last_values import reported_values
from warehouse.runs import last_instant_of

_CHECKED_AT_ONCE = 2
_KEPT_AT_ONCE = 4
_Stamps = tuple[tuple[str, int, int], ...]


@dataclass
class Desk:
    """The desk of a programme.

    Attributes:
        paths: The paths of the programme.
        environment: The settings of the installation.
        links: Makes and reads the links.
        url: The address at which people reach the desk, without a slash at its end.
        apply: Has a run apply the intake, at once if nobody writes.
        is_applied_here: Whether `apply` does so; otherwise the next run does.
        checks: Lets a few files be checked at once: each takes a processor, and a process that parses it.
        unchecked: Lets a few files be kept at once without a check.
    """

    paths: ProjectPaths
    environment: Environment = field(repr=False)
    links: Links = field(repr=False)
    url: str
    apply: Callable[[], None]
    is_applied_here: bool = True
    checks: Semaphore = field(default_factory=lambda: Semaphore(_CHECKED_AT_ONCE), repr=False)
    unchecked: Semaphore = field(default_factory=lambda: Semaphore(_KEPT_AT_ONCE), repr=False)
    _read: tuple[_Stamps, Programme] | None = field(default=None, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    @property
    def programme(self) -> Programme:
        """The programme as its folder is now; as it was last read without mistakes, while an edit has mistakes.

        Raises:
            ProgrammeError: The folder has mistakes, and was never read without.
        """
        with self._lock:
            stamps = _stamps(self.paths.folder)
            if self._read is not None and self._read[0] == stamps:
                return self._read[1]
            try:
                programme = read_programme(self.paths.folder)
            except ProgrammeError:
                if self._read is None:
                    raise
                programme = self._read[1]
            self._read = stamps, programme
            return programme

    @property
    def is_secure(self) -> bool:
        """Whether people reach the desk by HTTPS."""
        return self.url.startswith("https://")

    def today(self) -> date:
        """Return the present date in the programme's time zone."""
        return datetime.now(self.programme.zone).date()

    def built_on(self) -> date:
        """Return the day of which the published views are."""
        return published_day(self.paths)

    def unpublished(self, items: Iterable[Item]) -> list[Item]:
        """Return the items that no published figure includes yet: those that wait, and those applied since."""
        at = published_at(self.paths)
        return [
            item
            for item in items
            if item.settled_at is None
            or (item.outcome is ItemOutcome.APPLIED and item.kind is not ItemKind.NOTE and _is_after(item, at))
        ]

    def plan(self) -> KnownPlan:
        """Return the published plan."""
        return published_plan(self.paths, last_instant_of(self.today(), self.programme.zone))

    def planned(self) -> Mapping[str, Row]:
        """Return the latest row of the published plan of each expected return, by id."""
        return self.plan().planned

    def returns(self, code: str, expected_return_id: str | None = None) -> list[DeskReturn]:
        """Return the expected returns that a person may see, or one of them; none before the first run."""
        if not is_published(self.paths):
            return []
        everything = desk_returns(self.paths, expected_return_id)
        enrolments = {one.enrolment_id: one.innovation_code for one in everything}
        seen = seen_by(self.programme, code, enrolments, self.today())
        return [one for one in everything if one.enrolment_id in seen]

    def one(self, code: str, expected_return_id: str) -> DeskReturn | None:
        """Return an expected return; None if it does not exist, or the person may not see it."""
        return next(iter(self.returns(code, expected_return_id)), None)

    def template(self, expected_return_id: str) -> Template | None:
        """Return the workbook of an expected return; None if it is not owed, or is a survey."""
        owed = owed_returns(self.programme, self.paths, self.today()).rows
        row = next((row for row in owed if row["expected_return_id"] == expected_return_id), None)
        return (
            None
            if row is None
            else template_of(self.programme, row, reported_values(self.paths, str(row["enrolment_id"])))
        )

    def sealed(self, content: bytes) -> bytes:
        """Return a file as the intake keeps it: encrypted with the landing key."""
        return Landing(self.paths, self.environment).sealed(content)

    def unsealed(self, content: bytes) -> bytes:
        """Return the content that `sealed` was given."""
        return Landing(self.paths, self.environment).unsealed(content)

    def local(self, instant: datetime) -> datetime:
        """Return an instant (UTC, without a zone) in the programme's time zone."""
        return instant.replace(tzinfo=UTC).astimezone(self.programme.zone)


def _is_after(item: Item, at: datetime | None) -> bool:
    return at is None or item.settled_at is None or item.settled_at > at


def _stamps(folder: Path) -> _Stamps:
    files = [
        *folder.glob("*.*"),
        *folder.glob("questionnaires/*"),
        *folder.glob("expectations/*"),
        *folder.glob("surveys/*"),
    ]
    stats = [(file, file.stat()) for file in sorted(files) if file.is_file()]
    return tuple((str(file), stat.st_mtime_ns, stat.st_size) for file, stat in stats)
