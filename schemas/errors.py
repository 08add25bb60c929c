"""The errors that a person can act on.

Each message names the place, what was found there, what was expected, and the remedy. A command prints the message
without a traceback and ends with the exit code of the class.

  EssaimError                 exit code 1
    x UsageError              exit code 2
      . ProgrammeError
      . MailError
      . PlanError
    x DiskError
    x DatabaseError
      . WarehouseBusyError
    x DbtError
    x SurveyServerError

A module that needs an error of its own derives it from the family here. The LimeSurvey client raises errors of its own
(`tasks/limesurvey/errors.py`), which become outcomes of a source check, or a SurveyServerError.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from schemas.enums import Exit


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One mistake in a programme folder.

    Attributes:
        file: Path of the file, relative to the programme folder.
        line: Line number, from 1; 0 if the mistake concerns the whole file.
        found: The text or value that was found.
        expected: A description of what is valid there.
        nearest: The valid spelling nearest to `found`; empty if none is near.
    """

    file: str
    line: int
    found: str
    expected: str
    nearest: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        hint = f" Did you mean {self.nearest}?" if self.nearest else ""
        return f"{where}: found {self.found}; expected {self.expected}.{hint}"


_FILES = (
    "programme", "structures", "attributes", "codebook", "recodes", "crosswalk", "published", "corrections",
)  # fmt: skip
"""The files of a programme folder without their endings, each before those that use its codes."""
_LISTED = 5


def _place_of(file: str) -> int:
    name = file.rpartition(".")[0]
    return _FILES.index(name) if name in _FILES else len(_FILES)


def _grouped(mistakes: Iterable[Mistake]) -> list[Mistake]:
    """Return one mistake for those that say the same of several lines, at the first line."""
    groups: dict[tuple[str, ...], set[tuple[int, Mistake]]] = {}
    for mistake in mistakes:
        of_file = () if mistake.line else (mistake.file,)
        key = (mistake.found, mistake.expected, mistake.nearest, *of_file)
        groups.setdefault(key, set()).add((_place_of(mistake.file), mistake))
    return [_as_one([mistake for _, mistake in sorted(group)]) for group in groups.values()]


def _as_one(mistakes: list[Mistake]) -> Mistake:
    first, *others = mistakes
    if not others:
        return first
    listed = [str(other.line) if other.file == first.file else f"{other.file}:{other.line}" for other in others]
    also = ", ".join([*listed[:_LISTED], *(["…"] if len(listed) > _LISTED else [])])
    return replace(first, found=f"{first.found} (on {len(mistakes)} lines: also {also})")


class EssaimError(Exception):
    """Base class of the errors that a person can act on."""

    exit_code: Exit = Exit.FAILED


class UsageError(EssaimError):
    """The command line, the environment or the programme folder must be corrected before the command can run."""

    exit_code = Exit.USAGE


class PlanError(UsageError):
    """The programme folder changes what was due already, and nobody has accepted that yet."""


class ProgrammeError(UsageError):
    """A programme folder contains mistakes.

    Attributes:
        mistakes: All of them, in the order in which the files depend on each other, and by line. One that is on
            several lines is one mistake, at the first of them.
    """

    def __init__(self, mistakes: list[Mistake]) -> None:
        self.mistakes = sorted(_grouped(mistakes), key=lambda mistake: (_place_of(mistake.file), mistake))
        count = len(self.mistakes)
        noun = "mistake" if count == 1 else "mistakes"
        super().__init__(f"The programme folder has {count} {noun}:\n" + "\n".join(f"  {m}" for m in self.mistakes))


class MailError(UsageError):
    """The settings for mails or chats are incomplete or invalid."""


class DiskError(EssaimError):
    """A file or folder cannot be found, read or written."""


class DatabaseError(EssaimError):
    """The warehouse, in a DuckDB file or a PostgreSQL database, cannot be opened, read or written."""


class WarehouseBusyError(DatabaseError):
    """Another run holds the lease for writing the warehouse."""


class DbtError(EssaimError):
    """dbt could not build a model or write its documentation, or a data test failed."""


class SurveyServerError(EssaimError):
    """The survey server could not be reached, or refused a request."""
