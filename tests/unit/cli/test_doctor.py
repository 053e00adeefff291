import json
import socket
import sqlite3
from importlib.metadata import version
from pathlib import Path

import pytest

from slipway.cli import doctor_checks, installation_checks, machine_checks
from slipway.cli.doctor_checks import Status, run_checks
from slipway.cli.registry_checks import check_tracking
from slipway.errors import ExitCode
from slipway.settings import Settings
from tests.support.answering import answering
from tests.support.command import slipway


def settings_at(home, **changes):
    return Settings(home=home, **{"tracking_uri": "", **changes})


def test_every_check_finds_something_and_only_ok_needs_no_cure(tmp_path):
    checks = run_checks(settings_at(tmp_path))
    assert [one.name for one in checks] == [
        "python",
        "packages",
        "locked versions",
        "extras",
        "git",
        "disk",
        "home",
        "memory",
        "cores",
        "port 8080",
        "tracking",
    ]
    assert all(one.detail for one in checks)
    assert all(bool(one.cure) == (one.status is not Status.OK) for one in checks)


def test_a_sound_machine_exits_with_zero_and_a_table(tmp_path, monkeypatch):
    monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path))
    answer = slipway(monkeypatch, "doctor")
    assert answer.code == ExitCode.OK
    assert answer.out.splitlines()[0].split() == ["CHECK", "STATUS", "FOUND", "WHAT", "TO", "DO"]
    assert answer.err == ""


def test_a_failed_check_exits_with_one_names_it_and_says_the_cure(tmp_path, monkeypatch):
    (tmp_path / "mlflow.db").write_bytes(b"no database at all" * 99)
    monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path))
    answer = slipway(monkeypatch, "doctor", "--json")
    assert answer.code == ExitCode.FAILED
    tracking = next(one for one in json.loads(answer.out) if one["name"] == "tracking")
    assert tracking["status"] == "fail"
    assert "1 of 11 checks failed: tracking" in answer.err
    assert "Move the file away" in answer.err


def test_a_broken_check_hides_no_other(tmp_path, monkeypatch):
    def broken(_):
        raise RuntimeError("platform says no")

    run_checks(settings_at(tmp_path))  # every check is registered now
    monkeypatch.setitem(doctor_checks._CHECKS, "git", broken)
    found = {one.name: one for one in run_checks(settings_at(tmp_path))}
    assert found["git"].status is Status.FAIL
    assert "platform says no" in found["git"].detail
    assert found["tracking"].status is Status.OK


def test_a_held_port_names_its_holder():
    with socket.create_server(("127.0.0.1", 0)) as held:
        found = machine_checks.port_finding(held.getsockname()[1])
    assert found.status is Status.WARN
    assert "process" in found.detail
    assert "--port" in found.cure


def test_a_free_port_is_free():
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    assert machine_checks.port_finding(port).status is Status.OK


def test_a_home_that_is_a_file_fails(tmp_path):
    (tmp_path / "home").write_text("")
    assert machine_checks.check_home(settings_at(tmp_path / "home")).status is Status.FAIL


def test_a_home_that_is_not_there_yet_is_not_created(tmp_path):
    home = tmp_path / "deep" / "home"
    assert machine_checks.check_home(settings_at(home)).status is Status.OK
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(
    not Path("/proc/sys").is_dir(), reason="needs a file system that refuses every user, as /proc does"
)
def test_a_home_that_cannot_be_written_fails():
    found = machine_checks.check_home(settings_at(Path("/proc/sys/slipway")))
    assert found.status is Status.FAIL
    assert "SLIPWAY_HOME" in found.cure


def test_a_disk_with_less_than_the_least_fails(tmp_path, monkeypatch):
    monkeypatch.setattr(machine_checks, "LEAST_DISK_BYTES", 10**30)
    assert machine_checks.check_disk(settings_at(tmp_path)).status is Status.FAIL
    monkeypatch.setattr(machine_checks, "LEAST_DISK_BYTES", 0)
    monkeypatch.setattr(machine_checks, "GOOD_DISK_BYTES", 10**30)
    assert machine_checks.check_disk(settings_at(tmp_path)).status is Status.WARN


def test_a_package_off_its_lock_is_named_with_both_versions(tmp_path, monkeypatch):
    for folder in ("pipelines", "components", "constraints"):
        (tmp_path / folder).mkdir()
    (tmp_path / "constraints" / "core.txt").write_text("# lock\ntyper==0.0.1\nabsent-package==1\n\nrich>=1\n")
    monkeypatch.chdir(tmp_path)
    found = installation_checks.check_locked_versions(settings_at(tmp_path))
    assert found.status is Status.WARN
    assert found.detail == f"typer {version('typer')} (locked 0.0.1)"
    (tmp_path / "constraints" / "tabular.txt").write_text(f"typer=={version('typer')}\n")
    assert installation_checks.check_locked_versions(settings_at(tmp_path)).status is Status.OK


def test_a_missing_requirement_fails_and_a_missing_extra_warns(tmp_path, monkeypatch):
    monkeypatch.setattr(
        installation_checks, "requires", lambda _: ["rich>=9999", "no-such-package", "kfp; extra == 'p'"]
    )
    found = installation_checks.check_packages(settings_at(tmp_path))
    assert found.status is Status.FAIL
    assert found.detail == f"rich is {version('rich')}, expected >=9999, no-such-package is not installed"
    monkeypatch.setitem(installation_checks.EXTRAS, "vision", "no_such_module")
    found = installation_checks.check_extras(settings_at(tmp_path))
    assert (found.status, found.detail) == (Status.WARN, "without vision")


def test_a_machine_without_git_is_warned(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert installation_checks.check_git(settings_at(tmp_path)).status is Status.WARN


def test_a_registry_before_its_first_run_is_well(tmp_path):
    found = check_tracking(settings_at(tmp_path / "home"))
    assert (found.status, "first run creates" in found.detail) == (Status.OK, True)


def test_a_database_of_another_program_fails(tmp_path):
    with sqlite3.connect(tmp_path / "mlflow.db") as database:
        database.execute("CREATE TABLE something_else (x)")
    database.close()
    assert check_tracking(settings_at(tmp_path)).status is Status.FAIL


def test_a_server_that_is_down_fails_without_showing_its_password(tmp_path):
    with answering(200) as url:
        pass
    uri = url.replace("://", "://ada:s3cret@")
    found = check_tracking(settings_at(tmp_path, tracking_uri=uri, tracking_timeout_seconds=1.0))
    assert found.status is Status.FAIL
    assert "s3cret" not in found.detail
    assert found.cure
