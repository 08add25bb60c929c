"""Project a programme to the `raw.programme_…` tables. Names and addresses of people stay in the folder."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType

from schemas.enums import Role
from schemas.instruments import InstrumentVersion
from schemas.layouts import AskedField, Sheet
from schemas.programme import Participants, Programme
from schemas.programme_tables import RecodeLine
from schemas.tables import (
    PROGRAMME_ATTRIBUTE_VALUES,
    PROGRAMME_ATTRIBUTES,
    PROGRAMME_COHORTS,
    PROGRAMME_CORRECTIONS,
    PROGRAMME_CROSSWALK,
    PROGRAMME_ENROLMENTS,
    PROGRAMME_EVALUATORS,
    PROGRAMME_FOLLOWS,
    PROGRAMME_INDICATORS,
    PROGRAMME_INNOVATIONS,
    PROGRAMME_NOTHING_TO_REPORT,
    PROGRAMME_OCCASIONS,
    PROGRAMME_OUTCOMES,
    PROGRAMME_PARTICIPANT_ATTRIBUTES,
    PROGRAMME_PARTS,
    PROGRAMME_PUBLISHED,
    PROGRAMME_RECODES,
    PROGRAMME_RESULTS,
    PROGRAMME_RULES,
    PROGRAMME_SUCCESSIONS,
    PROGRAMME_TABLE_COLUMNS,
    PROGRAMME_TABLE_CONDITIONS,
    PROGRAMME_TARGETS,
    PROGRAMME_VALUES,
    Row,
    Table,
)
from tasks.following import enrolled, following

_OF_LOADED_ENROLMENTS = {
    "cohort_code", "structure_code", "structure_name", "former_codes", "is_invented", "left_on", "left_reason",
    "anchor_on",
}  # fmt: skip


def programme_rows(
    programme: Programme, former: Mapping[str, str] = MappingProxyType({})
) -> dict[Table, Sequence[Row]]:
    """Return the rows of each programme table, without the version and the stamps.

    Args:
        programme: The programme.
        former: The innovation of each enrolment that was ever loaded, by id: of some that are no longer in the folder,
            returns are still expected, and somebody follows them.
    """
    settings = programme.settings
    return {
        PROGRAMME_OCCASIONS: [
            {"occasion_code": o.code, "months": o.nearest_months, "phase": o.phase, "days": o.days}
            for o in settings.occasions
        ],
        PROGRAMME_INNOVATIONS: [
            {
                "innovation_code": innovation.code,
                "innovation_name": innovation.name,
                "rank": rank,
                **innovation.model_dump(include={"selected_on", "target_public", "territory", "stage"}),
            }
            for rank, innovation in enumerate(settings.innovations, start=1)
        ],
        PROGRAMME_COHORTS: [
            {
                "cohort_code": cohort.code,
                "innovation_code": cohort.innovation,
                "cohort_name": cohort.name,
                **cohort.model_dump(include={"anchor_on", "anchor_is_chosen", "method"}),
            }
            for cohort in settings.cohorts
        ],
        PROGRAMME_ENROLMENTS: [
            {"enrolment_id": enrolment.enrolment_id, **enrolment.model_dump(include=_OF_LOADED_ENROLMENTS)}
            for enrolment in programme.enrolments
        ],
        PROGRAMME_SUCCESSIONS: [asdict(one) for one in programme.successions],
        PROGRAMME_ATTRIBUTES: [
            {
                "attribute_code": attribute.code,
                "label_fr": attribute.label("fr"),
                "label_en": attribute.label("en"),
                "rank": rank,
                "is_grouping": bool(attribute.values),
            }
            for rank, attribute in enumerate(settings.attributes, start=1)
        ],
        PROGRAMME_ATTRIBUTE_VALUES: list(_attribute_values(programme)),
        PROGRAMME_FOLLOWS: list(_follows(programme, {**former, **enrolled(programme)})),
        PROGRAMME_EVALUATORS: [
            {"evaluator_code": evaluator.code, "evaluator_name": evaluator.name} for evaluator in settings.evaluators
        ],
        PROGRAMME_INDICATORS: [indicator.model_dump(exclude={"allowed_values"}) for indicator in programme.indicators],
        PROGRAMME_PARTS: list(_parts(programme)),
        PROGRAMME_CROSSWALK: list(_crosswalk(programme)),
        PROGRAMME_RECODES: [line.model_dump() for line in (*programme.recodes, *_shares(programme))],
        PROGRAMME_TABLE_COLUMNS: list(_table_columns(programme)),
        PROGRAMME_TABLE_CONDITIONS: list(_table_conditions(programme)),
        PROGRAMME_NOTHING_TO_REPORT: [
            {"instrument_code": instrument.code, "item": item, "value": value}
            for instrument in settings.instruments
            if instrument.nothing_to_report is not None
            for item, values in instrument.nothing_to_report.answers.items()
            for value in dict.fromkeys(values)
        ],
        PROGRAMME_RULES: [settings.disclosure.model_dump()],
        PROGRAMME_RESULTS: [
            {
                "innovation_code": innovation.code,
                "indicator_code": innovation.result.indicator,
                **innovation.result.model_dump(include={"above", "value"}),
            }
            for innovation in settings.innovations
            if innovation.result is not None
        ],
        PROGRAMME_PARTICIPANT_ATTRIBUTES: list(_participant_attributes(programme)),
        PROGRAMME_OUTCOMES: list(_outcomes(settings.participants)),
        PROGRAMME_VALUES: [
            {"indicator_code": indicator.indicator_code, "value": value, "rank": rank}
            for indicator in programme.indicators
            for rank, value in enumerate(indicator.choices, start=1)
        ],
        PROGRAMME_PUBLISHED: [
            {
                **figure.model_dump(),
                "value": figure.value,
                "decimals": figure.decimals,
                "missing_reason": figure.missing_reason,
            }
            for figure in programme.published
        ],
        PROGRAMME_TARGETS: [{**one.model_dump(), "target": one.number} for one in programme.targets],
        PROGRAMME_CORRECTIONS: [asdict(one) for one in programme.corrections],
    }


def _attribute_values(programme: Programme) -> Iterator[Row]:
    ranks = {
        (attribute.code, value): rank
        for attribute in programme.settings.attributes
        for rank, value in enumerate(attribute.values, start=1)
    }
    places: Counter[tuple[str, str]] = Counter()
    for one in programme.attribute_values:
        of_structure = (one.structure_code, one.attribute_code)
        places[of_structure] += 1
        yield {
            "structure_code": one.structure_code,
            "attribute_code": one.attribute_code,
            "place": places[of_structure],
            "value": one.value,
            "value_rank": ranks.get((one.attribute_code, one.value)),
            "from_on": one.period.from_on,
            "to_on": one.period.to_on,
        }


def _follows(programme: Programme, enrolments: Mapping[str, str]) -> Iterator[Row]:
    places: Counter[tuple[str, str]] = Counter()
    for enrolment_id, of_enrolment in following(programme, enrolments).items():
        for one in of_enrolment:
            group = (one.evaluator_code, enrolments[enrolment_id])
            places[group] += 1
            yield {
                "evaluator_code": one.evaluator_code,
                "innovation_code": enrolments[enrolment_id],
                "place": places[group],
                "enrolment_id": enrolment_id,
                "from_on": one.period.from_on,
                "to_on": one.period.to_on,
                "replaces_code": one.replaces_code,
            }


def _parts(programme: Programme) -> Iterator[Row]:
    for indicator_code, parts in programme.parts_by_indicator.items():
        for rank, part in enumerate(parts, start=1):
            yield {
                "indicator_code": indicator_code,
                "is_denominator": part.is_denominator,
                "part_code": part.code,
                "rank": rank,
                "weight": part.weight,
            }


def _outcomes(participants: Participants) -> Iterator[Row]:
    for outcome, (indicator_code, condition) in participants.declared.items():
        values = (condition.values if condition else ()) or (None,)
        for rank, value in enumerate(values, start=1):
            yield {
                "outcome": outcome,
                "rank": rank,
                "indicator_code": indicator_code,
                "above": condition.above if condition else None,
                "value": value,
            }


def _participant_attributes(programme: Programme) -> Iterator[Row]:
    for rank, attribute in enumerate(programme.settings.participants.attributes, start=1):
        values = attribute.band_names
        if attribute.indicator is not None:
            values = programme.indicator_by_code[attribute.indicator].choices
        for value_rank, value in enumerate(values, start=1):
            yield {
                "attribute_code": attribute.code,
                "label_fr": attribute.label("fr"),
                "label_en": attribute.label("en"),
                "rank": rank,
                "indicator_code": attribute.indicator,
                "value": value,
                "value_rank": value_rank,
            }


def _crosswalk(programme: Programme) -> Iterator[Row]:
    for line in programme.crosswalk:
        instrument = programme.instrument_by_code[line.instrument_code]
        version = next(v for v in instrument.versions if v.version == line.version)
        if line.item in _columns_of(version):
            continue  # `_table_columns` projects the columns of tables, whose rows are about participants.
        for occasion_code in version.occasions:
            for innovation_code in instrument.innovations:
                yield {
                    "instrument_code": line.instrument_code,
                    "instrument_version": line.version,
                    "occasion_code": occasion_code,
                    "innovation_code": innovation_code,
                    "item": line.item,
                    "indicator_code": line.indicator_code,
                    "recode": line.recode if line.share_of is None else _recode_of_share(line.recode, line.share_of),
                    "break_reason": line.break_reason,
                    "factor": line.factor,
                }


def _recode_of_share(recode: str | None, value: str) -> str:
    return f"{recode}={value}"


def _shares(programme: Programme) -> Iterator[RecodeLine]:
    """Yield the recodes that the shares of values need: 1 for an answer with the value, 0 for another."""
    declared = {(line.recode, line.share_of) for line in programme.crosswalk if line.recode and line.share_of}
    for recode, share_of in sorted(declared):
        for line in programme.recode_of(recode).values():
            value = line.value and ("1" if line.value == share_of else "0")
            yield line.model_copy(update={"recode": _recode_of_share(recode, share_of), "value": value})


def _columns_of(version: InstrumentVersion) -> dict[str, tuple[Sheet, AskedField]]:
    return {sheet.item_of(column): (sheet, column) for sheet in version.sheets for column in sheet.columns}


def _table_columns(programme: Programme) -> Iterator[Row]:
    for instrument in programme.settings.instruments:
        for version in instrument.versions:
            crossings = {x.item: x for x in programme.crosswalk_of(instrument.code, version.version)}
            for item, (sheet, column) in _columns_of(version).items():
                if column.role is not Role.INDICATOR:
                    continue
                crossing = crossings.get(item)
                yield {
                    "instrument_code": instrument.code,
                    "instrument_version": version.version,
                    "sheet_name": sheet.name,
                    "item": item,
                    "label": column.label,
                    "kind": programme.kind_of(column, crossing).value,
                    "unit": column.unit,
                    "indicator_code": crossing.indicator_code if crossing else None,
                    "recode": crossing.recode if crossing else None,
                    "identifies_people": sheet.identifies_people,
                }


def _table_conditions(programme: Programme) -> Iterator[Row]:
    for instrument in programme.settings.instruments:
        for version in instrument.versions:
            for sheet in version.sheets:
                items = {column.code: sheet.item_of(column) for column in sheet.columns}
                for code, others in sheet.conditions.items():
                    for other in others:
                        yield {
                            "instrument_code": instrument.code,
                            "instrument_version": version.version,
                            "item": items[code],
                            "other_item": items[other],
                        }
