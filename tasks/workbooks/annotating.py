"""Write what goes back for a quarantined workbook: a copy with marked cells, and the findings as a text file.

The copy names people as the original does. So only the user of this installation can read it, and it is deleted once
the return is corrected.
"""

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from gettext import NullTranslations
from pathlib import Path

from schemas.enums import Severity
from schemas.programme import Programme
from tasks.i18n import language
from tasks.records import Finding, ReturnVersion
from tasks.spreadsheets.cells import RefusedError
from tasks.spreadsheets.parser import Parser
from tasks.workbooks.file_names import suffix_of, workbook_name
from tasks.workbooks.identity import Identity, lines_of, sheet_name
from tasks.workbooks.opening import csv_encoding
from tasks.workbooks.reserved_names import to_correct

MOST_LINES = 500
"""The number of findings that are listed at most."""
_PLACE = re.compile(r"(?P<sheet>.+)!(?P<cell>[A-Z]{1,3}[0-9]{1,7})")
_ID = 10
_MARKS = {"fr": "-a-corriger-", "en": "-to-correct-"}
"""What the names of copies have after that of the workbook, by language."""


def annotate(folder: Path, received: ReturnVersion, content: bytes, programme: Programme, parser: Parser) -> list[Path]:
    """Write the marked copy and the text of a quarantined return, and delete those of its earlier versions.

    Args:
        folder: The folder of the copies.
        received: The return.
        content: The bytes of its workbook.
        programme: The programme, whose locale is the language of both files.
        parser: The parsing process.

    Returns:
        The files: the text only, where the workbook cannot be parsed.
    """
    words = language(programme.settings.locale)
    withdraw(folder, received.expected_return_id)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    stem = f"{_stem(received.expected_return_id, programme.settings.locale)}{received.return_id[:_ID]}"
    findings = sorted(received.findings, key=lambda finding: finding.severity is Severity.WARNING)[:MOST_LINES]
    files = [_write(folder / f"{stem}.txt", _as_text(received, findings, words).encode())]
    layouts = programme.instrument_by_code[received.instrument_code].version_at(
        received.expected_return_id.split("/")[2]
    )
    identity = lines_of(_identity(received, programme), words)
    request = _request(received, findings, words) | {
        "added": (sheet_name(words), identity),
        "csv_encoding": csv_encoding(programme),
    }
    if layouts is not None and len(layouts.sheets) == 1:
        request["only_sheet"] = layouts.sheets[0].name
    try:
        marked = parser.mark(content, _places(findings, words), **request)
    except RefusedError:
        # The workbook cannot be parsed: the text gives the reason and the remedy.
        return files
    return [*files, _write(folder / f"{stem}.xlsx", marked)]


def withdraw(folder: Path, expected_return_id: str) -> None:
    """Delete the copies and texts of a return."""
    for path in copies_of(folder, expected_return_id):
        path.unlink(missing_ok=True)


def copies_of(folder: Path, expected_return_id: str) -> list[Path]:
    """Return the copies and texts of a return."""
    stems = [_stem(expected_return_id, locale) for locale in _MARKS] if folder.exists() else []
    return [path for stem in stems for path in folder.glob(f"{stem}*")]


def annotated_copies(folder: Path, return_ids: Iterable[str], shown_from: Path) -> Mapping[str, str]:
    """Find the marked copy of each return version, or its text where there is no copy.

    Args:
        folder: The folder of the copies.
        return_ids: The return versions.
        shown_from: The folder to which the paths are relative.

    Returns:
        The paths by return version, without those that have neither file.
    """
    paths: dict[str, str] = {}
    files = sorted(folder.iterdir()) if folder.exists() else []
    for return_id in return_ids:
        for path in files:
            if path.stem.endswith(return_id[:_ID]) and (path.suffix == ".xlsx" or return_id not in paths):
                paths[return_id] = str(path.relative_to(shown_from) if path.is_relative_to(shown_from) else path)
    return paths


def _stem(expected_return_id: str, locale: str) -> str:
    return workbook_name(expected_return_id).removesuffix(".xlsx") + _MARKS[locale]


def _places(findings: Sequence[Finding], words: NullTranslations) -> list[tuple[str, str, str, str]]:
    by_place: dict[tuple[str, str], list[Finding]] = {}
    for finding in findings:
        if place := _PLACE.fullmatch(finding.location):
            by_place.setdefault((place["sheet"], place["cell"]), []).append(finding)
    return [
        (sheet, cell, words.gettext("Expected: {what}").format(what="\n".join(f.expected for f in here)), _worst(here))
        for (sheet, cell), here in by_place.items()
    ]


def _worst(findings: Iterable[Finding]) -> str:
    return min(finding.severity.value for finding in findings)


def _request(received: ReturnVersion, findings: Sequence[Finding], words: NullTranslations) -> dict[str, object]:
    _ = words.gettext
    return {
        "suffix": suffix_of(received.origin),
        "title": to_correct(words),
        "intro": _("Correct the coloured cells, save the file, and send it again. This sheet need not be removed."),
        "headings": [_("Sheet"), _("Cell"), _("Found"), _("Expected")],
        "lines": [_line(finding) for finding in findings],
        "author": "Essaim",
    }


def _identity(received: ReturnVersion, programme: Programme) -> Identity:
    """Return the identity of a copy of a CSV file, whose name alone stated the return."""
    cohort, structure, occasion, instrument = received.expected_return_id.split("/")
    version = str(received.instrument_version)
    return Identity(programme.settings.programme, cohort, structure, occasion, instrument, version)


def _line(finding: Finding) -> tuple[str, str, str, str]:
    place = _PLACE.fullmatch(finding.location)
    sheet, cell = (place["sheet"], place["cell"]) if place else (finding.location, "")
    return sheet, cell, finding.found, finding.expected


def _as_text(received: ReturnVersion, findings: Sequence[Finding], words: NullTranslations) -> str:
    _ = words.gettext
    to_check = _("to be looked at")
    lines = [f"{to_correct(words)} · {received.origin}", ""]
    for finding in findings:
        is_warning = finding.severity is Severity.WARNING
        lines += [
            finding.location + (f" ({to_check})" if is_warning else ""),
            "  " + _("Found: {what}").format(what=finding.found),
            "  " + _("Expected: {what}").format(what=finding.expected),
            "",
        ]
    return "\n".join(lines)


def _write(path: Path, content: bytes) -> Path:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
    return path
