"""What KServe runs before a server: a bundle of the registry in a folder, or nothing and the reason."""

import os
import stat

import pytest

from slipway.bundle.bundle import Bundle
from slipway.errors import ExitCode, UsageError
from slipway.registry.aliases import promote
from slipway.registry.initializer import Source, main, parse_source
from tests.support.register_once import register_once

OTHER = "sha256:" + "0" * 64


@pytest.fixture
def target(tmp_path):
    folder = tmp_path / "mnt/models"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def registered(settings, bundle, monkeypatch):
    """The bundle as version 1 of 'tiny' and its champion, in a registry that the environment names."""
    register_once(bundle, settings, "tiny")
    promote("tiny", "1", settings)
    monkeypatch.setenv("SLIPWAY_TRACKING_URI", settings.resolved_tracking_uri)
    return bundle


@pytest.mark.parametrize("address", ["mlflow://tiny/1", "mlflow://tiny@champion"])
def test_a_bundle_is_brought_whole_and_nothing_else(registered, target, address):
    assert main([address, str(target)]) == ExitCode.OK

    assert Bundle.open(target).digest == registered.digest
    assert not [entry.name for entry in target.iterdir() if entry.name.startswith(".")]


def test_the_server_may_read_it_as_any_user(registered, target):
    main(["mlflow://tiny/1", str(target)])

    for entry in target.rglob("*"):
        wanted = stat.S_IROTH | (stat.S_IXOTH if entry.is_dir() else 0)
        assert entry.stat().st_mode & wanted == wanted, entry


def test_a_digest_lets_its_own_bundle_through(registered, target):
    assert main([f"mlflow://tiny/1?digest={registered.digest}", str(target)]) == ExitCode.OK


def test_another_digest_is_refused_with_both_and_leaves_nothing(registered, target, capsys):
    assert main([f"mlflow://tiny@champion?digest={OTHER}", str(target)]) == ExitCode.FAILED

    said = capsys.readouterr().err
    assert "DigestMismatchError" in said
    assert f"expected {OTHER}, got {registered.digest}" in said
    assert not list(target.iterdir())


def test_an_attempt_after_one_that_was_killed_succeeds(registered, target):
    main(["mlflow://tiny/1", str(target)])
    (target / "manifest.json").unlink()
    (target / ".fetching" / "home").mkdir(parents=True)

    assert main(["mlflow://tiny/1", str(target)]) == ExitCode.OK
    assert Bundle.open(target).digest == registered.digest


def test_an_unknown_version_is_refused_with_those_that_exist(registered, target, capsys):
    assert main(["mlflow://tiny/7", str(target)]) == ExitCode.FAILED
    assert "has no version 7: expected one of 1" in capsys.readouterr().err


def test_no_registry_is_refused_with_the_variable(target, monkeypatch, capsys):
    for name in ("SLIPWAY_TRACKING_URI", "MLFLOW_TRACKING_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(target.parent)

    assert main(["mlflow://tiny/1", str(target)]) == ExitCode.USAGE
    assert "expected SLIPWAY_TRACKING_URI" in capsys.readouterr().err


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes anywhere")
def test_a_folder_that_cannot_be_written_is_refused(registered, target, capsys):
    target.chmod(0o500)
    assert main(["mlflow://tiny/1", str(target)]) == ExitCode.FAILED
    assert "StorageError" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("uri", "source"),
    [
        ("mlflow://flights@champion", Source("models:/flights@champion")),
        ("mlflow://late%20flights/3", Source("models:/late flights/3")),
        (f"mlflow://flights/3?digest={OTHER}", Source("models:/flights/3", OTHER)),
    ],
)
def test_addresses(uri, source):
    assert parse_source(uri) == source


@pytest.mark.parametrize(
    "uri",
    [
        "mlflow://flights",
        "models:/flights/3",
        "mlflow://flights/3?digest=",
        "mlflow://flights/3?digest=sha256:12",
        f"mlflow://flights/3?sha={OTHER}",
        f"mlflow://flights/3?digest={OTHER}&more=1",
    ],
)
def test_what_is_no_address_is_refused_with_the_forms(uri):
    with pytest.raises(UsageError, match="expected mlflow://NAME@ALIAS"):
        parse_source(uri)


def test_a_second_model_is_refused(target, capsys):
    assert main(["mlflow://a/1", str(target), "mlflow://b/1", str(target)]) == ExitCode.USAGE
    assert "got 4 arguments" in capsys.readouterr().err
