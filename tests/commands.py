"""Run commands on a programme folder in this process, and read what they write, outside a test function too."""

import email
import email.policy
import json
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from io import StringIO
from pathlib import Path
from typing import Any

from digests import DIGEST, LINE
from running import Ran, exit_code

from flows.collect import collect
from schemas.enums import AlertKind, StateReason
from schemas.settings import Environment, ProjectPaths
from tasks.alerts.kinds_in_words import label, return_sections
from tasks.alerts.listing import ORDER


@dataclass(frozen=True)
class Commands:
    """The commands on a programme folder."""

    folder: Path

    def try_to(self, command: str, *arguments: str) -> Ran:
        """Run a command, whatever its exit code."""
        with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as err:
            code = exit_code(command, "--programme", str(self.folder), *arguments)
        assert "Traceback" not in err.getvalue()
        return Ran(code, out.getvalue(), err.getvalue())

    def run(self, command: str, *arguments: str) -> Ran:
        """Run a command, and require exit code 0, or 3 where a person is needed."""
        ran = self.try_to(command, *arguments)
        assert ran.code in {0, 3}, ran.err
        return ran

    def read_sources(self, day: date, *, weekly: bool = False) -> None:
        """Collect as `collect` or `collect --late` does, without building the views and alerting anybody."""
        paths = ProjectPaths(self.folder)
        collect(paths, Environment(), "collect", day, only_changed=weekly, alert=False, builds=False)

    def rows(self, sql: str, *arguments: str) -> list[tuple[Any, ...]]:
        """Return the rows that `essaim query` prints."""
        printed = self.run("query", "--format", "json", sql, *arguments).out
        return [tuple(row.values()) for row in json.loads(printed)]

    def mail(self, recipient: str, day: date) -> dict[str, str]:
        """Return what a recipient's digest of a day has about each kind of alert, by its heading without the count.

        The returns of a kind follow its note, each under the name of its structure. The end of the mail follows the
        last kind.
        """
        (path,) = ProjectPaths(self.folder).mails.glob(f"{day}_{recipient}_*.eml")
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        body = message.get_body(("plain",))
        assert body is not None
        return _by_kind(body.get_content().replace("\N{NO-BREAK SPACE}", " ").splitlines())


def _by_kind(lines: list[str]) -> dict[str, str]:
    headings = _heading_by_label()
    parts: dict[str, str] = {}
    last = heading = structure = ""
    for line in lines:
        shown = line
        if line.isupper() and " · " in line:
            last = heading = line.rsplit(" · ", 1)[0]
            structure = ""
            continue
        if line.startswith("- ") and last:
            structure, heading = line, ""
            continue
        if line.startswith("  * ") and structure:
            words, _, badge = line.removeprefix("  * ").partition(" (nouveau)")
            heading = headings[words]
            shown = structure + (" (nouveau)" if line.endswith(" (nouveau)") else badge)
        elif line and not line.startswith(" ") and structure:
            structure, heading = "", last
        if heading:
            parts[heading] = parts.get(heading, "") + shown + "\n"
    return parts


@cache
def _heading_by_label() -> dict[str, str]:
    """Return the heading of the kind of a return, by the label of the return."""
    headings: dict[str, str] = {}
    for kind in ORDER:
        reason = StateReason.BEGUN if kind is AlertKind.UNFINISHED else StateReason.NOTHING_CAME
        reason = StateReason(kind.value) if kind.value in list(StateReason) else reason
        line = replace(LINE, kind=kind, reason=reason)
        digest = replace(DIGEST, lines=(line,))
        (section,) = return_sections(digest)
        words = label(digest, line).replace("\N{NO-BREAK SPACE}", " ")
        headings[words] = section.heading.upper().replace("\N{NO-BREAK SPACE}", " ")
    return headings
