"""Ask what became of structures that are gone from the programme folder: renamed, moved, merged, or left."""

from collections.abc import Iterator, Mapping
from datetime import date

from schemas.programme import Programme
from schemas.programme_tables import Enrolment
from schemas.successions import Succession
from tasks.programme.spellings import nearest


def questions_about_structures(loaded: Mapping[str, str], programme: Programme) -> list[str]:
    """Return a question for each enrolment that was loaded before and is gone from the folder.

    Args:
        loaded: The names of the structures in the folder that was loaded last, by enrolment; empty before the first.
        programme: The programme, as read from its folder.
    """
    new = [one for one in programme.enrolments if loaded and one.enrolment_id not in loaded]
    gone = {id_: name for id_, name in loaded.items() if id_ not in programme.enrolment_by_id}
    return list(_questions(gone, new))


def questions_about_departures(departures: Mapping[str, date], programme: Programme) -> list[str]:
    """Return a sentence for each recorded departure that a merger or a move in the folder contradicts.

    Args:
        departures: The day each enrolment left, by its id, as recorded by `essaim leave`.
        programme: The programme, as read from its folder.
    """
    sentences = [
        f"structures.csv: {ended_in_words(programme, one)}. The day of essaim leave, {departures[one.enrolment_id]}, "
        f"does not count: take it back with essaim leave {programme.ids_of(one.enrolment_id)[0]} --undo."
        for one in programme.successions
        if one.is_next and one.enrolment_id in departures
    ]
    left = programme.without_ended(departures)
    sentences += [
        f"structures.csv: {ended_in_words(programme, one)}, and nobody answers for it: by essaim leave, "
        f"{programme.ids_of(one.heir_enrolment_id)[0]} left on {left[one.heir_enrolment_id]}. "
        "Correct one of the two days."
        for one in programme.successions
        if one.is_next and one.heir_enrolment_id in left and left[one.heir_enrolment_id] <= one.since_on
    ]
    return sentences


def ended_in_words(programme: Programme, ended: Succession) -> str:
    """Return that an enrolment merged or moved, into what and when, in words."""
    one, heir = programme.enrolment_by_id[ended.enrolment_id], programme.enrolment_by_id[ended.heir_enrolment_id]
    if one.merged_into is not None:
        return f"{one.ids[0]} merged into {heir.structure_code} on {ended.since_on}"
    return f"{one.ids[0]} moved to {heir.cohort_code} on {ended.since_on}"


def _questions(gone: Mapping[str, str], new: list[Enrolment]) -> Iterator[str]:
    for id_, name in gone.items():
        cohort_code, code = id_.split("/")
        beside = [one for one in new if one.cohort_code == cohort_code]
        elsewhere = [one for one in new if code in one.codes]
        of_cohort = [other for other in gone if other.startswith(f"{cohort_code}/")]
        called = nearest(name, [one.structure_name for one in beside])
        renamed = next((one for one in beside if one.structure_name == called), None)
        if renamed is None and len(of_cohort) == len(beside) == 1:
            (renamed,) = beside
        listed = next((one for one in beside if code in one.codes), None)
        if listed is not None:
            former = "|".join((code, *(other for other in listed.codes[1:] if other != code)))
            what = (
                f"{listed.structure_code} in {cohort_code} was enrolled first as {code}: write {former} in former_codes"
            )
        elif elsewhere:
            what = (
                f"{code} is gone from {cohort_code} and new in {elsewhere[0].cohort_code}: moved? Keep its line in "
                f"{cohort_code}, with its last day there in left_on and {elsewhere[0].cohort_code} in moved_to"
            )
        elif renamed is not None:
            former = "|".join((code, *renamed.codes[1:]))
            what = (
                f"{code} is gone from {cohort_code} and {renamed.structure_code} is new: renamed? Write {former} in "
                f"former_codes of {renamed.structure_code}, and its series goes on"
            )
        else:
            what = (
                f"{code} is gone from {cohort_code}: has it left? Keep its line, with the day in left_on, and in "
                "merged_into the structure that took it over, if one did"
            )
        yield f"structures.csv: {what}."
