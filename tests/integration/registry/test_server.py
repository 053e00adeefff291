"""Recording, registering and fetching on a real server: MLflow over PostgreSQL and S3."""

import os
import re
import subprocess

import pytest

from slipway.errors import DigestMismatchError, RegistryError
from slipway.registry import tags
from slipway.registry.aliases import promote
from slipway.registry.catalogue import list_models
from slipway.registry.chain import explain
from slipway.registry.recorder import record_run
from slipway.registry.resolve import cache_folder, fetch_bundle
from slipway.registry.versions import register_bundle
from tests.support.records import nested_runs, run_record, top_runs
from tests.support.register_once import register_once
from tests.support.registry_bundle import SOURCE
from tests.support.seaweed import BUCKET

pytestmark = pytest.mark.slow


def stored_model(store, run_id):
    listed = store.client().list_objects_v2(Bucket=BUCKET)["Contents"]
    (key,) = [one["Key"] for one in listed if run_id in one["Key"] and one["Key"].endswith("bundle/model.onnx")]
    return key


def test_a_bundle_goes_to_the_server_and_comes_back_the_same(settings, client, bundle, name):
    run_id, version = register_once(bundle, settings, name)
    assert register_once(bundle, settings, name) == (run_id, version)
    promote(name, version, settings)
    resolved = fetch_bundle(f"models:/{name}@{tags.CHAMPION}", settings)
    assert (resolved.name, resolved.version, resolved.bundle.digest) == (name, "1", bundle.digest)
    assert fetch_bundle(f"runs:/{run_id}/bundle", settings).bundle.path == resolved.bundle.path
    (run,) = top_runs(client, settings.experiment)
    assert run.data.tags[tags.BUNDLE_DIGEST] == bundle.digest
    assert {one.dataset.name for one in run.inputs.dataset_inputs} == {"raw", "train"}
    assert [one.info.run_name for one in nested_runs(client, run_id, settings.experiment)] == ["forest", "ridge"]


def test_the_bundle_lies_in_the_s3_store(settings, store, bundle, name):
    run_id, _ = register_once(bundle, settings, name)
    stored = store.client().get_object(Bucket=BUCKET, Key=stored_model(store, run_id))["Body"].read()
    assert stored == bundle.model_path.read_bytes()


def test_the_chain_leads_from_the_server_to_the_source_file(settings, bundle, name):
    run_id, _ = register_once(bundle, settings, name)
    chain = explain(f"models:/{name}/1", settings)
    assert chain.run is not None
    assert (chain.run.run_id, chain.versions[0].aliases) == (run_id, (tags.CHALLENGER,))
    assert chain.datasets[0].sources == (SOURCE,)


def test_a_model_changed_in_the_store_is_refused(settings, store, bundle, name):
    run_id, version = register_once(bundle, settings, name)
    store.client().put_object(Bucket=BUCKET, Key=stored_model(store, run_id), Body=b"swapped")
    with pytest.raises(DigestMismatchError, match=r"model\.onnx has changed"):
        fetch_bundle(f"models:/{name}/{version}", settings)
    assert not cache_folder(bundle.digest, settings).exists()


def test_a_model_lost_from_the_store_is_not_registered(settings, store, bundle, name):
    run_id = record_run(run_record(bundle), settings)
    store.client().delete_object(Bucket=BUCKET, Key=stored_model(store, run_id))
    with pytest.raises(RegistryError, match=r"model\.onnx missing or cut short"):
        register_bundle(name, bundle, run_id, settings)
    assert name not in {model.name for model in list_models(settings)}


def test_an_upload_that_the_server_s_store_refuses_registers_nothing_and_is_completed_later(
    store, settings, client, bundle, name
):
    for listed in store.client().list_objects_v2(Bucket=BUCKET).get("Contents", []):
        store.client().delete_object(Bucket=BUCKET, Key=listed["Key"])
    store.client().delete_bucket(Bucket=BUCKET)
    try:
        with pytest.raises(RegistryError, match=r"Cannot upload .*Read the server's log"):
            register_once(bundle, settings, name)
    finally:
        store.client().create_bucket(Bucket=BUCKET)
    (failed,) = top_runs(client, settings.experiment)
    assert failed.info.status != "FINISHED"
    assert name not in {model.name for model in list_models(settings)}
    assert register_once(bundle, settings, name) == (failed.info.run_id, "1")


def test_an_upload_without_the_right_to_write_registers_nothing_and_is_completed_with_it(
    store, server, settings, client, bundle, name, monkeypatch, register_command
):
    """An experiment whose artifacts go to S3 from here, not through the server."""
    client.create_experiment(settings.experiment, artifact_location=f"s3://{BUCKET}/direct")
    environment = {**os.environ, **store.environment(store.reader)}
    command, folder = register_command
    refused = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert re.search(r"RegistryError: Cannot upload .*Access ?Denied", refused.stderr)
    (failed,) = top_runs(client, settings.experiment)
    assert failed.info.status == "FAILED"
    assert name not in {model.name for model in list_models(settings)}
    store.become(store.writer, monkeypatch)
    assert register_once(bundle, settings, name) == (failed.info.run_id, "1")
    assert fetch_bundle(f"models:/{name}/1", settings).bundle.digest == bundle.digest
