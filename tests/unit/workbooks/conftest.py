"""Share one parsing process among the tests of workbooks, and give each a landing folder."""

from collections.abc import Generator
from pathlib import Path

import pytest
from pydantic import SecretStr

from schemas.settings import Environment, ProjectPaths
from tasks.landing import Landing
from tasks.spreadsheets.parser import Parser


@pytest.fixture(scope="session")
def parser() -> Generator[Parser]:
    with Parser() as process:
        yield process


@pytest.fixture
def landing(tmp_path: Path) -> Landing:
    return Landing(ProjectPaths(tmp_path, tmp_path / "var"), Environment(landing_key=SecretStr("0" * 43 + "=")))
