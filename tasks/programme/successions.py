"""Check how structures changed: former codes, mergers, and moves to another cohort."""

from collections.abc import Iterator, Mapping

from schemas.errors import Mistake
from schemas.programme import Cohort
from schemas.programme_tables import Enrolment
from schemas.successions import heir_of
from tasks.programme.declared import declared_in, unknown
from tasks.programme.lines import Lines, Located
from tasks.programme.spellings import shown
from tasks.programme.tables import Table


def check_successions(cohorts: Mapping[str, Cohort], enrolments: Table[Enrolment]) -> Iterator[Mistake]:
    """Yield the mistakes in `former_codes`, `merged_into` and `moved_to`.

    Args:
        cohorts: The declared cohorts, by code.
        enrolments: The lines of structures.csv.
    """
    yield from _former_codes(enrolments)
    structures, enrolled = declared_in(enrolments, "structure_code", is_key=False), [line.value for line in enrolments]
    innovations = {code: cohort.innovation for code, cohort in cohorts.items()}
    for line in enrolments:
        one = line.value
        where = Lines(line.file, {(): line.line})
        if one.merged_into is None and one.moved_to is None:
            continue
        if one.merged_into in one.codes:
            yield _mistake(line, f"merged_into {one.merged_into}, itself", "another structure")
            continue
        if one.merged_into is not None:
            named = {code: other.structure_code for other in enrolled for code in other.codes[1:]}
            if renamed := named.get(one.merged_into):
                expected = f"its present code: write {renamed}"
                yield _mistake(line, f"merged_into {one.merged_into}, a former code", expected)
                continue
            yield from unknown(where, (), "structure", one.merged_into, structures, "in merged_into")
            if not structures.may_be(one.merged_into) or one.merged_into in structures.doubtful:
                continue
        if one.moved_to is not None:
            yield from unknown(where, (), "cohort", one.moved_to, list(cohorts), "in moved_to")
        if one.cohort_code not in cohorts or (one.moved_to is not None and one.moved_to not in cohorts):
            continue
        yield from _heir(line, enrolled, innovations)


def _heir(line: Located[Enrolment], enrolled: list[Enrolment], innovations: Mapping[str, str]) -> Iterator[Mistake]:
    """Yield a mistake where nobody can answer for an enrolment that ended."""
    one, innovation = line.value, innovations[line.value.cohort_code]
    if one.moved_to is not None:
        of_cohort = innovations[one.moved_to]
        if one.moved_to == one.cohort_code:
            yield _mistake(line, f"moved_to {one.moved_to}, its own cohort", "another cohort of its innovation")
            return
        if of_cohort != innovation:
            found = f"moved_to {one.moved_to}, a cohort of {of_cohort}"
            yield _mistake(
                line, found, f"a cohort of {innovation}, or left_on alone and a line for the other innovation"
            )
            return
    heir = heir_of(one, enrolled, innovations)
    if heir is None:
        found, expected = (
            (f"moved_to {one.moved_to}", f"a line of {one.structure_code} in {one.moved_to}, from which it answers")
            if one.moved_to is not None
            else (
                f"merged_into {one.merged_into}, which is in no cohort of {innovation}",
                "a structure that answers for it there, or left_on alone",
            )
        )
        yield _mistake(line, found, expected)
        return
    if heir.left_on is not None and one.left_on is not None and heir.left_on <= one.left_on:
        what = f"moved_to {one.moved_to}" if one.moved_to else f"merged_into {one.merged_into}"
        found = f"{what} on {one.left_on}, which left on {heir.left_on}"
        yield _mistake(line, found, f"an enrolment that goes on after {one.left_on}")


def _former_codes(enrolments: Table[Enrolment]) -> Iterator[Mistake]:
    """Yield a mistake for each former code that names another structure too."""
    owners: dict[str, Located[Enrolment]] = {}
    for line in enrolments:
        owners.setdefault(line.value.structure_code.casefold(), line)
    for line in enrolments:
        for code in line.value.codes[1:]:
            owner = owners.setdefault(code.casefold(), line)
            if owner.value.structure_code != line.value.structure_code:
                found = f"former code {shown(code)} of {line.value.structure_code}"
                expected = f"a code of no other structure: {owner.value.structure_code} on line {owner.line} has it"
                yield _mistake(line, found, expected)


def _mistake(line: Located[Enrolment], found: str, expected: str) -> Mistake:
    return Mistake(line.file, line.line, found, expected)
