"""The vault on a folder: what is kept, shared, checked and forgotten."""

import json

import pytest

from slipway.errors import BackupError
from slipway.tracking_server.folder import FolderShelf
from slipway.tracking_server.manifest import BackupManifest
from slipway.tracking_server.vault import Vault

NAMES = ["20261125-220000", "20261126-220000", "20261127-220000"]


@pytest.fixture
def root(tmp_path):
    return tmp_path / "vault"


@pytest.fixture
def vault(root):
    return Vault(FolderShelf(root))


def kept(vault, tmp_path, content):
    file = tmp_path / "content"
    file.write_bytes(content)
    return vault.keep(file)


def add(vault, tmp_path, name, **artifacts):
    files = {key: kept(vault, tmp_path, content) for key, content in artifacts.items()}
    manifest = BackupManifest(
        name=name, mlflow_version="3.17.2", database=kept(vault, tmp_path, name.encode()), artifacts=files
    )
    vault.add(manifest)
    return manifest


def objects(root):
    return sorted(path for path in (root / "objects").rglob("*") if path.is_file())


def test_a_backup_comes_back_as_it_was_added(vault, root, tmp_path):
    manifest = add(vault, tmp_path, NAMES[0], model=b"onnx")
    assert Vault(FolderShelf(root)).find(NAMES[0]) == manifest


def test_backups_share_equal_contents(vault, root, tmp_path):
    add(vault, tmp_path, NAMES[0], model=b"onnx", copy=b"onnx")
    add(vault, tmp_path, NAMES[1], model=b"onnx")
    assert len(objects(root)) == 3  # one model and two dumps


def test_the_end_of_a_job_s_name_names_the_backup(vault, tmp_path):
    for name in NAMES[:2]:
        add(vault, tmp_path, name)
    assert vault.find(f"restore-{NAMES[0]}").name == NAMES[0]
    assert vault.find("again-latest").name == NAMES[1]


@pytest.mark.parametrize("wanted", ["restore", "restore-20200101-000000", ""])
def test_an_unknown_backup_is_answered_with_those_there_are(vault, tmp_path, wanted):
    add(vault, tmp_path, NAMES[0])
    with pytest.raises(BackupError, match=rf"There is no backup .*expected one of {NAMES[0]}, latest"):
        vault.find(wanted)


def test_an_empty_vault_says_so(vault):
    with pytest.raises(BackupError, match="none is kept"):
        vault.find("latest")


def test_verify_names_what_has_changed_and_what_is_gone(vault, root, tmp_path):
    add(vault, tmp_path, NAMES[0])
    manifest = add(vault, tmp_path, NAMES[1], swapped=b"first", lost=b"second", sound=b"third")
    paths = {path.name: path for path in objects(root)}
    paths[manifest.artifacts["swapped"].sha256].write_bytes(b"FIRST")
    paths[manifest.artifacts["lost"].sha256].unlink()
    with pytest.raises(BackupError) as caught:
        vault.verify(manifest)
    assert caught.value.failed == f"Backup {NAMES[1]} is damaged: swapped, lost"
    assert NAMES[0] in caught.value.cure


def test_a_damaged_dump_is_found(vault, root, tmp_path):
    manifest = add(vault, tmp_path, NAMES[0], model=b"onnx")
    next(path for path in objects(root) if path.name == manifest.database.sha256).write_bytes(b"")
    with pytest.raises(BackupError, match="damaged: the database's dump"):
        vault.verify(manifest)


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("3.17.2", "3.17.3"),
        lambda text: text[:-2],
        lambda text: json.dumps({"content": json.loads(text)["content"]}),
        lambda _: "[]",
    ],
)
def test_a_changed_manifest_is_refused(vault, root, tmp_path, change):
    add(vault, tmp_path, NAMES[0], model=b"onnx")
    file = root / "backups" / f"{NAMES[0]}.json"
    file.write_text(change(file.read_text()))
    with pytest.raises(BackupError, match=f"manifest of backup {NAMES[0]}"):
        vault.find(NAMES[0])


def test_prune_keeps_the_newest_and_all_that_they_need(vault, root, tmp_path):
    add(vault, tmp_path, NAMES[0], old=b"old", shared=b"shared")
    newest = [add(vault, tmp_path, name, shared=b"shared") for name in NAMES[1:]]
    assert vault.prune(2) == NAMES[:1]
    assert vault.names() == NAMES[1:]
    assert len(objects(root)) == 3  # what is shared, and two dumps
    for manifest in newest:
        vault.verify(manifest)


def test_prune_removes_what_an_interrupted_backup_left(vault, root, tmp_path):
    kept(vault, tmp_path, b"of no backup")
    add(vault, tmp_path, NAMES[0])
    vault.prune(5)
    assert len(objects(root)) == 1
