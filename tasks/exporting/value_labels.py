"""Label the values of columns that hold codes, in the language of a file."""

from collections.abc import Callable
from functools import cache

from schemas.enums import (
    Adoption,
    CorrectionState,
    FindingKind,
    FindingState,
    Measure,
    MissingReason,
    NothingState,
    ReturnChannel,
    ReturnState,
    RevisionKind,
    SaidBy,
    StateReason,
    SurveyClosure,
    TargetDirection,
    TargetStatus,
)
from tasks.dictionary.views import ViewColumn
from tasks.i18n import language
from tasks.state_reasons import reason_in_words, state_in_words

Translate = Callable[[str], str]


def value_labels(column: ViewColumn, locale: str) -> dict[str, str]:
    """Return the label of each value that a column accepts, in `fr` or `en`.

    The same code can mean different things in different columns, so a value is labelled by the code list that has all
    values of its column.
    """
    if column.is_of_programme:
        return {value: value for value in column.values}
    labels = next((each for each in _code_lists(locale) if each.keys() >= set(column.values)), {})
    return {value: labels.get(value, value) for value in column.values}


def reason_labels(locale: str) -> dict[MissingReason, str]:
    """Return the label of each reason for a missing value."""
    _ = language(locale).gettext
    return {
        MissingReason.NOT_COMMUNICATED: _("requested but not communicated"),
        MissingReason.NOT_EVALUATED: _("not evaluated at this phase"),
        MissingReason.NOT_APPLICABLE: _("not requested for this innovation"),
        MissingReason.UNEXPLAINED: _("left blank"),
        MissingReason.NO_RETURN: _("no return that counts"),
        MissingReason.SUPPRESSED: _("suppressed in publications"),
        MissingReason.NOT_SHOWN: _("not shown to the respondent"),
        MissingReason.UNKNOWN_IF_SHOWN: _("left blank, unknown if shown"),
        MissingReason.NOTHING_TO_REPORT: _("nothing to report"),
    }


@cache
def _code_lists(locale: str) -> tuple[dict[str, str], ...]:
    translations = language(locale)
    _ = translations.gettext
    return (
        {str(reason): label for reason, label in reason_labels(locale).items()},
        {str(state): state_in_words(state, translations) for state in ReturnState},
        {str(reason): reason_in_words(reason, translations) for reason in StateReason},
        *_of_returns(_),
        *_of_figures(_),
        *_of_findings(_),
    )


def _of_returns(_: Translate) -> tuple[dict[str, str], ...]:
    return (
        {
            SurveyClosure.NOT_STARTED: _("survey not started"),
            SurveyClosure.EXPIRED: _("survey expired"),
            SurveyClosure.NOT_ACTIVE: _("survey not active"),
        },
        {
            ReturnChannel.SURVEY: _("online survey"),
            ReturnChannel.INBOX: _("folder of workbooks"),
            ReturnChannel.DESK: _("the desk"),
            ReturnChannel.MAILBOX: _("mailbox"),
        },
        {SaidBy.RETURN: _("the return"), SaidBy.DECISION: _("a decision")},
        {
            NothingState.COUNTED: _("counted"),
            NothingState.CONTRADICTED: _("contradicted by the return"),
            NothingState.NOT_COUNTED: _("not counted"),
        },
        {
            RevisionKind.ON_TIME: _("first return, on time"),
            RevisionKind.LATE: _("first return, late"),
            RevisionKind.REVISION: _("another version"),
            RevisionKind.WITHDRAWAL: _("withdrawn"),
        },
        {
            CorrectionState.APPLIED: _("applied"),
            CorrectionState.NOT_NEEDED: _("not needed: the answer is the new value"),
            CorrectionState.NOT_APPLIED: _("not applied: the answer is another value"),
            CorrectionState.NO_RETURN: _("no return that counts"),
        },
        {
            "current": _("current version"),
            "withdrawn": _("withdrawn"),
            "superseded": _("replaced by a later version"),
            "not_counted": _("not counted"),
        },
        {"question": _("a question"), "subquestion": _("a subquestion"), "option": _("an answer option")},
        {
            "new": _("new"),
            "vanished": _("no longer there"),
            "retyped": _("another kind of answers"),
            "reworded": _("another wording"),
        },
        {"filled_by": _("who fills in the return"), "instrument": _("the instrument")},
        {
            "always": _("always returned"),
            "returner": _("missed some, returned the last"),
            "leaver": _("left"),
            "moved": _("moved to another cohort"),
            "intermittent": _("returned some, missed the last"),
            "never": _("never returned"),
            "too early": _("nothing due yet"),
        },
    )


def _of_figures(_: Translate) -> tuple[dict[str, str], ...]:
    return (
        {
            Adoption.ADOPTED: _("adopted"),
            Adoption.IN_PROGRESS: _("in progress"),
            Adoption.PARTIAL: _("partially adopted"),
            Adoption.NO: _("not adopted"),
            Adoption.NOT_SHOWN: _("not shown to the respondent"),
            Adoption.UNKNOWN: _("unknown"),
        },
        {
            Measure.VALUE: _("an indicator"),
            Measure.STRUCTURES: _("number of structures"),
            Measure.LEFT: _("number of structures that left"),
            Measure.PER_STRUCTURE: _("an indicator per structure"),
        },
        {
            "same": _("same figure"),
            "differs": _("different figure"),
            "printed_only": _("printed only"),
            "held_only": _("in the warehouse only"),
        },
        {"outcome": _("outcome"), "indicator": _("indicator")},
        {TargetDirection.AT_LEAST: _("at least"), TargetDirection.AT_MOST: _("at most")},
        {
            TargetStatus.REACHED: _("reached"),
            TargetStatus.MISSED: _("missed"),
            TargetStatus.NOT_DUE: _("not due yet"),
            TargetStatus.UNDECIDED: _("undecided: missing structures decide it"),
            TargetStatus.SUPPRESSED: _("suppressed in publications"),
        },
    )


def _of_findings(_: Translate) -> tuple[dict[str, str], ...]:
    scaled = {f"times_{factor}": _("probably times {factor}").format(factor=factor) for factor in (10, 100, 1000)}
    scaled |= {f"divided_by_{n}": _("probably divided by {factor}").format(factor=n) for n in (10, 100, 1000)}
    return (
        {
            FindingKind.JUMP_OWN: _("out of line with the earlier numbers of the structure"),
            FindingKind.JUMP_COHORT: _("out of line with the numbers of the cohort"),
            FindingKind.FALL: _("a cumulative number that fell"),
            FindingKind.DUPLICATE_RETURN: _("the answers of another structure"),
            FindingKind.STRAIGHT_LINING: _("one option for every row"),
            FindingKind.HEAPING: _("more round numbers than chance gives"),
        },
        {
            FindingState.NEW: _("new"),
            FindingState.EXPLAINED: _("explained"),
            FindingState.MENDED: _("mended"),
        },
        {**scaled, **{f"multiples_of_{unit}": _("multiples of {unit}").format(unit=unit) for unit in (5, 10)}},
    )
