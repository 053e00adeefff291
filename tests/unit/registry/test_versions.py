import shutil

import pytest

from slipway.bundle.bundle import Bundle
from slipway.errors import DigestMismatchError, ParityError, RegistryError, UsageError
from slipway.registry import tags
from slipway.registry.aliases import promote
from slipway.registry.catalogue import list_models, list_versions
from slipway.registry.recorder import record_run
from slipway.registry.versions import register_bundle
from tests.support.records import run_record
from tests.support.registry_bundle import RAW, TRAIN, registry_bundle


@pytest.fixture
def run_id(settings, bundle):
    return record_run(run_record(bundle), settings)


def test_a_version_carries_digest_parity_lineage_and_the_challenger_alias(settings, bundle, run_id):
    registered = register_bundle("tiny", bundle, run_id, settings)
    assert (registered.version, registered.digest, registered.created) == ("1", bundle.digest, True)
    (version,) = list_versions("tiny", settings)
    assert version.digest == bundle.digest
    assert version.run_id == run_id
    assert version.aliases == (tags.CHALLENGER,)
    assert version.tags[tags.PARITY] == "passed"
    assert version.tags[tags.PARITY_ERROR] == "1e-07"
    assert version.tags[tags.CODE_REVISION] == "c0ffee1"
    assert version.tags["slipway.dataset.raw"] == RAW.digest
    assert version.tags["slipway.dataset.train"] == TRAIN.digest


def test_the_same_digest_is_registered_once(settings, bundle, run_id):
    register_bundle("tiny", bundle, run_id, settings)
    again = register_bundle("tiny", bundle, run_id, settings)
    assert (again.version, again.created) == ("1", False)
    assert len(list_versions("tiny", settings)) == 1


def test_a_new_digest_is_a_new_version_and_takes_the_challenger_alias(settings, bundle, run_id, tmp_path):
    register_bundle("tiny", bundle, run_id, settings)
    other = registry_bundle(tmp_path / "other", weight=3.0)
    second = register_bundle("tiny", other, record_run(run_record(other), settings), settings)
    assert second.version == "2"
    assert [version.aliases for version in list_versions("tiny", settings)] == [(tags.CHALLENGER,), ()]


def test_a_champion_registered_again_does_not_challenge_itself(settings, bundle, run_id):
    register_bundle("tiny", bundle, run_id, settings)
    promote("tiny", "1", settings)
    register_bundle("tiny", bundle, run_id, settings)
    (version,) = list_versions("tiny", settings)
    assert version.aliases == (tags.CHAMPION,)


def test_a_missing_alias_is_set_by_the_repetition(settings, client, bundle, run_id):
    """As a process leaves it that is killed between version and alias."""
    register_bundle("tiny", bundle, run_id, settings)
    client.delete_registered_model_alias("tiny", tags.CHALLENGER)
    register_bundle("tiny", bundle, run_id, settings)
    assert list_versions("tiny", settings)[0].aliases == (tags.CHALLENGER,)


def test_of_doubles_the_lowest_version_stays(settings, client, bundle, run_id):
    """As two processes leave it that are killed after both created a version."""
    client.create_registered_model("tiny")
    facts = {tags.BUNDLE_DIGEST: bundle.digest}
    for _ in range(3):
        client.create_model_version("tiny", "x", run_id, tags=facts, await_creation_for=0)
    assert register_bundle("tiny", bundle, run_id, settings).version == "1"
    assert [version.version for version in list_versions("tiny", settings)] == ["1"]


def test_a_bundle_that_changed_on_disk_is_refused_and_nothing_is_registered(settings, bundle, run_id):
    bundle.model_path.write_bytes(b"another model")
    with pytest.raises(DigestMismatchError, match=r"model\.onnx has changed"):
        register_bundle("tiny", bundle, run_id, settings)
    assert list_models(settings) == []


def test_a_bundle_replaced_by_another_is_refused(settings, bundle, run_id):
    registry_bundle(bundle.path, weight=9.0)
    with pytest.raises(DigestMismatchError, match="changed since it was opened"):
        register_bundle("tiny", bundle, run_id, settings)
    assert list_models(settings) == []


def test_a_bundle_whose_parity_failed_is_refused(settings, tmp_path):
    bundle = registry_bundle(tmp_path / "unequal", parity_passed=False)
    run_id = record_run(run_record(bundle), settings)
    with pytest.raises(ParityError, match=r"max absolute error 0\.5"):
        register_bundle("tiny", bundle, run_id, settings)
    assert list_models(settings) == []


def test_a_run_without_the_bundle_is_refused_and_nothing_is_registered(settings, client, bundle):
    experiment = client.create_experiment("slipway", artifact_location=str(settings.artifact_root))
    empty = client.create_run(experiment).info.run_id
    with pytest.raises(RegistryError, match=r"does not hold the whole bundle: MLmodel, .*plots/residuals.png"):
        register_bundle("tiny", bundle, empty, settings)
    assert list_models(settings) == []


def test_a_file_cut_short_in_the_store_is_named(settings, bundle, run_id):
    (stored,) = settings.artifact_root.glob("*/artifacts/bundle/model.onnx")
    stored.write_bytes(stored.read_bytes()[:-1])
    with pytest.raises(RegistryError, match=r"whole bundle: model\.onnx missing or cut short"):
        register_bundle("tiny", bundle, run_id, settings)


def test_a_version_whose_files_were_lost_gets_them_back(settings, bundle, run_id):
    register_bundle("tiny", bundle, run_id, settings)
    (stored,) = settings.artifact_root.glob("*/artifacts/bundle")
    shutil.rmtree(stored)
    assert not register_bundle("tiny", bundle, run_id, settings).created
    assert Bundle.open(stored).digest == bundle.digest


def test_a_run_that_does_not_exist_is_named(settings, bundle):
    with pytest.raises(RegistryError, match="0000"):
        register_bundle("tiny", bundle, "0" * 32, settings)
    assert list_models(settings) == []


def test_a_name_with_a_slash_is_refused(settings, bundle, run_id):
    with pytest.raises(UsageError, match="cannot name a model"):
        register_bundle("team/tiny", bundle, run_id, settings)
