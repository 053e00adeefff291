"""Backup and restore between folders: what goes wrong at either end."""

import pytest

from slipway.errors import BackupError
from slipway.tracking_server import backup
from slipway.tracking_server.backup import back_up
from slipway.tracking_server.folder import FolderShelf
from slipway.tracking_server.restore import choose, put_back
from slipway.tracking_server.vault import Vault


@pytest.fixture
def artifacts(tmp_path):
    folder = tmp_path / "artifacts"
    (folder / "1").mkdir(parents=True)
    (folder / "1" / "model").write_bytes(b"model")
    return folder


@pytest.fixture
def dump(tmp_path):
    file = tmp_path / "dump"
    file.write_bytes(b"rows")
    return file


@pytest.fixture
def make(artifacts, dump, tmp_path, monkeypatch):
    """Make one backup after the other, each a day later."""
    days = iter(range(1, 29))

    def call(keep=7):
        monkeypatch.setattr(backup, "_name", lambda _: f"202611{next(days):02}-120000")
        return back_up(dump, FolderShelf(artifacts), Vault(FolderShelf(tmp_path / "vault")), keep)

    return call


def manifests(tmp_path):
    return sorted((tmp_path / "vault" / "backups").iterdir())


def objects(tmp_path):
    return [path for path in (tmp_path / "vault" / "objects").rglob("*") if path.is_file()]


def test_only_so_many_are_kept(make, tmp_path):
    for _ in range(4):
        make(keep=2)
    assert [path.stem for path in manifests(tmp_path)] == ["20261103-120000", "20261104-120000"]


def test_a_damaged_manifest_does_not_stop_the_next_backup(make, tmp_path):
    make()
    manifests(tmp_path)[0].write_text("{")
    assert make().artifacts.keys() == {"1/model"}


def test_nothing_is_removed_while_a_manifest_cannot_be_read(make, artifacts, tmp_path):
    make()
    (artifacts / "1" / "model").write_bytes(b"another model")
    manifests(tmp_path)[0].write_text("{")
    make()
    assert b"model" in {path.read_bytes() for path in objects(tmp_path)}


def test_an_artifact_that_vanishes_meanwhile_makes_no_backup(make, artifacts, tmp_path, monkeypatch):
    def listed_then_gone(self, prefix=""):
        found = list(FolderShelf.list(self, prefix))
        if self._root == artifacts:
            (artifacts / "1" / "model").unlink()
        return found

    monkeypatch.setattr(backup, "_known", lambda _: {})
    shelf = type("Vanishing", (FolderShelf,), {"list": listed_then_gone})(artifacts)
    with pytest.raises(BackupError, match="missing or has changed"):
        back_up(tmp_path / "dump", shelf, Vault(FolderShelf(tmp_path / "vault")), 7)
    assert Vault(FolderShelf(tmp_path / "vault")).names() == []


def test_restore_mends_what_differs_and_removes_nothing(make, artifacts, tmp_path):
    make()
    (artifacts / "1" / "model").write_bytes(b"swapped")
    (artifacts / "later").write_bytes(b"later")
    vault = Vault(FolderShelf(tmp_path / "vault"))
    target = tmp_path / "restored dump"
    assert put_back(choose("latest", vault), vault, FolderShelf(artifacts), target) == 1
    assert (artifacts / "1" / "model").read_bytes() == b"model"
    assert (artifacts / "later").read_bytes() == b"later"
    assert target.read_bytes() == b"rows"


def test_a_restore_that_breaks_off_hands_out_no_dump(make, artifacts, tmp_path):
    made = make()
    (artifacts / "1" / "model").unlink()
    vault = Vault(FolderShelf(tmp_path / "vault"))
    manifest = choose("latest", vault)
    next(path for path in objects(tmp_path) if path.name == made.artifacts["1/model"].sha256).unlink()
    target = tmp_path / "restored dump"
    with pytest.raises(BackupError):
        put_back(manifest, vault, FolderShelf(artifacts), target)
    assert not target.exists()
