"""Pivot the panel to its wide form: one row per enrolment and occasion, one column per indicator of structures.

The values of participants have a wide form too: one row per enrolment, person and occasion.

Attributes of structures have a column each, with the value on the as-of date.
"""

# pyarrow.compute makes its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from schemas.enums import IndicatorKind, MissingReason
from tasks.dictionary.views import Described, View, ViewColumn
from tasks.exporting.exported import Exported
from tasks.exporting.variable_names import refuse_no_names, refuse_twice
from warehouse.exported import (
    OF_A_PARTICIPANT,
    OF_A_PERSON,
    OF_AN_ENROLMENT,
    OF_AN_OCCASION,
    OF_ANY_CELL,
    OF_ITS_PRESENCE,
    CodebookRow,
    PanelRows,
    ParticipantRows,
)

if TYPE_CHECKING:
    import pyarrow as pa

WIDE_VIEW, WIDE_PARTICIPANTS = "cohort_panel", "participant_values"
"""The views that have a wide form."""

_KEY = ("enrolment_id", "occasion_code")
_KEY_OF_A_PERSON = (*OF_A_PERSON, "occasion_code")
_IDENTIFYING = (*OF_AN_ENROLMENT, *OF_AN_OCCASION, *OF_ANY_CELL, *OF_ITS_PRESENCE)
_HOLD_REASONS = (".sav", ".dta")
"""Formats in which a numeric or coded variable can hold a missing reason. A text variable cannot."""

_MEANING = Described(
    fr="Une ligne par inscription et échéance de cohort_panel, une colonne par indicateur (forme large).",
    en="One row per enrolment and occasion of cohort_panel, a column for each indicator (the wide form).",
)
_MEANING_OF_PEOPLE = Described(
    fr="Une ligne par inscription, personne et échéance de participant_values, une colonne par attribut des "
    "participants et par indicateur (forme large). Une ligne décrit une seule personne, et n'est pas une publication.",
    en="One row per enrolment, person and occasion of participant_values, a column for each attribute of participants "
    "and each indicator (the wide form). Each row describes one person, and is not for publication.",
)
_MEANINGS_OF_ANY = {
    "is_due": Described(
        fr="Indique si un retour de cette échéance est échu au jour du calcul.",
        en="Whether a return of this occasion has fallen due by the run's today.",
    ),
    "is_left": Described(
        fr="Indique si un retour de cette échéance échoit après la fin de l'inscription (départ, fusion ou passage "
        "dans une autre cohorte).",
        en="Whether a return of this occasion falls due after the enrolment ended: it left, merged, or moved to "
        "another cohort.",
    ),
}


def widened(panel: PanelRows, view: View, ending: str) -> Exported:
    """Pivot the panel to one row per enrolment and occasion.

    The column of an indicator is named by its code. A second column, `<code>_missing_reason`, gives the reason for a
    missing value; in SPSS and Stata only text variables have it, since other variables hold the reason themselves.

    Args:
        panel: The rows and cells of the panel.
        view: The description of the long form.
        ending: The extension of the file to write.

    Raises:
        UsageError: Codes of indicators are invalid or duplicate column names in this format.
    """
    indicators = tuple(indicator for indicator in panel.indicators if indicator.is_of_structures)
    codes = [indicator.indicator_code for indicator in indicators]
    attributes = {row.attribute_code: row for row in panel.attributes}
    refuse_twice([*_IDENTIFYING, *attributes, *codes, *map(_reason_column, codes)], ending)
    table = _pivoted(panel, indicators)
    columns = [
        *_identifying(view),
        *(
            ViewColumn(name=code, data_type="text", meaning=Described(fr=row.label_fr, en=row.label_en))
            for code, row in attributes.items()
        ),
        *(column for each in indicators for column in _of_indicator(each, table, ending)),
    ]
    refuse_no_names([column.name for column in columns], ending, attributes)
    return Exported(table, View(view.schema, view.name, _MEANING, _KEY, tuple(columns)), indicators)


def widened_participants(people: ParticipantRows, outcomes: View, view: View, ending: str) -> Exported:
    """Pivot the values of participants to one row per enrolment, person and occasion.

    Outcomes come first, then `attribute_<code>` for each attribute of participants, which often has the code of its
    indicator, and the columns of each indicator, as in `widened`.

    Args:
        people: The rows, cells and attributes.
        outcomes: The description of `participant_outcomes`.
        view: The description of the long form.
        ending: The extension of the file to write.

    Raises:
        UsageError: Codes are invalid or duplicate column names in this format.
    """
    import pyarrow.compute as pc

    indicators = tuple(one for one in people.indicators if not one.is_of_structures)
    declared = people.attributes.select(["attribute_code", "label_fr", "label_en"]).to_pylist()
    described = {row["attribute_code"]: Described(fr=row["label_fr"], en=row["label_en"]) for row in declared}
    labels = {f"attribute_{code}": described[code] for code in sorted(described)}
    codes = [indicator.indicator_code for indicator in indicators]
    refuse_twice([*OF_A_PARTICIPANT, *labels, *codes, *map(_reason_column, codes)], ending)
    table = people.rows.select(OF_A_PARTICIPANT)
    persons, known = _key(people.rows, OF_A_PERSON), people.attributes
    for code in sorted(described):
        own = known.filter(pc.field("attribute_code") == code)
        places = pc.index_in(persons, value_set=_key(own, OF_A_PERSON).combine_chunks())
        table = table.append_column(f"attribute_{code}", own["value"].take(places))
    keys = _key(people.rows, _KEY_OF_A_PERSON)
    table = _with_indicators(table, keys, people.cells, _KEY_OF_A_PERSON, indicators)
    columns = [
        *(column for column in outcomes.columns if column.name in OF_A_PARTICIPANT),
        *(ViewColumn(name=code, data_type="text", meaning=meaning) for code, meaning in labels.items()),
        *(column for each in indicators for column in _of_indicator(each, table, ending)),
    ]
    refuse_no_names([column.name for column in columns], ending, labels)
    of_people = View(view.schema, view.name, _MEANING_OF_PEOPLE, _KEY_OF_A_PERSON, tuple(columns))
    return Exported(table, of_people, indicators)


def _pivoted(panel: PanelRows, indicators: tuple[CodebookRow, ...]) -> "pa.Table":
    """Append the attributes, then the values and reasons of each indicator, by key in the order of the rows."""
    import pyarrow as pa

    table = panel.rows.select(_IDENTIFYING)
    for code in dict.fromkeys(row.attribute_code for row in panel.attributes):
        values = {row.structure_code: row.value for row in panel.attributes if row.attribute_code == code}
        table = table.append_column(code, pa.array(map(values.get, table["structure_code"].to_pylist()), pa.string()))
    return _with_indicators(table, _key(panel.rows, _KEY), panel.cells, _KEY, indicators)


def _with_indicators(
    table: "pa.Table",
    keys: "pa.ChunkedArray",
    cells: "pa.Table",
    key: tuple[str, ...],
    indicators: tuple[CodebookRow, ...],
) -> "pa.Table":
    """Append the values and reasons of each indicator, by key."""
    import pyarrow.compute as pc

    cells = cells.append_column("key", _key(cells, key))
    for indicator in indicators:
        code = indicator.indicator_code
        own = cells.filter(pc.field("indicator_code") == code)
        places = pc.index_in(keys, value_set=own["key"].combine_chunks())
        values = own["value_number" if indicator.is_numeric else "value_text"].take(places)
        table = table.append_column(code, _whole(values) if indicator.kind == IndicatorKind.COUNT else values)
        table = table.append_column(_reason_column(code), own["missing_reason"].take(places))
    return table


def _whole(values: "pa.ChunkedArray") -> "pa.ChunkedArray":
    """Return the values of a count as integers, unless a part of a count that structures share is no whole number."""
    import pyarrow as pa
    import pyarrow.compute as pc

    is_whole = pc.all(pc.equal(pc.floor(values), values)).as_py()
    return values if is_whole is False else values.cast(pa.int64())


def _key(table: "pa.Table", names: tuple[str, ...]) -> "pa.ChunkedArray":
    """Return the key of each row: its codes, joined by a slash, which no code but that of an enrolment contains."""
    import pyarrow.compute as pc

    return pc.binary_join_element_wise(*(table[name] for name in names), "/")


def _type_of(held: "pa.DataType") -> str:
    import pyarrow as pa

    if pa.types.is_integer(held):
        return "bigint"
    return "double precision" if pa.types.is_floating(held) else "text"


def _reason_column(indicator_code: str) -> str:
    return f"{indicator_code}_missing_reason"


def _identifying(view: View) -> Iterator[ViewColumn]:
    for column in view.columns:
        if column.name in _IDENTIFYING:
            yield replace(column, meaning=_MEANINGS_OF_ANY.get(column.name, column.meaning))


def _of_indicator(indicator: CodebookRow, table: "pa.Table", ending: str) -> Iterator[ViewColumn]:
    code, unit = indicator.indicator_code, f" ({indicator.unit})" if indicator.unit else ""
    values = indicator.choices
    if values:
        # Values reported before a change of the codebook follow those that it allows now.
        values += tuple(sorted(set(table[code].unique().to_pylist()) - {None, *values}))
    is_coded = indicator.is_numeric or bool(values)
    yield ViewColumn(
        name=code,
        data_type=_type_of(table.schema.field(code).type),
        meaning=Described(fr=f"{indicator.label_fr}{unit}", en=f"{indicator.label_en}{unit}"),
        values=values,
        reason_column=_reason_column(code) if is_coded else None,
        is_of_programme=True,
    )
    if not (is_coded and ending in _HOLD_REASONS):
        yield ViewColumn(
            name=_reason_column(code),
            data_type="text",
            meaning=Described(
                fr=f"{indicator.label_fr}\N{NO-BREAK SPACE}: raison de l'absence de valeur.",
                en=f"{indicator.label_en}: why there is no value.",
            ),
            values=tuple(reason.value for reason in MissingReason),
        )
