import json

import pytest

from slipway.errors import RegistryError
from slipway.registry import tags
from slipway.registry.recorder import record_run
from tests.support.records import all_runs, nested_runs, run_record, top_runs
from tests.support.registry_bundle import registry_bundle


def artifact(client, run_id, path, folder):
    return client.download_artifacts(run_id, path, str(folder))


def test_a_run_holds_parameters_metrics_tags_inputs_bundle_and_reports(settings, client, bundle, tmp_path):
    run_id = record_run(run_record(bundle), settings)
    run = client.get_run(run_id)
    assert run.info.status == "FINISHED"
    assert run.info.run_name == "tiny run"
    assert run.data.params == {"search.trials": "3", "columns": '["distance"]'}
    assert run.data.metrics == {"rmse": 1.25}
    assert run.data.tags[tags.BUNDLE_DIGEST] == bundle.digest
    assert run.data.tags[tags.PIPELINE] == "tiny_pipeline"
    assert run.data.tags[tags.CODE_REVISION] == "c0ffee1"
    assert run.data.tags[tags.VERDICT] == "passed"
    assert {one.dataset.name for one in run.inputs.dataset_inputs} == {"raw", "train"}
    stored = artifact(client, run_id, "bundle", tmp_path)
    assert type(bundle).open(type(tmp_path)(stored)).digest == bundle.digest
    assert [entry.path for entry in client.list_artifacts(run_id, "reports")] == ["reports/card.md"]


def test_each_candidate_is_a_nested_run_with_its_trials(settings, client, bundle, tmp_path):
    run_id = record_run(run_record(bundle), settings)
    forest, ridge = nested_runs(client, run_id)
    assert (forest.info.run_name, ridge.info.run_name) == ("forest", "ridge")
    assert ridge.data.params == {"alpha": "0.5"}
    assert ridge.data.metrics["rmse"] == 1.25
    scores = client.get_metric_history(ridge.info.run_id, "trial_score")
    assert [(point.step, point.value) for point in scores] == [(0, 1.5), (1, 1.25)]
    trials = json.loads(open(artifact(client, ridge.info.run_id, "trials.json", tmp_path)).read())  # noqa: SIM115, PTH123
    assert [trial["state"] for trial in trials] == ["complete", "complete", "fail"]


def test_a_finished_record_is_reused(settings, client, bundle):
    first = record_run(run_record(bundle), settings)
    assert record_run(run_record(bundle), settings) == first
    assert len(top_runs(client)) == 1
    assert len(nested_runs(client, first)) == 2


def test_another_bundle_is_another_run(settings, client, bundle, tmp_path):
    first = record_run(run_record(bundle), settings)
    second = record_run(run_record(registry_bundle(tmp_path / "other", weight=3.0)), settings)
    assert {run.info.run_id for run in top_runs(client)} == {first, second}


def test_a_run_without_a_bundle_is_keyed_by_its_content(settings, client):
    record = run_record(None, verdict="refused: worse than the champion")
    assert record_run(record, settings) == record_run(record, settings)
    other = record_run(run_record(None, metrics={"rmse": 9.0}), settings)
    assert other != record_run(record, settings)
    assert client.get_run(other).data.tags[tags.CODE_REVISION] == "deadbeef"


def test_an_unfinished_record_is_completed_in_place(settings, client, bundle):
    """As a process leaves it that is killed between two requests."""
    record = run_record(bundle)
    experiment = client.create_experiment("slipway", artifact_location=str(settings.artifact_root))
    begun = client.create_run(experiment, run_name="tiny run", tags={tags.RECORD_KEY: record.key})
    client.log_param(begun.info.run_id, "search.trials", "3")
    nested = {tags.PARENT_RUN: begun.info.run_id, tags.CANDIDATE: "ridge"}
    client.create_run(experiment, run_name="ridge", tags=nested)
    assert record_run(record, settings) == begun.info.run_id
    assert len(top_runs(client)) == 1
    assert [run.info.status for run in nested_runs(client, begun.info.run_id)] == ["FINISHED"] * 2
    assert client.get_run(begun.info.run_id).data.params == {"search.trials": "3", "columns": '["distance"]'}


def test_doubles_that_lost_answers_left_are_deleted(settings, client, bundle):
    record = run_record(bundle)
    experiment = client.create_experiment("slipway", artifact_location=str(settings.artifact_root))
    for _ in range(3):
        begun = client.create_run(experiment, tags={tags.RECORD_KEY: record.key})
        for _ in range(2):
            client.create_run(experiment, tags={tags.PARENT_RUN: begun.info.run_id, tags.CANDIDATE: "ridge"})
    run_id = record_run(record, settings)
    assert [run.info.run_id for run in top_runs(client)] == [run_id]
    assert len(nested_runs(client, run_id)) == 2


def test_another_finished_run_stays_for_a_version_may_point_at_it(settings, client, bundle):
    first = record_run(run_record(bundle), settings)
    experiment = client.get_run(first).info.experiment_id
    later = client.create_run(experiment, tags={tags.RECORD_KEY: bundle.digest}).info.run_id
    client.set_terminated(later, "FINISHED")
    assert record_run(run_record(bundle), settings) == first
    assert {run.info.run_id for run in top_runs(client)} == {first, later}


def test_a_refused_upload_marks_the_run_failed_and_a_repetition_completes_it(settings, client, bundle):
    settings.artifact_root.write_text("a file where the folder should be")
    with pytest.raises(RegistryError, match="Cannot upload"):
        record_run(run_record(bundle), settings)
    (failed,) = top_runs(client)
    assert failed.info.status == "FAILED"
    settings.artifact_root.unlink()
    assert record_run(run_record(bundle), settings) == failed.info.run_id
    assert client.get_run(failed.info.run_id).info.status == "FINISHED"
    assert len(all_runs(client)) == 3


def test_another_verdict_on_the_same_bundle_replaces_the_first(settings, client, bundle, tmp_path):
    reports = {"verdict": tmp_path / "v.txt"}
    reports["verdict"].write_text("refused")
    run_id = record_run(run_record(bundle, verdict="refused: slice", reports=reports), settings)
    reports["verdict"].write_text("passed")
    assert record_run(run_record(bundle, verdict="passed", reports=reports), settings) == run_id
    assert client.get_run(run_id).data.tags[tags.VERDICT] == "passed"
    (tmp_path / "out").mkdir()
    stored = artifact(client, run_id, "reports/verdict.txt", tmp_path / "out")
    assert open(stored).read() == "passed"  # noqa: SIM115, PTH123


def test_experiments_are_told_apart(settings, client, bundle):
    record_run(run_record(bundle, experiment="elsewhere"), settings)
    assert len(top_runs(client, "elsewhere")) == 1
    assert client.get_experiment_by_name("slipway") is None


def test_a_deleted_experiment_is_named_with_a_cure(settings, client, bundle):
    client.delete_experiment(client.create_experiment("slipway"))
    with pytest.raises(RegistryError, match=r"'slipway' was deleted.*SLIPWAY_EXPERIMENT"):
        record_run(run_record(bundle), settings)
