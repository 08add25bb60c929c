"""The headings, labels and fixed answers of the server, in French and English; other languages use English.

The texts are verbatim because the server returns them in its answers.
"""

from __future__ import annotations

import html
import re

_WORDS: dict[str, dict[str, str]] = {
    "fr": {
        "id": "ID de la réponse",
        "submitdate": "Date de soumission",
        "lastpage": "Dernière page",
        "startlanguage": "Langue de départ",
        "seed": "Tête de série",
        "token": "Code d'accès",
        "startdate": "Date de lancement",
        "datestamp": "Date de la dernière action",
        "ipaddr": "Adresse IP",
        "refurl": "URL référente",
        "firstname": "Prénom",
        "lastname": "Nom de famille",
        "email": "Adresse courriel",
        "completed": "Complété",
        "other": "Autre",
        "comment": "Commentaire",
        "othercomment": "Commentaire pour autre",
        "rank": "Classement",
        "scale": "Échelle",
        "Y": "Oui",
        "N": "Non",
        "U": "Incertain",
        "I": "Augmenter",
        "S": "Sans changement",
        "D": "Diminuer",
        "M": "Masculin",
        "F": "Féminin",
    },
    "en": {
        "id": "Response ID",
        "submitdate": "Date submitted",
        "lastpage": "Last page",
        "startlanguage": "Start language",
        "seed": "Seed",
        "token": "Access code",
        "startdate": "Date started",
        "datestamp": "Date last action",
        "ipaddr": "IP address",
        "refurl": "Referrer URL",
        "firstname": "First name",
        "lastname": "Last name",
        "email": "Email address",
        "completed": "Completed",
        "other": "Other",
        "comment": "Comment",
        "othercomment": "Other comment",
        "rank": "Rank",
        "scale": "Scale",
        "Y": "Yes",
        "N": "No",
        "U": "Uncertain",
        "I": "Increase",
        "S": "Same",
        "D": "Decrease",
        "M": "Male",
        "F": "Female",
    },
}
_ABBREVIATED = 15
_SHORT_ENOUGH = 18


def word(key: str, language: str) -> str:
    """Return a word of the server in a language."""
    return _WORDS.get(language, _WORDS["en"])[key]


def has_word(key: str) -> bool:
    """Return whether the server has a heading for this name."""
    return key in _WORDS["en"]


def plain(text: str) -> str:
    """Remove markup from a text, as in headings; `&`, `<` and `>` remain HTML entities."""
    bare = html.unescape(re.sub(r"<[^>]*>", "", text))
    return html.escape(re.sub(r"\s+", " ", bare).strip(), quote=False)


def abbreviated(text: str) -> str:
    """Truncate a text as in abbreviated headings."""
    return text if len(text) <= _SHORT_ENOUGH else f"{text[:_ABBREVIATED]}.. "
