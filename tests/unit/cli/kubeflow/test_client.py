from concurrent.futures import ThreadPoolExecutor

import pytest

from slipway.cli.kubeflow import client as client_module
from slipway.cli.kubeflow.answers import RunState
from slipway.cli.kubeflow.client import Kubeflow
from slipway.cli.kubeflow.upload import Versions
from slipway.errors import KubeflowError, KubeflowUnreachableError, UsageError
from tests.support.cutting_proxy import Cut, cutting_proxy
from tests.support.kubeflow_server.argo import Look
from tests.support.kubeflow_server.server import Fault


@pytest.fixture
def version(kubeflow, ir):
    return Versions(kubeflow).upload("toy", ir(), "")


@pytest.fixture
def cut_off(server, settings, said):
    """A client whose connection is cut at a chosen request."""
    with cutting_proxy(int(server.url.rpartition(":")[2])) as (proxy, url):

        def connect(cut):
            proxy.cut = cut
            return Kubeflow(settings.model_copy(update={"kubeflow_url": url}), said.append)

        yield connect


@pytest.mark.parametrize("name", ["trials", "a+b, 100 %", 'Ada\'s "best" & l\u00fcck'])
def test_experiment_is_created_once(name, kubeflow, server):
    assert kubeflow.experiment_id(name) == kubeflow.experiment_id(name)
    assert [one["display_name"] for one in server.state.experiments.values()] == [name]


def test_experiment_that_two_create_at_once_is_one(settings, server):
    clients = [Kubeflow(settings, lambda _: None) for _ in range(6)]
    with ThreadPoolExecutor(6) as pool:
        ids = list(pool.map(lambda one: one.experiment_id("trials"), clients))
    assert len(set(ids)) == len(server.state.experiments) == 1


def test_run_gets_its_version_experiment_and_parameters(kubeflow, version, server):
    experiment = kubeflow.experiment_id("trials")
    run = kubeflow.create_run("toy-1", version, experiment, {"count": 3})
    (stored,) = server.state.runs.values()
    assert run.run_id == stored["run_id"]
    assert (run.name, run.state, run.seconds) == ("toy-1", RunState.PENDING, 0.0)
    assert stored["runtime_config"] == {"parameters": {"count": 3}}
    assert stored["pipeline_version_reference"]["pipeline_version_id"] == version.version_id
    assert stored["experiment_id"] == experiment


@pytest.mark.parametrize("forwarded", [True, False])
def test_run_whose_answer_is_cut_off_is_started_once(forwarded, cut_off, server, ir, said):
    kubeflow = cut_off(Cut("POST /apis/v2beta1/runs", forwarded=forwarded, answered=False))
    version = Versions(kubeflow).upload("toy", ir(), "")
    run = kubeflow.create_run("toy-1", version, kubeflow.experiment_id("trials"), {"count": 3})
    assert list(server.state.runs) == [run.run_id]
    assert "hung up before it answered" in said[0]
    assert said[-1] == "It answers again."


def test_answer_that_breaks_off_is_asked_for_again(kubeflow, server, version):
    run = kubeflow.create_run("toy-1", version, kubeflow.experiment_id("trials"), {"count": 3})
    server.faults.append(Fault("GET /apis/v2beta1/runs/", half_closed=True, times=2))
    assert kubeflow.run(run.run_id).name == "toy-1"


def test_server_that_fails_and_then_does_not_is_no_failure(kubeflow, server, said):
    server.faults.append(Fault("POST /apis/v2beta1/experiments", status=500, times=2))
    assert kubeflow.experiment_id("trials")
    assert len(server.state.experiments) == 1
    assert "it fails (HTTP 500)" in said[0]


def test_server_that_only_fails_is_asked_a_few_times(kubeflow, server):
    server.faults.append(Fault("GET /apis/v2beta1/experiments", status=500, times=100))
    with pytest.raises(KubeflowUnreachableError, match="HTTP 500"):
        kubeflow.experiment_id("trials")
    assert server.asked("GET /apis/v2beta1/experiments") == 4


def test_slow_server_is_not_waited_for_longer_than_the_settings_say(settings, server):
    kubeflow = Kubeflow(
        settings.model_copy(update={"kubeflow_timeout_seconds": 0.1, "kubeflow_patience_seconds": 0}), print
    )
    with server.state.lock, pytest.raises(KubeflowUnreachableError, match="no answer in time"):
        kubeflow.experiment_id("trials")


def test_lists_are_read_to_their_last_page(kubeflow, server, monkeypatch):
    monkeypatch.setattr(client_module, "PAGE_SIZE", 2)
    for number in range(5):
        server.state.create_experiment({"display_name": f"other-{number}"})
    from kfp_server_api import ExperimentServiceApi

    page = ExperimentServiceApi(kubeflow.transport).experiment_service_list_experiments
    names = [one.display_name for one in kubeflow.every("list", page, "experiments")]
    assert names == [f"other-{number}" for number in range(5)]
    assert server.asked("GET /apis/v2beta1/experiments") == 3


def test_run_is_found_by_id_and_by_name(kubeflow, version):
    started = kubeflow.create_run("toy-1", version, kubeflow.experiment_id("trials"), {"count": 3})
    assert kubeflow.find_run(started.run_id) == kubeflow.find_run("toy-1")
    with pytest.raises(UsageError, match="no run 'toy-2'"):
        kubeflow.find_run("toy-2")


def test_parameter_that_the_server_refuses_is_told_in_its_words(kubeflow, version):
    with pytest.raises(KubeflowError, match=r"not required by pipeline: size \(HTTP 400\)"):
        kubeflow.create_run("toy-1", version, kubeflow.experiment_id("trials"), {"size": 3})


def test_field_that_the_api_does_not_know_is_refused_by_the_test_s_own_server(kubeflow):
    with pytest.raises(KubeflowError, match='unknown field "colour"'):
        kubeflow.ask(
            "post",
            lambda: kubeflow.transport.call_api("/apis/v2beta1/experiments", "POST", body={"colour": "red"}),
        )


def test_state_of_a_later_server_is_no_end(kubeflow, server, version):
    run = kubeflow.create_run("toy-1", version, kubeflow.experiment_id("trials"), {"count": 3})
    server.state.looks = [Look("PAUSED")]
    assert not kubeflow.run(run.run_id).state.is_over
    assert RunState("DREAMING") is RunState.UNSPECIFIED
