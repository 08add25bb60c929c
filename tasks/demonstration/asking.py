"""Choose the answers to an instrument version: they fit what it asks, its limits and its rules."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from schemas.instruments import Instrument, InstrumentVersion
from schemas.programme import Programme
from schemas.programme_tables import CrosswalkLine
from schemas.rules import Rule
from tasks.demonstration.accepted import Accepted, accepted_by_field, accepted_by_line
from tasks.demonstration.answering import Answering
from tasks.demonstration.offered import Form
from tasks.demonstration.rules import following_rules, steady_items
from tasks.simulator import Survey
from tasks.workbooks.sheet_fields import layouts_of

_STEADY_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Asked:
    """What an instrument version asks, without the tables of a workbook.

    Attributes:
        accepted: What the items accept.
        rules: The rules between items.
        form: The survey as its respondents see it; None for a workbook, and where the survey is not known.
    """

    accepted: Mapping[str, Accepted]
    rules: Sequence[Rule]
    form: Form | None

    def answers(self, answering: Answering) -> dict[str, str | None]:
        """Choose an answer to each item."""
        steady = replace(answering, months=_STEADY_MONTHS)
        items = steady_items(self.rules)
        answers = self.form.answers(answering) if self.form is not None else {}
        answers |= {
            item: accepted.answer(steady if item in items else answering)
            for item, accepted in self.accepted.items()
            if item not in answers or item in items
        }
        return following_rules(
            self.rules, self.accepted, answers, lambda item: 0.5 + answering.place(f"{item} as a share") / 2
        )

    def shown(self, answers: Mapping[str, str | None]) -> dict[str, str | None]:
        """Return answers without those to questions that are not shown, as far as the questionnaire says."""
        return self.form.shown(answers) if self.form is not None else dict(answers)


class Asking:
    """What each instrument version of a programme asks.

    Args:
        programme: The programme.
        surveys: The surveys whose questions are known, by number.
    """

    def __init__(self, programme: Programme, surveys: Mapping[int, Survey]) -> None:
        self._programme = programme
        self._surveys = surveys
        self._asked: dict[tuple[str, int], Asked] = {}

    def asked(self, instrument: Instrument, version: InstrumentVersion, lines: Mapping[str, CrosswalkLine]) -> Asked:
        """Return what an instrument version asks, given its lines of the crosswalk by item."""
        key = instrument.code, version.version
        if key not in self._asked:
            accepted = {item: accepted_by_line(self._programme, line) for item, line in lines.items()}
            survey = self._surveys.get(version.survey_id or 0)
            form = Form.of(survey, accepted) if survey is not None else None
            if form is not None:
                form = replace(form, accepted=_with_something_to_report(instrument, form.accepted))
                accepted = dict(form.accepted)
            for layout in layouts_of(self._programme, instrument.code, version):
                for field in () if layout.sheet.is_table else layout.fields:
                    accepted[field.item] = accepted_by_field(self._programme, field, lines.get(field.item))
            accepted = _with_something_to_report(instrument, accepted)
            self._asked[key] = Asked(accepted, version.rules, form)
        return self._asked[key]


def _with_something_to_report(instrument: Instrument, accepted: Mapping[str, Accepted]) -> dict[str, Accepted]:
    """Return what items accept, without the answers that there is nothing to report: another one, else a blank."""
    answers = instrument.nothing_to_report.answers if instrument.nothing_to_report is not None else {}
    kept: dict[str, Accepted] = {}
    for item, one in accepted.items():
        if item not in answers:
            kept[item] = one
        elif others := [value for value in one.values or () if value not in answers[item]]:
            kept[item] = replace(one, values=tuple(others))
    return kept
