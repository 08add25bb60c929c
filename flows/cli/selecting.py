"""The options that limit a command to some evaluators, structures or innovations."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from schemas.errors import UsageError
from schemas.selection import Selection

if TYPE_CHECKING:
    from schemas.programme import Programme  # imports Pydantic

Evaluators = Annotated[
    list[str] | None,
    typer.Option("--evaluator", metavar="CODE", help="Only what this evaluator follows; repeat for several."),
]
Structures = Annotated[
    list[str] | None, typer.Option("--structure", metavar="CODE", help="Only this structure; repeat for several.")
]
Innovations = Annotated[
    list[str] | None, typer.Option("--innovation", metavar="CODE", help="Only this innovation; repeat for several.")
]


def selection_of(
    programme: "Programme", evaluators: list[str] | None, structures: list[str] | None, innovations: list[str] | None
) -> Selection:
    """Return what a command is limited to.

    Raises:
        UsageError: A code is not one of the programme folder.
    """
    from schemas.programme_tables import present_codes

    settings = programme.settings
    present = present_codes(programme.enrolments)
    return Selection(
        _known("--evaluator", evaluators, {one.code: one.code for one in settings.evaluators}),
        _known("--structure", structures, present),
        _known("--innovation", innovations, {one.code: one.code for one in settings.innovations}),
    )


def _known(option: str, codes: list[str] | None, known: Mapping[str, str]) -> tuple[str, ...]:
    for code in codes or ():
        if code not in known:
            from tasks.programme.spellings import nearest  # imports the folder's rules

            close = nearest(code, known)
            hint = f" Did you mean {close}?" if close else ""
            raise UsageError(f"Found {option} {code}; expected a code of the programme folder.{hint}")
    return tuple(known[code] for code in codes or ())
