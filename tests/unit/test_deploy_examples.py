"""Test the examples in deploy/: complete, accepted by their programs, with a restore that was practised."""

import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
import yaml
from running import ROOT
from small_programme import AS_OF, small_programme

from flows.events import ReturnEvent
from schemas.settings import Environment, ProjectPaths
from tasks.doctor import examine_places
from tasks.landing import Landing
from warehouse.published import read_copy

DEPLOY = ROOT / "deploy"
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
UNITS = sorted((DEPLOY / "systemd").glob("*.service")) + sorted((DEPLOY / "systemd").glob("*.timer"))


def copied_into_the_image() -> list[str]:
    lines = (DEPLOY / "Dockerfile").read_text(encoding="utf-8").splitlines()
    copies = [line.split()[1:-1] for line in lines if line.startswith("COPY ")]
    return [source for sources in copies for source in sources if not sources[0].startswith("--from")]


def files_of_a_wheel(source: Path, wheels: Path) -> dict[str, int]:
    """Return the files of the wheel that a source folder makes, with their checksums."""
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(wheels)]
    subprocess.run(build, cwd=source, capture_output=True, check=True)
    (wheel,) = wheels.iterdir()
    return {file.filename: file.CRC for file in zipfile.ZipFile(wheel).infolist()}


@pytest.mark.slow
def test_the_image_holds_all_that_the_command_and_its_deployments_need(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for name in copied_into_the_image():
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, source / name)
    assert files_of_a_wheel(source, tmp_path / "of the image") == files_of_a_wheel(ROOT, tmp_path / "of the repository")


def test_what_the_image_copies_is_not_ignored_and_nothing_else_is_taken() -> None:
    ignored = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").split("\n")
    assert "**" in ignored
    assert {line[1:] for line in ignored if line.startswith("!")} == set(copied_into_the_image())


def test_the_services_are_there_and_others_reach_the_desk_only_through_its_proxy() -> None:
    assert set(COMPOSE["services"]) == {"postgresql", "prefect", "worker", "pages", "desk", "proxy"}
    ports = {name: service.get("ports", []) for name, service in COMPOSE["services"].items()}
    assert ports.pop("proxy") == ["80:80", "443:443"]
    assert [port for of_service in ports.values() for port in of_service] == [
        "127.0.0.1:4200:4200",
        "127.0.0.1:4201:4201",
    ]
    for service in COMPOSE["services"].values():
        build = service.get("build")
        assert build is None or (DEPLOY / build["context"] / build["dockerfile"]).resolve().is_file()
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source in COMPOSE["volumes"] or source.startswith("${") or (DEPLOY / source).is_file()


def test_no_secret_stands_in_an_example() -> None:
    for path in DEPLOY.rglob("*"):
        if path.is_file():
            for value in re.findall(r"(?im)^\s*\w*password\w*[:=]\s*(\S+)", path.read_text(encoding="utf-8")):
                assert value.startswith("${"), (path, value)


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not there")
def test_systemd_takes_the_units(tmp_path: Path) -> None:
    bin_of_tests = str(Path(sys.executable).parent)
    for unit in UNITS:
        text = unit.read_text(encoding="utf-8").replace("/opt/essaim/.venv/bin", bin_of_tests)
        # The package creates the user.
        (tmp_path / unit.name).write_text(text.replace("User=essaim", "User=root"), encoding="utf-8")
    ran = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / unit.name) for unit in UNITS)],
        capture_output=True,
        text=True,
        check=False,
    )
    ours = [line for line in ran.stderr.splitlines() if "essaim" in line and "postgresql.service" not in line]
    assert ours == []


def test_the_automation_is_one_that_prefect_takes_and_waits_for_an_event_of_ours() -> None:
    from prefect.events.schemas.automations import AutomationCore, EventTrigger

    declared = yaml.safe_load((DEPLOY / "hold_alerts.yaml").read_text(encoding="utf-8"))
    automation = AutomationCore.model_validate(declared)
    assert isinstance(automation.trigger, EventTrigger)
    assert automation.trigger.expect == {ReturnEvent.MISSING.value}
    assert [action.type for action in automation.actions] == ["pause-deployment"]


def test_a_backup_restored_elsewhere_with_the_key_holds_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with small_programme(monkeypatch, tmp_path / "programme") as small:
        small.add_participants("STR1")
        small.answer()
        assert small.collect().count == 1
    kept = small.rows("select landing_path from ops.receipts")
    small.paths.pseudonym_key.write_text("ab" * 32)
    backup = tmp_path / "backup.tar.gz"
    subprocess.run(["sh", str(DEPLOY / "backup.sh"), str(small.folder), str(backup)], check=True)
    restored = ProjectPaths(tmp_path / "elsewhere")
    restored.folder.mkdir()
    subprocess.run(["tar", "--extract", "--file", str(backup), "--directory", str(restored.folder)], check=True)
    assert not restored.landing_key.exists()
    assert not restored.pseudonym_key.exists()
    restored.landing_key.write_bytes(small.paths.landing_key.read_bytes())
    assert read_copy(restored.warehouse, "select landing_path from ops.receipts")[1] == kept
    assert b"budget" in Landing(restored, Environment()).original(str(kept[0][0]))
    findings = {one.checked: one for one in examine_places(restored, Environment(), AS_OF)}
    assert all(findings[name].is_well for name in ("lease", "landing key", "warehouse", "last run", "published copy"))


@pytest.mark.parametrize("arguments", [[], ["folder"], ["folder", "backup.tar.gz"], ["nowhere", "backup.tar.gz"]])
def test_nothing_but_a_programme_folder_is_backed_up(tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "folder").mkdir()
    command = ["sh", str(DEPLOY / "backup.sh"), *arguments]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert "expected two" in ran.stderr or "There is no programme.yaml in" in ran.stderr
    assert [path.name for path in tmp_path.rglob("*")] == ["folder"]
