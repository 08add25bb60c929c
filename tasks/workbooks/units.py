"""Decide whether the unit that a cell shows beside a number is another one than the unit of its field."""

import re
import unicodedata
from collections.abc import Iterator, Mapping

_FACTORS = {
    10: "dizaine dizaines",
    12: "douzaine douzaines",
    100: "cent cents centaine centaines hundred hundreds",
    1_000: "k ke keur keuro keuros kusd millier milliers mille mil thousand thousands tsd",
    1_000_000: "m me meur meuro meuros mio million millions mln mm",
    1_000_000_000: "md mds mde mrd mia g milliard milliards bn billion billions",
}
_SHORT_FACTORS = frozenset({"m", "g", "mm"})
"""Letters that are a factor only as capitals or before a currency: `M€`. In lower case they are metres and grams."""

_MEASURES: Mapping[str, str] = {
    "%": "% pct pourcentage percent",
    "‰": "‰",
    "EUR": "€ eur euro euros",
    "USD": "$ usd us$ dollar dollars",
    "GBP": "£ gbp sterling",
    "CHF": "chf sfr",
    "CFA": "cfa fcfa xof xaf",
    "F": "f ff frf franc francs",
    "JPY": "¥ jpy yen yens cny rmb yuan",
    "MAD": "mad dh dhs dirham dirhams",
    "DZD": "dzd da dinar dinars tnd",
    "CAD": "cad",
    "AUD": "aud",
    "XPF": "xpf",
    "PLN": "pln zł zloty zlotys",
    "SEK": "sek nok dkk kr",
    "RON": "ron lei",
    "CZK": "czk kč",
    "HUF": "huf ft",
    "TRY": "try",
    "RUB": "rub rouble roubles",
    "INR": "inr",
    "BRL": "brl",
    "DM": "dm dem mark marks",
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
    "metre": "m metre metres meter meters",
    "kilometre": "km kms kilometre kilometres kilometer kilometers",
    "person": "personne personnes pers person persons people",
}
_FACTOR_OF = {word: factor for factor, words in _FACTORS.items() for word in words.split()}
_MEASURE_OF = {word: measure for measure, words in _MEASURES.items() for word in words.split()}
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
    # Words that are no measure describe what is counted, and a field without a unit accepts any.
    return bool(unit and measures and unit_measures) and measures[0] != unit_measures[0]


def _read(text: str) -> tuple[int, list[str]]:
    """Return the factor that words state, and the measures that they name, in their order."""
    factor = 1
    measures: list[str] = []
    words = list(_words(text))
    for place, word in enumerate(words):
        folded = _folded(word)
        is_before_currency = place + 1 < len(words) and unicodedata.category(words[place + 1][0]) == "Sc"
        is_short = folded in _SHORT_FACTORS and not (word.isupper() or is_before_currency)
        if folded in _FACTOR_OF and not is_short:
            factor *= _FACTOR_OF[folded]
        if folded in _MEASURE_OF and (is_short or folded not in _FACTOR_OF):
            measures.append(_MEASURE_OF[folded])
        elif folded[1:] == "eur" or folded[1:].startswith("euro") or folded in ("ke", "me", "mde"):
            measures.append("EUR")
    return factor, measures


def _words(text: str) -> Iterator[str]:
    plain = _ELIDED.sub("", _PERCENT.sub("%", text))
    for found in re.finditer(r"[^\W\d_]+|[%‰]|[^\w\s]", plain):
        if _WORD.fullmatch(found[0]) or found[0] in "%‰" or unicodedata.category(found[0]) == "Sc":
            yield found[0]


def _folded(word: str) -> str:
    decomposed = unicodedata.normalize("NFD", word.lower())
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))
