"""A difference between two questionnaires, the crosswalk items that it breaks and the lines that would resolve it."""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from schemas.enums import DriftKind, ElementKind
from schemas.programme import Programme
from schemas.programme_tables import CrosswalkLine, RecodeLine
from tasks.questionnaires.questionnaire import Question
from tasks.questionnaires.response_columns import Field


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposed edit to a file of the programme folder, for a person to confirm.

    Attributes:
        file: Name of the file.
        line: The line to write, with `?` for a value to fill in; empty to delete `replaces`.
        replaces: The line to replace; empty to add `line`.
    """

    file: str
    line: str
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference, described in words.

    Attributes:
        kind: The kind of difference.
        element: The sort of thing that differs; None for the questionnaire as a whole.
        question_code: Code of the question in the baseline, or in the live questionnaire for a new one.
        code: Code of the subquestion or option in the baseline, or in the live questionnaire for a new one; else empty.
        scale: Scale of the subquestion or option.
        language: The language of a wording; empty if the difference concerns all languages.
        found: The live questionnaire, in words.
        expected: The baseline, in words.
        breaks: The crosswalk items that can no longer be read safely.
        proposals: Edits to the programme folder that would resolve the difference.
    """

    kind: DriftKind
    element: ElementKind | None
    question_code: str
    code: str = ""
    scale: int = 0
    language: str = ""
    found: str = ""
    expected: str = ""
    breaks: tuple[str, ...] = ()
    proposals: tuple[Proposal, ...] = ()


@dataclass(frozen=True, slots=True)
class Crossing:
    """The crosswalk of one instrument version and the columns of both questionnaires.

    Attributes:
        programme: The programme.
        instrument_code: The instrument.
        version: The instrument version.
        lines: A crosswalk line of each item. All lines of an item have the same recode.
        earlier: The columns of the baseline by heading.
        later: The columns of the live questionnaire by heading.
        language: The baseline's first language that both have, its base language if possible; None if they share none.
        languages: The languages that both have.
        recodes: The recode lines by recode and source value.
    """

    programme: Programme
    instrument_code: str
    version: int
    lines: Mapping[str, CrosswalkLine]
    earlier: Mapping[str, Field]
    later: Mapping[str, Field]
    language: str | None
    languages: tuple[str, ...]
    recodes: Mapping[str, Mapping[str, RecodeLine]] = field(default_factory=dict[str, Mapping[str, RecodeLine]])

    def mapped(self, items: Iterable[str]) -> tuple[str, ...]:
        """Return the items that the crosswalk maps, in its order."""
        wanted = set(items)
        return tuple(item for item in self.lines if item in wanted)

    def mapped_of(self, question: Question) -> tuple[str, ...]:
        """Return the crosswalk items that read a question of the baseline."""
        return self.mapped(item for item, column in self.earlier.items() if column.question_code == question.code)

    def lines_of(self, items: Iterable[str]) -> Iterator[CrosswalkLine]:
        """Yield all crosswalk lines of the items."""
        lines = self.programme.crosswalk_of(self.instrument_code, self.version)
        return (line for item in items for line in lines if line.item == item)

    def text_of(self, line: CrosswalkLine) -> str:
        """Return a crosswalk line as written in its file, with the optional columns that any line uses."""
        cells = (line.instrument_code, line.version, line.item, line.indicator_code, line.recode)
        has_shares = any(other.share_of is not None for other in self.programme.crosswalk)
        has_breaks = any(other.break_reason is not None for other in self.programme.crosswalk)
        optional = (*([line.share_of] if has_shares else []), *([line.break_reason] if has_breaks else []))
        return csv_line(*cells, *optional)

    def meaning(self, item: str, code: str) -> tuple[str | None, str | None] | None:
        """Return the value and the missing reason of a code in an item; None if the item's recode lacks the code."""
        recode = self.lines[item].recode
        if recode is None:
            return code, None
        line = self.recodes.get(recode, {}).get(code)
        return None if line is None else (line.value, line.missing_reason)


def csv_line(*cells: str | int | None) -> str:
    """Return cells as a line of a CSV file, without the line break."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(["" if cell is None else cell for cell in cells])
    return text.getvalue()


def recode_text(recode: str, code: str, meaning: tuple[str | None, str | None] | None) -> str:
    """Return a recode line as written in its file; `?` stands for an unknown meaning."""
    value, reason = meaning if meaning is not None else ("?", None)
    return csv_line(recode, code, value, reason)
