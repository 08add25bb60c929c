"""A difference between two questionnaires, with what it breaks and the lines that would mend it."""

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from schemas.enums import DriftKind, ElementKind
from schemas.programme import CrosswalkLine, Programme, RecodeLine
from tasks.questionnaires.questionnaire import Question
from tasks.questionnaires.response_columns import Field


@dataclass(frozen=True, slots=True)
class Proposal:
    """A line of a file of the programme folder, for a person to confirm. A `?` stands for what nobody can guess.

    `line` is as it would stand in the file, empty where a line should go; `replaces` is the line whose place it
    takes, empty where it is added.
    """

    file: str
    line: str
    replaces: str = ""


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference, in words: `expected` is what the crosswalk was written for, `found` what is asked now.

    `element` is None for the questionnaire as a whole. `code` is the subquestion's or option's in the earlier
    questionnaire (in the later one where it is new). `language` is empty where all languages are meant. `breaks` are
    the crosswalk items that cannot be read safely any more.
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
    """The crosswalk of one instrument version, with the fields of the two questionnaires."""

    programme: Programme
    instrument_code: str
    version: int
    lines: Mapping[str, CrosswalkLine]
    earlier: Mapping[str, Field]
    later: Mapping[str, Field]
    language: str | None
    """The base language, or the first language that both have; None where they share none."""
    languages: tuple[str, ...]
    """The languages that both have."""
    recodes: Mapping[str, Mapping[str, RecodeLine]] = field(default_factory=dict[str, Mapping[str, RecodeLine]])

    def mapped(self, items: Iterable[str]) -> tuple[str, ...]:
        """Those of the items that the crosswalk maps, in its order."""
        wanted = set(items)
        return tuple(item for item in self.lines if item in wanted)

    def mapped_of(self, question: Question) -> tuple[str, ...]:
        """The crosswalk items that a question of the earlier questionnaire answers."""
        return self.mapped(item for item, told in self.earlier.items() if told.question_code == question.code)

    def text_of(self, line: CrosswalkLine) -> str:
        """A crosswalk line as it would stand in the file, with its break where any line has one."""
        cells = (line.instrument_code, line.version, line.item, line.indicator_code, line.recode)
        has_breaks = any(one.break_reason is not None for one in self.programme.crosswalk)
        return csv_line(*cells, *([line.break_reason] if has_breaks else []))

    def meaning(self, item: str, code: str) -> tuple[str | None, str | None] | None:
        """What a code in an item means to the crosswalk: a value or a reason; None where it says nothing of it."""
        recode = self.lines[item].recode
        if recode is None:
            return code, None
        line = self.recodes.get(recode, {}).get(code)
        return None if line is None else (line.value, line.missing_reason)


def csv_line(*cells: str | int | None) -> str:
    """Cells as a line of a CSV file, without its end."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow(["" if cell is None else cell for cell in cells])
    return text.getvalue()


def recode_text(recode: str, code: str, meaning: tuple[str | None, str | None] | None) -> str:
    """A recode line as it would stand in the file."""
    value, reason = meaning if meaning is not None else ("?", None)
    return csv_line(recode, code, value, reason)
