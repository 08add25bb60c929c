"""The notation of numbers, days and missing reasons in a return."""

import re

REASONS = ("nc", "ne")
"""What a structure writes instead of a number: `nc` (not communicated), `ne` (not evaluated)."""

SPACES = "[ \u00a0\u202f]"
_DIGITS = rf"[+-]?(?:[0-9]+|[0-9]{{1,3}}(?:{SPACES}[0-9]{{3}})+)"
NUMBER = re.compile(rf"{_DIGITS}(?:[.,][0-9]+)?")
WHOLE = re.compile(rf"{_DIGITS}(?:[.,]0+)?")
_TIME = "(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9])?"
DAY = re.compile(rf"[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}(?:[T ]{_TIME})?")
