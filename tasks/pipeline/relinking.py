"""Give the people of loaded workbooks the pseudonyms that they would have if they were read today.

What decides a pseudonym are the key, the rule that folds spellings, and the identifiers that the instrument declares.
Where one of them has changed, people of earlier returns would be strangers to those of later ones.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import product

from schemas.errors import UsageError
from schemas.programme import Programme
from schemas.tables import Row
from tasks.i18n import counted
from tasks.landing import Landing, OriginalGoneError
from tasks.run import RunContext, progress
from tasks.spreadsheets.cells import RefusedError
from tasks.spreadsheets.parser import Parser
from tasks.unforeseen import concerns_one_source, record_unforeseen
from tasks.workbooks.age_bands import ages_of
from tasks.workbooks.pseudonyms import RULE, PseudonymKey, identifiers_of, key_for
from tasks.workbooks.read_again import ReadAgain, read_again
from warehouse.age_bands import Bands, bands_by_return
from warehouse.connection import open_warehouse
from warehouse.pseudonym_keys import ages_held, rule_in_force
from warehouse.pseudonym_links import (
    Pseudonym,
    ReturnOfPeople,
    RowPlace,
    last_linked_at,
    record_links,
    returns_of_people,
)


class Change(StrEnum):
    """What became of people: several are one person now, or one is several."""

    MERGED = "merged"
    SPLIT = "split"


class Unread(StrEnum):
    """Why rows of a return were not read again."""

    GONE = "its original is no longer kept"
    UNREADABLE = "its original cannot be read as the programme folder declares it now"
    OTHER_ROWS = "these rows are no longer read as people"


@dataclass(frozen=True, slots=True)
class PersonChange:
    """Rows of one structure and instrument whose person was merged with another, or split.

    Attributes:
        change: What became of the person.
        structure_code: The structure.
        instrument_code: The instrument.
        pseudonym_before: The pseudonym before the run.
        pseudonym: The pseudonym after it.
        rows: The number of rows.
    """

    change: Change
    structure_code: str
    instrument_code: str
    pseudonym_before: str
    pseudonym: str
    rows: int


@dataclass(frozen=True, slots=True)
class UnreadReturn:
    """A return version of which rows could not be read again.

    Attributes:
        expected_return_id: The return.
        reason: Why.
        rows: The number of such rows.
        following: How many of them go by the other rows of the same person in the enrolment.
    """

    expected_return_id: str
    reason: Unread
    rows: int
    following: int

    @property
    def kept(self) -> int:
        """The number of rows that keep their pseudonym, whatever the present rule would give them."""
        return self.rows - self.following


@dataclass(frozen=True, slots=True)
class Relinked:
    """The result of a run.

    Attributes:
        rule_before: The rule before the run; None for a version of the key that was not in use.
        rule: The rule by which returns are read from now on.
        returns: The number of return versions with tables of people.
        links: The number of rows with another pseudonym.
        people: The number of pseudonyms that were replaced.
        changes: The people who were merged or split.
        bands: The number of rows with another age band, for each attribute.
        twice: The returns in which a table now lists one person on several rows that were of different people.
        unread: The returns that could not be read again, wholly or in part.
    """

    rule_before: int | None
    rule: int
    returns: int
    links: int
    people: int
    changes: tuple[PersonChange, ...]
    bands: int
    twice: tuple[str, ...]
    unread: tuple[UnreadReturn, ...]


@dataclass(frozen=True, slots=True)
class _Reading:
    """A return version, the pseudonym of each of its rows after the run, and what was read again.

    Attributes:
        people: The pseudonym of each row after the run.
        again: What was read again; None where the original could not be read.
        why_not: Why rows were not read again.
        following: The number of rows that were not read again and go by other rows of the same person.
    """

    received: ReturnOfPeople
    people: Mapping[RowPlace, Pseudonym]
    again: ReadAgain | None
    why_not: Unread = Unread.OTHER_ROWS
    following: int = 0

    @property
    def unread(self) -> list[RowPlace]:
        """The rows that were not read again."""
        known: Mapping[RowPlace, Pseudonym] = {} if self.again is None else self.again.people
        return [place for place in self.received.people if place not in known]


def relink_people(run: RunContext, landing: Landing) -> Relinked:
    """Read the originals of all tables of people again, and record the pseudonyms that differ, in one transaction.

    Views as of the run's today and later use the new pseudonyms; those as of earlier days keep the earlier ones.

    Args:
        run: The run.
        landing: The folder of the originals. A dry run reads those of the programme, not of its copy.

    Raises:
        UsageError: The programme identifies nobody, the key is not that of the warehouse, or an earlier run relinked
            as of a later day. Nothing was changed.
    """
    key = key_for(run.programme, run.paths, run.environment)
    if key is None:
        raise UsageError(
            "No table of programme.yaml has a column with role: identifier, so no pseudonym can be computed. Nothing "
            "was changed. Declare what identifies people, or leave their pseudonyms as they are."
        )
    with open_warehouse(run.paths) as warehouse:
        before = rule_in_force(warehouse, key.version, key.fingerprint)
        linked_at = last_linked_at(warehouse)
        if linked_at is not None and linked_at > run.stamp.known_at:
            raise UsageError(
                f"An earlier essaim relink is known from {linked_at} UTC on, after {run.as_of}, so that this one would "
                "have no effect. Nothing was changed. Give the day of that run or a later one with --as-of."
            )
        returns = returns_of_people(warehouse)
        bands_before = bands_by_return(warehouse)
    progress.info("Reading %s with tables of people again.", counted(len(returns), "return"))
    readings = _following([*_read(returns, run, landing, replace(key, rule=RULE))])
    bands = [*_bands(readings, bands_before, _ages(run.programme))]
    with open_warehouse(run.paths) as warehouse:
        record_links(
            warehouse,
            _links(readings),
            key_version=key.version,
            fingerprint=key.fingerprint,
            rule=RULE,
            identifiers={**identifiers_of(run.programme), **ages_held(ages_of(run.programme))},
            stamp=run.stamp,
            bands=bands,
        )
    return _result(readings, before, len(bands))


def _read(
    returns: Iterable[ReturnOfPeople], run: RunContext, landing: Landing, key: PseudonymKey
) -> Iterable[_Reading]:
    with Parser() as parser:
        for received in returns:
            try:
                again = read_again(landing.original(received.landing_path), received, run.programme, key, parser)
            except OriginalGoneError:
                yield _Reading(received, received.people, None, Unread.GONE)
                continue
            except RefusedError:
                yield _Reading(received, received.people, None, Unread.UNREADABLE)
                continue
            except Exception as error:  # what nobody foresaw in one original leaves the other returns to be relinked
                if not concerns_one_source(error):
                    raise
                reference = record_unforeseen(error, run.paths.error_log, f"relinking the return {received.return_id}")
                progress.warning("%s could not be read again (%s).", received.expected_return_id, reference)
                yield _Reading(received, received.people, None, Unread.UNREADABLE)
                continue
            if not again.people:
                yield _Reading(received, received.people, None, Unread.UNREADABLE)
                continue
            people = {place: again.people.get(place, person) for place, person in received.people.items()}
            yield _Reading(received, people, again)


def _following(readings: Sequence[_Reading]) -> list[_Reading]:
    """Let rows that were not read again follow the other rows of the same person in their enrolment.

    The warehouse takes them for one person, and goes on to do so. Where those rows are now of several people, the rows
    keep their pseudonym.
    """
    after: dict[tuple[str, Pseudonym], set[Pseudonym]] = defaultdict(set)
    for reading in readings:
        unread = set(reading.unread)
        for place, person in reading.received.people.items():
            if place not in unread:
                after[_enrolment(reading), person].add(reading.people[place])
    followed: list[_Reading] = []
    for reading in readings:
        people, following = dict(reading.people), 0
        for place in reading.unread:
            candidates = after.get((_enrolment(reading), people[place]), set())
            if len(candidates) == 1:
                (people[place],) = candidates
                following += 1
        followed.append(replace(reading, people=people, following=following))
    return followed


def _enrolment(reading: _Reading) -> str:
    cohort_code, structure_code, *_ = reading.received.expected_return_id.split("/")
    return f"{cohort_code}/{structure_code}"


def _links(readings: Iterable[_Reading]) -> Iterable[Row]:
    for reading in readings:
        for place, person in reading.people.items():
            if person != reading.received.people[place]:
                yield {
                    "return_id": reading.received.return_id,
                    "sheet_name": place.sheet_name,
                    "row_number": place.row_number,
                    "pseudonym": person.text,
                    "key_version": person.key_version,
                    "content_sha256": None if reading.again is None else reading.again.content_sha256,
                }


def _ages(programme: Programme) -> frozenset[str]:
    return frozenset(one.code for one in programme.settings.participants.attributes if one.birth_date is not None)


def _bands(readings: Iterable[_Reading], held: Mapping[str, Bands], attribute_codes: Collection[str]) -> Iterable[Row]:
    """Yield the age bands that differ from the held ones, of rows that were read again."""
    for reading in readings:
        if reading.again is None:
            continue
        before = held.get(reading.received.return_id, {})
        for place, attribute_code in product(reading.again.people, attribute_codes):
            band = reading.again.bands.get((place, attribute_code))
            if place in reading.people and band != before.get((place, attribute_code)):
                person = reading.people[place]
                yield {
                    "return_id": reading.received.return_id,
                    "sheet_name": place.sheet_name,
                    "row_number": place.row_number,
                    "pseudonym": person.text,
                    "key_version": person.key_version,
                    "attribute_code": attribute_code,
                    "band": band,
                }


def _result(readings: Sequence[_Reading], rule_before: int | None, bands: int) -> Relinked:
    replaced = [
        person
        for reading in readings
        for place, person in reading.received.people.items()
        if person != reading.people[place]
    ]
    return Relinked(
        rule_before=rule_before,
        rule=RULE,
        returns=len(readings),
        links=len(replaced),
        people=len(set(replaced)),
        changes=tuple(_changes(readings)),
        bands=bands,
        twice=tuple(
            dict.fromkeys(
                reading.received.expected_return_id for reading in readings if _lists_one_person_twice(reading)
            )
        ),
        unread=tuple(_unread(readings)),
    )


def _changes(readings: Iterable[_Reading]) -> Iterable[PersonChange]:
    """Yield the people who were merged or split in this run, by structure and instrument."""
    rows: dict[tuple[Pseudonym, Pseudonym], dict[tuple[str, str], int]] = defaultdict(lambda: defaultdict(int))
    for reading in readings:
        _, structure_code, _, instrument_code = reading.received.expected_return_id.split("/")
        for place, person in reading.received.people.items():
            rows[person, reading.people[place]][structure_code, instrument_code] += 1
    before_of: dict[Pseudonym, set[Pseudonym]] = defaultdict(set)
    after_of: dict[Pseudonym, set[Pseudonym]] = defaultdict(set)
    for before, after in rows:
        before_of[after].add(before)
        after_of[before].add(after)
    for before, after in sorted(rows, key=lambda pair: (pair[1].text, pair[0].text)):
        if len(before_of[after]) > 1:
            yield from _of_pair(Change.MERGED, before, after, rows[before, after])
    for before, after in sorted(rows, key=lambda pair: (pair[0].text, pair[1].text)):
        if len(after_of[before]) > 1:
            yield from _of_pair(Change.SPLIT, before, after, rows[before, after])


def _of_pair(
    change: Change, before: Pseudonym, after: Pseudonym, rows: Mapping[tuple[str, str], int]
) -> Iterable[PersonChange]:
    for (structure_code, instrument_code), count in sorted(rows.items()):
        yield PersonChange(change, structure_code, instrument_code, before.text, after.text, count)


def _lists_one_person_twice(reading: _Reading) -> bool:
    for sheet_name in {place.sheet_name for place in reading.people}:
        of_sheet = [place for place in reading.people if place.sheet_name == sheet_name]
        before, after = (
            len({people[place] for place in of_sheet}) for people in (reading.received.people, reading.people)
        )
        if after < before:
            return True
    return False


def _unread(readings: Iterable[_Reading]) -> Iterable[UnreadReturn]:
    for reading in readings:
        count = len(reading.unread)
        if count:
            yield UnreadReturn(reading.received.expected_return_id, reading.why_not, count, reading.following)
