"""The names of errors that spreadsheet programs show instead of a value, and write as texts into CSV files."""

import re

from tasks.spreadsheets.beside import folded

_NAMES = (
    # English, with those of Google Sheets
    *("#DIV/0! #N/A #NAME? #NULL! #NUM! #REF! #VALUE! #GETTING_DATA #SPILL! #CALC! #FIELD! #BLOCKED! #CONNECT!",),
    *("#UNKNOWN! #BUSY! #EXTERNAL! #PYTHON! #TIMEOUT! #DATA! #ERROR! #MACRO? #LOADING",),
    # French
    *("#NOM? #NUL! #NOMBRE! #VALEUR! #PROPAGATION! #EPARS! #DEBORDEMENT! #CALCUL! #CHAMP! #BLOQUE! #CONNEXION!",),
    *("#CONNECTER! #INCONNU! #OCCUPE! #EXTERNE! #ERREUR! #OBTENTION_DONNEES #CHARGEMENT_DONNEES",),
    # German
    *("#BEZUG! #WERT! #ZAHL! #NV #ÜBERLAUF! #KALK! #FELD! #BLOCKIERT! #VERBINDEN! #UNBEKANNT! #DATEN_ABRUFEN",),
    # Spanish, Italian, Portuguese
    *("#¡DIV/0! #N/D #¿NOMBRE? #¡NULO! #¡NUM! #¡REF! #¡VALOR! #¡DESBORDAMIENTO! #¡CALC! #¡CAMPO!",),
    *("#NOME? #NULLO! #RIF! #VALORE! #ESPANSIONE! #NULO! #VALOR! #DESPEJAR! #CAMPO!",),
    # Dutch, Polish, Swedish
    *("#DEEL/0! #N/B #NAAM? #LEEG! #GETAL! #VERW! #WAARDE! #OVERLOOP!",),
    *("#DZIEL/0! #ARG! #ADR! #NAZWA? #LICZBA! #ZERO! #SAKNAS! #NAMN? #OGILTIGT! #REFERENS! #VÄRDEFEL! #OGILTIG!",),
    # Russian, Turkish
    *("#ДЕЛ/0! #Н/Д #ИМЯ? #ПУСТО! #ЧИСЛО! #ССЫЛКА! #ЗНАЧ! #SAYI/0! #YOK #AD? #BOŞ! #BAŞV! #DEĞER!",),
)
_FOLDED = frozenset(folded(name) for names in _NAMES for name in names.split())
_NUMBERED = re.compile(r"(?:err|erreur|error)\s*:\s*\d{3}", re.IGNORECASE)
"""The errors of LibreOffice: `Err:502`, in French `Err :502`."""
_NAMED = re.compile(r"#[^\W_][\w/\s]*[!?]?")
_ANY = re.compile(r"#[^\d\s#].*", re.DOTALL)
_WAITING = frozenset({"loading...", "loading…", "chargement...", "chargement…"})
"""What Google Sheets shows, and writes into CSV files, until a formula has its result."""
BEGINS = "#|[Ee][Rr][Rr]|[Ll]oading|[Cc]hargement"
"""How each of them begins."""
_LONGEST = 40


def is_error_name(text: str) -> bool:
    """Return whether a text is the name of an error: `#NOM ?`, `Err:502`. A hashtag such as `#insertion` is none."""
    if len(text) > _LONGEST:
        return False
    if text.startswith("#"):
        return text == text.upper() and folded("".join(text.split())) in _FOLDED
    return _NUMBERED.fullmatch(text) is not None or text.lower() in _WAITING


def is_error_of_formula(shown: str) -> bool:
    """Return whether a program shows an error where a formula has failed, of any name: the formula says that it may."""
    return _NAMED.fullmatch(shown) is not None or _NUMBERED.fullmatch(shown) is not None or is_error_name(shown)


def is_error_beside_a_number(shown: str) -> bool:
    """Return whether a program shows an error instead of a number, of any name and language: #¡DIV/0!, #ДЕЛ/0!."""
    return _ANY.fullmatch(shown) is not None
