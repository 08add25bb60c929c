"""Name the findings of surveillance that a person explains."""

from collections.abc import Iterable, Mapping

from schemas.enums import FindingState
from schemas.programme import Programme
from tasks.decisions import matching
from warehouse.surveillance import PublishedFinding

_REMEDY = "Nothing was decided. essaim status and analytics.surveillance list the findings; * stands for any text."


def named_findings(
    names: Iterable[str], findings: Mapping[str, PublishedFinding], programme: Programme, *, is_undone: bool
) -> list[str]:
    """Return the findings that match the names.

    Args:
        names: Ids, in which `*`, `?` and `[…]` match as in file names, with any code of a structure.
        findings: The published findings, by id.
        programme: The programme.
        is_undone: Whether an explanation is taken back, which may be of a finding that is mended.

    Raises:
        UsageError: Some names match nothing.
    """
    known = [id_ for id_, one in findings.items() if is_undone or one.state is not FindingState.MENDED]
    return matching(names, known, "finding", _REMEDY, lambda id_: ids_of(id_, programme))


def ids_of(finding_id: str, programme: Programme) -> tuple[str, ...]:
    """Return the ways to write the id of a finding: with each code that its structure has or had."""
    kind, _, place = finding_id.partition("/")
    return tuple(f"{kind}/{written}" for written in programme.ids_of(place))


def explained_before(
    in_force: Mapping[str, tuple[object, ...]], findings: Mapping[str, PublishedFinding]
) -> dict[str, tuple[object, ...]]:
    """Return the explanations in force that are of what is found now, by finding."""
    return {
        id_: explanation
        for id_, explanation in in_force.items()
        if id_ in findings and findings[id_].state is FindingState.EXPLAINED
    }
