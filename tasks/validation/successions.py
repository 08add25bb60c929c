"""Warn of a return that is due after its structure merged or moved: the returns of another enrolment count instead."""

from collections.abc import Mapping
from datetime import date
from gettext import NullTranslations

from schemas.enums import SuccessionKind
from schemas.programme import Programme

ANSWERED_BY_HEIR = "answered_by_heir"
"""The check that fails for such a return."""


def answered_by_heir(
    due: Mapping[str, date], programme: Programme, language: NullTranslations
) -> dict[str, tuple[str, str]]:
    """Return what is wrong with the returns that another enrolment answers for, and what is expected, by return.

    Args:
        due: The due date of expected returns, by id.
        programme: The programme.
        language: The language of the words.
    """
    _ = language.gettext
    ended = {one.enrolment_id: one for one in programme.successions if one.is_next}
    words: dict[str, tuple[str, str]] = {}
    for id_, due_on in due.items() if ended else ():
        succession = ended.get(id_.rsplit("/", 2)[0])
        if succession is None or due_on <= succession.since_on:
            continue
        structure = programme.enrolment_by_id[succession.enrolment_id].structure_code
        heir = programme.enrolment_by_id[succession.heir_enrolment_id]
        if succession.kind is SuccessionKind.MERGED:
            found = _("a return of {structure}, which merged into {heir} on {day}")
            found = found.format(structure=structure, heir=heir.structure_code, day=succession.since_on)
        else:
            found = _("a return of {structure}, which moved to the cohort {cohort} on {day}")
            found = found.format(structure=structure, cohort=heir.cohort_code, day=succession.since_on)
        expected = _("its figures in the returns of {heir}: this one is kept, and counts in no figure")
        words[id_] = (found, expected.format(heir=heir.ids[0]))
    return words
