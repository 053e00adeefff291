"""From a source to a folder: here, and through a process of its own."""

import asyncio
import json
import os
import stat
import sys
from pathlib import Path

import pytest

from serving.models.fetching import fetch
from serving.models.sources import ModelSource
from slipway.errors import BundleError, RegistryError, TrackingUnreachableError
from tests.support.plain_models import save, scaling


def fetched(address, **options):
    return asyncio.run(fetch(ModelSource("a", str(address)), **options))


@pytest.fixture
def python_says(tmp_path, monkeypatch):
    """Put a script in the place of Python, so that the child says and does what a test wants."""

    def say(script):
        file = tmp_path / "python"
        file.write_text(f"#!/bin/sh\n{script}\n")
        file.chmod(file.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setattr(sys, "executable", str(file))

    return say


def test_a_folder_is_where_it_is(tmp_path):
    assert fetched(tmp_path).place == tmp_path
    assert fetched(f"file://{tmp_path}").place == tmp_path


def test_a_missing_place_is_refused(tmp_path):
    with pytest.raises(BundleError, match="There is no model at .*absent"):
        fetched(tmp_path / "absent")


def test_a_revision_changes_with_every_file(tmp_path):
    first = save(tmp_path / "model.onnx", scaling())
    revisions = [fetched(tmp_path).revision, fetched(tmp_path).revision]
    os.utime(first, ns=(0, 0))
    revisions.append(fetched(tmp_path).revision)
    (tmp_path / "factor.bin").write_bytes(b"1")
    revisions.append(fetched(tmp_path).revision)
    assert revisions[0] == revisions[1]
    assert len(set(revisions)) == 3


def test_a_link_that_is_turned_is_another_revision(tmp_path):
    """As Kubernetes updates a volume."""
    for name in ("old", "new"):
        save(tmp_path / f"..{name}" / "model.onnx", scaling())
    (tmp_path / "..data").symlink_to("..old")
    (tmp_path / "model.onnx").symlink_to("..data/model.onnx")
    before = fetched(tmp_path / "model.onnx").revision
    (tmp_path / "..next").symlink_to("..new")
    (tmp_path / "..next").rename(tmp_path / "..data")
    assert fetched(tmp_path / "model.onnx").revision != before


def test_what_the_child_found_is_taken(python_says, tmp_path):
    report = {"path": str(tmp_path), "revision": "r", "version": "7", "digest": "sha256:0"}
    python_says(f"echo some noise; echo '{json.dumps(report)}'")
    found = fetched("models:/a@champion")
    assert (found.place, found.version, found.digest, found.revision) == (Path(tmp_path), "7", "sha256:0", "r")


def test_an_error_of_the_child_is_raised_as_it_was(python_says):
    error = {"kind": "TrackingUnreachableError", "failed": "F", "expected": "E", "got": "G", "cure": "C."}
    python_says(f"echo '{json.dumps({'error': error})}'; exit 5")
    with pytest.raises(TrackingUnreachableError, match=r"^F: expected E, got G\. C\.$"):
        fetched("models:/a@champion")


def test_a_child_that_says_nothing_is_an_error(python_says):
    python_says("echo 'No module named slipway.registry' >&2; exit 1")
    with pytest.raises(RegistryError, match="Cannot fetch 's3://bucket/a': No module named"):
        fetched("s3://bucket/a")


def test_a_child_that_does_not_end_is_ended(python_says, tmp_path):
    python_says(f"echo $$ > {tmp_path}/pid; exec sleep 600")
    with pytest.raises(RegistryError, match="expected an end within 1 s"):
        fetched("s3://bucket/a", seconds=1)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
