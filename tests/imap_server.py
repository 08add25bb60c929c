"""Run a real IMAP server (Dovecot) on loopback, without the rights of root, with mailboxes that tests fill."""

import grp
import imaplib
import os
import pwd
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import Message
from itertools import count
from pathlib import Path

import pytest
from mailing import make_certificates

PASSWORD = "mot-de-passe-inventé"
_NUMBERS = count(1)
_COMMON = """\
base_dir = {folder}/run
state_dir = {folder}/run
log_path = {folder}/log
listen = 127.0.0.1
ssl = required
default_login_user = {user}
default_internal_user = {user}
default_internal_group = {group}
first_valid_uid = 1
auth_failure_delay = 0
service anvil {{
  chroot =
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
"""
_OF_2_3 = """\
protocols = imap
# After a wrong password, the server does not make the next tests wait.
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
ssl_cert = <{folder}/certificates/server.pem
ssl_key = <{folder}/certificates/server.pem
mail_location = maildir:{folder}/mail/%u
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={folder}/mail/%u
}}
"""
_OF_2_4 = """\
protocols {{
  imap = yes
}}
ssl_server_cert_file = {folder}/certificates/server.pem
ssl_server_key_file = {folder}/certificates/server.pem
mail_driver = maildir
mail_path = {folder}/mail/%{{user}}
mail_home = {folder}/mail/%{{user}}
mail_uid = {uid}
mail_gid = {gid}
passdb static {{
  password = {password}
}}
userdb static {{
}}
"""


@dataclass(frozen=True)
class Account:
    """One mailbox of the server.

    Attributes:
        user: The user that signs in.
        port: TCP port on the loopback address.
        authority: The certificate of the authority that signed the server's.
        folder: The folder of the mailbox on disk.
    """

    user: str
    port: int
    authority: Path
    folder: Path

    @contextmanager
    def opened(self, folder: str = "INBOX") -> Generator[imaplib.IMAP4_SSL]:
        """Connect as a mail program would, and open a folder."""
        context = ssl.create_default_context(cafile=self.authority)
        with imaplib.IMAP4_SSL("127.0.0.1", self.port, ssl_context=context, timeout=10) as imap:
            imap.authenticate("PLAIN", lambda _: f"\0{self.user}\0{PASSWORD}".encode())
            assert imap.select(folder)[0] == "OK"
            yield imap

    def receive(self, *messages: Message | bytes, arrived_at: datetime | None = None, folder: str = "INBOX") -> None:
        """Put messages into a folder, as if they had just arrived."""
        instant = imaplib.Time2Internaldate(arrived_at or datetime.now(UTC))
        with self.opened() as imap:
            for message in messages:
                content = message if isinstance(message, bytes) else message.as_bytes()
                assert imap.append(folder, "", instant, content)[0] == "OK"

    def create(self, folder: str) -> None:
        with self.opened() as imap:
            assert imap.create(folder)[0] == "OK"

    def flags(self, folder: str = "INBOX") -> list[set[str]]:
        """Return the flags of each message of a folder, but for the one of new messages."""
        with self.opened(folder) as imap:
            _, replies = imap.fetch("1:*", "(FLAGS)")
        lines = [reply for reply in replies if isinstance(reply, bytes)]
        return [{flag.decode() for flag in imaplib.ParseFlags(line)} - {"\\Recent"} for line in lines]


@dataclass(frozen=True)
class ImapServer:
    """A running server. Each account is a new, empty mailbox."""

    port: int
    authority: Path
    folder: Path

    def account(self) -> Account:
        user = f"retours{next(_NUMBERS)}"
        return Account(user, self.port, self.authority, self.folder / "mail" / user)


@contextmanager
def imap_server() -> Generator[ImapServer]:
    """Serve on a free port of the loopback address.

    Root runs the server as nobody, because Dovecot opens no mailbox as root.

    Yields:
        The server.
    """
    program = shutil.which("dovecot") or shutil.which("dovecot", path="/usr/sbin:/usr/local/sbin")
    if program is None:
        # The tests pass on a machine with Python alone.
        pytest.skip("Dovecot is not installed here; .ci/run installs it.")
    is_root = os.geteuid() == 0
    owner = pwd.getpwnam("nobody") if is_root else pwd.getpwuid(os.geteuid())
    # Not in pytest's folders, which only their owner may enter; and the paths of sockets must be short.
    folder = Path(tempfile.mkdtemp(prefix="imap-", dir="/tmp"))
    try:
        port = _free_port()
        _configure(program, folder, port, owner)
        with subprocess.Popen(
            [program, "-F", "-c", str(folder / "dovecot.conf")],
            user=owner.pw_uid if is_root else None,
            group=owner.pw_gid if is_root else None,
            extra_groups=[] if is_root else None,
            stderr=subprocess.PIPE,
        ) as process:
            try:
                _wait_for(port, process, folder)
                yield ImapServer(port, folder / "certificates" / "authority.pem", folder)
            finally:
                process.terminate()
                process.wait(10)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _configure(program: str, folder: Path, port: int, owner: pwd.struct_passwd) -> None:
    make_certificates(folder / "certificates")
    for name in ("run", "mail"):
        (folder / name).mkdir()
    version = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout.split()[0]
    is_2_3 = tuple(map(int, version.split(".")[:2])) < (2, 4)
    head = "" if is_2_3 else f"dovecot_config_version = {version}\ndovecot_storage_version = {version}\n"
    text = head + (_COMMON + (_OF_2_3 if is_2_3 else _OF_2_4)).format(
        folder=folder,
        port=port,
        password=PASSWORD,
        user=owner.pw_name,
        group=grp.getgrgid(owner.pw_gid).gr_name,
        uid=owner.pw_uid,
        gid=owner.pw_gid,
    )
    (folder / "dovecot.conf").write_text(text, encoding="utf-8")
    if os.geteuid() == 0:
        for path in (folder, *folder.rglob("*")):
            os.chown(path, owner.pw_uid, owner.pw_gid)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return listening.getsockname()[1]


def _wait_for(port: int, process: "subprocess.Popen[bytes]", folder: Path) -> None:
    for _ in _until(10):
        assert process.poll() is None, _log(process, folder)
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
    raise AssertionError(_log(process, folder))


def _log(process: "subprocess.Popen[bytes]", folder: Path) -> str:
    process.kill()
    log = folder / "log"
    written = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    return f"Dovecot did not start: {(process.stderr and process.stderr.read()) or b''!r} {written}"


def _until(seconds: float) -> Iterator[None]:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        yield
        time.sleep(0.02)
