"""Models that mix the rows of a batch are found out, by running them."""

import numpy as np
import pytest
from onnx import TensorProto, helper

from serving.inference.independence import rows_are_independent
from serving.inference.plan import ModelPlan
from serving.inference.probe import differing_rows, made_inputs
from slipway.onnx.session import OnnxModel
from tests.support import inference_models as models
from tests.support.echo_models import echoing
from tests.support.plain_models import model_of, scaling


def is_independent(model, example=None):
    opened = OnnxModel.open(model.SerializeToString())
    plan = ModelPlan.of(opened.signature)
    rows = differing_rows(plan, example or made_inputs(plan, 3), 3)
    return rows_are_independent(lambda inputs: list(opened.run(inputs).values()), rows)


def softmax_of_a_row():
    pairs = {"x": (TensorProto.FLOAT, ["rows", 2])}
    return model_of(
        [helper.make_node("Softmax", ["x"], ["y"], axis=1)], pairs, {"y": (TensorProto.FLOAT, ["rows", 2])}
    )


@pytest.mark.parametrize(
    "model",
    [
        scaling,
        models.rowwise,
        models.picking,
        models.adding,
        softmax_of_a_row,
        lambda: echoing("BYTES", "BOOL", "FP16"),
    ],
)
def test_a_model_that_answers_each_row_by_itself_passes(model):
    assert is_independent(model())


@pytest.mark.parametrize(
    "model",
    [
        models.softmax_over_rows,
        models.less_the_mean,
        models.quantised,
        models.running_total,
        models.random,
        models.fussy,
    ],
)
def test_a_model_that_mixes_rows_or_cannot_take_any_number_is_found_out(model):
    assert not is_independent(model())


@pytest.mark.parametrize("model", [models.softmax_over_rows, models.less_the_mean])
def test_an_example_of_rows_that_are_alike_does_not_hide_it(model):
    assert not is_independent(model(), {"x": np.float32([[1, 1], [1, 1]])})
    assert not is_independent(model(), {"x": np.float32([[1, 1]])})


def test_a_model_that_drops_rows_is_found_out():
    assert not is_independent(models.positive_rows(), {"x": np.float32([[1], [-1]])})


def test_one_mixed_output_of_several_is_enough():
    def run(inputs):
        return [inputs["x"] * 2, inputs["x"] - inputs["x"].max()]

    assert not rows_are_independent(run, {"x": np.float64([[1], [2], [3]])})
    assert rows_are_independent(lambda inputs: run(inputs)[:1], {"x": np.float64([[1], [2], [3]])})


def test_an_answer_without_rows_is_no():
    assert not rows_are_independent(lambda inputs: [inputs["x"].sum()], {"x": np.float32([[1], [2]])})


def test_a_model_without_inputs_has_no_rows():
    assert not rows_are_independent(lambda inputs: [np.float32([len(inputs)])], {})


def test_an_answer_of_not_a_number_is_the_same_as_itself():
    assert rows_are_independent(lambda inputs: [inputs["x"]], {"x": np.float32([[np.nan], [2], [np.inf]])})
