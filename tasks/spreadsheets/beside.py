"""Judge the words and signs that stand beside a number or a day: its unit, or what makes it say something else."""

import re
import unicodedata
from collections.abc import Iterator, Mapping

SIGNS = "-–—−"
"""The characters that people read as a minus."""

CURRENCIES: Mapping[str, str] = {
    "EUR": "€ eur euro euros",
    "USD": "$ usd dollar dollars",
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
}
"""The signs and names of currencies, by their codes."""

WEEKDAYS = (
    "lundi lun monday mon montag lunes lunedi",
    "mardi mar tuesday tue tues dienstag martes martedi",
    "mercredi mer wednesday wed mittwoch miercoles mercoledi",
    "jeudi jeu thursday thu thurs donnerstag jueves giovedi",
    "vendredi ven friday fri freitag viernes venerdi",
    "samedi sam saturday sat samstag sabado sabato",
    "dimanche dim sunday sun sonntag domingo domenica",
)
"""The names of the days of the week, from Monday, in languages of Western Europe, without accents."""

_QUALIFYING = (
    "nc ne na nsp nd tbc tbd et ou and or oui non pas yes no not none inconnu inconnue inconnus inconnues unknown",
    "plus moins more less over under above below environ env approx approximatif approximative approximately circa ca",
    "about around presque quasi almost nearly max maxi maximum mini minimum least most demi demie half dont sauf",
    "except estime estimee estimes estimees estimation estimated prevu prevue prevus prevues prevision previsionnel",
    "previsionnels previsionnelle previsionnelles expected planned provisional provisoire provisoires objectif cible",
    "objectifs cibles attendu attendue attendus attendues target theorique theoriques confirmer verifier preciser",
    "minus negatif negative neg faux fausse false wrong erreur error annule annulee annules annulees",
)
"""The words after a number, without accents, that say of it more than its unit. `min` is minutes, or else a minimum."""
_HARMLESS_WITH_DAYS = (
    "le du de la des d l a au at on the of den der am um uhr el il er st nd rd th eme 年 月 日 号",
    "t z utc gmt cet cest h hr hrs heure heures min mn s sec pm 時 时 分 秒",
    *WEEKDAYS,
)
"""The words beside a day that leave it the day it is."""

_CURRENCY_WORDS = frozenset(word for words in CURRENCIES.values() for word in words.split())
_QUALIFYING_WORDS = frozenset(word for words in _QUALIFYING for word in words.split())
_DAY_WORDS = frozenset(word for words in _HARMLESS_WITH_DAYS for word in words.split())
_TOKEN = re.compile(r"[^\W\d_]+|\S")
_NUMBER_WORDS = frozenset({"n°", "nº"})
_WITH_NUMBERS = frozenset(f"%‰°º№().{SIGNS}+")
_BETWEEN_LETTERS = frozenset("'’·/")
_POWERS = "²³"
_WITH_DAYS = frozenset(f"/.,:'’(){SIGNS}")
_BETWEEN_DAYS = ("/", ":", *SIGNS)
"""The signs that stand between two numbers of a day: at an end, one of a period is missing."""
_LONGEST_BEFORE_CURRENCY = 2
"""The length of what may stand before the sign of a currency: k€, US$."""


def says_more(before: str, after: str) -> bool:
    """Return whether what stands before and after a number is more than its sign, its unit or a currency.

    Args:
        before: What stands before it: `moins de`, `~`, `€`.
        after: What stands after it: `heures`, `nc`, `½`.
    """
    return _says_more_before(before) or _says_more_after(after)


def says_more_of_a_day(beside: str, whole: str) -> bool:
    """Return whether the words and signs around the parts of a day make it another statement: “avant le”, “?”.

    Args:
        beside: The words and signs without the day, its month and its year.
        whole: All that is seen.
    """
    for one in _TOKEN.findall(folded(beside)):
        if one not in (_DAY_WORDS if one[0].isalpha() else _WITH_DAYS):
            return True
    return whole.strip().startswith(_BETWEEN_DAYS) or whole.strip().endswith(_BETWEEN_DAYS)


def folded(text: str) -> str:
    """Return a text in lower case and without accents."""
    return "".join(sign for sign in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(sign))


def _says_more_before(before: str) -> bool:
    return any(not _may_precede(one, following) for one, following in _pairs(before))


def _may_precede(one: str, following: str) -> bool:
    """Return whether a word or sign before a number leaves it as it is: a currency, `n°`, a plus or a minus."""
    if one[0].isalpha():
        is_abbreviated = len(one) <= _LONGEST_BEFORE_CURRENCY and _is_currency_sign(following)
        return one in _CURRENCY_WORDS or is_abbreviated or f"{one}{following}" in _NUMBER_WORDS
    return one in _WITH_NUMBERS or _is_currency_sign(one)


def _says_more_after(after: str) -> bool:
    if after.strip().endswith("+"):
        return True  # 12+ is 12 or more
    return any(not _may_follow(one, following) for one, following in _pairs(after))


def _may_follow(one: str, following: str) -> bool:
    """Return whether a word or sign after a number may be a part of its unit."""
    if one[0].isalpha():
        return one not in _QUALIFYING_WORDS and one.rstrip(_POWERS).isalpha()
    if one in _BETWEEN_LETTERS:
        return following[:1].isalpha()
    return one in _WITH_NUMBERS or _is_currency_sign(one)


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Yield the words and signs of a text, each with the one that follows."""
    found = _TOKEN.findall(folded(text))
    yield from zip(found, (*found, "")[1:], strict=True)


def _is_currency_sign(sign: str) -> bool:
    return len(sign) == 1 and unicodedata.category(sign) == "Sc"
