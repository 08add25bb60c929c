"""Read the state of a survey in the warehouse: its watermark, questionnaires and loaded responses.

Reads `ops.watermarks`, `ops.receipts`, `raw.questionnaires`, `raw.questionnaire_conditions`,
`raw.questionnaire_differences`, `raw.returns`, `raw.answers`, `raw.findings`, `raw.withdrawals`,
`raw.completed_participants` and `raw.set_aside_responses`.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa

from schemas.enums import ReturnOutcome
from schemas.tables import (
    ANSWERS,
    COMPLETED_PARTICIPANTS,
    FINDINGS,
    PROGRAMME_CROSSWALK,
    QUESTIONNAIRE_CONDITIONS,
    QUESTIONNAIRE_DIFFERENCES,
    QUESTIONNAIRES,
    RECEIPTS,
    RETURNS,
    SET_ASIDE_RESPONSES,
    WATERMARKS,
    WITHDRAWALS,
    Row,
    sql_table,
)
from warehouse.connection import Warehouse
from warehouse.runs import Stamp

NAMES_ONE_OCCASION = "NamesOneOccasion"
"""The check that fails for a response of which it is not known which occasion it answers."""


@dataclass(frozen=True, slots=True)
class Watermark:
    """The state of a survey when it was last read completely.

    Attributes:
        fingerprint: sha256 of the programme's version and the survey's settings, counts and participants. While it is
            unchanged, the survey need not be read.
        incomplete_ids: Ids of the responses that were not complete.
    """

    fingerprint: str
    incomplete_ids: tuple[int, ...]

    @property
    def row(self) -> Row:
        """The watermark as columns of `ops.watermarks`."""
        return {"fingerprint": self.fingerprint, "incomplete_ids": ",".join(map(str, self.incomplete_ids))}


Reading = tuple[str, str]
"""The versions of programme and questionnaire that a response was loaded with: they decide which answers are held."""


@dataclass(frozen=True, slots=True)
class KnownVersion:
    """A loaded version of a response.

    Attributes:
        answered_at: UTC.
        known_at: When it was known, UTC.
        loaded_at: When it was loaded, UTC.
        is_placed: False if it was not known which occasion the response answers.
        landing_path: The original of its page, below the landing folder.
    """

    return_id: str
    expected_return_id: str
    content_sha256: str
    is_submitted: bool
    answered_at: datetime
    is_quarantined: bool
    programme_version: str
    questionnaire_version: str
    known_at: datetime
    loaded_at: datetime
    is_placed: bool = True
    landing_path: str | None = None

    @property
    def reading(self) -> Reading:
        """The versions that it was loaded with."""
        return self.programme_version, self.questionnaire_version


def watermarks(warehouse: Warehouse, stamp: Stamp) -> dict[str, Watermark]:
    """Return the latest watermark of each survey that was known by the run's today, by source."""
    marks = sql_table(WATERMARKS).c
    rows = warehouse.execute(
        sa.select(marks.source_id, marks.fingerprint, marks.incomplete_ids)
        .where(marks.known_at <= stamp.known_at)
        .order_by(marks.known_at, marks.loaded_at)
    )
    return {
        source_id: Watermark(fingerprint, tuple(map(int, filter(None, incomplete_ids.split(",")))))
        for source_id, fingerprint, incomplete_ids in rows
    }


def knows_questionnaire(warehouse: Warehouse, source_id: str, version: str) -> bool:
    """Return whether a version of a survey's questionnaire is loaded."""
    rows = sql_table(QUESTIONNAIRES).c
    is_version = (rows.source_id == source_id) & (rows.questionnaire_version == version)
    return bool(warehouse.execute(sa.select(rows.source_id).where(is_version).limit(1)))


def knows_conditions(warehouse: Warehouse, source_id: str, version: str) -> bool:
    """Return whether the conditions of a version of a survey's questionnaire are loaded."""
    rows = sql_table(QUESTIONNAIRE_CONDITIONS).c
    is_version = (rows.source_id == source_id) & (rows.questionnaire_version == version)
    return bool(warehouse.execute(sa.select(rows.source_id).where(is_version).limit(1)))


def knows_differences(warehouse: Warehouse, source_id: str, version: str, programme_version: str) -> bool:
    """Return whether the latest comparison of a survey's questionnaire was between these two versions.

    Args:
        warehouse: The warehouse.
        source_id: The survey.
        version: Version of the live questionnaire.
        programme_version: Version of the programme folder with the crosswalk and the baseline.
    """
    rows = sql_table(QUESTIONNAIRE_DIFFERENCES).c
    latest = warehouse.execute(
        sa.select(rows.questionnaire_version, rows.programme_version)
        .where(rows.source_id == source_id)
        .order_by(rows.loaded_at.desc())
        .limit(1)
    )
    return latest == [(version, programme_version)]


def known_versions(warehouse: Warehouse, source_id: str, first: int, last: int) -> dict[int, tuple[KnownVersion, ...]]:
    """Return the loaded versions of each response with an id from `first` to `last`, by id, in the order of loading."""
    returns, receipts, unplaced = sql_table(RETURNS).c, sql_table(RECEIPTS).c, unplaced_versions()
    rows = warehouse.execute(
        sa.select(
            returns.sequence,
            returns.return_id,
            returns.expected_return_id,
            returns.content_sha256,
            returns.is_submitted,
            returns.answered_at,
            returns.outcome == ReturnOutcome.QUARANTINED.value,
            returns.programme_version,
            returns.questionnaire_version,
            returns.known_at,
            returns.loaded_at,
            unplaced.c.return_id.is_(None),
            receipts.landing_path,
        )
        .select_from(
            sql_table(RETURNS)
            .outerjoin(unplaced, returns.return_id == unplaced.c.return_id)
            .outerjoin(sql_table(RECEIPTS), returns.receipt_id == receipts.receipt_id)
        )
        .where(returns.source_id == source_id, returns.sequence.between(first, last))
        .order_by(returns.loaded_at, returns.answered_at)
    )
    versions: dict[int, tuple[KnownVersion, ...]] = {}
    for response_id, *columns in rows:
        versions[response_id] = (*versions.get(response_id, ()), KnownVersion(*columns))
    return versions


def unplaced_versions() -> sa.Subquery:
    """Return a query for the versions of responses of which it was not known which occasion they answer."""
    findings = sql_table(FINDINGS).c
    return sa.select(findings.return_id).where(findings.check_name == NAMES_ONE_OCCASION).distinct().subquery()


def items_loaded(warehouse: Warehouse, source_id: str) -> dict[Reading, frozenset[str]]:
    """Return the items with loaded answers of a survey, by the versions that they were loaded with."""
    returns, answers = sql_table(RETURNS).c, sql_table(ANSWERS).c
    one_of_each = (
        sa.select(
            returns.programme_version,
            returns.questionnaire_version,
            sa.func.min(returns.return_id).label("return_id"),
        )
        .where(returns.source_id == source_id, returns.outcome == ReturnOutcome.LOADED.value)
        .group_by(returns.programme_version, returns.questionnaire_version)
        .subquery()
    )
    rows = warehouse.execute(
        sa.select(one_of_each.c.programme_version, one_of_each.c.questionnaire_version, answers.item).join(
            one_of_each, answers.return_id == one_of_each.c.return_id
        )
    )
    items: dict[Reading, set[str]] = {}
    for programme_version, questionnaire_version, item in rows:
        items.setdefault((programme_version, questionnaire_version), set()).add(item)
    return {reading: frozenset(loaded) for reading, loaded in items.items()}


def items_mapped(warehouse: Warehouse, instrument_code: str, version: int) -> dict[str, frozenset[str]]:
    """Return the items of an instrument version that the crosswalk mapped, by version of the programme."""
    lines = sql_table(PROGRAMME_CROSSWALK).c
    items: dict[str, set[str]] = {}
    for programme_version, item in warehouse.execute(
        sa.select(lines.programme_version, lines.item)
        .where(lines.instrument_code == instrument_code, lines.instrument_version == version)
        .distinct()
    ):
        items.setdefault(programme_version, set()).add(item)
    return {programme_version: frozenset(mapped) for programme_version, mapped in items.items()}


def questions_asked(warehouse: Warehouse, source_id: str) -> dict[str, frozenset[str]]:
    """Return the codes of the questions of a survey, by version of its questionnaire."""
    rows = sql_table(QUESTIONNAIRES).c
    codes: dict[str, set[str]] = {}
    for version, code in warehouse.execute(
        sa.select(rows.questionnaire_version, rows.question_code).where(rows.source_id == source_id).distinct()
    ):
        codes.setdefault(version, set()).add(code)
    return {version: frozenset(asked) for version, asked in codes.items()}


def answers_held(warehouse: Warehouse, source_id: str, first: int, last: int) -> dict[str, dict[str, str | None]]:
    """Return the answers of the responses with an id from `first` to `last`: by return version, then by item."""
    returns, answers = sql_table(RETURNS).c, sql_table(ANSWERS).c
    is_same_load = (answers.return_id == returns.return_id) & (answers.loaded_at == returns.loaded_at)
    rows = warehouse.execute(
        sa.select(returns.return_id, answers.item, answers.value_text)
        .join_from(sql_table(RETURNS), sql_table(ANSWERS), is_same_load)
        .where(returns.source_id == source_id, returns.sequence.between(first, last))
    )
    held: dict[str, dict[str, str | None]] = {}
    for return_id, item, value_text in rows:
        held.setdefault(return_id, {})[item] = value_text
    return held


@dataclass(slots=True)
class LoadedResponse:
    """The state of a loaded response, over all its versions.

    Attributes:
        answered_on: The first day on which it was answered.
        is_submitted: Whether any version was complete.
        known_at: When a version of it was known last, UTC.
        loaded_at: When a version of it was loaded last, UTC.
        is_placed: Whether it is known of the version loaded last which occasion it answers.
        counts: False if it was withdrawn and not restored.
        changes_later: Whether a run as of a later day has read, withdrawn or restored it: what changed since, did so
            after the run's today.
    """

    answered_on: date
    is_submitted: bool
    known_at: datetime
    loaded_at: datetime
    is_placed: bool = True
    counts: bool = True
    changes_later: bool = False


def loaded_responses(
    warehouse: Warehouse, source_id: str, stamp: Stamp, read_later: Collection[int] = ()
) -> dict[tuple[int, str], LoadedResponse]:
    """Return the loaded responses of a survey, known by the run's today, by response id and expected return.

    Args:
        warehouse: The warehouse.
        source_id: The survey.
        stamp: The run's stamp.
        read_later: The ids of the responses that a run as of a later day has read.
    """
    returns, withdrawals, unplaced = sql_table(RETURNS).c, sql_table(WITHDRAWALS).c, unplaced_versions()
    last_placed_at = sa.func.max(sa.case((unplaced.c.return_id.is_(None), returns.loaded_at)))
    loaded = warehouse.execute(
        sa.select(
            returns.sequence,
            returns.expected_return_id,
            sa.func.min(returns.answered_on),
            sa.func.bool_or(returns.is_submitted),
            sa.func.max(returns.known_at),
            sa.func.max(returns.loaded_at),
            sa.func.coalesce(last_placed_at == sa.func.max(returns.loaded_at), sa.false()),
        )
        .select_from(sql_table(RETURNS).outerjoin(unplaced, returns.return_id == unplaced.c.return_id))
        .where(returns.source_id == source_id, returns.known_at <= stamp.known_at)
        .group_by(returns.sequence, returns.expected_return_id)
        .order_by(returns.sequence, returns.expected_return_id)
    )
    responses = {
        (number, id_): LoadedResponse(*columns, changes_later=number in read_later) for number, id_, *columns in loaded
    }
    is_known = withdrawals.known_at <= stamp.known_at
    for respondent, id_, is_withdrawn, known in warehouse.execute(
        sa.select(withdrawals.respondent, withdrawals.expected_return_id, withdrawals.is_withdrawn, is_known)
        .where(withdrawals.source_id == source_id)
        .order_by(withdrawals.known_at, withdrawals.loaded_at)
    ):
        response = responses.get((int(respondent), id_))
        if response is not None and known:
            response.counts = not is_withdrawn
        elif response is not None:
            response.changes_later = True
    return responses


def completed_without_response(warehouse: Warehouse, source_id: str, stamp: Stamp) -> dict[str, bool]:
    """Return the expected returns of a survey whose participants counted as completed without a response to it.

    Args:
        warehouse: The warehouse.
        source_id: The survey.
        stamp: The stamp of the run, by whose today a row must be known.

    Returns:
        Whether responses to other occasions of the survey completed them, by expected return, when it was last read.
    """
    completed = sql_table(COMPLETED_PARTICIPANTS).c
    rows = warehouse.execute(
        sa.select(completed.expected_return_id, completed.is_completed, completed.is_used_up)
        .where(completed.source_id == source_id, completed.known_at <= stamp.known_at)
        .order_by(completed.known_at, completed.loaded_at)
    )
    latest = {str(id_): (bool(is_completed), bool(is_used_up)) for id_, is_completed, is_used_up in rows}
    return {id_: is_used_up for id_, (is_completed, is_used_up) in latest.items() if is_completed}


def returns_with_set_aside(warehouse: Warehouse, source_id: str, stamp: Stamp) -> frozenset[str]:
    """Return the expected returns of a survey with a response that was set aside when the survey was last read."""
    rows = sql_table(SET_ASIDE_RESPONSES).c
    latest = dict[str, bool](
        (id_, is_set_aside)
        for id_, is_set_aside in warehouse.execute(
            sa.select(rows.expected_return_id, rows.is_set_aside)
            .where(rows.source_id == source_id, rows.known_at <= stamp.known_at)
            .order_by(rows.known_at, rows.loaded_at)
        )
    )
    return frozenset(id_ for id_, is_set_aside in latest.items() if is_set_aside)
