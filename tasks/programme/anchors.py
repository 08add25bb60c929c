"""Find anchor dates that are probably mistyped: each due date of a cohort is computed from its anchor date."""

from collections.abc import Iterator
from datetime import date, timedelta

from schemas.months import months_after
from schemas.programme import Programme

_FAR = timedelta(days=548)
"""18 months. A wrong year moves an anchor by 12 months, and cohorts follow each other by a year at most."""


def doubtful_anchors(programme: Programme) -> list[str]:
    """Return a sentence for each anchor date that is probably mistyped. They are not mistakes: a person knows.

    The anchor of a cohort is doubtful if it is more than 18 months from every other anchor of the programme, or not
    after the anchor of the cohort that is listed before it for the same innovation; that of an enrolment, if it is more
    than 12 months from the anchor of the cohort.
    """
    far = dict(_far_from_all(programme))
    of_cohorts = [*far.values(), *(sentence for code, sentence in _out_of_order(programme) if code not in far)]
    return [*of_cohorts, *_far_from_their_cohorts(programme)]


def _far_from_all(programme: Programme) -> Iterator[tuple[str, str]]:
    anchors = {cohort.code: cohort.anchor_on for cohort in programme.settings.cohorts}
    for code, anchor_on in anchors.items():
        others = [other_on for other, other_on in anchors.items() if other != code]
        nearest = min(others, key=lambda other_on: abs(other_on - anchor_on), default=anchor_on)
        if abs(nearest - anchor_on) > _FAR:
            yield code, _sentence(code, anchor_on, f"more than 18 months from the nearest other anchor, {nearest}")


def _out_of_order(programme: Programme) -> Iterator[tuple[str, str]]:
    before: dict[str, tuple[str, date]] = {}
    for cohort in programme.settings.cohorts:
        code, anchor_on = before.get(cohort.innovation, ("", date.min))
        if code and cohort.anchor_on <= anchor_on:
            reason = f"not after {anchor_on}, that of {code}, which is listed before it for {cohort.innovation}"
            yield cohort.code, _sentence(cohort.code, cohort.anchor_on, reason)
        before[cohort.innovation] = (cohort.code, cohort.anchor_on)


def _far_from_their_cohorts(programme: Programme) -> Iterator[str]:
    for enrolment in programme.enrolments:
        own, cohort = enrolment.anchor_on, programme.cohort_by_code[enrolment.cohort_code]
        if own and not months_after(cohort.anchor_on, -12) <= own <= months_after(cohort.anchor_on, 12):
            yield (
                f"structures.csv: check anchor_on {own} of {enrolment.enrolment_id}: it is more than 12 months from "
                f"{cohort.anchor_on}, that of {cohort.code}. Its due dates are computed from it."
            )


def _sentence(code: str, anchor_on: date, reason: str) -> str:
    return f"programme.yaml: check anchor_on {anchor_on} of {code}: it is {reason}. Its due dates are computed from it."
