"""Errors as sentences: where, what was found, what was expected, how to mend it."""

from dataclasses import dataclass

from schemas.enums import Exit


@dataclass(frozen=True, slots=True, order=True)
class Mistake:
    """One mistake in a programme folder.

    `line` counts from 1 as editors do; 0 where the whole file is meant. `nearest` is the likeliest correct spelling.
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


class EssaimError(Exception):
    """An error that a person can act on. Its text is shown as it is, without a traceback."""

    exit_code: Exit = Exit.FAILED


class UsageError(EssaimError):
    """The command, the settings or the programme folder must be corrected before anything can run."""

    exit_code = Exit.USAGE


class ProgrammeError(UsageError):
    """A programme folder with mistakes, all of them."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        self.mistakes = sorted(mistakes)
        count = len(self.mistakes)
        noun = "mistake" if count == 1 else "mistakes"
        super().__init__(f"The programme folder has {count} {noun}:\n" + "\n".join(f"  {m}" for m in self.mistakes))


class WarehouseBusyError(EssaimError):
    """Another run is writing the warehouse."""
