"""Memory that becomes arrays only for a run."""

import numpy as np
import pytest

from serving.inference.batch import join
from serving.inference.request import InferRequest
from tests.support.signatures import plan_of

PLAN = plan_of([("a", "FP32", (-1, 2)), ("b", "INT64", (-1,))], [("y", "FP32", (-1,)), ("z", "FP32", (-1,))])


def inputs(rows, first=0):
    return {
        "a": np.arange(first, first + 2 * rows, dtype=np.float32).reshape(rows, 2),
        "b": np.arange(first, first + rows, dtype=np.int64),
    }


def packed(rows, first=0, outputs=()):
    values = inputs(rows, first)
    packing = PLAN.packing(values, outputs)
    memories = {name: array.tobytes() for name, array in reversed(values.items())}
    return InferRequest(memories, packing.outputs, packing.rows, packing.group, None, 0.0, packing=packing)


def unpacked(rows, first=0):
    return PLAN.request(inputs(rows, first), (), None, 0.0)


@pytest.mark.parametrize(
    "batch", [[packed(1)], [packed(2), packed(1, 7)], [packed(1), unpacked(2, 5), packed(3, 9)]]
)
def test_packed_requests_give_the_arrays_that_others_give(batch):
    joined = join(batch)
    expected = {name: np.concatenate([request.inputs[name] for request in batch]) for name in ("a", "b")}
    assert joined.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_array_equal(joined[name], values)
        assert (joined[name].dtype, joined[name].shape) == (values.dtype, values.shape)
        assert joined[name].flags.aligned


def test_packed_requests_belong_to_the_group_of_others():
    assert packed(2).group == unpacked(2).group
    assert packed(2).rows == 2
    assert packed(1, outputs=("z",)).group != unpacked(1).group
    assert packed(1, outputs=("z",)).outputs == ("z",)


@pytest.mark.parametrize(
    ("values", "outputs"),
    [({"a": inputs(1)["a"]}, ()), ({**inputs(1), "b": inputs(2)["b"]}, ()), (inputs(1), ("none such",))],
    ids=["missing input", "rows differ", "unknown output"],
)
def test_what_does_not_fit_is_not_packed(values, outputs):
    assert PLAN.packing(values, outputs) is None


def test_strings_are_packed_as_they_are():
    plan = plan_of([("text", "BYTES", (-1, 2))], [("y", "FP32", (-1,))])
    packing = plan.packing({"text": np.array([["a", "b"]], object)}, ())
    one, two = {"text": ["a", "b"]}, {"text": ["c", "d", "e", "f"]}
    assert packing.has_strings
    assert packing.arrays(one)["text"].tolist() == [["a", "b"]]
    joined = packing.joined([one, two], 3)["text"]
    assert (joined.dtype, joined.tolist()) == (object, [["a", "b"], ["c", "d"], ["e", "f"]])


def test_shapes_that_vary_make_groups():
    plan = plan_of([("tokens", "INT64", (-1, -1))], [("y", "FP32", (-1,))])
    short, long = (plan.packing({"tokens": np.zeros((2, width), np.int64)}, ()) for width in (3, 4))
    assert short.group != long.group
    assert short.arrays({"tokens": bytes(48)})["tokens"].shape == (2, 3)
