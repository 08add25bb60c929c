"""Name the structure, cohort and occasion of an invented response where the instrument's `join` reads them."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from schemas.enums import JoinBy
from schemas.instruments import BY_TOKEN, InstrumentVersion, Join
from schemas.programme import Programme


@dataclass(frozen=True, slots=True)
class Invited:
    """A participant of a survey.

    Attributes:
        token: The token; None where nobody is invited, because the answers name the structure.
        attributes: The attributes that name structure, cohort and occasion.
        answers: The answers that name them.
    """

    token: str | None
    attributes: Mapping[str, str]
    answers: Mapping[str, str]


def invited(
    programme: Programme,
    join: Join,
    version: InstrumentVersion,
    enrolment_id: str,
    occasion_code: str,
    respondent: int = 0,
) -> Invited:
    """Return how a respondent takes part in a survey.

    Args:
        programme: The programme.
        join: How responses to the version name structure, cohort and occasion.
        version: The version of the instrument, a survey.
        enrolment_id: The enrolment.
        occasion_code: The occasion.
        respondent: The number of the respondent, from 1, where several answer; else 0.
    """
    cohort_code, structure_code = enrolment_id.split("/")
    codes = {"structure": structure_code, "cohort": cohort_code, "occasion": occasion_code}
    values = {what: _value(programme, join, what, code) for what, code in codes.items()}
    places = dict(_places(join))
    named = {place: values[what] for what, place in places.items()}
    attributes = {place: value for place, value in named.items() if place in join.attributes}
    answers = {place: value for place, value in named.items() if place in join.questions}
    is_of_occasion = join.occasion == BY_TOKEN or join.occasion in attributes
    if join.by is JoinBy.QUESTION:
        return Invited(None, attributes, answers)
    if join.by is JoinBy.TOKEN:
        token = values["structure"]
    else:
        parts = [enrolment_id, *([occasion_code] if is_of_occasion else []), *([str(respondent)] if respondent else [])]
        token = hashlib.sha256(f"{version.survey_id}/{'/'.join(parts)}".encode()).hexdigest()[:15]
    return Invited(f"{token}~{values['occasion']}" if join.occasion == BY_TOKEN else token, attributes, answers)


def _places(join: Join) -> Iterator[tuple[str, str]]:
    if join.by is not JoinBy.TOKEN:
        yield "structure", join.structure
        if join.cohort:
            yield "cohort", join.cohort
    if join.occasion and join.names_occasion and join.occasion != BY_TOKEN:
        yield "occasion", join.occasion


def _value(programme: Programme, join: Join, what: str, code: str) -> str:
    """Return the value that stands for a code: the first that the recode of `join` maps to it, if any."""
    name = join.recode.declared.get(what)
    lines = programme.recode_of(name).values() if name is not None else ()
    return next((x.source_value for x in lines if (x.value or "").casefold() == code.casefold()), code)
