"""ONNX Runtime behind the server's own types."""

import numpy as np
import pytest

from serving.engine import OnnxEngine
from serving.protocol import InferRequest
from slipway.errors import InferenceError
from slipway.onnx.signature import Datatype
from slipway.onnx.tensor_json import NamedTensor
from tests.support.tiny_bundle import expected_probability, picking_bundle


@pytest.fixture
def engine(flights):
    return OnnxEngine.of_bundle(flights)


def inputs(distances, carriers):
    return (
        NamedTensor("distance", Datatype.FP32, np.array(distances, np.float32).reshape(-1, 1)),
        NamedTensor("carrier", Datatype.BYTES, np.array(carriers, object).reshape(-1, 1)),
    )


def test_it_answers_what_the_model_computes(engine):
    rows = [(100.0, "AA"), (2000.0, "UA"), (np.nan, "AA"), (5.0, "never seen"), (np.nan, "")]

    response = engine.infer(InferRequest(inputs(*zip(*rows, strict=True)), id="q"))

    expected = [expected_probability(distance, carrier) for distance, carrier in rows]
    label, probabilities = response.outputs
    np.testing.assert_allclose(probabilities.values[:, 1], expected, rtol=1e-6)
    np.testing.assert_array_equal(label.values, np.array(expected) > 0.5)
    assert (label.datatype, probabilities.datatype, response.id) == (Datatype.INT64, Datatype.FP32, "q")


def test_it_gives_only_the_outputs_asked_for_in_their_order(engine):
    request = InferRequest(inputs([1.0], ["AA"]), outputs=("probabilities", "label"))
    assert [output.name for output in engine.infer(request).outputs] == ["probabilities", "label"]

    request = InferRequest(inputs([1.0], ["AA"]), outputs=("label",))
    assert [output.name for output in engine.infer(request).outputs] == ["label"]


def test_no_rows_give_no_answers(engine):
    label, probabilities = engine.infer(InferRequest(inputs([], []))).outputs

    assert (label.values.shape, probabilities.values.shape) == ((0,), (0, 2))


def test_unknown_outputs_are_refused_by_name(engine):
    with pytest.raises(InferenceError, match="expected label, probabilities, got late"):
        engine.infer(InferRequest(inputs([1.0], ["AA"]), outputs=("label", "late")))


@pytest.mark.parametrize("carriers", [["AA"], ["AA", "UA", "UA"], []])
def test_rows_of_different_number_are_refused_not_repeated(engine, carriers):
    with pytest.raises(InferenceError, match=f"distance: 2, carrier: {len(carriers)}"):
        engine.infer(InferRequest(inputs([1.0, 2.0], carriers)))


def test_values_that_the_model_itself_refuses_are_the_requests_fault(tmp_path):
    engine = OnnxEngine.of_bundle(picking_bundle(tmp_path / "picking"))
    index = NamedTensor("index", Datatype.INT64, np.array([[5]]))

    with pytest.raises(InferenceError, match="cannot answer these values"):
        engine.infer(InferRequest((index,)))
