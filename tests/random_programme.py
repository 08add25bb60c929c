"""Draw random programmes, whose folders pass `essaim check`: see `random_folder`.

`drawn(Random(seed))` gives the same programme for the same seed. The due dates are computed here and not by Essaim.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from random import Random
from typing import Any

import pandas as pd

OPTIONS = ("a1", "a2", "a3", "nsp")
"""The answer options of each list. The last one means that the structure does not communicate the answer."""
CHOICES = ("high", "low")
HIGHEST = 1000
"""The highest number that the codebook allows."""
LISTS = frozenset("L!")
"""The types of questions with a list of options."""


@dataclass(frozen=True)
class Asked:
    """A question of a survey, by LimeSurvey's letter of its type, or an item of a workbook.

    Attributes:
        code: Code of the question or item.
        letter: `L` and `!` (lists), `Y` (yes or no), `M` (a box to tick), `N` (number), `K` (numbers), `S` (text), `D`.
        is_core: Whether it counts for completeness.
        shown_where: Another question, and its answer with which this question is shown; None for always.
        is_required: Whether a blank in a workbook is an error.
    """

    code: str
    letter: str
    is_core: bool
    shown_where: tuple[str, str] | None = None
    is_required: bool = False

    @property
    def heading(self) -> str:
        """The heading of the answer in exports: types with subquestions have one subquestion."""
        return f"{self.code}[a]" if self.letter in "KM" else self.code

    @property
    def options(self) -> tuple[str, ...]:
        """The answers that can be chosen; none where any number, text or day can be entered."""
        if self.letter in LISTS:
            return OPTIONS
        return {"Y": ("Y", "N"), "M": ("Y", "")}.get(self.letter, ())


@dataclass(frozen=True)
class Drawn:
    """An instrument.

    Attributes:
        settings: Its keys in programme.yaml, without versions.
        occasions: The occasions at which it is asked.
        versions: Its occasions by version; several occasions of a version share a survey.
        first_survey: The number of the survey of the first version.
        questions: Its questions, in their order.
        has_people: Whether a workbook has a table of people too.
    """

    settings: dict[str, Any]
    versions: tuple[tuple[str, ...], ...]
    first_survey: int
    questions: tuple[Asked, ...]
    has_people: bool = False

    @property
    def code(self) -> str:
        return self.settings["code"]

    @property
    def is_survey(self) -> bool:
        return self.settings["kind"] == "limesurvey"

    @property
    def join(self) -> dict[str, Any]:
        return self.settings.get("join", {})

    @property
    def several(self) -> bool:
        return self.settings.get("respondents", {}).get("several", False)

    @property
    def minimum(self) -> int:
        return self.settings.get("respondents", {}).get("minimum", 1)

    @property
    def sets_aside(self) -> bool:
        """Whether answers are not loaded that a structure gave after it left."""
        return self.settings.get("respondents", {}).get("after_leaving") == "set_aside"

    def version_of(self, occasion: str) -> int:
        """Return the number of the version that is asked at an occasion."""
        return next(number for number, codes in enumerate(self.versions, 1) if occasion in codes)

    def survey_of(self, occasion: str) -> int:
        """Return the number of the survey of an occasion."""
        return self.first_survey + self.version_of(occasion) - 1

    def is_shared(self, occasion: str) -> bool:
        """Return whether the survey of an occasion serves other occasions too."""
        return len(self.versions[self.version_of(occasion) - 1]) > 1


@dataclass(frozen=True)
class Owed:
    """An expected return."""

    cohort: str
    structure: str
    occasion: str
    instrument: Drawn
    opens_on: date
    due_on: date
    on_time_until: date

    @property
    def enrolment_id(self) -> str:
        return f"{self.cohort}/{self.structure}"

    @property
    def id(self) -> str:
        return f"{self.enrolment_id}/{self.occasion}/{self.instrument.code}"

    @property
    def survey_id(self) -> int:
        return self.instrument.survey_of(self.occasion)


@dataclass(frozen=True)
class RandomProgramme:
    """A programme folder, not yet written.

    Attributes:
        settings: programme.yaml, without instruments.
        enrolments: Structure, cohort, and the day of leaving in structures.csv, if any.
        instruments: The instruments.
        anchors: The anchor dates of the enrolments that have one of their own, by structure and cohort.
    """

    settings: dict[str, Any]
    enrolments: tuple[tuple[str, str, date | None], ...]
    instruments: tuple[Drawn, ...]
    anchors: dict[tuple[str, str], date]

    @cached_property
    def owed(self) -> dict[str, Owed]:
        """The expected returns, by id."""
        schedule = self.settings["schedule"]
        units = ("months", "days")
        offsets = {
            occasion["code"]: pd.DateOffset(**{unit: occasion[unit] for unit in units if unit in occasion})
            for occasion in self.settings["occasions"]
        }
        cohorts = {cohort["code"]: cohort for cohort in self.settings["cohorts"]}
        found: dict[str, Owed] = {}
        for structure, code, _ in self.enrolments:
            for instrument in self.instruments:
                if cohorts[code]["innovation"] not in instrument.settings["innovations"]:
                    continue
                for occasion in (one for codes in instrument.versions for one in codes):
                    anchor: date = self.anchors.get((structure, code)) or cohorts[code]["anchor_on"]
                    due_on = (pd.Timestamp(anchor) + offsets[occasion]).date()
                    opens_on = due_on - timedelta(days=schedule["opens_days_before"])
                    until = due_on + timedelta(days=schedule["grace_days"])
                    one = Owed(code, structure, occasion, instrument, opens_on, due_on, until)
                    found[one.id] = one
        return found


def drawn(chance: Random) -> RandomProgramme:
    """Draw a programme."""
    innovations = [f"I{number}" for number in range(1, chance.randint(1, 3) + 1)]
    months = sorted(chance.sample((-1, 0, 1, 2, 3, 4, 6, 9, 12), chance.randint(1, 3)))
    # Half a month later, as an occasion in days that comes before or after each month for every anchor.
    in_days = {count for count in months if chance.random() < 0.2}
    codes = [f"D{count + 1:02}" if count in in_days else f"M{count + 1:02}" for count in months]
    occasions = [
        {"code": code, **({"days": 30 * count + 17} if count in in_days else {"months": count}), "phase": None}
        for code, count in zip(codes, months, strict=True)
    ]
    cohorts: list[dict[str, Any]] = [
        {
            "code": f"{innovation}-{number}",
            "innovation": innovation,
            "name": f"Vague {number}",
            "anchor_on": date(2024, 1, 31) + timedelta(days=chance.randrange(0, 60) + 90 * number),
        }
        for innovation in innovations
        for number in range(1, chance.randint(1, 2) + 1)
    ]
    schedule = {
        "opens_days_before": chance.choice((0, 10, 30)),
        "grace_days": chance.choice((0, 7, 15)),
        "expiry_days": chance.choice((0, 0, 40)),
        "reminder_days": sorted(chance.sample((-15, 0, 7, 21), chance.randint(1, 4))),
        "reminder_repeat_days": chance.choice((0, 14, 30)),
        "escalate_after_days": chance.choice((None, 20)),
    }
    settings = {
        "programme": "tire",
        "name": "Un programme au sort",
        "timezone": chance.choice(("Europe/Paris", "UTC", "America/Guadeloupe")),
        "locale": chance.choice(("fr", "en")),
        "schedule": schedule,
        "occasions": occasions,
        "innovations": [{"code": code, "name": f"Innovation {code}"} for code in innovations],
        "cohorts": cohorts,
        "evaluators": [{"code": "E", "name": "Personne Inventée", "email": "e@example.org", "follows": innovations}],
        "lead": {"name": "Personne Inventée", "email": "lead@example.org"},
    }
    in_two_cohorts = chance.random() < 0.3
    enrolments = tuple(_enrolments(chance, cohorts, in_two_cohorts=in_two_cohorts))
    anchors = {
        (structure, code): cohort["anchor_on"] + timedelta(days=chance.randrange(-15, 16))
        for cohort in cohorts
        for structure, code, left_on in enrolments
        if code == cohort["code"] and left_on is None and chance.random() < 0.2
    }
    instruments = tuple(
        _instrument(chance, number, innovations, codes, names_cohort=in_two_cohorts)
        for number in range(1, chance.randint(1, 3) + 1)
    )
    programme = RandomProgramme(settings, enrolments, instruments, anchors)
    return replace(programme, instruments=tuple(_with_allowed_join(programme, one) for one in instruments))


def windows_overlap(programme: RandomProgramme, instrument: Drawn) -> bool:
    """Return whether an occasion of a shared survey opens before another one has ended, in any cohort."""
    windows = [
        (one.enrolment_id, one.survey_id, one.opens_on, one.on_time_until)
        for one in programme.owed.values()
        if one.instrument.code == instrument.code
    ]
    return any(
        first[:2] == second[:2] and first[2] < second[2] <= first[3] for first in windows for second in windows
    ) or len({window[:3] for window in windows}) < len(windows)


def _enrolments(
    chance: Random, cohorts: Sequence[dict[str, Any]], *, in_two_cohorts: bool
) -> Iterable[tuple[str, str, date | None]]:
    for place, cohort in enumerate(cohorts):
        codes = [f"S{place}{letter}" for letter in "ABC"[: chance.randint(2, 3)]]
        if in_two_cohorts:
            codes.append("STWO")
        for code in codes:
            leaves = cohort["anchor_on"] + timedelta(days=chance.randrange(20, 300))
            yield code, cohort["code"], leaves if chance.random() < 0.1 else None


def _instrument(
    chance: Random, number: int, innovations: Sequence[str], occasions: Sequence[str], *, names_cohort: bool
) -> Drawn:
    asked_at = sorted(chance.sample(occasions, chance.randint(1, len(occasions))))
    is_shared = len(asked_at) > 1 and chance.random() < 0.6
    versions = (tuple(asked_at),) if is_shared else tuple((code,) for code in asked_at)
    is_survey = chance.random() < 0.65
    filled_by = chance.choice(("structure", "structure", "evaluator"))
    settings: dict[str, Any] = {
        "code": f"{'enquete' if is_survey else 'tableau'}{number}",
        "name": f"Instrument {number}",
        "kind": "limesurvey" if is_survey else "workbook",
        "filled_by": filled_by,
        "mode": "online" if is_survey else "data_table",
        "innovations": sorted(chance.sample(innovations, chance.randint(1, len(innovations)))),
    }
    if is_survey:
        settings |= _survey_settings(chance, is_shared=is_shared, names_cohort=names_cohort)
    questions = tuple(_questions(chance, is_survey=is_survey))
    return Drawn(settings, versions, 1000 * number, questions, not is_survey and chance.random() < 0.5)


def _survey_settings(chance: Random, *, is_shared: bool, names_cohort: bool) -> dict[str, Any]:
    by = chance.choice(
        ("attributes", "attributes", "question") if names_cohort else ("attributes", "token", "question")
    )
    join: dict[str, Any] = {"by": by}
    if by == "attributes":
        join |= {"structure": "attribute_1", "cohort": "attribute_2" if names_cohort or chance.random() < 0.5 else None}
    if by == "question":
        join |= {"structure": "quelle", "cohort": "vague" if names_cohort or chance.random() < 0.5 else None}
    if is_shared:
        ways = {
            "attributes": ("attribute_3", "moment", "token", "by window"),
            "token": ("token", "moment", "by window"),
            "question": ("moment", "by window"),
        }
        join["occasion"] = chance.choice(ways[by])
    respondents: dict[str, Any] = {"after_leaving": chance.choice(("keep", "set_aside"))}
    if chance.random() < 0.3:
        respondents |= {"several": True, "minimum": chance.randint(1, 2)}
    else:
        respondents["duplicates"] = chance.choice(("latest", "first"))
    return {
        "join": join,
        "respondents": respondents,
        "identifiers": ["nom"] if chance.random() < 0.5 else [],
        "reminders": by != "question" and chance.random() < 0.5,
    }


def _questions(chance: Random, *, is_survey: bool) -> Iterable[Asked]:
    letters = "L!YMNKSD" if is_survey else "LNSD"
    before: list[Asked] = []
    for number in range(1, chance.randint(2, 6) + 1):
        choosing = [one for one in before if one.options and one.letter != "M"]
        shown_where = None
        if is_survey and choosing and chance.random() < 0.5:
            other = chance.choice(choosing)
            shown_where = (other.code, chance.choice(other.options))
        is_required = not is_survey and chance.random() < 0.15
        one = Asked(f"q{number}", chance.choice(letters), chance.random() < 0.7, shown_where, is_required)
        before.append(one)
        yield one


def _with_allowed_join(programme: RandomProgramme, instrument: Drawn) -> Drawn:
    """Return the instrument; where its occasions overlap, responses name theirs."""
    if instrument.join.get("occasion") != "by window" or not windows_overlap(programme, instrument):
        return instrument
    return replace(instrument, settings={**instrument.settings, "join": {**instrument.join, "occasion": "moment"}})


def is_mapped(instrument: Drawn, one: Asked) -> bool:
    """Return whether a question gives an indicator: several respondents have no common text and day."""
    return not (instrument.several and one.letter in "SD")


def counting(instrument: Drawn) -> list[Asked]:
    """Return the questions that count for completeness."""
    return [one for one in instrument.questions if one.is_core and is_mapped(instrument, one)]


def joining_questions(instrument: Drawn) -> list[str]:
    """Return the questions by which responses name their structure, cohort and occasion."""
    join = instrument.join
    names = [join["structure"], join["cohort"]] if join["by"] == "question" else []
    return [name for name in (*names, "moment" if join.get("occasion") == "moment" else None) if name]
