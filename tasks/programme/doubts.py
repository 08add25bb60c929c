"""Find declarations that are valid and probably not meant so: a person knows."""

from collections.abc import Iterator

from schemas.attributes import UNKNOWN
from schemas.enums import Aggregation, InstrumentKind, Level
from schemas.programme import Programme
from tasks.programme.conversions import doubtful_units
from tasks.programme.questionnaires import questionnaire_file
from tasks.programme.spellings import shown, trace_of_spreadsheet

_LISTED = 5
_STRUCTURES_THAT_HIDE = 2
"""The least minimum_structures with which no published figure is that of one structure."""


def doubtful_lines(programme: Programme) -> list[str]:
    """Return a sentence for each declaration that contradicts another one, or that no command can use."""
    return [
        *_evaluators_of_one_address(programme),
        *_reasons_without_a_day(programme),
        *_codes_of_a_spreadsheet(programme),
        *_structures_without_a_group(programme),
        *_in_codebook(programme),
        *doubtful_units(programme),
        *_blanks_beside_answers(programme),
        *_surveys_without_questionnaire(programme),
        *_participants_by_structures(programme),
    ]


def _evaluators_of_one_address(programme: Programme) -> Iterator[str]:
    first: dict[str, str] = {}
    for evaluator in programme.settings.evaluators:
        known = first.setdefault(evaluator.email.casefold(), evaluator.code)
        if known != evaluator.code:
            yield (
                f"programme.yaml: check email of evaluator {evaluator.code}: {evaluator.email} is that of {known} too, "
                "and gets the mails of both."
            )


def _reasons_without_a_day(programme: Programme) -> Iterator[str]:
    for enrolment in programme.enrolments:
        if enrolment.left_reason is not None and enrolment.left_on is None:
            yield (
                f"structures.csv: check {enrolment.enrolment_id}: it has a left_reason and no left_on. Without a day "
                "its returns are still expected."
            )


def _codes_of_a_spreadsheet(programme: Programme) -> Iterator[str]:
    codes = {
        "structures.csv": [enrolment.structure_code for enrolment in programme.enrolments],
        "codebook.csv": [indicator.indicator_code for indicator in programme.indicators],
        "recodes.csv": [line.source_value for line in programme.recodes],
    }
    for file, found in codes.items():
        for code in dict.fromkeys(found):
            if trace := trace_of_spreadsheet(code):
                yield f"{file}: check {shown(code)}: it looks like {trace} that a spreadsheet has made of another text."


def _structures_without_a_group(programme: Programme) -> Iterator[str]:
    codes = dict.fromkeys(enrolment.structure_code for enrolment in programme.enrolments)
    structures = [code for code in codes if not trace_of_spreadsheet(code)]
    for attribute in programme.settings.attributes:
        known = {one.structure_code for one in programme.attribute_values if one.attribute_code == attribute.code}
        without = [code for code in structures if code not in known]
        if attribute.values and without:
            listed = ", ".join(without[:_LISTED]) + (", …" if len(without) > _LISTED else "")
            yield (
                f"attributes.csv: check {attribute.code}: {len(without)} of {len(structures)} structures have no value "
                f"({listed}). Figures count them as {UNKNOWN}."
            )


def _in_codebook(programme: Programme) -> Iterator[str]:
    locale = programme.settings.locale
    for indicator in programme.indicators:
        code = indicator.indicator_code
        labels = {"fr": indicator.label_fr.strip(), "en": indicator.label_en.strip()}
        if not labels.pop(locale):
            ((other, label),) = labels.items()
            instead = f"its label_{other}, {shown(label)}," if label else "its code"
            yield (
                f"codebook.csv: check {code}: its label_{locale} is blank. Reports and exports show {instead} instead."
            )
        if indicator.over_structures is not Aggregation.NONE and not indicator.kind.is_numeric:
            yield (
                f"codebook.csv: check {code}: over_structures is {indicator.over_structures}, and the values of a "
                f"{indicator.kind} do not add up. Write none."
            )


def _blanks_beside_answers(programme: Programme) -> Iterator[str]:
    for line in programme.recodes:
        if line.source_value != line.source_value.strip():
            yield (
                f"recodes.csv: check source_value {shown(line.source_value)} of {line.recode}: it begins or ends with "
                "a space, and an answer without that space is another one in a survey."
            )


def _surveys_without_questionnaire(programme: Programme) -> Iterator[str]:
    for instrument in programme.settings.instruments:
        for version in instrument.versions:
            known = (instrument.code, version.version) in programme.questionnaires
            if instrument.kind is InstrumentKind.LIMESURVEY and not known:
                yield (
                    f"crosswalk.csv: its items of {instrument.code} version {version.version} cannot be checked: there "
                    f"is no {questionnaire_file(instrument.code, version.version)}. essaim drift --accept writes it."
                )


def _participants_by_structures(programme: Programme) -> Iterator[str]:
    disclosure = programme.settings.disclosure
    if not disclosure.minimum_participants or disclosure.minimum_structures >= _STRUCTURES_THAT_HIDE:
        return
    by_item = {
        (line.instrument_code, line.version, line.item): line.indicator_code
        for line in programme.crosswalk
        if programme.indicator_by_code[line.indicator_code].level is Level.PARTICIPANT
    }
    for line in programme.crosswalk:
        of_people = by_item.get((line.instrument_code, line.version, line.item))
        if of_people is None or programme.indicator_by_code[line.indicator_code].level is not Level.STRUCTURE:
            continue
        what = f"the share of {line.share_of}" if line.share_of else "a figure of each structure"
        yield (
            f"crosswalk.csv: check {line.item} of {line.instrument_code} version {line.version}: {line.indicator_code} "
            f"makes of it {what}, and {of_people} counts the same answers of participants. With minimum_structures: "
            f"{disclosure.minimum_structures}, figures of one structure show what participant_results suppresses. "
            f"Write minimum_structures: {_STRUCTURES_THAT_HIDE} or more under disclosure, or remove one of the lines."
        )
