"""Know which codes a programme folder declares, also where the declaration itself has a mistake."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from schemas.base import CODE, LONGEST_CODE
from schemas.errors import Mistake
from schemas.programme_tables import Enrolment, Indicator, present_codes
from tasks.programme.lines import Lines, Located, Path, Value
from tasks.programme.spellings import nearest, shown, trace_of_spreadsheet
from tasks.programme.tables import Line, Table

_LISTED = 12


@dataclass(frozen=True, slots=True)
class Declared:
    """Codes of one kind that are declared.

    Attributes:
        codes: The codes.
        doubtful: The codes of lines with mistakes. They are declared, and nothing else is known about them.
        is_complete: False if more codes may be declared, in a line or file that cannot be read.
    """

    codes: Sequence[str]
    doubtful: frozenset[str] = field(default_factory=frozenset[str])
    is_complete: bool = True

    def may_be(self, code: str) -> bool:
        """Return whether a code is declared, or may be."""
        return code in self.codes or code in self.doubtful or not self.is_complete


def declared_once(codes: Iterable[str]) -> Declared:
    """Return the codes of a list where each code is declared once.

    Where one of them is there twice, another one is probably missing.
    """
    listed = list(codes)
    return Declared(listed, is_complete=len(set(listed)) == len(listed))


def declared_in(table: Table[Line], column: str, *, is_key: bool = True) -> Declared:
    """Return the codes in a column of a table.

    Args:
        table: The table.
        column: The column.
        is_key: Whether each line has another code.
    """
    codes = [str(getattr(line.value, column)) for line in table]
    doubtful = [row.get(column, "") for row in table.unread]
    is_unique = not is_key or len({*codes, *doubtful}) == len(codes) + len(doubtful)
    is_complete = table.is_readable and is_unique and all(_is_code(code) for code in doubtful)
    return Declared(list(dict.fromkeys(codes)), frozenset(doubtful), is_complete=is_complete)


def structures_in(enrolments: Table[Enrolment]) -> Declared:
    """Return the codes of structures, former ones included.

    A code that a spreadsheet may have changed is reported in structures.csv, and each use of the code it was is not.
    """
    present = declared_in(enrolments, "structure_code", is_key=False)
    is_changed = any(trace_of_spreadsheet(line.value.structure_code) for line in enrolments)
    codes = list(present_codes(line.value for line in enrolments))
    return replace(present, codes=codes, is_complete=present.is_complete and not is_changed)


def _is_code(text: str) -> bool:
    return len(text) <= LONGEST_CODE and CODE.match(text) is not None


def unknown(
    lines: Lines, path: Path, what: str, code: str, declared: Iterable[str] | Declared, of: str = ""
) -> Iterator[Mistake]:
    """Yield a mistake if a code is not declared.

    Args:
        lines: The lines of the file that uses the code.
        path: Path of the code in that file.
        what: Noun for the code.
        code: The code.
        declared: The declared codes.
        of: What the code belongs to, such as `of status`.
    """
    known = declared if isinstance(declared, Declared) else Declared(list(declared))
    if known.may_be(code):
        return
    listed = [*known.codes, *sorted(known.doubtful)]
    words = f"one that is declared ({', '.join(listed[:_LISTED])}{', …' if len(listed) > _LISTED else ''})"
    if not listed:
        words = f"one that is declared; no {what} is"
    near = nearest(code, listed)
    if not near and (trace := trace_of_spreadsheet(code)):
        words += f": a spreadsheet may have made {trace} of it; write the code again, in a column of texts"
    yield Mistake(lines.file, lines.of(path), f"{what} {shown(code)}{of and ' '}{of}", words, near)


OTHER_THAN_BY_CAPITALS = "codes that differ by more than capitals: names of files may not distinguish them"


def alike(lines: Lines, what: str, codes: Iterable[tuple[Path, str]]) -> Iterator[Mistake]:
    """Yield a mistake for each code that differs from an earlier one by capitals only."""
    first: dict[str, str] = {}
    for path, code in codes:
        known = first.setdefault(code.casefold(), code)
        if known != code:
            yield Mistake(
                lines.file, lines.of(path), f"{what} {shown(code)} beside {shown(known)}", OTHER_THAN_BY_CAPITALS
            )


def twice(lines: Lines, what: str, codes: Iterable[tuple[Path, str]], of: str = "") -> Iterator[Mistake]:
    """Yield a mistake for each code that is there already.

    Args:
        lines: The lines of the file.
        what: Noun for the code.
        codes: The codes, with their paths.
        of: What the codes belong to.
    """
    first: dict[str, Path] = {}
    for path, code in codes:
        if code in first:
            found = f"{what} {shown(code)}{of and ' '}{of} a second time"
            yield Mistake(
                lines.file, lines.of(path), found, f"each once (the first is on line {lines.of(first[code])})"
            )
        first.setdefault(code, path)


def repeated(
    located: Sequence[Located[Value]], what: str, key: Callable[[Value], tuple[object, ...]]
) -> Iterator[Mistake]:
    """Yield a mistake for each line whose key repeats that of an earlier line.

    Args:
        located: The lines of a table.
        what: Noun for the repetition.
        key: Returns the key of a line.
    """
    first: dict[tuple[object, ...], int] = {}
    for line in located:
        values = key(line.value)
        if values in first:
            found = f"{what} again ({', '.join(map(str, values))})"
            yield Mistake(line.file, line.line, found, f"it once (it is on line {first[values]})")
        first.setdefault(values, line.line)


def indicator_by_code(indicators: Sequence[Located[Indicator]]) -> dict[str, Indicator]:
    """Return the indicators by code: of two lines with the same code, the first."""
    by_code: dict[str, Indicator] = {}
    for line in indicators:
        by_code.setdefault(line.value.indicator_code, line.value)
    return by_code
