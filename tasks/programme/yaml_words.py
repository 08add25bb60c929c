"""Say in words why a YAML file cannot be parsed, with the line of the cause and the remedy."""

import re
from collections.abc import Iterator

from yaml.error import MarkedYAMLError
from yaml.reader import ReaderError

from tasks.programme.spellings import shown

Words = tuple[int, str, str]
"""The line (0 for the whole file), what was found and what is expected."""

_INDENT = re.compile(r"[ ]*(?:- *)?([^\S ]+)[^\S\n]*(?=\S)")
_OPENING_QUOTE = re.compile(r"""(?:^|[:,\[{-][ ]+|[\[{]|^- )(["'])""")
_CLOSED_QUOTE = re.compile(r"""(?:(?<=^)|(?<=[ \[{]))("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')""")
_KEY = r"(?:- +)*([^\s:{}\[\],\"'#]+)"
_KEY_AND_VALUE = re.compile(rf"\s*{_KEY}: +(\S.*)")
_GLUED = re.compile(rf"\s*{_KEY}:(\S.*)")
_LINE_OF_TEXT = re.compile(r"\s*(?:- +)*[^\s:#-][^:]*$")


def in_words(error: Exception, content: str) -> Words:
    """Return the line of the cause, what was found there and what is expected."""
    lines = content.split("\n")
    if isinstance(error, ReaderError):
        line = content.count("\n", 0, error.position) + 1
        return line, f"a control sign (U+{error.character:04X})", "text without it: delete it"
    if isinstance(error, RecursionError):
        return 0, "brackets in brackets without end", "fewer brackets, or each of them closed"
    if not isinstance(error, MarkedYAMLError) or error.problem_mark is None:
        return 0, str(error).split("\n", maxsplit=1)[0], "the lines of a programme, as essaim init writes them"
    line = min(error.problem_mark.line, len(lines) - 1)
    opened = error.context_mark.line if error.context_mark is not None else line
    for words in (*_hidden_signs(lines, line), *_open_quotes(lines, line)):
        return words
    return _of_problem(error, lines, line, error.problem_mark.column, opened)


def _hidden_signs(lines: list[str], last: int) -> Iterator[Words]:
    """Yield the lines up to the problem whose indentation is not made of spaces."""
    for number, text in enumerate(lines[: last + 1], start=1):
        if match := _INDENT.match(text):
            sign = "a tab" if "\t" in match[1] else "a no-break space"
            yield (
                number,
                f"{sign} at the beginning of the line",
                "spaces only: replace it with the spaces of the lines above",
            )


def _open_quotes(lines: list[str], last: int) -> Iterator[Words]:
    """Yield the lines up to the problem that open a quote without closing it."""
    for number, text in enumerate(lines[: last + 1], start=1):
        rest = _CLOSED_QUOTE.sub("", text.partition(" #")[0])
        if match := _OPENING_QUOTE.search(rest):
            quote = match[1]
            found = f"a quote ({quote}) that is opened and not closed on its line"
            yield number, found, f"{quote} at the end of the text too"


def _of_problem(error: MarkedYAMLError, lines: list[str], line: int, column: int, opened: int) -> Words:
    problem, text = error.problem or "", lines[line]
    sign = text[column : column + 1]
    if "another document" in problem:
        return line + 1, "a second part that begins with ---", "one part: delete the line ---"
    if "escape" in problem:
        return opened + 1, "a backslash (\\) in double quotes", "single quotes (') around a text with a backslash"
    if "expected ':'" in problem:
        return opened + 1, *_without_colon(lines[opened])
    if "mapping values are not allowed" in problem:
        return _of_colon(lines, line, column)
    if "but got ':'" in problem and opened == line:
        expected = 'a comma before the next key, or quotes around a text that contains a colon: "Wave: one"'
        return line + 1, f"a second colon in {shown(_entry_before(text, column))}", expected
    if "<scalar>" in problem and (opened == line or "block" in problem):
        found = f"text after a closing quote: {shown(text[column:].strip())}"
        return line + 1, found, 'double quotes around a text that contains an apostrophe: "Ann O\'Hara"'
    if "expected ','" in problem:
        bracket, closing = ("{", "}") if "'}'" in problem else ("[", "]")
        return opened + 1, f"a bracket {bracket} that is opened and not closed", f"{closing} at the end of the list"
    if "<block end>" in problem or "block mapping start" in problem:
        what = "a “- ”" if sign == "-" else "a line"
        return (
            line + 1,
            f"{what} that is not as far in as the lines it belongs to",
            "the same number of spaces as those",
        )
    return line + 1, *_in_need_of_quotes(text, column)


def _of_colon(lines: list[str], line: int, column: int) -> Words:
    text = lines[line]
    if (match := _KEY_AND_VALUE.match(text)) and match.start(2) < column:
        key, value = match[1], match[2].strip()
        if value.endswith("}") and "{" not in value:
            return line + 1, "a bracket } that was not opened", "{ at the beginning of the list"
        found = f"a colon inside the text of {key}, which is not in quotes"
        return line + 1, found, f'the text in quotes: write {key}: "{value}"'
    above = next((number for number in range(line - 1, -1, -1) if lines[number].strip()), line)
    if _GLUED.fullmatch(lines[above]) or _LINE_OF_TEXT.fullmatch(lines[above]):
        return above + 1, *_without_colon(lines[above])
    found = "a line that is further in than the line above, which has a value already"
    return line + 1, found, "the same number of spaces as the other keys, or no value on the line above"


def _without_colon(text: str) -> tuple[str, str]:
    if match := _GLUED.fullmatch(text):
        return f"no space after the colon of {shown(text.strip())}", f"a space: write {match[1]}: {match[2]}"
    key, _, value = text.strip().removeprefix("- ").partition(" ")
    expected = f"a colon and a space after the key: write {key}: {value}".rstrip()
    return f"a line without a colon: {shown(text.strip())}", expected


def _in_need_of_quotes(text: str, column: int) -> tuple[str, str]:
    """Return the words for a text that begins with a sign of YAML."""
    column = text.rfind(" ", 0, column) + 1  # The sign may be before the place where YAML gives up.
    entry = text[column:]
    value = re.split(r"[,}\]]", entry)[0].strip() if re.search(r"[\[{]", text[:column]) else entry.strip()
    key = re.search(rf"{_KEY}: *$", text[:column])
    remedy = f'{key[1]}: "{value}"' if key else f'"{value}"'
    return f"a text that begins with {value[:1] or text[column : column + 1]}", f"it in quotes: write {remedy}"


def _entry_before(text: str, column: int) -> str:
    start = max(text.rfind(sign, 0, column) for sign in "{[,")
    end = min((at for sign in "}]," if (at := text.find(sign, column)) >= 0), default=len(text))
    return text[start + 1 : end].strip()
