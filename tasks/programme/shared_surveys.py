"""Check how responses name their structure, cohort and occasion, above all where several occasions share a survey."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from itertools import pairwise

from schemas.enums import InstrumentKind
from schemas.errors import Mistake
from schemas.instruments import BY_WINDOW, Instrument, InstrumentVersion
from schemas.programme import Settings
from schemas.programme_tables import Enrolment, RecodeLine
from tasks.programme.declared import Declared, declared_in, declared_once, structures_in, unknown
from tasks.programme.lines import Lines, Path
from tasks.programme.spellings import shown
from tasks.programme.tables import Table
from tasks.questionnaires.unclear_codes import ANOTHER_CODE, RESERVED, SYSTEM_HEADINGS

_REMEDY = (
    "one survey for each occasion, or join.occasion of the instrument: an attribute of the participants "
    "(attribute_3) or a question that names the occasion"
)
_BY_WINDOW = ", or occasion: by window, because each of them opens after the grace period of the one before"


def check_joins(
    settings: Settings,
    lines: Lines,
    enrolments: Table[Enrolment],
    recodes: Table[RecodeLine],
) -> Iterator[Mistake]:
    """Yield the mistakes under `join`, and the surveys whose responses fit several occasions.

    Args:
        settings: The contents of programme.yaml.
        lines: Its lines.
        enrolments: The lines of structures.csv.
        recodes: The lines of recodes.csv.
    """
    for i, instrument in enumerate(settings.instruments):
        if instrument.kind is not InstrumentKind.LIMESURVEY:
            continue
        for j, version in enumerate(instrument.versions):
            others = {code for other in instrument.versions if other is not version for code in other.occasions}
            # An occasion of two versions is reported as that.
            if len(set(version.occasions)) > 1 and others.isdisjoint(version.occasions):
                path: Path = ("instruments", i, "versions", j)
                yield from _shared(settings, lines, path, instrument, version, enrolments)
        yield from _reserved(lines, ("instruments", i, "join"), instrument)
        yield from _recoded(settings, lines, ("instruments", i, "join", "recode"), instrument, enrolments, recodes)


def _shared(
    settings: Settings,
    lines: Lines,
    path: Path,
    instrument: Instrument,
    version: InstrumentVersion,
    enrolments: Table[Enrolment],
) -> Iterator[Mistake]:
    """Yield a mistake if the responses to a survey of several occasions can be those of another occasion."""
    shared = f"survey {version.survey_id} for several occasions ({', '.join(version.occasions)})"
    if instrument.join.occasion is None:
        found = f"{shared}, and no join.occasion that says which of them a response answers"
        overlaps = any(_overlaps(settings, instrument, version, enrolments))
        remedy = _REMEDY if overlaps else _REMEDY + _BY_WINDOW
        yield Mistake(lines.file, lines.of((*path, "occasions")), found, remedy)
    elif instrument.join.occasion == BY_WINDOW:
        first, *others = [*_overlaps(settings, instrument, version, enrolments)] or [""]
        if first:
            also = f" (and so for {len(others)} more)" if others else ""
            found = f"{shared} by window, although {first}{also}"
            yield Mistake(lines.file, lines.of((*path, "occasions")), found, _REMEDY)


def _overlaps(
    settings: Settings, instrument: Instrument, version: InstrumentVersion, enrolments: Table[Enrolment]
) -> Iterator[str]:
    """Yield a sentence for the first two occasions of each cohort of which one opens before the other has ended."""
    schedule = settings.schedule
    occasions = sorted((o for o in settings.occasions if o.code in version.occasions), key=lambda o: o.offset_days)
    anchors = [(cohort.code, cohort, cohort.anchor_on) for cohort in settings.cohorts]
    cohorts = {cohort.code: cohort for cohort in settings.cohorts}
    own = [line.value for line in enrolments if line.value.anchor_on and line.value.cohort_code in cohorts]
    anchors += [(one.enrolment_id, cohorts[one.cohort_code], one.anchor_on) for one in own if one.anchor_on]
    for whose, cohort, anchor_on in anchors:
        if cohort.innovation not in instrument.innovations:
            continue
        for earlier, later in pairwise(occasions):
            until = earlier.due_on(anchor_on) + timedelta(days=schedule.grace_days)
            opens_on = later.due_on(anchor_on) - timedelta(days=schedule.opens_days_before)
            if opens_on <= until and earlier.offset_days < later.offset_days:
                yield f"{later.code} of {whose} opens on {opens_on}, and {earlier.code} is on time until {until}"
                break


def _reserved(lines: Lines, path: Path, instrument: Instrument) -> Iterator[Mistake]:
    """Yield a mistake for each question of a join whose code is that of a column of the export."""
    for what, name in instrument.join.question_by_role.items():
        if name in SYSTEM_HEADINGS:
            yield Mistake(lines.file, lines.of((*path, what)), f"join.{what} {shown(name)}, {RESERVED}", ANOTHER_CODE)


def _recoded(
    settings: Settings,
    lines: Lines,
    path: Path,
    instrument: Instrument,
    enrolments: Table[Enrolment],
    recodes: Table[RecodeLine],
) -> Iterator[Mistake]:
    """Yield a mistake for each recode of a join that is not declared, or gives a value that is no code."""
    codes: Mapping[str, Declared] = {
        "structure": structures_in(enrolments),
        "cohort": declared_once(cohort.code for cohort in settings.cohorts),
        "occasion": declared_once(occasion.code for occasion in settings.occasions),
    }
    names = declared_in(recodes, "recode", is_key=False)
    for what, name in instrument.join.recode.declared.items():
        yield from unknown(lines, (*path, what), "recode", name, names, f"of join.recode of {instrument.code}")
        for line in recodes:
            if line.value.recode == name:
                given = line.value.value or f"the reason {line.value.missing_reason}"
                where = Lines(line.file, {(): line.line})
                of = f"in a recode that join.recode of {instrument.code} uses"
                yield from unknown(where, (), what, given, codes[what], of)
