import json

import pytest

from slipway.errors import ExitCode
from slipway.registry.aliases import promote
from slipway.registry.recorder import record_run
from slipway.registry.versions import register_bundle
from tests.support.answering import answering
from tests.support.command import slipway
from tests.support.embedded_registry import bundle, client, migrated_database, settings  # noqa: F401
from tests.support.records import run_record
from tests.support.registry_bundle import RAW, SOURCE, TRAIN


@pytest.fixture
def run_id(settings, bundle, monkeypatch):  # noqa: F811
    monkeypatch.setenv("SLIPWAY_HOME", str(settings.home))
    run_id = record_run(run_record(bundle, verdict="promote: better by 3 %"), settings)
    register_bundle("tiny", bundle, run_id, settings)
    promote("tiny", "1", settings)
    return run_id


def test_the_tree_goes_from_the_alias_to_the_source_file(run_id, bundle, monkeypatch):  # noqa: F811
    answer = slipway(monkeypatch, "why", "models:/tiny@champion")
    assert answer.code == ExitCode.OK
    told = [
        "models:/tiny@champion",
        "model tiny version 1 (champion)",
        f"bundle {bundle.digest}",
        f"run {run_id} (tiny run",
        "pipeline tiny_pipeline, code revision c0ffee1",
        f"dataset train {TRAIN.digest}",
        f"dataset raw {RAW.digest}",
        f"source {SOURCE.url} sha256 {SOURCE.sha256}",
    ]
    places = [answer.out.index(text) for text in told]
    assert places == sorted(places)
    assert "gate: promote: better by 3 %" in answer.out
    assert "parity passed" in answer.out


@pytest.mark.parametrize("target", ["models:/tiny/1", "runs:/{run_id}/bundle", "{folder}"])
def test_every_address_of_a_bundle_leads_to_the_same_chain(run_id, bundle, monkeypatch, target):  # noqa: F811
    address = target.format(run_id=run_id, folder=bundle.path)
    chain = json.loads(slipway(monkeypatch, "why", address, "--json").out)
    assert chain["bundle_digest"] == bundle.digest
    assert chain["run"]["run_id"] == run_id
    assert [(one["name"], one["version"]) for one in chain["versions"]] == [("tiny", "1")]
    assert [node["digest"] for node in chain["datasets"]] == [RAW.digest, TRAIN.digest]


@pytest.mark.parametrize("path", ["/v2/models/anything", "/v2/models/anything/infer", ""])
def test_an_endpoint_is_followed_by_the_digest_it_states(run_id, bundle, monkeypatch, path):  # noqa: F811
    with answering(200, headers={"slipway-bundle-digest": bundle.digest}) as url:
        answer = slipway(monkeypatch, "why", f"{url}{path}")
        assert f"endpoint {url}{path}" in answer.out
    assert "model tiny version 1 (champion)" in answer.out


def test_a_host_that_does_not_resolve_is_asked_through_the_gateway(run_id, bundle, monkeypatch):  # noqa: F811
    url = "http://tiny-here.cluster.invalid/v2/models/tiny"
    with answering(200, headers={"slipway-bundle-digest": bundle.digest}) as gateway:
        answer = slipway(monkeypatch, "why", url, "--gateway", gateway)
    assert answer.code == ExitCode.OK
    assert f"endpoint {url}" in answer.out
    assert f"bundle {bundle.digest}" in answer.out


def test_an_endpoint_of_another_registry_is_told(run_id, monkeypatch):
    with answering(200, headers={"slipway-bundle-digest": "sha256:" + "f" * 64}) as url:
        answer = slipway(monkeypatch, "why", f"{url}/v2/models/tiny")
    assert answer.code == ExitCode.FAILED
    assert "this registry does not hold" in answer.err


@pytest.mark.parametrize("status", [200, 404])
def test_a_server_that_states_no_digest_is_told(run_id, monkeypatch, status):
    with answering(status) as url:
        answer = slipway(monkeypatch, "why", f"{url}/v2/models/tiny")
    assert answer.code == ExitCode.UNREACHABLE
    assert "does not say which bundle it serves" in answer.err


def test_an_endpoint_that_is_down_is_told(run_id, monkeypatch):
    with answering(200) as url:
        pass
    answer = slipway(monkeypatch, "why", f"{url}/v2/models/tiny")
    assert answer.code == ExitCode.UNREACHABLE
    assert "does not answer" in answer.err


def test_a_bundle_folder_is_explained_without_any_registry(bundle, tmp_path, monkeypatch):  # noqa: F811
    monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path / "home"))
    answer = slipway(monkeypatch, "why", str(bundle.path))
    assert answer.code == ExitCode.OK
    assert "in no registered version" in answer.out
    assert "no recorded run" in answer.out
    assert not (tmp_path / "home").exists()


def test_a_bundle_folder_is_explained_when_the_registry_is_down(bundle, tmp_path, monkeypatch):  # noqa: F811
    with answering(200) as url:
        pass
    monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path))
    monkeypatch.setenv("SLIPWAY_TRACKING_URI", url)
    answer = slipway(monkeypatch, "why", str(bundle.path))
    assert answer.code == ExitCode.OK
    assert "registry not asked:" in answer.out
    assert SOURCE.url in answer.out


def test_a_version_whose_run_was_deleted_for_good_is_still_explained(
    run_id,
    settings,  # noqa: F811
    client,  # noqa: F811
    bundle,  # noqa: F811
    monkeypatch,
):
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    client.delete_run(run_id)
    SqlAlchemyStore(settings.resolved_tracking_uri, str(settings.artifact_root))._hard_delete_run(run_id)
    answer = slipway(monkeypatch, "why", "models:/tiny@champion")
    assert "no recorded run" in answer.out
    assert SOURCE.url in answer.out


def test_brackets_in_names_are_printed_as_they_are(run_id, settings, bundle, monkeypatch):  # noqa: F811
    record_run(run_record(bundle, verdict="hold: slice [red]EWR[/red] is worse"), settings)
    assert "slice [red]EWR[/red] is worse" in slipway(monkeypatch, "why", "models:/tiny/1").out
