"""Write the workbooks to send for one occasion: one for each expected return, with the values reported before."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path

from schemas.enums import InstrumentKind
from schemas.errors import UsageError
from schemas.instruments import Instrument, InstrumentVersion
from schemas.programme import Programme
from schemas.programme_tables import CrosswalkLine
from schemas.settings import ProjectPaths
from schemas.tables import Row
from tasks.i18n import counted
from tasks.schedule.expected_returns import day_of
from tasks.workbooks.file_names import workbook_name
from tasks.workbooks.identity import Identity
from tasks.workbooks.sheet_fields import layouts_of
from tasks.workbooks.template_workbook import Template, workbook_of
from warehouse.last_values import Reported, Values, reported_values

_MOST_NAMED = 5
"""The number of files that a refusal names."""


def write_templates(
    programme: Programme,
    paths: ProjectPaths,
    folder: Path,
    occasion_code: str,
    structures: Collection[str],
    owed: Iterable[Row],
) -> list[Path]:
    """Write the workbooks of an occasion.

    Args:
        programme: The programme.
        paths: The paths of the project, whose published file holds the reported values.
        folder: The folder to write to, made if it is missing.
        occasion_code: The occasion.
        structures: The codes of the structures; all of them where it is empty.
        owed: The rows of the plan that structures owe. Those of which the programme no longer has the structure or the
            version of the instrument get no workbook.

    Returns:
        The files, by name.

    Raises:
        UsageError: The programme has no such occasion or structure, no workbook is due there, or the folder holds one
            of them with another content. Nothing was written.
    """
    _check(programme, occasion_code, structures)
    values = reported_values(paths)
    templates = list(_templates(programme, occasion_code, structures, values, owed))
    if not templates:
        raise UsageError(
            f"No workbook is due at {occasion_code}"
            + (f" from {', '.join(sorted(structures))}." if structures else ".")
            + " Expected an occasion of an instrument of kind workbook, structures that have not left by then, and "
            "returns that were neither waived nor decided to have nothing to report."
        )
    files = {folder / template.file_name: workbook_of(template) for template in templates}
    _refuse_to_overwrite(files)
    folder.mkdir(parents=True, exist_ok=True)
    for path, content in files.items():
        path.write_bytes(content)
    return sorted(files)


def template_of(
    programme: Programme, paths: ProjectPaths, expected_return_id: str, owed: Iterable[Row]
) -> tuple[str, bytes] | None:
    """Return the name and the content of the workbook of one expected return; None if it is not owed, or is a survey.

    Args:
        programme: The programme.
        paths: The paths of the project, whose published file holds the reported values.
        expected_return_id: The return.
        owed: The rows of the plan that structures owe.
    """
    of_return = [row for row in owed if row["expected_return_id"] == expected_return_id]
    occasion_code = expected_return_id.split("/")[2]
    for template in _templates(programme, occasion_code, (), reported_values(paths), of_return):
        return template.file_name, workbook_of(template)
    return None


def _refuse_to_overwrite(files: Mapping[Path, bytes]) -> None:
    """Refuse to replace files with another content: a structure may have filled them in."""
    filled = sorted(path.name for path, content in files.items() if path.exists() and path.read_bytes() != content)
    if filled:
        named = ", ".join(filled[:_MOST_NAMED]) + (", …" if len(filled) > _MOST_NAMED else "")
        raise UsageError(
            f"{counted(len(filled), 'workbook')} would be replaced, and may be filled in: {named}. Nothing was "
            "written. Expected a folder without them: choose another one with --out, or move them away."
        )


def _check(programme: Programme, occasion_code: str, structures: Collection[str]) -> None:
    occasions = [occasion.code for occasion in programme.settings.occasions]
    if occasion_code not in occasions:
        raise UsageError(f"There is no occasion {occasion_code}. Expected one of {', '.join(occasions)}.")
    unknown = set(structures) - {code for enrolment in programme.enrolments for code in enrolment.codes}
    if unknown:
        raise UsageError(f"There is no structure {', '.join(sorted(unknown))}. Expected codes of structures.csv.")


def _templates(
    programme: Programme, occasion_code: str, structures: Collection[str], values: Values, owed: Iterable[Row]
) -> Iterator[Template]:
    for row in owed:
        enrolment = programme.enrolment_by_id.get(str(row["enrolment_id"]))
        instrument = programme.instrument_by_code.get(str(row["instrument_code"]))
        is_due = row["occasion_code"] == occasion_code and row["instrument_kind"] == InstrumentKind.WORKBOOK
        if not is_due or enrolment is None or instrument is None:
            continue
        if structures and not set(enrolment.codes) & set(structures):
            continue
        version = next((one for one in instrument.versions if one.version == row["instrument_version"]), None)
        if version is not None:
            due_on = day_of(row, "due_on")
            yield _template(programme, str(row["expected_return_id"]), instrument, version, due_on, values)


def _template(
    programme: Programme,
    expected_return_id: str,
    instrument: Instrument,
    version: InstrumentVersion,
    due_on: date,
    values: Values,
) -> Template:
    written = programme.ids_of(expected_return_id)[0]
    cohort_code, structure_code, occasion_code, _ = written.split("/")
    enrolment_id = programme.id_of(f"{cohort_code}/{structure_code}")
    structure = programme.enrolment_by_id[enrolment_id].structure_name
    name = programme.settings.programme
    return Template(
        programme=programme.settings.name,
        structure=structure,
        cohort=programme.cohort_by_code[cohort_code].name,
        instrument=instrument.name,
        occasion=occasion_code,
        due_on=due_on,
        identity=Identity(name, cohort_code, structure_code, occasion_code, instrument.code, str(version.version)),
        file_name=workbook_name(written),
        layouts=layouts_of(programme, instrument.code, version),
        reported=dict(_reported(programme, instrument, version, enrolment_id, occasion_code, values)),
        locale=programme.settings.locale,
        has_box=instrument.has_box,
    )


def _reported(
    programme: Programme,
    instrument: Instrument,
    version: InstrumentVersion,
    enrolment_id: str,
    occasion_code: str,
    values: Values,
) -> Iterator[tuple[str, tuple[str, str]]]:
    for line in programme.crosswalk_of(instrument.code, version.version):
        before = reported_before(programme, values.get((enrolment_id, line.indicator_code), {}), occasion_code)
        if before:
            latest = next(reversed(before))
            yield line.item, (_as_answered(programme, line, before[latest]), latest)


def reported_before(programme: Programme, reported: Mapping[str, Reported], occasion_code: str) -> dict[str, Reported]:
    """Return the values reported at earlier occasions, in the order of the occasions."""
    offsets = {occasion.code: occasion.offset_days for occasion in programme.settings.occasions}
    before = [code for code in reported if code in offsets and offsets[code] < offsets[occasion_code]]
    return {code: reported[code] for code in sorted(before, key=lambda code: offsets[code])}


def numbers_before(programme: Programme, expected_return_id: str, values: Values) -> dict[str, float]:
    """Return the last number of each item that was reported before the occasion of a return, in the same series.

    Numbers are in the unit in which the version of the return asks them.

    Args:
        programme: The programme.
        expected_return_id: The return.
        values: The reported values.

    Returns:
        The numbers by item, without items that had none.
    """
    cohort_code, structure_code, occasion_code, instrument_code = expected_return_id.split("/")
    instrument = programme.instrument_by_code[instrument_code]
    version = instrument.version_at(occasion_code)
    numbers: dict[str, float] = {}
    for line in programme.crosswalk_of(instrument_code, version.version) if version else ():
        reported = values.get((f"{cohort_code}/{structure_code}", line.indicator_code), {})
        series = [
            value.number
            for occasion, value in reported_before(programme, reported, occasion_code).items()
            if value.number is not None and not _is_broken(programme, instrument, line, occasion)
        ]
        if series:
            numbers[line.item] = _number_as_answered(line, series[-1])
    return numbers


def _is_broken(programme: Programme, instrument: Instrument, line: CrosswalkLine, earlier: str) -> bool:
    """Return whether the crosswalk declares a break in the series of an indicator after an earlier occasion."""
    version_then = instrument.version_at(earlier)
    return any(
        (other.instrument_code, other.indicator_code) == (line.instrument_code, line.indicator_code)
        and (version_then.version if version_then else 0) < other.version <= line.version
        and other.break_reason is not None
        for other in programme.crosswalk
    )


def _number_as_answered(line: CrosswalkLine, number: float) -> float:
    return number if line.factor is None else number / line.factor


def _as_answered(programme: Programme, line: CrosswalkLine, reported: Reported) -> str:
    """Return a reported value as it is written in the workbook, in the unit in which it is asked."""
    if reported.number is not None:
        return f"{_number_as_answered(line, reported.number):.10g}".replace(
            ".", "," if programme.settings.locale == "fr" else "."
        )
    if reported.text is not None and line.recode is not None:
        recode = programme.recode_of(line.recode).values()
        return next((line.source_value for line in recode if line.value == reported.text), reported.text)
    return reported.text or reported.reason
