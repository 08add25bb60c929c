"""The addresses in mails: the pages of the desk, and the questionnaires of the survey server."""

from urllib.parse import quote, urlsplit

_REMOTE_CONTROL = "/admin/remotecontrol"


def desk_address(desk: str) -> str:
    """Return the address of the desk: the page of all structures that a reader follows."""
    return f"{desk.rstrip('/')}/"


def page_of_return(desk: str, expected_return_id: str) -> str:
    """Return the address of the page of an expected return at the desk, for an evaluator."""
    return f"{desk_address(desk)}returns/{quote(expected_return_id)}"


def page_to_send(desk: str, link: str) -> str:
    """Return the address of a structure's personal page for an expected return.

    Args:
        desk: Address of the desk.
        link: Text of the signed link.
    """
    return f"{desk_address(desk)}send/{link}"


def survey_address(server_url: str, survey_id: int, locale: str) -> str | None:
    """Return the address at which a survey is answered, or None if the server's address does not give it.

    Args:
        server_url: Address of the server's RemoteControl.
        survey_id: Number of the survey.
        locale: Language of the questionnaire.
    """
    url = urlsplit(server_url)
    if url.scheme not in ("http", "https") or not url.path.endswith(_REMOTE_CONTROL):
        return None
    return f"{url.scheme}://{url.netloc}{url.path.removesuffix(_REMOTE_CONTROL)}/{survey_id}?lang={locale}"
