"""Read attributes.csv against the declared attributes, and find the days on which each value holds."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from itertools import pairwise

from schemas.attributes import UNKNOWN, Attribute, AttributeLine, AttributeValue
from schemas.errors import Mistake
from schemas.following import Period
from schemas.programme import Settings
from schemas.programme_tables import Enrolment, present_codes
from tasks.programme.declared import structures_in, unknown
from tasks.programme.lines import Lines, Located, Path
from tasks.programme.spellings import nearest, shown
from tasks.programme.tables import Table

_ONE_DAY = timedelta(days=1)
_TAKEN = {
    "cohort", "evaluator", "filled_by", "innovation", "instrument",
    "from_on", "structure_code", "structure_name", "former_codes", "cohort_codes", "innovation_codes", "is_invented",
}  # fmt: skip
"""The other groups of figures, and the other columns of attributes.csv and of `structures`."""


def read_attributes(
    settings: Settings, lines: Lines, enrolments: Table[Enrolment], table: Table[AttributeLine]
) -> tuple[list[AttributeValue], list[Mistake]]:
    """Return the values with their periods, by structure and attribute in the order of days, and the mistakes.

    Args:
        settings: The contents of programme.yaml.
        lines: Its lines.
        enrolments: The lines of structures.csv.
        table: The lines of attributes.csv.
    """
    mistakes = list(_in_declarations(settings.attributes, lines))
    # A code that names two structures is a mistake of its own in structures.csv.
    own = {line.value.structure_code: line.value.structure_code for line in enrolments}
    present = {**present_codes(line.value for line in enrolments), **own}
    mistakes += _in_lines(settings.attributes, enrolments, present, table)
    by_structure: dict[str, list[AttributeLine]] = {}
    for line in table:
        by_structure.setdefault(present.get(line.value.structure_code, ""), []).append(line.value)
    values = [
        value
        for structure_code, of_structure in by_structure.items()
        for attribute in settings.attributes
        for value in _periods(structure_code, attribute.code, of_structure)
        if structure_code
    ]
    return values, mistakes


def _periods(structure_code: str, attribute_code: str, lines: Sequence[AttributeLine]) -> Iterator[AttributeValue]:
    """Yield the values of an attribute of a structure: each holds until the next one."""
    dated = sorted((line for line in lines if attribute_code in line.values), key=lambda line: line.from_on or date.min)
    for line, following in pairwise((*dated, None)):
        if line is None:
            return
        last = following.from_on - _ONE_DAY if following is not None and following.from_on is not None else None
        yield AttributeValue(structure_code, attribute_code, line.values[attribute_code], Period(line.from_on, last))


def _in_declarations(attributes: Sequence[Attribute], lines: Lines) -> Iterator[Mistake]:
    for i, attribute in enumerate(attributes):
        at: Path = ("attributes", i)
        if attribute.code.casefold() in _TAKEN:
            found = f"attribute {shown(attribute.code)}"
            yield Mistake(
                lines.file, lines.of((*at, "code")), found, "a code that no other column or group of figures has"
            )
        first: dict[str, str] = {}
        for j, value in enumerate(attribute.values):
            where = lines.of((*at, "values", j))
            of = f"of attribute {attribute.code}"
            if value != value.strip():
                yield Mistake(lines.file, where, f"value {shown(value)} {of}", "no blanks at its beginning and end")
            elif value == UNKNOWN:
                expected = "another value: a structure whose cell is blank is in this group"
                yield Mistake(lines.file, where, f"value {shown(value)} {of}", expected)
            elif (known := first.setdefault(value.casefold(), value)) == value and value in attribute.values[:j]:
                yield Mistake(lines.file, where, f"value {shown(value)} {of} a second time", "each value once")
            elif known != value:
                expected = "values that differ by more than capitals"
                yield Mistake(lines.file, where, f"value {shown(value)} {of} beside {shown(known)}", expected)


def _in_lines(
    attributes: Sequence[Attribute],
    enrolments: Table[Enrolment],
    present: Mapping[str, str],
    table: Table[AttributeLine],
) -> Iterator[Mistake]:
    structures = structures_in(enrolments)
    allowed = {attribute.code: [value.strip() for value in attribute.values] for attribute in attributes}
    first: dict[tuple[str, date | None], Located[AttributeLine]] = {}
    for line in table:
        one = line.value
        yield from unknown(Lines(line.file, {(): line.line}), (), "structure", one.structure_code, structures)
        known = first.setdefault((present.get(one.structure_code, one.structure_code), one.from_on), line)
        if known is not line:
            since = f"from {one.from_on}" if one.from_on else "without a day in from_on"
            expected = f"one line of each structure and day (the first is line {known.line})"
            found = f"{one.structure_code} {since} a second time"
            yield Mistake(line.file, line.line, found, expected)
        if not one.values:
            expected = "the value of an attribute, or no such line"
            yield Mistake(line.file, line.line, f"a line of {one.structure_code} without any value", expected)
        for code, value in one.values.items():
            if allowed.get(code) and value not in allowed[code]:
                expected = f"one of its values ({', '.join(allowed[code])})"
                found = f"{code} = {shown(value)} of {one.structure_code}"
                yield Mistake(line.file, line.line, found, expected, nearest(value, allowed[code]))
