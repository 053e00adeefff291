"""What a request must look like, and what its client is told where it does not."""

from math import inf

import numpy as np
import pytest

from serving.inference.plan import MOST_VALUES
from slipway.errors import InferenceError
from tests.support.signatures import plan_of

FLIGHTS = plan_of(
    [("distance", "FP32", (-1, 1)), ("carrier", "BYTES", (-1, 1))],
    [("label", "INT64", (-1,)), ("p", "FP32", (-1, 2))],
)
PAIRS = plan_of([("a", "FP32", (-1, -1)), ("b", "FP32", (-1, -1))], [("y", "FP32", (-1,))])


class Reply:
    """Nobody; a request only carries it."""


REPLY = Reply()


def refusal(call, *arguments):
    with pytest.raises(InferenceError) as caught:
        call(*arguments)
    assert caught.value.cure
    return str(caught.value)


def flights(rows, *, carriers=None, outputs=()):
    inputs = {
        "distance": np.zeros((rows, 1), np.float32),
        "carrier": np.full((rows if carriers is None else carriers, 1), "AA", object),
    }
    return FLIGHTS.request(inputs, outputs, REPLY, 1.0)


def pairs(inputs, outputs=()):
    return PAIRS.request(
        {name: np.zeros(shape, np.float32) for name, shape in inputs.items()}, outputs, REPLY, 1.0
    )


@pytest.mark.parametrize("name", ["Distance", "", 7, None, ["distance"], {"distance": 1}, float("nan")])
def test_an_unknown_input_is_refused_and_the_known_ones_are_named(name):
    message = refusal(FLIGHTS.input, name)
    assert "expected distance, carrier, got unknown " in message
    assert str(name) in message


def test_a_name_of_any_length_makes_a_short_message():
    assert len(refusal(FLIGHTS.input, "x" * 1_000_000)) < 400


def test_a_name_nested_beyond_what_python_recurses_is_refused():
    name = []
    for _ in range(100_000):
        name = [name]
    assert "expected distance, carrier" in refusal(FLIGHTS.input, name)


@pytest.mark.parametrize("datatype", ["FP64", "fp32", "", None, 32, ["FP32"]])
def test_another_datatype_is_refused(datatype):
    message = refusal(FLIGHTS.input("distance").check_datatype, datatype)
    assert "Input 'distance' does not fit the model: expected datatype FP32, got " in message
    assert str(datatype) in message


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ([3], "FP32 of shape [-1, 1]"),
        ([3, 1, 1], "FP32 of shape [-1, 1]"),
        ([3, 2], "FP32 of shape [-1, 1]"),
        ([], "FP32 of shape [-1, 1]"),
        ([0, 1], "at least one value"),
        ([-1, 1], "at least one value"),
        ([-(2**63), 1], "at least one value"),
        ([2**63, 1], f"at most {MOST_VALUES} values"),
        ([2**64, 1], f"at most {MOST_VALUES} values"),
        ([MOST_VALUES + 1, 1], f"at most {MOST_VALUES} values"),
        ([True, 1], "a shape of whole numbers"),
        ([1.0, 1], "a shape of whole numbers"),
        (["1", 1], "a shape of whole numbers"),
        ([None, 1], "a shape of whole numbers"),
        ([[1], 1], "a shape of whole numbers"),
        ([{}, 1], "a shape of whole numbers"),
    ],
)
def test_another_shape_is_refused(shape, expected):
    plan = FLIGHTS.input("distance")
    plan.check_shape([1, 1])  # which True and 1.0 equal
    message = refusal(plan.check_shape, shape)
    assert message.startswith(f"Input 'distance' does not fit the model: expected {expected}, got ")
    assert all(str(size) in message for size in shape)


def test_sizes_whose_product_is_too_large_are_refused():
    plan = PAIRS.input("a")
    assert plan.check_shape([MOST_VALUES // 8, 8]) == MOST_VALUES
    for shape in ([MOST_VALUES // 8, 9], [2**32, 2**32], [2**63, 2**63]):
        assert f"at most {MOST_VALUES} values" in refusal(plan.check_shape, shape)


def test_a_shape_of_any_length_makes_a_short_message():
    assert len(refusal(FLIGHTS.input("distance").check_shape, [1] * 1_000_000)) < 400


def test_a_refused_shape_is_refused_again():
    plan = FLIGHTS.input("distance")
    for _ in range(2):
        refusal(plan.check_shape, [0, 1])
        refusal(plan.check_shape, [3, 2])


def test_a_shape_counts_its_values_however_often_and_in_whatever_form_it_comes():
    plan = PAIRS.input("a")
    for rows in [*range(1, 200), 1, 2]:
        assert plan.check_shape([rows, 3]) == plan.check_shape((rows, 3)) == 3 * rows


def test_an_input_without_dimensions_has_one_value():
    plan = plan_of([("factor", "FP32", ()), ("x", "FP32", (-1, 2))], [("y", "FP32", (-1, 2))])
    assert plan.input("factor").check_shape([]) == 1
    assert "expected FP32 of shape [], got shape [1]" in refusal(plan.input("factor").check_shape, [1])
    inputs = {"factor": np.array(2, np.float32), "x": np.zeros((3, 2), np.float32)}
    assert plan.request(inputs, (), REPLY, 1.0).rows == 3
    assert not plan.rows_free


def test_a_request_knows_its_rows_and_asks_for_all_outputs_unless_told():
    request = flights(3)
    assert (request.rows, request.outputs, request.arrived, request.deadline) == (3, ("label", "p"), 1.0, inf)
    assert flights(1, outputs=("p",)).outputs == ("p",)


def test_a_model_without_free_rows_has_one():
    plan = plan_of([("image", "FP32", (1, 3, -1, -1))], [("y", "FP32", (1,))])
    assert plan.request({"image": np.zeros((1, 3, 4, 4), np.float32)}, (), REPLY, 1.0).rows == 1
    assert plan.shapes_vary
    assert not plan.rows_free


def test_a_missing_input_is_named():
    message = refusal(FLIGHTS.request, {"carrier": np.full((1, 1), "AA", object)}, (), REPLY, 1.0)
    assert "expected distance, carrier, got missing distance." in message
    assert "got missing distance, carrier." in refusal(FLIGHTS.request, {}, (), REPLY, 1.0)


@pytest.mark.parametrize(("distances", "carriers"), [(2, 1), (1, 2), (3, 2)])
def test_inputs_of_different_rows_are_refused(distances, carriers):
    with pytest.raises(InferenceError, match=f"got distance: {distances}, carrier: {carriers}"):
        flights(distances, carriers=carriers)


@pytest.mark.parametrize(
    "outputs", [("score",), ("p", "score"), ("p", "p"), ("label", "p", "label"), ("",), ("P",)]
)
def test_outputs_that_are_unknown_or_asked_for_twice_are_refused(outputs):
    with pytest.raises(InferenceError, match="expected each at most once of label, p, got ") as caught:
        flights(1, outputs=outputs)
    assert outputs[0] in str(caught.value)


def test_only_requests_for_the_same_outputs_belong_together():
    assert flights(1).group == flights(2).group == flights(1, outputs=("label", "p")).group
    assert flights(1, outputs=("p",)).group == flights(2, outputs=("p",)).group
    groups = {flights(1, outputs=outputs).group for outputs in [(), ("p",), ("label",), ("p", "label")]}
    assert len(groups) == 4


def test_requests_for_all_outputs_are_known_by_identity():
    assert flights(1).group is flights(2, outputs=("label", "p")).group


def test_shapes_that_vary_part_requests_whatever_the_order_of_their_inputs():
    narrow = pairs({"a": (1, 2), "b": (1, 3)})
    assert narrow.group == pairs({"b": (4, 3), "a": (4, 2)}).group
    assert narrow.group != pairs({"b": (1, 2), "a": (1, 3)}).group
    assert narrow.group != pairs({"a": (1, 2), "b": (1, 2)}).group


def test_fixed_shapes_do_not_vary():
    assert not FLIGHTS.shapes_vary
    assert FLIGHTS.rows_free
    assert PAIRS.shapes_vary


def test_requests_are_compared_by_identity():
    first, second = flights(2), flights(2)
    assert first in [second, first]
    assert first not in [second]
    assert len({first, second}) == 2
