import json

import pytest

from slipway.errors import ExitCode
from slipway.registry.recorder import record_run
from slipway.registry.versions import register_bundle
from tests.support.command import slipway
from tests.support.embedded_registry import bundle, client, migrated_database, settings  # noqa: F401
from tests.support.records import run_record


@pytest.fixture
def registered(settings, bundle, monkeypatch):  # noqa: F811
    monkeypatch.setenv("SLIPWAY_HOME", str(settings.home))
    run_id = record_run(run_record(bundle), settings)
    register_bundle("tiny", bundle, run_id, settings)
    return run_id


def test_list_names_models_and_aliases(registered, monkeypatch):
    answer = slipway(monkeypatch, "models", "list")
    assert answer.code == ExitCode.OK
    header, row = answer.out.splitlines()
    assert header.split() == ["MODEL", "ALIASES", "UPDATED"]
    assert row.split()[:2] == ["tiny", "challenger=1"]


def test_list_prints_json_for_programs(registered, monkeypatch):
    (model,) = json.loads(slipway(monkeypatch, "models", "list", "--json").out)
    assert (model["name"], model["aliases"]) == ("tiny", {"challenger": "1"})


def test_list_of_nothing_leaves_standard_output_empty_and_creates_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("SLIPWAY_HOME", str(tmp_path / "home"))
    answer = slipway(monkeypatch, "models", "list")
    assert (answer.code, answer.out) == (ExitCode.OK, "")
    assert "No model is registered yet" in answer.err
    assert json.loads(slipway(monkeypatch, "models", "list", "--json").out) == []
    assert not (tmp_path / "home").exists()


def test_show_tells_each_version_s_bundle_and_run(registered, bundle, monkeypatch):  # noqa: F811
    answer = slipway(monkeypatch, "models", "show", "tiny")
    _, row = answer.out.splitlines()
    assert row.split()[:4] == ["1", "challenger", bundle.digest.removeprefix("sha256:")[:12], registered]
    assert "rmse 0.75 on 4 rows" in row


def test_show_prints_json_with_the_whole_digest(registered, bundle, monkeypatch):  # noqa: F811
    (version,) = json.loads(slipway(monkeypatch, "models", "show", "tiny", "--json").out)
    assert version["digest"] == bundle.digest
    assert version["tags"]["slipway.parity"] == "passed"


def test_show_of_an_unknown_model_lists_those_there_are(registered, monkeypatch):
    answer = slipway(monkeypatch, "models", "show", "tinny")
    assert answer.code == ExitCode.FAILED
    assert answer.out == ""
    assert "no model 'tinny': expected one of tiny" in answer.err
