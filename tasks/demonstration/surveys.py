"""Make the surveys of a simulated server from what a programme folder says of its questionnaires.

A survey comes from its file in `surveys/` (an `.lss` export), else from its baseline in `questionnaires/`, else from
the lines of the crosswalk: a question for each item, of the type that fits the indicator.
"""

from pathlib import Path
from typing import cast

from schemas.errors import UsageError
from schemas.instruments import Instrument, InstrumentVersion
from schemas.programme import Programme
from tasks.demonstration.asked import questionnaire_asked
from tasks.programme.questionnaires import baseline_of
from tasks.questionnaires.questionnaire import Questionnaire
from tasks.simulator import Group, Survey

FOLDER = "surveys"
_DUAL_SCALE = "1"


def surveys_of(folder: Path, programme: Programme) -> dict[int, Survey]:
    """Return the active surveys that the instruments name, by number, without participants and responses.

    Args:
        folder: The programme folder.
        programme: The programme.

    Raises:
        UsageError: A file of `surveys/` is no survey, or lacks items of the crosswalk.
    """
    files = dict(_read(path) for path in sorted((folder / FOLDER).glob("*.lss")))
    made: dict[int, Survey] = {}
    for instrument in programme.settings.instruments:
        for version in instrument.versions:
            if version.survey_id is not None and version.survey_id not in made:
                survey = _from_file(files, programme, instrument, version) or survey_made_of(
                    baseline_of(programme, instrument.code, version.version)
                    or questionnaire_asked(programme, instrument, version),
                    version.survey_id,
                    f"{instrument.name} {version.version}",
                )
                survey.activate()
                made[version.survey_id] = survey
    return made


def survey_made_of(questionnaire: Questionnaire, survey_id: int, title: str) -> Survey:
    """Return a survey with the questions of a questionnaire, all in one group and without conditions."""
    base, *others = questionnaire.languages
    group = Group(gid=1, order=0, relevance="", randomization="", names={}, descriptions={})
    survey = Survey(
        sid=survey_id,
        settings={"language": base, "additional_languages": " ".join(others), "datestamp": "Y", "anonymized": "N"},
        texts={language: {"surveyls_title": title} for language in questionnaire.languages},
        groups=[group],
        questions=[],
    )
    for language in questionnaire.languages:
        group.names[language], group.descriptions[language] = title, ""
    for question in questionnaire.questions:
        code = question.code
        survey.add_question(code, question.letter, question.texts, other="Y" if question.has_other else "N")
        for part in question.options:
            survey.add_option(code, part.code, part.texts, scale_id=part.scale_id)
        for part in question.subquestions:
            survey.add_subquestion(code, part.code, part.texts, scale_id=part.scale_id)
    return survey


def _read(path: Path) -> tuple[int, Survey]:
    try:
        survey = Survey.from_lss(path)
    except (ValueError, LookupError) as error:
        raise UsageError(
            f"{path} is not the structure of a survey ({error}). Expected a file that LimeSurvey exports as a survey "
            "structure (.lss). Export it again, or remove the file."
        ) from error
    return survey.sid, survey


def _from_file(
    files: dict[int, Survey], programme: Programme, instrument: Instrument, version: InstrumentVersion
) -> Survey | None:
    survey_id = cast("int", version.survey_id)
    survey = files.get(survey_id)
    if survey is None:
        return None
    asked = survey.columns_by_heading()
    missing = [x.item for x in programme.crosswalk_of(instrument.code, version.version) if x.item not in asked]
    missing += [name for name in instrument.join_of(version.version).questions if name not in asked]
    if missing:
        raise UsageError(
            f"The file of survey {survey_id} in {FOLDER}/ has no question {', '.join(dict.fromkeys(missing))}, which "
            f"{instrument.code} version {version.version} reads. Export the survey again from LimeSurvey, or remove "
            "the file: its questions are then those of questionnaires/, or of crosswalk.csv."
        )
    return survey
