"""`essaim drift`."""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.options import Json, Programme, programme_folder
from schemas.enums import DriftOutcome, Exit
from schemas.errors import ProgrammeError, UsageError
from schemas.settings import Environment, ProjectPaths
from tasks.drift import Difference, Proposal, accept_questionnaires, broken_items
from tasks.i18n import counted
from tasks.programme import read_programme
from tasks.programme.questionnaires import questionnaire_file
from tasks.run import today
from tasks.surveys.survey_drift import SurveyDrift, compare_surveys
from warehouse.decisions import published_decisions

EXAMPLE = "essaim drift --programme demo"


def drift(
    programme: Programme = None,
    accept: Annotated[bool, typer.Option("--accept", help="Save the live questionnaires as the new baseline.")] = False,
    as_json: Json = False,
) -> None:
    """Run `essaim drift`; exit 3 where a survey differs, could not be read, or is not open when it should be.

    Raises:
        UsageError: The folder does not fit the live questionnaire, and nothing was accepted.
    """
    folder = programme_folder(programme)
    loaded = read_programme(folder, against_questionnaires=False)
    extensions = published_decisions(ProjectPaths(folder)).extensions
    surveys = compare_surveys(loaded, Environment(), today(loaded), extensions)
    written = _accepted(folder, surveys) if accept else None
    sys.stdout.write(_as_json(surveys, written) if as_json else "\n".join(_lines(surveys, written)) + "\n")
    unread = any(survey.outcome is DriftOutcome.COULD_NOT_CHECK for survey in surveys)
    differing = written is None and any(survey.differences for survey in surveys)
    closed = any(survey.closed_while_expected for survey in surveys)
    raise typer.Exit(Exit.NEEDS_A_PERSON if unread or differing or closed else Exit.DONE)


def _accepted(folder: Path, surveys: Sequence[SurveyDrift]) -> list[str]:
    present = {(survey.instrument_code, survey.version): survey.present for survey in surveys if survey.present}
    try:
        return accept_questionnaires(folder, present)
    except ProgrammeError as error:
        raise UsageError(
            "Nothing was accepted: the folder does not fit the live questionnaires. Correct it, then accept again.\n"
            f"{error}"
        ) from error


def _as_json(surveys: Sequence[SurveyDrift], written: Sequence[str] | None) -> str:
    compared = [
        {
            "instrument_code": survey.instrument_code,
            "version": survey.version,
            "survey_id": survey.survey_id,
            "questionnaire": questionnaire_file(survey.instrument_code, survey.version),
            "outcome": survey.outcome,
            "detail": survey.detail or None,
            "closed_while_expected": survey.closed_while_expected or None,
            "broken_items": sorted(broken_items(survey.differences)),
            "differences": [asdict(difference) for difference in survey.differences],
        }
        for survey in surveys
    ]
    return json.dumps({"surveys": compared, "written": written}, ensure_ascii=False) + "\n"


def _lines(surveys: Sequence[SurveyDrift], written: Sequence[str] | None) -> Iterator[str]:
    if not surveys:
        yield "No instrument of this programme is a survey: there is nothing to compare."
    if written is not None:
        yield from (_title(survey) for survey in surveys if survey.outcome is DriftOutcome.COULD_NOT_CHECK)
        yield from (f"Wrote {name}: the live questionnaire." for name in written)
        if not written:
            yield "Nothing to write: the files already hold the questionnaires that could be read."
        return
    for place, survey in enumerate(surveys):
        if place and surveys[place - 1].differences:
            yield ""
        yield _title(survey)
        if survey.closed_while_expected:
            yield f"  {survey.closed_while_expected}"
        yield from _questions(survey)
    if any(survey.outcome is DriftOutcome.NO_BASELINE for survey in surveys):
        yield ""
        yield "To create a missing file from the live questionnaire, run: essaim drift --accept"
    if any(survey.outcome is DriftOutcome.DIFFERS for survey in surveys):
        yield ""
        yield "Copy the right lines into the folder, replace each ? by its value, then run: essaim drift --accept"


def _title(survey: SurveyDrift) -> str:
    name = f"{survey.instrument_code} version {survey.version} (survey {survey.survey_id})"
    file = questionnaire_file(survey.instrument_code, survey.version)
    broken = broken_items(survey.differences)
    reading = f" {counted(len(broken), 'crosswalk item')} can no longer be read safely." if broken else ""
    match survey.outcome:
        case DriftOutcome.COULD_NOT_CHECK:
            return f"{name}: could not check. {survey.detail}"
        case DriftOutcome.NO_BASELINE:
            return f"{name}: there is no {file} to compare with.{reading}"
        case DriftOutcome.SAME:
            return f"{name}: matches {file}."
        case DriftOutcome.DIFFERS:
            return f"{name}: {counted(len(survey.differences), 'difference')} from {file}.{reading}"


def _questions(survey: SurveyDrift) -> Iterator[str]:
    wordings = {
        question.code: next(iter(question.texts.values()), "")
        for questionnaire in (survey.present, survey.baseline)
        if questionnaire is not None
        for question in questionnaire.questions
    }
    question = None
    shown: set[Proposal] = set()
    for difference in survey.differences:
        if difference.question_code != question:
            question = difference.question_code
            wording = wordings.get(question, "")
            yield ""
            yield f"  {question or 'the whole questionnaire'}" + (f"  “{wording}”" if wording else "")
        yield f"    {_sentence(difference)}"
        if difference.breaks:
            yield f"      breaks {', '.join(difference.breaks)}"
        for proposal in difference.proposals:
            if proposal not in shown:
                yield from _proposed(proposal)
            shown.add(proposal)


def _sentence(difference: Difference) -> str:
    element = f" {difference.element} {difference.code}" if difference.element and difference.code else ""
    language = f" ({difference.language})" if difference.language else ""
    return f"{difference.kind}{element}{language}: found {difference.found}; expected {difference.expected}."


def _proposed(proposal: Proposal) -> Iterator[str]:
    if proposal.replaces:
        yield f"      {proposal.file}  - {proposal.replaces}"
    if proposal.line:
        yield f"      {proposal.file}  + {proposal.line}"
