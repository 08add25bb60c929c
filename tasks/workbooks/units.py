"""Decide whether the unit that a cell shows beside a number is another one than the unit of its field."""

import re
import unicodedata
from collections.abc import Iterator, Mapping
from fractions import Fraction

from tasks.spreadsheets.beside import CURRENCIES, folded

_FACTORS: Mapping[Fraction, str] = {
    Fraction(1, 100): "centime centimes eurocent eurocents penny pence",
    Fraction(2): "paire paires pair pairs",
    Fraction(10): "dizaine dizaines",
    Fraction(12): "douzaine douzaines dozen dozens",
    Fraction(100): "cent cents centaine centaines hundred hundreds",
    Fraction(1_000): "k millier milliers mille mil thousand thousands tsd",
    Fraction(1_000_000): "m mio million millions mln mm",
    Fraction(1_000_000_000): "md mds mrd mia g milliard milliards bn billion billions",
}
_SHORT_FACTORS = frozenset({"m", "g", "mm"})
"""Letters that are a factor only as capitals or before a currency: `M€`. In lower case they are metres and grams."""
_BEFORE_CURRENCIES = ("md", "mm", "k", "m", "g")
"""The factors that are written together with the letters of a currency: `kF`, `MCHF`."""
_CENTS = frozenset({"cent", "cents"})
"""A hundred, or before or after a currency its hundredth: `cents d'euro`, `€ cents`."""

_MEASURES: Mapping[str, str] = {
    "%": "% pct pourcentage percent",
    "‰": "‰",
    **CURRENCIES,
    "second": "s sec secs seconde secondes second seconds",
    "minute": "min mn mins minute minutes",
    "hour": "h hr hrs heure heures hour hours std",
    "day": "j jr jrs jour jours day days journee journees",
    "week": "sem semaine semaines week weeks",
    "month": "mois month months",
    "year": "an ans annee annees year years",
    "gramme": "g gramme grammes gram grams",
    "kilogramme": "kg kilo kilos kilogramme kilogrammes kilogram kilograms",
    "tonne": "t tonne tonnes ton tons",
    "pound of weight": "lb lbs",
    "ounce": "oz ounce ounces",
    "litre": "l litre litres liter liters",
    "metre": "m metre metres meter meters",
    "kilometre": "km kms kilometre kilometres kilometer kilometers",
    "mile": "mile miles",
    "person": "personne personnes pers person persons people",
}
_FACTOR_OF = {word: factor for factor, words in _FACTORS.items() for word in words.split()}
_MEASURE_OF = {word: measure for measure, words in _MEASURES.items() for word in words.split()}
_CURRENCY_OF = {word: currency for currency, words in CURRENCIES.items() for word in words.split()} | {"e": "EUR"}
_PERSON = "person"
_LEAST = frozenset({"min", "mini", "minimum"})
"""Minutes, or a minimum where the field is not one of times."""
_OF_TIMES = frozenset({"second", "minute", "hour", "day", "week", "month", "year"})
_WORD = re.compile(r"[^\W\d_]+")
_PERCENT = re.compile(r"\b(?:pour|per)\s+cent\b", re.IGNORECASE)
_ELIDED = re.compile(r"\b[dl]['’]", re.IGNORECASE)


def is_another_unit(seen: str, unit: str | None) -> bool:
    """Return whether a number beside these words is no number of the unit of its field.

    Args:
        seen: The words and signs beside the number: `k€`, `F CFA`, `heures`.
        unit: The unit of the field; None where none is declared.
    """
    factor, measures = _read(seen)
    unit_factor, unit_measures = _read(unit or "")
    if factor != unit_factor:
        return True
    if not unit_measures or unit_measures[0] == _PERSON:
        # Words that are no measure describe what is counted, and a field without a unit accepts any measure.
        is_minimum = not unit_measures and any(folded(word) in _LEAST for word in _words(seen))
        return is_minimum or bool(measures and unit_measures and measures[0] != unit_measures[0])
    return bool(measures or any(map(str.isalpha, seen))) and measures[:1] != unit_measures[:1]


def is_unit_alone(text: str) -> bool:
    """Return whether a text is the name of a unit and nothing else: `lb`, `k€`, `milliers d'euros`, not `see below`."""
    words = list(_words(text))
    is_whole = len("".join(words)) == sum(map(len, re.findall(r"[^\s().]", _ELIDED.sub("", _PERCENT.sub("%", text)))))
    return bool(words) and is_whole and all(_is_known(word) for word in words)


def _is_known(word: str) -> bool:
    name = folded(word)
    return name in _FACTOR_OF or name in _MEASURE_OF or _with_factor(name)[1] is not None


def _read(text: str) -> tuple[Fraction, list[str]]:
    """Return the factor that words state, and the measures that they name, in their order."""
    factor = Fraction(1)
    measures: list[str] = []
    words = list(_words(text))
    names_currency = any(folded(word) in _CURRENCY_OF for word in words)
    for place, word in enumerate(words):
        name = folded(word)
        is_before_currency = folded(words[place + 1]) in _CURRENCY_OF if place + 1 < len(words) else False
        is_short = name in _SHORT_FACTORS and not (word.isupper() or is_before_currency)
        multiple, currency = _with_factor(name)
        if name in _CENTS and names_currency:
            factor /= 100
        elif name in _FACTOR_OF and not is_short:
            factor *= _FACTOR_OF[name]
        elif name in _MEASURE_OF:
            measures.append(_MEASURE_OF[name])
        elif currency is not None:
            factor *= multiple
            measures.append(currency)
    return factor, measures


def _with_factor(word: str) -> tuple[Fraction, str | None]:
    """Return the factor and the currency of a word that writes them together; no currency for other words."""
    for start in _BEFORE_CURRENCIES:
        if word.startswith(start) and word[len(start) :] in _CURRENCY_OF:
            return _FACTOR_OF[start], _CURRENCY_OF[word[len(start) :]]
    return Fraction(1), None


def _words(text: str) -> Iterator[str]:
    plain = _ELIDED.sub("", _PERCENT.sub("%", text))
    for found in re.finditer(r"[^\W\d_]+|[%‰]|[^\w\s]", plain):
        if _WORD.fullmatch(found[0]) or found[0] in "%‰" or unicodedata.category(found[0]) == "Sc":
            yield found[0]
