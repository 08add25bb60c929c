"""Write the name of a mail folder as IMAP does: in modified UTF-7 (RFC 3501, 5.1.3), in quotes."""

import base64
import re

_RUN = re.compile(r"&|[^\x20-\x7e]+")


def quoted_folder(name: str) -> str:
    """Return the name of a folder as an argument of an IMAP command."""
    encoded = _RUN.sub(_encoded, name)
    return '"' + encoded.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _encoded(run: re.Match[str]) -> str:
    if run[0] == "&":
        return "&-"
    in_base64 = base64.b64encode(run[0].encode("utf-16-be")).decode().rstrip("=").replace("/", ",")
    return f"&{in_base64}-"
