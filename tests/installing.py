"""Install the wheel as a release does: in its own environment, far from the repository."""

import os
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from running import ROOT, Ran

PACKAGES = ("flows", "tasks", "schemas", "warehouse")
FOREIGN = "raise ImportError('this module belongs to another distribution')\n"


@dataclass(frozen=True)
class Installation:
    """An environment with the installed wheel, whose files are read-only, and a working folder."""

    environment: Path
    home: Path
    work: Path
    wheels: Path

    @property
    def variables(self) -> dict[str, str]:
        """The complete environment of a command, without variables of the tests."""
        path = os.pathsep.join([str(self.environment / "bin"), "/usr/bin", "/bin"])
        return {"PATH": path, "HOME": str(self.home), "LANG": "C.UTF-8"}

    @property
    def site_packages(self) -> Path:
        """The folder that contains the unpacked wheel."""
        (folder,) = self.environment.glob("lib/python*/site-packages")
        return folder

    @property
    def wheel(self) -> Path:
        """The installed wheel."""
        (file,) = self.wheels.iterdir()
        return file

    def command(self, *arguments: str) -> list[str]:
        """Return the command line of `essaim`, without root's right to write read-only files."""
        return [*_unprivileged(), str(self.environment / "bin" / "essaim"), *arguments]

    def essaim(self, *arguments: str, **variables: str) -> Ran:
        """Run an `essaim` command to its end."""
        return self.run(self.command(*arguments), **variables)

    def run(self, command: Sequence[str], **variables: str) -> Ran:
        """Run a command line in the working folder."""
        ran = subprocess.run(
            command,
            cwd=self.work,
            env=self.variables | variables,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    def files(self) -> dict[str, tuple[int, int]]:
        """Return size and modification time of every file and folder of the environment."""
        files = ((path, path.lstat()) for path in self.environment.rglob("*"))
        return {str(path): (status.st_size, status.st_mtime_ns) for path, status in files}


def install(place: Path) -> Installation:
    """Build the wheel as `pip wheel` does, and install it.

    The dependencies come from the environment of the tests, so that nothing is downloaded. The editable installation of
    Essaim there is not visible: a line of a .pth file adds a folder, but not the folders that .pth files in it name.
    Other distributions, and the working folder, contain modules with the names of Essaim's packages.
    """
    environment, home, work, wheels = (place / name for name in ("environment", "home", "work", "wheels"))
    subprocess.run([sys.executable, "-m", "venv", str(environment)], check=True)
    for folder in (home, work):
        folder.mkdir()
    installation = Installation(environment, home, work, wheels)
    site_packages = installation.site_packages
    dependencies = sorted({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")})
    (site_packages / "dependencies.pth").write_text("".join(f"{folder}\n" for folder in dependencies))
    for name in PACKAGES:
        (site_packages / f"{name}.py").write_text(FOREIGN)
        (work / f"{name}.py").write_text(FOREIGN)
    _pip(installation, "wheel", "--no-build-isolation", "--wheel-dir", str(wheels), str(ROOT))
    _pip(installation, "install", "--ignore-installed", str(installation.wheel))
    for path in [environment, *environment.rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~0o222)
    return installation


def make_writable(installation: Installation) -> None:
    """Make the files writable again, so that they can be deleted."""
    for path in [installation.environment, *installation.environment.rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode | 0o200)


def _pip(installation: Installation, command: str, *arguments: str) -> None:
    pip = [str(installation.environment / "bin" / "python"), "-m", "pip", command, "--no-deps", "--no-index"]
    ran = installation.run([*pip, *arguments])
    assert ran.code == 0, ran.err


def _unprivileged() -> list[str]:
    """Return a command prefix that drops root's right to ignore file permissions; empty for other users."""
    if os.geteuid() != 0:
        return []
    prefix = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]
    is_possible = subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0
    return prefix if is_possible else []
