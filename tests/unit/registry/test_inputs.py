import json

from slipway.data.provenance import DatasetNode, SourceFile
from slipway.registry.inputs import DIGEST_CHARACTERS, log_datasets, short_digest
from tests.support.records import all_runs
from tests.support.registry_bundle import RAW, TRAIN


def new_run_id(client):
    client.create_run(client.create_experiment("slipway"))
    return all_runs(client)[0].info.run_id


def test_each_dataset_is_an_input_with_its_digest_step_and_source(client):
    run_id = new_run_id(client)
    log_datasets(client, run_id, [RAW, TRAIN])
    inputs = {one.dataset.name: one for one in client.get_run(run_id).inputs.dataset_inputs}
    assert set(inputs) == {"raw", "train"}
    assert inputs["raw"].dataset.digest == "1" * DIGEST_CHARACTERS
    assert [(tag.key, tag.value) for tag in inputs["raw"].tags] == [("mlflow.data.context", "collect_sources")]
    assert DatasetNode.model_validate_json(inputs["raw"].dataset.source) == RAW


def test_logging_again_adds_none(client):
    run_id = new_run_id(client)
    for _ in range(2):
        log_datasets(client, run_id, [RAW, TRAIN])
    assert len(client.get_run(run_id).inputs.dataset_inputs) == 2


def test_a_list_of_sources_beyond_the_limit_leaves_the_digest_in_place(client):
    run_id = new_run_id(client)
    sources = tuple(SourceFile(url=f"https://data.example/{i}", sha256="b" * 64) for i in range(2000))
    log_datasets(client, run_id, [RAW.model_copy(update={"sources": sources})])
    (found,) = client.get_run(run_id).inputs.dataset_inputs
    assert json.loads(found.dataset.source)["digest"] == RAW.digest


def test_the_short_digest_has_no_algorithm():
    assert short_digest("sha256:" + "ab" * 32) == "ab" * 18
