"""Real models opened, measured, and run."""

import logging

import numpy as np
import pytest

from serving.inference.engine import QueuePolicy, open_engine
from serving.inference.engine_source import EngineSource
from serving.inference.plan import ModelPlan
from serving.inference.runner import Runner
from slipway.errors import ExportError, InferenceError
from slipway.onnx.session import OnnxModel
from tests.support import inference_models as models
from tests.support.plain_models import save, scaling


@pytest.fixture
def opened(tmp_path):
    def opened(model, *, example=None, cores=1, **policy):
        path = save(tmp_path / "model.onnx", model)
        plan = ModelPlan.of(OnnxModel.open(path).signature)
        source = EngineSource(path, plan, example, path.stat().st_size)
        return open_engine(source, threads=1, cores=cores, policy=QueuePolicy(**policy))

    return opened


@pytest.mark.parametrize("model", [scaling, models.rowwise, models.picking, models.adding])
def test_models_of_independent_rows_are_joined(opened, model):
    assert opened(model()).joins


@pytest.mark.parametrize(
    "model",
    [
        models.softmax_over_rows,
        models.less_the_mean,
        models.quantised,
        models.scaled_by_input,
        models.without_inputs,
    ],
)
def test_other_models_are_not_and_are_still_measured(opened, model, caplog):
    with caplog.at_level(logging.INFO):
        engine = opened(model())
    assert not engine.joins
    assert 0 < engine.cost.seconds(1) < 1
    assert "not measured" not in caplog.text


def test_a_model_that_mixes_rows_is_told_of(opened, caplog):
    with caplog.at_level(logging.INFO):
        opened(models.less_the_mean())
    assert "does not answer each row by itself" in caplog.text


def test_nothing_is_joined_where_a_run_may_have_one_row(opened):
    assert not opened(scaling(), most_rows=1).joins


def test_a_model_that_takes_nothing_that_was_tried_is_heavy_and_serves(opened, caplog):
    engine = opened(models.fussy())
    assert "was not measured" in caplog.text
    assert not engine.joins
    assert engine.cost.seconds(1) > QueuePolicy().inline_seconds
    seven = {"x": np.ones((7, 2), np.float32)}
    assert engine.runner.run(("y",), seven)[0].shape == (7, 2)


def test_the_values_of_a_row_count_where_shapes_vary(opened):
    assert opened(scaling()).row_values == 0
    assert opened(models.adding(), example={name: np.ones((3, 5), np.float32) for name in "ab"}).row_values == 10


def test_a_file_that_is_no_model_is_refused(tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(b"no model")
    source = EngineSource(path, ModelPlan.of(OnnxModel.open(scaling().SerializeToString()).signature), None, 8)
    with pytest.raises(ExportError, match=r"model\.onnx"):
        open_engine(source, threads=1, cores=1, policy=QueuePolicy())


@pytest.mark.parametrize(("inline_seconds", "is_wide"), [(0.0, True), (60.0, False)])
def test_only_a_heavy_model_gets_a_session_of_all_cores(opened, monkeypatch, inline_seconds, is_wide):
    threads = []
    real_open = OnnxModel.open

    def counted(model, *, threads: int = 1, custom_ops=()):
        opened_with.append(threads)
        return real_open(model, threads=threads, custom_ops=custom_ops)

    opened_with = threads
    monkeypatch.setattr(OnnxModel, "open", counted)
    opened(scaling(), cores=2, inline_seconds=inline_seconds)
    assert threads == [1, 1, 2] if is_wide else [1, 1]


def test_a_runner_gives_the_outputs_asked_for_in_their_order():
    runner = Runner(OnnxModel.open(models.rowwise().SerializeToString()))
    inputs = {"x": np.float32([[1, 2]])}
    assert [output.tolist() for output in runner.run(("negated", "double"), inputs)] == [[[-1, -2]], [[2, 4]]]
    assert [output.tolist() for output in runner.run(("double",), inputs, alone=True)] == [[[2, 4]]]


def test_a_lone_request_runs_on_the_wide_session():
    narrow, wide = (OnnxModel.open(scaling(factor).SerializeToString()) for factor in (2, 3))
    runner = Runner(narrow, wide)
    x = {"x": np.float32([[1, 1]])}
    assert runner.run(("y",), x)[0].tolist() == [[2, 2]]
    assert runner.run(("y",), x, alone=True)[0].tolist() == [[3, 3]]


def test_values_that_the_model_refuses_are_the_clients_error():
    runner = Runner(OnnxModel.open(models.picking().SerializeToString()))
    with pytest.raises(InferenceError, match=r"cannot answer these values: .*out of .*bounds"):
        runner.run(("picked",), {"index": np.int64([[3]])})
