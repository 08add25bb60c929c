"""Choose which returns a digest lists: the most urgent ones, up to its cap. It counts all of them."""

from datetime import date
from ipaddress import ip_address
from urllib.parse import urlsplit

from schemas.enums import AlertKind
from tasks.alerts.digest import Digest, DigestLine
from tasks.i18n import language

ORDER = (
    AlertKind.ESCALATED,
    AlertKind.SURVEY_CLOSED,
    AlertKind.MISSING,
    AlertKind.COMPLETED_WITHOUT_RESPONSE,
    AlertKind.TOKEN_USED_UP,
    AlertKind.DELETED,
    AlertKind.UNFINISHED,
    AlertKind.INCOMPLETE,
    AlertKind.TOO_FEW_RESPONDENTS,
    AlertKind.SET_ASIDE,
    AlertKind.UNPLACED,
    AlertKind.TO_BE_CORRECTED,
    AlertKind.TO_BE_MENDED,
    AlertKind.NEWER_TO_BE_CORRECTED,
    AlertKind.UNVERIFIABLE,
    AlertKind.DUE_SOON,
)
"""The sections of a digest, the most urgent first."""


_RANK = {kind: place for place, kind in enumerate(ORDER)}


def urgency(line: DigestLine) -> tuple[bool, int, date, str, str, str]:
    """Return what returns are ordered by: what is new first, then in the order of the sections, then by due date."""
    rank = _RANK.get(line.kind, len(ORDER))
    return (not line.is_new, rank, line.due_on, line.structure, line.cohort, line.expected_return_id)


def most_urgent(digest: Digest) -> list[DigestLine]:
    """Return the lines that a digest lists, the most urgent first."""
    return sorted(digest.lines, key=urgency)[: digest.cap]


def not_listed(digest: Digest) -> str:
    """Return in words how many returns a digest does not list, and where they are; empty if it lists all."""
    plural = language(digest.locale).ngettext
    count = len(digest.lines) - digest.cap
    if count <= 0:
        return ""
    if digest.desk:
        sentence = plural(
            "{count} more return is not listed here. All of them:",
            "{count} more returns are not listed here. All of them:",
            count,
        )
    elif digest.pages:
        sentence = plural(
            "{count} more return is not listed here. See the latest report:",
            "{count} more returns are not listed here. See the latest report:",
            count,
        )
    else:
        sentence = plural(
            "{count} more return is not listed here. Answer this mail to get the whole list.",
            "{count} more returns are not listed here. Answer this mail to get the whole list.",
            count,
        )
    return sentence.format(count=count)


def latest_report_address(pages_url: str | None) -> str | None:
    """Return the address of the latest report, or None if readers of mails on other machines cannot reach it.

    Args:
        pages_url: Address under which `var/` is shown, if it is. That of `essaim serve` is a loopback address.
    """
    host = urlsplit(pages_url or "").hostname or "localhost"
    try:
        is_own = host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        is_own = False
    return None if pages_url is None or is_own else f"{pages_url.rstrip('/')}/reports/"
