"""The form of an instrument that evaluators fill in, on a visit or by telephone: saved as one goes, submitted once.

What is submitted is the workbook that the same answers would be: the same checks, receipt and provenance.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from schemas.enums import FilledBy, IndicatorKind
from tasks.desk.giving import Given, give
from tasks.desk.naming import instrument_name
from tasks.desk.pages import instant
from tasks.desk.returns import return_of
from tasks.desk.signing_in import sign_in_page
from tasks.desk.visits import Visit, require_form_token, visit_of
from tasks.spreadsheets.cells import column_letters
from tasks.workbooks.data_validation import accepted_in_words
from tasks.workbooks.filled_workbook import Cell, workbook_content
from tasks.workbooks.sheet_fields import SheetField
from tasks.workbooks.template_workbook import Template
from warehouse.desk import DeskReturn
from warehouse.drafts import draft_of, save_draft
from warehouse.intake import open_intake

_EMPTY_ROWS = 3
"""Rows of a table that are offered beyond those with an answer."""
_MOST_ROWS = 200
_NO_VALUE = ("nc", "ne")
"""What may be chosen instead of a value: not communicated, not evaluated."""
_CREATED_AT = datetime.combine(date(2000, 1, 1), time())
_INSTEAD = "?"
"""Ends the name of the input that has what was chosen instead of a day."""

Answers = dict[str, str]
"""Answers by the name of their input: `sheet!code`, or `sheet!code[row]` in a table."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the form.

    Attributes:
        name: Name of its input.
        kind: How it is answered.
        hint: What is accepted.
        before: The answer of last time, and its occasion; empty without.
        answer: The answer so far.
        trouble: What is to be corrected.
    """

    name: str
    label: str
    kind: IndicatorKind
    choices: tuple[str, ...]
    hint: str
    before: str
    answer: str
    trouble: str


@dataclass(frozen=True, slots=True)
class Section:
    """A sheet of the form: its questions, or the rows of its table."""

    name: str
    questions: tuple[Question, ...] = ()
    rows: tuple[tuple[Question, ...], ...] = ()


def form_page(request: Request) -> Response:
    """Show the form, with the answers so far and those of last time."""
    visit = visit_of(request)
    if visit.person is None:
        return sign_in_page(visit)
    one, template = _form_of(visit)
    return _shown(visit, one, template, _draft(visit, one))


async def save_or_submit(request: Request) -> Response:
    """Save the answers so far, or submit the form."""
    form = await request.form(max_fields=20_000)
    given = {name: value for name, value in form.items() if isinstance(value, str)}
    return await run_in_threadpool(_save_or_submit, request, given)


def _save_or_submit(request: Request, given: Answers) -> Response:
    visit = visit_of(request)
    if visit.person is None:
        return sign_in_page(visit)
    require_form_token(visit, given.pop("form_token", ""))
    form_id, is_submitted = given.pop("form_id", ""), given.pop("act", "") == "submit"
    one, template = _form_of(visit)
    answers = _answers(given)
    with open_intake(visit.desk.paths) as intake:
        sealed = visit.desk.sealed(json.dumps(answers, ensure_ascii=False).encode())
        save_draft(intake, one.expected_return_id, visit.person.code, sealed)
    if not is_submitted:
        return visit.sent_to(f"/form/{quote(one.expected_return_id)}")
    content = _workbook(visit, template, answers)
    given_now = give(
        visit,
        one.expected_return_id,
        template.file_name,
        content,
        form_id,
        visit.person.code,
        keeps_faulty=False,
    )
    if given_now.trouble:
        return _shown(visit, one, template, answers, given_now)
    return visit.sent_to(f"/returns/{quote(one.expected_return_id)}?kept=form")


def _answers(given: Answers) -> Answers:
    """Return the answers of a form. A day and a choice instead of it are one answer: both together are faulty."""
    answers: Answers = {}
    for name in sorted(given):
        answer = " ".join((answers.get(name.removesuffix(_INSTEAD), ""), *given[name].split())).strip()
        if answer:
            answers[name.removesuffix(_INSTEAD)] = answer
    return answers


def _form_of(visit: Visit) -> tuple[DeskReturn, Template]:
    """Return the return of the address and its workbook.

    Raises:
        HTTPException: It is not there, not for evaluators to fill in, or not owed.
    """
    one = return_of(visit)
    template = visit.desk.template(one.expected_return_id) if one.filled_by is FilledBy.EVALUATOR else None
    if template is None:
        raise HTTPException(404)
    return one, template


def _draft(visit: Visit, one: DeskReturn) -> Answers:
    code = visit.person.code if visit.person is not None else ""
    with open_intake(visit.desk.paths) as intake:
        draft = draft_of(intake, one.expected_return_id, code)
    return {} if draft is None else json.loads(visit.desk.unsealed(draft[1]))


def _shown(
    visit: Visit, one: DeskReturn, template: Template, answers: Mapping[str, str], given: Given | None = None
) -> Response:
    _ = visit.words.gettext
    code = visit.person.code if visit.person is not None else ""
    with open_intake(visit.desk.paths) as intake:
        draft = draft_of(intake, one.expected_return_id, code)
    errors = given.checked.errors if given is not None and given.checked is not None else ()
    inputs = _inputs(template, answers)
    troubles = {inputs[f.location]: f.expected for f in errors if f.location in inputs}
    elsewhere = [f"{f.location} → {f.expected}" for f in errors if f.location not in inputs]
    when = instant(visit.desk.local(draft[0]), locale=visit.locale) if draft is not None else ""
    return visit.shown(
        "form.html.jinja",
        422 if given is not None else 200,
        one=one,
        instrument=instrument_name(visit.desk.programme, one.instrument_code),
        saved=_("Saved on {when}.").format(when=when) if when else "",
        trouble=given.trouble if given is not None else "",
        elsewhere=elsewhere,
        no_value=_NO_VALUE,
        sections=list(_sections(visit, template, answers, troubles)),
    )


def _sections(
    visit: Visit, template: Template, answers: Mapping[str, str], troubles: Mapping[str, str]
) -> Iterator[Section]:
    for layout in template.layouts:
        if not layout.sheet.is_table:
            questions = (_question(visit, field, field.item, template, answers, troubles) for field in layout.fields)
            yield Section(layout.sheet.name, tuple(questions))
            continue
        rows = (
            tuple(_question(visit, field, _name_in(field, row), template, answers, troubles) for field in layout.fields)
            for row in range(_rows_of(layout.fields, answers) + _EMPTY_ROWS)
        )
        yield Section(layout.sheet.name, rows=tuple(rows))


def _question(
    visit: Visit,
    field: SheetField,
    name: str,
    template: Template,
    answers: Mapping[str, str],
    troubles: Mapping[str, str],
) -> Question:
    value, occasion = template.reported.get(field.item, ("", ""))
    before = visit.words.gettext("{occasion}: {value}").format(occasion=occasion, value=value)
    unit = f" ({field.unit})" if field.unit else ""
    return Question(
        name,
        field.label + unit,
        field.kind,
        field.choices,
        "" if field.kind is IndicatorKind.DATE else accepted_in_words(field, visit.words),
        before if value else "",
        answers.get(name, ""),
        troubles.get(name, ""),
    )


def _name_in(field: SheetField, row: int) -> str:
    return f"{field.item}[{row}]"


def _rows_of(fields: tuple[SheetField, ...], answers: Mapping[str, str]) -> int:
    """Return how many rows of a table have an answer or lie above one that has."""
    return max(_filled_rows(fields, answers), default=-1) + 1


def _filled_rows(fields: tuple[SheetField, ...], answers: Mapping[str, str]) -> list[int]:
    """Return the rows of a table that have an answer: these are the rows of the workbook, one below another."""
    return [row for row in range(_MOST_ROWS) if any(_name_in(field, row) in answers for field in fields)]


def _inputs(template: Template, answers: Mapping[str, str]) -> dict[str, str]:
    """Return the name of the input of each answer cell, by the location of the cell in the workbook."""
    inputs: dict[str, str] = {}
    for layout in template.layouts:
        sheet = layout.sheet.name
        if not layout.sheet.is_table:
            inputs |= {f"{sheet}!B{place}": field.item for place, field in enumerate(layout.fields, start=1)}
            continue
        for place, row in enumerate(_filled_rows(layout.fields, answers), start=2):
            for column, field in enumerate(layout.fields):
                inputs[f"{sheet}!{column_letters(column)}{place}"] = _name_in(field, row)
    return inputs


def _workbook(visit: Visit, template: Template, answers: Mapping[str, str]) -> bytes:
    """Return the workbook that the answers are."""
    instrument = visit.desk.programme.instrument_by_code[template.identity.instrument]
    version = next(one for one in instrument.versions if str(one.version) == template.identity.version)
    values: dict[str, Cell] = {}
    rows: dict[str, list[dict[str, Cell]]] = {}
    for layout in template.layouts:
        if not layout.sheet.is_table:
            values |= {f.item: _cell(f, answers[f.item]) for f in layout.fields if f.item in answers}
            continue
        rows[layout.sheet.name] = [
            {f.item: _cell(f, answers[_name_in(f, row)]) for f in layout.fields if _name_in(f, row) in answers}
            for row in _filled_rows(layout.fields, answers)
        ]
    # The same answers are the same file: a form that is sent again is recognised.
    return workbook_content(template.identity, version, values, rows, template.locale, created_at=_CREATED_AT)


def _cell(field: SheetField, answer: str) -> Cell:
    """Return an answer as the cell of a workbook: a day as a day, all else as it was typed."""
    if field.kind is IndicatorKind.DATE:
        try:
            return date.fromisoformat(answer)
        except ValueError:
            return answer
    return answer
