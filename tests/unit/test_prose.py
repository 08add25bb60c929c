"""Test the check of words to avoid: the files that it reads, and its findings."""

from pathlib import Path

from prose import ROOT, Rules, files_covered, findings, rules_of

RULES = Rules(("docs", "tasks", "README.md"), {"any more": "no longer", "told|tells?": "report"})


def written(root: Path, name: str, text: str) -> None:
    (root / name).parent.mkdir(parents=True, exist_ok=True)
    (root / name).write_text(text, encoding="utf-8")


def test_a_word_to_avoid_is_found_with_its_place_and_what_to_write_instead(tmp_path: Path):
    written(tmp_path, "docs/a.md", "One.\n\nNothing is Told\nANY MORE of it.\n")
    written(tmp_path, "docs/b.sql", "-- the model tells\nselect 1\n")
    assert list(findings(tmp_path, RULES)) == [
        "docs/a.md:3: found “Told”; write report.",
        "docs/a.md:4: found “ANY MORE”; write no longer.",
        "docs/b.sql:1: found “tells”; write report.",
    ]


def test_code_is_not_prose(tmp_path: Path):
    written(tmp_path, "README.md", "`told` a `b\n\n```python\ntold = 1\n```\n\nuntold\n")
    assert list(findings(tmp_path, RULES)) == []


def test_of_python_files_docstrings_and_comments_are_prose(tmp_path: Path):
    lines = ['"""It tells."""', "told = 'told'  # told here", "", "", "def f():", '    """One.', "", '    told."""', ""]
    written(tmp_path, "tasks/a.py", "\n".join(lines))
    assert [line.partition(": ")[0] for line in findings(tmp_path, RULES)] == [
        "tasks/a.py:1",
        "tasks/a.py:2",
        "tasks/a.py:8",
    ]


def test_only_files_of_prose_below_the_declared_paths_are_read(tmp_path: Path):
    for name in ("docs/old/a.md", "docs/new.md", "docs/data.csv", "elsewhere.md"):
        written(tmp_path, name, "told")
    assert files_covered(tmp_path, RULES) == [tmp_path / "docs/new.md", tmp_path / "docs/old/a.md"]


def test_everything_in_the_configuration_is_there():
    rules = rules_of(ROOT / "pyproject.toml")
    assert [path for path in rules.paths if not (ROOT / path).exists()] == []
