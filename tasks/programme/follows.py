"""Check who follows what, and who stands in for whom: each code is declared, and each day is given once."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from schemas.attributes import AttributeValue
from schemas.errors import Mistake
from schemas.following import Followed, FollowedKind, Period, Substitute, value_of
from schemas.programme import Evaluator, Settings
from schemas.programme_tables import Enrolment, present_codes
from tasks.following import named_by
from tasks.programme.declared import Declared, declared_once, structures_in, unknown
from tasks.programme.lines import Lines, Path
from tasks.programme.spellings import shown
from tasks.programme.tables import Table

_Entry = tuple[Path, FollowedKind, str, Period]


def check_follows(
    settings: Settings, lines: Lines, enrolments: Table[Enrolment], attribute_values: Sequence[AttributeValue]
) -> Iterator[Mistake]:
    """Yield the mistakes in `follows` and `substitutes`."""
    attributes = declared_once(attribute.code for attribute in settings.attributes)
    declared = {
        FollowedKind.INNOVATION: declared_once(innovation.code for innovation in settings.innovations),
        FollowedKind.COHORT: declared_once(cohort.code for cohort in settings.cohorts),
        FollowedKind.STRUCTURE: structures_in(enrolments),
    }
    structures = present_codes(line.value for line in enrolments)
    stand_ins = {substitute.evaluator for evaluator in settings.evaluators for substitute in evaluator.substitutes}
    for i, evaluator in enumerate(settings.evaluators):
        at: Path = ("evaluators", i, "follows")
        if not evaluator.follows and evaluator.code not in stand_ins:
            yield Mistake(
                lines.file, lines.of(at), f"nothing under follows of evaluator {evaluator.code}",
                "a list, such as [COLD]: only the substitute of another evaluator may follow nothing",
            )  # fmt: skip
        for j, entry in enumerate(evaluator.follows):
            if isinstance(entry, str):
                yield from _code_alone(
                    lines, (*at, j), entry, evaluator.code, settings, declared, enrolments, structures
                )
            elif entry.attribute is not None:
                yield from unknown(lines, (*at, j, "attribute"), "attribute", entry.attribute, attributes)
                known = _values_of(entry.attribute, settings, attribute_values)
                of = f"of attribute {entry.attribute}"
                yield from unknown(lines, (*at, j, "value"), "value", entry.value or "", known, of)
            else:
                kind, code = entry.what
                yield from unknown(lines, (*at, j, kind.value), kind, code, declared[kind])
        yield from _again(lines, evaluator, list(_entries(evaluator, at, settings, structures)))
    yield from _innovations_of_nobody(settings, lines, enrolments, declared, structures, attribute_values)
    yield from _substitutes(settings, lines)


def _values_of(code: str, settings: Settings, attribute_values: Sequence[AttributeValue]) -> Declared:
    """Return the values of an attribute: those that it declares, else those that structures have."""
    declared = next((attribute.values for attribute in settings.attributes if attribute.code == code), None)
    present = dict.fromkeys(one.value for one in attribute_values if one.attribute_code == code)
    return Declared(declared or list(present), is_complete=declared is not None)


def _code_alone(
    lines: Lines,
    path: Path,
    code: str,
    evaluator_code: str,
    settings: Settings,
    declared: dict[FollowedKind, Declared],
    enrolments: Table[Enrolment],
    structures: Mapping[str, str],
) -> Iterator[Mistake]:
    kinds = [kind.value for kind, _ in named_by(code, settings, structures)]
    if len(kinds) > 1:
        yield Mistake(
            lines.file, lines.of(path),
            f"{shown(code)} under follows of evaluator {evaluator_code}, the code of {_all_of(kinds)}",
            f"the one that is meant: write {' or '.join(f'{{{kind}: {code}}}' for kind in kinds)}",
        )  # fmt: skip
    # Where the declaration of a code is misspelt, each use of the code is part of the same mistake.
    if code in {cohort.innovation for cohort in settings.cohorts}:
        what, known = FollowedKind.INNOVATION.value, declared[FollowedKind.INNOVATION]
    elif code in {line.value.cohort_code for line in enrolments}:
        what, known = FollowedKind.COHORT.value, declared[FollowedKind.COHORT]
    else:
        what, known = "innovation, cohort or structure", _anything(declared)
    yield from () if kinds else unknown(lines, path, what, code, known)


def _anything(declared: dict[FollowedKind, Declared]) -> Declared:
    return Declared(
        [code for of_kind in declared.values() for code in of_kind.codes],
        frozenset().union(*(of_kind.doubtful for of_kind in declared.values())),
        is_complete=all(of_kind.is_complete for of_kind in declared.values()),
    )


def _all_of(kinds: list[str]) -> str:
    with_articles = [f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}" for kind in kinds]
    return f"{', '.join(with_articles[:-1])} and {with_articles[-1]}"


def _entries(evaluator: Evaluator, at: Path, settings: Settings, structures: Mapping[str, str]) -> Iterator[_Entry]:
    for j, entry in enumerate(evaluator.follows):
        if isinstance(entry, Followed):
            kind, code = entry.what
            code = structures.get(code, code) if kind is FollowedKind.STRUCTURE else code
            yield (*at, j), kind, code, entry.period
        elif len(named := named_by(entry, settings, structures)) == 1:
            yield (*at, j), *named[0], Period()


def _again(lines: Lines, evaluator: Evaluator, entries: list[_Entry]) -> Iterator[Mistake]:
    for position, (path, kind, code, period) in enumerate(entries):
        for first, *what, earlier in entries[:position]:
            if what == [kind, code] and (both := period.common(earlier)) is not None:
                yield _second_time(lines, path, first, f"{kind} {shown(code)} of evaluator {evaluator.code}", both)
                break


def _second_time(lines: Lines, path: Path, first: Path, what: str, both: Period) -> Mistake:
    expected = f"each once (the first is on line {lines.of(first)})"
    if both != Period():
        expected = f"each once, or with days that do not overlap (the first is on line {lines.of(first)})"
    return Mistake(lines.file, lines.of(path), f"{what} a second time{days(both)}", expected)


def days(period: Period) -> str:
    """Return the days of a period in words, with a space before them; empty if it has no limit."""
    if period.from_on is not None and period.from_on == period.to_on:
        return f" on {period.from_on}"
    first = f" from {period.from_on}" if period.from_on else ""
    return f"{first} to {period.to_on}" if period.to_on else first


def _innovations_of_nobody(
    settings: Settings,
    lines: Lines,
    enrolments: Table[Enrolment],
    declared: dict[FollowedKind, Declared],
    structures: Mapping[str, str],
    attribute_values: Sequence[AttributeValue],
) -> Iterator[Mistake]:
    """Report the innovations of which nobody follows anything. The days without anybody are doubts."""
    entries = [
        entry
        for i, evaluator in enumerate(settings.evaluators)
        for entry in _entries(evaluator, ("evaluators", i, "follows"), settings, structures)
    ]
    innovation_of = {cohort.code: cohort.innovation for cohort in settings.cohorts}
    followed: set[str | None] = set()
    for _, kind, code, _ in entries:
        match kind:
            case FollowedKind.INNOVATION:
                followed.add(code)
            case FollowedKind.COHORT:
                followed.add(innovation_of.get(code))
            case FollowedKind.STRUCTURE:
                of_structure = (line.value for line in enrolments if line.value.structure_code == code)
                followed |= {innovation_of.get(enrolment.cohort_code) for enrolment in of_structure}
            case FollowedKind.ATTRIBUTE:
                having = {
                    one.structure_code for one in attribute_values if value_of(one.attribute_code, one.value) == code
                }
                followed |= {
                    innovation_of.get(line.value.cohort_code)
                    for line in enrolments
                    if line.value.structure_code in having
                }
    # The innovation of a misspelt code is reported there.
    is_known = len(entries) == sum(len(evaluator.follows) for evaluator in settings.evaluators) and all(
        kind is FollowedKind.ATTRIBUTE or (declared[kind].may_be(code) and code in declared[kind].codes)
        for _, kind, code, _ in entries
    )
    for i, innovation in enumerate(settings.innovations):
        if is_known and innovation.code not in followed:
            yield Mistake(
                lines.file, lines.of(("innovations", i)), f"innovation {shown(innovation.code)} followed by nobody",
                "an evaluator that follows it, one of its cohorts or one of its structures",
            )  # fmt: skip


def _substitutes(settings: Settings, lines: Lines) -> Iterator[Mistake]:
    evaluators = declared_once(evaluator.code for evaluator in settings.evaluators)
    circles: set[frozenset[str]] = set()
    for i, evaluator in enumerate(settings.evaluators):
        entries: list[tuple[Path, Substitute]] = [
            (("evaluators", i, "substitutes", j), substitute) for j, substitute in enumerate(evaluator.substitutes)
        ]
        for position, (path, substitute) in enumerate(entries):
            of = f"of evaluator {evaluator.code}"
            if substitute.evaluator == evaluator.code:
                found = f"evaluator {evaluator.code} as a substitute of the same evaluator"
                yield Mistake(lines.file, lines.of((*path, "evaluator")), found, "another evaluator")
                continue
            yield from unknown(lines, (*path, "evaluator"), "evaluator", substitute.evaluator, evaluators)
            for first, earlier in entries[:position]:
                both = substitute.period.common(earlier.period)
                if earlier.evaluator == substitute.evaluator and both is not None:
                    yield _second_time(lines, path, first, f"substitute {shown(substitute.evaluator)} {of}", both)
                    break
            yield from _chains(
                settings, lines, path, [evaluator.code, substitute.evaluator], substitute.period, circles
            )


def _chains(
    settings: Settings, lines: Lines, path: Path, codes: list[str], period: Period, circles: set[frozenset[str]]
) -> Iterator[Mistake]:
    """Report the substitutes of a substitute who stand in for each other, or are more than two in a row."""
    of_last = next((e.substitutes for e in settings.evaluators if e.code == codes[-1]), [])
    for substitute in of_last:
        both = period.common(substitute.period)
        if both is None or substitute.evaluator == codes[-1]:
            continue
        chain = [*codes, substitute.evaluator]
        by = "; ".join(f"{absent} has the substitute {present}" for absent, present in pairwise(chain))
        if substitute.evaluator in codes:
            if substitute.evaluator == codes[0] and frozenset(codes) not in circles:
                circles.add(frozenset(codes))
                found = f"substitutes in a circle{days(both)}: {by}"
                yield Mistake(lines.file, lines.of(path), found, "a substitute who is there on these days")
        elif len(chain) > 3:
            found = f"the substitute of a substitute who has a substitute too{days(both)}: {by}"
            expected = f"at most two in a row: write {chain[-1]} as the substitute of {chain[-3]} on these days"
            yield Mistake(lines.file, lines.of(path), found, expected)
        else:
            yield from _chains(settings, lines, path, chain, both, circles)
