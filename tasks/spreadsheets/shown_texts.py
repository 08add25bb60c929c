"""Compare the number or the time of a cell with the text that a program wrote beside it: what people see."""

import re
from collections.abc import Iterator
from decimal import Decimal

from tasks.spreadsheets.beside import SIGNS, says_more
from tasks.spreadsheets.cells import CellKind
from tasks.spreadsheets.number_formats import PERCENTAGE, decimal, is_unit, plain, plain_unit

_DASH = re.compile(rf"[\s€$£()]*[{SIGNS}][\s€$£()]*")
_EXPONENT = re.compile(r"(?P<digits>[0-9]+(?:[.,][0-9]+)?)\s*[Ee](?P<exponent>[+-]?[0-9]+)")
_FRACTION = re.compile(r"(?:(?P<whole>[0-9]+)\s+)?(?P<part>[0-9]+)\s*/\s*(?P<of>[0-9]+)")
_RUN = re.compile(r"[0-9](?:(?:[.,'’]|[^\S\t\n])*[0-9])*")
_GROUP = re.compile(r"[^0-9.,]")
_DURATION = re.compile(r"-?P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:[.,]\d+)?S)?")
_HALF = Decimal("0.5")


def seen_beside(
    shown: str, number: str, *, is_percentage: bool, currency: str = ""
) -> tuple[CellKind, str | None] | None:
    """Return the kind and the text that a reader sees of a number; None where they see it as it is.

    Args:
        shown: What is seen, such as `12 345,5` or `12 h`.
        number: The number in the file.
        is_percentage: Whether the file states that it is a percentage.
        currency: The currency that the file states, as its three letters.
    """
    value = decimal(number)
    if value is None:
        return None
    disguised = CellKind.DISGUISED, plain(value)
    found = _EXPONENT.search(shown) or _FRACTION.search(shown) or _RUN.search(shown)
    if found is None:
        return None if value == 0 and _DASH.fullmatch(shown) else disguised
    before, after = shown[: found.start()].strip(), shown[found.end() :].strip()
    if (before or after) and (re.search(r"[0-9]", before + after) or says_more(before, after)):
        return disguised
    seen_sign = -1 if _has_minus(before, after) else 1
    numbers = [(seen_sign * seen, tolerance) for seen, tolerance in _numbers(found)]

    def agrees(one: Decimal) -> bool:
        return any(abs(one - seen) <= tolerance for seen, tolerance in numbers)

    if "%" in before + after:
        if agrees(value * 100) and (is_percentage or not agrees(value)):
            return PERCENTAGE.seen(number)
        return (CellKind.TEXT, f"{plain(value)} %") if agrees(value) and not is_percentage else disguised
    if not agrees(value):
        return disguised
    if "‰" in before + after:
        return CellKind.TEXT, f"{plain(value)} ‰"
    unit = plain_unit(f"{before} {after}")
    if currency not in ("", "EUR") and not is_unit(unit):
        unit = f"{unit} {currency}".strip()
    if is_unit(unit):
        return CellKind.WORDED, f"{plain(value)} {unit}"
    return (CellKind.NUMBER, plain(value)) if is_percentage else None


def _has_minus(before: str, after: str) -> bool:
    return (
        before.startswith((*SIGNS, "("))
        or before.endswith((*SIGNS, "("))
        or after.startswith((*SIGNS, ")"))
        or (after.endswith(tuple(SIGNS)))
    )


def _numbers(found: re.Match[str]) -> Iterator[tuple[Decimal, Decimal]]:
    """Yield the numbers that a text can mean, and by how much another one may differ that is rounded to it."""
    groups = found.groupdict()
    if "exponent" in groups:
        digits, exponent = groups["digits"].replace(",", "."), int(groups["exponent"])
        if abs(exponent) <= 400:
            yield Decimal(digits).scaleb(exponent), _HALF.scaleb(exponent - len(digits.partition(".")[2]))
        return
    if "of" in groups:
        if int(groups["of"]):
            whole, part, of = (Decimal(groups[name] or 0) for name in ("whole", "part", "of"))
            yield whole + part / of, _HALF / of
        return
    text = _GROUP.sub("", found[0])
    signs = [sign for sign in text if sign in ".,"]
    if len(set(signs)) < 2 and (len(signs) > 1 or re.fullmatch(r"[0-9]{1,3}[.,][0-9]{3}", text) or not signs):
        yield Decimal(re.sub("[.,]", "", text)), _HALF
    if signs and signs.count(signs[-1]) == 1:
        whole, _, decimals = text.rpartition(signs[-1])
        yield Decimal(f"{re.sub('[.,]', '', whole)}.{decimals}"), _HALF.scaleb(-len(decimals))


def seen_time(shown: str, value: str) -> tuple[CellKind, str] | None:
    """Return the kind and the text that a reader sees of a time; None where the reader library reports it.

    Args:
        shown: What is seen, such as `35:00`; `11:00` would be another time.
        value: The time in the file, such as `PT35H00M00S`.
    """
    found, runs = _DURATION.fullmatch(value), re.findall(r"[0-9]+", shown)
    if found is None:
        return None
    days, hours, minutes, seconds = (int(group or 0) for group in found.groups())
    hours += 24 * days
    firsts = {hours, hours * 60 + minutes, (hours * 60 + minutes) * 60 + seconds}
    if hours < 24:
        firsts |= {hours % 12 or 12}
    if not runs or int(runs[0]) not in firsts | {one + 1 for one in firsts if seconds == 59}:
        return CellKind.DISGUISED, value
    return (CellKind.TIME, shown) if hours >= 24 else None
