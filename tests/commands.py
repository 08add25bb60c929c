"""Run commands on a programme folder in this process, and read what they write, outside a test function too."""

import email
import email.policy
import json
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from datetime import date
from io import StringIO
from pathlib import Path
from typing import Any

from running import Ran, exit_code

from flows.collect import collect
from schemas.settings import Environment, ProjectPaths


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
        """Return the text of each section of a recipient's mail of a day, by its heading without the count."""
        (path,) = ProjectPaths(self.folder).mails.glob(f"{day}_{recipient}_*.eml")
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        body = message.get_body(("plain",))
        assert body is not None
        parts: dict[str, str] = {}
        heading = ""
        for line in body.get_content().replace("\N{NO-BREAK SPACE}", " ").splitlines():
            if line.isupper() and " · " in line:
                heading = line.rsplit(" · ", 1)[0]
            elif heading:
                parts[heading] = parts.get(heading, "") + line + "\n"
        return parts
