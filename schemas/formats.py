"""The notation of numbers, days and missing reasons in a return."""

import re
from datetime import date

REASONS = ("nc", "ne")
"""What a structure writes instead of a number: `nc` (not communicated), `ne` (not evaluated)."""

THOUSANDS = "[ \u00a0\u202f\u2009'\u2019]"
"""The signs between groups of three digits: spaces of any width, and the apostrophes that Swiss programs write."""
_DIGITS = rf"[+-]?(?:[0-9]+|[0-9]{{1,3}}(?:{THOUSANDS}[0-9]{{3}})+)"
NUMBER = re.compile(rf"{_DIGITS}(?:[.,][0-9]+)?")
WHOLE = re.compile(rf"{_DIGITS}(?:[.,]0+)?")
_TIME = "(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?"
DAY = re.compile(rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?:[T ]{_TIME})?")

FIRST_DAY, LAST_DAY = date(1900, 3, 1), date(2099, 12, 31)
"""The first and the last day that is plausible: a cell that holds 12 and is shown as a date shows a day of 1900."""
