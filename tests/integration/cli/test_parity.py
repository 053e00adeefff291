"""`slipway parity diff` on real runs of the tiny line: equal where nothing changed, and named where it did."""

import json

import pytest

from slipway.errors import ExitCode
from tests.support.tiny_line import TinyLine

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """Two runs with equal parameters and one with another candidate, none from the cache."""
    tiny = TinyLine(tmp_path_factory.mktemp("tiny"), candidates=["logistic_regression"]).write()
    for arguments in ((), (), ("-p", 'candidates=["xgboost"]')):
        answer = tiny.run("--no-cache", *arguments)
        assert answer.returncode in {ExitCode.OK, ExitCode.REFUSED}, answer.stderr
    return tiny


@pytest.fixture(scope="module")
def runs(tiny):
    return [record["run"] for record in reversed(tiny.json("runs"))]


def test_same_code_and_parameters_make_the_same(tiny, runs):
    answer = tiny.slipway("parity", "diff", *runs[:2])
    assert answer.returncode == ExitCode.OK, answer.stderr
    assert "datasets, models and metrics are the same" in answer.stderr
    compared = tiny.json("parity", "diff", *runs[:2])
    judged = {f"{one['step']}.{one['output']}" for one in compared if one["judged"]}
    expected = {"collect_sources.dataset", "split_dataset.test", "train_model.model", "evaluate_model.metrics"}
    assert expected | {"package_bundle.bundle"} <= judged
    assert {one["step"] for one in compared if not one["same"]} <= {"judge_release", "register_model"}


def test_changed_parameter_is_named_by_the_first_step_that_differs(tiny, runs):
    answer = tiny.slipway("parity", "diff", runs[0], str(tiny.home / "runs" / runs[2]))
    assert answer.returncode == ExitCode.FAILED
    assert "train_model.model" in answer.stderr
    assert "collect_sources" not in answer.stderr
    compared = json.loads(tiny.slipway("parity", "diff", runs[0], runs[2], "--json").stdout)
    same = {f"{one['step']}.{one['output']}": one["same"] for one in compared}
    assert same["split_dataset.train"]
    assert not same["train_model.model"]
    assert not same["evaluate_model.metrics"]
    assert "log_loss" in next(one["detail"] for one in compared if one["kind"] == "Metrics" and not one["same"])


def test_unknown_run_is_told_with_those_there_are(tiny, runs):
    answer = tiny.slipway("parity", "diff", runs[0], "tiny-nothing")
    assert answer.returncode == ExitCode.USAGE
    assert "There is no run 'tiny-nothing'" in answer.stderr
    assert runs[2] in answer.stderr
