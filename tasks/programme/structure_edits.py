"""Ask what became of structures that are gone from the programme folder: renamed, moved, merged, or left."""

from collections.abc import Iterator, Mapping

from schemas.programme import Programme
from schemas.programme_tables import Enrolment
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
