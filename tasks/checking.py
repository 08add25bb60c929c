"""Check a file for an expected return as soon as it comes, as the next run will."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from gettext import NullTranslations

from schemas.enums import ReceiptOutcome, ResolvedBy, Severity
from schemas.places import reading_order
from schemas.programme import Programme
from schemas.settings import Environment, ProjectPaths
from schemas.tables import Row
from tasks.received import file_name_of, with_places
from tasks.records import Finding, ReturnVersion
from tasks.spreadsheets.parser import Parser
from tasks.workbooks.annotating import annotate
from tasks.workbooks.inbox import Inbox, InboxFile, read_file
from tasks.workbooks.inbox_place import InboxPlace
from tasks.workbooks.pseudonyms import key_for
from tasks.workbooks.validating import validated
from warehouse.intake import Item
from warehouse.last_values import Values

_OWNER = "owner"
"""The check that fails for a workbook that was made for another expected return."""


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A file, and what the checks found in it.

    Attributes:
        item: The item of the intake that it becomes.
        content: Its bytes.
        version: The return version that it holds; None for a file that is no workbook of the programme, or one that was
            made for another return. Such a file is not kept.
        is_other: Whether it was made for another return.
    """

    item: Item
    content: bytes
    version: ReturnVersion | None
    is_other: bool = False

    @property
    def errors(self) -> tuple[Finding, ...]:
        """What its sender is to correct."""
        findings = self.version.findings if self.version is not None else ()
        of_sender = (f for f in findings if f.severity is Severity.ERROR and f.resolved_by is ResolvedBy.SENDER)
        return tuple(sorted(of_sender, key=lambda finding: reading_order(finding.location)))

    @property
    def is_for_us(self) -> bool:
        """Whether it cannot be loaded for a reason that is not its sender's."""
        return self.version is not None and self.version.is_quarantined and not self.errors

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What looks wrong, and does not keep it from being loaded."""
        findings = self.version.findings if self.version is not None else ()
        return tuple(finding for finding in findings if finding.severity is Severity.WARNING)


def check_file(
    item: Item,
    content: bytes,
    *,
    programme: Programme,
    paths: ProjectPaths,
    environment: Environment,
    words: NullTranslations,
    plan: Mapping[str, Row],
    values: Values,
    parser: Parser,
) -> CheckedFile:
    """Read and validate a file as a run would, and write its marked copy if its sender is to correct something.

    Args:
        item: The item of the intake that it becomes.
        content: Its bytes.
        programme: The programme.
        paths: The paths of the programme.
        environment: The settings of the installation.
        words: The language of the findings.
        plan: The latest plan row of each expected return, by id.
        values: The reported values.
        parser: The parsing process.
    """
    source = programme.settings.sources.inbox
    inbox = Inbox(
        InboxPlace("" if source is None else source.path, paths.folder),
        programme,
        words,
        frozenset(plan),
        parser,
        key_for(programme, paths, environment),
        error_log=paths.error_log,
    )
    file = InboxFile(
        named=item.subject_id,
        name=file_name_of(item),
        content=content,
        sha256=str(item.sha256),
        landing_path="",
        delivered_at=item.received_at,
    )
    receipt, version = read_file(file, inbox)
    if version is None or receipt.outcome is ReceiptOutcome.UNASSIGNED:
        return CheckedFile(item, content, None)
    if any(finding.check_name == _OWNER for finding in version.findings):
        return CheckedFile(item, content, None, is_other=True)
    (version,) = validated([version], programme, words, plan, values, [])
    checked = CheckedFile(item, content, version)
    if not checked.errors:
        return checked
    annotate(paths.annotated, version, content, programme, parser)
    places = [(finding.location, finding.expected) for finding in checked.errors]
    return replace(checked, item=with_places(item, places))
