"""Check new responses: the items by Great Expectations, then what one response alone does not show."""

# pyarrow.compute makes its functions when it is imported:
# pyright: reportAttributeAccessIssue=false

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from gettext import NullTranslations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from schemas.enums import Misreading, ResolvedBy, Severity, Unplaced
from schemas.expectations import IsAnswered, IsText
from schemas.instruments import Join
from tasks.i18n import one_of
from tasks.limesurvey import Participant
from tasks.records import Finding
from tasks.run import RunContext
from tasks.schedule.expected_returns import day_of
from tasks.surveys.answer_reader import AnswerReader, Misread
from tasks.surveys.assigning import read_of_occasion
from tasks.surveys.fetching import Fetched, SurveyToRead
from tasks.surveys.live_questionnaire import LiveQuestionnaire
from tasks.surveys.offered import OfferedAnswers
from tasks.surveys.shown import Mask, are_explained
from tasks.validation import messages
from tasks.validation.counts import Validated, counted_cells
from tasks.validation.nothing_to_report import NothingRule, contradiction, without_blanks
from tasks.validation.successions import ANSWERED_BY_HEIR, answered_by_heir
from tasks.validation.validate import check_items
from warehouse.surveys import NAMES_ONE_OCCASION, LoadedResponse


class CompleteResponses:
    """The complete responses of each expected return of a survey: those held that still count, and those read since.

    Args:
        before: The responses that the warehouse holds, by response id and expected return.
        fetched: The fetched survey.
    """

    def __init__(self, before: Mapping[tuple[int, str], LoadedResponse], fetched: Fetched) -> None:
        self._responses: dict[str, set[int]] = defaultdict(set)
        self._returns: dict[int, list[str]] = defaultdict(list)
        present = fetched.present_ids
        for (response_id, expected_return_id), response in before.items():
            is_present = fetched.present is None or response_id in present
            if response.counts and response.is_submitted and response.is_placed and is_present:
                self._responses[expected_return_id].add(response_id)
                self._returns[response_id].append(expected_return_id)

    def move(self, assigned: Mapping[int, frozenset[str]]) -> None:
        """Remove the held responses that are now assigned to another expected return, given by response id."""
        for response_id in assigned.keys() & self._returns.keys():
            for expected_return_id in self._returns[response_id]:
                if expected_return_id not in assigned[response_id]:
                    self._responses[expected_return_id].discard(response_id)

    def add(self, expected_return_id: str, response_id: int) -> list[int]:
        """Add a complete response; return the ids of the other complete responses of its expected return."""
        responses = self._responses[expected_return_id]
        others = sorted(responses - {response_id})
        responses.add(response_id)
        return others


def check_responses(
    new: pa.Table,
    responses: pa.Table,
    survey: SurveyToRead,
    run: RunContext,
    live: LiveQuestionnaire,
    reader: AnswerReader,
    complete: CompleteResponses,
    participants: Mapping[str, Participant],
) -> dict[int, list[Finding]]:
    """Check new responses.

    Args:
        new: The new versions: the columns of `VERSIONS`.
        responses: Their responses, row by row.
        survey: The survey.
        run: The run. The counts of the checks are added to its `validated`.
        live: The live questionnaire.
        reader: Reads the mapped answers.
        complete: The complete responses before these; the complete ones among them are added.
        participants: The participants of the survey, by token.

    Returns:
        The findings by row of `new`.
    """
    findings: dict[int, list[Finding]] = defaultdict(list)
    _ = run.language.gettext
    numbers = new.column("response_id")
    broken_items = live.broken_items
    offered = OfferedAnswers(live.questionnaire, run.programme, survey, run.language)

    @cache
    def explained(item: str) -> Mask:
        return are_explained(responses, item, live.questionnaire)

    def locate(row: int, item: str) -> str:
        return _("response {number}, {item}").format(number=numbers[row], item=item)

    expected_returns = [expected or "" for expected in new.column("expected_return_id").to_pylist()]
    misread = {(answer.row, answer.item): answer for answer in reader.misread(responses)}
    read = reader.read(responses)
    checked = check_items(
        read,
        expected_returns,
        locate,
        run.programme,
        survey.instrument_code,
        survey.instrument_version,
        run.language,
        validated=run.validated,
    )
    of_reading = [
        (row, _misread_finding(answer, locate(row, item), run.language)) for (row, item), answer in misread.items()
    ]
    cells = counted_cells(
        # The check of a kind counts the answers of another kind itself.
        ((expected_returns[row], finding) for row, finding in of_reading if finding.check_name != IsText.__name__),
        reader.items,
    )
    if new.num_rows:
        run.validated.append(Validated(survey.instrument_code, survey.instrument_version, 0, cells=cells))
    found_in_answers = [
        *of_reading,
        *(
            (row, _quoting(finding, responses, row, run.language))
            for row, finding in checked
            if (row, finding.item) not in misread
        ),
    ]
    for row, finding in found_in_answers:
        # Nobody answers a question that was not shown.
        is_explained = finding.check_name == IsAnswered.__name__ and bool(explained(finding.item)[row])
        # A broken item gets a single finding, below.
        if finding.item not in broken_items and not is_explained:
            findings[row].append(offered.explain(finding, responses, row))
    if broken_items:
        # No answer is guessed for a question that is not the one the crosswalk was written for.
        found = _("a question that is asked otherwise than before, or no longer")
        expected = _("the questionnaire that the crosswalk was written for")
        for row in range(new.num_rows):
            findings[row] += [
                Finding(
                    item, locate(row, item), "IsAskedAsBefore", Severity.ERROR, found, expected, ResolvedBy.PROGRAMME
                )
                for item in broken_items
            ]
    rule = NothingRule.of(run.programme, survey.instrument_code, survey.instrument_version)
    for row, item in _with_nothing(rule, responses).items():
        findings[row] = [*without_blanks(findings[row])]
        wrong = {finding.item for finding in findings[row] if finding.severity is Severity.ERROR}
        findings[row] += [
            contradiction(figure, locate(row, figure), _text(responses, figure, row), locate(row, item), run.language)
            for figure in rule.figures
            if figure not in wrong and rule.is_figure(figure, _text(read, figure, row))
        ]
    join = run.programme.instrument_by_code[survey.instrument_code].join_of(survey.instrument_version)
    for row, finding in _occasion_findings(new, responses, join, participants, run):
        findings[row].append(finding)
    allows_several = run.programme.instrument_by_code[survey.instrument_code].respondents.several
    for row, finding in _respondent_findings(new, run, complete, allows_several=allows_several):
        findings[row].append(finding)
    return findings


def _with_nothing(rule: NothingRule, responses: pa.Table) -> dict[int, str]:
    """Return the submitted responses that say that there is nothing to report, by row: the item that says so."""
    said: dict[int, str] = {}
    if not rule.statements:
        return said
    is_submitted = pc.is_valid(responses.column("submitdate")).to_pylist()
    for item in rule.statements:
        if item in responses.column_names:
            texts = responses.column(item).cast(pa.string()).to_pylist()
            rows = zip(is_submitted, texts, strict=True)
            said |= {row: item for row, (sent, text) in enumerate(rows) if sent and rule.is_statement(item, text)}
    return said


def _text(responses: pa.Table, item: str, row: int) -> str | None:
    answer = responses.column(item)[row].as_py() if item in responses.column_names else None
    return None if answer is None else str(answer)


def _misread_finding(answer: Misread, location: str, language: NullTranslations) -> Finding:
    """Return the error of an answer that could not be read. An answer of another kind fails the check of the kind."""
    misreading = answer.read.misreading
    check_name = IsText.__name__ if misreading in (None, Misreading.KIND) else misreading.value
    found = messages.found(answer.read.text, language)
    expected = messages.of_misreading(answer.read, answer.kind, language)
    return Finding(answer.item, location, check_name, Severity.ERROR, found, expected)


def _quoting(finding: Finding, responses: pa.Table, row: int, language: NullTranslations) -> Finding:
    """Return a finding that quotes the answer as it was given, not as it was read."""
    if finding.item not in responses.column_names:
        return finding
    answer = responses.column(finding.item)[row].as_py()
    return replace(finding, found=messages.found(None if answer is None else str(answer), language))


def is_quarantined(findings: Sequence[Finding]) -> bool:
    """Return whether a version with these findings is quarantined: any of them is an error."""
    return any(finding.severity is Severity.ERROR for finding in findings)


def _occasion_findings(
    new: pa.Table, responses: pa.Table, join: Join, participants: Mapping[str, Participant], run: RunContext
) -> Iterator[tuple[int, Finding]]:
    """Yield an error, by row, for each response of which it is not known which occasion it answers."""
    _ = run.language.gettext
    rows = new.filter(pc.is_valid(new.column("unplaced"))).to_pylist()
    occasions: dict[int, list[str]] = defaultdict(list)
    for version in rows:
        occasions[version["response_id"]].append(version["expected_return_id"].split("/")[2])
    for row in np.flatnonzero(pc.is_valid(new.column("unplaced")).to_numpy()).tolist():
        response_id, unplaced = new.column("response_id")[row].as_py(), new.column("unplaced")[row].as_py()
        codes = one_of(occasions[response_id], run.programme.settings.locale)
        response = _("a response") if new.column("is_submitted")[row].as_py() else _("a response, only begun,")
        read = ""
        match Unplaced(unplaced):
            case Unplaced.UNKNOWN_OCCASION:
                found = _("{response} that names no occasion of this survey ({read}); it may be for {occasions}")
                token = responses.column("token")[row].as_py() if "token" in responses.column_names else None
                read = read_of_occasion(join, token, participants, run.language)
                expected = _("the code of an occasion where join.occasion reads it: correct it on the survey server")
            case Unplaced.SEVERAL_OCCASIONS:
                found = _("{response} that may be for {occasions}: given once a later occasion of the survey was open")
                expected = _(
                    "an answer to one occasion: ask the structure which, then give each occasion a survey of its own, "
                    "or have answers name it (join.occasion in programme.yaml)"
                )
            case Unplaced.BEFORE_OPENING:
                found = _("{response} from before {occasions}, the first occasion of this survey, was open")
                expected = _(
                    "an answer to an open occasion: have answers name it (join.occasion in programme.yaml), or have "
                    "the test answer deleted on the survey server"
                )
        found = found.format(response=response, occasions=codes, read=read)
        where = _("response {number}").format(number=response_id)
        yield (
            row,
            Finding("", where, NAMES_ONE_OCCASION, Severity.ERROR, found, expected, ResolvedBy.PLACEMENT),
        )


def _respondent_findings(
    new: pa.Table, run: RunContext, complete: CompleteResponses, *, allows_several: bool
) -> Iterator[tuple[int, Finding]]:
    """Yield warnings, by row, for responses of structures that had left or have another complete response."""
    _ = run.language.gettext
    assigned = set(new.column("expected_return_id").unique().to_pylist())
    due = {id_: day_of(run.plan[id_], "due_on") for id_ in assigned if id_ in run.plan}
    ended = answered_by_heir(due, run.programme, run.language)
    is_concerned = pc.or_(
        pc.is_valid(new.column("left_on")),
        pc.is_in(new.column("expected_return_id"), value_set=pa.array(list(ended), pa.string())),
    )
    if not allows_several:
        is_concerned = pc.or_(is_concerned, new.column("is_submitted"))
    rows = np.flatnonzero(is_concerned.to_numpy())
    for row, version in zip(rows.tolist(), new.take(pa.array(rows)).to_pylist(), strict=True):
        where = _("response {number}").format(number=version["response_id"])
        if version["expected_return_id"] in ended:
            yield row, Finding("", where, ANSWERED_BY_HEIR, Severity.WARNING, *ended[version["expected_return_id"]])
        elif version["left_on"] is not None:
            found = _("an answer of {day}").format(day=version["answered_on"])
            expected = _("none after {day}, when the structure left").format(day=version["left_on"])
            yield row, Finding("", where, "BeforeLeaving", Severity.WARNING, found, expected)
        if not version["is_submitted"] or allows_several or version["unplaced"] is not None:
            continue
        others = ", ".join(map(str, complete.add(version["expected_return_id"], version["response_id"])))
        if others:
            found = _("another response of the structure: {others}").format(others=others)
            expected = _("one response of the structure")
            yield row, Finding("", where, "OneResponse", Severity.WARNING, found, expected)
