"""Test the changelog of a release, and its version, which is stated once, in pyproject.toml."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

from running import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
VERSION = PROJECT["project"]["version"]
TYPES = [kind["directory"] for kind in PROJECT["tool"]["towncrier"]["type"]]
FRAGMENTS = [path for path in (ROOT / "changelog.d").iterdir() if path.name != "README.md"]


def test_every_change_that_is_not_released_yet_has_a_name_that_towncrier_reads() -> None:
    pattern = re.compile(rf"(\d+|\+[a-z-]+)\.({'|'.join(TYPES)})(\.\d+)?\.md")
    assert [path.name for path in FRAGMENTS if not pattern.fullmatch(path.name)] == []


def test_the_changelog_has_one_heading_for_each_release_and_none_for_what_is_not_released() -> None:
    headings = re.findall(r"(?m)^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))
    assert [heading for heading in headings if not re.fullmatch(r"\d+\.\d+\.\d+ \(\d{4}-\d\d-\d\d\)", heading)] == []
    assert len(set(headings)) == len(headings)


def test_a_release_moves_what_is_not_released_yet_above_the_earlier_releases(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "changelog.d", tmp_path / "changelog.d")
    for name in ("pyproject.toml", "CHANGELOG.md"):
        shutil.copy(ROOT / name, tmp_path / name)
    fragment = tmp_path / "changelog.d" / "99.security.7.md"
    fragment.write_text("Nobody reads the keys of others any more.\n", encoding="utf-8")
    command = [sys.executable, "-m", "towncrier", "build", "--yes", "--date", "2026-12-24"]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    before, after = ((place / "CHANGELOG.md").read_text(encoding="utf-8") for place in (ROOT, tmp_path))
    head, earlier = before.split("## ", 1)
    assert after.startswith(f"{head}## {VERSION} (2026-12-24)\n")
    assert after.endswith(f"## {earlier}")
    security = after.split("### Security\n", 1)[1].split("\n## ", 1)[0]
    assert "- Nobody reads the keys of others any more. (#99)\n" in f"{security}\n"
    assert [path.name for path in (tmp_path / "changelog.d").iterdir()] == ["README.md"]
