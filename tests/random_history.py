"""Live random histories of a random programme on the survey server and in the inbox."""

import os
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from random import Random

from bookkeeping import content
from random_answers import Answers, Given, by_heading, fill, is_wrong, names_occasion, naming, token_of, workbook_of
from random_folder import write_folder
from random_programme import HIGHEST, Drawn, Owed, RandomProgramme, counting
from random_record import Record, completeness_of

from schemas.enums import DecisionKind
from schemas.settings import Environment, ProjectPaths
from tasks.decisions import Decision, decide
from tasks.programme import read_programme
from tasks.run import recorded_run
from tasks.simulator import Simulator, Survey
from tasks.workbooks import workbook_name


@dataclass
class History:
    """Live a random history, day by day, and keep a record of it."""

    programme: RandomProgramme
    paths: ProjectPaths
    simulator: Simulator
    chance: Random
    snoozed: dict[str, date] = field(default_factory=dict[str, date])
    decisions: list[tuple[date, DecisionKind, str, date | None]] = field(
        default_factory=list[tuple[date, DecisionKind, str, date | None]]
    )
    needs_full_run: bool = False
    identifies: bool = False
    structures: dict[tuple[int, str], str] = field(default_factory=dict[tuple[int, str], str])
    """The structures of the participants that were corrected, by survey and token."""
    tokens: dict[tuple[int, int], str | None] = field(default_factory=dict[tuple[int, int], str | None])
    """The tokens of the responses, by survey and number."""

    def __post_init__(self) -> None:
        enrolled = self.programme.enrolments
        left = {f"{cohort}/{structure}": left_on for structure, cohort, left_on in enrolled if left_on}
        self.record = Record(self.programme, left_on=left)
        for owed in self.programme.owed.values():
            if owed.instrument.is_survey and (token := token_of(owed)) is not None:
                _add_participant(self._survey(owed), owed, token)

    @property
    def days(self) -> tuple[date, date]:
        """The first and the last day of the history."""
        owed = self.programme.owed.values()
        return (
            min(one.opens_on for one in owed) - timedelta(days=15),
            max(one.on_time_until for one in owed) + timedelta(days=40),
        )

    def live(self, day: date) -> None:
        """Let something happen on a day."""
        near = [
            one
            for one in self.programme.owed.values()
            if one.opens_on - timedelta(days=25) <= day <= one.on_time_until + timedelta(days=30)
        ]
        if not near:
            return
        for hour in sorted(self.chance.sample(range(8, 18), self.chance.randint(1, 4))):
            owed = self.chance.choice(near)
            moment = datetime(day.year, day.month, day.day, hour, self.chance.randrange(60))
            what = self.chance.random()
            if what < 0.08:
                self._decide(owed, day)
            elif what < 0.12:
                self._change_identifiers()
            elif what < 0.18 and owed.instrument.is_survey:
                self._correct_participant(owed)
            elif owed.instrument.is_survey:
                self._respond(owed, moment)
            else:
                self._send(owed, moment)

    def collected(self, day: date) -> None:
        """Note that a run has read everything on a day."""
        self.record.collected(day)
        self.needs_full_run = False

    def close_a_survey(self) -> None:
        """Deactivate one survey or none, so that no run can read it."""
        surveys = self.simulator.state.surveys
        if surveys and self.chance.random() < 0.4:
            number = self.chance.choice(sorted(surveys))
            surveys[number].active = False
            self.record.unread = {number}

    def open_all_surveys(self) -> None:
        """Activate all surveys again, with the responses that they had."""
        for survey in self.simulator.state.surveys.values():
            survey.active = True
        self.record.unread = set()

    def _survey(self, owed: Owed) -> Survey:
        return self.simulator.state.surveys[owed.survey_id]

    def _change_identifiers(self) -> None:
        """Edit the programme folder: a question that names people becomes an identifier of each survey, or none."""
        self.identifies = not self.identifies
        instruments = tuple(
            replace(one, settings={**one.settings, "identifiers": ["nom"] if self.identifies else []})
            if one.is_survey
            else one
            for one in self.programme.instruments
        )
        write_folder(replace(self.programme, instruments=instruments), self.paths.folder)

    def _correct_participant(self, owed: Owed) -> None:
        """Give the participant of an expected return to another structure of the cohort, with all its responses."""
        token = token_of(owed)
        others = [
            structure
            for structure, cohort, _ in self.programme.enrolments
            if cohort == owed.cohort and structure not in (owed.structure, "STWO")
        ]
        mine = [
            one
            for (survey_id, number), one in self.record.given.items()
            if survey_id == owed.survey_id and self.tokens[survey_id, number] == token
        ]
        join = owed.instrument.join
        if join["by"] != "attributes" or token is None or join.get("occasion") == "by window":
            return
        if any(one.maybe for one in mine):
            return
        structure = self.chance.choice(others)
        self._survey(owed).participant(token).attributes["attribute_1"] = structure
        self.structures[owed.survey_id, token] = structure
        for one in mine:
            one.owed = self._actual(one.owed, token)

    def _actual(self, owed: Owed, token: str | None) -> Owed:
        """Return the expected return that a participant answers now."""
        structure = self.structures.get((owed.survey_id, token or ""), owed.structure)
        return self.programme.owed[f"{owed.cohort}/{structure}/{owed.occasion}/{owed.instrument.code}"]

    def _respond(self, owed: Owed, moment: datetime) -> None:
        mine = [
            one
            for one in self.record.given.values()
            if one.owed.id == owed.id and not one.maybe and one.owed.instrument is owed.instrument
        ]
        if owed.instrument.join.get("occasion") == "by window" and owed.instrument.is_shared(owed.occasion):
            self._respond_by_window(owed, moment)
        elif not mine or self.chance.random() < (0.6 if owed.instrument.several else 0.15):
            match self.chance.choice(("begin", "begin", "submit", "submit", "submit", "enter", "open", "misname")):
                case "open":
                    self._survey(owed).open_only(token=token_of(owed), at=_text(moment))
                case "misname" if names_occasion(owed):
                    self._misname(owed, moment)
                case action:
                    is_submitted, is_from_form = action != "begin", action != "enter"
                    self._add(owed, moment, is_submitted=is_submitted, is_from_form=is_from_form)
        else:
            self._change(self.chance.choice(mine), moment)

    def _change(self, one: Given, moment: datetime) -> None:
        survey, instrument = self._survey(one.owed), one.owed.instrument
        match self.chance.choice(("go on", "go on", "submit", "submit", "interface", "reopen", "delete")):
            case "go on" if not one.is_submitted:
                one.answers = fill(self.chance, one.owed.instrument, begun=one.answers)
                one.moment = moment
                survey.answer(one.number, by_heading(instrument, one.answers), at=_text(moment), page=1)
            case "submit" | "go on":
                one.answers, one.is_wrong = self._filled(one.owed.instrument)
                one.moment, one.is_submitted = moment, True
                survey.complete(one.number, by_heading(instrument, one.answers), at=_text(moment), page=1)
                one.is_from_form = True
            case "interface" if one.is_submitted:
                code = self.chance.choice([asked.code for asked in one.owed.instrument.questions])
                answer = one.answers[code]
                if answer:
                    self._edit_through_interface(one, code)
            case "reopen" if one.is_submitted:
                survey.reopen(one.number, at=_text(moment))
                one.moment = moment
            case "delete" if self._leaves_another(one):
                survey.delete_response(one.number)
                del self.record.given[one.owed.survey_id, one.number]
            case _:
                pass

    def _edit_through_interface(self, one: Given, code: str) -> None:
        """Change an answer without moving a date: the next run must read everything to find it."""
        asked = next(asked for asked in one.owed.instrument.questions if asked.code == code)
        if asked.letter not in "NK":
            return
        one.answers = {**one.answers, code: str(self.chance.randrange(HIGHEST))}
        one.is_wrong = is_wrong(one.owed.instrument, one.answers)
        self._survey(one.owed).edit(one.number, by_heading(one.owed.instrument, one.answers))
        self.needs_full_run = True

    def _leaves_another(self, one: Given) -> bool:
        """Return whether another response that a run has seen stays: a survey without any is a mishap."""
        return any(
            other.owed.survey_id == one.owed.survey_id
            and other.number != one.number
            and other.number in self.record.seen[other.owed.id]
            for other in self.record.given.values()
        )

    def _filled(self, instrument: Drawn, *, is_from_form: bool = True) -> tuple[Answers, bool]:
        answers = fill(self.chance, instrument)
        numbers = [one.code for one in counting(instrument) if one.letter in "NK" and answers[one.code]]
        if numbers and self.chance.random() < 0.15:
            answers[self.chance.choice(numbers)] = str(HIGHEST * 5)
        if not is_from_form:
            answers = {code: answer or None for code, answer in answers.items()}
        return answers, is_wrong(instrument, answers)

    def _add(self, owed: Owed, moment: datetime, *, is_submitted: bool, is_from_form: bool) -> Given:
        if is_submitted:
            answers, is_wrong = self._filled(owed.instrument, is_from_form=is_from_form)
        else:
            answers, is_wrong = fill(self.chance, owed.instrument, begun={}), False
        number = self._survey(owed).add_response(
            by_heading(owed.instrument, answers) | naming(owed),
            token=token_of(owed),
            submitdate=_text(moment) if is_submitted else None,
            datestamp=_text(moment),
            lastpage=1 if is_from_form else None,
        )
        self.tokens[owed.survey_id, number] = token_of(owed)
        owed = self._actual(owed, token_of(owed))
        one = Given(owed, number, answers, moment, is_submitted, is_from_form, is_wrong)
        self.record.given[owed.survey_id, number] = one
        return one

    def _misname(self, owed: Owed, moment: datetime) -> None:
        """Submit a response that names an occasion that the survey does not have."""
        if owed.instrument.join["occasion"] != "moment" or owed.opens_on > moment.date():
            return
        unanswered = self._unanswered(owed, moment)
        if not unanswered:
            return
        one = self._add(owed, moment, is_submitted=True, is_from_form=True)
        self._survey(owed).edit(one.number, {"moment": "M99"})
        one.maybe = tuple(unanswered)

    def _respond_by_window(self, owed: Owed, moment: datetime) -> None:
        left_on = self.record.left_on.get(owed.enrolment_id)
        if left_on is not None and owed.instrument.sets_aside:
            return
        here = self._opened(owed, moment)
        if not here:
            return
        unanswered = self._unanswered(owed, moment)
        excused = {one.id for one in here if one.id in unanswered and self._is_excused(one)}
        owed_still = [one for one in here if one.id not in excused]
        if {one.id for one in owed_still} & set(unanswered) or owed_still[-1:] == here[-1:]:
            here = owed_still
        maybe = tuple(one.id for one in here if one.id in unanswered)
        one = self._add(here[-1], moment, is_submitted=True, is_from_form=True)
        if set(maybe) - {here[-1].id}:
            one.maybe = maybe

    def _is_excused(self, owed: Owed) -> bool:
        """Return whether nobody owes a return: it is waived, or due after the structure had left."""
        left_on = self.record.left_on.get(owed.enrolment_id)
        return owed.id in self.record.waived or (left_on is not None and owed.due_on > left_on)

    def _changes_candidates(self, owed: Owed) -> bool:
        """Return whether a decision about a return could change which occasion a response by window answers."""
        return any(
            one.owed.enrolment_id == owed.enrolment_id
            and one.owed.instrument.is_survey
            and one.owed.instrument.join.get("occasion") == "by window"
            and (bool(one.maybe) or one.number not in self.record.seen[one.owed.id])
            for one in self.record.given.values()
        )

    def _opened(self, owed: Owed, moment: datetime) -> list[Owed]:
        """Return the open returns that share a survey with one, of the same enrolment, by the day of opening."""
        return sorted(
            (
                one
                for one in self.programme.owed.values()
                if (one.enrolment_id, one.instrument.code, one.survey_id)
                == (owed.enrolment_id, owed.instrument.code, owed.survey_id)
                and one.opens_on <= moment.date()
            ),
            key=lambda one: one.opens_on,
        )

    def _unanswered(self, owed: Owed, moment: datetime) -> list[str]:
        answered = [
            one.owed.id
            for one in self.record.given.values()
            if not one.maybe and (one.is_submitted or completeness_of(one) == "complete")
        ]
        return [one.id for one in self._opened(owed, moment) if answered.count(one.id) < one.instrument.minimum]

    def _send(self, owed: Owed, moment: datetime) -> None:
        """Put a workbook into the inbox, under its own name or under another one."""
        answers, _ = self._filled(owed.instrument)
        is_broken = self.chance.random() < 0.05
        people: list[tuple[str | None, ...]] = [
            (f"Personne {letter}", *self.chance.choice((("oui", "CDI"), ("non", None), (None, None), ("oui", "nc"))))
            for letter in "ABC"[: self.chance.randint(0, 3)]
        ]
        lacks = owed.instrument.has_people and self.chance.random() < 0.1
        if lacks:
            people.append(("Personne D", "oui", None))
        name = workbook_name(owed.id)
        if self.chance.random() < 0.3:
            name = name.replace(".xlsx", f" ({len(self.record.sent)}).xlsx")
        data = b"not a workbook" if is_broken else content(workbook_of(owed, answers, people))
        path = self.paths.folder / "inbox" / name
        path.write_bytes(data)
        written = moment.replace(tzinfo=UTC).timestamp()
        os.utime(path, (written, written))
        must_be_corrected = is_broken or lacks or is_wrong(owed.instrument, answers)
        answers = {code: answer or None for code, answer in answers.items()}
        answers |= {"people": repr(people) if owed.instrument.has_people else "", "broken": str(is_broken)}
        self.record.sent[name] = Given(owed, 0, answers, moment, True, is_wrong=must_be_corrected)

    def _decide(self, owed: Owed, day: date) -> None:
        if self._changes_candidates(owed):
            return
        kind = self.chance.choice((*DecisionKind,))
        match kind:
            case DecisionKind.EXPLAIN:
                return  # It is about a finding, and changes no return.
            case DecisionKind.WAIVE:
                self.record.waived.add(owed.id)
                self._note(day, kind, owed.id, None)
            case DecisionKind.NOTHING:
                self.record.nothing_on[owed.id] = day
                self._note(day, kind, owed.id, None)
            case DecisionKind.SNOOZE:
                self.snoozed[owed.id] = day + timedelta(days=20)
                self._note(day, kind, owed.id, day + timedelta(days=20))
            case DecisionKind.EXTEND:
                self.record.extended[owed.id] = owed.due_on + timedelta(days=self.chance.randrange(1, 60))
                self._note(day, kind, owed.id, self.record.extended[owed.id])
            case DecisionKind.LEAVE:
                if owed.enrolment_id not in self.record.left_on:
                    self.record.left_on[owed.enrolment_id] = day
                    self._note(day, kind, owed.enrolment_id, day)

    def _note(self, day: date, kind: DecisionKind, subject: str, effective_on: date | None) -> None:
        self.decisions.append((day, kind, subject, effective_on))
        record_decision(self.paths, day, kind, subject, effective_on)


def record_decision(
    paths: ProjectPaths, day: date, kind: DecisionKind, subject: str, effective_on: date | None
) -> None:
    """Record a decision as `essaim waive`, `nothing`, `snooze`, `extend` and `leave` do."""
    programme = read_programme(paths.folder)
    with recorded_run(paths, programme, Environment(), command=kind.value, as_of=day) as run:
        decide(run, Decision(kind, effective_on, "E", "invented"), [subject], {})


def _add_participant(survey: Survey, owed: Owed, token: str) -> None:
    if any(row.token == token for row in survey.participants.values()):
        return
    attributes = {"attribute_1": owed.structure, "attribute_2": owed.cohort, "attribute_3": owed.occasion}
    survey.add_participant(token=token, attributes=attributes, email="personne@example.org")


def _text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"
