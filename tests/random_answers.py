"""Draw random answers to the surveys and workbooks of a random programme."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from random import Random

from openpyxl import Workbook
from random_folder import SHEET, TABLE
from random_programme import HIGHEST, Asked, Drawn, Owed

Answers = dict[str, str | None]
"""The answers of a return by the code of the question: null where it was not shown, empty where it was left blank."""


@dataclass
class Given:
    """A response on the server, or the workbook in the inbox, as it is now.

    Attributes:
        owed: The expected return that it answers, or was given for.
        number: The id of the response; 0 for a workbook.
        answers: Its answers.
        moment: When it was submitted, or else saved.
        is_submitted: Whether it was submitted or sent.
        is_from_form: Whether the answers were given in the form, and not through the server's interface.
        is_wrong: Whether it has an answer that the codebook does not allow, or lacks a required one.
        maybe: The expected returns that it may answer, where it names none; empty where it is clear.
    """

    owed: Owed
    number: int
    answers: Answers
    moment: datetime
    is_submitted: bool
    is_from_form: bool = True
    is_wrong: bool = False
    maybe: tuple[str, ...] = ()


def token_of(owed: Owed) -> str | None:
    """Return the token of the participant who answers an expected return; None where there are no participants."""
    join = owed.instrument.join
    if join["by"] == "question":
        return None
    token = owed.structure if join["by"] == "token" else f"{owed.structure}{owed.cohort}"
    if names_occasion(owed) and join["occasion"] == "token":
        return f"{token}~{owed.occasion}"
    return f"{token}{owed.occasion}" if names_occasion(owed) and join["occasion"] == "attribute_3" else token


def names_occasion(owed: Owed) -> bool:
    """Return whether responses name the occasion of an expected return."""
    return owed.instrument.is_shared(owed.occasion) and owed.instrument.join["occasion"] != "by window"


def naming(owed: Owed) -> Answers:
    """Return the answers to the questions that name a person, the structure, the cohort and the occasion."""
    join = owed.instrument.join
    named: Answers = {"nom": "Personne Inventée"}
    if join["by"] == "question":
        named |= {"quelle": owed.structure} | ({"vague": owed.cohort} if join["cohort"] else {})
    return named | ({"moment": owed.occasion} if join.get("occasion") == "moment" else {})


def fill(chance: Random, instrument: Drawn, begun: Mapping[str, str | None] | None = None) -> Answers:
    """Return random answers in the order of the questions: all of them, or some more than those that were begun."""
    answers: Answers = {}
    until = len(instrument.questions) if begun is None else chance.randrange(1, len(instrument.questions) + 1)
    blanks = chance.choice((0, 0.1, 0.5))
    for place, one in enumerate(instrument.questions):
        is_shown = one.shown_where is None or answers[one.shown_where[0]] == one.shown_where[1]
        if not is_shown or place >= until:
            answers[one.code] = None
        elif begun and begun.get(one.code):
            answers[one.code] = begun[one.code]
        elif one.letter != "M" and chance.random() < blanks:
            answers[one.code] = "" if begun is None else None
        else:
            answers[one.code] = _answer(chance, one)
    return answers


def _answer(chance: Random, one: Asked) -> str:
    if one.options:
        return chance.choice(one.options)
    return {"S": "un texte", "D": "2024-02-29 00:00:00"}.get(one.letter) or str(chance.randrange(HIGHEST))


def is_wrong(instrument: Drawn, answers: Answers) -> bool:
    """Return whether an answer is too high, or a required one is missing."""
    too_high = str(HIGHEST * 5) in [answers[one.code] for one in instrument.questions]
    return too_high or any(one.is_required and not answers[one.code] for one in instrument.questions)


def by_heading(instrument: Drawn, answers: Answers) -> Answers:
    """Return answers by the headings of exports."""
    return {one.heading: answers[one.code] for one in instrument.questions}


def workbook_of(owed: Owed, answers: Answers, people: Iterable[tuple[str | None, ...]]) -> Workbook:
    """Return a workbook with answers, and with the rows of its table of people."""
    book = Workbook()
    book.remove(book.worksheets[0])
    page = book.create_sheet(SHEET)
    for one in owed.instrument.questions:
        page.append([f"Question {one.code}", _cell(one, answers[one.code])])
    if owed.instrument.has_people:
        page = book.create_sheet(TABLE)
        page.append(["Nom", "Travail", "Contrat"])
        for row in people:
            page.append(list(row))
    page = book.create_sheet("Identité")
    version = str(owed.instrument.version_of(owed.occasion))
    whose = ("tire", owed.cohort, owed.structure, owed.occasion, owed.instrument.code, version)
    for label, value in zip(
        ("programme", "cohorte", "structure", "occasion", "instrument", "version"), whose, strict=True
    ):
        page.append([label, value])
    return book


def _cell(one: Asked, answer: str | None) -> object:
    if not answer:
        return None
    if one.letter == "N":
        return int(answer)
    return date.fromisoformat(answer[:10]) if one.letter == "D" else answer
