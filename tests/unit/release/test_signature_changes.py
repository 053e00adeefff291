from __future__ import annotations

import pytest

from slipway.onnx.signature import Datatype, ModelSignature, TensorSpec
from slipway.release.champion_rules import signature_changes


def signature(inputs, outputs=(("cluster", Datatype.INT64, (-1,)),)):
    return ModelSignature(
        inputs=tuple(TensorSpec(name=name, datatype=kind, shape=shape) for name, kind, shape in inputs),
        outputs=tuple(TensorSpec(name=name, datatype=kind, shape=shape) for name, kind, shape in outputs),
    )


X = ("x", Datatype.FP32, (-1, 1))
OLD = signature([X], [("distances", Datatype.FP32, (-1, 3))])


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        (OLD, []),
        (
            signature([X, ("y", Datatype.FP32, (-1, 1))], [("distances", Datatype.FP32, (-1, 3))]),
            ["input y is new"],
        ),
        (signature([], [("distances", Datatype.FP32, (-1, 3))]), ["input x is gone"]),
        (
            signature([("x", Datatype.FP64, (-1, 1))], [("distances", Datatype.FP32, (-1, 3))]),
            ["input x is FP64 [-1, 1] instead of FP32 [-1, 1]"],
        ),
        (
            signature([("x", Datatype.FP32, (8, 1))], [("distances", Datatype.FP32, (-1, 3))]),
            ["input x is FP32 [8, 1] instead of FP32 [-1, 1]"],
        ),
        (signature([("x", Datatype.FP32, (-1, -1))], [("distances", Datatype.FP32, (-1, 3))]), []),
        (signature([X]), ["output distances is gone"]),
        (
            signature([X], [("distances", Datatype.FP32, (-1,))]),
            ["output distances is FP32 [-1] instead of FP32 [-1, 3]"],
        ),
        (signature([X], [("distances", Datatype.FP32, (-1, 5))]), []),
        (signature([X], [("distances", Datatype.FP32, (-1, 3)), ("label", Datatype.INT64, (-1,))]), []),
    ],
)
def test_only_what_breaks_a_caller_is_a_change(new, expected):
    assert signature_changes(OLD, new) == expected
