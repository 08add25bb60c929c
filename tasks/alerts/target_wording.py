"""Put the targets of a digest into words."""

from collections.abc import Iterator

from schemas.enums import AlertKind, TargetDirection, TargetStatus
from tasks.alerts.digest import Digest, TargetLine
from tasks.alerts.entries import Entry, Section, on_one_line
from tasks.i18n import language, number_in_words

TARGETS = (AlertKind.TARGET_MISSED, AlertKind.TARGET_WITHDRAWN)
"""The sections about targets, which follow those about returns."""


def target_sections(digest: Digest) -> Iterator[Section]:
    """Yield the sections about targets. They list at most as many targets as the digest may list returns."""
    _ = language(digest.locale).gettext
    words_of = {
        AlertKind.TARGET_MISSED: (
            _("Target missed"),
            _(
                "Whatever the structures that have not reported would report, the figure of the cohort does not meet "
                "its target."
            ),
        ),
        AlertKind.TARGET_WITHDRAWN: (
            _("No longer missed: correction of an earlier mail"),
            _("An earlier mail reported these targets as missed. That no longer holds."),
        ),
    }
    for kind in TARGETS:
        lines = [line for line in digest.targets if line.kind is kind]
        if lines:
            entries = tuple(_entry(digest, line) for line in lines[: digest.cap])
            yield Section(kind, *words_of[kind], len(lines), (), entries)


def targets_in_subject(digest: Digest) -> Iterator[str]:
    """Yield what the subject of a digest says about targets."""
    plural = language(digest.locale).ngettext
    missed = sum(line.kind is AlertKind.TARGET_MISSED for line in digest.targets)
    withdrawn = len(digest.targets) - missed
    if missed:
        yield plural("{count} target missed", "{count} targets missed", missed).format(count=missed)
    if withdrawn:
        words = plural("{count} target no longer missed", "{count} targets no longer missed", withdrawn)
        yield words.format(count=withdrawn)


def _entry(digest: Digest, line: TargetLine) -> Entry:
    _ = language(digest.locale).gettext
    return Entry(
        kind=line.kind,
        title=on_one_line(line.indicator),
        about=" · ".join(on_one_line(part) for part in (line.cohort, line.progress.occasion_code)),
        badge=_("new") if line.is_new else "",
        when=_target(digest, line),
        situation=_figure(digest, line),
        advice=_now(digest, line) if line.kind is AlertKind.TARGET_WITHDRAWN else "",
        reference=line.progress.target_id,
    )


def _with_unit(digest: Digest, line: TargetLine, value: float) -> str:
    number, unit = number_in_words(value, digest.locale), line.progress.unit
    return f"{number}\N{NO-BREAK SPACE}{on_one_line(unit)}" if unit else number


def _target(digest: Digest, line: TargetLine) -> str:
    _ = language(digest.locale).gettext
    is_least = line.progress.direction is TargetDirection.AT_LEAST
    words = _("Target: at least {number}") if is_least else _("Target: at most {number}")
    return words.format(number=_with_unit(digest, line, line.progress.target))


def _figure(digest: Digest, line: TargetLine) -> str:
    """Word the figure with its coverage, and its bounds where something is missing."""
    _, progress = language(digest.locale).gettext, line.progress
    words = (
        _("figure: {figure} ({n} of {total} values)")
        if line.is_of_values
        else _("figure: {figure} ({n} of {total} structures)")
    )
    known = words.format(
        figure=_("none") if progress.value is None else _with_unit(digest, line, progress.value),
        n=progress.n_reported,
        total=progress.n_expected,
    )
    lower, upper = progress.lower_value, progress.upper_value
    if progress.n_reported >= progress.n_expected or (lower is None and upper is None):
        return known
    if lower is None or upper is None:
        open_end = (
            _("with those that are missing, {number} at most")
            if lower is None
            else _("with those that are missing, {number} at least")
        )
        return f"{known} · {open_end.format(number=_with_unit(digest, line, (upper if lower is None else lower) or 0))}"
    bounds = _("with those that are missing, {lower} to {upper}").format(
        lower=number_in_words(lower, digest.locale), upper=_with_unit(digest, line, upper)
    )
    return f"{known} · {bounds}"


def _now(digest: Digest, line: TargetLine) -> str:
    _ = language(digest.locale).gettext
    match line.progress.status:
        case TargetStatus.REACHED:
            return _("The target is reached.")
        case TargetStatus.NOT_DUE:
            return _("Returns are still to come before their due date.")
        case _:
            return _("What is missing decides whether it is reached: coverage does not allow to say.")
