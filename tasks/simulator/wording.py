"""The server's own words in the two languages that the simulator knows: headings, labels, fixed answers.

Another language gets the English ones. They are part of what it answers, so that they are kept letter by letter.
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
    """The server's word in a language."""
    return _WORDS.get(language, _WORDS["en"])[key]


def has_word(key: str) -> bool:
    """Whether the server has a heading of its own for that name."""
    return key in _WORDS["en"]


def plain(text: str) -> str:
    """A wording without its markup, as in headings; ampersands stay written as in HTML."""
    bare = html.unescape(re.sub(r"<[^>]*>", "", text))
    return re.sub(r"\s+", " ", bare).strip().replace("&", "&amp;")


def abbreviated(text: str) -> str:
    """A wording cut as in abbreviated headings."""
    return text if len(text) <= _SHORT_ENOUGH else f"{text[:_ABBREVIATED]}.. "
