"""Test that the names in CONTRIBUTING.md and in the files around the code exist."""

import ast
import re
import tomllib
from pathlib import Path

import pytest
import yaml
from running import ROOT

CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
QUESTIONS = re.findall(r"^\| (Where [^|]*\?) \| `([^`]+)` \| `([^`]+)` \|$", CONTRIBUTING, flags=re.MULTILINE)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def names_in(file: Path) -> set[str]:
    """Return the functions and classes of a Python file."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.ClassDef)}


def test_the_map_answers_thirteen_questions():
    assert len({question for question, _, _ in QUESTIONS}) == 13


@pytest.mark.parametrize(("question", "file", "name"), QUESTIONS, ids=[question for question, _, _ in QUESTIONS])
def test_the_map_leads_to_a_file_that_defines_the_name(question: str, file: str, name: str):
    if file.endswith(".py"):
        assert name in names_in(ROOT / file), question
    else:
        text = (ROOT / file).read_text(encoding="utf-8")
        assert re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text), question


def test_every_file_and_make_target_that_is_named_is_there():
    named = {word for word in re.findall(r"`([^`\s]+)`", CONTRIBUTING) if "/" in word and "<" not in word}
    assert [word for word in named if word not in ("demo/", "site/") and not (ROOT / word).exists()] == []
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert set(re.findall(r"\bmake ([a-z][a-z-]*)", CONTRIBUTING)) <= targets


def test_every_module_that_is_to_be_run_is_there():
    modules = re.findall(r"`python -m ([\w.]+)`", CONTRIBUTING)
    assert modules
    assert [module for module in modules if not (ROOT / f"{module.replace('.', '/')}.py").is_file()] == []


def test_the_citation_is_of_this_version_and_licence():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["cff-version"] == "1.2.0"
    assert (citation["version"], citation["license"]) == (PROJECT["version"], PROJECT["license"])
    # The required keys of the format, and all keys used here, as its schema names them.
    assert {"cff-version", "message", "title", "authors"} <= citation.keys()
    assert citation.keys() <= {
        "abstract", "authors", "cff-version", "date-released", "doi", "keywords", "license", "message",
        "repository-code", "title", "type", "url", "version",
    }  # fmt: skip
    assert all(author.keys() <= {"name", "website", "email"} for author in citation["authors"])


def test_hooks_download_nothing_and_call_what_is_installed():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    assert [repository["repo"] for repository in hooks["repos"]] == ["local"]
    for hook in hooks["repos"][0]["hooks"]:
        assert hook["language"] == "system"
        assert (ROOT / hook["entry"].split()[0]).is_file(), hook["id"]


def test_the_hosted_ci_runs_what_everybody_runs_on_each_python_that_is_supported():
    (job,) = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))["jobs"].values()
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]
    assert job["strategy"]["matrix"]["python"] == ["3.11", "3.12"]
    ran = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.findall(r"^make .*", ran, flags=re.MULTILINE) == ["make --jobs=2 --output-sync check", "make test"]


def test_the_list_of_decisions_has_every_page_under_its_title():
    pages = sorted((ROOT / "docs" / "decisions").glob("0*.md"))
    titles = [page.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ") for page in pages]
    listed = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^- \[(.*)\]\((.*)\)$", listed, flags=re.MULTILINE) == [
        (title, page.name) for title, page in zip(titles, pages, strict=True)
    ]
    assert [int(page.name[:4]) for page in pages] == [int(title.partition(".")[0]) for title in titles]


DOCUMENTATION = [
    *(page for page in sorted((ROOT / "docs").rglob("*.md")) if "dictionary" not in page.parts),
    *(ROOT / name for name in ("README.md", "README.fr.md", "SECURITY.md")),
]
FOLDERS = "benchmarks|dbt_project|deploy|docs|examples|flows|macros|schemas|tasks|tests|warehouse"


@pytest.mark.parametrize("page", DOCUMENTATION, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_that_a_page_names_is_there(page: Path):
    text = page.read_text(encoding="utf-8")
    named = set(re.findall(rf"`((?:{FOLDERS})/[^`\s]*)`", text)) - {"flows/local_api.py"}  # of decision 4, replaced
    assert [
        name for name in named if not any((folder / name).exists() for folder in (ROOT, ROOT / "dbt_project"))
    ] == []
