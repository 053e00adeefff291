import os

import pytest

from slipway.errors import BundleError, DigestMismatchError, RegistryError
from slipway.registry import tags
from slipway.registry.recorder import record_run
from slipway.registry.resolve import cache_folder, fetch_bundle
from slipway.registry.versions import register_bundle
from tests.support.records import run_record
from tests.support.registry_bundle import registry_bundle


@pytest.fixture
def run_id(settings, bundle):
    run_id = record_run(run_record(bundle), settings)
    register_bundle("tiny", bundle, run_id, settings)
    return run_id


def stored_model(settings):
    (file,) = settings.artifact_root.glob("*/artifacts/bundle/model.onnx")
    return file


@pytest.mark.parametrize("uri", ["models:/tiny@challenger", "models:/tiny/1"])
def test_a_model_address_gives_the_registered_bundle(settings, bundle, run_id, uri):
    resolved = fetch_bundle(uri, settings)
    assert (resolved.name, resolved.version) == ("tiny", "1")
    assert resolved.bundle.digest == bundle.digest
    assert resolved.bundle.path == cache_folder(bundle.digest, settings)


def test_a_run_address_gives_the_run_s_bundle(settings, bundle, run_id):
    resolved = fetch_bundle(f"runs:/{run_id}/bundle", settings)
    assert (resolved.name, resolved.version) == ("tiny_pipeline", None)
    assert resolved.bundle.digest == bundle.digest


def test_a_folder_is_opened_where_it_is(settings, bundle):
    resolved = fetch_bundle(str(bundle.path), settings)
    assert (resolved.bundle.path, resolved.version) == (bundle.path, None)


def test_a_folder_that_is_no_bundle_is_refused(settings, tmp_path):
    with pytest.raises(BundleError, match="not a model bundle"):
        fetch_bundle(str(tmp_path), settings)


def test_a_cached_bundle_needs_no_artifact_store(settings, run_id):
    fetch_bundle("models:/tiny/1", settings)
    stored_model(settings).unlink()
    assert fetch_bundle("models:/tiny/1", settings).version == "1"


def test_a_damaged_cache_is_replaced(settings, bundle, run_id):
    cached = fetch_bundle("models:/tiny/1", settings).bundle
    cached.model_path.write_bytes(b"damaged")
    assert (
        fetch_bundle("models:/tiny/1", settings).bundle.model_path.read_bytes() == bundle.model_path.read_bytes()
    )


def test_a_changed_file_in_the_store_is_refused_and_not_kept(settings, bundle, run_id):
    stored_model(settings).write_bytes(b"swapped")
    with pytest.raises(
        DigestMismatchError, match=r"artifacts/bundle' is not what its manifest says: model\.onnx has changed"
    ):
        fetch_bundle("models:/tiny/1", settings)
    assert not cache_folder(bundle.digest, settings).exists()
    assert os.listdir(settings.home / "bundles") == []  # noqa: PTH208


def test_a_whole_other_bundle_in_the_store_is_refused(settings, bundle, run_id):
    registry_bundle(stored_model(settings).parent, weight=9.0)
    with pytest.raises(DigestMismatchError, match=f"not the one that was registered: expected {bundle.digest}"):
        fetch_bundle("models:/tiny/1", settings)
    assert os.listdir(settings.home / "bundles") == []  # noqa: PTH208


def test_a_model_address_without_version_lists_the_choices(settings, run_id):
    with pytest.raises(RegistryError, match=r"names no version: expected one of @challenger \(version 1\), /1"):
        fetch_bundle("models:/tiny", settings)


def test_a_version_that_slipway_did_not_register_is_refused(settings, client):
    client.create_registered_model("foreign")
    client.create_model_version("foreign", str(settings.artifact_root), await_creation_for=0)
    with pytest.raises(
        RegistryError, match=f"Version 1 of model 'foreign' was not recorded.*{tags.BUNDLE_DIGEST}"
    ):
        fetch_bundle("models:/foreign/1", settings)


def test_an_unknown_run_is_named(settings, run_id):
    with pytest.raises(RegistryError, match="There is no run '0000"):
        fetch_bundle(f"runs:/{'0' * 32}/bundle", settings)


def test_a_deleted_artifact_folder_is_a_registry_error(settings, run_id):
    stored = stored_model(settings).parent
    stored.rename(stored.with_name("moved"))
    with pytest.raises(RegistryError, match=r"artifact store holds nothing at .*artifacts/bundle"):
        fetch_bundle("models:/tiny/1", settings)
