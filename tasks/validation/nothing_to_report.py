"""Check returns that say that there is nothing to report: no figure may stand beside it, and no blank is a mistake."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from gettext import NullTranslations
from typing import Self

from schemas.enums import Level, Severity
from schemas.expectations import IsAnswered
from schemas.formats import read_number
from schemas.programme import Programme
from tasks.records import Answer, Finding, ReturnVersion
from tasks.validation import messages

NOTHING_TO_REPORT = "nothing_to_report"
"""The check that a figure fails beside the answer that there is nothing to report."""

_OF_BLANKS = frozenset({IsAnswered.__name__, "required", "rows"})
"""The checks that blanks and tables without rows fail. With nothing to report, they are answers."""


@dataclass(frozen=True, slots=True)
class NothingRule:
    """What says in a return that there is nothing to report, and what contradicts it.

    Attributes:
        statements: The answers that say so, by item; empty where the instrument declares none.
        figures: The items that give figures. For each, the answers that its recode makes a number other than zero; None
            where any number other than zero is a figure.
    """

    statements: Mapping[str, frozenset[str]]
    figures: Mapping[str, frozenset[str] | None]

    @classmethod
    def of(cls, programme: Programme, instrument_code: str, version: int) -> Self:
        """Return the rule of an instrument version. Shares of respondents are no figures, and are left out."""
        instrument = programme.instrument_by_code[instrument_code]
        declared = instrument.nothing_to_report
        if declared is None:
            return cls({}, {})
        figures: dict[str, frozenset[str] | None] = {}
        for line in programme.crosswalk_of(instrument_code, version):
            indicator = programme.indicator_by_code[line.indicator_code]
            if not indicator.kind.is_numeric or indicator.level is not Level.STRUCTURE or line.share_of is not None:
                continue
            known = figures.get(line.item, frozenset())
            if line.recode is None or known is None:
                figures[line.item] = None
            else:
                recode = programme.recode_of(line.recode).items()
                figures[line.item] = known | {text for text, one in recode if _is_figure(one.value)}
        layouts = next((one.sheets for one in instrument.versions if one.version == version), [])
        for sheet in layouts:
            for field in sheet.items:
                if field.kind is not None and field.kind.is_numeric:
                    figures.setdefault(sheet.item_of(field), None)
        statements = {item: frozenset(values) for item, values in declared.answers.items()}
        return cls(statements, {item: some for item, some in figures.items() if item not in statements})

    def is_statement(self, item: str, text: str | None) -> bool:
        """Return whether an answer says that there is nothing to report."""
        return text is not None and text.strip() in self.statements.get(item, ())

    def is_figure(self, item: str, text: str | None) -> bool:
        """Return whether an answer, as it was read, contradicts that there is nothing to report."""
        if item not in self.figures:
            return False
        answers = self.figures[item]
        return _is_figure(text) if answers is None else (text or "").strip() in answers


def _is_figure(text: str | None) -> bool:
    read = read_number((text or "").strip())
    return read.misreading is None and float(read.text) != 0


def settled(received: ReturnVersion, programme: Programme, language: NullTranslations) -> ReturnVersion:
    """Return a checked workbook, settled where it says that there is nothing to report.

    Its blanks are no mistakes then, and each figure and each table with rows is one.
    """
    rule = NothingRule.of(programme, received.instrument_code, received.instrument_version)
    statement = next((one for one in received.answers if rule.is_statement(one.item, one.value_text)), None)
    if statement is None:
        return received
    kept = tuple(without_blanks(received.findings))
    wrong = {finding.item for finding in kept if finding.severity is Severity.ERROR}
    added = [
        *(
            contradiction(answer.item, answer.location, answer.value_text, statement.location, language)
            for answer in received.answers
            if answer.item not in wrong and rule.is_figure(answer.item, answer.value_text)
        ),
        *_rows(received, statement, language),
    ]
    return replace(received, findings=(*kept, *added))


def without_blanks(findings: Iterable[Finding]) -> Iterator[Finding]:
    """Yield the findings of a return with nothing to report that are not about blanks."""
    return (finding for finding in findings if finding.check_name not in _OF_BLANKS)


def contradiction(item: str, location: str, text: str | None, said_in: str, language: NullTranslations) -> Finding:
    """Return the error of a figure beside the answer that there is nothing to report.

    Args:
        item: The item of the figure.
        location: Where it was given, for a person.
        text: The figure as it was given.
        said_in: The place of that answer, for a person.
        language: The language of the finding.
    """
    _ = language.gettext
    expected = _("no figure, for {place} says that there is nothing to report: clear one of the two")
    found = messages.found(text, language)
    return Finding(item, location, NOTHING_TO_REPORT, Severity.ERROR, found, expected.format(place=said_in))


def _rows(received: ReturnVersion, statement: Answer, language: NullTranslations) -> Iterator[Finding]:
    """Yield an error for each table with rows."""
    if received.rows is None or not received.rows.num_rows:
        return
    first: dict[str, dict[int, str]] = {}
    names, numbers, letters = (
        received.rows.column(name).to_pylist() for name in ("sheet_name", "row_number", "column_letters")
    )
    for name, number, column in zip(names, numbers, letters, strict=True):
        first.setdefault(name, {}).setdefault(number, column)
    _, plural = language.gettext, language.ngettext
    for name, rows in first.items():
        row = min(rows)
        found = plural("{count} row", "{count} rows", len(rows)).format(count=len(rows))
        expected = _("no rows, for {place} says that there is nothing to report: clear one of the two")
        yield Finding(
            f"{name}!", f"{name}!{rows[row]}{row}", NOTHING_TO_REPORT, Severity.ERROR, found,
            expected.format(place=statement.location),
        )  # fmt: skip
