"""Words to avoid in prose: `python tests/prose.py`, with `[tool.prose]` of pyproject.toml.

It reads whole Markdown, SQL and YAML files, and of Python files the docstrings and comments. Blocks of code, and code
within a line of Markdown, are not prose.
"""

import ast
import io
import re
import sys
import tokenize
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
ENDINGS = frozenset({".md", ".py", ".sql", ".yaml", ".yml"})


@dataclass(frozen=True)
class Rules:
    """Where prose is checked, and each pattern with what to write instead."""

    paths: tuple[str, ...]
    instead_of: dict[str, str]


def rules_of(project: Path) -> Rules:
    """Read `[tool.prose]`."""
    declared = tomllib.loads(project.read_text(encoding="utf-8"))["tool"]["prose"]
    return Rules(tuple(declared["paths"]), dict(declared["instead-of"]))


def files_covered(root: Path, rules: Rules) -> list[Path]:
    """Return the files whose prose is checked."""
    named = [root / path for path in rules.paths]
    found = [file for path in named for file in (path.rglob("*") if path.is_dir() else [path])]
    return sorted(file for file in set(found) if file.suffix in ENDINGS and file.is_file())


def prose_of(file: Path) -> list[str]:
    """Return the lines of a file, with everything blanked out that is not prose."""
    text = file.read_text(encoding="utf-8")
    match file.suffix:
        case ".py":
            return _python_prose(text)
        case ".md":
            text = re.sub(
                r"^```.*?^```", lambda block: "\n" * block[0].count("\n"), text, flags=re.DOTALL | re.MULTILINE
            )
            return re.sub(r"`[^`\n]*`", "`…`", text).split("\n")
        case _:
            return text.split("\n")


def _python_prose(text: str) -> list[str]:
    prose = [""] * (text.count("\n") + 1)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            prose[token.start[0] - 1] += token.string
    for node in ast.walk(ast.parse(text)):
        match node:
            # Docstrings, and the strings below an attribute or a member that describe it.
            case ast.Expr(value=ast.Constant(value=str(), lineno=first, end_lineno=last)) if last is not None:
                for place, line in enumerate(text.split("\n")[first - 1 : last], start=first - 1):
                    prose[place] += line
            case _:
                pass
    return prose


def findings(root: Path, rules: Rules) -> Iterator[str]:
    """Return a sentence for each word to avoid: where it is, what was found, and what to write instead."""
    patterns = [
        (re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE), instead) for pattern, instead in rules.instead_of.items()
    ]
    for file in files_covered(root, rules):
        for number, line in enumerate(prose_of(file), start=1):
            for pattern, instead in patterns:
                for found in pattern.finditer(line):
                    yield f"{file.relative_to(root)}:{number}: found “{found[0]}”; write {instead}."


if __name__ == "__main__":
    lines = list(findings(ROOT, rules_of(ROOT / "pyproject.toml")))
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.exit(1 if lines else 0)
