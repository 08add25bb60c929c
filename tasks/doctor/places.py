"""Check the places of an installation: warehouse, runs, messages, keys, intake and disk."""

import hmac
import os
import shutil
from collections.abc import Callable, Iterator
from datetime import date, timedelta

import sqlalchemy as sa

from schemas.enums import RunOutcome
from schemas.errors import EssaimError, UsageError
from schemas.settings import Environment, ProjectPaths
from tasks.alerts import refused_in_words, waits_in_words
from tasks.doctor.diagnosis import Diagnosis
from tasks.landing import Landing
from tasks.schedule.overdue_runs import overdue_runs
from tasks.workbooks.pseudonyms import RULE, newer_rule_in_words, pseudonym_key
from warehouse.address import warehouse_address
from warehouse.alerts import dead_letters, message_of, waiting
from warehouse.connection import holds_a_warehouse
from warehouse.intake import holds_an_intake, now, oldest_waiting, open_intake
from warehouse.pseudonym_keys import held_keys, held_rule
from warehouse.published import read, read_copy
from warehouse.runs import last_done, last_done_run, latest_run, runs_of_days_after
from warehouse.sql import as_text
from warehouse.status import unread
from warehouse.writer import Lease, lease

_SPARE_BYTES = 200_000_000
_APPLIED_WITHIN = timedelta(days=4)
"""How long an item of the intake may wait: a weekend, and the run of the next working day."""


def examine_places(paths: ProjectPaths, environment: Environment, today: date) -> list[Diagnosis]:
    """Check all that lies in `var/` or in the database: warehouse, runs, messages, keys, intake and disk.

    Args:
        paths: Where the programme's folders and files are.
        environment: The settings of the installation.
        today: The present day in the programme's time zone.
    """
    held = lease(paths.var)
    findings = [_lease(held), _landing_key(paths, environment), _disk(paths)]
    findings += _intake(paths)
    if not holds_a_warehouse(paths):
        detail = "There is no warehouse yet. Run essaim collect."
        return [*findings, Diagnosis("warehouse", is_well=False, detail=detail)]
    ask = _querying(paths, held)
    for check in (_warehouse, _runs, _regular_runs, _messages):
        try:
            findings += check(ask, today)
        except EssaimError as error:
            detail = f"It could not be read: {' '.join(str(error).split())} Restore it from a backup."
            return [*findings, Diagnosis("warehouse", is_well=False, detail=detail)]
    return [*findings, _pseudonym_key(paths, environment, ask), *_published(paths, held), *_sources(ask)]


Ask = Callable[[sa.Executable], list[tuple[object, ...]]]
"""Runs a statement, and returns its rows."""


def _querying(paths: ProjectPaths, held: Lease) -> Ask:
    """Return a function that queries the warehouse, or its published copy while a run has the DuckDB file open."""
    if warehouse_address(paths) is not None:
        return lambda statement: read(paths, as_text(statement), is_ours=True)[1]
    path = paths.published if held.is_held else paths.warehouse
    return lambda statement: read_copy(path, as_text(statement), is_live=not held.is_held)[1]


def _lease(held: Lease) -> Diagnosis:
    if held.is_held:
        return Diagnosis("lease", is_well=True, detail=f"A run is writing: {held.holder or 'it has just begun'}.")
    if held.holder is not None:
        detail = f"A run ended without releasing its lease: {held.holder}. Run essaim collect to finish its work."
        return Diagnosis("lease", is_well=False, detail=detail)
    return Diagnosis("lease", is_well=True, detail="No run is writing.")


def _landing_key(paths: ProjectPaths, environment: Environment) -> Diagnosis:
    has_originals = paths.landing.is_dir() and any(paths.landing.iterdir())
    if environment.landing_key is None and not paths.landing_key.exists():
        detail = (
            f"There is no {paths.landing_key}, and the originals in {paths.landing} cannot be read without it. "
            "Restore it from a backup, or set ESSAIM_LANDING_KEY."
        )
        return Diagnosis("landing key", not has_originals, detail if has_originals else "The first run creates one.")
    try:
        Landing(paths, environment)
    except EssaimError as error:
        return Diagnosis("landing key", is_well=False, detail=str(error))
    except OSError as error:
        detail = f"{paths.landing_key} cannot be read ({error.strerror}). Check its permissions."
        return Diagnosis("landing key", is_well=False, detail=detail)
    return Diagnosis("landing key", is_well=True, detail="It can be read.")


def _disk(paths: ProjectPaths) -> Diagnosis:
    existing = next(path for path in (paths.var, *paths.var.parents) if path.exists())
    free = shutil.disk_usage(existing).free
    size = paths.warehouse.stat().st_size if paths.warehouse.exists() else 0
    detail = f"{free // 1_000_000} MB are free at {existing}"
    if not os.access(existing, os.W_OK | os.X_OK, effective_ids=True):
        detail = (
            f"{existing} cannot be written, so no run can begin. Give the user of the installation the right to write."
        )
        return Diagnosis("disk", is_well=False, detail=detail)
    if free < 2 * size + _SPARE_BYTES:
        needed = (2 * size + _SPARE_BYTES) // 1_000_000
        detail += f"; expected {needed} MB, because a run copies the warehouse. Make room."
        return Diagnosis("disk", is_well=False, detail=detail)
    return Diagnosis("disk", is_well=True, detail=f"{detail}.")


def _intake(paths: ProjectPaths) -> Iterator[Diagnosis]:
    """Check that what the desk and the mailbox receive is applied."""
    try:
        if not holds_an_intake(paths):
            return
        with open_intake(paths) as intake:
            oldest = oldest_waiting(intake)
    except EssaimError as error:
        yield Diagnosis("intake", is_well=False, detail=" ".join(str(error).split()))
        return
    is_well = oldest is None or now() - oldest < _APPLIED_WITHIN
    detail = (
        "Nothing waits to be applied."
        if oldest is None
        else f"The oldest item waits since {oldest:%Y-%m-%d %H:%M} UTC."
    )
    yield Diagnosis("intake", is_well=is_well, detail=detail if is_well else f"{detail} Run essaim apply.")


def _pseudonym_key(paths: ProjectPaths, environment: Environment, ask: Ask) -> Diagnosis:
    try:
        held = {int(str(version)): str(fingerprint) for version, fingerprint in ask(held_keys())}
    except UsageError:
        # The warehouse is of a version without pseudonyms, until the next run migrates it.
        held = {}
    if not held:
        return Diagnosis("pseudonym key", is_well=True, detail="The warehouse holds no pseudonym.")
    if environment.pseudonym_key is None and not paths.pseudonym_key.exists():
        detail = (
            f"There is no {paths.pseudonym_key}, and without it new pseudonyms match none in the warehouse. "
            "Restore it from where it is kept, or set ESSAIM_PSEUDONYM_KEY."
        )
        return Diagnosis("pseudonym key", is_well=False, detail=detail)
    try:
        key = pseudonym_key(paths, environment)
    except EssaimError as error:
        return Diagnosis("pseudonym key", is_well=False, detail=str(error))
    except (OSError, UnicodeError) as error:
        detail = f"{paths.pseudonym_key} cannot be read ({getattr(error, 'strerror', None) or 'it is not text'})."
        return Diagnosis("pseudonym key", is_well=False, detail=f"{detail} Check its permissions, or restore it.")
    if key.version not in held:
        detail = f"Version {key.version} is not in use yet; the warehouse holds version {max(held)}."
        return Diagnosis("pseudonym key", is_well=True, detail=detail)
    if not hmac.compare_digest(held[key.version], key.fingerprint):
        detail = (
            f"It differs from version {key.version}, which the warehouse holds, so that a run would be refused. "
            "Restore that key, or raise ESSAIM_PSEUDONYM_KEY_VERSION if it is permanently lost."
        )
        return Diagnosis("pseudonym key", is_well=False, detail=detail)
    detail = f"It is version {key.version}, which the warehouse holds."
    rule = _rule_in_force(ask, key.version)
    if rule < RULE:
        detail += f" {newer_rule_in_words(rule)}"
    return Diagnosis("pseudonym key", is_well=True, detail=detail)


def _rule_in_force(ask: Ask, key_version: int) -> int:
    try:
        ((rule,),) = ask(held_rule(key_version))
    except UsageError:
        # The warehouse is of a version without rules, until the next run migrates it: its rule is the first.
        return 1
    return 1 if rule is None else int(str(rule))


def _warehouse(ask: Ask, today: date) -> Iterator[Diagnosis]:
    to_come = ask(runs_of_days_after(today))
    if to_come:
        run_id, day = to_come[-1]
        detail = f"The run {run_id} took {day} as its today, which is yet to come. Its alerts are not repeated."
        yield Diagnosis("warehouse", is_well=False, detail=f"{detail} Check the clock, or name the day with --as-of.")
    else:
        yield Diagnosis("warehouse", is_well=True, detail="It opens.")


def _runs(ask: Ask, today: date) -> Iterator[Diagnosis]:  # noqa: ARG001 the signature of a check
    for run_id, outcome, _, detail in ask(latest_run()):
        if outcome in (RunOutcome.FAILED, RunOutcome.INTERRUPTED):
            reason = f": {' '.join(str(detail).split())}" if detail else "."
            yield Diagnosis(
                "last run", is_well=False, detail=f"{run_id} {outcome}{reason} Fix the cause, then run it again."
            )
        elif outcome == RunOutcome.RUNNING:
            yield Diagnosis(
                "last run", is_well=False, detail=f"{run_id} was killed. Run it again: nothing is half-loaded."
            )
        else:
            yield Diagnosis("last run", is_well=True, detail=f"{run_id} is done.")


def _regular_runs(ask: Ask, today: date) -> Iterator[Diagnosis]:
    last = {str(command): day for command, day in ask(last_done(today)) if isinstance(day, date)}
    sentences = list(overdue_runs(last, today))
    for sentence in sentences:
        yield Diagnosis("regular runs", is_well=False, detail=sentence)
    if not sentences:
        yield Diagnosis("regular runs", is_well=True, detail="None is overdue.")


def _messages(ask: Ask, today: date) -> Iterator[Diagnosis]:
    stuck = [message for message in map(message_of, ask(waiting())) if message.decided_on < today]
    dead = [message_of(row) for row in ask(dead_letters())]
    for detail in (*map(waits_in_words, stuck), *map(refused_in_words, dead)):
        yield Diagnosis("messages", is_well=False, detail=detail)
    if not dead and not stuck:
        yield Diagnosis(
            "messages", is_well=True, detail="None is queued since an earlier day, and none was permanently rejected."
        )


def _published(paths: ProjectPaths, held: Lease) -> Iterator[Diagnosis]:
    if warehouse_address(paths) is not None:
        return
    if not paths.published.exists():
        detail = f"There is no {paths.published}: no run has succeeded yet. Run essaim collect."
        yield Diagnosis("published copy", is_well=False, detail=detail)
        return
    if not held.is_held:
        done = as_text(last_done_run())
        try:
            published = read_copy(paths.published, done)
        except EssaimError as error:
            yield Diagnosis("published copy", is_well=False, detail=" ".join(str(error).split()))
            return
        if published != read_copy(paths.warehouse, done, is_live=True):
            detail = "It is older than the last successful run. Run essaim collect to publish again."
            yield Diagnosis("published copy", is_well=False, detail=detail)
            return
    yield Diagnosis("published copy", is_well=True, detail="It is of the last successful run.")


def _sources(ask: Ask) -> Iterator[Diagnosis]:
    unread_sources = ask(unread())
    for source_id, outcome, detail in unread_sources:
        yield Diagnosis("sources", is_well=False, detail=f"{source_id} could not be read ({outcome}): {detail}")
    if not unread_sources:
        yield Diagnosis("sources", is_well=True, detail="All sources checked could be read.")
