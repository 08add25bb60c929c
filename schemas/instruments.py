"""The model of the instruments in programme.yaml: who owes a survey or workbook, and how its returns are assigned."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from schemas.base import Code, Contradiction, Day, Whole
from schemas.base import StrictModel as _Model
from schemas.enums import AfterLeaving, DecimalSign, Duplicates, FilledBy, InstrumentKind, JoinBy, Mode
from schemas.layouts import Sheet
from schemas.rules import Rule


class InstrumentVersion(_Model):
    """A version of an instrument, used at the listed occasions: a survey by its number, or the sheets of a workbook.

    Attributes:
        version: Number of the version, which lines of crosswalk.csv refer to.
        occasions: The occasions at which it is used.
        survey_id: Number of the survey in LimeSurvey; None for a workbook.
        emptied_on: The day on which the staff deleted all responses of the survey on purpose. Without it, a survey
            without any of its earlier responses counts as unverifiable.
        sheets: The sheets of a workbook; empty for a survey.
        rules: Rules between the answers of a return: the questions of a survey, or the items of a workbook.
        like: Number of a version above it, of which it has the sheets and the rules. Of `sheets`, it states what is
            different: sheets by their names, items and columns by their codes, each with the keys that change; None
            where it is like none.
        without: What it has not of the version that it is like: items and columns (`sheet!code`), or names of sheets.
    """

    version: Annotated[Whole, Field(ge=1, le=9999)]
    occasions: list[Code] = Field(min_length=1)
    survey_id: Annotated[Whole, Field(ge=1, le=2**31 - 1)] | None = None
    emptied_on: Day | None = None
    sheets: list[Sheet] = Field(default_factory=list[Sheet])
    rules: list[Rule] = Field(default_factory=list[Rule])
    like: Annotated[Whole, Field(ge=1, le=9999)] | None = None
    without: list[str] = Field(default_factory=list[str])

    @model_validator(mode="after")
    def _is_without_what_it_would_have(self) -> Self:
        if self.without and self.like is None:
            expected = "like beside it: the number of the version that has them"
            raise Contradiction(f"without {', '.join(self.without)}", expected, "without")
        return self


BY_WINDOW = "by window"
"""The value of `join.occasion` that assigns a response to an occasion by the day on which it was given."""
BY_TOKEN = "token"  # noqa: S105 not a secret
"""The value of `join.occasion` for tokens that end in `~` and the code of the occasion."""


class JoinRecode(_Model):
    """Names of recodes that map the values that a response names its structure, cohort and occasion with, to codes.

    Attributes:
        structure: The recode of structures; None if responses give their codes.
        cohort: The recode of cohorts; None if responses give their codes.
        occasion: The recode of occasions; None if responses give their codes.
    """

    structure: Code | None = None
    cohort: Code | None = None
    occasion: Code | None = None

    @property
    def declared(self) -> dict[str, Code]:
        """The declared recodes, by `structure`, `cohort` and `occasion`."""
        named = {"structure": self.structure, "cohort": self.cohort, "occasion": self.occasion}
        return {what: name for what, name in named.items() if name is not None}


class Join(_Model):
    """How a survey response is assigned to a structure, and to an occasion where the survey serves several.

    Attributes:
        by: The method.
        structure: The attribute (`attribute_1`) or the exported question that names the structure.
        cohort: The same for the cohort. If None, the structure must be in exactly one cohort that owes the survey.
        occasion: An attribute, an exported question, `token` (the token ends in `~` and the code of the occasion) or
            `by window` (the day of the response). Read only where several occasions share a survey.
        recode: Recodes that map these values to codes.
    """

    by: JoinBy = JoinBy.ATTRIBUTES
    structure: str = "attribute_1"
    cohort: str | None = "attribute_2"
    occasion: str | None = None
    recode: JoinRecode = JoinRecode()

    @property
    def names_occasion(self) -> bool:
        """Whether responses name their occasion. Otherwise it follows from their day."""
        return self.occasion not in (None, BY_WINDOW)

    @property
    def question_by_role(self) -> dict[str, str]:
        """The exported questions that name structure, cohort or occasion, by `structure`, `cohort` and `occasion`."""
        named = {"structure": self.structure, "cohort": self.cohort} if self.by is JoinBy.QUESTION else {}
        if self.names_occasion and self.occasion != BY_TOKEN and not _is_attribute(self.occasion):
            named["occasion"] = self.occasion
        return {what: name for what, name in named.items() if name}

    @property
    def questions(self) -> tuple[str, ...]:
        """The exported questions that name structure, cohort or occasion."""
        return tuple(self.question_by_role.values())

    @property
    def attributes(self) -> tuple[str, ...]:
        """The attributes of participants that name structure, cohort or occasion."""
        names = (self.structure, self.cohort) if self.by is JoinBy.ATTRIBUTES else ()
        return tuple(name for name in (*names, self.occasion) if _is_attribute(name) and name)

    def without_occasion(self) -> Self:
        """Return the same join for a survey that serves one occasion."""
        recode = self.recode.model_copy(update={"occasion": None})
        return self.model_copy(update={"occasion": None, "recode": recode})

    @model_validator(mode="after")
    def _names_fit(self) -> Self:
        names = [name for name in (self.structure, self.cohort) if name]
        if self.by is JoinBy.ATTRIBUTES and not all(map(_is_attribute, names)):
            named = next(name for name in names if not _is_attribute(name))
            what = "structure" if named == self.structure else "cohort"
            raise Contradiction(
                f"{what}: {named}", "an attribute of the participants, such as attribute_1, or by: question", what
            )
        if self.by is JoinBy.QUESTION and any(map(_is_attribute, names)):
            expected = "structure and cohort: the codes of the questions that name them (cohort: null for none)"
            raise Contradiction("by: question with an attribute of the participants", expected, "by")
        if self.by is JoinBy.TOKEN and (others := sorted(self.model_fields_set - {"by", "occasion", "recode"})):
            expected = "nothing but occasion and recode beside by: token, for the token is the structure's code"
            raise Contradiction(f"{' and '.join(others)} beside by: token", expected, others[0])
        return self

    @model_validator(mode="after")
    def _occasion_fits(self) -> Self:
        if self.occasion == "":
            raise Contradiction("occasion: ''", "an attribute, a question, token, or by window", "occasion")
        if self.by is JoinBy.QUESTION and (self.occasion == BY_TOKEN or _is_attribute(self.occasion)):
            found = f"occasion: {self.occasion} beside by: question"
            raise Contradiction(found, "the code of a question under occasion, or by window", "occasion")
        if self.recode.cohort is not None and (self.cohort is None or self.by is JoinBy.TOKEN):
            raise Contradiction("a recode of the cohort", "no recode of the cohort where responses name none", "recode")
        if self.recode.occasion is not None and not self.names_occasion:
            expected = "no recode of the occasion where responses name none"
            raise Contradiction("a recode of the occasion", expected, "recode")
        return self


def _is_attribute(name: str | None) -> bool:
    return name is not None and name.startswith("attribute_")


class Respondents(_Model):
    """Who answers for a structure: one person, or with `several` at least `minimum` people.

    Attributes:
        several: Whether several people answer, such as professionals or participants.
        minimum: Smallest number of complete responses.
        duplicates: Which response counts if one is expected and several arrive.
        after_leaving: How to treat responses that arrive after the structure has left.
    """

    several: bool = False
    minimum: Annotated[Whole, Field(ge=1)] = 1
    duplicates: Duplicates = Duplicates.LATEST
    after_leaving: AfterLeaving = AfterLeaving.KEEP

    @model_validator(mode="after")
    def _minimum_is_of_several(self) -> Self:
        if self.minimum > 1 and not self.several:
            raise Contradiction(f"minimum {self.minimum} of one respondent", "several: true beside it", "minimum")
        if self.several and "duplicates" in self.model_fields_set:
            expected = "no duplicates where several answer: each of them counts"
            raise Contradiction("duplicates beside several: true", expected, "duplicates")
        return self


BOX = "box!nothing_to_report"
"""The item of the box that `essaim templates` adds to the identity sheet of a workbook."""
TICKED = "yes"
"""The answer to `BOX` where it is ticked."""


class NothingToReport(_Model):
    """How a return says that there is nothing to report for its period: by a box, or by the answer to a question.

    Attributes:
        box: Whether the workbooks that `essaim templates` writes have a box for it on their identity sheet.
        item: The question as exported, or sheet!code of the workbook; None where only a box says so.
        values: The answers to it that mean so, such as `Y`.
    """

    box: bool = False
    item: str | None = None
    values: list[str] = Field(default_factory=list[str])

    @property
    def answers(self) -> dict[str, tuple[str, ...]]:
        """The answers that mean so, by item."""
        of_box = {BOX: (TICKED,)} if self.box else {}
        return of_box if self.item is None else {self.item: tuple(self.values), **of_box}

    @model_validator(mode="after")
    def _is_a_box_or_an_answer(self) -> Self:
        if self.item is None and not self.box:
            expected = "box: true, or an item and the values that mean it, such as {item: NOTHING, values: [Y]}"
            raise Contradiction("nothing_to_report without box and item", expected)
        if (self.item is None) != (not self.values):
            found = "an item without values" if self.item is not None else "values without an item"
            raise Contradiction(found, "item and values beside each other: {item: NOTHING, values: [Y]}")
        return self


class Instrument(_Model):
    """A survey or workbook: which innovations it asks about, who fills it in and how.

    Attributes:
        code: Code of the instrument.
        name: Name of the instrument.
        kind: How its returns arrive.
        filled_by: Who fills it in.
        mode: How it is filled in.
        innovations: The innovations whose structures owe it.
        identifiers: Questions whose answers name people; their answers are discarded when they are read.
        join: How survey responses are assigned to structures.
        respondents: Who answers for a structure.
        decimal_sign: The decimal sign of numbers that are typed as texts; None where a text with two readings, such as
            `1,234`, is refused.
        reminders: Whether the survey server invites and reminds the participants whose return is due.
        mails_to_structures: Whether Essaim writes to the structures whose return is due or to be corrected, at the mail
            address of `contact` in structures.csv.
        nothing_to_report: How a return says that there is nothing to report; None where it cannot say so.
        versions: Its versions.
    """

    code: Code
    name: str
    kind: InstrumentKind
    filled_by: FilledBy
    mode: Mode
    innovations: list[Code] = Field(min_length=1)
    identifiers: list[str] = Field(default_factory=list[str])
    join: Join = Join()
    respondents: Respondents = Respondents()
    decimal_sign: DecimalSign | None = None
    reminders: bool = False
    mails_to_structures: bool = False
    nothing_to_report: NothingToReport | None = None
    versions: list[InstrumentVersion] = Field(min_length=1)

    @model_validator(mode="after")
    def _versions_fit_the_kind(self) -> Self:
        is_survey = self.kind is InstrumentKind.LIMESURVEY
        if self.reminders and (not is_survey or self.join.by is JoinBy.QUESTION):
            found = "reminders of a workbook" if not is_survey else "reminders beside join: {by: question}"
            expected = "reminders of a limesurvey instrument that joins by attributes or by token only"
            raise Contradiction(found, expected, "reminders")
        if self.mails_to_structures and self.filled_by is not FilledBy.STRUCTURE:
            expected = "filled_by: structure beside it, for nobody else gets these mails"
            raise Contradiction(f"mails_to_structures of filled_by: {self.filled_by}", expected, "mails_to_structures")
        if self.mails_to_structures and self.reminders:
            expected = "one of the two, or a structure is written to twice"
            raise Contradiction("mails_to_structures beside reminders: true", expected, "mails_to_structures")
        if is_survey and self.nothing_to_report is not None and self.nothing_to_report.box:
            expected = "the question that says so: {item: NOTHING, values: [Y]}"
            raise Contradiction("a box in a survey", expected, "nothing_to_report")
        for version in self.versions:
            of = f"of version {version.version}"
            if is_survey and version.survey_id is None:
                expected = "its number in LimeSurvey, such as survey_id: 123456"
                raise Contradiction(f"no survey_id {of}, which is a survey", expected, "versions")
            if is_survey and version.sheets:
                raise Contradiction(f"sheets {of}, which is a survey", "no sheets, or kind: workbook", "versions")
            if not is_survey and version.emptied_on is not None:
                raise Contradiction(f"emptied_on {of}, which is a workbook", "emptied_on of a survey only", "versions")
            if not is_survey and version.survey_id is not None:
                raise Contradiction(
                    f"survey_id {of}, which is a workbook", "no survey_id, or kind: limesurvey", "versions"
                )
            if not is_survey and not version.sheets:
                raise Contradiction(f"no sheets {of}, which is a workbook", "sheets with items or columns", "versions")
        return self

    @model_validator(mode="after")
    def _nothing_is_not_discarded(self) -> Self:
        item = self.nothing_to_report.item if self.nothing_to_report is not None else None
        if item is not None and item.partition("[")[0] in self.identifiers:
            raise Contradiction(
                f"{item} under nothing_to_report and under identifiers",
                "a question that is not under identifiers, whose answers are discarded",
                "nothing_to_report",
            )
        return self

    @model_validator(mode="after")
    def _join_is_not_discarded(self) -> Self:
        discarded = [q for q in self.join.questions if q.partition("[")[0] in self.identifiers]
        if discarded:
            raise Contradiction(
                f"{', '.join(discarded)} under join and under identifiers",
                "questions under join that are not under identifiers, whose answers are discarded",
                "join",
            )
        return self

    @property
    def has_box(self) -> bool:
        """Whether its workbooks have a box that says that there is nothing to report."""
        return self.nothing_to_report is not None and self.nothing_to_report.box

    def join_of(self, version_number: int) -> Join:
        """Return how responses to a version are assigned: without the occasion, where the version serves one only."""
        serves_several = any(v.version == version_number and len(v.occasions) > 1 for v in self.versions)
        return self.join if serves_several else self.join.without_occasion()

    def version_at(self, occasion_code: str) -> InstrumentVersion | None:
        """Return the version that is used at an occasion, or None."""
        return next((v for v in self.versions if occasion_code in v.occasions), None)
