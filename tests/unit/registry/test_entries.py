from slipway.registry.entries import PARAMETER_CHARACTERS, flat, log_metrics, log_parameters
from tests.support.records import all_runs


def new_run(client):
    client.create_run(client.create_experiment("slipway"))
    return all_runs(client)[0]


def test_nested_parameters_become_dotted_names():
    nested = {"search": {"trials": 3, "space": {"alpha": [0.1, 1.0]}}, "name": "x", "empty": {}, "none": None}
    assert dict(flat(nested)) == {
        "search.trials": "3",
        "search.space.alpha": "[0.1, 1.0]",
        "name": "x",
        "empty": "{}",
        "none": "null",
    }


def test_characters_that_mlflow_refuses_become_underscores():
    assert dict(flat({"log(x)": 1, "ok-1.a b": 2, "/led": 3})) == {"log_x_": "1", "ok-1.a b": "2", "led": "3"}


def test_a_long_value_is_cut_to_what_mlflow_takes(client):
    run = new_run(client)
    log_parameters(client, run, {"query": "é" * 7000})
    stored = client.get_run(run.info.run_id).data.params["query"]
    assert len(stored) == PARAMETER_CHARACTERS
    assert stored.endswith("é…")


def test_more_parameters_and_metrics_than_one_request_takes_are_all_written(client):
    run = new_run(client)
    log_parameters(client, run, {f"p{i}": i for i in range(250)})
    log_metrics(client, run, [(f"m{i}", float(i), 0) for i in range(1200)])
    data = client.get_run(run.info.run_id).data
    assert (len(data.params), len(data.metrics)) == (250, 1200)


def test_writing_again_adds_no_point_and_changes_no_parameter(client):
    run = new_run(client)
    for value in ("first", "second"):
        log_parameters(client, client.get_run(run.info.run_id), {"p": value})
        log_metrics(client, run, [("score", 0.5, 0), ("score", 0.75, 1)])
    history = client.get_metric_history(run.info.run_id, "score")
    assert [(point.step, point.value) for point in history] == [(0, 0.5), (1, 0.75)]
    assert client.get_run(run.info.run_id).data.params == {"p": "first"}
