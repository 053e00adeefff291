"""Addresses of shelves, and what a folder promises."""

import pytest

from slipway.errors import BackupError, StorageError, UsageError
from slipway.tracking_server.folder import FolderShelf
from slipway.tracking_server.settings import S3Access
from slipway.tracking_server.shelf import open_shelf


def test_a_path_and_a_file_address_are_the_same_folder(tmp_path):
    source = tmp_path / "source"
    source.write_text("content")
    open_shelf(str(tmp_path / "shelf"), S3Access()).put("a/b", source)
    (stored,) = open_shelf(f"file://{tmp_path}/shelf", S3Access()).list("a/")
    assert (stored.key, stored.size_bytes) == ("a/b", 7)


@pytest.mark.parametrize("address", ["gs://bucket/prefix", "s3:///prefix"])
def test_an_address_that_is_no_shelf_is_refused(address):
    with pytest.raises(UsageError):
        open_shelf(address, S3Access())


def test_a_file_that_changed_since_it_was_listed_is_not_fetched(tmp_path):
    shelf = FolderShelf(tmp_path)
    (tmp_path / "file").write_text("before")
    (listed,) = shelf.list()
    (tmp_path / "file").unlink()
    (tmp_path / "file").write_text("after it")
    with pytest.raises(BackupError, match="missing or has changed"):
        shelf.fetch("file", tmp_path / "target", listed.mark)


def test_a_write_that_fails_leaves_nothing(tmp_path):
    shelf = FolderShelf(tmp_path / "shelf")
    with pytest.raises(FileNotFoundError):
        shelf.put("key", tmp_path / "no such source")
    assert list(shelf.list()) == []
    assert list((tmp_path / "shelf").iterdir()) == []


def test_a_file_in_the_way_is_told_with_its_cure(tmp_path):
    (tmp_path / "shelf").write_text("no folder")
    source = tmp_path / "source"
    source.write_text("content")
    with pytest.raises((StorageError, FileExistsError)):
        FolderShelf(tmp_path / "shelf").put("key", source)
