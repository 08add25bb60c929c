"""`essaim provenance`."""

import difflib
import json
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.options import AsBuilt, Output, Programme, programme_folder
from flows.cli.output import Format, show
from schemas.errors import UsageError
from schemas.settings import ProjectPaths
from tasks.programme import read_programme
from warehouse.provenance import figure, known_names, under_cells, under_figure

if TYPE_CHECKING:
    import pyarrow as pa


EXAMPLE = "essaim provenance VITA persons_concerned --programme demo"


def provenance(
    subject: Annotated[str, typer.Argument(help="An innovation, TOTAL, or an enrolment (cohort/structure).")],
    indicator: Annotated[str, typer.Argument(help="An indicator of the codebook.")],
    occasion: Annotated[str | None, typer.Option("--occasion", help="For an enrolment: one occasion only.")] = None,
    programme: Programme = None,
    output: Output = Format.TABLE,
    as_of: AsBuilt = None,
) -> None:
    """Run `essaim provenance`: print a figure, then the returns, cells and answers behind it.

    Raises:
        UsageError: The warehouse holds nothing under these names.
    """
    folder = programme_folder(programme)
    paths = ProjectPaths(folder)
    if "/" in subject:
        subject = read_programme(folder).id_of(subject)
    subjects, indicators = known_names(paths, as_of=as_of)
    _known(subject, subjects, "innovation or enrolment with a return in the warehouse")
    _known(indicator, indicators, "indicator with a value in the warehouse")
    if "/" in subject:
        head, under = None, under_cells(paths, subject, indicator, occasion, as_of=as_of)
        if occasion is not None and not under.num_rows:
            raise UsageError(f"{subject} has no {indicator} at {occasion}. Leave --occasion out to see every occasion.")
    else:
        if occasion is not None:
            raise UsageError(
                f"Found --occasion {occasion} for {subject}; a consolidated figure is made of the latest value "
                "of each structure. Name an enrolment (cohort/structure) to see one occasion."
            )
        head = figure(paths, subject, indicator, as_of=as_of)
        under = under_figure(paths, subject, indicator, as_of=as_of)
    if output is Format.JSON:
        result = {"figure": head.to_pylist() if head is not None else [], "under": under.to_pylist()}
        sys.stdout.write(json.dumps(result, default=str, ensure_ascii=False) + "\n")
        return
    if head is not None and output is Format.TABLE:
        show(head.column_names, _rows(head), output)
    names = under.column_names if output is Format.CSV else [n for n in under.column_names if _is_shown(n, under)]
    show(names, _rows(under.select(names)), output)


def _is_shown(name: str, under: "pa.Table") -> bool:
    """Return whether a table shows a column.

    It leaves out identifiers (hashes, which only programs need, and the enrolment, whose parts it shows), and
    corrections and factors where there are none.
    """
    if name in ("enrolment_id", "return_id", "receipt_id"):
        return False
    is_seldom = name == "factor" or name.startswith("correct")
    return not is_seldom or under.column(name).null_count < under.num_rows


def _known(name: str, names: Sequence[str], what: str) -> None:
    if name not in names:
        close = difflib.get_close_matches(name, names, n=1, cutoff=0.3)
        raise UsageError(f"{name!r} is not an {what}." + (f" The nearest is {close[0]}." if close else ""))


def _rows(table: "pa.Table") -> list[tuple[object, ...]]:
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))
