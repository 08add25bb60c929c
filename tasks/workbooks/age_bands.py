"""Replace birth dates by age bands while the rows of a table are read. A birth date goes no further than this."""

# pyarrow.compute makes its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa

from schemas.enums import Role
from schemas.participants import ParticipantAttribute
from schemas.programme import Programme
from schemas.tables import Row
from tasks.i18n import counted
from tasks.workbooks.pseudonyms import PseudonymKey
from tasks.workbooks.sheet_fields import Layout

_DAY = len("2019-01-31")
_NAMED = 5
"""The number of enrolments that a sentence names."""

BANDS = pa.schema(
    [
        ("sheet_name", pa.string()),
        ("row_number", pa.int64()),
        ("pseudonym", pa.string()),
        ("key_version", pa.int64()),
        ("attribute_code", pa.string()),
        ("band", pa.string()),
    ]
)
"""The columns of raw.age_bands without the return and the stamps."""


@dataclass(frozen=True, slots=True)
class AgeAttribute:
    """An age band of participants, and the anchor date of the enrolment on which the age is computed."""

    attribute: ParticipantAttribute
    anchor_on: date


def age_attributes(programme: Programme, expected_return_id: str) -> tuple[AgeAttribute, ...]:
    """Return the age bands of the people of a return; none where its enrolment is no longer in the folder."""
    enrolment = programme.enrolment_by_id.get("/".join(expected_return_id.split("/")[:2]))
    if enrolment is None:
        return ()
    anchor_on = programme.anchor_of(enrolment)
    return tuple(AgeAttribute(attribute, anchor_on) for attribute in _declared(programme))


def ages_of(programme: Programme) -> dict[str, list[str]]:
    """Return what decides the age bands of each enrolment: its anchor date, the columns and the bands."""
    rules = [f"{one.code} {one.birth_date} {' '.join(map(str, one.bands))}" for one in _declared(programme)]
    if not rules:
        return {}
    return {one.enrolment_id: [programme.anchor_of(one).isoformat(), *rules] for one in programme.enrolments}


def bands_in(
    layout: Layout,
    texts: Mapping[str, pa.Array],
    pseudonyms: Sequence[str],
    rows: pa.Array,
    key: PseudonymKey,
    ages: Sequence[AgeAttribute],
) -> pa.Table:
    """Return the known age bands of the rows of a table, as in raw.age_bands without the return and the stamps.

    Args:
        layout: The declared columns.
        texts: The identifiers of the rows, by item.
        pseudonyms: The pseudonym of each row.
        rows: The number of each row, from 1.
        key: The key of the pseudonyms.
        ages: The age bands that are declared.
    """
    held: list[Row] = []
    items = {field.item for field in layout.fields if field.role is Role.IDENTIFIER}
    for one in ages:
        item = f"{layout.sheet.name}!{one.attribute.birth_date}"
        if item not in items or item not in texts:
            continue
        bands = [_band(text, one) for text in texts[item].to_pylist()]
        held += [
            {
                "sheet_name": layout.sheet.name,
                "row_number": row_number,
                "pseudonym": pseudonym,
                "key_version": key.version,
                "attribute_code": one.attribute.code,
                "band": band,
            }
            for row_number, pseudonym, band in zip(rows.to_pylist(), pseudonyms, bands, strict=True)
            if band is not None
        ]
    return pa.Table.from_pylist(held, BANDS)


def other_ages_in_words(enrolment_ids: Sequence[str]) -> str:
    """Return a sentence that age bands were computed otherwise, with the command that computes them again."""
    named = ", ".join(enrolment_ids[:_NAMED])
    more = len(enrolment_ids) - _NAMED
    others = f" and {counted(more, 'other enrolment')}" if more > 0 else ""
    return (
        f"Age bands of participants of {named}{others} were computed with other bands, birth dates or "
        "anchor dates than the programme folder has now: run essaim relink --dry-run, then essaim relink."
    )


def _declared(programme: Programme) -> list[ParticipantAttribute]:
    return [one for one in programme.settings.participants.attributes if one.birth_date is not None]


def _band(text: str | None, age: AgeAttribute) -> str | None:
    try:
        born_on = date.fromisoformat((text or "")[:_DAY])
    except ValueError:
        return None
    return age.attribute.band_of(born_on, age.anchor_on)
