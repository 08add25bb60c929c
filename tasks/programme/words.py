"""Say in words what a model refuses: the place, what was typed there, and what is expected with the remedy."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, cast
from zoneinfo import available_timezones

from pydantic_core import ErrorDetails

from schemas.base import CODE, EMAIL, Contradiction
from schemas.errors import Mistake
from schemas.layouts import SHEET_NAME
from schemas.programme import LOCALE
from schemas.sources import HOST, MAIL_FOLDER, SERVER_URL
from tasks.programme.human_days import days_meant, impossible_day, in_english, is_serial
from tasks.programme.lines import Lines, Path
from tasks.programme.places import name_of, path_in, value_at
from tasks.programme.spellings import code_meant, folded, nearest, number_meant, shown, trace_of_spreadsheet

KEEP = object()
"""The correction of a value for which no certain one is known."""


@dataclass(frozen=True, slots=True)
class Worded:
    """A mistake, and the value that was certainly meant.

    Attributes:
        mistake: The mistake.
        correction: The value that was meant; KEEP if it is not certain.
        field: The key that was meant by an unknown one; empty if none is near.
        explains: The place of another value that is wrong only because of this mistake.
    """

    mistake: Mistake
    correction: object = KEEP
    field: str = ""
    explains: Path = ()


_EXAMPLES: Mapping[str, str] = {
    "spellings": "[Figures]",
    "programme": "my_programme", "timezone": "Europe/Paris", "locale": "fr", "code": "COLD-2", "months": "6",
    "anchor_on": "2025-03-31", "innovation": "COLD", "email": "ann@example.org", "follows": "[COLD]",
    "innovations": "[COLD]", "occasions": "[M06]", "survey_id": "123456", "version": "1", "kind": "limesurvey",
    "filled_by": "structure", "mode": "online", "url": "https://surveys.example.org/index.php/admin/remotecontrol",
    "keep_days": "365", "reminder_days": "[-15, 0, 7, 21]", "indicator": "in_work", "item": "Figures!people",
    "at_most": "Figures!people", "values": '["yes"]', "allowed_values": '["Yes", "No"]', "day_formats": '["%d/%m/%Y"]',
    "identifiers": "[contact]", "days": "-10", "counts_with": "{Figures!companies: 6}",
    "from": "2025-07-01", "to": "2025-07-31", "evaluator": "EV-2", "cohort": "COLD-2", "structure": "CS01",
    "digest_cap": "50", "host": "imap.example.org",
}  # fmt: skip
"""An example of each key, to copy."""
_SECTIONS = frozenset({"occasions", "innovations", "cohorts", "attributes", "evaluators", "instruments", "versions"})
"""The lists of entries that a programme needs."""

_OTHER_WORDS: Mapping[str, str] = {
    "integer": "count", "int": "count", "whole": "count", "entier": "count", "decimal": "number", "float": "number",
    "nombre": "number", "numeric": "number", "percentage": "number", "choix": "choice", "list": "choice",
    "liste": "choice", "day": "date", "jour": "date", "texte": "text", "string": "text", "free text": "text",
    "avg": "mean", "average": "mean", "moyenne": "mean", "total": "sum", "somme": "sum", "organisation": "structure",
    "organization": "structure", "person": "participant", "people": "participant", "personne": "participant",
    "survey": "limesurvey", "excel": "workbook", "xlsx": "workbook", "spreadsheet": "workbook", "web": "online",
    "phone": "telephone", "visit": "on_site", "en ligne": "online", "english": "en", "anglais": "en", "french": "fr",
    "francais": "fr", "virgule": "comma", "dot": "point", "period": "point", "question": "question",
    "none": "none", "aucun": "none", "aucune": "none",
}  # fmt: skip
"""What people write instead of the words of the models."""
_FLAGS = {
    **dict.fromkeys(("true", "yes", "y", "1", "vrai", "oui", "o", "x", "on"), True),
    **dict.fromkeys(("false", "no", "n", "0", "faux", "non", "off"), False),
}
_UNITS = re.compile(r"\s*(?:days?|jours?|months?|mois)\.?")
_DAY_FORMAT_SIGNS = (
    ("yyyy", "%Y"), ("aaaa", "%Y"), ("yy", "%Y"), ("aa", "%Y"), ("dd", "%d"), ("jj", "%d"), ("mm", "%m"),
)  # fmt: skip

WORDS_OF_PATTERN: Mapping[str, str] = {
    CODE.pattern: "a code of letters without accents, digits, hyphens and underscores, such as COLD-2",
    EMAIL.pattern: "one e-mail address, such as ann@example.org",
    LOCALE.pattern: "fr or en",
    SERVER_URL.pattern: (
        f"an address with http:// or https:// and without user and password, such as {_EXAMPLES['url']}"
    ),
    HOST.pattern: "the name of a server, without a scheme and a port, such as imap.example.org",
    MAIL_FOLDER.pattern: "the name of a folder of the mailbox, such as INBOX",
    SHEET_NAME.pattern: "the name of a sheet, without : \\ / ? * [ ] ! and '",
}


def sentence(where: Lines, problem: ErrorDetails) -> Worded:
    """Return the mistake that an error of a model reports.

    Args:
        where: The lines of the file. For a line of a table, all of it is at the path ().
        problem: The error.
    """
    path = path_in(problem["loc"])
    if problem["type"] == "missing":
        return Worded(_missing(where, path))
    contradiction = problem.get("ctx", {}).get("error")
    if isinstance(contradiction, Contradiction):
        name = name_of(where.data, path)
        found = f"{contradiction.found} ({name})" if name else contradiction.found
        line = where.of((*path, contradiction.field) if contradiction.field else path)
        return Worded(Mistake(where.file, line, found, contradiction.expected))
    value = problem["input"]
    name = name_of(where.data, path) or "the file"
    typed = where.typed.get(path)
    found = f"{name} = {typed if typed and not isinstance(value, str) else shown(value)}"
    is_section = re.match("list|tuple|model|dict|too_short", problem["type"]) is not None
    if value is None or value in ([], {}):
        found = f"nothing under {name}" if is_section else f"no value for {name}"
    elif isinstance(value, list):
        entries = cast("list[object]", value)
        is_plain = not any(isinstance(entry, list | dict) for entry in entries)
        found = f"{name} = [{', '.join(map(str, entries))}]" if is_plain else f"{name} with lines under it"
    elif isinstance(value, dict):
        found = f"{name} with keys under it"
    key = next((str(part) for part in reversed(path) if isinstance(part, str)), "")
    expected = _expected(_Refused(problem["type"], problem.get("ctx", {}), problem["msg"], key, value, typed))
    mistake = Mistake(where.file, where.of(path), found, expected.words, expected.nearest)
    return Worded(mistake, expected.nearest or expected.correction)


@dataclass(frozen=True, slots=True)
class _Refused:
    """A value that the model refuses.

    Attributes:
        error: The type of the error.
        limits: What the model compares with.
        message: The message, for errors of our own validators.
        key: The key of the value, or of the list that contains it.
        value: The value.
        typed: The value as it was typed without quotes; None for a text in quotes, and in a table.
    """

    error: str
    limits: Mapping[str, Any]
    message: str
    key: str
    value: object
    typed: str | None

    @property
    def text(self) -> str:
        """The value as it was typed."""
        return self.typed or str(self.value)


@dataclass(frozen=True, slots=True)
class _Expected:
    """What is expected: in words, the nearest valid word, and the value that was certainly meant."""

    words: str
    nearest: str = ""
    correction: object = KEEP


def _missing(where: Lines, path: Path) -> Mistake:
    *parents, key = path
    place = name_of(where.data, tuple(parents))
    example = f" such as {key}: {_EXAMPLES[str(key)]}" if key in _EXAMPLES and key not in _SECTIONS else ""
    found = f"no {key} of {place}" if place else f"no {key}"
    return Mistake(where.file, where.of(path), found, f"a value for it,{example}" if example else "a value for it")


def _expected(refused: _Refused) -> _Expected:
    for types, words in _WORDS:
        if re.fullmatch(types, refused.error):
            return words(refused)
    return _of_message(refused)


def _of_message(refused: _Refused) -> _Expected:
    """Return the words of a validator of ours, which say what is expected."""
    words = refused.message.removeprefix("Value error, ").removeprefix("expected ")
    text = str(refused.value)
    if refused.key == "timezone":
        zones = sorted(available_timezones())
        ending = [zone for zone in zones if folded(zone).endswith(f"/{folded(text).replace(' ', '_')}")]
        return _Expected(words, ending[0] if ending else nearest(text, zones))
    if refused.key == "day_formats":
        for letters, sign in _DAY_FORMAT_SIGNS:
            text = re.sub(rf"(?<!%){letters}", sign, text, flags=re.IGNORECASE)
        return _Expected(f"{words}: write {text}" if "%" in text and text != refused.value else words)
    return _Expected(words)


def _of_text(refused: _Refused) -> _Expected:
    value = refused.value
    if value is None or isinstance(value, list | dict):
        example = _EXAMPLES.get(refused.key)
        return _Expected(
            f"a text, such as {example}" if example else "a text, in quotes if it begins with a sign such as # or &"
        )
    meaning = "yes or no" if isinstance(value, bool) else "a day" if isinstance(value, date) else "a number"
    return _Expected(f'a text in quotes, as {refused.text} alone is {meaning}: write "{refused.text}"')


def _of_pattern(refused: _Refused) -> _Expected:
    text, pattern = str(refused.value), str(refused.limits.get("pattern"))
    words = WORDS_OF_PATTERN[pattern]
    if pattern == LOCALE.pattern:
        near = _OTHER_WORDS.get(folded(text)) or folded(text)[:2]
        return _Expected(words, near if near in ("fr", "en") else "")
    if pattern != CODE.pattern or not text:
        return _Expected(words)
    if trace := trace_of_spreadsheet(text):
        return _Expected(f"{words}: a spreadsheet has made {trace} of it; write the code again, in a column of texts")
    meant = code_meant(text)
    return _Expected(f"{words}: write {meant}" if meant else words)


def _of_length(refused: _Refused) -> _Expected:
    longest = refused.limits.get("max_length")
    if isinstance(refused.value, list | dict):
        if longest is not None:
            return _Expected("one entry")
        is_list_of_words = refused.key in _EXAMPLES and refused.key not in _SECTIONS
        return _Expected(f"a list, such as {_EXAMPLES[refused.key]}" if is_list_of_words else _LINES_UNDER_IT)
    if longest is not None:
        return _Expected(f"at most {longest} signs, not {len(str(refused.value))}")
    return _Expected("a text that is not blank")


def _of_number(refused: _Refused) -> _Expected:
    is_whole = refused.error.startswith("int")
    words = f"a {'whole ' if is_whole else ''}number, such as {_EXAMPLES.get(refused.key, '12')}"
    if isinstance(refused.value, bool):
        return _Expected(f"{words}, not {refused.text}")
    meant = number_meant(_UNITS.sub("", refused.text)) if isinstance(refused.value, str) else ""
    if not meant or (is_whole and "." in meant):
        return _Expected(words)
    return _Expected(f"{words}: write {meant}", correction=int(meant) if is_whole else float(meant))


def _of_limit(refused: _Refused) -> _Expected:
    words = {"ge": "at least", "gt": "more than", "le": "at most", "lt": "less than"}
    given = [f"{words[name]} {limit:.15g}" for name, limit in refused.limits.items() if name in words]
    return _Expected(" and ".join(given))


def _of_flag(refused: _Refused) -> _Expected:
    meant = _FLAGS.get(folded(refused.text))
    if meant is None:
        return _Expected("true or false")
    return _Expected(f"true or false: write {str(meant).lower()}", correction=meant)


def _of_day(refused: _Refused) -> _Expected:
    words, text = "a day such as 2025-03-31", refused.text
    days = days_meant(text)
    if not days:
        why = impossible_day(text)
        return _Expected(f"a day that exists, such as 2025-03-31: {why}" if why else words)
    written = " or ".join(f"{day} for {in_english(day)}" for day in days) if len(days) > 1 else str(days[0])
    serial = f", the day that a spreadsheet stores as {text.strip()}" if is_serial(text) else ""
    return _Expected(f"{words}: write {written}{serial}", correction=days[0] if len(days) == 1 else KEEP)


def _of_choice(refused: _Refused) -> _Expected:
    words = re.findall(r"'([^']*)'", str(refused.limits.get("expected", "")))
    listed = f"{', '.join(words[:-1])} or {words[-1]}" if len(words) > 1 else "".join(words)
    other = _OTHER_WORDS.get(folded(refused.text), "")
    return _Expected(listed, other if other in words else nearest(refused.text, words))


def _of_list(refused: _Refused) -> _Expected:
    if not isinstance(refused.value, str | int | float) or _EXAMPLES.get(refused.key, "")[:1] != "[":
        return _Expected(_LINES_UNDER_IT)
    entries = [part.strip() for part in refused.text.split(",")]
    return _Expected(f"a list: write [{', '.join(entries)}]", correction=entries)


def _of_keys(refused: _Refused) -> _Expected:
    example = "Figures!people: 6" if refused.error.startswith("dict") else "code: COLD-2"
    return _Expected(f"its keys under it, each with a colon and a space, such as {example}")


_LINES_UNDER_IT = "lines under it, each beginning with “- ”"
_WORDS: tuple[tuple[str, Callable[[_Refused], _Expected]], ...] = (
    (r"string_type", _of_text),
    (r"string_pattern_mismatch", _of_pattern),
    (r"(string_)?too_(short|long)", _of_length),
    (r"(int|float)_.*|finite_number", _of_number),
    (r"(greater|less)_than(_equal)?", _of_limit),
    (r"bool_.*", _of_flag),
    (r"date_.*", _of_day),
    (r"enum", _of_choice),
    (r"(list|tuple)_type", _of_list),
    (r"(model|dict)_.*", _of_keys),
)
"""The words for each type of error, by a pattern of its name."""


def unknown_key(where: Lines, fields: list[str], loc: Path) -> Worded:
    """Return the mistake of an unknown key, with the key that was probably meant."""
    path = path_in(loc)
    *parents, key = path
    siblings = cast("dict[str, object]", value_at(where.data, tuple(parents)))
    before = next((name for name, after in zip(siblings, [*siblings][1:], strict=False) if after == key), "")
    glued, _, rest = str(key).partition(":")
    if siblings.get(str(key)) is None and rest and glued in fields:
        found = f"no space after the colon of {shown(key)}"
        return Worded(Mistake(where.file, where.of(path), found, f"a space: write {glued}: {rest}"), field=glued)
    if siblings.get(str(key)) is None and before in fields:
        text = f"{where.typed.get((*parents, before), siblings[before])}, {key}"
        found = f"{shown(key)} after a comma, as if it were a key"
        expected = f'quotes around a text with a comma: write {before}: "{text}"'
        if (digits := text.replace(", ", "")).isdecimal():
            expected = f"a number without a comma: write {before}: {digits}"
        elif len(days := days_meant(text)) == 1:
            expected = f"a day such as 2025-03-31: write {before}: {days[0]}"
        return Worded(Mistake(where.file, where.of(path), found, expected), explains=(*parents, before))
    near = nearest(str(key).lstrip("-"), fields)
    mistake = Mistake(where.file, where.of(path), f"the key {shown(key)}", f"one of {', '.join(fields)}", near)
    return Worded(mistake, field=near)
