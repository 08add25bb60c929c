"""Export responses as JSON and CSV."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from json.encoder import encode_basestring_ascii
from operator import attrgetter, getitem, itemgetter

from tasks.simulator.fields import AnswerColumn
from tasks.simulator.filling import PackedAnswers
from tasks.simulator.model import Participant, StoredResponse
from tasks.simulator.protocol import ExportedFile, php_json
from tasks.simulator.survey import Survey
from tasks.simulator.wording import abbreviated, has_word, plain, word

_OTHER = "-oth-"
# The labels of null and of an empty text in long answers, by question type; other types keep both.
_UNANSWERED: dict[str, tuple[str | None, str | None]] = {
    "G": ("N/A", "N/A"),
    "Y": ("N/A", "N/A"),
    "M": ("N/A", ""),
    "P": ("N/A", ""),
    "C": (None, None),
    "E": (None, None),
    "F": ("", ""),
    "H": ("", ""),
    "1": ("", ""),
}
_LINE_END = re.compile("\r\n|[\n\v\f\r\x85\u2028\u2029]")
Reader = Callable[[StoredResponse], object]


@dataclass(frozen=True, slots=True)
class Options:
    """The options of an export; the server replaces unknown values by the default."""

    kind: str = "json"
    language: str = ""
    heading: str = "code"
    answers: str = "short"
    fields: tuple[str, ...] | None = None
    with_participants: bool = True
    """Whether columns of the participants are exported; they are null for a user who may not read participants."""


@dataclass(frozen=True, slots=True)
class _Field:
    """A column of an export.

    Attributes:
        heading: The heading.
        name: The column name of the server.
        read: A function that reads the value of a row.
        column: `name` again if the stored text is exported unchanged, else None.
    """

    heading: str
    name: str
    read: Reader
    column: str | None = None


def export(survey: Survey, rows: Iterable[StoredResponse], options: Options) -> ExportedFile:
    """Export rows as a base64 file."""
    fields = _fields(survey, options)
    if options.kind == "csv":
        return ExportedFile(base64.b64encode(_csv(fields, rows)))
    return ExportedFile(
        base64.b64encode(f'{{"responses": [{",".join(_objects(fields, rows, null=survey.writes_null))}]}}'.encode())
    )


class _JsonMembers(dict[object, str]):
    """Cache of the JSON members of one heading by value, because most columns have few distinct values."""

    def __init__(self, heading: str) -> None:
        self._start = f"{php_json(heading)}:"

    def __missing__(self, value: object) -> str:
        if isinstance(value, str):
            written = self._start + encode_basestring_ascii(value).replace("/", "\\/")
        else:
            written = self._start + php_json(value)
        self[value] = written
        return written


def _objects(fields: list[_Field], rows: Iterable[StoredResponse], *, null: bool) -> Iterator[str]:
    fields = _with_unique_headings(fields)
    members = [_JsonMembers(field.heading) for field in fields]
    select = _Selection([field.column or "" for field in fields])
    others = [(place, field.read) for place, field in enumerate(fields) if field.column is None]
    for row in rows:
        values = select(row.answers)
        for place, read in others:
            values[place] = read(row)
        if not null:
            values = ["" if value is None else value for value in values]
        yield f"{{{','.join(map(getitem, members, values))}}}"


def _with_unique_headings(fields: Iterable[_Field]) -> list[_Field]:
    """Append the column name to each repeated heading, because a JSON object keeps one member per name."""
    by_heading: dict[str, _Field] = {}
    for field in fields:
        heading = f"{field.heading} ({field.name})" if field.heading in by_heading else field.heading
        by_heading[heading] = replace(field, heading=heading)
    return list(by_heading.values())


class _Selection:
    """Select the values of columns from the answers of a row; null for an absent column."""

    def __init__(self, columns: list[str]) -> None:
        self._columns = columns
        self._places: Mapping[str, int] | None = None
        self._pick: Callable[[tuple[str | None, ...]], tuple[object, ...]] = tuple

    def __call__(self, answers: Mapping[str, str | None]) -> list[object]:
        if not isinstance(answers, PackedAnswers):
            return list(map(answers.get, self._columns))
        if self._places is not answers.places:
            self._places = answers.places
            beyond = len(answers.places)
            self._pick = itemgetter(*(answers.places.get(name, beyond) for name in self._columns), beyond)
        return list(self._pick((*answers.packed, None))[:-1])


def _csv(fields: list[_Field], rows: Iterable[StoredResponse]) -> bytes:
    def cell(value: object) -> str:
        if value is None:
            return ""
        text = _LINE_END.sub("\n", str(value))
        return '"' + text.replace('"', '""') + '"'

    lines = [";".join(cell(field.read(row)) for field in fields) for row in rows]
    if not lines:
        return b"\r\n"
    head = ";".join(cell(field.heading) for field in fields)
    return ("\ufeff" + "\r\n".join([head, *lines, ""]) + "\r\n").encode()


def _fields(survey: Survey, options: Options) -> list[_Field]:
    columns = {column.name: column for column in survey.columns()}
    names = options.fields
    if names is None:
        names = (*_leading_columns(survey), *columns)
    people = (
        {person.token: person for person in survey.participants.values()}
        if survey.has_participants and options.with_participants
        else {}
    )
    fields: list[_Field] = []
    for name in names:
        if name in columns:
            column = columns[name]
            stored = None if options.answers == "long" or column.extra == "filecount" else name
            fields.append(_Field(_heading(column, options), name, _answer_reader(column, options), stored))
        else:
            fields.append(_Field(_own_heading(survey, name, options), name, _own_reader(survey, name, people)))
    return fields


def _leading_columns(survey: Survey) -> list[str]:
    names = ["id", "submitdate", "lastpage", "startlanguage", "seed"]
    names += ["token"] if survey.has_participants and not survey.anonymized else []
    names += ["startdate", "datestamp"] if survey.dated else []
    return names + [name for name in ("ipaddr", "refurl") if survey.settings.get(name) == "Y"]


def _own_reader(survey: Survey, name: str, people: dict[str, Participant]) -> Reader:
    """Return a reader for a column that holds no answer: of the row itself, or of its participant."""
    if name == "token":
        return attrgetter("token") if "token" in _leading_columns(survey) else (lambda _row: None)
    if name in _leading_columns(survey):
        return attrgetter(name)
    if survey.anonymized or (name not in survey.attribute_names and name not in _PARTICIPANT_FIELDS):
        return lambda _row: None

    def of_participant(row: StoredResponse) -> object:
        person = people.get(row.token or "")
        return person.value(name) if person else None

    return of_participant


_PARTICIPANT_FIELDS = ("tid", "firstname", "lastname", "email", "completed", "usesleft", "sent", "emailstatus")


def _own_heading(survey: Survey, name: str, options: Options) -> str:
    if options.heading == "code" or options.heading not in {"full", "abbreviated"}:
        return name
    if name in survey.attribute_names:
        return survey.attribute_descriptions().get(name, name)
    text = word(name, options.language) if has_word(name) else name
    return abbreviated(text) if options.heading == "abbreviated" else text


def _heading(column: AnswerColumn, options: Options) -> str:
    if options.heading not in {"full", "abbreviated"}:
        return column.heading
    language = options.language

    def shown(text: str) -> str:
        return abbreviated(plain(text)) if options.heading == "abbreviated" else plain(text)

    question = shown(column.question.texts[language].question)
    if column.extra == "filecount":
        return shown(f"filecount - {plain(column.question.texts[language].question)}")
    parts = [shown(row.texts[language].question) for row in column.subquestions]
    if column.extra == "rank":
        parts.append(f"{word('rank', language)} {column.rank}")
    elif column.extra:
        parts.append(shown(word(column.extra, language)))
    if column.scale_id is not None:
        parts.append(f"{word('scale', language)} {column.scale_id + 1}")
    return f"{question} " + "".join(f"[{part}]" for part in parts) if parts else question


def _answer_reader(column: AnswerColumn, options: Options) -> Reader:
    name = column.name
    # The comment beside a list is decoded too: a comment that equals the code of an option becomes its label.
    is_decoded = column.extra in {"", "rank"} or (column.question.type == "O" and column.extra == "comment")
    if options.answers != "long" or not is_decoded:
        if column.extra == "filecount":
            return lambda row: None if row.answers.get(name) is None else int(row.answers[name] or 0)
        return lambda row: row.answers.get(name)
    if column.question.attributes.get(("num_value_int_only", "")) == "1":
        return lambda row: _rounded(row.answers.get(name))
    labels = _labels(column, options.language)
    never, empty = _UNANSWERED.get(column.question.type, (None, ""))

    def label(row: StoredResponse) -> str | None:
        code = row.answers.get(name)
        if code is None:
            return never
        return labels.get(code, code) if code else labels.get(code, empty)

    return label


def _rounded(number: str | None) -> str | None:
    return number and f"{Decimal(number).quantize(Decimal(1), ROUND_HALF_UP)}"


def _labels(column: AnswerColumn, language: str) -> dict[str, str]:
    """Return the labels of the codes of a column in a language."""
    kind = column.question.type
    if kind in "L!OFH1R":
        scale = column.scale_id or 0
        labels = {
            option.code: plain(option.texts.get(language, ""))
            for option in column.question.options
            if option.scale_id == scale
        }
        return labels | ({_OTHER: word("other", language)} if column.question.other == "Y" else {})
    if kind in "MP":
        return {"Y": word("Y", language), "": word("N", language)}
    codes = {"Y": "YN", "G": "MF", "C": "YNU", "E": "ISD"}.get(kind, "")
    return {code: word(code, language) for code in codes}
